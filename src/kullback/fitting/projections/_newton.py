"""Stationary points of a smooth function of a few real numbers, from its values at many points at once."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from scipy import optimize

from kullback.fitting.projections._hermite import Floats

Values = Callable[[Floats], Floats]
"""Points of shape ``(m, k)`` to values of shape ``(m,)``."""

Centered = Callable[[Floats], Values]
"""The same function by a rule of integration that was made for the neighborhood of a point."""

# Central differences of order eight: weights of steps 1 to 4, for the first and the second derivative.
_FIRST = np.array([4 / 5, -1 / 5, 4 / 105, -1 / 280])
_SECOND = np.array([8 / 5, -1 / 5, 8 / 315, -1 / 560])
_CENTER = -205 / 72
_STEP = 0.01
_POLISH, _ROUNDS = 25, 6
# With more coordinates a search from every start costs too much; ways are searched between so many minima.
_FEW, _MOST_PAIRED = 3, 3
# In place of values that are no numbers.
_FORBIDDEN = 1e10


def derivatives(function: Values, theta: Floats, /) -> tuple[float, Floats, Floats]:
    """Value, gradient and Hessian by central differences of order eight: about twelve digits of the gradient."""
    k = len(theta)
    ways = [*np.eye(k), *(np.eye(k)[i] + np.eye(k)[j] for i, j in combinations(range(k), 2))]
    steps = np.concatenate([_STEP * np.arange(1, 5), -_STEP * np.arange(1, 5)])
    points = theta + np.concatenate([steps[:, None] * way for way in ways])
    values = function(np.concatenate([theta[None], points]))
    center, rows = values[0], values[1:].reshape(len(ways), 2, 4)
    if not np.isfinite(values).all():
        return float(center), np.full(k, np.nan), np.full((k, k), np.nan)
    slopes = (rows[:, 0] - rows[:, 1]) @ _FIRST / _STEP
    bends = ((rows[:, 0] + rows[:, 1]) @ _SECOND + _CENTER * center) / _STEP**2
    hessian = np.diag(bends[:k])
    for bend, (i, j) in zip(bends[k:], combinations(range(k), 2), strict=True):
        hessian[i, j] = hessian[j, i] = 0.5 * (bend - bends[i] - bends[j])
    return float(center), slopes[:k], hessian


def descend(function: Centered, start: Floats, /) -> Floats | None:
    """The minimum below a start, roughly; None where there is none."""
    theta, step = start, 1e-5 * np.eye(len(start))
    for _ in range(_ROUNDS):
        values = function(theta)  # for the neighborhood, so a round is short

        def slope(x: Floats, values: Values = values) -> tuple[float, Floats]:
            found = values(np.concatenate([x[None], x + step, x - step]))
            if not np.isfinite(found).all():
                return _FORBIDDEN, np.zeros_like(x)
            return float(found[0]), (found[1 : len(x) + 1] - found[len(x) + 1 :]) / 2e-5

        found = optimize.minimize(slope, theta, jac=True, method="BFGS", options={"gtol": 1e-5, "maxiter": 15})
        moved, theta = float(np.linalg.norm(found.x - theta)), np.asarray(found.x)
        if not found.fun < _FORBIDDEN or moved < 1e-3:
            break
    return theta if found.fun < _FORBIDDEN else None


def polish(function: Centered, theta: Floats, /) -> tuple[Floats, float, Floats, Floats] | None:
    """Newton's method to the last digits: the point, its value, gradient and Hessian; None where it runs away."""
    best = np.inf
    for _ in range(_POLISH):
        value, gradient, hessian = derivatives(function(theta), theta)
        size = float(np.linalg.norm(gradient))
        if not np.isfinite(size) or not np.isfinite(hessian).all():
            return None
        if size >= 0.5 * best and best < 1e-8:
            break
        best = min(best, size)
        curvatures, vectors = np.linalg.eigh(hessian)
        step = -vectors @ ((vectors.T @ gradient) * curvatures / (curvatures**2 + (1e-7 if size > 1e-3 else 1e-20)))
        theta = theta + step / max(1.0, 2.0 * float(np.linalg.norm(step)))
    return (theta, value, gradient, hessian) if size < 1e-6 else None


def all_stationary(
    function: Centered, starts: Floats, ordered: Callable[[Floats], Floats], /
) -> list[tuple[Floats, float, Floats, Floats, float]]:
    """Minima below all starts, and what Newton's method finds from the starts and between the minima.

    Args:
        function: By neighborhood.
        starts: Shape ``(m, k)``.
        ordered: Point to the one that stands for all points of the same law.

    Returns:
        Point, value, gradient, Hessian and the share of the starts that descend to it, lowest first.
    """
    ends = [ordered(end) for start in starts if (end := descend(function, start)) is not None]
    found = _distinct(function, [*ends, *(starts if starts.shape[1] <= _FEW else [])], ordered)
    minima = [point[0] for point in found if np.linalg.eigvalsh(point[3])[0] > 0][:_MOST_PAIRED]
    between = [(1 - t) * a + t * b for a, b in combinations(minima, 2) for t in (0.25, 0.5, 0.75)]
    found += [new for new in _distinct(function, between, ordered) if all(_far(new[0], old[0]) for old in found)]
    shares = [sum(not _far(end, point[0], 1e-2) for end in ends) / max(len(starts), 1) for point in found]
    return sorted([(*point, share) for point, share in zip(found, shares, strict=True)], key=lambda point: point[1])


def _far(a: Floats, b: Floats, room: float = 1e-5) -> bool:
    return bool(np.linalg.norm(a - b) > room * (1.0 + np.linalg.norm(b)))


def _distinct(
    function: Centered, tries: list[Floats], ordered: Callable[[Floats], Floats]
) -> list[tuple[Floats, float, Floats, Floats]]:
    found: list[tuple[Floats, float, Floats, Floats]] = []
    seen: list[Floats] = []
    for start in tries:
        if any(not _far(start, other, 1e-3) for other in seen):
            continue
        seen.append(start)
        point = polish(function, start)
        if point is None:
            continue
        point = (ordered(point[0]), *point[1:])
        if all(_far(point[0], other[0]) for other in found):
            found.append(point)
    return found
