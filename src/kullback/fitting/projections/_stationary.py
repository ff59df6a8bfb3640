"""All stationary points of D(q‖p) over the normal laws: many starts, descent and root finding, then Newton."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback.fitting.projections._hermite import Floats, Local, LogProb, Rule, cubature, local, moved, panels

_STEPS = 80
_POLISH = 30
# Two points are one if they are this close, in standard deviations and in logarithms of them.
_SAME = 1e-4
_FLAT = 1e-3
# Largest gradient of a point that counts as stationary after polishing; and an eigenvalue that has no sign.
_STATIONARY, _SINGULAR = 1e-7, 1e-7
_COARSE = {1: 0.2, 2: 0.45, 3: 0.75}
_FINE = {2: (0.16, 0.12, 0.08, 0.05), 3: (0.32, 0.25)}
# A rule is fine enough where the next one moves the value by no more; a start this steep is on the way to nowhere.
_AGREES, _STEEP, _STUCK = 1e-12, 0.5, 1e6


@dataclass(frozen=True, eq=False)
class Point:
    """A stationary point.

    Attributes:
        loc: Mean, shape ``(d,)``.
        factor: Lower triangular factor of the covariance, shape ``(d, d)``.
        value: D(q‖p) in nats by the rule.
        error: How far the rule may be off.
        gradient: Norm of the gradient.
        curvatures: Eigenvalues of the Hessian, ascending.
        share: Share of the starts that descend to it.
    """

    loc: Floats
    factor: Floats
    value: float
    error: float
    gradient: float
    curvatures: Floats
    share: float = 0.0

    @property
    def kind(self) -> str:
        """What the signs of the curvatures say."""
        low, high = float(self.curvatures[0]), float(self.curvatures[-1])
        if np.abs(self.curvatures).min() < _SINGULAR:
            return "degenerate"
        return "minimum" if low > 0 else "maximum" if high < 0 else "saddle"


@dataclass(frozen=True, eq=False)
class Search:
    """What is searched: the target, its dimension and kinks, and which normal laws."""

    log_prob: LogProb
    dimension: int
    marks: Floats
    diagonal: bool = False

    def local(self, loc: Floats, factor: Floats, by: Rule) -> Local:
        """Value and derivatives at a batch."""
        return local(self.log_prob, loc, factor, by, diagonal=self.diagonal)

    def moved(self, loc: Floats, factor: Floats, step: Floats) -> tuple[Floats, Floats]:
        """The batch after a step."""
        return moved(loc, factor, step, diagonal=self.diagonal)

    def fine(self, loc: Floats, factor: Floats) -> tuple[Rule, float]:
        """The rule that counts for one law, and how far its value may be off."""
        if self.dimension == 1:
            return panels(self.log_prob, float(loc[0]), float(factor[0, 0]), self.marks), 0.0
        last = np.inf
        for step in _FINE[self.dimension]:
            by = cubature(self.dimension, step)
            value = float(self.local(loc[None], factor[None], by).value[0])
            change, last = abs(value - last), value
            if not change > _AGREES:
                break
        return by, 2.0 * change


def stationary_points(search: Search, loc: Floats, factor: Floats, /) -> list[Point]:
    """Stationary points of D(q‖p), lowest first, with the share of the starts that descend to each minimum.

    Args:
        search: What is searched.
        loc: Means of the starts, shape ``(m, d)``.
        factor: Their factors, shape ``(m, d, d)``.

    Note:
        D goes to infinity at every end of the family, so minima less saddles (of odd index) plus the rest make one.
        Where they do not, the ways between the minima are searched again.
    """
    by = cubature(search.dimension, _COARSE[search.dimension])
    ends = _run(search, by, loc, factor, _descent)
    minima = _polished(search, *ends)
    points = _merged([*minima, *_polished(search, *_run(search, by, loc, factor, _root))])
    for _ in range(3):
        if euler(points) == 1:
            break
        between = _between([point for point in points if point.kind == "minimum"])
        points = _merged([*points, *_polished(search, *_run(search, by, *between, _root))])
    return [_with_share(point, ends, loc) for point in points]


def euler(points: list[Point], /) -> int:
    """Alternating sum over the indices: 1 if no stationary point is missing and none is degenerate."""
    return sum((-1) ** int((point.curvatures < 0).sum()) for point in points)


_Step = Callable[[Local, Floats], Floats]


def _descent(here: Local, damping: Floats) -> Floats:
    """Newton's step with the absolute values of the curvatures: always downhill."""
    values, vectors = np.linalg.eigh(here.hessian)
    inner = np.einsum("mji,mj->mi", vectors, here.gradient)
    inner /= np.maximum(np.abs(values), 1e-6) + damping[:, None]
    return np.asarray(-np.einsum("mij,mj->mi", vectors, inner))


def _root(here: Local, damping: Floats) -> Floats:
    """The damped step toward a zero of the gradient, of whatever kind."""
    values, vectors = np.linalg.eigh(here.hessian)
    inner = np.einsum("mji,mj->mi", vectors, here.gradient)
    inner *= values / (values**2 + damping[:, None] ** 2 + 1e-14)
    return np.asarray(-np.einsum("mij,mj->mi", vectors, inner))


