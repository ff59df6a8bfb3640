"""Counts of several sides, each on cells of its own, on cells that all share.

Cells that agree, or that meet no more than one cell of any other side, meet exactly. Others are cut: where a cut falls
within a cell of a side, the rows of that cell are taken as evenly spread, and how many of them may lie on the other
side of the cut is kept with the counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback.tables.counts._leaves import Leaves
from kullback.tables.engines._kernel import Values

_INT64 = np.iinfo(np.int64)
_FLOAT_MAX = float(np.finfo(np.float64).max)
# Places at which cells may be cut, for each cell that is wanted.
_CHOICE = 16


def on_common_cells(sides: Sequence[Leaves], most: int, /) -> Leaves:
    """The sides on common cells, in their order.

    Args:
        sides: Counts of one or several sides each, of one reading.
        most: Cells wanted at most where cells have to be cut; cells that meet exactly all stay.
    """
    shared = _shared_cells(sides)
    if shared is None:
        # Cells without a row say where nothing is: the others need not know them.
        sides = [_occupied(side) for side in sides]
        shared = _shared_cells(sides)
    return _cut_cells(sides, most) if shared is None else shared


def before(values: Values, /) -> Values:
    """The next smaller value of the type; the least one stays."""
    if values.dtype == np.float64:
        return np.where(values == -_FLOAT_MAX, values, np.nextafter(values.astype(np.float64), -np.inf))
    if values.dtype == object:
        return values - 1
    return np.where(values == _INT64.min, values, values - 1)


def after(values: Values, /) -> Values:
    """The next larger value of the type; the greatest one stays."""
    if values.dtype == np.float64:
        return np.where(values == _FLOAT_MAX, values, np.nextafter(values.astype(np.float64), np.inf))
    if values.dtype == object:
        return values + 1
    return np.where(values == _INT64.max, values, values + 1)


def _occupied(side: Leaves) -> Leaves:
    filled = side.counts.sum(axis=0) > 0
    if side.unknown is not None:
        filled |= side.unknown.sum(axis=0) > 0
    return replace(
        side,
        low=side.low[filled],
        high=side.high[filled],
        counts=side.counts[:, filled],
        unknown=None if side.unknown is None else side.unknown[:, filled],
    )


def _joined(
    sides: Sequence[Leaves],
    low: Values,
    high: Values,
    counts: NDArray[np.float64],
    unknown: NDArray[np.float64] | None,
) -> Leaves:
    return Leaves(
        low,
        high,
        counts,
        tuple(special for side in sides for special in side.specials),
        tuple(total for side in sides for total in side.totals),
        tuple(finite for side in sides for finite in side.finite),
        unknown if unknown is not None and unknown.any() else None,
    )


def _shared_cells(sides: Sequence[Leaves]) -> Leaves | None:
    """The sides on the union of their cells, if no cell of one meets several of another."""
    low, high = (np.concatenate([getattr(side, end) for side in sides]) for end in ("low", "high"))
    owner = np.repeat(np.arange(len(sides)), [len(side.low) for side in sides])
    if not len(low):
        return _joined(sides, low, high, np.zeros((sum(len(side.counts) for side in sides), 0)), None)
    order = np.argsort(low, kind="stable")
    reach = np.maximum.accumulate(high[order])
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = low[order][1:] > reach[:-1]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(starts) - 1
    cells = int(starts.sum())
    if len(np.unique(owner * cells + place)) < len(place):
        return None
    first = np.flatnonzero(starts)
    counts, unknown, end = [], [], 0
    for side in sides:
        start, end = end, end + len(side.low)
        counts.append(_placed(side.counts, place[start:end], cells))
        # Up to the end of a cell that a side lacks, its count is as well known as at its own end before.
        before_it = np.searchsorted(place[start:end], np.arange(cells), side="right")
        known = np.zeros_like(side.counts) if side.unknown is None else side.unknown
        unknown.append(np.column_stack([np.zeros(len(known)), known])[:, before_it])
    return _joined(
        sides, low[order][first], np.maximum.reduceat(high[order], first), np.vstack(counts), np.vstack(unknown)
    )


def _placed(counts: NDArray[np.float64], place: NDArray[np.int64], cells: int) -> NDArray[np.float64]:
    filled = np.zeros((len(counts), cells))
    filled[:, place] = counts
    return filled


@dataclass(frozen=True, eq=False)
class _Upto:
    """Counts of a side up to given cuts.

    Attributes:
        counts: Rows or weights up to each cut, shape ``(sides, cuts)``.
        unknown: By how many each may be off.
        inside: Whether the cut falls within a cell.
    """

    counts: NDArray[np.float64]
    unknown: NDArray[np.float64]
    inside: NDArray[np.bool_]


def _upto(side: Leaves, cuts: Values) -> _Upto:
    cumulative = np.column_stack([np.zeros(len(side.counts)), np.cumsum(side.counts, axis=1)])
    known = np.zeros_like(side.counts) if side.unknown is None else side.unknown
    off = np.column_stack([np.zeros(len(known)), known])
    place = np.searchsorted(side.high, cuts, side="right")
    counts, unknown = cumulative[:, place], off[:, place]
    inside = place < len(side.low)
    cell = np.where(inside, place, 0)
    inside &= np.asarray(side.low[cell] <= cuts, dtype=bool) if len(side.low) else False
    within = cell[inside]
    low, high = side.low[within], side.high[within]
    held = side.counts[:, within]
    part = held * _share_below(low, high, cuts[inside])
    # Whole rows stay whole.
    part = np.where(held == np.rint(held), np.rint(part), part)
    counts[:, inside] += part
    unknown[:, inside] = np.maximum(off[:, within], off[:, within + 1]) + np.maximum(part, held - part)
    return _Upto(counts, unknown, inside)


def _share_below(low: Values, high: Values, cuts: Values) -> NDArray[np.float64]:
    """Share of a cell's values up to a cut, as if they were evenly spread."""
    step = 0 if low.dtype == np.float64 else 1
    if step:
        # Differences of 64-bit integers may not fit into 64 bits.
        low, high, cuts = low.astype(object), high.astype(object), cuts.astype(object)
        return np.asarray((cuts - low + 1) / (high - low + 1), dtype=np.float64)
    return np.clip((cuts / 2 - low / 2) / (high / 2 - low / 2), 0.0, 1.0)


