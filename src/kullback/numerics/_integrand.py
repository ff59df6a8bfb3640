"""What is integrated: rows of functions of x, the wanted one first, and what its tails look like."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, exp_gap
from kullback.numerics._density import ROUNDING, Density, Floats

# A density below this may be zero only because the other one's logarithm ran out of range.
_LEAST_LOG = -345.0
# Beyond this gap of the log densities nothing cancels.
_MOST_GAP = 30.0
# Up to this gap a log ratio that was given is better than the difference of two logarithms; it is right to this share.
_NEAR, _RATIO_ROUNDING = 1.0, 8.0 * ROUNDING


@dataclass(frozen=True, eq=False)
class Tail:
    """What a row is made of far out: exp(log_density) · factor, or with `gap` exp(log_density) · exp_gap(factor)."""

    row: int
    log_density: Floats
    factor: Floats
    gap: bool = False


@dataclass(frozen=True, eq=False)
class Integrand:
    """Functions that are integrated together, from the same evaluations.

    Attributes:
        laws: The laws; all supports together are the domain.
        rows: From points, and the logarithm of the stretch dx/du there, to stacked values per unit of u: the wanted
            function, the density of each law (which must integrate to 1), the rounding of those densities, and last
            the rounding of the wanted function.
        tails: From points to the summands of the rows there.
        sharp: Whether an error in the normalization of a law changes the wanted function in proportion only.
    """

    laws: tuple[Density, ...]
    rows: Callable[[Floats, Floats], Floats]
    tails: Callable[[Floats], list[Tail]]
    sharp: bool = False

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self.laws) + 3


def divergence(p: Density, q: Density, log_ratio: Callable[[Floats], Floats] | None = None, /) -> Integrand:
    """The integrand p log(p/q) - p + q: never negative, and it keeps its digits where p and q agree.

    Where p is zero it is q, so that integrated over both supports it is D(p‖q) whatever the supports.

    Args:
        p: First law.
        q: Second law.
        log_ratio: log q - log p with its own rounding, for points where both are positive; not finite where it knows
            nothing better than the difference.
    """

    def compare(x: Floats) -> tuple[Floats, Floats, Floats, Any]:
        """Both log densities, their gap, and where that is not their difference."""
        log_p, log_q = p.log_at(x), q.log_at(x)
        gap = log_q - log_p
        if log_ratio is None:
            return log_p, log_q, gap, False
        better = np.asarray(log_ratio(x), dtype=np.float64)
        given = np.isfinite(better) & (np.abs(gap) < _NEAR)
        return log_p, log_q, np.where(given, better, gap), given

    def rows(x: Floats, stretch: Floats) -> Floats:
        log_p, log_q, gap, given = compare(x)
        at_p, at_q = np.exp(log_p + stretch), np.exp(log_q + stretch)
        value = np.where(np.abs(gap) < _MOST_GAP, at_p * exp_gap(gap), at_q - at_p * (1.0 + gap))
        value = np.where((at_p == 0) | np.isnan(value), at_q, value)
        value = np.where(log_q == -np.inf, np.where(_counts(q, x, log_p, stretch), np.inf, 0.0), value)
        off_p, off_q = _rounding(log_p), _rounding(log_q)
        plain = np.abs(at_q - at_p) * off_q + np.where(at_p > 0, at_p * np.abs(gap), 0.0) * off_p
        plain += at_p * np.minimum(off_p + off_q, 1.0) ** 2
        noise = np.where(given, value * off_p + 2.0 * at_p * gap * gap * _RATIO_ROUNDING, plain) + ROUNDING * value
        return np.stack([value, at_p, at_q, at_p * off_p + at_q * off_q, noise])

    def tails(x: Floats) -> list[Tail]:
        log_p, log_q, gap, _ = compare(x)
        one = np.ones_like(x)
        masses = [Tail(1, log_p, one), Tail(2, log_q, one)]
        if np.max(np.abs(gap)) < _MOST_GAP:
            return [Tail(0, log_p, gap, gap=True), *masses]
        return [Tail(0, log_p, -gap), Tail(0, log_p, -one), Tail(0, log_q, one), *masses]

    return Integrand((p, q), rows, tails, log_ratio is not None)


def mean(p: Density, function: Callable[[Floats], Floats], /) -> Integrand:
    """The integrand p times a function."""

    def at(x: Floats, log_p: Floats) -> Floats:
        values = np.asarray(function(np.clip(x, p.low, p.high)), dtype=np.float64)
        wrong = np.isnan(values) & (log_p > _LEAST_LOG)
        if wrong.any():
            raise InputError(f"The function at {x[wrong][0]} is nan. A number is needed. Correct the function there.")
        return values

    def rows(x: Floats, stretch: Floats) -> Floats:
        log_p = p.log_at(x)
        at_p, factor = np.exp(log_p + stretch), at(x, log_p)
        value = np.where((at_p == 0) | (np.isinf(factor) & (log_p + stretch <= _LEAST_LOG)), 0.0, at_p * factor)
        off = at_p * _rounding(log_p)
        noise = np.where(at_p > 0, (off + ROUNDING * at_p) * np.where(np.isfinite(factor), np.abs(factor), 0.0), 0.0)
        return np.stack([value, at_p, off, noise])

    def tails(x: Floats) -> list[Tail]:
        log_p = p.log_at(x)
        return [Tail(0, log_p, at(x, log_p)), Tail(1, log_p, np.ones_like(x))]

    return Integrand((p,), rows, tails)


def _counts(q: Density, x: Floats, log_p: Floats, stretch: Floats) -> NDArray[np.bool_]:
    """Where a q of zero is truly zero: outside of its support for certain, else if p has mass to speak of there."""
    outside = (x < q.low) | (x > q.high)
    return np.asarray(np.where(outside, log_p > -np.inf, log_p + stretch > _LEAST_LOG))


def _rounding(log_density: Floats) -> Floats:
    return ROUNDING * np.where(np.isfinite(log_density), np.maximum(1.0, np.abs(log_density)), 1.0)
