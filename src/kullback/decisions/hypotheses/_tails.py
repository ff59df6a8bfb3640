"""Logarithms of the tails of gamma and noncentral chi-squared laws, also where the tails are below every float."""

import math
from collections.abc import Callable

import numpy as np
from scipy import optimize, special

from kullback._core import phi, stirling_remainder
from kullback.decisions.hypotheses._outcomes import Floats

# Below this the functions of SciPy have no digits left.
_SMALL = 1e-280
_TERMS = 100_000
_COUNTS = 4000
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


def log_gamma_tail(shape: Floats | float, x: float, /, *, upper: bool) -> Floats:
    """Log chance that a gamma variable of rate 1 is above (or below) x.

    Args:
        shape: Shapes, positive.
        x: Not negative.
        upper: Whether above.

    References:
        Abramowitz and Stegun (1964), 6.5.29 for the series, 6.5.31 for the continued fraction.
    """
    shapes = np.atleast_1d(np.asarray(shape, dtype=np.float64))
    this, other = (special.gammaincc, special.gammainc) if upper else (special.gammainc, special.gammaincc)
    chance = this(shapes, x)
    with np.errstate(divide="ignore"):
        result = np.where(chance > 0.5, np.log1p(-other(shapes, x)), np.log(chance))
    for place in np.flatnonzero(chance < _SMALL):
        result[place] = _far(float(shapes[place]), x, upper=upper)
    return np.asarray(result)


def _far(shape: float, x: float, *, upper: bool) -> float:
    if x == 0 or math.isinf(x):
        return -math.inf
    # log of x^a e^-x / Γ(a + 1), by the saddle point.
    front = (
        -shape * float(phi(np.float64(x / shape - 1.0))) if x > shape / 2 else shape * math.log(x / shape) - x + shape
    )
    front -= 0.5 * math.log(shape) + _HALF_LOG_2PI + float(stirling_remainder(np.array([shape]))[0])
    if upper:
        return front + math.log(shape) + math.log(_fraction(shape, x))
    total = term = 1.0
    for k in range(1, _TERMS):
        term *= x / (shape + k)
        total += term
        if term < 1e-17 * total:
            break
    return front + math.log(total)


def _fraction(shape: float, x: float) -> float:
    """The continued fraction that x^a e^-x / Γ(a) is multiplied with (Lentz)."""
    b = x + 1.0 - shape
    c, d = math.inf, 1.0 / b
    value = d
    for k in range(1, _TERMS):
        a = -k * (k - shape)
        b += 2.0
        d = 1.0 / (a * d + b)
        c = b + a / c
        value *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return value


def _log_poisson(counts: Floats, mean: float) -> Floats:
    """Log masses of a Poisson law, by the saddle point (Loader)."""
    k = np.maximum(counts, 1.0)
    step = (mean - k) / k
    gap = np.where(step < -0.5, k * np.log(k / mean) - k + mean, k * phi(np.maximum(step, -0.5)))
    return np.where(counts > 0, -gap - 0.5 * np.log(k) - _HALF_LOG_2PI - stirling_remainder(k), -mean)


def log_noncentral_tail(degrees: float, center: float, x: float, /, *, upper: bool) -> float:
    """Log chance that a noncentral chi-squared variable is above (or below) x: a Poisson mixture of central ones.

    References:
        Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, equation 29.3.
    """
    if center == 0:
        return float(log_gamma_tail(degrees / 2, x / 2, upper=upper)[0])
    half = center / 2

    def terms(counts: Floats) -> Floats:
        return _log_poisson(counts, half) + log_gamma_tail(degrees / 2 + counts, x / 2, upper=upper)

    reach = 12.0 * math.sqrt(half) + 144.0
    counts, step = _spread(half - reach, half + reach)
    tail = special.gammaincc if upper else special.gammainc
    with np.errstate(divide="ignore"):
        near = _log_poisson(counts, half) + np.log(tail(degrees / 2 + counts, x / 2))
    total = float(np.logaddexp.reduce(near)) + math.log(step)
    if total > -24.0:
        # What lies beyond the counts weighs less than exp(-60).
        return min(0.0, total)
    # Far out another part of the mixture counts: terms rise to a peak and fall.
    low, high = 0.0, max(half, x / 2) + 1.0
    while high - low > 2:
        third = math.floor((high - low) / 3) or 1.0
        a, b = terms(np.array([math.floor(low + third), math.floor(high - third)]))
        low, high = (math.floor(low + third), high) if a < b else (low, math.floor(high - third))
    peak = float(math.floor(low))
    width, top = 64.0, float(terms(np.array([peak]))[0])

    def is_cut(width: float) -> bool:
        """Whether something that counts lies beyond; there is nothing below no counts."""
        ends = np.array([end for end in (peak - width, peak + width) if end > 0])
        return float(terms(ends).max()) > top - 45.0

    while is_cut(width) and width < peak + 1e6:
        width *= 2
    counts, step = _spread(peak - width, peak + width)
    return min(0.0, float(np.logaddexp.reduce(terms(counts))) + math.log(step))


def _spread(low: float, high: float) -> tuple[Floats, float]:
    """Counts between two ends; of very many every so many-th, as a smooth bell adds up the same."""
    start, end = max(0.0, math.floor(low)), math.ceil(high)
    step = max(1.0, math.floor((end - start) / _COUNTS))
    return np.arange(start, end + 1, step), step


def crossing(log_tail: Callable[[float], float], level: float, start: float, /, *, falling: bool) -> float:
    """Where a monotone log tail on the positive line meets the logarithm of a level."""
    sign = -1.0 if falling else 1.0

    def off(log_x: float) -> float:
        return sign * (log_tail(math.exp(log_x)) - level)

    low = high = math.log(start)
    while off(low) > 0:
        low -= 1.0
    while off(high) < 0:
        high += 1.0
    return math.exp(float(optimize.brentq(off, low, high, xtol=1e-14, rtol=1e-15))) if high > low else start
