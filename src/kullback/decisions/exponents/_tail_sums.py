"""Exact log tails of a sum of n independent draws."""

from typing import Any

import numpy as np
from scipy.special import gammainc, gammaincc, gammaln, log_ndtr

from kullback._core import numbers
from kullback.decisions.exponents._closed import OF_SUM
from kullback.families import Binomial, Gamma, Law, Normal, Poisson, log_prob
from kullback.fitting.constraints._points import Points

# A convolution of at most so many points.
_MOST = 60_000
_TINY = 1e-300


def exact_log_tail(
    law: Law, points: Points, n: int, total: float, tilt_by: float, /, *, sign: float
) -> tuple[float, str] | None:
    """Log P(sum ≥ total) of n draws for sign 1, of ≤ for -1, and how it was computed; None without an exact way.

    Args:
        law: Law of one draw.
        points: Its points.
        n: Number of draws.
        total: n times the mean asked about; on the lattice of the sum where there is one.
        tilt_by: A t near that of the tilted law with this mean; under it the convolution keeps the digits of the tail.
        sign: 1 for the upper tail, -1 for the lower.
    """
    if type(law) in OF_SUM:
        whole = OF_SUM[type(law)](law, float(n))
        return _by_family(whole, total, sign), f"law of the sum, {type(whole).__name__}"
    span = lattice_span(points)
    if span is None or (points.values[-1] - points.values[0]) / span * n > _MOST:
        return None
    return _by_convolution(points, span, n, total, tilt_by, sign), "convolution"


def lattice_span(points: Points, /) -> float | None:
    """The largest step that all points are whole multiples of, from the first; None for densities."""
    if points.kind == "interval":
        return None
    alive = points.values[points.log_weights > -np.inf]
    steps = np.diff(alive)
    if not len(steps):
        return 1.0
    return float(np.gcd.reduce(steps.astype(np.int64)))


def _by_convolution(points: Points, span: float, n: int, total: float, tilt_by: float, sign: float) -> float:
    alive = points.log_weights > -np.inf
    log_mgf = float(np.logaddexp.reduce(points.log_weights[alive] + tilt_by * points.values[alive]))
    values, logs = points.values[alive], points.log_weights[alive] + tilt_by * points.values[alive] - log_mgf
    one = np.zeros(round((values[-1] - values[0]) / span) + 1)
    one[np.rint((values - values[0]) / span).astype(int)] = np.exp(logs)
    law, rest, power = np.ones(1), n, one
    while rest:
        law = np.convolve(law, power) if rest & 1 else law
        rest >>= 1
        power = np.convolve(power, power) if rest else power
    sums = n * values[0] + span * np.arange(len(law))
    keep = (sign * (sums - total) >= -1e-9 * max(1.0, abs(total))) & (law > 0)
    if not keep.any():
        return -np.inf
    return float(np.logaddexp.reduce(np.log(law[keep]) + n * log_mgf - tilt_by * sums[keep]))


def _by_family(whole: Any, total: float, sign: float) -> float:
    if isinstance(whole, Normal):
        return float(log_ndtr(-sign * (total - float(whole.loc)) / float(whole.scale)))
    if isinstance(whole, Gamma):
        tail = _log_gamma_above if sign > 0 else _log_gamma_below
        return tail(float(whole.concentration), max(float(whole.rate) * total, 0.0))
    return _lattice_log_tail(whole, total, sign)


def _lattice_log_tail(whole: Any, total: float, sign: float) -> float:
    """The terms of the tail, as far out as they count."""
    slack = 1e-9 * max(1.0, abs(total))
    high = float(whole.total_count) if isinstance(whole, Binomial) else np.inf
    mean, spread, decay = _size(whole)
    first = max(0.0, np.ceil(total - slack)) if sign > 0 else 0.0
    last = (
        min(high, max(first, mean) + 40.0 * spread + 60.0 * decay + 60.0)
        if sign > 0
        else min(high, np.floor(total + slack))
    )
    if last < first:
        return -np.inf
    logs = numbers(log_prob(whole, np.arange(first, last + 1.0)))
    return min(0.0, float(np.logaddexp.reduce(logs)))


def _size(whole: Any) -> tuple[float, float, float]:
    """Mean, standard deviation and how slowly the upper tail dies."""
    if isinstance(whole, Poisson):
        return float(whole.rate), float(whole.rate) ** 0.5, 1.0
    count, p = float(whole.total_count), float(whole.probs)
    if isinstance(whole, Binomial):
        return count * p, (count * p * (1 - p)) ** 0.5, 1.0
    return count * (1 - p) / p, (count * (1 - p)) ** 0.5 / p, 1.0 / p


def _log_gamma_above(shape: float, x: float) -> float:
    """Log Γ(a, x)/Γ(a): Legendre's continued fraction where SciPy's value would underflow."""
    value = float(gammaincc(shape, x))
    if value > _TINY:
        return float(np.log(value))
    # Lentz's method (Press et al. 2007, section 6.2); x is far above the shape here.
    b = x + 1.0 - shape
    c, d = 1e300, 1.0 / b
    fraction = d
    for i in range(1, 10_000):
        term = -i * (i - shape)
        b += 2.0
        d = 1.0 / (term * d + b)
        c = b + term / c
        fraction *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return float(-x + shape * np.log(x) - gammaln(shape) + np.log(fraction))


def _log_gamma_below(shape: float, x: float) -> float:
    """Log γ(a, x)/Γ(a): its series where SciPy's value would underflow."""
    value = float(gammainc(shape, x))
    if value > _TINY:
        return float(np.log(value))
    terms = np.cumprod(x / (shape + np.arange(1.0, 2000.0)))  # x is far below the shape here
    return float(-x + shape * np.log(x) - gammaln(shape + 1.0) + np.log1p(terms.sum())) if x > 0 else -np.inf
