"""Divergences of categories along the last axis, from weights or from logits, each with its gradients written out."""

from typing import Any

import numpy as np

from kullback._core._arrays import Array, Namespace, namespace
from kullback._core._phi import exp_gap, phi, phi_series
from kullback._core._primitive import primitive
from kullback._core._ratio import itakura_saito_products, product_gap, ratio_gap


def not_negative(xp: Namespace, value: Array) -> Array:
    """The value, where rounding took it below zero 0; derivatives at zero stay."""
    return xp.where(value < 0, xp.zeros_like(value), value)


def shares_of(xp: Namespace, weights: Array, /) -> Array:
    """Weights along the last axis over their total, which may lie beyond the range of floats."""
    with np.errstate(over="ignore"):
        total = xp.sum(weights, axis=-1, keepdims=True)
    # Powers of two round nothing, and what they push out of range is 600 orders below the total.
    weights = xp.where(xp.isfinite(total), weights, weights * 2.0**-64)
    return weights / xp.sum(weights, axis=-1, keepdims=True)


def _total(xp: Namespace, x: Array) -> Array:
    return xp.sum(x, axis=-1, keepdims=True)


def _parts(xp: Namespace, p: Array, q: Array) -> tuple[Array, Array, tuple[Array, ...]]:
    """Where p has mass, and the four factors of q P / p Q there."""
    mass = p > 0
    one = xp.ones_like(p)
    return mass, one, (xp.where(mass, q, one), _total(xp, p) * one, xp.where(mass, p, one), _total(xp, q) * one)


@primitive(lambda p, q: _weight_slope(p, q), lambda p, q: _model_slope(p, q), reduces=True)
def weights_gap(xp: Namespace, p: Array, q: Array) -> Array:
    r"""D(p/Σp ‖ q/Σq) of two vectors of weights whose totals may be anything.

    With x = q P / p Q - 1 by exact products it is the sum of p φ(x) / P, and the share of q where p has none. The
    mean of x would be minus that share but for the rounding of the totals; φ of what is left over is what that
    rounding added.
    """
    # Powers of two round nothing, and what they push out of range is 600 orders below the total.
    p, q = (xp.where(xp.isfinite(_total(xp, side)), side, side * 2.0**-64) for side in (p, q))
    mass, _, factors = _parts(xp, p, q)
    share = p / factors[1]
    zero = xp.zeros_like(p)
    gaps = xp.where(mass, share * itakura_saito_products.value(xp, *factors), zero)
    moved = xp.where(mass, share * product_gap.value(xp, *factors), zero)
    free = xp.sum(xp.where(mass, zero, q / factors[3]), axis=-1)
    held = free < 0.5
    drift = xp.where(held, (xp.sum(moved, axis=-1) + free) / xp.where(held, 1.0 - free, 1.0 + 0.0 * free), 0.0)
    total = xp.sum(gaps, axis=-1)
    correction = xp.where(xp.isfinite(drift), phi.value(xp, xp.where(xp.isfinite(drift), drift, 0.0 * free)), 0.0)
    return not_negative(xp, total + free - correction)


@primitive(lambda p, q: _weight_slope(p, q), lambda p, q: _model_slope(p, q), reduces=True)
def shares_gap(xp: Namespace, p: Array, q: Array) -> Array:
    """The same for vectors that add up to 1 but for rounding: the sum of p φ((q - p)/p), less φ of the totals' gap."""
    mass = p > 0
    one = xp.ones_like(p)
    gap = xp.where(mass, p * ratio_gap(xp, xp.where(mass, q, one), xp.where(mass, p, one)), q)
    # A subnormal p under a large q overflows on the way, not in the end.
    gap = xp.where((gap == xp.inf) & (q > 0), q, gap)
    p_total = xp.sum(p, axis=-1)
    drift = xp.sum(q - p, axis=-1) / p_total
    return not_negative(xp, xp.sum(gap, axis=-1) / p_total - phi_series(drift))


