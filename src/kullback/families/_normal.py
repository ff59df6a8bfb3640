"""Normal laws and what is normal after a logarithm or between two limits."""

from dataclasses import dataclass
from math import log, pi, sqrt
from typing import Any

import numpy as np

from kullback._core import Array, Namespace, exp_gap, itakura_saito_squares, special
from kullback.families import _fisher, _fisher_sums
from kullback.families import _generating as generating
from kullback.families import _likelihood as likelihood
from kullback.families._domains import EDGE, POSITIVE, REAL, parameter
from kullback.families._family import FAMILIES, Family, Moment, Support
from kullback.families._law import Law
from kullback.families._quotients import normal, truncated_normal

HALF_LOG_2PI = 0.5 * log(2 * pi)


@dataclass(frozen=True, eq=False, repr=False)
class Normal(Law):
    r"""Normal law on the line, density $\exp(-(x-μ)^2/2σ^2) / σ\sqrt{2π}$.

    Args:
        loc: Mean μ.
        scale: Standard deviation σ, positive.
    """

    loc: Array = parameter(REAL)
    scale: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class LogNormal(Law):
    """Law of exp(X) for a normal X.

    Args:
        loc: Mean of the logarithm.
        scale: Standard deviation of the logarithm, positive.
    """

    loc: Array = parameter(REAL)
    scale: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class TruncatedNormal(Law):
    """Normal law given that it falls between two limits.

    Args:
        loc: Mean of the normal law before it is cut.
        scale: Its standard deviation, positive.
        low: Lower limit, may be -inf.
        high: Upper limit, above `low`, may be inf.
    """

    loc: Array = parameter(REAL)
    scale: Array = parameter(POSITIVE)
    low: Array = parameter(EDGE, -np.inf)
    high: Array = parameter(EDGE, np.inf)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """The limits are in order."""
        return [(self.low < self.high, "low must be below high.")]


def _normal(p: Any, q: Any) -> Array:
    """½ [σ₁²/σ₂² - 1 - log(σ₁²/σ₂²)] + ½ (μ₁ - μ₂)²/σ₂², both terms never negative."""
    z = (p.loc - q.loc) / q.scale
    return 0.5 * itakura_saito_squares(p.scale, q.scale) + 0.5 * z * z


def _log_prob(law: Any, x: Array) -> Array:
    z = (x - law.loc) / law.scale
    return -0.5 * z * z - law.xp.log(law.scale) - HALF_LOG_2PI


def _second(law: Any, center: Array, unit: Array) -> Array:
    shift, spread = (law.loc - center) / unit, law.scale / unit
    return shift * shift + spread * spread


def _absolute(law: Any, center: Array, unit: Array) -> Array:
    """Mean of the folded normal law."""
    z = (law.loc - center) / law.scale
    folded = sqrt(2 / pi) * law.xp.exp(-0.5 * z * z) + z * special("erf", z / sqrt(2))
    return folded * (law.scale / unit)


def _exponential(law: Any, center: Array, unit: Array, sign: float) -> Array:
    spread = law.scale / unit
    return law.xp.exp(sign * ((law.loc - center) / unit) + 0.5 * spread * spread)


def _exponential_gap(law: Any, center: Array, unit: Array, sign: float) -> Array:
    """E exp(t) - 1 - E t for t = ± (x - c)/u."""
    spread, shift = law.scale / unit, sign * ((law.loc - center) / unit)
    return exp_gap(shift + 0.5 * spread * spread) + 0.5 * spread * spread


def _cross_entropy(law: Any, moment: Moment) -> Array:
    return 0.5 * moment("second", law.loc, law.scale) + HALF_LOG_2PI


def _entropy(law: Any) -> Array:
    return 0.5 + HALF_LOG_2PI + 0.0 * law.scale


def _around(law: Any) -> tuple[float, ...]:
    steps = (-38.0, -20.0, -9.0, -6.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 6.0, 9.0, 20.0, 38.0)
    return tuple(float(law.loc) + step * float(law.scale) for step in steps)


FAMILIES[Normal] = Family(
    support=lambda law: Support("interval"),
    same=_normal,
    log_prob=_log_prob,
    unit=lambda law: law.scale,
    entropy=_entropy,
    moments={
        "first": lambda law, center, unit: (law.loc - center) / unit,
        "second": _second,
        "absolute": _absolute,
        "exponential": _exponential,
        "exponential gap": _exponential_gap,
    },
    cross_entropy=_cross_entropy,
    marks=_around,
    sample=lambda law, shape, rng: rng.normal(law.loc, law.scale, shape),
    fisher=_fisher.normal,
    log_quotient=normal,
    fit=likelihood.normal,
    log_mgf=generating.normal,
)


