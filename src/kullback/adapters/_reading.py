"""The order in which an object is asked what law it is."""

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from kullback._core import InputError
from kullback.adapters._classes import comes_from, full_name
from kullback.adapters._numpyro import from_numpyro
from kullback.adapters._opaque import opaque
from kullback.adapters._scipy import from_scipy
from kullback.adapters._tfp import from_tfp
from kullback.adapters._torch import from_torch
from kullback.families import Independent, Law, Mixture, Product, Transformed, unchecked

Recognize = Callable[[Any], bool]
Convert = Callable[[Any], Law]

_LIBRARIES: dict[str, Callable[[Any], Law | None]] = {
    "scipy.stats": from_scipy,
    "torch.distributions": from_torch,
    "numpyro.distributions": from_numpyro,
    "tensorflow_probability": from_tfp,
}
_REGISTERED: list[tuple[Recognize, Convert]] = []


def register(recognize: Recognize, convert: Convert, /) -> None:
    """Teach `to_law` another kind of object; what was registered last is asked first.

    Args:
        recognize: Whether an object is of that kind; any object may come.
        convert: The object to a record of `kullback.families`.

    Example:
        >>> from kullback.adapters import register, to_law
        >>> from kullback.families import Normal
        >>> class Bell:
        ...     center, width = 1.0, 2.0
        >>> register(lambda value: type(value).__name__ == "Bell", lambda value: Normal(value.center, value.width))
        >>> to_law(Bell())
        Normal(loc=1.0, scale=2.0)
    """
    _REGISTERED.insert(0, (recognize, convert))


def to_law(value: Any, /) -> Law:
    """Read an object as a law.

    Args:
        value: A record of `kullback.families`; a distribution of scipy.stats, torch, numpyro or TFP on JAX; an object
            that an adapter knows; or any object with a log density and a support.

    Returns:
        The record, with parameters in the array library of the object; records that are given pass through.

    Raises:
        InputError: The object cannot be read.

    Note:
        Parameters are taken over as they are: logits as logits, factors of covariances as factors. What has no family
        here becomes `Opaque`, whose divergences are integrals or sums.

    Example:
        >>> from scipy import stats
        >>> to_law(stats.weibull_min(1.5, scale=2))
        Weibull(scale=2.0, concentration=1.5)
    """
    if isinstance(value, Law):
        return _inside(value)
    for recognize, convert in _REGISTERED:
        if recognize(value):
            return convert(value)
    for package, read in _LIBRARIES.items():
        if comes_from(value, package) and (law := read(value)) is not None:
            return law
    for adapter in _installed():
        if (law := adapter(value)) is not None:
            return law
    return _unknown(value)


@cache
def _installed() -> tuple[Callable[[Any], Law | None], ...]:
    """Adapters that other packages bring, looked up once."""
    return tuple(entry.load() for entry in entry_points(group="kullback.adapters"))


def _inside(law: Any) -> Law:
    """The record itself, or the same with components that were objects of other libraries."""
    if isinstance(law, Mixture | Product):
        parts = tuple(to_law(part) for part in law.components)
        if all(new is old for new, old in zip(parts, law.components, strict=True)):
            return law
        return unchecked(type(law), law, **(law.parameters() | {"components": parts}))
    if isinstance(law, Transformed | Independent):
        base = to_law(law.base)
        if base is law.base:
            return law
        if isinstance(law, Independent):
            return Independent(base, law.dimensions)
        return Transformed(base, law.key, to_law(law.outer))
    return law  # type: ignore[no-any-return]


_METHODS = ("log_prob", "logpdf", "logpmf", "pdf", "pmf", "sample", "rvs")


def _unknown(value: Any) -> Law:
    if any(callable(getattr(value, name, None)) for name in _METHODS) and not isinstance(value, type):
        return opaque(value)
    text = "Text like 'normal(0, 1)' is read by `kullback.adapters.parse`. " if isinstance(value, str) else ""
    name = f"class '{value.__module__}.{value.__qualname__}'" if isinstance(value, type) else f"'{full_name(value)}'"
    raise InputError(
        f"cannot read {name} as a distribution. Known: probability arrays, scipy.stats, torch.distributions, numpyro. "
        f"{text}Give an object with log_prob and support, or register an adapter."
    )
