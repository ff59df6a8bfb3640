"""Predictions for the same inputs, with the attribute set to one group and to the other."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback._core import Figure, InputError, numbers
from kullback.divergences import divergence, jensen_shannon
from kullback.estimators._options import check_confidence


@dataclass(frozen=True, eq=False, repr=False)
class SameInputDivergence(Figure):
    """How much predictions change when only the attribute does, in nats; prints as a short text.

    Attributes:
        value: Mean of D(p(y | x, A=a)‖p(y | x, A=b)) over the inputs; infinite where it is for some input.
        stderr: Its standard error over inputs (or units).
        interval: Of the mean over the population of inputs; never below 0.
        confidence: Level of the interval.
        forward: D(a‖b) at each input.
        reverse: D(b‖a) at each input.
        jensen_shannon: At each input.
    """

    value: float
    stderr: float
    interval: tuple[float, float]
    confidence: float
    forward: NDArray[np.float64]
    reverse: NDArray[np.float64]
    jensen_shannon: NDArray[np.float64]

    def __str__(self) -> str:
        low, high = self.interval
        worst = int(np.argmax(self.forward))
        mean = (
            f"mean D(p(y|x,a)‖p(y|x,b)) = {self.value:.4g} ± {self.stderr:.2g} nats over {len(self.forward):,} inputs"
        )
        reverse, jensen_shannon = float(self.reverse.mean()), float(self.jensen_shannon.mean())
        others = f"the other way round {reverse:.4g} nats, Jensen-Shannon {jensen_shannon:.4g} nats"
        lines = [
            f"{mean}, {100 * self.confidence:g} % interval [{low:.4g}, {high:.4g}]",
            f"  {others}; largest at input {worst}: {self.forward[worst]:.4g} nats",
        ]
        lost = int(np.isinf(self.forward).sum())
        if lost:
            lines.append(f"  infinite at {lost:,} inputs: an outcome that a can get is impossible for b there")
        return "\n".join(lines)


def same_input_divergence(
    as_first: Any, as_second: Any, /, *, unit: Any = None, confidence: float = 0.95
) -> SameInputDivergence:
    r"""Whether the model itself uses the attribute: its predictions for the same inputs under both groups.

    $$ E_x\, D\big(p(y \mid x, A=a) \,\|\, p(y \mid x, A=b)\big) $$

    Args:
        as_first: Probabilities with the attribute set to a, shape ``(rows, outcomes)``, or one row ``(outcomes,)``.
        as_second: With it set to b, for the same inputs in the same order.
        unit: What is independent where inputs are not, one value for each row.
        confidence: Level of the interval.

    Returns:
        The divergences in nats, row by row and their mean.

    Raises:
        InputError: They are no probabilities or do not fit each other.

    Note:
        Zero for a model that does not see the attribute, whatever stands in for it among the inputs: this is not
        demographic parity, and says nothing of cause. For logits in torch use `kl.divergence` or `kullback.nn.kl_loss`.

    Example:
        >>> round(same_input_divergence([0.7, 0.3], [0.5, 0.5]).value, 6)
        0.082283
    """
    level = check_confidence(confidence)
    first, second = (np.atleast_2d(numbers(one)) for one in (as_first, as_second))
    if first.shape != second.shape or first.ndim != 2:
        raise InputError(
            f"as_first has shape {first.shape} and as_second {second.shape}. The same inputs are needed: probabilities "
            "of shape (rows, outcomes) twice."
        )
    forward, reverse = np.asarray(divergence(first, second)), np.asarray(divergence(second, first))
    value = float(forward.mean())
    codes = np.arange(len(first)) if unit is None else np.unique(np.asarray(unit), return_inverse=True)[1]
    if codes.shape != (len(first),):
        raise InputError(f"unit has shape {codes.shape} and there are {len(first)} rows. Give one value for each row.")
    stderr, reach = _spread(forward, codes, level)
    low = value if math.isinf(value) else max(0.0, value - reach)
    return SameInputDivergence(
        value=value,
        stderr=stderr,
        interval=(low, value + reach),
        confidence=level,
        forward=forward,
        reverse=reverse,
        jensen_shannon=np.asarray(jensen_shannon(first, second)),
    )


def _spread(values: NDArray[np.float64], codes: NDArray[np.int64], level: float) -> tuple[float, float]:
    """Standard error of a mean over units, and half the width of its interval; infinite where one unit is all."""
    units = int(codes.max()) + 1
    if units < 2 or not np.isfinite(values).all():
        return math.inf, math.inf
    sums = np.bincount(codes, values - values.mean(), units)
    stderr = math.sqrt(float((sums**2).sum()) * units / (units - 1)) / len(values)
    return stderr, float(special.stdtrit(units - 1, 0.5 + level / 2)) * stderr