def _lognormal_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside = x > 0
    logarithm = xp.log(xp.where(inside, x, xp.ones_like(x)))
    return xp.where(inside, _log_prob(law, logarithm) - logarithm, -xp.inf + 0.0 * x)


def _lognormal_power(law: Any, unit: Array, power: Array) -> Array:
    spread = law.scale * power
    return law.xp.exp(power * (law.loc - law.xp.log(unit)) + 0.5 * spread * spread)


def _lognormal_second(law: Any, center: Array, unit: Array) -> Array:
    shift = _lognormal_power(law, unit, 1.0) - center / unit
    spread = law.xp.expm1(law.scale * law.scale) * _lognormal_power(law, unit, 1.0) ** 2
    return shift * shift + spread


def _lognormal_cross_entropy(law: Any, moment: Moment) -> Array:
    """-log q of LogNormal. It has no unit: exp(loc) may be out of range where loc is not."""
    spread = moment("log square", law.loc) / (law.scale * law.scale)
    return 0.5 * spread + law.xp.log(law.scale) + HALF_LOG_2PI + moment("log", law.xp.ones_like(law.loc))


FAMILIES[LogNormal] = Family(
    support=lambda law: Support("interval", 0.0),
    same=_normal,
    log_prob=_lognormal_log_prob,
    entropy=lambda law: 0.5 + HALF_LOG_2PI + law.xp.log(law.scale) + law.loc,
    moments={
        "first": lambda law, center, unit: _lognormal_power(law, unit, 1.0) - center / unit,
        "second": _lognormal_second,
        "log": lambda law, unit: law.loc - law.xp.log(unit),
        "log square": lambda law, center: law.scale * law.scale + (law.loc - center) ** 2,
        "power": _lognormal_power,
    },
    cross_entropy=_lognormal_cross_entropy,
    marks=lambda law: tuple(float(np.exp(np.clip(mark, -700.0, 700.0))) for mark in _around(law)),
    sample=lambda law, shape, rng: rng.lognormal(law.loc, law.scale, shape),
    fisher=_fisher.normal,
    fit=likelihood.lognormal,
)


def _truncated_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    inside = (x >= law.low) & (x <= law.high)
    calm = xp.where(
        inside, x, xp.where(xp.isfinite(law.low), law.low, xp.where(xp.isfinite(law.high), law.high, law.loc))
    )
    return xp.where(inside, _log_prob(law, calm) - _log_mass(law), -xp.inf + 0.0 * x)


def _log_mass(law: Any) -> Array:
    """Log P(low < X < high), from the tail in which both limits lie."""
    xp = law.xp
    low, high = (law.low - law.loc) / law.scale, (law.high - law.loc) / law.scale
    flip = low > 0
    low, high = xp.where(flip, -high, low), xp.where(flip, -low, high)
    top, bottom = special("log_ndtr", high), special("log_ndtr", low)
    return top + xp.log(-xp.expm1(bottom - top))


def _truncated_marks(law: Any) -> tuple[float, ...]:
    low, high = float(law.low), float(law.high)
    ends = tuple(end for end in (low, high) if np.isfinite(end))
    inner = tuple(mark for mark in _around(law) if low < mark < high)
    width = float(law.scale)
    near = float(np.clip(float(law.loc), low, high))
    # A limit far out in a tail leaves an exponential law of scale σ²/distance beside it.
    decay = width * width / max(abs(near - float(law.loc)), width)
    sides = tuple(near + sign * step * decay for sign in (-1, 1) for step in (0.5, 2.0, 8.0, 30.0))
    return ends + inner + tuple(side for side in sides if low < side < high)


def _truncated_sample(law: Any, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    from scipy.stats import truncnorm  # noqa: PLC0415 - heavy, and needed here only

    low, high = (law.low - law.loc) / law.scale, (law.high - law.loc) / law.scale
    return truncnorm.rvs(low, high, loc=law.loc, scale=law.scale, size=shape, random_state=rng)


FAMILIES[TruncatedNormal] = Family(
    support=lambda law: Support("interval", law.low, law.high),
    log_prob=_truncated_log_prob,
    unit=lambda law: law.scale,
    marks=_truncated_marks,
    sample=_truncated_sample,
    log_quotient=lambda p, q, x: truncated_normal(p, q, x, _log_mass(p)),
    fisher=_fisher_sums.truncated_normal,
    log_mgf=generating.truncated_normal,
)
