"""Laws of location and scale with tails heavier than the normal law's."""

from dataclasses import dataclass
from math import log, pi
from typing import Any

from kullback._core import (
    Array,
    digamma,
    digamma_step,
    exp_gap,
    itakura_saito,
    lgamma_gap,
    log_ratio,
    polynomial,
    where_near,
)
from kullback.families import _fisher
from kullback.families import _generating as generating
from kullback.families import _likelihood as likelihood
from kullback.families._domains import POSITIVE, REAL, parameter
from kullback.families._family import FAMILIES, Family, Moment, Support
from kullback.families._law import Law
from kullback.families._normal import Normal
from kullback.families._quotients import MIXED, logistic, student


@dataclass(frozen=True, eq=False, repr=False)
class Laplace(Law):
    """Laplace law, density exp(-|x - μ|/b) / 2b.

    Args:
        loc: Median μ.
        scale: Scale b, positive.
    """

    loc: Array = parameter(REAL)
    scale: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Logistic(Law):
    """Logistic law, P(X ≤ x) = 1 / (1 + exp(-(x - μ)/s)).

    Args:
        loc: Mean μ.
        scale: Scale s, positive.
    """

    loc: Array = parameter(REAL)
    scale: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Cauchy(Law):
    """Cauchy law, density proportional to 1 / (1 + ((x - x₀)/γ)²).

    Args:
        loc: Median x₀.
        scale: Half width γ at half height, positive.
    """

    loc: Array = parameter(REAL)
    scale: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class StudentT(Law):
    """Student's t law, moved and scaled.

    Args:
        df: Degrees of freedom, positive, not necessarily whole.
        loc: Center.
        scale: Scale, positive; not the standard deviation.
    """

    df: Array = parameter(POSITIVE)
    loc: Array = parameter(REAL, 0.0)
    scale: Array = parameter(POSITIVE, 1.0)


def _laplace(p: Any, q: Any) -> Array:
    """[b₁/b₂ - 1 - log(b₁/b₂)] + (b₁/b₂) [exp(-d) - 1 + d], d = |μ₁ - μ₂|/b₁."""
    xp = p.xp
    distance = xp.abs(p.loc - q.loc)
    ratio, step = p.scale / q.scale, distance / p.scale
    # Where b₁/b₂ underflows or d overflows their product does not.
    tail = xp.where(step > 1e200, distance / q.scale, ratio * exp_gap(-step))
    return itakura_saito(p.scale, q.scale) + tail


def _cauchy(p: Any, q: Any) -> Array:
    """log[((γ₁ + γ₂)² + (x₁ - x₂)²) / 4 γ₁ γ₂], from the excess over 1, factor by factor."""
    xp = p.xp
    shift, widths = p.loc - q.loc, p.scale - q.scale
    excess = 0.25 * ((widths / p.scale) * (widths / q.scale) + (shift / p.scale) * (shift / q.scale))
    fits = excess < 1e300
    calm = xp.where(fits, excess, xp.zeros_like(excess))
    top = xp.where(xp.abs(shift) > p.scale + q.scale, xp.abs(shift), p.scale + q.scale)
    low = xp.where(xp.abs(shift) > p.scale + q.scale, p.scale + q.scale, xp.abs(shift))
    far = xp.log1p((low / top) ** 2) + log_ratio(top, p.scale) + log_ratio(top, q.scale) - log(4.0)
    return xp.where(fits, xp.log1p(calm), far)


# d coth(d/2) - 2 = 2 Σ B_2k d^2k / (2k)!, k ≥ 1; thirteen terms hold for |d| < 2.
_COTH = (
    0.16666666666666666,
    -0.002777777777777778,
    6.613756613756614e-05,
    -1.6534391534391535e-06,
    4.17535139757362e-08,
    -1.0568380277374986e-09,
    2.6765073061369358e-11,
    -6.779360592645165e-13,
    1.717212411255569e-14,
    -4.349737397116124e-16,
    1.1018005656720459e-17,
    -2.7908929371625045e-19,
    7.069414079258935e-21,
)


