"""A target as a weighted sum over points: panels on the line, whole numbers, or a grid in two and three dimensions."""

from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.fitting.projections._evidence import box, evidence, grid
from kullback.fitting.projections._hermite import Floats
from kullback.fitting.projections._target import GRIDDED, Target
from kullback.numerics import Density
from kullback.numerics._panels import Panels
from kullback.numerics._plan import plan
from kullback.numerics._tails import End

_GAUSS = np.polynomial.legendre.leggauss(16)
_MOST_CUTS, _MOST_PANELS = 20, 1_500
_MOST_WHOLE = 200_000
_MOST_MODES = 16
# Mass of a lattice law that is left out on each side.
_LEAST = 1e-18
# Panels are cut until their sums are right to this share, or hold less than this.
_ROUNDING, _LEAST_PANEL = 2e-14, 1e-35


@dataclass(frozen=True, eq=False)
class Nodes:
    """Points with what each stands for.

    Attributes:
        x: Shape ``(n,)``, or ``(n, d)``.
        volume: Length or volume of each, 1 for whole numbers.
        log_p: Log density of the target there.
    """

    x: Floats
    volume: Floats
    log_p: Floats

    @property
    def mass(self) -> Floats:
        """Probabilities under the target; they add up to 1 but for the error of the rule."""
        return self.volume * np.exp(self.log_p)


def target_nodes(target: Target, refined: float = 1.0, /) -> Nodes:
    """Points all over a target.

    Args:
        target: A law on the line, or in up to three dimensions.
        refined: Factor of the step of grids.

    Raises:
        InputError: It has more than three dimensions, or it is too wide for sums over whole numbers.
    """
    if target.kind == "interval" and target.side is not None:
        return line_nodes([target.side])
    if target.kind == "lattice":
        return _whole(target)
    if target.dimension > GRIDDED:
        raise InputError(f"target has {target.dimension} dimensions. Grids end at {GRIDDED}; give a law with draws.")
    low, high, step = _room(target)
    x, volume = grid(low, high, step * refined)
    return Nodes(x, np.full(len(x), volume), target.log_prob(x))


def _room(target: Target) -> tuple[Floats, Floats, float]:
    """A box that holds a target in space, and a step that is fine enough in it."""
    if target.evidence is None and target.parts is not None:
        return box(*target.parts[1:])
    found = target.evidence if target.evidence is not None else evidence(target.log_prob, target.dimension)
    if found.room is None:
        raise InputError(f"target = {target.name} has no modes that were found.")
    return found.room


def mass_between(target: Target, low: float, high: float, /) -> float:
    """Probability under a law on the line of the interval from low to high."""
    side = target.side
    if side is None or max(low, side.low) >= min(high, side.high):
        return 0.0
    low, high = max(low, side.low), min(high, side.high)
    inside = Density(side.log_prob, low, high, tuple(mark for mark in side.marks if low < mark < high))
    return float(line_nodes([inside]).mass.sum())


def line_nodes(sides: list[Density], /) -> Nodes:
    """Gauss-Legendre panels over laws on the line, cut where a density is not smooth yet."""
    edges = sorted({end for side in sides for end in (side.low, side.high)})
    planned = [plan(sides, a, b) for a, b in pairwise(edges)]
    slivers = [_sliver(end) for _, ends in planned for end in ends if end.outward < 0]
    panels, done = reduce(Panels.join, [*(part for part, _ in planned), *slivers]), []
    with np.errstate(all="ignore"):
        for _ in range(_MOST_CUTS):
            rough = _rough(sides, panels) & panels.divisible()
            if not rough.any() or len(panels) > _MOST_PANELS:
                break
            done.append(panels.pick(~rough))
            panels = panels.pick(rough).halves()
        x, volume = _spread(Panels.join(*done, panels))
        order = np.argsort(x, axis=None, kind="stable")
        x, volume = x.ravel()[order], volume.ravel()[order]
        return Nodes(x, volume, sides[0].log_at(x))


def _vertex(x: Floats, y: Floats) -> float:
    """The peak of the parabola through three points, or the middle one where there is none or they are whole."""
    if not x[0] < x[1] < x[2]:
        return float(x[1])
    left, right = (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])
    if not left > right or (np.floor(x) == x).all():
        return float(x[1])
    return float(np.clip(0.5 * (x[0] + x[1] + left * (x[2] - x[0]) / (left - right)), x[0], x[2]))


