"""Mixtures by expectation-maximization from many starts, and products column by column."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback import families as laws
from kullback._core import InputError
from kullback.estimators._options import generator
from kullback.families import Law, log_prob
from kullback.fitting.likelihood._problem import Problem, Solution, no_maximum
from kullback.fitting.likelihood._sample import Sample

Floats = NDArray[np.float64]
Fit = Callable[[Problem], Solution]
_SHORT, _LONG, _KEPT, _FEW = 15, 2000, 3, 4000
_PEAK = np.log(1e5)  # density over that of one law, for each dimension: beyond it a component has collapsed


@dataclass(frozen=True, eq=False)
class _State:
    """Where expectation-maximization stands: the laws, their log likelihood and the shares of each point."""

    weights: Floats
    parts: tuple[Law, ...]
    height: float
    shares: Floats


class _Collapsed(Exception):  # noqa: N818 - a signal inside this file
    """A component has shrunk onto a point, where the likelihood has no bound."""


def mixture(problem: Problem, kinds: tuple[type[Law], ...], fit: Fit, /) -> Solution:
    """The best maximum inside, of those that many starts reach.

    Args:
        problem: With options starts and rng.
        kinds: Families of the components.
        fit: Fits one family to weighted points.

    Note:
        The likelihood of mixtures of densities with scales has no bound where a component shrinks onto one point;
        starts that run there are dropped. Steps are extrapolated in the shares of the points (SQUAREM).

    References:
        Dempster, Laird and Rubin (1977), JRSS B 39; Varadhan and Roland (2008), Scandinavian Journal of Statistics 35.
    """
    sample, count = problem.sample, len(kinds)
    starts = problem.options.get("starts", 20)
    if isinstance(starts, bool) or not isinstance(starts, int | np.integer) or starts < 1:
        raise InputError(f"starts = {starts!r}. A whole number of at least 1 is needed, such as 20.")
    if len(np.unique(sample.points, axis=0)) < 2 * count:
        raise no_maximum(problem.kind, f"{count} components need at least {2 * count} distinct points", "Use fewer.")
    # The many starts are told apart on a part of the points; the best of them climb on all.
    few = sample.thinned(_FEW)
    peak = _peak(sample, kinds, fit)
    climb, quick = _Climb(sample, kinds, fit, peak), _Climb(few, kinds, fit, peak)
    rng = generator(problem.options.get("rng"))
    first = [_shares_of(problem.start, few)] if isinstance(problem.start, laws.Mixture) else []
    begun = [*first, *(_seeded(few, count, rng) for _ in range(int(starts) - len(first)))]
    short = [state for state in (quick.run(shares, _SHORT)[0] for shares in begun) if state is not None]
    short.sort(key=lambda state: -state.height)
    done = [
        climb.run(_responsibilities(state.weights, state.parts, sample)[0], _LONG)
        for state in _different(short)[:_KEPT]
    ]
    ends = [(state, rested) for state, rested in done if state is not None]
    if not ends:
        raise no_maximum(
            problem.kind, "from every start a component shrinks onto a point, where it has no bound", "Use fewer."
        )
    best, rested = max(ends, key=lambda end: end[0].height)
    collapsed = len(begun) - len(short) + len(done) - len(ends)
    notes = [f"best of {len(begun)} starts; another maximum may be higher"]
    if collapsed:
        notes.append(f"{collapsed} starts ran into a point, where the likelihood has no bound, and were dropped")
    return Solution(_sorted(best), "EM", rested, tuple(notes))


def _different(states: list[_State]) -> list[_State]:
    """States of different heights: equal ones lead to the same place."""
    kept: list[_State] = []
    for state in states:
        if all(abs(state.height - other.height) > 1e-9 for other in kept):
            kept.append(state)
    return kept


def _sorted(state: _State) -> laws.Mixture:
    """Components in the order of their first parameter, so that the same fit is written the same way."""
    if len({type(part) for part in state.parts}) > 1:
        return laws.Mixture(state.weights, state.parts)
    keys = [np.ravel(next(iter(part.parameters().values())))[0] for part in state.parts]
    order = np.argsort(keys, kind="stable")
    return laws.Mixture(state.weights[order], tuple(state.parts[i] for i in order))


def _peak(sample: Sample, kinds: tuple[type[Law], ...], fit: Fit) -> float:
    """How high a density may rise before it counts as collapsed."""
    dimension = sample.points.shape[1] if sample.points.ndim > 1 else 1
    tops = []
    for kind in set(kinds):
        law = fit(Problem(kind, sample, {})).law
        tops.append(float(np.max(log_prob(law, sample.points))))
    return max(tops) + float(_PEAK) * dimension


def _seeded(sample: Sample, count: int, rng: np.random.Generator) -> Floats:
    """Points to the nearest of centers drawn far from each other, as in k-means++."""
    points = sample.points.reshape(len(sample.points), -1)
    deviation = np.std(points, axis=0)
    points = points / np.where(deviation > 0, deviation, 1.0)
    mass = sample.shares()
    centers = [points[rng.choice(len(points), p=mass)]]
    nearest = np.sum((points - centers[0]) ** 2, axis=1)
    for _ in range(count - 1):
        chance = nearest * mass
        centers.append(points[rng.choice(len(points), p=chance / chance.sum())])
        nearest = np.minimum(nearest, np.sum((points - centers[-1]) ** 2, axis=1))
    distance = np.stack([np.sum((points - center) ** 2, axis=1) for center in centers], axis=1)
    hard = np.zeros((len(points), count))
    hard[np.arange(len(points)), np.argmin(distance, axis=1)] = 1.0
    return 0.98 * hard + 0.02 / count


def _shares_of(law: Any, sample: Sample) -> Floats:
    weights = np.asarray(law.weights) / np.sum(law.weights)
    return _responsibilities(weights, law.components, sample)[0]


def _responsibilities(weights: Floats, parts: tuple[Law, ...], sample: Sample) -> tuple[Floats, float]:
    with np.errstate(divide="ignore"):
        logs = np.stack(
            [np.log(w) + log_prob(part, sample.points) for w, part in zip(weights, parts, strict=True)], axis=1
        )
    top = np.max(logs, axis=1, keepdims=True)
    raised = np.exp(logs - top)
    total = np.sum(raised, axis=1, keepdims=True)
    return raised / total, sample.mean((top + np.log(total))[:, 0])


@dataclass(frozen=True, eq=False)
class _Climb:
    """Steps of expectation-maximization on the shares of the points."""

    sample: Sample
    kinds: tuple[type[Law], ...]
    fit: Fit
    peak: float

    def step(self, shares: Floats) -> _State:
        """The laws fitted to the shares, and the shares of the points under them."""
        own = np.ones(len(shares)) if self.sample.weights is None else self.sample.weights
        mass = shares * own[:, None]
        totals = mass.sum(axis=0)
        if np.any(totals < 1e-6 * totals.sum() / len(totals)):
            raise _Collapsed
        parts = tuple(self._part(kind, mass[:, i]) for i, kind in enumerate(self.kinds))
        weights = totals / totals.sum()
        moved, height = _responsibilities(weights, parts, self.sample)
        return _State(weights, parts, height, moved)

    def _part(self, kind: type[Law], mass: Floats) -> Law:
        held = mass > 0
        points = self.sample.points if held.all() else self.sample.points[held]
        mass = mass if held.all() else mass[held]
        try:
            law = self.fit(
                Problem(kind, replace(self.sample, points=points, weights=mass, size=float(mass.sum())), {})
            ).law
        except InputError as error:
            raise _Collapsed from error
        if np.max(log_prob(law, points)) > self.peak:
            raise _Collapsed
        return law

    def run(self, shares: Floats, limit: int) -> tuple[_State | None, bool]:
        """Climb to rest or to the limit; None where a component collapses."""
        try:
            here = self.step(shares)
            for _ in range(limit):
                one = self.step(here.shares)
                first = one.shares - here.shares
                if np.max(np.abs(first)) < 1e-11:
                    return one, True
                two = self.step(one.shares)
                here = self._leap(here, first, (two.shares - one.shares) - first, two)
        except _Collapsed:
            return None, False
        return here, False

    def _leap(self, here: _State, first: Floats, second: Floats, plain: _State) -> _State:
        """Extrapolate two steps, and keep the plain ones where that is lower."""
        bend = float(np.linalg.norm(second))
        length = float(np.linalg.norm(first)) / bend if bend > 0 else 1.0
        if length <= 1.0:
            return plain
        far = np.clip(here.shares + 2.0 * length * first + length * length * second, 1e-300, None)
        try:
            leapt = self.step(far / far.sum(axis=1, keepdims=True))
        except _Collapsed:
            return plain
        return leapt if leapt.height >= plain.height else plain
