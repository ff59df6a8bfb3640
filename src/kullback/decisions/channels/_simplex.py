"""Concave functions on the simplex, maximized by an interior-point method to a gap that is proved."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from kullback.decisions.channels._inputs import Floats

_STEPS = 120
# A step goes this far towards the edge of the simplex.
_SHY = 0.995
# Below this the central path has no digits.
_LEAST = 1e-18


@dataclass(frozen=True, eq=False)
class Concave:
    """A concave function of the simplex with first derivatives and the curvature.

    Attributes:
        gradient: Point of shape ``(k,)`` to the gradient, such that `gap` bounds how far the point is from the best.
        curvature: Point to minus the matrix of second derivatives, shape ``(k, k)``.
        gap: Point and gradient to a bound of what is missing from the maximum.
    """

    gradient: Callable[[Floats], Floats]
    curvature: Callable[[Floats], Floats]
    gap: Callable[[Floats, Floats], float]


@dataclass(frozen=True, eq=False)
class Solved:
    """A point of the simplex and how good it is.

    Attributes:
        point: Shape ``(k,)``.
        multiplier: Price of the cost, 0 where it does not bind.
        gap: Bound of what is missing from the maximum, in nats.
        steps: Newton steps.
    """

    point: Floats
    multiplier: float
    gap: float
    steps: int


def maximize(
    function: Concave, start: Floats, tolerance: float, /, *, costs: Floats | None = None, budget: float = np.inf
) -> Solved:
    """Maximum over the simplex, with a limit of a mean cost where one is given: primal-dual Newton steps.

    Args:
        function: What is maximized.
        start: Positive point of the simplex, with a mean cost below the budget.
        tolerance: Gap to aim at.
        costs: Cost of each coordinate, shape ``(k,)``.
        budget: Largest mean cost.

    Returns:
        The best point seen with its proved gap, which rounding may keep above the tolerance.

    References:
        Mehrotra (1992), SIAM Journal on Optimization 2; Wright (1997), Primal-Dual Interior-Point Methods, chapter 10.
    """
    limit = 0.0 if costs is None else budget
    prices = np.zeros_like(start) if costs is None else costs
    gradient = function.gradient(start)
    state = _first(start, gradient, costs, limit)
    best = Solved(start, state.price, np.inf, 0)
    for step in range(_STEPS):
        here = function.gap(state.point, gradient - state.price * (prices - limit))
        feasible = costs is None or float(prices @ state.point) <= budget * (1 + 1e-12)
        if feasible and here < best.gap:
            best = Solved(state.point, state.price, here, step)
        target = 0.1 * (float(state.point @ state.dual) + state.slack * state.price) / (len(start) + 1)
        if best.gap <= tolerance or not target > _LEAST:
            break
        move = _newton(function.curvature(state.point), gradient, state, (prices, limit), target)
        if move is None:
            break
        state = _moved(state, move)
        gradient = function.gradient(state.point)
    return best


@dataclass(frozen=True, eq=False)
class _State:
    """A point with its dual variables; slack and price belong to the cost and are 0 where there is none."""

    point: Floats
    dual: Floats
    level: float
    price: float
    slack: float


def _first(point: Floats, gradient: Floats, prices: Floats | None, limit: float) -> _State:
    slack = 0.0 if prices is None else max(limit - float(prices @ point), 1e-3)
    price = 1.0 / slack if slack else 0.0
    reduced = gradient if prices is None else gradient - price * prices
    level = float(reduced.max()) + 1.0
    return _State(point, level - reduced, level, price, slack)


def _moved(state: _State, move: _State) -> _State:
    """As far along a step as everything stays positive."""
    along = min(
        _longest(state.point, move.point, state.slack, move.slack),
        _longest(state.dual, move.dual, state.price, move.price),
    )
    point = state.point + along * move.point
    return _State(
        point / point.sum(),
        state.dual + along * move.dual,
        state.level + along * move.level,
        state.price + along * move.price,
        state.slack + along * move.slack,
    )


def _newton(
    curvature: Floats, gradient: Floats, state: _State, cost: tuple[Floats, float], target: float
) -> _State | None:
    """One step towards the central path: the point, the level and the price together; None where it has no digits."""
    point, dual, (prices, limit) = state.point, state.dual, cost
    rest = gradient - state.price * prices - state.level + target / point
    sides = np.stack([rest, np.ones_like(point), prices], axis=1)
    try:
        factor = linalg.cho_factor(curvature + np.diag(dual / point), check_finite=False)
    except linalg.LinAlgError:
        return None
    free, ones, costly = linalg.cho_solve(factor, sides, check_finite=False).T
    if not state.slack:
        d_level, d_price, d_slack = float(free.sum() / ones.sum()), 0.0, 0.0
    else:
        over = limit - float(prices @ point) - state.slack
        missing = target / state.price - state.slack
        table = np.array([[ones.sum(), costly.sum()], [prices @ ones, prices @ costly + state.slack / state.price]])
        right = np.array([free.sum(), prices @ free - over + missing])
        d_level, d_price = (float(value) for value in np.linalg.solve(table, right))
        d_slack = missing - state.slack / state.price * d_price
    d_point = free - d_level * ones - d_price * costly
    return _State(d_point, (target - dual * d_point) / point - dual, d_level, d_price, d_slack)


def _longest(values: Floats, steps: Floats, value: float, step: float) -> float:
    """How far a step may go with everything positive."""
    falling = steps < 0
    most = float((-values[falling] / steps[falling]).min()) if falling.any() else np.inf
    if step < 0:
        most = min(most, -value / step)
    return min(1.0, _SHY * most)
