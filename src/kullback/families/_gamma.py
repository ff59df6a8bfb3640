r"""The gamma laws and all whose power is a gamma law.

$X = l\,G^{1/k}$ with G from Gamma(a, 1) is the generalized gamma law. Everything but the stable forms between two
members of one named family is written once, for it.
"""

from dataclasses import dataclass
from math import log, pi
from typing import Any

import numpy as np

from kullback._core import (
    Array,
    Namespace,
    digamma,
    exp_gap,
    is_concrete,
    itakura_saito,
    itakura_saito_products,
    itakura_saito_squares,
    lgamma,
    lgamma_gap,
    log_ratio,
    relative_gap,
    remainder_slope,
    special,
    stirling_gap,
    stirling_remainder,
)
from kullback.families import _fisher
from kullback.families import _generating as generating
from kullback.families import _likelihood as likelihood
from kullback.families._domains import POSITIVE, REAL, parameter
from kullback.families._family import FAMILIES, Family, Moment, NoMoment, Support
from kullback.families._law import Law, unchecked

EULER = 0.5772156649015329


@dataclass(frozen=True, eq=False, repr=False)
class GeneralizedGamma(Law):
    r"""Law of $l\,G^{1/k}$ for a gamma law of shape a: density proportional to $x^{ak-1} \exp(-(x/l)^k)$.

    Args:
        concentration: Shape a, positive.
        scale: Scale l, positive.
        power: Exponent k, not zero; negative for the inverse laws.
    """

    concentration: Array = parameter(POSITIVE)
    scale: Array = parameter(POSITIVE)
    power: Array = parameter(REAL)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """The power is not zero."""
        return [(self.power != 0, "power must not be zero.")]


@dataclass(frozen=True, eq=False, repr=False)
class Exponential(Law):
    """Exponential law, density r exp(-r x).

    Args:
        rate: Rate r, positive; one over the mean.
    """

    rate: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Gamma(Law):
    """Gamma law, density proportional to x^(a - 1) exp(-b x).

    Args:
        concentration: Shape a, positive.
        rate: Rate b, positive; one over the scale.
    """

    concentration: Array = parameter(POSITIVE)
    rate: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class InverseGamma(Law):
    """Law of 1/X for X from Gamma(concentration, rate).

    Args:
        concentration: Shape of the gamma law, positive.
        rate: Rate of the gamma law, positive; the scale of this one.
    """

    concentration: Array = parameter(POSITIVE)
    rate: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Chi2(Law):
    """Chi-squared law.

    Args:
        df: Degrees of freedom, positive, not necessarily whole.
    """

    df: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Chi(Law):
    """Law of the root of a chi-squared variable.

    Args:
        df: Degrees of freedom, positive, not necessarily whole.
    """

    df: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Nakagami(Law):
    """Law of the root of a gamma variable of shape m and mean Ω.

    Args:
        concentration: Shape m, positive.
        spread: Mean square Ω, positive.
    """

    concentration: Array = parameter(POSITIVE)
    spread: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class HalfNormal(Law):
    """Law of |X| for a normal X of mean zero.

    Args:
        scale: Standard deviation of the normal law, positive.
    """

    scale: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Rayleigh(Law):
    """Law of the length of two independent normal coordinates.

    Args:
        scale: Their standard deviation, positive.
    """

    scale: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Maxwell(Law):
    """Law of the length of three independent normal coordinates.

    Args:
        scale: Their standard deviation, positive.
    """

    scale: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Weibull(Law):
    """Weibull law, P(X > x) = exp(-(x/l)^k).

    Args:
        scale: Scale l, positive.
        concentration: Shape k, positive.
    """

    scale: Array = parameter(POSITIVE)
    concentration: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Frechet(Law):
    """Fréchet law, P(X ≤ x) = exp(-(x/l)^-k).

    Args:
        scale: Scale l, positive.
        concentration: Shape k, positive.
    """

    scale: Array = parameter(POSITIVE)
    concentration: Array = parameter(POSITIVE)


def powered_gap(concentration: Array, shift: Array, p_power: Array, q_power: Array) -> Array:
    r"""Divergence of two laws $l\,G^{1/k}$ with the same shape a, or of their logarithms.

    With ρ = k₂/k₁ and w = k₂ log(l₁/l₂) + log Γ(a + ρ) - log Γ(a + 1) it is a (e^w - 1 - w) and two gaps that do not
    hold the scales. For a = 1 (Weibull, Gumbel) it is the formula of Bauckhage.

    Args:
        concentration: Shape a.
        shift: k₂ log(l₁/l₂).
        p_power: k₁ of p.
        q_power: k₂ of q, of the same sign.

    References:
        Bauckhage (2013), arXiv:1310.3713; Bauckhage (2014), arXiv:1401.6853.
    """
    shape, rest = _bend(concentration, p_power, q_power)
    return concentration * exp_gap(shift + rest) + concentration * shape + itakura_saito(q_power, p_power)