def _run(search: Search, by: Rule, loc: Floats, factor: Floats, way: _Step) -> tuple[Floats, Floats]:
    """Ends of all starts after damped steps; a step that does not pay is not taken."""
    here = search.local(loc, factor, by)
    good = np.isfinite(here.value) & np.isfinite(here.hessian).all(axis=(1, 2))
    loc, factor, here = loc[good], factor[good], _pick(here, good)
    damping = np.full(len(loc), 0.1)
    for _ in range(_STEPS):
        live = np.flatnonzero((np.linalg.norm(here.gradient, axis=1) >= _FLAT) & (damping < _STUCK))
        if not len(live):
            break
        now = _pick(here, live)
        step = way(now, damping[live])
        step /= np.maximum(1.0, np.linalg.norm(step, axis=1))[:, None]
        new = search.moved(loc[live], factor[live], step)
        there = search.local(*new, by)
        with np.errstate(invalid="ignore"):
            better = _merit(there, way) < _merit(now, way)
        better &= np.isfinite(there.hessian).all(axis=(1, 2))
        damping[live] = np.where(better, damping[live] / 3.0, damping[live] * 4.0)
        took = live[better]
        loc[took], factor[took] = new[0][better], new[1][better]
        for name in ("value", "gradient", "hessian"):
            getattr(here, name)[took] = getattr(there, name)[better]
    near = np.linalg.norm(here.gradient, axis=1) < _STEEP
    return loc[near], factor[near]


def _merit(here: Local, way: _Step) -> Floats:
    return here.value if way is _descent else np.asarray(np.linalg.norm(here.gradient, axis=1))


def _pick(here: Local, chosen: NDArray[Any]) -> Local:
    return Local(here.value[chosen], here.gradient[chosen], here.hessian[chosen])


def _polished(search: Search, loc: Floats, factor: Floats) -> list[Point]:
    """Every distinct end by Newton's method with the fine rule; what is no stationary point falls away."""
    found: list[Point] = []
    seen: list[tuple[Floats, Floats]] = []
    for start in zip(loc, factor, strict=True):
        if any(_distance(start, other) < 0.02 for other in seen):
            continue
        seen.append(start)
        point = newton(search, *start)
        if point is not None:
            found.append(point)
    return _merged(found)


def newton(search: Search, loc: Floats, factor: Floats, /) -> Point | None:
    """Newton's method from one start to the last digits; None where it does not end in a stationary point."""
    best, (by, error) = np.inf, search.fine(loc, factor)
    for _ in range(_POLISH):
        here = search.local(loc[None], factor[None], by)
        size = float(np.linalg.norm(here.gradient))
        if not np.isfinite(size) or size > 10.0:
            return None
        if size >= 0.5 * best and best < 1e-11:
            break
        best = min(best, size)
        step = _root(here, np.zeros(1)) if size < 1e-2 else _root(here, np.full(1, 0.01))
        length = float(np.linalg.norm(step))
        step /= max(1.0, 2.0 * length)
        (loc,), (factor,) = search.moved(loc[None], factor[None], step)
        if search.dimension == 1 and length > 1e-6:
            by, error = search.fine(loc, factor)
    here = search.local(loc[None], factor[None], by)
    size = float(np.linalg.norm(here.gradient))
    if not size < _STATIONARY:
        return None
    value = float(here.value[0])
    return Point(loc, factor, value, error + 1e-15 * (10.0 + abs(value)), size, np.linalg.eigvalsh(here.hessian[0]))


def _distance(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> float:
    """How far two normal laws are apart, in standard deviations of the first."""
    shift = np.linalg.solve(a[1], b[0] - a[0])
    turn = np.linalg.solve(a[1], b[1]) - np.eye(len(shift))
    return float(np.sqrt((shift**2).sum() + (turn**2).sum()))


def _merged(points: list[Point]) -> list[Point]:
    """Sorted by value, one of each."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda point: (round(point.value, 12), *point.loc.tolist())):
        if all(_distance((point.loc, point.factor), (other.loc, other.factor)) > _SAME for other in kept):
            kept.append(point)
    return kept


def _between(minima: list[Point]) -> tuple[Floats, Floats]:
    """Starts on the ways between all pairs of minima, where saddles are."""
    pairs = [(a, b, t) for i, a in enumerate(minima) for b in minima[:i] for t in np.linspace(0.05, 0.95, 19)]
    if not pairs:
        d = len(minima[0].loc) if minima else 1
        return np.zeros((0, d)), np.zeros((0, d, d))
    loc = np.array([(1 - t) * a.loc + t * b.loc for a, b, t in pairs])
    factor = np.array([(1 - t) * a.factor + t * b.factor for a, b, t in pairs])
    return loc, factor


def _with_share(point: Point, ends: tuple[Floats, Floats], starts: Floats) -> Point:
    if point.kind != "minimum":
        return point
    here = (point.loc, point.factor)
    count = sum(_distance(here, end) < 0.05 for end in zip(*ends, strict=True))
    values = {name: getattr(point, name) for name in ("loc", "factor", "value", "error", "gradient", "curvatures")}
    return Point(**values, share=count / max(len(starts), 1))
