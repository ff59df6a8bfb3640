"""Everything that is done with the Kullback-Leibler divergence: exact, honest, fast.

The verbs live here and are loaded when first used; ``import kullback`` itself imports nothing heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kullback._version import __version__

if TYPE_CHECKING:
    from kullback import decisions, families, fitting
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
    from kullback.fitting import Fit, Projection, Selection, fisher_information, fit, natural_gradient, project, select
    from kullback.tables import ColumnResult, Comparison, History, Profile, compare, merge, plan, profile

_HOMES = {
    "Audit": "kullback.divergences",
    "ColumnResult": "kullback.tables",
    "Comparison": "kullback.tables",
    "Estimate": "kullback.estimators",
    "Explanation": "kullback.divergences",
    "Fit": "kullback.fitting",
    "History": "kullback.tables",
    "InputError": "kullback._core",
    "KullbackError": "kullback._core",
    "MissingExtraError": "kullback._core",
    "Profile": "kullback.tables",
    "Projection": "kullback.fitting",
    "Selection": "kullback.fitting",
    "ShiftError": "kullback._core",
    "Smoothed": "kullback.divergences",
    "audit": "kullback.divergences",
    "compare": "kullback.tables",
    "conditional_entropy": "kullback.divergences",
    "contributions": "kullback.divergences",
    "cross_entropy": "kullback.divergences",
    "decisions": "kullback.decisions",
    "divergence": "kullback.divergences",
    "entropy": "kullback.divergences",
    "estimate": "kullback.estimators",
    "estimate_entropy": "kullback.estimators",
    "estimate_mutual_information": "kullback.estimators",
    "explain": "kullback.divergences",
    "f_divergence": "kullback.divergences",
    "families": "kullback.families",
    "fisher_information": "kullback.fitting",
    "fit": "kullback.fitting",
    "fitting": "kullback.fitting",
    "jeffreys": "kullback.divergences",
    "jensen_shannon": "kullback.divergences",
    "merge": "kullback.tables",
    "mutual_information": "kullback.divergences",
    "natural_gradient": "kullback.fitting",
    "nn": "kullback.nn",
    "plan": "kullback.tables",
    "profile": "kullback.tables",
    "project": "kullback.fitting",
    "renyi": "kullback.divergences",
    "select": "kullback.fitting",
    "smooth": "kullback.divergences",
    "smoothing_sensitivity": "kullback.divergences",
}

__all__ = [
    "Audit",
    "ColumnResult",
    "Comparison",
    "Estimate",
    "Explanation",
    "Fit",
    "History",
    "InputError",
    "KullbackError",
    "MissingExtraError",
    "Profile",
    "Projection",
    "Selection",
    "ShiftError",
    "Smoothed",
    "__version__",
    "audit",
    "compare",
    "conditional_entropy",
    "contributions",
    "cross_entropy",
    "decisions",
    "divergence",
    "entropy",
    "estimate",
    "estimate_entropy",
    "estimate_mutual_information",
    "explain",
    "f_divergence",
    "families",
    "fisher_information",
    "fit",
    "fitting",
    "jeffreys",
    "jensen_shannon",
    "merge",
    "mutual_information",
    "natural_gradient",
    "plan",
    "profile",
    "project",
    "renyi",
    "select",
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
