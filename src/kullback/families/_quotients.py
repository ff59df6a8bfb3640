"""Log ratios of two laws that nearly agree, where the difference of two log densities would have no digits left.

Each function takes laws p and q of NumPy numbers and points to log q(x) - log p(x), written in the differences of the
parameters. Errors that do not depend on x are harmless, since both laws integrate to 1. NaN says: nothing better here.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from kullback._core import Array, digamma_step, lgamma_gap, log_ratio, log_sinh_gap, phi, stirling_remainder
from kullback.families._family import FAMILIES, lift_together, log_prob
from kullback.families._law import Law

MIXED: dict[tuple[type[Law], type[Law]], Callable[[Any, Any, Array], Array]] = {}
"""Log ratios of two families that have laws in common, at least in the limit."""

_GAUSS = np.polynomial.legendre.leggauss(20)
# Student's laws are powers beyond the first, and normal but for a series beyond the second.
_FAR, _LARGE = 1e90, 1e4
# Up to this relative step a parameter and its step add up without loss.
_NEAR = 0.5
# Beta-binomial laws of more trials are read between whole numbers too.
_MOST_FACTORS = 131_072


def quotient_of(p: Law, q: Law, /) -> Callable[[Any], Any] | None:
    """Log q - log p as a function of points, to the last digits where the two laws nearly agree; None if unknown."""
    lifted = lift_together(p, q)
    if lifted is None:
        function, pair = MIXED.get((type(p), type(q))), (p, q)
    else:
        function, pair = FAMILIES[type(lifted[0])].log_quotient, lifted
    if function is None:
        return None

    def quotient(x: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*pair, x)

    return quotient


def _log1p(x: Array) -> Array:
    """Log(1 + x); NaN where x itself was made by a subtraction that is too lossy for it."""
    return np.where(x > -0.5, np.log1p(np.maximum(x, -0.5)), np.nan)


def _standard(p: Any, q: Any, x: Array) -> tuple[Array, Array]:
    """The standardized point z under p, and how far that under q is from it."""
    z = (x - p.loc) / p.scale
    return z, ((p.loc - q.loc) + z * (p.scale - q.scale)) / q.scale


def logistic(p: Any, q: Any, x: Array) -> Array:
    """-2 log(cosh(z₂/2) / cosh(z₁/2)) + log(s₁/s₂)."""
    z, step = _standard(p, q, x)
    half = 0.5 * step
    growth = 2.0 * np.sinh(0.5 * half) ** 2 + np.tanh(0.5 * z) * np.sinh(half)
    return np.where(np.abs(half) < 1.0, log_ratio(p.scale, q.scale) - 2.0 * _log1p(growth), np.nan)


def student(p: Any, q: Any, x: Array) -> Array:
    """Student's t laws and normal ones, which are those of r = 1/ν = 0.

    The log density is a constant less ½ (1 + r) F(r, z²) with F(r, y) = log(1 + r y)/r; its change is that by z² at
    the r of q, and that by r at the z² of p.
    """
    r, s, ratio = _heaviness(p), _heaviness(q), _df_step(p, q)
    z, step = _standard(p, q, x)
    far = np.abs(z) > _FAR
    y, beyond = np.minimum(np.abs(z), _FAR) ** 2, 2.0 * np.log(np.where(far, np.abs(z), _FAR) / _FAR)
    share = np.where(far, step / z * (2.0 + step / z), s * (step * (2.0 * z + step)) / (1.0 + s * y))
    moved = step * (2.0 * z + step) if s == 0 else _log1p(share) / s
    own = y if r == 0 else (np.log1p(r * y) + beyond) / r
    bent = (1.0 + s) * (moved + _bend(y, beyond, (r, s), ratio)) + (ratio * r if ratio < np.inf else s) * own
    return log_ratio(p.scale, q.scale) + _student_constant(p, q, ratio) - 0.5 * bent


def _heaviness(law: Any) -> float:
    return 1.0 / float(law.df) if hasattr(law, "df") else 0.0


def _df_step(p: Any, q: Any) -> float:
    """r₂/r₁ - 1; infinite where p is normal."""
    if not hasattr(p, "df"):
        return np.inf
    return float((p.df - q.df) / q.df) if hasattr(q, "df") else -1.0


def _bend(y: Array, beyond: Array, heaviness: tuple[float, float], ratio: float) -> Array | float:
    """F(s, y) - F(r, y), where logarithms are larger by `beyond`; NaN where r and s are far apart."""
    r, s = heaviness
    if r == 0 or s == 0:
        return (phi(r * y) / r if r else 0.0) - (phi(s * y) / s if s else 0.0)
    w = r * y
    v = w / (1.0 + w)
    rest = np.where(w > 1.0, np.log1p(w) + beyond - v, phi(-np.minimum(v, 0.6)))
    return -(phi(ratio * v) + ratio * rest) / s if ratio > -0.5 else np.nan


def _student_constant(p: Any, q: Any, ratio: float) -> Array | float:
    """Of log Γ(h + ½) - log Γ(h) - ½ log h for h = ν/2, the value at q less that at p."""
    if not abs(ratio) < 0.5:
        return _student_rest(q) - _student_rest(p)
    h, step = 0.5 * p.df, 0.5 * (q.df - p.df)
    top, low = h + 0.5, h
    slope = step * digamma_step(top, low, 0.5 + 0.0 * h)
    return slope + lgamma_gap(top + step, top, step) - lgamma_gap(low + step, low, step) - 0.5 * _log1p(step / h)


def _student_rest(law: Any) -> Array | float:
    if not hasattr(law, "df"):
        return 0.0
    h = 0.5 * law.df
    if h > _LARGE:  # differences of 1e-16 count
        return -0.125 / h * (1.0 - 1.0 / (24.0 * h * h))
    return stirling_remainder(h + 0.5) - stirling_remainder(h) - h * phi(0.5 / h)


def normal(p: Any, q: Any, x: Array) -> Array:
    """½ (z₁² - z₂²) + log(s₁/s₂)."""
    z, step = _standard(p, q, x)
    return log_ratio(p.scale, q.scale) - 0.5 * step * (2.0 * z + step)


def mixture(p: Any, q: Any, x: Array) -> Array:
    """Log(1 + Σ r (w₂ f₂ / w₁ f₁ - 1)) over components in their order, r the chance of each under p given x."""
    pairs = [] if len(p.components) != len(q.components) else list(zip(p.components, q.components, strict=True))
    quotients = [quotient_of(*pair) for pair in pairs]
    if not quotients or None in quotients:
        return np.full_like(x, np.nan)
    whole = log_prob(p, x)
    # Totals that are off 1 by rounding change the log ratio by a constant.
    total = log_ratio(np.sum(p.weights), np.sum(q.weights))
    change = np.zeros_like(whole)
    for i, ((one, two), quotient) in enumerate(zip(pairs, quotients, strict=True)):
        share = np.exp(np.log(p.weights[i] / np.sum(p.weights)) + log_prob(one, x) - whole)
        other = np.exp(np.log(q.weights[i] / np.sum(q.weights)) + log_prob(two, x) - whole)
        step = log_ratio(q.weights[i], p.weights[i]) + total + (quotient(x) if quotient else np.nan)
        change = change + np.where(np.abs(step) < _NEAR, share * np.expm1(step), other - share)
    return _log1p(change)


def truncated_normal(p: Any, q: Any, x: Array, log_mass: Array) -> Array:
    """½ (z₁² - z₂²) + log(s₁/s₂) less the log ratio of the masses between the limits; `log_mass` is that of p."""
    z, step = _standard(p, q, x)
    gain = _gained(p, q, "high", log_mass) - _gained(p, q, "low", log_mass)
    return log_ratio(p.scale, q.scale) - 0.5 * step * (2.0 * z + step) - _log1p(gain)


def _gained(p: Any, q: Any, side: str, log_mass: Array) -> Array | float:
    """The normal mass between the standardized limits of both laws, as a share of the mass of p."""
    own, other = float(getattr(p, side)), float(getattr(q, side))
    if own == other and np.isinf(own):
        return 0.0
    z = (own - p.loc) / p.scale
    step = ((other - own) + (p.loc - q.loc) + z * (p.scale - q.scale)) / q.scale
    if not abs(step) * (1.0 + abs(z)) < 1.0:
        return np.nan
    nodes = z + step * 0.5 * (1.0 + _GAUSS[0])
    return 0.5 * step * np.sum(_GAUSS[1] * np.exp(-0.5 * nodes * nodes - 0.5 * np.log(2 * np.pi) - log_mass))


def kumaraswamy(p: Any, q: Any, y: Array) -> Array:
    """Of Y = -log X: the powers x^a by their exponents, log(1 - x^a) by its relative change."""
    a, b = p.concentration1, p.concentration0
    a_step, b_step = q.concentration1 - a, q.concentration0 - b
    below = -np.expm1(-a * y)
    change = _log1p(-np.exp(-a * y) * np.expm1(-a_step * y) / below)
    constant = log_ratio(q.concentration1, a) + log_ratio(q.concentration0, b)
    return constant - a_step * y + b_step * np.log(below) + (q.concentration0 - 1.0) * change


def bernoulli_by_beta(beta: Any, logit: Array, y: Array) -> Array:
    """Log density of a continuous Bernoulli law less that of a beta law, at Y = -log X: both may be nearly uniform."""
    a, b = beta.concentration1 - 1.0, beta.concentration0 - 1.0
    one = np.ones_like(a)
    gaps = lgamma_gap(1.0 + a, one, a) + lgamma_gap(1.0 + b, one, b) - lgamma_gap(2.0 + a + b, 2.0 * one, a + b)
    log_beta = gaps - a - b
    constant = log_beta - log_sinh_gap(logit, 0.0 * logit, logit)
    return constant + logit * (np.exp(-y) - 0.5) + a * y - b * np.log(-np.expm1(-y))


def binomial(p: Any, q: Any, k: Array) -> Array:
    """Two chances and two numbers of trials."""
    more = q.total_count - p.total_count
    none = _log1p((p.probs - q.probs) / (1.0 - p.probs))
    trials = _rising(p.total_count - k + 1.0, k, more) + more * _log1p(-p.probs)
    return trials + k * log_ratio(q.probs, p.probs) + (q.total_count - k) * none


def negative_binomial(p: Any, q: Any, k: Array) -> Array:
    """Two chances and two sizes."""
    more = q.total_count - p.total_count
    failures = _log1p((p.probs - q.probs) / (1.0 - p.probs))
    size = _rising(p.total_count + 0.0 * k, k, more) + more * np.log(p.probs)
    return size + q.total_count * log_ratio(q.probs, p.probs) + k * failures


def beta_binomial(p: Any, q: Any, k: Array) -> Array:
    """Factor by factor of the rising factorials, each relative to the last one's total; for one number of trials."""
    n = float(p.total_count)
    a, b = p.concentration1, p.concentration0
    a_step, b_step = q.concentration1 - a, q.concentration0 - b
    if n != float(q.total_count) or not max(abs(a_step / a), abs(b_step / b)) < _NEAR:
        return np.full(np.shape(k), np.nan)
    if n > _MOST_FACTORS:
        total = _rising(a + b + 0.0 * k, n + 0.0 * k, a_step + b_step)
        return _rising(a + 0.0 * k, k, a_step) + _rising(b + 0.0 * k, n - k, b_step) - total
    # (a₂ b₁ - b₂ a₁), on which all depends where both laws are nearly binomial
    twist = _determinant(float(a_step), float(b), float(b_step), float(a))
    sides = [_factors(n, a, twist, a + b, a_step + b_step), _factors(n, b, -twist, a + b, a_step + b_step)]
    whole = np.clip(np.rint(k), 0, n).astype(np.int64)
    j = np.arange(n)
    total = np.sum(_log1p(-j * (a_step + b_step) / ((a + b + a_step + b_step) * (a + b + j))))
    return np.where(k == whole, sides[0][whole] + sides[1][int(n) - whole] - total, np.nan)