def _logistic(p: Any, q: Any) -> Array:
    """D coth(d/2) - 2 with d = (μ₁ - μ₂)/s for two laws of one scale; other pairs have no elementary form."""
    xp = p.xp
    d = xp.abs((p.loc - q.loc) / p.scale)

    def series(x: Array) -> Array:
        return x * x * polynomial(x * x, _COTH[::-1])

    def direct(x: Array) -> Array:
        return x / xp.tanh(0.5 * x) - 2.0

    value = where_near(xp, d < 2.0, d, series, direct, 3.0)
    return xp.where(p.scale == q.scale, value, xp.nan)


def _laplace_log_prob(law: Any, x: Array) -> Array:
    return -law.xp.abs(x - law.loc) / law.scale - law.xp.log(2.0 * law.scale)


def _logistic_log_prob(law: Any, x: Array) -> Array:
    z = law.xp.abs((x - law.loc) / law.scale)
    return -z - 2.0 * law.xp.log1p(law.xp.exp(-z)) - law.xp.log(law.scale)


def _cauchy_log_prob(law: Any, x: Array) -> Array:
    z = (x - law.loc) / law.scale
    return -_log_one_plus_square(law.xp, z) - law.xp.log(pi * law.scale)


def _log_one_plus_square(xp: Any, z: Array) -> Array:
    big = xp.abs(z) > 1e15  # from here on the one is below all digits, and no square overflows, in float32 neither
    return xp.where(big, 2.0 * xp.log(xp.where(big, xp.abs(z), 1.0)), xp.log1p(xp.where(big, 0.0 * z, z) ** 2))


def _student_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    half = 0.5 * law.df
    z = (x - law.loc) / (law.scale * xp.sqrt(law.df))
    constant = _half_step(half) - 0.5 * xp.log(pi * law.df) - xp.log(law.scale)
    return constant - (half + 0.5) * _log_one_plus_square(xp, z)


def _half_step(half: Array) -> Array:
    """Log Γ(h + ½) - log Γ(h)."""
    return 0.5 * digamma(half) + lgamma_gap(half + 0.5, half)


def _student_entropy(law: Any) -> Array:
    half = 0.5 * law.df
    return (half + 0.5) * digamma_step(half + 0.5, half) - _half_step(half) + 0.5 * law.xp.log(pi * law.df)


def _student_second(law: Any, center: Array, unit: Array) -> Array:
    xp = law.xp
    shift, spread = (law.loc - center) / unit, law.scale / unit
    fine = law.df > 2
    variance = xp.where(fine, law.df / xp.where(fine, law.df - 2.0, 1.0 + 0.0 * law.df), xp.inf)
    return shift * shift + variance * spread * spread


def _student_first(law: Any, center: Array, unit: Array) -> Array:
    xp = law.xp
    return xp.where(law.df > 1, (law.loc - center) / unit, xp.nan)


def _square(law: Any, center: Array, unit: Array, variance: float) -> Array:
    shift, spread = (law.loc - center) / unit, law.scale / unit
    return shift * shift + variance * spread * spread


def _laplace_exponential(law: Any, center: Array, unit: Array, sign: float) -> Array:
    xp = law.xp
    spread = law.scale / unit
    fine = spread < 1
    calm = xp.where(fine, spread, xp.zeros_like(spread))
    value = xp.exp(sign * (law.loc - center) / unit) / ((1.0 - calm) * (1.0 + calm))
    return xp.where(fine, value, xp.inf)


def _logistic_exponential(law: Any, center: Array, unit: Array, sign: float) -> Array:
    xp = law.xp
    spread = law.scale / unit
    fine = spread < 1
    calm = xp.where(fine, spread, 0.5 + 0.0 * spread)
    value = xp.exp(sign * (law.loc - center) / unit) * (pi * calm / xp.sin(pi * calm))
    return xp.where(fine, value, xp.inf)


def _laplace_absolute(law: Any, center: Array, unit: Array) -> Array:
    distance = law.xp.abs(law.loc - center)
    return distance / unit + law.xp.exp(-distance / law.scale) * (law.scale / unit)


def _logistic_absolute(law: Any, center: Array, unit: Array) -> Array:
    distance = law.xp.abs(law.loc - center)
    return distance / unit + 2.0 * law.xp.log1p(law.xp.exp(-distance / law.scale)) * (law.scale / unit)


