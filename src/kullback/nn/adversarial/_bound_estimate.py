"""The record of a bound from a critic: a differentiable value, its error, and whether to trust it."""

import math
from dataclasses import dataclass

from torch import Tensor

from kullback._core import Shown

# Where values were off by more than a tenth of a nat on average (scores of standard deviation 2 at 100 rows, of 3 at
# 1,000), 95 batches of 100 were as good as fewer than 22 and 34 rows.
_FEW = 30.0


@dataclass(frozen=True, eq=False, repr=False)
class BoundEstimate(Shown):
    """A lower bound on a divergence from the scores of a critic; prints as a short text.

    Nothing here makes the host wait for a device until it is looked at: `reliable`, `notes` and printing do.

    Attributes:
        value: The bound, a tensor of no dimensions, differentiable in the scores: maximize it over the critic.
        stderr: Its standard error over rows for a critic that did not learn from them, without gradient.
        ess: To how many equal rows the exponential mean comes down; the number of rows where there is none.
        bias: By how much the value is too large on average, by the jackknife; 0 where the mean is unbiased.
        log_mean: Logarithm of the mean of e to the scores of q, or of the running mean where one was given; NaN where
            the bound has none. Give it as `ema=` to the next batch.
        n: Rows of p.
        m: Rows of q.
        method: Which bound.
        quantity: What it bounds.
        certifiable: The most that a sample of this size can certify of this quantity, in nats.
    """

    value: Tensor
    stderr: Tensor
    ess: Tensor
    bias: Tensor
    log_mean: Tensor
    n: int
    m: int
    method: str
    quantity: str = "D(p‖q)"
    certifiable: float = math.inf

    @property
    def reliable(self) -> bool:
        """False where the value may be far from the bound that the critic has in truth; the notes say why."""
        return not self.notes

    @property
    def notes(self) -> tuple[str, ...]:
        """What to beware of."""
        value, ess = float(self.value.detach()), float(self.ess)
        found = []
        if not math.isfinite(value):
            found.append(
                "not finite: the exponential mean left the range of floats. Use donsker_varadhan, or tame the critic"
            )
        if value > self.certifiable:
            found.append(
                f"above log min(n, m) = {self.certifiable:.3g} nats: no sample of this size can certify such a "
                "divergence (McAllester and Stratos 2020)"
            )
        if ess < _FEW:
            found.append(
                f"a few rows carry the exponential mean (as good as {ess:.3g} equal rows): the value jumps, is too "
                "large as a rule, and its standard error and bias are underestimated"
            )
        return tuple(found)

    def __str__(self) -> str:
        trust = "" if self.reliable else ", not reliable"
        figure = f"{self.quantity} ≥ {float(self.value.detach()):.4g} ± {float(self.stderr):.2g} nats{trust}"
        bias = f", bias about {float(self.bias):+.2g} nats" if float(self.bias) else ""
        rows = f"n = {self.n:,}, m = {self.m:,}, as good as {float(self.ess):,.4g} rows{bias}"
        return "\n".join([figure, f"  by {self.method}, {rows}", *(f"  {note}" for note in self.notes)])

    def __float__(self) -> float:
        return float(self.value.detach())


def certifiable_nats(n: int, m: int, /) -> float:
    """The largest divergence that is not beyond samples of these sizes."""
    return math.log(min(n, m))
