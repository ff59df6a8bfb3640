"""Where to put the first panels: dense where the laws live, growing by factors away from there."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kullback.numerics._density import Density, Floats
from kullback.numerics._panels import Panels
from kullback.numerics._tails import End

_EPS = float(np.finfo(np.float64).eps)
_GROWTH = 3.0
# 140 decades of distance: its square, of which log densities are made, does not overflow.
_FAR, _FARTHEST, _NEAREST = 322.0, 708.0, -690.0
# Between ends this close the distance from one of them has too few digits for logarithms.
_NARROW = 1e-4
_SCALES = np.pi * 8.0 ** np.arange(-28, 29)  # no mark plus or minus one of them falls on an end


def plan(laws: Sequence[Density], low: float, high: float, /) -> tuple[Panels, list[End]]:
    """The first panels between two neighboring ends of supports, and what lies beyond them.

    Args:
        laws: The laws whose marks tell where to look.
        low: Lower end, may be `-inf`.
        high: Upper end, may be `inf`.

    Returns:
        Panels that cover the domain up to its ends, and those ends.
    """
    if high - low < _NARROW * max(abs(low), abs(high)) and not any(
        low < mark < high for law in laws for mark in law.marks
    ):
        return Panels.along(np.array([low, high])), []
    marks, reach = _marks(laws, low, high)
    steps = np.diff(marks)
    reach = np.minimum(reach, np.minimum(np.append(steps, np.inf), np.append(np.inf, steps)))
    edges = [bridge(a, b, *scales) for (a, b), scales in zip(pairwise(marks), pairwise(reach), strict=True)]
    lower, first, lower_end = outward(marks[0], reach[0], low, -1.0)
    upper, last, upper_end = outward(marks[-1], reach[-1], high, 1.0)
    inner = np.unique(np.concatenate([marks, *edges, first, last]))
    return Panels.join(Panels.along(inner), lower, upper), [lower_end, upper_end]


def where(law: Density, low: float, high: float, /) -> list[float]:
    """The marks of a law inside an interval; if it has none there, the point where it has most mass."""
    inside = [mark for mark in law.marks if low < mark < high]
    low, high = max(low, law.low), min(high, law.high)
    return inside or ([_mode(law, low, high)] if low < high else [])


def _marks(laws: Sequence[Density], low: float, high: float) -> tuple[Floats, Floats]:
    """Numbers inside the domain, ascending, with the distance over which the density changes there."""
    found = [mark for law in laws for mark in where(law, low, high)]
    if np.isfinite(high - low):
        found.append(0.5 * low + 0.5 * high)
    marks = np.unique(np.array(found, dtype=np.float64))
    room = np.minimum(marks - low, high - marks)
    marks = marks[room > 64 * _EPS * np.abs(marks)]
    if not len(marks):  # all of them too close to the only end for floats to tell apart
        marks = np.array([low + max(1.0, abs(low)) if np.isfinite(low) else high - max(1.0, abs(high))])
    unit = float(np.ptp(marks)) or float(np.abs(marks).max(initial=0.0)) or 1.0
    return marks, np.minimum.reduce([_reach(law, marks, unit) for law in laws])


def _reach(law: Density, marks: Floats, unit: float) -> Floats:
    """The least distance from each mark at which the log density has changed by one."""
    base = law.log_at(marks)[:, None]
    with np.errstate(invalid="ignore"):
        still = [np.abs(law.log_at(marks[:, None] + side * unit * _SCALES) - base) < 1.0 for side in (-1.0, 1.0)]
    changed = ~(still[0] & still[1]) & np.isfinite(base)
    changed[:, -1] = True
    reach: Floats = np.maximum(unit * _SCALES[changed.argmax(axis=1)], 8 * _EPS * np.abs(marks))
    return reach


def bridge(a: float, b: float, scale_a: float, scale_b: float, /) -> Floats:
    """Edges from a to b that are as close as the scales at both ends and farther apart between."""
    return np.concatenate([[a], a + _ladder(scale_a, (b - a) / 2), b - _ladder(scale_b, (b - a) / 2)[::-1], [b]])


def outward(mark: float, reach: float, end: float, side: float, /) -> tuple[Panels, Floats, End]:
    """Logarithmic panels from the outermost mark to an end, and the plain edges before them."""
    if np.isinf(end):
        start = float(np.log(reach))
        # A law of whole numbers may live at the scale of its mark, however little it changes from one to the next.
        stop = min(float(np.log(max(reach, abs(mark)))) + _FAR, _FARTHEST)
        edges = _growing(start, stop)
        return Panels.along(edges, mark, side), np.array([mark + side * reach]), End(mark, side, stop, 1.0, 32.0)
    room = abs(end - mark)
    before = mark + side * _ladder(reach, room / 2)
    start = float(np.log(abs(end - before[-1]) if len(before) else room))
    # At a distance of a hundred millionth the rounding of x costs as much as what it leaves out.
    least = max(1.5e-8 * min(abs(end), room), 16 * _EPS * abs(end))
    stop = min(float(np.log(least)) if end else _NEAREST, start - 1.0)
    panels = Panels.along(-_growing(-start, -stop)[::-1], end, -side)
    return panels, before, End(end, -side, stop, -1.0, 1.0 if end else 32.0)


def _mode(law: Density, low: float, high: float) -> float:
    """Where a law without marks has most mass: per unit of length, or of its logarithm near a finite end."""
    steps = np.exp(np.linspace(-40.0, 40.0, 161))
    if np.isfinite(high - low):
        x = low + (high - low) * (steps / (1.0 + steps))
    elif np.isfinite(low) or np.isfinite(high):
        end = low if np.isfinite(low) else high
        steps = np.unique(np.concatenate([steps, abs(end) * steps]))  # floats far from zero see large steps only
        x = low + steps if np.isfinite(low) else high - steps[::-1]
    else:
        x = np.concatenate([-steps[::-1], [0.0], steps])
    for _ in range(14):
        room = np.minimum(x - low, high - x)
        x, room = x[room > 0], room[room > 0]
        best = int(np.argmax(law.log_at(x) + np.where(np.isfinite(room), np.log(room), 0.0)))
        mode = float(x[best])
        x = np.linspace(x[max(best - 1, 0)], x[min(best + 1, len(x) - 1)], 33)
    return mode


def _ladder(scale: float, room: float) -> Floats:
    """Distances scale · 3^k below `room`."""
    count = np.ceil(np.log(room / scale) / np.log(_GROWTH)) if scale < room else 0
    distances: Floats = scale * _GROWTH ** np.arange(count)
    return distances


def _growing(start: float, stop: float) -> Floats:
    """Edges from start to stop whose distances are 1 four times, 2 four times and so on, at most 16."""
    steps = np.repeat(np.minimum(2.0 ** np.arange(60), 16.0), 4)
    edges = start + np.concatenate([[0.0], np.cumsum(steps)])
    return np.append(edges[edges < stop], stop)
