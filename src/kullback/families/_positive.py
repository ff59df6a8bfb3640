"""Laws on the positive numbers that are no powers of a gamma variable."""

from dataclasses import dataclass
from math import log, pi
from typing import Any

import numpy as np

from kullback._core import Array, digamma, itakura_saito, lgamma, log_ratio, phi, special
from kullback.families import _fisher
from kullback.families import _generating as generating
from kullback.families import _likelihood as likelihood
from kullback.families._domains import POSITIVE, parameter
from kullback.families._family import FAMILIES, Family, Moment, NoMoment, Support
from kullback.families._law import Law


@dataclass(frozen=True, eq=False, repr=False)
class InverseGaussian(Law):
    """Inverse Gaussian law: when a Brownian motion with drift first reaches a level.

    Args:
        loc: Mean μ, positive.
        concentration: Shape λ, positive; the variance is μ³/λ.
    """

    loc: Array = parameter(POSITIVE)
    concentration: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Pareto(Law):
    """Pareto law, P(X > x) = (m/x)^α above m.

    Args:
        scale: Smallest value m, positive.
        alpha: Tail index α, positive.
    """

    scale: Array = parameter(POSITIVE)
    alpha: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Lindley(Law):
    """Lindley law, density θ²/(1 + θ) (1 + x) exp(-θ x).

    Args:
        rate: Rate θ, positive.
    """

    rate: Array = parameter(POSITIVE)


def _inverse_gaussian(p: Any, q: Any) -> Array:
    """½ [λ₂/λ₁ - 1 - log(λ₂/λ₁)] + λ₂ (μ₁ - μ₂)² / 2 μ₁ μ₂²."""
    shift = (p.loc - q.loc) / q.loc
    return 0.5 * itakura_saito(q.concentration, p.concentration) + 0.5 * (q.concentration / p.loc) * shift * shift


def _pareto(p: Any, q: Any) -> Array:
    return q.alpha * log_ratio(p.scale, q.scale) + itakura_saito(q.alpha, p.alpha)


def _lindley(p: Any, q: Any) -> Array:
    """Twice the gap of the rates less the gap of 1 + rate, which is at most half of it."""
    one_q, one_p = 1.0 + q.rate, 1.0 + p.rate
    step = q.rate - p.rate
    smaller = itakura_saito(one_q, one_p)
    # 1 + θ rounds away what the step still knows.
    from_step = phi(step / one_p)
    near = p.xp.abs(step) < 0.3 * one_p
    return 2.0 * itakura_saito(q.rate, p.rate) - p.xp.where(near, from_step, smaller)


def _inverse_gaussian_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside = x > 0
    calm = xp.where(inside, x, law.loc + 0.0 * x)
    z = (calm - law.loc) / law.loc
    body = 0.5 * (xp.log(law.concentration) - log(2 * pi) - 3.0 * xp.log(calm)) - 0.5 * law.concentration * z * z / calm
    return xp.where(inside, body, -xp.inf)


def _inverse_gaussian_entropy(law: Any) -> Array:
    log_mean = _inverse_gaussian_log(law, law.loc)
    return 0.5 * (1.0 + log(2 * pi)) + 0.5 * log_ratio(law.loc, law.concentration) + 1.5 * log_mean


def _inverse_gaussian_log(law: Any, unit: Array) -> Array:
    """E log(x/u) = log(μ/u) - e^2φ E₁(2φ), φ = λ/μ."""
    if law.xp is not np:
        raise NoMoment("log")  # torch and JAX have no scaled exponential integral
    return log_ratio(law.loc, unit) - _scaled_exponential_integral(2.0 * law.concentration / law.loc)


def _scaled_exponential_integral(x: Array) -> Array:
    """exp(x) E₁(x), by the continued fraction where the factors overflow."""
    fraction = 0.0 * x
    for k in range(60, 0, -1):
        fraction = k / (1.0 + k / (x + fraction))
    small = np.minimum(x, 5.0)
    return np.where(x < 5.0, np.exp(small) * special("exp1", small), 1.0 / (x + fraction))


def _inverse_gaussian_power(law: Any, unit: Array, power: Array) -> Array:
    xp = law.xp
    mean = law.loc / unit
    inverse = unit / law.loc + unit / law.concentration
    if not bool(xp.all((power == 1) | (power == -1))):
        raise NoMoment("power")
    return xp.where(power == 1, mean, inverse)