def _bend(concentration: Array, p_power: Array, q_power: Array) -> tuple[Array, Array]:
    """The gap of log Γ from a + 1 to a + ρ, and log Γ(a + ρ) - log Γ(a + 1) itself."""
    step = (q_power - p_power) / p_power
    top = concentration + 1.0
    gap = lgamma_gap(top + step, top + 0.0 * step, step)
    return gap, step * digamma(top + 0.0 * step) + gap


def _generalized(p: Any, q: Any) -> Array:
    """The gap of two generalized gamma laws; NaN where one is inverse and the other not."""
    xp = p.xp
    together = (p.power * q.power) > 0
    one = xp.ones_like(p.power * q.power)
    p_power, q_power = xp.where(together, p.power * one, one), xp.where(together, q.power * one, one)
    a, b = p.concentration, q.concentration
    shape, rest = _bend(a + 0.0 * one, p_power, q_power)
    w = q_power * log_ratio(p.scale, q.scale) + rest + log_ratio(a, b)
    mixed = itakura_saito(q_power, p_power) + ((b - a) / a) * ((q_power - p_power) / p_power)
    gap = b * exp_gap(w) + stirling_gap(b, a) + b * shape + mixed
    return xp.where(together, gap, xp.nan * one)


def _gamma(p: Any, q: Any) -> Array:
    """a₂ φ(ρ - 1) + gap of Stirling's rest, ρ = b₂ a₁ / b₁ a₂."""
    rates = itakura_saito_products(q.rate, p.concentration, p.rate, q.concentration)
    return q.concentration * rates + stirling_gap(q.concentration, p.concentration)


def _nakagami(p: Any, q: Any) -> Array:
    gap = q.concentration * itakura_saito(p.spread, q.spread)
    return gap + stirling_gap(q.concentration, p.concentration)


def _weibull(p: Any, q: Any) -> Array:
    return _weibull_like(p, q, 1.0)


def _frechet(p: Any, q: Any) -> Array:
    return _weibull_like(p, q, -1.0)


def _weibull_like(p: Any, q: Any, sign: float) -> Array:
    shift = sign * q.concentration * log_ratio(p.scale, q.scale)
    one = p.xp.ones_like(shift)
    return powered_gap(one, shift, p.concentration, q.concentration)


def _log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside = (x > 0) & xp.isfinite(x)
    calm = xp.where(inside, x, xp.zeros_like(x) + law.scale)
    a = law.concentration
    logarithm = law.power * log_ratio(calm, law.scale + 0.0 * calm)
    gamma = xp.exp(logarithm)
    # Stirling's form: three large logarithms would cancel for large shapes.
    # Where γ underflows its logarithm does not.
    deep = a * (xp.log(a) - xp.where(logarithm < -69.0, logarithm, 0.0) - 1.0) + gamma
    gap = xp.where(logarithm < -69.0, deep, relative_gap(a + 0.0 * gamma, gamma))
    body = -gap - stirling_remainder(a) + 0.5 * xp.log(a) - 0.5 * log(2 * pi)
    body = xp.where(gamma == xp.inf, -xp.inf, body)
    return xp.where(inside, body + xp.log(xp.abs(law.power)) - xp.log(calm), _edge(law, x))


def _edge(law: Any, x: Array) -> Array:
    """The log density at zero, where it is finite or infinite, and -inf outside."""
    xp = law.xp
    shape = law.concentration * law.power
    at_zero = xp.where(shape < 1, xp.inf + 0.0 * shape, -xp.inf)
    flat = xp.log(xp.abs(law.power)) - xp.log(law.scale) - lgamma(law.concentration)
    at_zero = xp.where(shape == 1, flat, xp.where(law.power < 0, -xp.inf, at_zero))
    return xp.where(x == 0, at_zero + 0.0 * x, -xp.inf)


def _entropy(law: Any) -> Array:
    a = law.concentration
    stirling = stirling_remainder(a) - a * remainder_slope(a) - 0.5 * law.xp.log(a)
    return 0.5 + 0.5 * log(2 * pi) + stirling + digamma(a) / law.power - law.xp.log(law.xp.abs(law.power))