def _determinant(a: float, b: float, c: float, d: float) -> float:
    """The number a b - c d, rounded once."""
    return float(Fraction(a) * Fraction(b) - Fraction(c) * Fraction(d))


def _factors(n: float, a: Array, twist: float, total: Array, step: Array) -> Array:
    """Sums from 0 to k of the logarithms of (a + j + δ)/(a + j) · T/(T + Δ)."""
    j = np.arange(n)
    gap = (twist - step * j) / ((a + j) * (total + step))
    return np.concatenate([[0.0], np.cumsum(_log1p(gap))])


def hypergeometric(p: Any, q: Any, k: Array) -> Array:
    """By the factorials that differ; the four of the rest are taken together, since their logarithms nearly cancel."""
    size, successes, draws = (getattr(p, name) for name in ("population", "successes", "draws"))
    more, hits, drawn = q.population - size, q.successes - successes, q.draws - draws
    misses = size - successes
    left = misses - draws + k
    lines = (more - hits) * digamma_step(misses + 1.0 + 0.0 * k, left + 1.0, draws - k)
    lines = lines - more * digamma_step(size + 1.0, size - draws + 1.0, draws)
    lines = lines - drawn * digamma_step(size - draws + 1.0 + 0.0 * k, left + 1.0, successes - k)
    gaps = _bent(misses, more - hits) + _bent(size - draws, more - drawn) - _bent(size, more)
    gaps = gaps - _bent(left, more - hits - drawn)
    return _rising(successes - k + 1.0, k, hits) + _rising(draws - k + 1.0, k, drawn) + lines + gaps


def _bent(x: Array, step: Array) -> Array:
    """Log (x + step)! - log x! less its line."""
    return lgamma_gap(x + 1.0 + step, x + 1.0, step + 0.0 * x)


def _rising(a: Array, k: Array, step: Array) -> Array:
    """How much the log rising factorial log Γ(a + k) - log Γ(a) grows when a does by a step."""
    step = np.where(step > -_NEAR * a, step, np.nan)  # else the sum of a and step has lost digits
    top = a + k
    return step * digamma_step(top, a, k) + lgamma_gap(top + step, top, step) - lgamma_gap(a + step, a, step)
