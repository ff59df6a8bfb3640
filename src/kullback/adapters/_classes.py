"""Recognizing an object of a library that may not even be imported."""

from typing import Any

_DENSITIES = frozenset({"log_prob", "_log_prob", "logpdf", "_logpdf", "logpmf", "_logpmf"})


def comes_from(value: Any, package: str, /) -> bool:
    """Whether the class of an object, or one that it inherits from, was defined in a package."""
    return any(_inside(ancestor, package) for ancestor in type(value).__mro__)


def known_name(value: Any, package: str, known: Any, /) -> str | None:
    """The name of the nearest class of a package that is known by name.

    Args:
        value: Any object.
        package: Such as "torch.distributions".
        known: Names of classes.

    Returns:
        The name; None where there is none, or where a class below it has a log density of its own.
    """
    for ancestor in type(value).__mro__:
        if _inside(ancestor, package) and ancestor.__name__ in known:
            return ancestor.__name__
        if not _DENSITIES.isdisjoint(vars(ancestor)):
            return None
    return None


def full_name(value: Any, /) -> str:
    """The class of an object as messages show it, without private modules."""
    kind = type(value)
    parts = [part for part in kind.__module__.split(".") if not part.startswith("_")]
    return ".".join([*(part for part in parts if part != "builtins"), kind.__qualname__])


def _inside(kind: type, package: str) -> bool:
    return kind.__module__ == package or kind.__module__.startswith(package + ".")
