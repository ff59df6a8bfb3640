r"""Fisher information of the laws of few numbers, in closed form.

$F_{ij}(θ) = E[∂_i \log p \; ∂_j \log p]$ in the parameters of the record. Infinite where the support moves with a
parameter, or where a parameter is on the edge of its domain.
"""

from math import log, pi
from typing import Any

import numpy as np

from kullback._core import (
    Array,
    digamma,
    library,
    log_series_mean,
    namespace,
    sinh_curvature,
    special,
    stirling_curvature,
    zeta_mean_log,
)
from kullback.families._trigamma import digamma_slope, trigamma, trigamma_drop, trigamma_slope

EULER = 0.5772156649015329
_MOYAL_LEAN = 2.0 - EULER - log(2.0)
# Of StudentT, for large ν: 7/2 ν⁻⁴ - 13 ν⁻⁵ + …
_STUDENT = (
    3.5, -13.0, 39.5, -119.0, 363.5, -1101.0, 3279.5, -9763.0, 29523.5, -89609.0, 265719.5, -778047.0, 2391483.5,
    -7639237.0, 21523359.5, -50159771.0, 193710243.5,
)  # fmt: skip


def symmetric(law: Any, *rows: tuple[Array | float, ...]) -> Array:
    """Matrices from the rows of their lower triangles, for laws of numbers."""
    xp, shape = law.xp, law.batch_shape
    zero = xp.zeros_like(next(iter(law.parameters().values())))
    entries = [[xp.broadcast_to(zero + entry, shape) for entry in row] for row in rows]
    size = range(len(entries))
    return xp.stack([xp.stack([entries[max(i, j)][min(i, j)] for j in size], axis=-1) for i in size], axis=-2)


def diagonal(law: Any, *entries: Array | float) -> Array:
    """Diagonal matrices, for laws of numbers."""
    return symmetric(law, *((*(0.0,) * i, entry) for i, entry in enumerate(entries)))


def location_scale(location: float, mixed: float, scale: float) -> Any:
    """A law of loc and scale from its information at scale 1."""

    def fisher(law: Any) -> Array:
        inverse = 1.0 / law.scale
        square = inverse * inverse
        return symmetric(law, (location * square,), (mixed * square, scale * square))

    return fisher


normal = location_scale(1.0, 0.0, 2.0)
laplace = location_scale(1.0, 0.0, 1.0)
logistic = location_scale(1.0 / 3.0, 0.0, (3.0 + pi * pi) / 9.0)
cauchy = location_scale(0.5, 0.0, 0.5)
gumbel = location_scale(1.0, EULER - 1.0, pi * pi / 6.0 + (1.0 - EULER) ** 2)
moyal = location_scale(0.5, -0.5 * _MOYAL_LEAN, 0.25 * pi * pi - 1.0 + 0.5 * _MOYAL_LEAN**2)


def student(law: Any) -> Array:
    """Of df, loc and scale."""
    df, inverse = law.df, 1.0 / law.scale
    # The last shares tend to 1 and 2: written so that df may be huge.
    third = 1.0 / (df + 3.0)
    place = (df + 1.0) * third * inverse * inverse
    return symmetric(
        law,
        (_student_df(law),),
        (0.0, place),
        (-2.0 * inverse * third / (df + 1.0), 0.0, 2.0 * df * third * inverse * inverse),
    )


def _student_df(law: Any) -> Array:
    """¼ (ψ₁(ν/2) - ψ₁(ν/2 + ½)) - (ν + 5) / 2 ν (ν + 1) (ν + 3): its two steps have a rational, positive difference."""
    df, total = law.df, 0.0 * law.df
    for step in range(0, 32, 2):
        v = df + step
        top = 2.0 * ((14.0 * v + 33.0) * v + 15.0)
        total = total + top / (v + 1.0) / (v + 1.0) / (v + 2.0) / (v + 3.0) / (v + 5.0) / v / v
    inverse = 1.0 / (df + 32.0)
    series = 0.0 * df
    for coefficient in reversed(_STUDENT):
        series = series * inverse + coefficient
    return total + series * inverse**4


