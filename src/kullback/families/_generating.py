"""Log moment generating functions log E exp(t X), one for each family that has a stable form."""

from math import log, pi
from typing import Any

import numpy as np

from kullback._core import (
    Array,
    Namespace,
    digamma,
    lgamma_gap,
    log_sinh_gap,
    log_sinh_slope,
    log_softmax,
    nodes,
    numbers,
    special,
)

_RULE = np.polynomial.legendre.leggauss(100)
_RULE_ON_UNIT = tuple(zip(((_RULE[0] + 1) / 2).tolist(), (_RULE[1] / 2).tolist(), strict=True))
# Beyond this a series for the beta law would need too many terms, and its asymptotic form is exact.
_LONG = 5000.0


def normal(law: Any, t: Array) -> Array:
    """μ t + σ² t² / 2."""
    spread = law.scale * t
    return law.loc * t + 0.5 * spread * spread


def _two_points(xp: Namespace, p: Array, t: Array) -> Array:
    """Log of 1 - p + p eᵗ: from eᵗ - 1 where that is small, from two logarithms elsewhere."""
    near = xp.abs(t) < 1.0
    small = xp.log1p(p * xp.expm1(xp.where(near, t, 0.0)))
    one = xp.where(p > 0, xp.log(xp.where(p > 0, p, 1.0)), -xp.inf)
    none = xp.where(p < 1, xp.log1p(-xp.where(p < 1, p, 0.0)), -xp.inf)
    return xp.where(near, small, xp.logaddexp(none + 0.0 * t, one + t))


def binomial(law: Any, t: Array) -> Array:
    """Of n independent trials."""
    return law.total_count * _two_points(law.xp, law.probs + 0.0 * t, t + 0.0 * law.probs)


def poisson(law: Any, t: Array) -> Array:
    """λ (eᵗ - 1)."""
    xp = law.xp
    return xp.where(law.rate > 0, law.rate * xp.expm1(xp.where(law.rate > 0, t, 0.0)), 0.0)


def _below(xp: Namespace, fine: Array, value: Array) -> Array:
    """The value where it is finite, infinite elsewhere."""
    return xp.where(fine, value, xp.inf)


def negative_binomial(law: Any, t: Array) -> Array:
    """-r log(1 - q (eᵗ - 1) / p), infinite from eᵗ = 1/q on."""
    xp = law.xp
    gap = (1.0 - law.probs) / law.probs * xp.expm1(t)
    fine = gap < 1.0
    return _below(xp, fine, -law.total_count * xp.log1p(-xp.where(fine, gap, 0.0)))


def geometric(law: Any, t: Array) -> Array:
    """The same for one success."""
    xp = law.xp
    gap = (1.0 - law.probs) / law.probs * xp.expm1(t)
    fine = gap < 1.0
    return _below(xp, fine, -xp.log1p(-xp.where(fine, gap, 0.0)))


def log_series(law: Any, t: Array) -> Array:
    """Log of log(1 - p eᵗ) / log(1 - p), infinite from eᵗ = 1/p on."""
    xp = law.xp
    tilted = xp.log(law.probs) + t
    fine = tilted < 0
    calm = xp.where(fine, tilted, -1.0)
    # log(-log(1 - u)) is log u where u is tiny.
    deep = calm < -36.0
    top = xp.where(deep, calm, xp.log(-xp.log1p(-xp.exp(xp.where(deep, -1.0, calm)))))
    return _below(xp, fine, top - xp.log(-xp.log1p(-law.probs)))


def gamma(law: Any, t: Array) -> Array:
    """-a log(1 - t/b), infinite from t = b on."""
    xp = law.xp
    fine = t < law.rate
    return _below(xp, fine, -law.concentration * xp.log1p(-xp.where(fine, t / law.rate, 0.0)))


def exponential(law: Any, t: Array) -> Array:
    """-log(1 - t/r), infinite from t = r on."""
    xp = law.xp
    fine = t < law.rate
    return _below(xp, fine, -xp.log1p(-xp.where(fine, t / law.rate, 0.0)))


def lindley(law: Any, t: Array) -> Array:
    """Log of θ² (θ + 1 - t) / ((θ + 1) (θ - t)²)."""
    xp = law.xp
    fine = t < law.rate
    calm = xp.where(fine, t, 0.0 * law.rate)
    return _below(xp, fine, xp.log1p(-calm / (1.0 + law.rate)) - 2.0 * xp.log1p(-calm / law.rate))


def inverse_gaussian(law: Any, t: Array) -> Array:
    """(λ/μ) (1 - √(1 - u)) with u = 2 μ² t / λ, finite up to u = 1."""
    xp = law.xp
    shape = law.concentration / law.loc
    u = 2.0 * law.loc * t / shape
    fine = u <= 1.0
    calm = xp.where(fine, u, 0.0)
    return _below(xp, fine, shape * calm / (1.0 + xp.sqrt(1.0 - calm)))