def _cauchy_quadratic(law: Any, center: Array, unit: Array) -> Array:
    """E log(1 + ((x - c)/u)²) = log[((γ + u)² + (x₀ - c)²)/u²]."""
    return 2.0 * law.xp.log(law.xp.hypot(1.0 + law.scale / unit, (law.loc - center) / unit))


def _infinite(law: Any, *arguments: Array) -> Array:
    return law.xp.inf + 0.0 * law.scale


def _marks(steps: tuple[float, ...]) -> Any:
    def marks(law: Any) -> tuple[float, ...]:
        return tuple(float(law.loc) + step * float(law.scale) for step in steps)

    return marks


def _signed(*steps: float) -> tuple[float, ...]:
    return (*(-step for step in reversed(steps)), 0.0, *steps)


_DOUBLE = _signed(0.5, 1.5, 4.0, 10.0, 25.0, 60.0, 150.0, 700.0)
_HEAVY = _signed(0.3, 1.0, 3.0, 10.0, 1e2, 1e3, 1e4, 1e6, 1e9, 1e13)


def _laplace_cross_entropy(law: Any, moment: Moment) -> Array:
    return moment("absolute", law.loc, law.scale) + log(2.0)


def _cauchy_cross_entropy(law: Any, moment: Moment) -> Array:
    return moment("log quadratic", law.loc, law.scale) + log(pi)


FAMILIES[Laplace] = Family(
    support=lambda law: Support("interval"),
    same=_laplace,
    log_prob=_laplace_log_prob,
    unit=lambda law: law.scale,
    entropy=lambda law: 1.0 + log(2.0) + 0.0 * law.scale,
    moments={
        "first": lambda law, center, unit: (law.loc - center) / unit,
        "second": lambda law, center, unit: _square(law, center, unit, 2.0),
        "absolute": _laplace_absolute,
        "exponential": _laplace_exponential,
    },
    cross_entropy=_laplace_cross_entropy,
    marks=_marks(_DOUBLE),
    sample=lambda law, shape, rng: rng.laplace(law.loc, law.scale, shape),
    fisher=_fisher.laplace,
    fit=likelihood.laplace,
    log_mgf=generating.laplace,
)
FAMILIES[Logistic] = Family(
    support=lambda law: Support("interval"),
    same=_logistic,
    log_prob=_logistic_log_prob,
    unit=lambda law: law.scale,
    entropy=lambda law: 2.0 + 0.0 * law.scale,
    moments={
        "first": lambda law, center, unit: (law.loc - center) / unit,
        "second": lambda law, center, unit: _square(law, center, unit, pi * pi / 3.0),
        "absolute": _logistic_absolute,
        "exponential": _logistic_exponential,
    },
    marks=_marks(_DOUBLE),
    sample=lambda law, shape, rng: rng.logistic(law.loc, law.scale, shape),
    log_quotient=logistic,
    fisher=_fisher.logistic,
    log_mgf=generating.logistic,
)
FAMILIES[Cauchy] = Family(
    support=lambda law: Support("interval"),
    same=_cauchy,
    log_prob=_cauchy_log_prob,
    unit=lambda law: law.scale,
    entropy=lambda law: log(4.0 * pi) + 0.0 * law.scale,
    moments={
        "first": lambda law, center, unit: law.xp.nan * law.scale,
        "second": _infinite,
        "absolute": _infinite,
        "exponential": _infinite,
        "log quadratic": _cauchy_quadratic,
    },
    cross_entropy=_cauchy_cross_entropy,
    marks=_marks(_HEAVY),
    sample=lambda law, shape, rng: law.loc + law.scale * rng.standard_cauchy(shape),
    fisher=_fisher.cauchy,
    log_mgf=generating.heavy,
)
FAMILIES[StudentT] = Family(
    support=lambda law: Support("interval"),
    same=None,
    log_prob=_student_log_prob,
    unit=lambda law: law.scale,
    entropy=_student_entropy,
    moments={"first": _student_first, "second": _student_second, "exponential": _infinite},
    marks=_marks(_HEAVY),
    sample=lambda law, shape, rng: law.loc + law.scale * rng.standard_t(law.df, shape),
    log_quotient=student,
    fisher=_fisher.student,
    log_mgf=generating.heavy,
)
MIXED[Normal, StudentT] = MIXED[StudentT, Normal] = student
