"""Whether a variational autoencoder uses its latents: rate, distortion, and what each dimension carries."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError, Shown
from kullback.nn.vae._active import active_units
from kullback.nn.vae._gaussian import gaussian_kl
from kullback.nn.vae._inputs import check_floats, check_number

_MOSTLY = 0.75  # from this share of empty dimensions on the verdict is "collapsed"
_SHOWN = 16


@dataclass(frozen=True, repr=False)
class CollapseReport(Shown):
    """What the latents of a variational autoencoder carry; prints as a short text.

    Attributes:
        kl: Mean divergence of each dimension from the prior, in nats per example; adds up to `rate`.
        information: Of that, what each dimension can carry about the example, in nats (an upper bound).
        variances: Variance over the examples of each posterior mean.
        distortion: Mean negative log-likelihood of the reconstruction in nats per example; None where it was not given.
        n: Number of examples.
        floor: Nats below which a dimension counts as empty.
        threshold: Variance of the posterior mean above which a dimension is active.
    """

    kl: tuple[float, ...]
    information: tuple[float, ...]
    variances: tuple[float, ...]
    distortion: float | None
    n: int
    floor: float
    threshold: float

    @property
    def rate(self) -> float:
        """Mean divergence of all dimensions together, in nats per example."""
        return math.fsum(self.kl)

    @property
    def mismatch(self) -> float:
        """Nats of the rate that say nothing about the example: how far all posteriors together are from the prior."""
        return self.rate - math.fsum(self.information)

    @property
    def negative_elbo(self) -> float | None:
        """Rate + distortion in nats per example: the loss at β = 1, an upper bound of the negative log-likelihood."""
        return None if self.distortion is None else self.rate + self.distortion

    @property
    def active(self) -> int:
        """How many dimensions have a posterior mean that varies with the data."""
        return sum(variance > self.threshold for variance in self.variances)

    @property
    def empty(self) -> tuple[int, ...]:
        """The places of the dimensions that carry less than `floor` nats about the example."""
        return tuple(place for place, nats in enumerate(self.information) if nats < self.floor)

    @property
    def state(self) -> str:
        """In a word: "healthy" (no empty dimension), "collapsed" (three quarters or more), or "partly collapsed"."""
        if not self.empty:
            return "healthy"
        return "collapsed" if len(self.empty) >= _MOSTLY * len(self.kl) else "partly collapsed"

    @property
    def verdict(self) -> str:
        """In a sentence."""
        if not self.empty:
            return f"healthy: each of the {len(self.kl)} dimensions carries at least {self.floor:g} nats"
        carry = "carries" if len(self.empty) == 1 else "carry"
        return f"{self.state}: {len(self.empty)} of {len(self.kl)} dimensions {carry} less than {self.floor:g} nats"

    def plot(self) -> Any:
        """Draw what each dimension pays and carries.

        Returns:
            A figure of matplotlib: a bar for each dimension, the information below and the mismatch on top of it.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.nn.vae._plot import drawn  # noqa: PLC0415 - it needs this record

        return drawn(self)

    def __str__(self) -> str:
        rate, mismatch = f"{self.rate:.4g}", f"{self.mismatch:.3g}"
        lines = [
            f"{self.verdict} ({self.n:,} examples)",
            f"  rate = {rate} nats per example, of which {mismatch} are mismatch with the prior, not information",
        ]
        if self.distortion is not None:
            lines.append(f"  distortion = {self.distortion:.4g} nats per example")
            lines.append(
                f"  rate + distortion = {self.negative_elbo:.4g} nats per example, the negative evidence bound"
            )
        lines.append(f"  active units: {self.active} of {len(self.kl)} (variance of the mean above {self.threshold:g})")
        lines.append(f"  KL of each dimension, largest first: {_largest(self.kl)} nats")
        paying = sum(self.kl[place] >= self.floor for place in self.empty)
        if paying:
            lines.append(
                f"  {paying} of the empty dimensions pay all the same: one law for every example, but not the prior"
            )
        return "\n".join(lines)


def _largest(kl: tuple[float, ...]) -> str:
    ordered = sorted(kl, reverse=True)
    more = f", … {len(kl) - _SHOWN} more" if len(kl) > _SHOWN else ""
    return ", ".join(f"{nats:.2g}" for nats in ordered[:_SHOWN]) + more


