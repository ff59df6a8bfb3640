"""The distributions of scipy.stats that are classes: Normal, make_distribution, and what is computed from them."""

from collections.abc import Callable, Iterator, Mapping
from types import MethodType
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.adapters._maps import affine, exponential, transformed
from kullback.adapters._opaque import opaque
from kullback.families import Binomial, HalfNormal, Law, Logistic, Mixture, Normal, TruncatedNormal, Uniform

Reader = Callable[[Any], Law | None]


def _folded(_: Any, base: Law | None) -> Law | None:
    return HalfNormal(base.scale) if isinstance(base, Normal) and np.all(base.loc == 0) else None


def _truncated(value: Any, base: Law | None) -> Law | None:
    return TruncatedNormal(base.loc, base.scale, value.lb, value.ub) if isinstance(base, Normal) else None


def _monotonic(value: Any, base: Law | None) -> Law | None:
    if base is None:
        return None
    name = exponential(base) if value._g is np.exp else None  # noqa: SLF001
    return name or transformed(base, (value._repr_pattern,), value)  # noqa: SLF001


def _affine(value: Any, base: Law | None) -> Law | None:
    if base is None:
        return None
    loc, scale = value.loc, value.scale
    return affine(base, loc, scale) or transformed(base, ("affine", loc.tolist(), scale.tolist()), value)


_MADE: Mapping[str, Callable[[Any, Law | None], Law | None]] = {
    "FoldedDistribution": _folded,
    "MonotonicTransformedDistribution": _monotonic,
    "ShiftedScaledDistribution": _affine,
    "TruncatedDistribution": _truncated,
}
_NAMED: Mapping[str, Callable[[Any], Law]] = {
    "Binomial": lambda value: Binomial(value.n, value.p),
    "Logistic": lambda value: Logistic(0.0, 1.0),  # noqa: ARG005
    "Normal": lambda value: Normal(value.mu, value.sigma),
    "StandardNormal": lambda value: Normal(0.0, 1.0),  # noqa: ARG005
    "Uniform": lambda value: Uniform(value.a, value.b),
}


def modern(value: Any, read: Reader, /) -> Law | None:
    """Read an object of the newer kind; `read` reads what it is made of."""
    name = type(value).__name__
    if name == "Mixture":
        parts = [read(part) for part in value.components]
        return Mixture(value.weights, tuple(parts))
    if name in _NAMED:
        return _NAMED[name](value)
    old = _old(value)
    if old is not None:
        return read(old)
    found = _MADE[name](value, _base(value, read)) if name in _MADE else None
    return found or opaque(value, kind="lattice" if _is_discrete(value) else "interval")


def _base(value: Any, read: Reader) -> Law | None:
    try:
        return read(value._dist)  # noqa: SLF001
    except InputError:
        return None


def _old(value: Any) -> Any:
    """The older law that `make_distribution` made a class from, with parameters, location and scale."""
    inner, place = value, {}
    if type(value).__name__ == "ShiftedScaledDistribution" and np.all(value.scale > 0):
        inner, place = value._dist, {"loc": value.loc, "scale": value.scale}  # noqa: SLF001
    if type(inner).__name__ != "CustomDistribution":
        return None
    makers: Iterator[Any] = (method.__self__ for method in vars(type(inner)).values() if isinstance(method, MethodType))
    maker = next((maker for maker in makers if hasattr(maker, "numargs")), None)
    return None if maker is None else maker(**inner._original_parameters, **place)  # noqa: SLF001


def _is_discrete(value: Any) -> bool:
    return any(kind.__name__ == "DiscreteDistribution" for kind in type(value).__mro__)
