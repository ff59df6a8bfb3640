"""Roots and maxima to the last digits that a mean of log densities has."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Floats = NDArray[np.float64]
Objective = Callable[[Floats], float]
Score = Callable[[Floats], Floats]

_FARTHEST = 690.0  # logarithms beyond leave the range of floats
_STEP, _WIDE = 0.02, 0.04  # of first and second differences, in standard deviations of one observation
_SIXTH = ((1, 45.0 / 60.0), (2, -9.0 / 60.0), (3, 1.0 / 60.0))


def positive_root(function: Callable[[float], float], start: float, /) -> float | None:
    """The zero of a function of a positive number, sought on the logarithm of it.

    Args:
        function: Changes its sign once.
        start: Where to begin.

    Returns:
        The root to a few ulp; None where the sign never changes.
    """

    def on_log(t: float) -> float:
        return function(float(np.exp(t)))

    center = float(np.log(start))
    here = on_log(center)
    if here == 0:
        return start
    low = high = center
    step = 0.25
    while step < 2 * _FARTHEST:
        for edge in (max(low - step, -_FARTHEST), min(high + step, _FARTHEST)):
            if np.sign(on_log(edge)) == -np.sign(here):
                inner = low if edge < low else high
                return float(np.exp(optimize.brentq(on_log, *sorted((edge, inner)), xtol=1e-15, rtol=1e-15)))
        low, high, step = max(low - step, -_FARTHEST), min(high + step, _FARTHEST), 2.0 * step
    return None


def ascend(
    function: Objective, starts: list[Floats], /, rough: Objective | None = None, score: Score | None = None
) -> tuple[Floats, bool]:
    """The highest maximum found from several starts, polished by Newton's method.

    Args:
        function: A mean log likelihood in unconstrained coordinates; -inf is allowed.
        starts: Points to begin from.
        rough: What is climbed first, where it is quicker: fewer points, or fewer digits.
        score: The gradient, where it is known.

    Returns:
        The maximizer, and whether Newton's steps came to rest there.
    """
    first = rough or function

    def downhill(t: Floats) -> float:
        value = first(t)
        return -value if np.isfinite(value) else 1e300

    options = {"xatol": 1e-4, "fatol": 1e-8, "maxiter": 2000}
    found = [optimize.minimize(downhill, start, method="Nelder-Mead", options=options) for start in starts]
    best = min(found, key=lambda one: float(one.fun))
    near = np.asarray(best.x, dtype=np.float64)
    end, rested = polish(function, near, score)
    return (end, rested) if np.all(np.isfinite(end)) and function(end) >= function(near) - 1e-9 else (near, False)


def polish(function: Objective, start: Floats, /, score: Score | None = None) -> tuple[Floats, bool]:
    """Newton's method with differences of sixth order in units of the curvature.

    Args:
        function: A mean log likelihood, smooth near its maximum.
        start: Near the maximum.
        score: The gradient, where it is known; else it is one of differences.

    Returns:
        The maximizer, and whether the last step was below 1e-6 standard deviations of an observation.
    """
    here, step = start, np.inf
    scales = unit_steps(function, here)
    for _ in range(12):
        gradient, hessian = derivatives(function, here, scales) if score is None else _by_score(score, here, scales)
        try:
            np.linalg.cholesky(-hessian)
        except np.linalg.LinAlgError:
            return here, False
        move = np.linalg.solve(-hessian, gradient)
        size = float(np.max(np.abs(move)))
        if size >= step:
            break
        here, step = here + scales * np.clip(move, -2.0, 2.0), size
        if size < 1e-14:
            break
    return here, step < 1e-6


def unit_steps(function: Objective, here: Floats, /) -> Floats:
    """How far each coordinate goes until the mean log likelihood falls by about one half.

    Args:
        function: A mean log likelihood.
        here: Near its maximum.
    """
    scales, value = np.full(here.shape, 1e-3) * np.maximum(np.abs(here), 1.0), function(here)
    for i in range(len(here)):
        for _ in range(30):
            move = np.zeros_like(here)
            move[i] = scales[i]
            drop = value - 0.5 * (function(here + move) + function(here - move))
            if not np.isfinite(drop) or drop > 1e-3:
                scales[i] *= 0.25
            elif drop < 1e-6:
                scales[i] *= 4.0
            else:
                scales[i] /= np.sqrt(2.0 * drop)
                break
    return scales


def derivatives(function: Objective, here: Floats, scales: Floats, /) -> tuple[Floats, Floats]:
    """Gradient and Hessian in units of the scales.

    Args:
        function: Smooth.
        here: Where they are taken.
        scales: Unit of each coordinate.
    """
    size, value = len(here), function(here)

    def at(*moves: tuple[int, float]) -> float:
        point = here.copy()
        for i, move in moves:
            point[i] += move * scales[i]
        return function(point)

    gradient, hessian = np.zeros(size), np.zeros((size, size))
    for i in range(size):
        gradient[i] = sum(c * (at((i, k * _STEP)) - at((i, -k * _STEP))) for k, c in _SIXTH) / _STEP
        sides = [at((i, k * _WIDE)) + at((i, -k * _WIDE)) - 2.0 * value for k in (1, 2, 3)]
        hessian[i, i] = _second(sides)
    for i, j in combinations(range(size), 2):
        hessian[i, j] = hessian[j, i] = 0.25 * _second([_cross(at, i, j, k * _WIDE) for k in (1, 2, 3)])
    return gradient, hessian


def _by_score(score: Score, here: Floats, scales: Floats) -> tuple[Floats, Floats]:
    """Gradient and Hessian in units of the scales, the latter by differences of the former."""
    rows = []
    for i in range(len(here)):
        step = np.zeros_like(here)
        step[i] = _STEP * scales[i]
        near, far = (score(here + k * step) - score(here - k * step) for k in (1.0, 2.0))
        rows.append(scales * (8.0 * near - far) / (12.0 * _STEP))
    hessian = np.stack(rows)
    return scales * score(here), 0.5 * (hessian + hessian.T)


def _second(sides: list[float]) -> float:
    """A second derivative from differences over one, two and three steps, of sixth order."""
    near, middle, far = sides
    return (1.5 * near - 0.15 * middle + far / 90.0) / (_WIDE * _WIDE)


def _cross(at: Any, i: int, j: int, h: float) -> float:
    """Four times h² the mixed derivative."""
    return float(at((i, h), (j, h)) - at((i, h), (j, -h)) - at((i, -h), (j, h)) + at((i, -h), (j, -h)))