def _log_quotients(xp: Namespace, p: Array, q: Array) -> tuple[Array, Array]:
    """log(q P / p Q), and q P / p Q - 1; a p of zero counts as the smallest float where q is not zero."""
    tiny: Any = 2.2250738585072014e-308 if str(p.dtype).endswith("64") else 1.1754944e-38
    both = (p == 0) & (q == 0)
    one = xp.ones_like(p)
    total_p, total_q = _total(xp, p) * one, _total(xp, q) * one
    low = xp.where(both, one, xp.where(p == 0, tiny * one, p))
    factors = xp.where(both, one, q), xp.where(both, one, total_p), low, xp.where(both, one, total_q)
    gap = product_gap(*factors)
    near = xp.abs(gap) < 0.5
    far = gap - itakura_saito_products(*factors)
    return xp.where(near, xp.log1p(xp.where(near, gap, 0.0 * gap)), far), gap


def _weight_slope(p: Array, q: Array) -> Array:
    """By p: -(log(q P / p Q) + D)/P."""
    xp = namespace(p, q)
    logarithm, _ = _log_quotients(xp, p, q)
    return -(logarithm + weights_gap(p, q)[..., None]) / _total(xp, p)


def _model_slope(p: Array, q: Array) -> Array:
    """By q: (1 - p Q / q P)/Q."""
    xp = namespace(p, q)
    both = (p == 0) & (q == 0)
    one = xp.ones_like(p)
    total_p, total_q = _total(xp, p) * one, _total(xp, q) * one
    mass = p > 0
    factors = xp.where(mass, p, one), xp.where(mass, total_q, one), xp.where(mass, q, one), xp.where(mass, total_p, one)
    return xp.where(both, 1.0, xp.where(mass, -product_gap(*factors), 1.0)) / total_q


def _top(xp: Namespace, logits: Array) -> Array:
    top = xp.max(logits, axis=-1, keepdims=True)
    return xp.where(xp.isfinite(top), top, xp.zeros_like(top))


def log_softmax(xp: Namespace, logits: Array) -> Array:
    """Logits less the logarithm of their sum of exponentials, along the last axis; -inf stays."""
    moved = logits - _top(xp, logits)
    return moved - xp.log(xp.sum(xp.exp(moved), axis=-1, keepdims=True))


def _centered(xp: Namespace, a: Array, b: Array) -> tuple[Array, Array, Array]:
    """softmax(a), its logarithm, and b - a less its mean under it; 0 where softmax(a) is."""
    logarithm = log_softmax(xp, a)
    # Not exp(logarithm): that costs as many ulp as the logarithm is large.
    weight = xp.exp(a - _top(xp, a))
    p = weight / xp.sum(weight, axis=-1, keepdims=True)
    known = xp.isfinite(a)
    step = xp.where(known, b - xp.where(known, a, 0.0 * p), 0.0 * p)
    mean = xp.sum(xp.where(p > 0, p * step, 0.0 * p), axis=-1, keepdims=True)
    return p, logarithm, xp.where(known, step - mean, b - mean - _norm(xp, a))


def _norm(xp: Namespace, a: Array) -> Array:
    top = _top(xp, a)
    return top + xp.log(xp.sum(xp.exp(a - top), axis=-1, keepdims=True))


@primitive(lambda a, b: _teacher_slope(a, b), lambda a, b: _student_slope(a, b), reduces=True)
def softmax_gap(xp: Namespace, a: Array, b: Array) -> Array:
    r"""D(softmax(a) ‖ softmax(b)) as log(1 + Σ p (e^u - 1 - u)), u = b - a less its mean under p = softmax(a)."""
    p, logarithm, u = _centered(xp, a, b)
    known = xp.isfinite(a)
    zero = xp.zeros_like(p)
    # Where a is -inf there is no p, but b may still have mass: u is log of that mass then.
    exponent = xp.where(known, xp.where(known, logarithm, zero) + u, u)
    small = known & (u < 30.0)
    calm = xp.where(small, u, zero)
    terms = xp.where(
        small, xp.where(p > 0, p * exp_gap.value(xp, calm), zero), xp.exp(xp.where(exponent < 700.0, exponent, zero))
    )
    rest = xp.sum(xp.where(p > 0, p * xp.where(xp.isfinite(u), u, zero), zero), axis=-1)
    inner = xp.log1p(xp.sum(terms, axis=-1) + rest) - rest
    top = xp.max(exponent, axis=-1, keepdims=True)
    calm_top = xp.where(xp.isfinite(top), top, 0.0 * top + xp.where(xp.isfinite(top), top, xp.ones_like(top)))
    outer = calm_top[..., 0] + xp.log(xp.sum(xp.exp(exponent - calm_top), axis=-1))
    far = xp.max(xp.where(known, u, exponent), axis=-1) >= 30.0
    lost = xp.any((p > 0) & (b == -xp.inf), axis=-1)
    value = not_negative(xp, xp.where(far, outer, inner))
    return xp.where(lost, xp.inf, value)


