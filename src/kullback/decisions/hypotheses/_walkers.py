"""The walk of a sequential test under any law between its two hypotheses, by whatever way there is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize

from kullback.decisions.hypotheses._chernoff import path_between
from kullback.decisions.hypotheses._inputs import are_arrays, one_law
from kullback.decisions.hypotheses._outcomes import (
    Floats,
    Outcomes,
    TooHeavy,
    is_countable,
    outcomes_of_arrays,
    outcomes_of_laws,
)
from kullback.decisions.hypotheses._paths import Path, path_of_outcomes, summit
from kullback.decisions.hypotheses._walks import Walk, finite_walk, normal_walk, wald_walk
from kullback.families import LogNormal, Normal

_NAMES = ("null", "alternative")
_STEP = 1e-4
# The path of laws on the same outcomes begins and ends with mass 1.
_LOST = 1e-9


@dataclass(frozen=True, eq=False)
class Walkers:
    """What is known of the log likelihood ratio of a row.

    Attributes:
        path: Its exponent along the laws between the hypotheses; the weight is that of the null.
        outcomes: The two laws, where outcomes can be listed.
        shift: Distance of the means in standard deviations, for normal laws of one scale.
    """

    path: Path | None
    outcomes: Outcomes | None
    shift: float | None

    @property
    def listed(self) -> bool:
        """Whether outcomes can be listed."""
        return self.outcomes is not None

    def at(
        self, position: float, *, bounds: tuple[float, float], truncate: int | None
    ) -> tuple[Walk | None, Walk | None]:
        """The walk at a position from null (0) to alternative (1): by Wald, and exactly; None where it cannot be."""
        exact = None
        if self.outcomes is not None:
            chances = _between(self.outcomes, position)
            exact = finite_walk(self.outcomes.log_ratio, chances, *bounds, most=truncate)
        elif self.shift is not None:
            drift = (position - 0.5) * self.shift**2
            exact = normal_walk(drift, self.shift, *bounds)
        return _by_wald(self.path, position, *bounds), exact


def walkers_of(null: Any, alternative: Any, /) -> Walkers:
    """Read two hypotheses."""
    if are_arrays(null, alternative, _NAMES):
        outcomes = outcomes_of_arrays(null, alternative, _NAMES)
        return Walkers(path_of_outcomes(outcomes), outcomes, None)
    p, q = one_law(null, _NAMES[0]), one_law(alternative, _NAMES[1])
    path = path_between(null, alternative, _NAMES)
    if is_countable(p) and is_countable(q):
        try:
            return Walkers(path, outcomes_of_laws(p, q), None)
        except TooHeavy:
            return Walkers(path, None, None)
    for kind in (Normal, LogNormal):
        if isinstance(p, kind) and isinstance(q, kind) and float(p.scale) == float(q.scale):
            return Walkers(path, None, float(abs(q.loc - p.loc) / p.scale))
    return Walkers(path, None, None)


def _between(outcomes: Outcomes, position: float) -> Floats:
    """Probabilities proportional to null^(1-t) alternative^t."""
    if position in {0.0, 1.0}:
        return outcomes.q if position else outcomes.p
    with np.errstate(invalid="ignore"):
        logs = np.where(np.isfinite(outcomes.log_ratio), outcomes.log_p + position * outcomes.log_ratio, -np.inf)
    if not np.isfinite(logs).any():
        return 0.5 * (outcomes.p + outcomes.q)
    return np.asarray(np.exp(logs - np.logaddexp.reduce(logs)))


def _by_wald(path: Path | None, position: float, low: float, high: float) -> Walk | None:
    """Wald's approximation; None where rows that one hypothesis forbids end the walk far beyond its bounds."""
    if path is None or max(path.exponent(0.0), path.exponent(1.0)) > _LOST:
        return None
    weight = 1.0 - position
    drift = path.slope(weight)
    inside = min(max(weight, _STEP), 1 - _STEP)
    variance = (path.slope(inside - _STEP) - path.slope(inside + _STEP)) / (2 * _STEP)
    return wald_walk(_root(path, weight), drift, variance + drift**2, low, high)


def _root(path: Path, weight: float) -> float:
    """How far the other law is that has the same exponent: 1 from the null, -1 from the alternative."""
    if weight in {0.0, 1.0}:
        return 1.0 if weight else -1.0
    top, _ = summit(path)
    here = path.exponent(weight)
    end = 0.0 if weight > top else 1.0
    if abs(weight - top) < 1e-6 or (path.exponent(end) - here) * (path.exponent(top) - here) >= 0:
        return 0.0
    other = float(optimize.brentq(lambda s: path.exponent(s) - here, *sorted((top, end)), xtol=1e-12))
    return weight - other
