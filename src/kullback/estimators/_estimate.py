"""The record that every estimator returns: a figure with its error, and whether to trust it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback._core import Shown

_UNITS = {2.0: "bits", 10.0: "hartleys"}


@dataclass(frozen=True, eq=False, repr=False)
class Estimate(Shown):
    """A figure from samples with its error; prints as a short text.

    Attributes:
        value: The estimate; not clipped, so it may be slightly negative where the truth is 0.
        stderr: Its standard error.
        interval: Lower and upper end; the upper one is `inf` where the samples bound it on one side only.
        confidence: How often such intervals are meant to hold the truth.
        method: Name of the method, as `method=` takes it.
        n: Rows of x (draws, for two laws).
        m: Rows of y; 0 where there are none.
        reliable: False where bias may exceed the interval; a note says why.
        notes: What was chosen and why, what was seen in the data, what to beware of.
        quantity: What was estimated.
        unit: Unit of `value`, `stderr` and `interval`.
        log_ratios: Estimated log p/q at every row of x in nats, where the method has one; their mean is near the value.
            NaN for rows that were left out.
    """

    value: float
    stderr: float
    interval: tuple[float, float]
    confidence: float
    method: str
    n: int
    m: int
    reliable: bool = True
    notes: tuple[str, ...] = ()
    quantity: str = "D(x‖y)"
    unit: str = "nats"
    log_ratios: NDArray[np.float64] | None = field(default=None, repr=False)

    @property
    def nats(self) -> float:
        """The value in nats."""
        return self.value * _nats_per(self.unit)

    @property
    def bits(self) -> float:
        """The value in bits."""
        return self.nats / math.log(2.0)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the log ratios as plain values, for JSON; an infinite end is the string "inf"."""
        return {
            "quantity": self.quantity,
            "unit": self.unit,
            "value": _plain(self.value),
            "stderr": _plain(self.stderr),
            "interval": [_plain(end) for end in self.interval],
            "confidence": self.confidence,
            "method": self.method,
            "n": self.n,
            "m": self.m,
            "reliable": self.reliable,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        low, high = self.interval
        upper = "inf)" if math.isinf(high) else f"{high:.4g}]"
        rows = f"n = {self.n:,}" + (f", m = {self.m:,}" if self.m else "")
        figure = f"{self.quantity} = {self.value:.4g} ± {self.stderr:.2g} {self.unit}"
        interval = (
            f"{100 * self.confidence:g} % interval [{low:.4g}, {upper}{'' if self.reliable else ', not reliable'}"
        )
        lines = [f"{figure}, {interval}", f"  by {self.method}, {rows}", *(f"  {note}" for note in self.notes)]
        return "\n".join(lines)

    def __float__(self) -> float:
        return self.value


def _plain(value: float) -> float | str:
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def _nats_per(unit: str) -> float:
    return next((math.log(base) for base, name in _UNITS.items() if name == unit), None) or _other(unit)


def _other(unit: str) -> float:
    return 1.0 if unit == "nats" else math.log(float(unit.rpartition(" ")[2]))


def normal_interval(value: float, stderr: float, confidence: float, /) -> tuple[float, float]:
    """Symmetric interval of a figure whose error is nearly normal.

    Args:
        value: The figure.
        stderr: Its standard error.
        confidence: Between 0 and 1.

    Returns:
        Lower and upper end.
    """
    reach = float(special.ndtri(0.5 + confidence / 2)) * stderr
    return value - reach, value + reach


def noted(estimate: Estimate, /, *notes: str, unreliable: Sequence[str] = ()) -> Estimate:
    """The estimate with more notes; each reason in `unreliable` is a note too and takes the trust away."""
    return replace(
        estimate,
        notes=(*estimate.notes, *notes, *unreliable),
        reliable=estimate.reliable and not unreliable,
    )


def in_base(estimate: Estimate, base: float | None, /) -> Estimate:
    """An estimate in nats in another unit."""
    if base is None:
        return estimate
    size = math.log(base)
    low, high = estimate.interval
    return replace(
        estimate,
        value=estimate.value / size,
        stderr=estimate.stderr / size,
        interval=(low / size, high / size),
        unit=_UNITS.get(float(base), f"units of log {base:g}"),
    )
