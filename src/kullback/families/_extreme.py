"""Gumbel and Moyal laws: minus the logarithm of a gamma variable, moved and scaled."""

from dataclasses import dataclass
from math import log, pi
from typing import Any

import numpy as np

from kullback._core import Array, lgamma, special
from kullback.families import _fisher
from kullback.families import _generating as generating
from kullback.families._domains import POSITIVE, REAL, parameter
from kullback.families._family import FAMILIES, Family, Moment, NoMoment, Support
from kullback.families._gamma import EULER, powered_gap
from kullback.families._law import Law


@dataclass(frozen=True, eq=False, repr=False)
class Gumbel(Law):
    """Gumbel law of largest values, P(X ≤ x) = exp(-exp(-(x - μ)/β)).

    Args:
        loc: Mode μ.
        scale: Scale β, positive.
    """

    loc: Array = parameter(REAL)
    scale: Array = parameter(POSITIVE)


@dataclass(frozen=True, eq=False, repr=False)
class Moyal(Law):
    r"""Moyal law, density $\exp(-(z + e^{-z})/2) / σ\sqrt{2π}$ with z = (x - μ)/σ.

    Args:
        loc: Mode μ.
        scale: Scale σ, positive.
    """

    loc: Array = parameter(REAL)
    scale: Array = parameter(POSITIVE)


# exp(-X) = exp(-loc) c^scale G^scale with G from Gamma(a, 1): shape a and log c of the two laws.
_GUMBEL, _MOYAL = (1.0, 0.0), (0.5, log(2.0))


def _gap(p: Any, q: Any, kind: tuple[float, float]) -> Array:
    shape, offset = kind
    shift = (q.loc - p.loc) / q.scale + offset * ((p.scale - q.scale) / q.scale)
    # The powers are 1/scale; their ratio and gap are those of the scales, the other way round.
    return _powered(shape, shift, p, q)


def _powered(shape: float, shift: Array, p: Any, q: Any) -> Array:
    one = p.xp.ones_like(shift)
    # ρ = k₂/k₁ = σ₁/σ₂: handed over as powers, so that no reciprocal is rounded.
    return powered_gap(shape * one, shift, q.scale + 0.0 * one, p.scale + 0.0 * one)


def _log_prob(law: Any, x: Array, kind: tuple[float, float]) -> Array:
    shape, offset = kind
    z = (x - law.loc) / law.scale
    constant = shape * offset + float(_log_gamma(shape))
    growth = law.xp.exp(-z - offset)
    # Far below the mode z itself may overflow, and ∞ - ∞ is no log density.
    calm = law.xp.where(growth == law.xp.inf, 0.0, z)
    return -shape * calm - growth - constant - law.xp.log(law.scale)


def _log_gamma(shape: float) -> float:
    return 0.0 if shape == 1.0 else 0.5 * log(pi)


def _exponential(law: Any, center: Array, unit: Array, sign: float, kind: tuple[float, float]) -> Array:
    """E exp(± (x - c)/u)."""
    xp = law.xp
    shape, offset = kind
    spread = law.scale / unit
    top = shape - sign * spread
    fine = top > 0
    calm = xp.where(fine, top, xp.ones_like(top))
    logarithm = sign * ((law.loc - center) / unit - offset * spread) + lgamma(calm) - _log_gamma(shape)
    return xp.where(fine, xp.exp(logarithm), xp.inf)


def _first(law: Any, center: Array, unit: Array, mean: float) -> Array:
    return (law.loc - center) / unit + mean * (law.scale / unit)


def _second(law: Any, center: Array, unit: Array, mean: float, variance: float) -> Array:
    shift, spread = _first(law, center, unit, mean), law.scale / unit
    return shift * shift + variance * spread * spread


def _gumbel_absolute(law: Any, center: Array, unit: Array) -> Array:
    """E |x - c| = E(x - c) + 2 ∫ F up to c, and that integral is an exponential integral."""
    if law.xp is not np:
        raise NoMoment("absolute")  # torch has no exponential integral
    below = special("exp1", np.exp(-np.minimum((center - law.loc) / law.scale, 700.0)))
    shift = (center - law.loc) / law.scale
    below = np.where(shift > 30.0, shift - EULER, below)
    return _first(law, center, unit, EULER) + 2.0 * below * (law.scale / unit)


def _cross_entropy(law: Any, moment: Moment, kind: tuple[float, float]) -> Array:
    """E a z + E exp(-z) with z = (x - μ)/σ; infinite where the second is, whatever the first."""
    xp = law.xp
    shape, offset = kind
    growth = moment("exponential", law.loc, law.scale, -1.0)
    finite = xp.isfinite(growth)
    line = shape * moment("first", law.loc, law.scale)
    constant = shape * offset + _log_gamma(shape)
    return xp.where(finite, line + np.exp(-offset) * growth + constant, xp.inf)


def _marks(law: Any) -> tuple[float, ...]:
    steps = (-6.6, -4.5, -3.0, -1.5, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 40.0, 80.0, 160.0)
    return tuple(float(law.loc) + step * float(law.scale) for step in steps)


FAMILIES[Gumbel] = Family(
    support=lambda law: Support("interval"),
    same=lambda p, q: _gap(p, q, _GUMBEL),
    log_prob=lambda law, x: _log_prob(law, x, _GUMBEL),
    unit=lambda law: law.scale,
    entropy=lambda law: 1.0 + EULER + 0.0 * law.scale,
    moments={
        "first": lambda law, center, unit: _first(law, center, unit, EULER),
        "second": lambda law, center, unit: _second(law, center, unit, EULER, pi * pi / 6.0),
        "exponential": lambda law, center, unit, sign: _exponential(law, center, unit, sign, _GUMBEL),
        "absolute": _gumbel_absolute,
    },
    cross_entropy=lambda law, moment: _cross_entropy(law, moment, _GUMBEL),
    marks=_marks,
    sample=lambda law, shape, rng: rng.gumbel(law.loc, law.scale, shape),
    fisher=_fisher.gumbel,
    log_mgf=generating.gumbel,
)
FAMILIES[Moyal] = Family(
    support=lambda law: Support("interval"),
    same=lambda p, q: _gap(p, q, _MOYAL),
    log_prob=lambda law, x: _log_prob(law, x, _MOYAL),
    unit=lambda law: law.scale,
    entropy=lambda law: 0.5 * (1.0 + EULER + log(2.0) + log(2.0 * pi)) + 0.0 * law.scale,
    moments={
        "first": lambda law, center, unit: _first(law, center, unit, EULER + log(2.0)),
        "second": lambda law, center, unit: _second(law, center, unit, EULER + log(2.0), pi * pi / 2.0),
        "exponential": lambda law, center, unit, sign: _exponential(law, center, unit, sign, _MOYAL),
    },
    cross_entropy=lambda law, moment: _cross_entropy(law, moment, _MOYAL),
    marks=_marks,
    sample=lambda law, shape, rng: law.loc - law.scale * np.log(rng.chisquare(1.0, shape)),
    fisher=_fisher.moyal,
    log_mgf=generating.moyal,
)
