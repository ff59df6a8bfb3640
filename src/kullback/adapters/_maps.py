"""Laws of f(X): read as a named family where there is one, else as X and the name of f."""

from typing import Any

import numpy as np

from kullback._core import Array, is_concrete
from kullback.adapters._opaque import deferred
from kullback.families import (
    Cauchy,
    Frechet,
    GeneralizedGamma,
    Gumbel,
    HalfNormal,
    Laplace,
    Law,
    Logistic,
    LogNormal,
    Maxwell,
    Moyal,
    Normal,
    Pareto,
    Rayleigh,
    StudentT,
    Transformed,
    Uniform,
    Weibull,
    unchecked,
)

_SYMMETRIC = (Normal, Laplace, Logistic, Cauchy, StudentT)
_LOCATED = (*_SYMMETRIC, Gumbel, Moyal)
_SCALED = (HalfNormal, Rayleigh, Maxwell, Weibull, Frechet, GeneralizedGamma, Pareto)


class Maps(tuple[Any, ...]):
    """A chain of maps; equal to another only if every map is, and where that cannot be told it is not."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        try:
            return isinstance(other, Maps) and bool(tuple.__eq__(self, other))
        except (RuntimeError, TypeError, ValueError):  # shapes that do not fit, or arrays that JAX traces
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(tuple(type(part) for part in self))


def transformed(base: Law, key: Any, value: Any, /) -> Transformed:
    """The law of f(X) where `value` is the object that holds it."""
    return Transformed(base, key, deferred(value))


def affine(law: Any, loc: Array, scale: Array, /) -> Law | None:
    """The law of loc + scale · X in X's own family; None where it is not in there or that cannot be told."""
    values = law.parameters()
    if isinstance(law, _LOCATED):
        if not isinstance(law, _SYMMETRIC) and not _always(scale, "positive"):
            return None
        moved = {"loc": loc + scale * law.loc, "scale": abs(scale) * law.scale}
        return unchecked(type(law), law, **(values | moved))
    if not _always(scale, "positive"):
        return None
    if isinstance(law, Uniform):
        return unchecked(Uniform, law, low=loc + scale * law.low, high=loc + scale * law.high)
    if isinstance(law, _SCALED) and _always(loc, "zero"):
        return unchecked(type(law), law, **(values | {"scale": scale * law.scale}))
    return None


def exponential(law: Any, /) -> Law | None:
    """The law of exp(X) as a named family."""
    return unchecked(LogNormal, law, loc=law.loc, scale=law.scale) if isinstance(law, Normal) else None


def _always(value: Array, what: str) -> bool:
    if not is_concrete(value):
        return False
    return bool((value > 0 if what == "positive" else value == 0) if np.ndim(value) == 0 else _all(value, what))


def _all(value: Array, what: str) -> bool:
    return bool((value > 0).all() if what == "positive" else (value == 0).all())