def line_modes(nodes: Nodes, /) -> list[tuple[float, float]]:
    """Modes of a density on the line with the distance in which it falls by half a nat, heaviest first."""
    x, logs = nodes.x, nodes.log_p
    heavy = logs > logs[np.isfinite(logs)].max() - 30.0
    peaks = np.flatnonzero((logs[1:-1] > logs[:-2]) & (logs[1:-1] >= logs[2:]) & heavy[1:-1]) + 1
    found = []
    for i in peaks[np.argsort(-logs[peaks])][:_MOST_MODES]:
        low = np.flatnonzero(logs[: i + 1] < logs[i] - 0.5)
        high = np.flatnonzero(logs[i:] < logs[i] - 0.5)
        reach = [x[i] - x[low[-1]]] * bool(len(low)) + [x[high[0] + i] - x[i]] * bool(len(high))
        if reach and min(reach) > 0:
            found.append((_vertex(x[i - 1 : i + 2], logs[i - 1 : i + 2]), float(min(reach))))
    return found


def _sliver(end: End) -> Panels:
    """What lies between the last logarithmic panel and a finite end."""
    return Panels.along(np.sort([end.origin, end.origin + end.sign * np.exp(end.stop)]))


def _spread(panels: Panels) -> tuple[Floats, Floats]:
    """Nodes and weights of all panels, shape ``(panels, 16)``; logarithmic ones are mapped."""
    half = 0.5 * (panels.high - panels.low)[:, None]
    u = 0.5 * (panels.low + panels.high)[:, None] + half * _GAUSS[0]
    mapped, origin, sign = (panels.sign != 0)[:, None], panels.origin[:, None], panels.sign[:, None]
    distance = np.where(mapped, np.exp(np.where(mapped, u, 0.0)), 1.0)
    return np.where(mapped, origin + sign * distance, u), half * _GAUSS[1] * distance


def _rough(sides: list[Density], panels: Panels) -> NDArray[np.bool_]:
    """Panels on which a density, its share of the entropy or of logarithms at its ends changes when they are halved."""
    whole, halves = _sums(sides, panels), _sums(sides, panels.halves())
    both = halves.reshape(*halves.shape[:2], 2, -1).sum(axis=2)
    sizes = np.maximum(whole[-1], both[-1])
    # Far from zero the rounding of x itself is noise that no cut removes.
    noise = np.maximum(1.0, np.abs(panels.low) / (panels.high - panels.low))
    return np.asarray(np.any(np.abs(whole[:-1] - both[:-1]) > _LEAST_PANEL + _ROUNDING * noise * sizes, axis=(0, 1)))


def _sums(sides: list[Density], panels: Panels) -> Floats:
    """Integrals over each panel for each law, and last the size that their rounding goes by."""
    x, volume = _spread(panels)
    rows = []
    for side in sides:
        logs = side.log_at(x)
        seen = logs > -700.0
        mass, calm = np.where(seen, volume * np.exp(logs), 0.0), np.where(seen, logs, 0.0)
        functions = [np.ones_like(x), calm, *(np.log(np.abs(x - end)) for end in (side.low, side.high) if _is_end(end))]
        functions += [np.zeros_like(x)] * (4 - len(functions))
        size = mass * (1.0 + np.max(np.abs(functions), axis=0))
        rows.append([*((mass * function).sum(axis=1) for function in functions), size.sum(axis=1)])
    return np.asarray(np.nan_to_num(np.stack([np.stack(row) for row in rows], axis=1)))


def _is_end(end: float) -> bool:
    return bool(np.isfinite(end))


def _whole(target: Target) -> Nodes:
    """All whole numbers with mass to speak of."""
    side = target.side
    low, high = (side.low, side.high) if side is not None else (0.0, np.inf)
    if not high - low <= _MOST_WHOLE:
        low, high = _window(target, low, high)
    x = np.arange(np.ceil(low), np.floor(high) + 1)
    return Nodes(x, np.ones_like(x), target.log_prob(x))


def _window(target: Target, low: float, high: float) -> tuple[float, float]:
    """Ends beyond which a lattice law has no mass."""
    marks = target.marks
    start = float(np.rint(marks[np.argmax(target.log_prob(np.rint(marks)))])) if len(marks) else 0.0
    ends = []
    for limit, sign in ((low, -1.0), (high, 1.0)):
        reach = 64.0
        while reach < _MOST_WHOLE and start + sign * reach != limit:
            far = start + sign * reach * np.array([1.0, 1.5])
            if ((sign * (far - limit) >= 0) | (target.log_prob(far) + np.log(reach) < np.log(_LEAST))).all():
                break
            reach *= 2.0
        ends.append(max(start - reach, low) if sign < 0 else min(start + reach, high))
    cut = np.array([end for end, limit in zip(ends, (low, high), strict=True) if end != limit])
    if len(cut) and target.log_prob(cut).max() + np.log(_MOST_WHOLE) > np.log(1e-9):
        raise InputError(
            f"target = {target.name} spreads over more than {_MOST_WHOLE:,} whole numbers. Its sums are too long. "
            "Project onto a family with a formula for its moments, or cut the target."
        )
    return ends[0], ends[1]
