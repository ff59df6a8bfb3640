r"""Laws of directions: von Mises on the circle, von Mises-Fisher on the sphere.

Their log normalizer in κ is that of the angle θ to the mean direction, with density $e^{κ \cos θ} \sin^{d-2} θ$ on
(0, π). Everything needed is an integral of a positive function over that angle, taken by Gauss-Legendre where the
density lives: no Bessel function, no difference of two of them, any dimension, any concentration.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import lgamma as scalar_lgamma
from math import log, pi
from typing import Any

import numpy as np

from kullback._core import Array, Namespace, Primitive, namespace, nodes, positive_gap
from kullback.families import _fisher, _fisher_matrix
from kullback.families._domains import POSITIVE, REAL, REALS, parameter
from kullback.families._family import FAMILIES, Family, Support
from kullback.families._law import Law

_RULE = np.polynomial.legendre.leggauss(80)
_RULE_ON_UNIT = tuple(zip(((_RULE[0] + 1) / 2).tolist(), (_RULE[1] / 2).tolist(), strict=True))


@dataclass(frozen=True, eq=False, repr=False)
class VonMises(Law):
    """Von Mises law of an angle, density proportional to exp(κ cos(x - μ)) on a full turn.

    Args:
        loc: Mean angle μ in radians.
        concentration: κ, positive.
    """

    loc: Array = parameter(REAL)
    concentration: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class VonMisesFisher(Law):
    """Von Mises-Fisher law on the unit sphere, density proportional to exp(κ μ·x).

    Args:
        mean_direction: Vectors μ of d ≥ 2 coordinates; each is divided by its length.
        concentration: κ, positive.
    """

    mean_direction: Array = parameter(REALS)
    concentration: Array = parameter(POSITIVE)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """A direction in at least two dimensions."""
        if self.mean_direction.shape[-1] < 2:
            return [(False, "mean_direction must have at least two coordinates.")]
        return [(xp.any(self.mean_direction != 0, axis=-1), "mean_direction must not be the zero vector.")]


def _mean(xp: Namespace, kappa: Array, power: int, functions: list[Callable[[Array, Array], Array]]) -> list[Array]:
    """Log ∫ e^{κ (cos θ - 1)} sin^power θ dθ, then the means of functions of (cos θ, 1 - cos θ)."""
    top = 2.0 * kappa / (power + xp.hypot(power + 0.0 * kappa, 2.0 * kappa))
    # 1 - cos² at the peak, without the subtraction: κ sin² = power · cos
    sine_square = power * top / kappa
    curvature = kappa * top + (power / sine_square if power else 0.0)
    # On the circle the peak is at zero, where a root would have no derivative.
    center = xp.atan2(xp.sqrt(sine_square), top) if power else xp.zeros_like(kappa)
    reach = 16.0 / xp.sqrt(curvature)
    low = xp.where(center > reach, center - reach, xp.zeros_like(center))
    high = xp.where(center + reach < pi, center + reach, pi + 0.0 * center)
    width = high - low
    peak = _log_density(xp, center, kappa, power)
    total = xp.zeros_like(kappa)
    sums = [xp.zeros_like(kappa) for _ in functions]
    for node, weight in nodes(xp, _RULE_ON_UNIT, total):
        angle = low + width * node
        mass = weight * xp.exp(_log_density(xp, angle, kappa, power) - peak)
        total = total + xp.sum(mass, axis=0)
        rest = 2.0 * xp.sin(0.5 * angle) ** 2
        cosine = xp.cos(angle)
        sums = [one + xp.sum(mass * by(cosine, rest), axis=0) for one, by in zip(sums, functions, strict=True)]
    return [peak + xp.log(total * width), *(one / total for one in sums)]


def _log_density(xp: Namespace, angle: Array, kappa: Array, power: int) -> Array:
    tail = -2.0 * kappa * xp.sin(0.5 * angle) ** 2
    return tail + power * xp.log(xp.sin(angle)) if power else tail


@cache
def _normalizer(dimension: int) -> tuple[Primitive, Primitive, Primitive, Primitive]:
    """Log normalizer less κ, mean cosine, 1 less mean cosine, and the gap: all in κ, for one dimension."""
    power = dimension - 2

    def variance(xp: Namespace, kappa: Array) -> Array:
        _, mean = _mean(xp, kappa, power, [lambda _, rest: rest])
        return _mean(xp, kappa, power, [lambda _, rest: (rest - mean) ** 2])[1]

    def value(xp: Namespace, kappa: Array) -> Array:
        return _mean(xp, kappa, power, [])[0]

    def shortfall(xp: Namespace, kappa: Array) -> Array:
        return _mean(xp, kappa, power, [lambda _, rest: rest])[1]

    def cosine(xp: Namespace, kappa: Array) -> Array:
        # By parts: E cos θ = κ E sin² θ / (d - 1), which keeps its digits for small κ.
        return kappa * _mean(xp, kappa, power, [lambda _, rest: rest * (2.0 - rest)])[1] / (dimension - 1)

    def far(xp: Namespace, b: Array, a: Array) -> Array:
        return value(xp, b) - value(xp, a) + (b - a) * shortfall(xp, a)

    def far_slope(xp: Namespace, b: Array, a: Array) -> Array:
        return shortfall(xp, a) - shortfall(xp, b)

    def bend(kappa: Array) -> Array:
        return variance(namespace(kappa), kappa)

    gaps, _ = positive_gap(f"direction {dimension}", variance, far, far_slope, flat=1.0)
    mean = Primitive("mean cosine", cosine, (bend,))
    short = Primitive("mean shortfall", shortfall, (lambda kappa: -bend(kappa),))
    return Primitive("log normalizer", value, (lambda kappa: -short(kappa),)), mean, short, gaps


def _gap(p_kappa: Array, q_kappa: Array, shortfall: Array, dimension: int) -> Array:
    """The gap of the concentrations and κ₂ A(κ₁) (1 - cos of the angle between the means)."""
    _, mean, _, gap = _normalizer(dimension)
    one = 0.0 * shortfall
    b, a = q_kappa + one, p_kappa + one
    return gap(b, a, b - a) + q_kappa * mean(p_kappa) * shortfall


def _entropy(kappa: Array, dimension: int) -> Array:
    value, _, short, _ = _normalizer(dimension)
    return _log_belt(dimension) + value(kappa) + kappa * short(kappa)


def _log_belt(dimension: int) -> float:
    """Log of the surface of the sphere of all directions at one angle."""
    half = 0.5 * (dimension - 1)
    return log(2.0) + half * log(pi) - scalar_lgamma(half)


def _von_mises(p: Any, q: Any) -> Array:
    return _gap(p.concentration, q.concentration, 2.0 * p.xp.sin(0.5 * (p.loc - q.loc)) ** 2, 2)


def _von_mises_log_prob(law: Any, x: Array) -> Array:
    value = _normalizer(2)[0](law.concentration)
    return -2.0 * law.concentration * law.xp.sin(0.5 * (x - law.loc)) ** 2 - value - log(2.0)


def _unit(law: Any) -> Array:
    direction = law.mean_direction
    largest = law.xp.max(law.xp.abs(direction), axis=-1, keepdims=True)
    scaled = direction / largest
    return scaled / law.xp.sqrt(law.xp.sum(scaled * scaled, axis=-1, keepdims=True))


def _unit_difference(p: Any, q: Any) -> Array:
    """a/|a| - b/|b| from a - b, so that near directions keep digits."""
    xp = p.xp
    a, b = p.mean_direction, q.mean_direction
    a_scale, b_scale = (xp.max(xp.abs(side), axis=-1, keepdims=True) for side in (a, b))
    # One scale for both where they are alike; directions of far lengths are no neighbors by their coordinates.
    alike = (a_scale < 2.0 * b_scale) & (b_scale < 2.0 * a_scale)
    a, b = a / a_scale, xp.where(alike, b / a_scale, b / b_scale)
    a_length, b_length = (xp.sqrt(xp.sum(side * side, axis=-1, keepdims=True)) for side in (a, b))
    lengths = xp.sum((b - a) * (a + b), axis=-1, keepdims=True) / (a_length * b_length * (a_length + b_length))
    return (a - b) / a_length + b * lengths


def _von_mises_fisher(p: Any, q: Any) -> Array:
    shortfall = 0.5 * p.xp.sum(_unit_difference(p, q) ** 2, axis=-1)
    return _gap(p.concentration, q.concentration, shortfall, p.mean_direction.shape[-1])


def _von_mises_fisher_log_prob(law: Any, x: Array) -> Array:
    dimension = law.mean_direction.shape[-1]
    difference = x - _unit(law)
    shortfall = 0.5 * law.xp.sum(difference * difference, axis=-1)
    return -law.concentration * shortfall - _normalizer(dimension)[0](law.concentration) - _log_belt(dimension)


def _von_mises_information(law: Any) -> Array:
    """κ times the mean cosine, and the variance of the cosine."""
    mean = _normalizer(2)[1]
    kappa = law.concentration
    return _fisher.diagonal(law, kappa * mean(kappa), mean.partials[0](kappa))


def _fisher_information(law: Any) -> Array:
    """κ times the mean cosine across the direction, over the squared length; none along it."""
    xp = law.xp
    mean = _normalizer(law.mean_direction.shape[-1])[1]
    kappa = law.concentration + 0.0 * law.mean_direction[..., 0]
    unit = _unit(law) + 0.0 * kappa[..., None]
    length = xp.sqrt(xp.sum(law.mean_direction * law.mean_direction, axis=-1))
    here = _fisher.diagonal_mask(law, unit)
    outer = unit[..., :, None] * unit[..., None, :]
    across = xp.where(here, _fisher.others_of(law, unit * unit)[..., :, None], -outer)
    block = across * (kappa * mean(kappa) / length / length)[..., None, None]
    return _fisher_matrix.block_diagonal(xp, block, mean.partials[0](kappa)[..., None, None])


def _von_mises_marks(law: Any) -> tuple[float, ...]:
    width = 1.0 / max(float(law.concentration), 0.1) ** 0.5
    center = float(np.angle(np.exp(1j * float(law.loc))))
    turns = (center + turn + step * width for turn in (-2 * pi, 0.0, 2 * pi) for step in (-9, -4, -1, 0, 1, 4, 9))
    return tuple(turn for turn in turns if -pi <= turn <= pi)


def _fisher_sample(law: Any, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    from scipy.stats import vonmises_fisher  # noqa: PLC0415 - heavy, and needed here only

    return vonmises_fisher(np.asarray(_unit(law)), float(law.concentration)).rvs(shape, random_state=rng)


FAMILIES[VonMises] = Family(
    support=lambda law: Support("interval", -pi, pi),
    same=_von_mises,
    log_prob=_von_mises_log_prob,
    entropy=lambda law: _entropy(law.concentration, 2),
    marks=_von_mises_marks,
    sample=lambda law, shape, rng: rng.vonmises(law.loc, law.concentration, shape),
    fisher=_von_mises_information,
)
FAMILIES[VonMisesFisher] = Family(
    support=lambda law: Support(f"unit sphere in {law.mean_direction.shape[-1]} dimensions"),
    same=_von_mises_fisher,
    log_prob=_von_mises_fisher_log_prob,
    entropy=lambda law: _entropy(law.concentration, law.mean_direction.shape[-1]),
    sample=_fisher_sample,
    fisher=_fisher_information,
)
