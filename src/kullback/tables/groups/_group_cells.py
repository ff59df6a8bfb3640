"""Pairs of groups on few cells each, many pairs at once: what their divergences are judged on."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback.tables.counts._categories import Categories
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._leaves import Leaves

Counts = NDArray[np.float64]

# As in `_cells`: the cells of an interval by the rows of the smaller side, and of categories.
_ORDERED = ((12_800, 64), (6_400, 32), (800, 16), (400, 8), (200, 4))
_MOST_CELLS, _HEAVIEST, _ROWS_PER_HEAVY = 64, 19, 200.0
# A cell of which the smaller side expects fewer rows is joined with its neighbor, or with the rest.
_LEAST_EXPECTED = 5.0


@dataclass(frozen=True, eq=False)
class SideCounts:
    """A column counted by group as arrays.

    Attributes:
        cells: Rows or weights by leaf or by listed value, shape ``(groups, cells)``.
        outside: What lies outside the order, or is unlisted, and NULL; shape ``(groups, 4)`` or ``(groups, 2)``.
        ordered: Whether the cells have an order.
        single: Which of `cells` are one value each.
    """

    cells: Counts
    outside: Counts
    ordered: bool
    single: NDArray[np.bool_]

    def __sub__(self, other: "SideCounts") -> "SideCounts":
        """What is left; sums of weights may miss zero by rounding."""
        return SideCounts(_less(self.cells, other.cells), _less(self.outside, other.outside), self.ordered, self.single)

    def taken(self, groups: NDArray[np.int64], /) -> "SideCounts":
        """Some groups, in the order given."""
        return SideCounts(self.cells[groups], self.outside[groups], self.ordered, self.single)

    def total(self) -> "SideCounts":
        """All groups as one."""
        return replace(
            self, cells=self.cells.sum(axis=0, keepdims=True), outside=self.outside.sum(axis=0, keepdims=True)
        )

    @property
    def all(self) -> Counts:
        """Every cell."""
        return np.concatenate([self.cells, self.outside], axis=1)


@dataclass(frozen=True, eq=False)
class PairCells:
    """Pairs on the cells that each is judged on.

    Attributes:
        current: Effective rows of the current side, shape ``(pairs, cells)``; cells that a pair lacks are zero.
        reference: Likewise.
        merged: Pairs of which light values are merged into one cell, so that figures are lower bounds.
    """

    current: Counts
    reference: Counts
    merged: NDArray[np.bool_]


def side_counts(column: ColumnCounts, /) -> SideCounts:
    """The counts of a column as arrays, a row for each of its sides."""
    body = column.body
    if isinstance(body, Leaves):
        outside = [[each.null, each.nan, each.negative_infinity, each.positive_infinity] for each in body.specials]
        single = np.asarray(body.low == body.high, dtype=bool)
        beyond = np.array(outside, dtype=np.float64).reshape(-1, 4)
        return SideCounts(body.counts, beyond, ordered=True, single=single)
    if isinstance(body, Categories):
        single = np.ones(len(body.values), dtype=bool)
        return SideCounts(body.counts, np.column_stack([body.rest, body.missing]), ordered=False, single=single)
    raise TypeError(f"{column.name!r} has no distribution")


def pair_cells(current: SideCounts, reference: SideCounts, factors: tuple[float, float], /) -> PairCells:
    """Each pair on cells of its own: pooled quantiles of the pair, or its heaviest values and a rest.

    Args:
        current: The current side of each pair.
        reference: The reference of each, or one for all.
        factors: Effective rows per unit of weight, for reference and current side.
    """
    pairs = len(current.cells)
    p, q = current.all * factors[1], np.broadcast_to(reference.all * factors[0], (pairs, current.all.shape[1]))
    if not current.ordered:
        return _categories(p, q)
    leaves = current.cells.shape[1]
    ordered = _quantiles(p[:, :leaves], q[:, :leaves])
    nothing = np.zeros(pairs, dtype=bool)
    return PairCells(
        np.concatenate([ordered[0], p[:, leaves:]], axis=1),
        np.concatenate([ordered[1], q[:, leaves:]], axis=1),
        nothing,
    )


def _less(whole: Counts, part: Counts) -> Counts:
    left = whole - part
    left[left < 1e-9 * whole] = 0.0
    return left


def _quantiles(p: Counts, q: Counts) -> tuple[Counts, Counts]:
    pooled = p + q
    total = np.maximum(pooled.sum(axis=1, keepdims=True), 1e-300)
    smaller = np.minimum(p.sum(axis=1), q.sum(axis=1))
    cells = np.full(len(p), 2)
    for needed, size in reversed(_ORDERED):
        cells[smaller >= needed] = size
    ranks = (np.cumsum(pooled, axis=1) - pooled / 2) / total
    place = np.minimum((ranks * cells[:, None]).astype(np.int64), cells[:, None] - 1)
    place = _joined(place, _summed(pooled, place) * (smaller / total[:, 0])[:, None])
    return _summed(p, place), _summed(q, place)


def _summed(counts: Counts, place: NDArray[np.int64]) -> Counts:
    flat = place + _MOST_CELLS * np.arange(len(counts))[:, None]
    sums = np.bincount(flat.ravel(), weights=counts.ravel(), minlength=_MOST_CELLS * len(counts))
    return sums.reshape(len(counts), _MOST_CELLS).astype(np.float64)


def _joined(place: NDArray[np.int64], expected: Counts) -> NDArray[np.int64]:
    """The cell of each leaf after cells that expect too few rows were joined with the next ones."""
    joined = np.zeros(expected.shape, dtype=np.int64)
    number, held = np.zeros(len(place), dtype=np.int64), np.zeros(len(place))
    left = expected.sum(axis=1)
    for cell in range(_MOST_CELLS):
        # A new cell begins where the last one holds enough, and enough is left for it.
        begins = (held >= _LEAST_EXPECTED) & (left >= _LEAST_EXPECTED) & (expected[:, cell] > 0)
        number += begins
        held = np.where(begins, 0.0, held) + expected[:, cell]
        left = left - expected[:, cell]
        joined[:, cell] = number
    taken: NDArray[np.int64] = np.take_along_axis(joined, place, axis=1)
    return taken


def _categories(p: Counts, q: Counts) -> PairCells:
    pooled = p + q
    values = p.shape[1] - 2
    smaller = np.minimum(p.sum(axis=1), q.sum(axis=1))
    expected = pooled * (smaller / np.maximum(pooled.sum(axis=1), 1e-300))[:, None]
    # Unlisted values have a cell of their own only together with the light ones; NULL always has.
    order = np.argsort(-expected[:, :values], axis=1, kind="stable")
    ranked = np.take_along_axis(expected[:, :values], order, axis=1)
    few = (expected[:, :values] > 0).sum(axis=1) <= _HEAVIEST
    kept = np.where(few, _HEAVIEST, np.maximum((ranked >= _ROWS_PER_HEAVY).sum(axis=1), _HEAVIEST))
    kept = np.minimum(np.minimum(kept, (ranked >= _LEAST_EXPECTED).sum(axis=1)), _MOST_CELLS - 2)
    stays = np.arange(values)[None, :] < kept[:, None]
    width = int(kept.max(initial=0))
    sides = []
    for counts in (p, q):
        sorted_counts = np.take_along_axis(counts[:, :values], order, axis=1)
        rest = np.where(stays, 0.0, sorted_counts).sum(axis=1) + counts[:, values]
        sides.append(np.column_stack([np.where(stays, sorted_counts, 0.0)[:, :width], rest, counts[:, values + 1]]))
    merged = (np.where(stays, 0.0, ranked) > 0).sum(axis=1) + (pooled[:, values] > 0) > 1
    merged |= pooled[:, values] > 0
    return PairCells(sides[0], sides[1], merged)