def laplace(law: Any, t: Array) -> Array:
    """μ t - log(1 - b² t²), infinite from b |t| = 1 on."""
    xp = law.xp
    u = law.scale * t
    fine = xp.abs(u) < 1.0
    calm = xp.where(fine, u, 0.0)
    return _below(xp, fine, law.loc * t - xp.log1p(-calm * calm))


def _gamma_gap(xp: Namespace, shape: float, step: Array) -> tuple[Array, Array]:
    """Where Γ(a + h) exists, and log Γ(a + h) - log Γ(a) - h ψ(a) there."""
    fine = shape + step > 0
    calm = xp.where(fine, step, 0.0)
    base = shape + 0.0 * calm
    return fine, lgamma_gap(base + calm, base, calm)


def logistic(law: Any, t: Array) -> Array:
    """μ t + log Γ(1 - s t) Γ(1 + s t), infinite from s |t| = 1 on."""
    xp = law.xp
    u = law.scale * t
    up, more = _gamma_gap(xp, 1.0, u)
    down, less = _gamma_gap(xp, 1.0, -u)
    return _below(xp, up & down, law.loc * t + (more + less))


def gumbel(law: Any, t: Array) -> Array:
    """μ t + log Γ(1 - β t), infinite from β t = 1 on."""
    u = law.scale * t
    fine, gap = _gamma_gap(law.xp, 1.0, -u)
    return _below(law.xp, fine, (law.loc - law.scale * digamma(1.0 + 0.0 * u)) * t + gap)


def moyal(law: Any, t: Array) -> Array:
    """μ t - σ t log 2 + log Γ(½ - σ t) / Γ(½), infinite from σ t = ½ on."""
    u = law.scale * t
    fine, gap = _gamma_gap(law.xp, 0.5, -u)
    return _below(law.xp, fine, (law.loc - law.scale * (log(2.0) + digamma(0.5 + 0.0 * u))) * t + gap)


def uniform(law: Any, t: Array) -> Array:
    """Log of sinh(w)/w about the middle, w = t (b - a) / 2."""
    width = law.high - law.low
    step = t * width
    return t * (law.low + 0.5 * width) + log_sinh_gap(step, 0.0 * step, step)


def continuous_bernoulli(law: Any, t: Array) -> Array:
    """A gap of the log normalizer, and its slope."""
    logit = law.logits if law.logits is not None else law.xp.log(law.probs) - law.xp.log1p(-law.probs)
    logit = logit + 0.0 * t
    return t * (0.5 + log_sinh_slope(logit)) + log_sinh_gap(logit + t, logit, t + 0.0 * logit)


def discrete_uniform(law: Any, t: Array) -> Array:
    """Log of sinh(n t / 2) / n sinh(t / 2) about the middle."""
    count = law.high - law.low + 1.0
    wide, step = t * count, t + 0.0 * count
    gap = log_sinh_gap(wide, 0.0 * wide, wide) - log_sinh_gap(step, 0.0 * step, step)
    return 0.5 * t * (law.low + law.high) + gap


def length(coordinates: int) -> Any:
    """Of the length of so many normal coordinates, an integral over a window around its peak; `scale` is theirs."""

    def log_mgf(law: Any, t: Array) -> Array:
        xp = law.xp
        s = law.scale * t
        power = coordinates - 1.0
        root = xp.hypot(s, 2.0 * power**0.5 + 0.0 * s)
        # The positive root of x² - s x - power, without a difference for negative s.
        peak = xp.where(s > 0, 0.5 * (s + root), 2.0 * power / xp.where(s > 0, 1.0, root - s + (power == 0)))
        fast = 60.0 / xp.where(s < -1e-3, -s, 1e-3)
        high = peak + xp.where(fast < 11.0, fast, 11.0)
        low = xp.where(peak > 11.0, peak - 11.0, 0.0)
        top = (s - 0.5 * peak) * peak
        total = xp.zeros_like(s)
        for node, weight in nodes(xp, _RULE_ON_UNIT, total):
            x = low + (high - low) * node
            total = total + xp.sum(weight * x**power * xp.exp((s - 0.5 * x) * x - top), axis=0)
        constant = (0.5 * coordinates - 1.0) * log(2.0) + (0.5 * log(pi), 0.0, 0.5 * log(pi) - log(2.0))[
            coordinates - 1
        ]
        return xp.where(t == 0, 0.0, top + xp.log(total * (high - low)) - constant)

    return log_mgf


def beta(law: Any, t: Array) -> Array:
    """Log of Kummer's ₁F₁(a, a + b, t) for t ≥ 0, of that of 1 - X otherwise; NumPy only."""
    up, a, b = np.broadcast_arrays(*(numbers(value) for value in (t, law.concentration1, law.concentration0)))
    values = [
        _kummer(x, y, z) + x if x >= 0 else _kummer(-x, z, y) for x, y, z in zip(up.flat, a.flat, b.flat, strict=True)
    ]
    return np.array(values).reshape(up.shape)