def _power(law: Any, unit: Array, power: Array) -> Array:
    """E (x/u)^j, infinite where the shape does not hold it."""
    xp = law.xp
    step = power / law.power
    top = law.concentration + step
    fine = top > 0
    calm = xp.where(fine, top, xp.ones_like(top))
    logarithm = (
        power * log_ratio(law.scale, unit + 0.0 * law.scale) + lgamma(calm) - lgamma(law.concentration + 0.0 * step)
    )
    return xp.where(fine, xp.exp(logarithm), xp.inf)


def _first(law: Any, center: Array, unit: Array) -> Array:
    return _power(law, unit, 1.0) - center / unit


def _second(law: Any, center: Array, unit: Array) -> Array:
    mean = _power(law, unit, 1.0)
    return (_power(law, unit, 2.0) - mean * mean) + (mean - center / unit) ** 2


def _log(law: Any, unit: Array) -> Array:
    return log_ratio(law.scale + 0.0 * unit, unit + 0.0 * law.scale) + digamma(law.concentration) / law.power


def _log_square(law: Any, center: Array) -> Array:
    a = law.concentration
    mean = law.xp.log(law.scale) - center + digamma(a) / law.power
    return special("polygamma", 1, a) / (law.power * law.power) + mean * mean


def _cross_entropy(law: Any, moment: Moment) -> Array:
    xp = law.xp
    shape = law.concentration * law.power - 1.0
    total = lgamma(law.concentration) - xp.log(xp.abs(law.power)) + moment("power", law.scale, law.power)
    if is_concrete(shape) and bool(xp.all(shape == 0)):
        return total  # an exponential law asks for the mean only, and many laws know no more
    return total - xp.where(shape == 0, xp.zeros_like(shape), shape) * moment("log", law.scale)


def _marks(law: Any) -> tuple[float, ...]:
    from scipy.special import gammainccinv, gammaincinv  # noqa: PLC0415 - heavy, and needed here only

    tails = np.array([1e-300, 1e-30, 1e-12, 1e-6, 1e-3, 0.05, 0.3])
    a = float(law.concentration)
    points = np.concatenate([gammaincinv(a, tails), gammainccinv(a, tails), [max(a - 1, 0.0)]])
    with np.errstate(all="ignore"):
        marks = float(law.scale) * np.exp(np.log(points[points > 0]) / float(law.power))
    return tuple(float(mark) for mark in marks if 0 < mark < np.inf)


FAMILIES[GeneralizedGamma] = Family(
    support=lambda law: Support("interval", 0.0),
    same=_generalized,
    log_prob=_log_prob,
    unit=lambda law: law.scale,
    entropy=_entropy,
    moments={"first": _first, "second": _second, "power": _power, "log": _log, "log square": _log_square},
    cross_entropy=_cross_entropy,
    marks=_marks,
    sample=lambda law, shape, rng: law.scale * rng.standard_gamma(law.concentration, shape) ** (1.0 / law.power),
    fisher=_fisher.generalized_gamma,
)


def _gamma_exponential(law: Any, center: Array, unit: Array, sign: float) -> Array:
    """E exp(± (x - c)/u): the moment generating function about the center."""
    xp = law.xp
    step = sign / (law.rate * unit)
    fine = step < 1
    calm = xp.where(fine, step, xp.zeros_like(step))
    return xp.where(fine, xp.exp(-sign * center / unit - law.concentration * xp.log1p(-calm)), xp.inf)


def _gamma_absolute(law: Any, center: Array, unit: Array) -> Array:
    """E |x - c| from the regularized incomplete gamma functions."""
    if law.xp is not np:
        raise NoMoment("absolute")  # torch and JAX do not differentiate the incomplete gamma function by its shape
    a, mean = law.concentration, law.concentration / law.rate
    from scipy.special import gammainc  # noqa: PLC0415 - heavy, and needed here only

    below = np.maximum(center * law.rate, 0.0)
    lower = center * gammainc(a, below) - mean * gammainc(a + 1.0, below)
    return ((mean - center) + 2.0 * np.where(center > 0, lower, 0.0)) / unit


def _one(law: Law) -> Array:
    (value, *_) = law.parameters().values()
    return law.xp.ones_like(value)


def _powered(law: Law, concentration: Array, scale: Array, power: Array | float) -> Law:
    power = power * law.xp.ones_like(scale)
    return unchecked(GeneralizedGamma, law, concentration=concentration, scale=scale, power=power)