def one_scale(value: float) -> Any:
    """A law of a scale or rate alone: so much over its square."""

    def fisher(law: Any) -> Array:
        (parameter,) = law.parameters().values()
        inverse = 1.0 / parameter
        return diagonal(law, value * inverse * inverse)

    return fisher


def generalized_gamma(law: Any) -> Array:
    """Of concentration a, scale l and power k, from the moments of w = k log(x/l)."""
    a, inverse, k = law.concentration, 1.0 / law.scale, law.power
    mean = digamma(a + 1.0)
    bend = (1.0 + a * (trigamma(a + 1.0) + mean * mean)) / (k * k)
    return symmetric(
        law,
        (trigamma(a),),
        (k * inverse, a * (k * inverse) ** 2),
        (-digamma(a) / k, -a * mean * inverse, bend),
    )


def gamma(law: Any) -> Array:
    """Of concentration and rate, for Gamma and InverseGamma."""
    inverse = 1.0 / law.rate
    return symmetric(law, (trigamma(law.concentration),), (-inverse, law.concentration * inverse * inverse))


def chi(law: Any) -> Array:
    """Of df, for Chi2 and Chi."""
    return diagonal(law, 0.25 * trigamma(0.5 * law.df))


def nakagami(law: Any) -> Array:
    """Of concentration and spread, which do not mix."""
    m, inverse = law.concentration, 1.0 / law.spread
    # ψ₁(m) - 1/m
    return diagonal(law, stirling_curvature(law.xp, m), m * inverse * inverse)


def weibull_like(sign: float) -> Any:
    """Of scale and concentration: Weibull, and Fréchet with sign -1."""

    def fisher(law: Any) -> Array:
        k, inverse = law.concentration, 1.0 / law.scale
        lean = 1.0 - EULER
        return symmetric(law, ((k * inverse) ** 2,), (-sign * lean * inverse, (pi * pi / 6.0 + lean * lean) / (k * k)))

    return fisher


def inverse_gaussian(law: Any) -> Array:
    """Of loc and concentration."""
    inverse = 1.0 / law.concentration
    return diagonal(law, law.concentration / law.loc / law.loc / law.loc, 0.5 * inverse * inverse)


def pareto(law: Any) -> Array:
    """Of scale, with which the support moves, and alpha."""
    inverse = 1.0 / law.alpha
    return diagonal(law, np.inf, inverse * inverse)


def ends(law: Any) -> Array:
    """Of the two ends of the support."""
    return diagonal(law, np.inf, np.inf)


def lindley(law: Any) -> Array:
    """2/θ² - 1/(1 + θ)² as a sum."""
    rate = law.rate
    inverse, share = 1.0 / rate, 1.0 / (1.0 + rate)
    return diagonal(law, inverse * inverse * (1.0 + (1.0 + 2.0 * rate) * share * share))


def beta(law: Any) -> Array:
    """Of the two concentrations."""
    a, b = law.concentration1, law.concentration0
    return symmetric(law, (trigamma_drop(a, b),), (-trigamma(a + b), trigamma_drop(b, a)))


def dirichlet(law: Any) -> Array:
    """Diagonal of ψ₁ less ψ₁ of the total; on the diagonal from the sum of the others."""
    xp, a = law.xp, law.concentration
    here = diagonal_mask(law, a)
    others = xp.sum(xp.where(here, 0.0, a[..., None, :] + 0.0 * a[..., :, None]), axis=-1)
    total = trigamma(xp.sum(a, axis=-1))[..., None, None]
    return xp.where(here, trigamma_drop(a, others)[..., :, None], -total)


def diagonal_mask(law: Any, vector: Array) -> Array:
    """Where the diagonal of a matrix is that has the vector's size."""
    return constant(vector, np.eye(vector.shape[-1])) > 0


def constant(like: Array, values: Any, dtype: Any = None) -> Array:
    """Fixed numbers as an array of the library, float type and device of another."""
    made = namespace(like).asarray(values, dtype=dtype or like.dtype)
    return made.to(like.device) if library(like) == "torch" else made