def _inverse_gaussian_second(law: Any, center: Array, unit: Array) -> Array:
    return (law.loc / unit) ** 2 * (law.loc / law.concentration) + ((law.loc - center) / unit) ** 2


def _inverse_gaussian_cross_entropy(law: Any, moment: Moment) -> Array:
    """λ (x - μ)²/2 μ² x + 3/2 log x, in units of μ."""
    shape = law.concentration / law.loc
    one = law.xp.ones_like(law.loc)
    quadratic = 0.5 * shape * (moment("power", law.loc, one) - 2.0 + moment("power", law.loc, -one))
    return quadratic + 1.5 * moment("log", law.loc) + 0.5 * (log(2 * pi) - law.xp.log(shape))


def _inverse_gaussian_marks(law: Any) -> tuple[float, ...]:
    mean, shape = float(law.loc), float(law.concentration)
    ratio = 1.5 * mean / shape
    mode = mean / (np.sqrt(1 + ratio * ratio) + ratio)
    spread = mean * np.sqrt(mean / shape)
    low = tuple(mode / factor for factor in (700.0, 100.0, 30.0, 10.0, 3.0, 1.5))
    high = tuple(
        max(mode, mean) + step * max(spread, mean * mean / shape) for step in (0.3, 1.0, 3.0, 10.0, 50.0, 300.0)
    )
    near = tuple(mode + step * min(spread, mode) for step in (-0.5, -0.1, 0.1, 0.5))
    return (*low, *near, mode, mean, *high)


FAMILIES[InverseGaussian] = Family(
    support=lambda law: Support("interval", 0.0),
    same=_inverse_gaussian,
    log_prob=_inverse_gaussian_log_prob,
    unit=lambda law: law.loc,
    entropy=_inverse_gaussian_entropy,
    moments={
        "first": lambda law, center, unit: (law.loc - center) / unit,
        "second": _inverse_gaussian_second,
        "power": _inverse_gaussian_power,
        "log": _inverse_gaussian_log,
    },
    cross_entropy=_inverse_gaussian_cross_entropy,
    marks=_inverse_gaussian_marks,
    sample=lambda law, shape, rng: rng.wald(law.loc, law.concentration, shape),
    fisher=_fisher.inverse_gaussian,
    fit=likelihood.inverse_gaussian,
    log_mgf=generating.inverse_gaussian,
)


def _pareto_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside = x >= law.scale
    calm = xp.where(inside, x, law.scale + 0.0 * x)
    body = xp.log(law.alpha) - xp.log(law.scale) - (law.alpha + 1.0) * log_ratio(calm, law.scale + 0.0 * calm)
    return xp.where(inside, body, -xp.inf)


def _pareto_power(law: Any, unit: Array, power: Array) -> Array:
    """E (x/u)^k = (m/u)^k α/(α - k)."""
    xp = law.xp
    fine = law.alpha > power
    gap = xp.where(fine, law.alpha - power, xp.ones_like(law.alpha + 0.0 * power))
    value = xp.exp(power * log_ratio(law.scale, unit + 0.0 * law.scale)) * (law.alpha / gap)
    return xp.where(fine, value, xp.inf)


def _pareto_first(law: Any, center: Array, unit: Array) -> Array:
    return _pareto_power(law, unit, 1.0) - center / unit


def _pareto_second(law: Any, center: Array, unit: Array) -> Array:
    xp = law.xp
    fine = law.alpha > 2
    gap = xp.where(fine, law.alpha - 2.0, xp.ones_like(law.alpha))
    one = xp.where(fine, law.alpha - 1.0, xp.ones_like(law.alpha))
    spread = xp.where(fine, (law.scale / unit) ** 2 * law.alpha / (one * one * gap), xp.inf)
    return xp.where(fine, _pareto_first(law, center, unit) ** 2, 0.0) + spread


def _pareto_exponential(law: Any, center: Array, unit: Array, sign: float) -> Array:
    if sign > 0:
        return law.xp.inf + 0.0 * law.scale
    raise NoMoment("exponential")


def _pareto_cross_entropy(law: Any, moment: Moment) -> Array:
    return (law.alpha + 1.0) * moment("log", law.scale) - law.xp.log(law.alpha)