FAMILIES[Gamma] = Family(
    support=lambda law: Support("interval", 0.0),
    same=_gamma,
    moments={
        "first": lambda law, center, unit: (law.concentration / law.rate - center) / unit,
        "second": lambda law, center, unit: (
            law.concentration / (law.rate * unit) ** 2 + ((law.concentration / law.rate - center) / unit) ** 2
        ),
        "exponential": _gamma_exponential,
        "absolute": _gamma_absolute,
    },
    parents=((GeneralizedGamma, lambda law: _powered(law, law.concentration, 1.0 / law.rate, 1.0)),),
    fisher=_fisher.gamma,
    log_mgf=generating.gamma,
)


FAMILIES[Exponential] = Family(
    support=lambda law: Support("interval", 0.0),
    same=lambda p, q: itakura_saito(q.rate, p.rate),
    parents=(
        (Gamma, lambda law: unchecked(Gamma, law, concentration=_one(law), rate=law.rate)),
        (Weibull, lambda law: unchecked(Weibull, law, scale=1.0 / law.rate, concentration=_one(law))),
    ),
    fisher=_fisher.one_scale(1.0),
    fit=likelihood.exponential,
    log_mgf=generating.exponential,
)
FAMILIES[Chi2] = Family(
    support=lambda law: Support("interval", 0.0),
    same=lambda p, q: lgamma_gap(0.5 * q.df, 0.5 * p.df),
    parents=((Gamma, lambda law: unchecked(Gamma, law, concentration=0.5 * law.df, rate=0.5 * _one(law))),),
    fisher=_fisher.chi,
)
FAMILIES[InverseGamma] = Family(
    support=lambda law: Support("interval", 0.0),
    same=_gamma,
    parents=((GeneralizedGamma, lambda law: _powered(law, law.concentration, law.rate, -1.0)),),
    fisher=_fisher.gamma,
)
FAMILIES[Nakagami] = Family(
    support=lambda law: Support("interval", 0.0),
    same=_nakagami,
    parents=(
        (
            GeneralizedGamma,
            lambda law: _powered(law, law.concentration, law.xp.sqrt(law.spread) / law.xp.sqrt(law.concentration), 2.0),
        ),
    ),
    fisher=_fisher.nakagami,
)
FAMILIES[Chi] = Family(
    support=lambda law: Support("interval", 0.0),
    same=lambda p, q: lgamma_gap(0.5 * q.df, 0.5 * p.df),
    parents=((Nakagami, lambda law: unchecked(Nakagami, law, concentration=0.5 * law.df, spread=law.df)),),
    fisher=_fisher.chi,
)
FAMILIES[Weibull] = Family(
    support=lambda law: Support("interval", 0.0),
    same=_weibull,
    parents=((GeneralizedGamma, lambda law: _powered(law, _one(law), law.scale, law.concentration)),),
    fisher=_fisher.weibull_like(1.0),
)
FAMILIES[Frechet] = Family(
    support=lambda law: Support("interval", 0.0),
    same=_frechet,
    parents=((GeneralizedGamma, lambda law: _powered(law, _one(law), law.scale, -law.concentration)),),
    fisher=_fisher.weibull_like(-1.0),
)


def _length(coordinates: int) -> Family:
    """The length of so many independent normal coordinates of one scale."""
    half = 0.5 * coordinates
    root = 2.0**0.5
    parents: tuple[tuple[type[Law], Any], ...] = (
        (GeneralizedGamma, lambda law: _powered(law, half * _one(law), root * law.scale, 2.0)),
    )
    if coordinates == 2:
        parents = (
            (Weibull, lambda law: unchecked(Weibull, law, scale=root * law.scale, concentration=2.0 * _one(law))),
            *parents,
        )
    return Family(
        support=lambda law: Support("interval", 0.0),
        same=lambda p, q: half * itakura_saito_squares(p.scale, q.scale),
        parents=(
            (
                Nakagami,
                lambda law: unchecked(
                    Nakagami, law, concentration=half * _one(law), spread=coordinates * law.scale * law.scale
                ),
            ),
            *parents,
        ),
        fisher=_fisher.one_scale(2.0 * coordinates),
        fit=likelihood.length(coordinates),
        log_mgf=generating.length(coordinates),
    )


FAMILIES[HalfNormal] = _length(1)
FAMILIES[Rayleigh] = _length(2)
FAMILIES[Maxwell] = _length(3)
