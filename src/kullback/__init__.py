"""Everything that is done with the Kullback-Leibler divergence: exact, honest, fast.

The verbs live here and are loaded when first used; ``import kullback`` itself imports nothing heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kullback._version import __version__

if TYPE_CHECKING:
    from kullback._core import InputError, KullbackError, MissingExtraError, ShiftError
    from kullback.tables import ColumnResult, Comparison, Profile, compare, plan, profile

_HOMES = {
    "ColumnResult": "kullback.tables",
    "Comparison": "kullback.tables",
    "InputError": "kullback._core",
    "KullbackError": "kullback._core",
    "MissingExtraError": "kullback._core",
    "Profile": "kullback.tables",
    "ShiftError": "kullback._core",
    "compare": "kullback.tables",
    "plan": "kullback.tables",
    "profile": "kullback.tables",
}

__all__ = [
    "ColumnResult",
    "Comparison",
    "InputError",
    "KullbackError",
    "MissingExtraError",
    "Profile",
    "ShiftError",
    "__version__",
    "compare",
    "plan",
    "profile",
]


def __getattr__(name: str) -> Any:
    """Load a verb from its package on first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'kullback' has no attribute {name!r}; it has {', '.join(sorted(_HOMES))}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
