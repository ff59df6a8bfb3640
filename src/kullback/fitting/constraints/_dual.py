"""The dual of a divergence under linear constraints, and the linear program that says whether they can be met."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from kullback._core import InputError, exp_gap
from kullback.fitting.constraints._points import Floats

_STEPS = 400
_EPS = float(np.finfo(np.float64).eps)


class InfeasibleError(InputError):
    """No law with finite divergence meets the constraints."""


@dataclass(frozen=True, eq=False)
class Dual:
    """The optimum.

    Attributes:
        multipliers: λ, one for each constraint.
        log_weights: Log of the tilted probabilities.
        log_normalizer: log E_q exp(λ·(f - c)), minus the divergence at the optimum.
        residuals: E_p f - c.
        steps: Newton steps taken.
    """

    multipliers: Floats
    log_weights: Floats
    log_normalizer: float
    residuals: Floats
    steps: int


@np.errstate(over="ignore", invalid="ignore")  # points of heavy tails reach beyond the squares of floats
def minimize_dual(gaps: Floats, log_weights: Floats, signs: Floats, /) -> Dual:
    r"""Minimize $\log \sum_i q_i e^{λ·g_i}$ by Newton's method with a line search, λ_j of the sign asked for.

    Args:
        gaps: g = f - c at the points, shape ``(n, k)``.
        log_weights: log q, shape ``(n,)``.
        signs: 0 for an equality, +1 for "at least" (λ ≥ 0), -1 for "at most", shape ``(k,)``.

    Returns:
        The best λ found; whether that meets the constraints is for the caller to see.
    """
    scale = np.sqrt(np.exp(log_weights) @ np.square(gaps))
    scale[~((scale > 0) & np.isfinite(scale))] = 1.0
    gaps = gaps / scale
    state = _state(gaps, log_weights, np.zeros(gaps.shape[1]))
    steps = 0
    while steps < _STEPS and state.value > -1e4:  # far below, the dual has no bottom: the constraints cannot be met
        free = (signs == 0) | (state.multipliers * signs > 0) | (state.gradient * signs < 0)
        if not free.any() or np.abs(state.gradient[free]).max() <= 4 * _EPS:
            break
        steps += 1
        found = _search(gaps, log_weights, signs, state, _newton_step(gaps, state, free))
        if found is None:
            break
        state = found
    total = log_weights + gaps @ state.multipliers
    return Dual(state.multipliers / scale, total - state.value, state.value, state.gradient * scale, steps)


class _State(NamedTuple):
    """The dual at one λ: its value, its gradient and the tilted probabilities."""

    multipliers: Floats
    value: float
    weights: Floats
    gradient: Floats


def _state(gaps: Floats, log_weights: Floats, multipliers: Floats) -> _State:
    logs = log_weights + gaps @ multipliers
    top = float(logs.max())
    mass = np.exp(logs - top)
    total = float(mass.sum())
    weights = mass / total
    return _State(multipliers, top + float(np.log(total)), weights, weights @ gaps)


def _newton_step(gaps: Floats, state: _State, free: NDArray[np.bool_]) -> Floats:
    """The step of least norm where the Hessian is singular: constraints may repeat each other."""
    gradient = state.gradient[free]
    centered = gaps[:, free] - gradient
    hessian = (centered * state.weights[:, None]).T @ centered
    move = np.zeros_like(state.multipliers)
    move[free] = -np.linalg.lstsq(hessian, gradient, rcond=1e-13)[0]
    return move


def _search(gaps: Floats, log_weights: Floats, signs: Floats, start: _State, move: Floats) -> _State | None:
    """A step that lowers the dual, or in its last digits the gradient; None where there is none."""
    for halving in range(60):
        multipliers = start.multipliers + 0.5**halving * move
        new = _state(gaps, log_weights, np.where(multipliers * signs < 0, 0.0, multipliers))
        drop = float(start.gradient @ (new.multipliers - start.multipliers))
        if new.value <= start.value + 1e-4 * drop and new.value < start.value:
            return new
        still = abs(new.value - start.value) <= 64 * _EPS * max(1.0, abs(start.value))
        free = (signs == 0) | (new.multipliers * signs > 0)
        if still and free.any() and np.abs(new.gradient[free]).max() < 0.5 * np.abs(start.gradient[free]).max():
            return new
    return None


def missed(dual: Dual, gaps: Floats, signs: Floats, log_weights: Floats, /) -> bool:
    """Whether the optimum leaves a constraint unmet, measured by the spread of its function under both laws."""
    off = np.where(signs == 0, np.abs(dual.residuals), np.maximum(-signs * dual.residuals, 0.0))
    size = np.abs(gaps)
    return bool((off > 1e-8 * (np.exp(dual.log_weights) @ size) + 1e-12 * (np.exp(log_weights) @ size)).any())


def tilted_divergence(log_weights: Floats, log_base: Floats, /) -> float:
    """D(p‖q) from logarithms, every summand p (e^-d - 1 + d) with d = log p/q, so that close laws keep their digits."""
    step = log_weights - log_base
    p = np.exp(log_weights)
    near = step > -1.0
    gap = exp_gap(np.where(near, -step, 0.0))
    return float(np.where(near, p * gap, np.exp(log_base) - p + p * step).sum())


def explain_infeasible(gaps: Floats, signs: Floats, names: list[str], targets: Floats, /) -> str | None:
    """Which constraints no law on these points can meet, in words; None where all can be met together.

    Args:
        gaps: f - c at the points with mass, shape ``(n, k)``.
        signs: As in `minimize_dual`.
        names: Of the constraints.
        targets: c, for the words.

    Returns:
        A sentence, or None.
    """
    low, high = gaps.min(axis=0), gaps.max(axis=0)
    slack = 1e-12 * np.maximum(np.abs(gaps).max(axis=0), np.abs(targets))
    for j, name in enumerate(names):
        short = signs[j] >= 0 and high[j] < -slack[j]
        above = signs[j] <= 0 and low[j] > slack[j]
        if short or above:
            word = "largest" if short else "smallest"
            end = targets[j] + (high[j] if short else low[j])
            return f"{name} = {targets[j]:.6g} cannot be met: its {word} value where q has mass is {end:.6g}"
    return _jointly(gaps, signs, names)


def _jointly(gaps: Floats, signs: Floats, names: list[str]) -> str | None:
    """The linear program with the least total slack."""
    n, k = gaps.shape
    scale = np.maximum(np.abs(gaps).max(axis=0), 1e-300)
    up, down = np.eye(k)[:, signs >= 0], -np.eye(k)[:, signs <= 0]
    equal = np.concatenate([(gaps / scale).T, up, down], axis=1)
    # A constraint of one side leaves the other open: a free surplus.
    surplus = -np.diag(signs)[:, signs != 0]
    equal = np.concatenate([equal, surplus], axis=1)
    ones = np.concatenate([np.ones(n), np.zeros(equal.shape[1] - n)])
    slacks = up.shape[1] + down.shape[1]
    cost = np.concatenate([np.zeros(n), np.ones(slacks), np.zeros(surplus.shape[1])])
    found = linprog(cost, A_eq=np.vstack([equal, ones]), b_eq=np.append(np.zeros(k), 1.0), method="highs")
    if found.status != 0 or found.fun <= 1e-9:
        return None
    left = np.abs(up @ found.x[n : n + up.shape[1]]) + np.abs(down @ found.x[n + up.shape[1] : n + slacks])
    worst = [name for name, gap in zip(names, left, strict=True) if gap > 1e-9]
    return (
        f"the constraints contradict each other: each can be met alone, not all together ({', '.join(worst)} is missed)"
    )


def refuse(sentence: str, /) -> "InfeasibleError":
    """The error for constraints that cannot be met."""
    return InfeasibleError(
        f"{sentence[0].upper()}{sentence[1:]}. No law with D(p‖q) < ∞ has these expectations. Move the targets."
    )