FAMILIES[Pareto] = Family(
    support=lambda law: Support("interval", law.scale),
    same=_pareto,
    log_prob=_pareto_log_prob,
    unit=lambda law: law.scale,
    entropy=lambda law: 1.0 + 1.0 / law.alpha - law.xp.log(law.alpha),
    moments={
        "first": _pareto_first,
        "second": _pareto_second,
        "power": _pareto_power,
        "log": lambda law, unit: log_ratio(law.scale, unit + 0.0 * law.scale) + 1.0 / law.alpha,
        "log square": lambda law, center: 1.0 / law.alpha**2 + (law.xp.log(law.scale) - center + 1.0 / law.alpha) ** 2,
        "exponential": _pareto_exponential,
    },
    cross_entropy=_pareto_cross_entropy,
    marks=lambda law: tuple(
        float(law.scale) * float(np.exp(min(step / float(law.alpha), 600.0))) for step in (0, 0.3, 1, 3, 8, 20, 40, 300)
    ),
    sample=lambda law, shape, rng: law.scale * (1.0 + rng.pareto(law.alpha, shape)),
    fisher=_fisher.pareto,
    fit=likelihood.pareto,
)


def _lindley_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside = x >= 0
    calm = xp.where(inside, x, xp.zeros_like(x))
    body = 2.0 * xp.log(law.rate) - xp.log1p(law.rate) + xp.log1p(calm) - law.rate * calm
    return xp.where(inside, body, -xp.inf)


def _lindley_power(law: Any, unit: Array, power: Array) -> Array:
    """A mixture of the gamma laws of shape 1 and 2 with weights θ/(1 + θ) and 1/(1 + θ)."""
    xp = law.xp
    fine = power > -1.0
    calm = xp.where(fine, power + 0.0 * law.rate, xp.zeros_like(law.rate))
    value = xp.exp(lgamma(calm + 1.0) - calm * (xp.log(law.rate) + xp.log(unit)))
    return xp.where(fine, value * (law.rate + 1.0 + calm) / (law.rate + 1.0), xp.inf)


def _lindley_log(law: Any, unit: Array) -> Array:
    euler = digamma(law.xp.ones_like(law.rate))
    return euler + 1.0 / (1.0 + law.rate) - law.xp.log(law.rate) - law.xp.log(unit)


def _lindley_log1p(law: Any) -> Array:
    """E log(1 + x) = (1 + e^θ E₁(θ)) / (1 + θ)."""
    if law.xp is not np:
        raise NoMoment("log1p")  # torch and JAX have no scaled exponential integral
    return (1.0 + _scaled_exponential_integral(law.rate)) / (1.0 + law.rate)


def _lindley_entropy(law: Any) -> Array:
    mean = (law.rate + 2.0) / (law.rate + 1.0)
    return mean - _lindley_log1p(law) + law.xp.log1p(law.rate) - law.xp.log(law.rate)


def _lindley_cross_entropy(law: Any, moment: Moment) -> Array:
    unit = 1.0 / law.rate
    return moment("first", 0.0 * unit, unit) - moment("log1p") + law.xp.log1p(law.rate) - law.xp.log(law.rate)


FAMILIES[Lindley] = Family(
    support=lambda law: Support("interval", 0.0),
    same=_lindley,
    log_prob=_lindley_log_prob,
    unit=lambda law: 1.0 / law.rate,
    entropy=_lindley_entropy,
    moments={
        "first": lambda law, center, unit: _lindley_power(law, unit, 1.0) - center / unit,
        "power": _lindley_power,
        "log": _lindley_log,
        "log1p": _lindley_log1p,
    },
    cross_entropy=_lindley_cross_entropy,
    marks=lambda law: (
        *(step / float(law.rate) for step in (1e-9, 1e-6, 1e-3, 0.1, 0.5, 1.0, 2.0, 4.0, 10.0, 40.0, 300.0)),
        *(1e-6, 1e-3, 0.1, 1.0),
    ),
    sample=lambda law, shape, rng: rng.standard_gamma(1.0 + (rng.random(shape) * (1.0 + law.rate) < 1.0)) / law.rate,
    fisher=_fisher.lindley,
    fit=likelihood.lindley,
    log_mgf=generating.lindley,
)
