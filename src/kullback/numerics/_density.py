"""What comes in and what goes out: one side of a pair, and a number with its bound."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError

Floats: TypeAlias = NDArray[np.float64]

# Every log density is taken to be right to this many times max(1, |log density|).
ROUNDING = 4 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Density:
    """One law, known by its log density.

    Attributes:
        log_prob: Log density (log mass of an integer law) for arrays of any shape; `-inf` where it is zero. The one of
            an integer law must read real numbers too, as a smooth function of them.
        low: Lower end of the support, may be `-inf`.
        high: Upper end of the support, may be `inf`.
        marks: Finite numbers that tell where the law lives: quantiles, modes, kinks, centers of components and their
            centers plus and minus scales, in any order. May be empty if there is one mode.
    """

    log_prob: Callable[[Floats], Floats]
    low: float = -np.inf
    high: float = np.inf
    marks: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse ends and marks that no law has."""
        if not self.low < self.high and not self.low == self.high:
            raise InputError(
                f"The support goes from {self.low} to {self.high}. The lower end must come first. Swap them."
            )
        if not np.isfinite(np.array(self.marks, dtype=np.float64)).all():
            raise InputError(f"The marks are {self.marks}. Finite numbers are needed. Leave the others out.")

    def log_at(self, x: Floats, /) -> Floats:
        """The log density at any numbers, `-inf` outside of the support whatever `log_prob` says there."""
        inside = (x >= self.low) & (x <= self.high)
        values = np.asarray(self.log_prob(np.clip(x, self.low, self.high)), dtype=np.float64)
        wrong = inside & np.isnan(values)
        if wrong.any():
            raise InputError(f"The log density at {x[wrong][0]} is nan. A number is needed. Correct `log_prob` there.")
        return np.where(inside, values, -np.inf)


@dataclass(frozen=True, eq=False)
class Numeric:
    """A number that was computed, not derived.

    Attributes:
        value: The number, a divergence in nats (never negative) or an expectation; `inf` where it is infinite.
        error: Bound of the absolute error: truncation, tails, and the rounding of the log densities themselves.
            `inf` where the laws could not be resolved, for example if a density was found not to integrate to 1.
        method: How it was computed, for a person.
        evaluations: How many points each log density was asked for.
    """

    value: float
    error: float
    method: str
    evaluations: int
