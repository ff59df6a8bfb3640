"""What becomes of a sequential test, exactly: the walk of the log likelihood ratio between two bounds."""

from dataclasses import dataclass, field

import numpy as np
from scipy import special

from kullback.decisions.hypotheses._outcomes import Floats

# Values that differ by rounding alone are one state, and a value at a bound has reached it.
TIE = 1e-9
# What is left then changes no digit.
_REST = 1e-17
_MOST_STATES = 50_000
_MOST_WORK = 30_000_000
_MOST_ROWS = 20_000
_NODES_PER_STEP = 12
_MOST_NODES = 1500


@dataclass(frozen=True, eq=False)
class Walk:
    """How a sequential test ends under one truth.

    Attributes:
        reject: Chance of ending with the null hypothesis rejected.
        rows: Mean number of rows.
        method: How it was computed.
        unfinished: Chance of going on after 0, 1, 2, … rows, where it is known.
    """

    reject: float
    rows: float
    method: str
    unfinished: Floats | None = field(default=None, repr=False)


def finite_walk(steps: Floats, chances: Floats, low: float, high: float, /, *, most: int | None = None) -> Walk | None:
    """The walk of finitely many different steps, state after state; None where there are too many states.

    Args:
        steps: Log likelihood ratios of the outcomes, shape ``(k,)``; infinite ones end the walk.
        chances: Their probabilities under the truth.
        low: Lower bound, negative.
        high: Upper bound, positive.
        most: Rows after which the sign of the ratio decides; None for no such end.
    """
    steps, chances = steps[chances > 0], chances[chances > 0]
    finite = np.abs(steps[np.isfinite(steps)])
    scale = float(finite.max()) if len(finite) else 1.0
    if scale == 0.0 and most is None and np.isfinite(steps).all():
        return None
    slack = TIE * (scale or 1.0)
    value, mass = np.zeros(1), np.ones(1)
    reject, work, left = 0.0, 0, [1.0]
    while left[-1] > _REST and (most is None or len(left) <= most):
        work += len(value) * len(steps)
        if len(value) > _MOST_STATES or work > _MOST_WORK or len(left) > _MOST_ROWS:
            return None
        after, chance = (value[:, None] + steps).ravel(), (mass[:, None] * chances).ravel()
        reject += float(chance[after >= high - slack].sum())
        alive = (after > low + slack) & (after < high - slack)
        value, mass = _merged(after[alive], chance[alive], slack)
        left.append(float(mass.sum()))
    if most is not None:
        reject += float(mass[value > 0].sum())
        left = [*left[:most], 0.0]
    return Walk(reject, float(np.sum(left)), "exact recursion over states", np.array(left))


def _merged(value: Floats, mass: Floats, slack: float) -> tuple[Floats, Floats]:
    if len(value) == 0:
        return value, mass
    order = np.argsort(value)
    value, mass = value[order], mass[order]
    first = np.concatenate([[0], np.flatnonzero(np.diff(value) > slack) + 1])
    return value[first], np.add.reduceat(mass, first)


def normal_walk(mean: float, scale: float, low: float, high: float, /) -> Walk | None:
    """The walk of normal steps, by the integral equations of the chance and the rows; None where steps are too fine.

    References:
        Kemp (1958), Journal of the Royal Statistical Society B 20; Page (1954), Biometrika 41.
    """
    count = int(_NODES_PER_STEP * (high - low) / scale) + 40
    if count > _MOST_NODES:
        return None
    nodes, weights = np.polynomial.legendre.leggauss(count)
    half = (high - low) / 2
    nodes, weights = low + half * (nodes + 1), half * weights
    points = np.append(nodes, 0.0)
    away = (nodes - points[:, None] - mean) / scale
    kernel = np.exp(-0.5 * away**2) / (scale * np.sqrt(2 * np.pi)) * weights
    at_once = np.stack([special.ndtr((points + mean - high) / scale), np.ones(count + 1)], axis=1)
    inner = np.linalg.solve(np.eye(count) - kernel[:-1], at_once[:-1])
    reject, rows = at_once[-1] + kernel[-1] @ inner
    return Walk(float(reject), float(rows), "integral equation")


def wald_walk(root: float, drift: float, second: float, low: float, high: float, /) -> Walk:
    r"""Wald's approximation, which takes the walk to end on a bound and not beyond it.

    Args:
        root: The h other than 0 with $E e^{hL} = 1$ for the log likelihood ratio L of one row; 0 where the drift is 0.
        drift: Mean of L.
        second: Mean of the square of L.
        low: Lower bound.
        high: Upper bound.

    References:
        Wald (1947), Sequential Analysis, equations 3:43 and 3:57.
    """
    if abs(root) * (high - low) < 1e-8:
        reject = -low / (high - low)
        return Walk(reject, -low * high / second, "Wald's approximation")
    reject = float(np.expm1(root * low) / (np.expm1(root * low) - np.expm1(root * high)))
    if root > 0:
        reject = float(np.exp(-root * high) * -np.expm1(root * low) / -np.expm1(root * (low - high)))
    return Walk(reject, (reject * high + (1 - reject) * low) / drift, "Wald's approximation")
