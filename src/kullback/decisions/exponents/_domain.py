"""On which sides a law has no moment generating function."""

from typing import Any

import numpy as np

from kullback._core import numbers
from kullback.families import (
    Cauchy,
    Frechet,
    GeneralizedGamma,
    InverseGamma,
    Law,
    LogNormal,
    Mixture,
    Pareto,
    StudentT,
    Weibull,
    Zeta,
)
from kullback.fitting.constraints._points import Points

_RIGHT = (Frechet, InverseGamma, LogNormal, Pareto, Zeta)


def heavy_sides(law: Law, points: Points, /) -> tuple[bool, bool]:
    """Whether E exp(t X) is infinite for every t < 0, and for every t > 0.

    Args:
        law: One law.
        points: Where it lives; tells the sides of laws known by their log density alone.

    Returns:
        The left side and the right side.
    """
    known = _known(law)
    if known is not None:
        return known
    return _falls_slowly(points, -1), _falls_slowly(points, 1)


def _known(law: Any) -> tuple[bool, bool] | None:
    if isinstance(law, Cauchy | StudentT):
        return True, True
    if isinstance(law, _RIGHT):
        return False, True
    if isinstance(law, Weibull):
        return False, bool(law.concentration < 1)
    if isinstance(law, GeneralizedGamma):
        return False, bool(law.power < 1)
    if isinstance(law, Mixture):
        parts = zip(law.components, numbers(law.weights), strict=True)
        sides = [_known(part) or (False, False) for part, weight in parts if weight > 0]
        return any(left for left, _ in sides), any(right for _, right in sides)
    return None


def _falls_slowly(points: Points, side: int) -> bool:
    """Whether the log density flattens on its way out: then no exponential holds it."""
    if points.kind == "finite" or points.log_prob is None or len(points.values) < 10:
        return False
    end = points.values[0 if side < 0 else -1]
    center = float(points.weights @ points.values)
    with np.errstate(all="ignore"):
        logs = points.log_prob(np.rint(center + (end - center) * np.array([0.25, 0.5, 1.0])))
    if not np.isfinite(logs).all() or logs[2] > -200.0:
        return False
    return bool((logs[1] - logs[2]) / 2.0 < 0.8 * (logs[0] - logs[1]))