def collapse_report(
    mean: Tensor,
    log_var: Tensor,
    /,
    *,
    reconstruction: Tensor | None = None,
    prior_mean: Tensor | float = 0.0,
    prior_log_var: Tensor | float = 0.0,
    floor: float = 0.01,
    threshold: float = 0.01,
) -> CollapseReport:
    r"""Say whether the latents are used: mean divergence and information of each dimension, rate and distortion.

    $$ \frac1n\sum_i D(q_i \,\|\, p) = \frac1n\sum_i D(q_i \,\|\, g) + D(g \,\|\, p) $$

    in each dimension: the rate is information (at most so much) and mismatch, with g the Gaussian that has the mean
    and the variance of all posteriors together.

    Args:
        mean: Posterior means, shape ``(n, d)``, of held-out examples in evaluation mode.
        log_var: Logarithms of their variances, shape ``(n, d)``.
        reconstruction: Negative log-likelihood of each example in nats, shape ``(n,)``: *summed* over pixels or tokens,
            so that it has the unit of the rate; None leaves the distortion out.
        prior_mean: Mean of the prior, a number or a tensor of shape ``(d,)``.
        prior_log_var: Logarithm of its variance, likewise.
        floor: Nats of information below which a dimension is empty.
        threshold: Variance of the posterior mean above which a dimension is active.

    Returns:
        The report, all figures in nats per example.

    Raises:
        InputError: Shapes that do not fit, fewer than two examples, NaN, or a negative floor.

    Note:
        The information bounds the mutual information of example and latent from above, since the mixture of all
        posteriors is no Gaussian; a bound of 0 says surely that the dimension carries nothing. A dimension can pay
        divergence and carry nothing: free bits fill with such. Computed in float64, without gradients.

    References:
        Hoffman and Johnson (2016), ELBO surgery (the split of the rate); Alemi et al. (2018), Fixing a Broken ELBO
        (rate and distortion); Burda, Grosse and Salakhutdinov (2016), section 5.2 (active units).

    Example:
        >>> import torch
        >>> from kullback.nn import collapse_report
        >>> rng = torch.Generator().manual_seed(0)
        >>> mean = torch.randn(1000, 4, generator=rng) * torch.tensor([0.9, 0.9, 0.0, 0.0])
        >>> log_var = torch.tensor([0.19, 0.19, 1.0, 1.0]).log().expand(1000, 4)
        >>> print(collapse_report(mean, log_var).verdict)
        partly collapsed: 2 of 4 dimensions carry less than 0.01 nats
    """
    means, spreads = _rows(mean, log_var)
    center, scale = _prior(prior_mean, "prior_mean", means), _prior(prior_log_var, "prior_log_var", means)
    units = active_units(means, threshold=threshold)
    kl = gaussian_kl(means, spreads, prior_mean=center, prior_log_var=scale).mean(dim=0)
    # The variance of the mixture: the mean of the variances and the variance of the means, neither of which overflows.
    inner = torch.logsumexp(spreads, dim=0) - math.log(units.n)
    whole = torch.logaddexp(inner, torch.tensor(units.variances, dtype=torch.float64).log())
    mismatch = gaussian_kl(means.mean(dim=0), whole, prior_mean=center, prior_log_var=scale)
    information = (kl - mismatch).clamp(min=0.0)
    return CollapseReport(
        tuple(kl.tolist()),
        tuple(information.tolist()),
        units.variances,
        _distortion(reconstruction, units.n),
        units.n,
        check_number(floor, "floor"),
        units.threshold,
    )


def _rows(mean: Any, log_var: Any) -> tuple[Tensor, Tensor]:
    means, spreads = check_floats(mean, "mean"), check_floats(log_var, "log_var")
    if means.ndim != 2 or means.shape != spreads.shape:
        raise InputError(
            f"mean has the shape {tuple(means.shape)} and log_var {tuple(spreads.shape)}. Both need (n, d), examples "
            "by dimensions. Flatten what lies between, and do not average over the examples."
        )
    return means.detach().cpu().double(), spreads.detach().cpu().double()


def _prior(value: Any, name: str, means: Tensor) -> Tensor:
    given = value if isinstance(value, Tensor) else torch.tensor(check_number(value, name, low=-math.inf))
    given = check_floats(given, name).detach().cpu().double()
    if given.ndim > 1 or (given.ndim == 1 and len(given) not in {1, means.shape[1]}):
        raise InputError(
            f"{name} has the shape {tuple(given.shape)}. A number or one entry for each of the {means.shape[1]} "
            "dimensions is needed: the split of the rate is for a prior that is the same for all examples."
        )
    return given


def _distortion(reconstruction: Any, n: int) -> float | None:
    if reconstruction is None:
        return None
    losses = check_floats(reconstruction, "reconstruction")
    if losses.shape != (n,):
        raise InputError(
            f"reconstruction has the shape {tuple(losses.shape)}. ({n},) is needed, a negative log-likelihood in nats "
            "for each example. Sum over pixels or tokens, and do not average over the examples."
        )
    return float(losses.detach().double().mean())