def _kummer(t: float, a: float, b: float) -> float:
    """Log ₁F₁(a, a + b, t) - t for t ≥ 0: its positive series, or its asymptotic form where that is exact."""
    if t > max(_LONG, 60.0 * (1.0 + a + b) ** 2):
        k = np.arange(20.0)
        rest = 1.0 + float(np.cumprod((k + 1.0 - a) * (k + b) / ((k + 1.0) * t)).sum())
        return float(special("gammaln", a + b)) - float(special("gammaln", a)) - b * log(t) + log(rest)
    k = np.arange(np.ceil(t + 12.0 * np.sqrt(t) + 60.0))
    logs = np.cumsum(np.log((a + k) / (a + b + k)) + np.log(max(t, 1e-300) / (k + 1.0)))
    top = max(float(logs.max()), 0.0)
    if top < 1.0:
        return float(np.log1p(np.cumprod((a + k) / (a + b + k) * (t / (k + 1.0))).sum())) - t
    return (top - t) + float(np.log(np.exp(-top) + np.exp(logs - top).sum()))


def _log_slice(low: Array, high: Array) -> tuple[Array, Array]:
    """Log P(low < Z < high) of a standard normal Z as a power e^(-l²/2) and the rest, for low < high."""
    flip = high < -low  # the limit nearer to the middle comes first
    near, far = np.where(flip, -high, low), np.where(flip, -low, high)
    out = near > 0
    first, second = np.where(out, near, 1.0), np.where(out, far, 2.0)
    with np.errstate(over="ignore", invalid="ignore"):
        drop = np.where(np.isinf(second), 0.0, np.exp(-0.5 * (second - first) * (second + first)))
        tail = special("erfcx", first / 2**0.5) - drop * special(
            "erfcx", np.where(np.isinf(second), 1e300, second) / 2**0.5
        )
    calm_low, calm_high = np.where(out, -1.0, near), np.where(out, 1.0, far)
    inner = np.log1p(-special("ndtr", calm_low) - special("ndtr", -calm_high))
    inner = np.where(calm_low > -1.0, np.log(special("ndtr", calm_high) - special("ndtr", calm_low)), inner)
    return np.where(out, first, 0.0), np.where(out, np.log(np.where(out, 0.5 * tail, 1.0)), inner)


def truncated_normal(law: Any, t: Array) -> Array:
    """From the mass of the shifted law; squares of far limits are never subtracted; NumPy only."""
    t, loc, scale = (numbers(value) for value in np.broadcast_arrays(t, law.loc, law.scale))
    low, high = (numbers(law.low) - loc) / scale, (numbers(law.high) - loc) / scale
    start, start_log = _log_slice(low, high)
    s = scale * t
    near, near_log = _log_slice(low - s, high - s)
    # Where the shifted law is cut in a tail, s²/2 - near²/2 is taken at once: near = ±(limit - s).
    limit = np.where(near > 0, np.where(low - s > 0, low, high), 0.0)
    power = np.where(near > 0, (s - 0.5 * limit) * limit, 0.5 * s * s)
    return loc * t + (power + 0.5 * start * start) + (near_log - start_log)


def over_support(log_prob: Any, low: Any, high: Any) -> Any:
    """Of a law on finitely many whole numbers: its log probabilities summed between the ends of its support."""

    def log_mgf(law: Any, t: Array) -> Array:
        first, last = numbers(low(law)), numbers(high(law))
        points = np.arange(float(np.min(first)), float(np.max(last)) + 1.0)
        points = points.reshape(-1, *(1,) * np.ndim(first + t))
        logs = log_prob(law, points + 0.0 * first)
        return np.asarray(np.logaddexp.reduce(logs + t * points, axis=0))

    return log_mgf


def categorical(law: Any, t: Array) -> Array:
    """Of the number of the outcome, 0, 1, …."""
    xp = law.xp
    logs = log_softmax(xp, law.logits if law.logits is not None else xp.log(law.probs))
    terms = logs + t[..., None] * xp.asarray(np.arange(logs.shape[-1], dtype=np.float64).tolist(), dtype=logs.dtype)
    top = xp.max(terms, axis=-1, keepdims=True)
    return top[..., 0] + xp.log(xp.sum(xp.exp(terms - top), axis=-1))


def point_mass(law: Any, t: Array) -> Array:
    """The point times t."""
    return t * law.value


def heavy(law: Any, t: Array) -> Array:
    """Infinite on both sides of zero: the tails are heavier than any exponential."""
    return law.xp.where(t == 0, 0.0 * law.scale, law.xp.inf)