def _cut_cells(sides: Sequence[Leaves], most: int) -> Leaves:
    cuts, forced = _candidates(sides, most)
    pooled, unknown = np.zeros(len(cuts)), np.zeros(len(cuts))
    for side in sides:
        upto = _upto(side, cuts)
        pooled += upto.counts.sum(axis=0)
        unknown += upto.unknown.sum(axis=0)
    cuts = cuts[_chosen(pooled, unknown, forced, most)]
    found = [_upto(side, cuts) for side in sides]
    counts = np.vstack([np.diff(upto.counts, axis=1, prepend=0.0) for upto in found])
    off = np.vstack([upto.unknown for upto in found])
    low, high = _tightened(sides, cuts, np.any([upto.inside for upto in found], axis=0))
    # Between two cuts in the same gap lies nothing.
    kept = counts.sum(axis=0) > 0
    kept |= np.asarray(low <= high, dtype=bool) & (off > 0).any(axis=0)
    return _joined(sides, low[kept], high[kept], counts[:, kept], off[:, kept])


def _candidates(sides: Sequence[Leaves], most: int) -> tuple[Values, NDArray[np.bool_]]:
    """Where cells may be cut: at either end of each; and where they have to be: around heavy single values."""
    low, high = (np.concatenate([getattr(side, end) for side in sides]) for end in ("low", "high"))
    mass = np.concatenate([side.counts.sum(axis=0) for side in sides])
    single = np.asarray(low == high, dtype=bool)
    values, place = np.unique(low[single], return_inverse=True)
    heavy = values[np.bincount(place, weights=mass[single], minlength=len(values)) >= mass.sum() / most]
    around = np.concatenate([heavy, before(heavy)])
    cuts = np.unique(np.concatenate([before(low), high]))
    inner = np.asarray(cuts >= low.min(), dtype=bool)
    cuts = cuts[inner]
    room = _CHOICE * most
    if len(cuts) > room:
        kept = np.unique(np.linspace(0, len(cuts) - 1, room).astype(np.int64))
        cuts = np.unique(np.concatenate([cuts[kept], around[np.asarray(around >= low.min(), dtype=bool)]]))
    return cuts, np.isin(cuts, around)


def _chosen(
    pooled: NDArray[np.float64], unknown: NDArray[np.float64], forced: NDArray[np.bool_], most: int
) -> NDArray[np.int64]:
    """Of the cuts in each run of equal weight the one at which the least is unknown; the last of these, if several."""
    run = np.floor(pooled / pooled[-1] * most * (1 - 1e-12)).astype(np.int64)
    order = np.lexsort((-np.arange(len(run)), unknown, run))
    best = order[np.flatnonzero(np.diff(run[order], prepend=-1))]
    chosen = forced.copy()
    chosen[best] = True
    chosen[-1] = True
    return np.flatnonzero(chosen)


def _tightened(sides: Sequence[Leaves], cuts: Values, inside: NDArray[np.bool_]) -> tuple[Values, Values]:
    """Bounds of the cells between cuts, drawn in to where something is known to lie."""
    lows = np.unique(np.concatenate([side.low for side in sides]))
    highs = np.unique(np.concatenate([side.high for side in sides]))
    high = np.where(inside, cuts, highs[np.maximum(np.searchsorted(highs, cuts, side="right") - 1, 0)])
    following = lows[np.minimum(np.searchsorted(lows, cuts, side="right"), len(lows) - 1)]
    next_low = np.where(inside, after(cuts), following)
    low = np.concatenate([lows[:1], next_low[:-1]])
    return low, high
