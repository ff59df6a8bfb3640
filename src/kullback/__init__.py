"""Everything that is done with the Kullback-Leibler divergence: exact, honest, fast.

The verbs live here and are loaded when first used; ``import kullback`` itself imports nothing heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kullback._version import __version__

if TYPE_CHECKING:
    from kullback import families
    from kullback._core import InputError, KullbackError, MissingExtraError, ShiftError
    from kullback.divergences import (
        Audit,
        Explanation,
        Smoothed,
        audit,
        conditional_entropy,
        contributions,
        cross_entropy,
        divergence,
        entropy,
        explain,
        f_divergence,
        jeffreys,
        jensen_shannon,
        mutual_information,
        renyi,
        smooth,
        smoothing_sensitivity,
    )
    from kullback.estimators import Estimate, estimate, estimate_entropy, estimate_mutual_information
    from kullback.tables import ColumnResult, Comparison, Profile, compare, plan, profile

_HOMES = {
    "Audit": "kullback.divergences",
    "ColumnResult": "kullback.tables",
    "Comparison": "kullback.tables",
    "Estimate": "kullback.estimators",
    "Explanation": "kullback.divergences",
    "InputError": "kullback._core",
    "KullbackError": "kullback._core",
    "MissingExtraError": "kullback._core",
    "Profile": "kullback.tables",
    "ShiftError": "kullback._core",
    "Smoothed": "kullback.divergences",
    "audit": "kullback.divergences",
    "compare": "kullback.tables",
    "conditional_entropy": "kullback.divergences",
    "contributions": "kullback.divergences",
    "cross_entropy": "kullback.divergences",
    "divergence": "kullback.divergences",
    "entropy": "kullback.divergences",
    "estimate": "kullback.estimators",
    "estimate_entropy": "kullback.estimators",
    "estimate_mutual_information": "kullback.estimators",
    "explain": "kullback.divergences",
    "f_divergence": "kullback.divergences",
    "families": "kullback.families",
    "jeffreys": "kullback.divergences",
    "jensen_shannon": "kullback.divergences",
    "mutual_information": "kullback.divergences",
    "nn": "kullback.nn",
    "plan": "kullback.tables",
    "profile": "kullback.tables",
    "renyi": "kullback.divergences",
    "smooth": "kullback.divergences",
    "smoothing_sensitivity": "kullback.divergences",
}

__all__ = [
    "Audit",
    "ColumnResult",
    "Comparison",
    "Estimate",
    "Explanation",
    "InputError",
    "KullbackError",
    "MissingExtraError",
    "Profile",
    "ShiftError",
    "Smoothed",
    "__version__",
    "audit",
    "compare",
    "conditional_entropy",
    "contributions",
    "cross_entropy",
    "divergence",
    "entropy",
    "estimate",
    "estimate_entropy",
    "estimate_mutual_information",
    "explain",
    "f_divergence",
    "families",
    "jeffreys",
    "jensen_shannon",
    "mutual_information",
    "plan",
    "profile",
    "renyi",
    "smooth",
    "smoothing_sensitivity",
]


def __getattr__(name: str) -> Any:
    """Load a verb from its package on first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'kullback' has no attribute {name!r}; it has {', '.join(sorted(_HOMES))}")
    module = import_module(home)
    value = module if home == f"kullback.{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