def _student_slope(a: Array, b: Array) -> Array:
    """softmax(b) - softmax(a), as a difference of neighbors where they are."""
    xp = namespace(a, b)
    p, q = log_softmax(xp, a), log_softmax(xp, b)
    gone = (p == -xp.inf) | (q == -xp.inf)
    step = xp.where(gone, 0.0, xp.where(gone, 0.0, q) - xp.where(gone, 0.0, p))
    return xp.where(gone | (step > 1.0), xp.exp(q) - xp.exp(p), xp.exp(p) * xp.expm1(xp.where(step > 1.0, 0.0, step)))


def _teacher_slope(a: Array, b: Array) -> Array:
    """-p u."""
    xp = namespace(a, b)
    p, _, u = _centered(xp, a, b)
    fine = (p > 0) & xp.isfinite(u)
    return xp.where(fine, -p * xp.where(fine, u, 0.0), 0.0)


@primitive(lambda a, b: _logit_teacher_slope(a, b), lambda a, b: _logit_student_slope(a, b))
def logit_gap(xp: Namespace, a: Array, b: Array) -> Array:
    """The divergence of two Bernoulli laws from their logits, infinite ones included."""
    flip = a > 0
    low, other = xp.where(flip, -a, a), xp.where(flip, -b, b)
    same = a == b
    p = xp.exp(low) / (1.0 + xp.exp(low))
    step = xp.where(same | (low == -xp.inf), xp.zeros_like(p), other - xp.where(low == -xp.inf, 0.0, low))
    near = xp.abs(step) < 2.0
    calm = xp.where(near, step, xp.zeros_like(step))
    inner = xp.log1p((1.0 - p) * exp_gap.value(xp, -p * calm) + p * exp_gap.value(xp, (1.0 - p) * calm))
    line = xp.where(p > 0, p * xp.where(near, xp.ones_like(step), step), 0.0)
    outer = xp.where(other > 0, other + xp.log1p(xp.exp(-xp.abs(other))), xp.log1p(xp.exp(-xp.abs(other))))
    outer = outer - xp.log1p(xp.exp(low)) - line
    value = xp.where(near & (low > -xp.inf), inner, outer)
    value = xp.where((other == -xp.inf) & (low > -xp.inf), xp.inf, value)
    return xp.where(same, xp.zeros_like(value), value)


def _sigmoid(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """P and p (1 - p) of a logit."""
    tail = xp.exp(-xp.abs(x))
    return xp.where(x > 0, 1.0, tail) / (1.0 + tail), tail / (1.0 + tail) ** 2


def _logit_student_slope(a: Array, b: Array) -> Array:
    xp = namespace(a, b)
    p, spread = _sigmoid(xp, a)
    q, _ = _sigmoid(xp, b)
    step = xp.where(xp.isfinite(a) & xp.isfinite(b), b - a, 9.0)
    near = xp.abs(step) < 1.0
    growth = xp.expm1(xp.where(near, step, 0.0))
    return xp.where(near, spread * growth / (1.0 + p * growth), q - p)


def _logit_teacher_slope(a: Array, b: Array) -> Array:
    xp = namespace(a, b)
    _, spread = _sigmoid(xp, a)
    fine = (spread > 0) & xp.isfinite(b)
    return xp.where(fine, -(xp.where(fine, b, 0.0) - xp.where(fine, a, 0.0)) * spread, 0.0)