def kumaraswamy(law: Any) -> Array:
    """Of the two concentrations, by derivatives of the beta function; removable at b = 1 and b = 2."""
    xp = law.xp
    a, b = law.concentration1, law.concentration0
    mixed = -digamma_slope(2.0 + 0.0 * b, b - 1.0) / a
    near = xp.abs(b - 2.0) < 0.5
    # Around b = 2 in its gap e, elsewhere with ψ(b + 1) - ψ(1), which is small where b is.
    e = xp.where(near, b - 2.0, 0.0)
    s, t = digamma_slope(3.0 + 0.0 * e, e), trigamma_slope(3.0 + 0.0 * e, e)
    square = e * (e * s * s + t)
    inner = 1.5 + e * s + square + 2.0 * (e * s * s + t)
    far = xp.where(near, 1.0, b)
    step = far * digamma_slope(1.0 + 0.0 * far, far)
    outer = (far * ((step - 1.0) ** 2 + trigamma_drop(1.0 + 0.0 * far, far)) - 2.0 * step) / (far - 2.0)
    return symmetric(law, (xp.where(near, inner, outer) / (a * a),), (mixed, 1.0 / (b * b)))


def continuous_bernoulli(law: Any) -> Array:
    """The variance in the logit; by the chance over (λ (1 - λ))²."""
    if law.logits is not None:
        return diagonal(law, sinh_curvature(law.xp, law.logits))
    p = law.probs
    logit = law.xp.log(p) - law.xp.log1p(-p)
    return diagonal(law, sinh_curvature(law.xp, logit) / (p * (1.0 - p)) ** 2)


def bernoulli(law: Any) -> Array:
    """1/p(1 - p), or in the logit p(1 - p)."""
    if law.probs is not None:
        return diagonal(law, 1.0 / law.probs + 1.0 / (1.0 - law.probs))
    return diagonal(law, special("expit", law.logits) * special("expit", -law.logits))


def binomial(law: Any) -> Array:
    """Of probs."""
    n, p = law.total_count, law.probs
    return diagonal(law, law.xp.where(n == 0, 0.0, n * (1.0 / p + 1.0 / (1.0 - p))))


def geometric(law: Any) -> Array:
    """1/p²(1 - p)."""
    return diagonal(law, 1.0 / law.probs / law.probs / (1.0 - law.probs))


def poisson(law: Any) -> Array:
    """1/rate."""
    return diagonal(law, 1.0 / law.rate)


def categorical(law: Any) -> Array:
    """Of weights or logits; one direction, along which the law is the same, has none."""
    return in_logits(law, law.logits) if law.logits is not None else in_weights(law, law.probs)


def in_weights(law: Any, weights: Array) -> Array:
    """1/w_i W on the diagonal, less 1/W²; the diagonal from the sum of the other weights."""
    xp = law.xp
    here = diagonal_mask(law, weights)
    total = xp.sum(weights, axis=-1)[..., None, None]
    return xp.where(here, (others_of(law, weights) / weights)[..., :, None], -1.0) / total / total


def in_logits(law: Any, logits: Array) -> Array:
    """p_i (1 - p_i) on the diagonal and -p_i p_j beside it."""
    xp = law.xp
    weights = xp.exp(logits - xp.max(logits, axis=-1, keepdims=True))
    shares = weights / xp.sum(weights, axis=-1, keepdims=True)
    here = diagonal_mask(law, shares)
    return shares[..., :, None] * xp.where(here, others_of(law, shares)[..., :, None], -shares[..., None, :])


def others_of(law: Any, weights: Array) -> Array:
    """For every entry of a vector the sum of the others."""
    xp, here = law.xp, diagonal_mask(law, weights)
    return xp.sum(xp.where(here, 0.0, weights[..., None, :] + 0.0 * weights[..., :, None]), axis=-1)


def multinomial(law: Any) -> Array:
    """So many times that of one draw."""
    count = law.total_count[..., None, None]
    return law.xp.where(count == 0, 0.0, count * in_weights(law, law.probs))


def zeta(law: Any) -> Array:
    """The variance of log K."""
    return diagonal(law, -zeta_mean_log.partials[0](law.exponent - 1.0))


def log_series(law: Any) -> Array:
    """The variance over p²."""
    return diagonal(law, log_series_mean.partials[0](law.probs) / law.probs)
