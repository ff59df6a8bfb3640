"""The counts of every column by group: one scan of each column for all groups."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._coding import heaviest_categories
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._counting import SMALL_ROWS, ColumnPlan, Progress
from kullback.tables.counts._leaves import Leaves, Specials, compressed
from kullback.tables.engines._axes import Axis, OrderedAxis, ValueAxis
from kullback.tables.engines._memory import MemoryTable
from kullback.tables.engines._table import Table
from kullback.tables.groups._grouping import Grouping

# Values that a small table holds in memory at a time.
_FETCHED_VALUES = 250_000
# Cells of a column for a few groups, and for many.
_CELLS, _FEWER_CELLS, _FEW_GROUPS = 256, 64, 60


@dataclass(frozen=True, eq=False)
class GroupCounts:
    """A table counted by group.

    Attributes:
        labels: What the groups are called.
        rows: Rows of each, or the sum of their weights, shape ``(groups,)``.
        columns: The counts of each column that has a distribution, with one side for each group.
    """

    labels: tuple[str, ...]
    rows: NDArray[np.float64]
    columns: tuple[ColumnCounts, ...]


def count_groups(
    table: Table, plans: Sequence[ColumnPlan], columns: Sequence[ColumnCounts], grouping: Grouping, /, *, side: int = 0
) -> GroupCounts:
    """Count all columns of a table by group, on the cells that their counts have.

    Args:
        table: The table.
        plans: Place and reading of each column.
        columns: The counts of each column without groups, in the order of the plans: they say what the cells are.
        grouping: How rows fall into groups.
        side: Which of the places in the plans, and of the axes of the grouping, are those of the table.
    """
    rows = group_sizes(table, grouping, side=side)
    return GroupCounts(grouping.labels, rows, tuple(counted_by_group(table, plans, columns, grouping, side=side)))


def group_sizes(table: Table, grouping: Grouping, /, *, side: int = 0) -> NDArray[np.float64]:
    """Rows of each group, or the sum of their weights."""
    axis = _group_axis(table, grouping, side)
    return grouping.folded(table.crosstabs((axis,), [(0,)])[0])


def counted_by_group(
    table: Table,
    plans: Sequence[ColumnPlan],
    columns: Sequence[ColumnCounts],
    grouping: Grouping,
    /,
    *,
    side: int = 0,
    progress: Progress | None = None,
) -> Iterator[ColumnCounts]:
    """The columns of `count_groups` one after the other, so that not all need be held at once."""
    axis = _group_axis(table, grouping, side)
    pairs = [
        (plan, column)
        for plan, column in zip(plans, columns, strict=True)
        if isinstance(column.body, (Leaves, Categories)) and plan.positions[side] != axis.position
    ]
    small = table.rows <= SMALL_ROWS
    size = max(1, _FETCHED_VALUES // max(table.rows, 1000)) if small else 1
    for start in range(0, len(pairs), size):
        batch = pairs[start : start + size]
        source = _fetched(table, axis, batch, side) if small else table
        axes = [axis, *(_column_axis(plan.positions[side], column) for plan, column in batch)]
        counted = source.crosstabs(axes, [(0, place) for place in range(1, len(axes))])
        for place, (counts, (plan, column)) in enumerate(zip(counted, batch, strict=True)):
            if progress is not None:
                progress(start + place + 1, len(pairs), plan.name)
            yield _grouped(column, grouping.folded(counts))


def few_cells(column: ColumnCounts, groups: int, /) -> ColumnCounts:
    """A column on as many cells as so many groups afford."""
    most = _CELLS if groups <= _FEW_GROUPS else _FEWER_CELLS
    if isinstance(column.body, Leaves):
        return replace(column, body=compressed(column.body, most))
    if isinstance(column.body, Categories):
        return replace(column, body=heaviest_categories(column.body, most))
    return column


def pair_groups(
    reference: tuple[ColumnCounts, Sequence[int]], current: tuple[ColumnCounts, Sequence[int]], /
) -> ColumnCounts:
    """Two sets of groups as the two sides of a column, to be judged like any other.

    Args:
        reference: A column counted by group, and which groups are the reference.
        current: The same column on the same cells, of the same or another table, and which groups are the current side.
    """
    bodies = [_merged(*side) for side in (reference, current)]
    column = current[0]
    if isinstance(bodies[0], Leaves) and isinstance(bodies[1], Leaves):
        return replace(column, body=_both_leaves(bodies[0], bodies[1]))
    if isinstance(bodies[0], Categories) and isinstance(bodies[1], Categories):
        return replace(column, body=_both_categories(bodies[0], bodies[1]))
    raise TypeError(f"the sides of {column.name!r} are counted in different ways")


def _group_axis(table: Table, grouping: Grouping, side: int) -> Axis:
    axis = grouping.axes[side]
    if axis is None:
        raise InputError(f"by={grouping.by!r}: {table.name!r} has no column {grouping.column!r}.")
    return axis


def _column_axis(position: int, column: ColumnCounts) -> Axis:
    if column.reading is None:
        raise TypeError(f"{column.name!r} has no reading")
    if isinstance(column.body, Leaves):
        return OrderedAxis(position, column.reading, column.body.high[:-1])
    return ValueAxis(position, column.reading, column.body.values if isinstance(column.body, Categories) else ())


def _fetched(table: Table, axis: Axis, batch: Sequence[tuple[ColumnPlan, ColumnCounts]], side: int) -> Table:
    wanted = [(plan.positions[side], plan.reading) for plan, _ in batch if plan.reading is not None]
    if isinstance(axis, (OrderedAxis, ValueAxis)):
        wanted.append((axis.position, axis.reading))
    return MemoryTable(table, wanted)


def _grouped(column: ColumnCounts, counts: NDArray[np.float64]) -> ColumnCounts:
    """The column with a side for each group: what lies outside the order or the listed values stands last."""
    natives = column.natives[-1:] * len(counts)
    if isinstance(column.body, Leaves):
        leaves = len(column.body.low)
        # Of a column without finite values there is one cell and no leaf.
        ordered, outside = counts[:, :leaves], counts[:, -4:]
        specials = tuple(Specials(*map(float, row)) for row in outside)
        finite = tuple(round(rows) for rows in ordered.sum(axis=1).tolist())
        unknown = (float("nan"),) * len(counts)
        body: Leaves | Categories = Leaves(column.body.low, column.body.high, ordered, specials, unknown, finite)
    elif isinstance(column.body, Categories):
        known, rest, missing = counts[:, :-2], counts[:, -2], counts[:, -1]
        rows = tuple(round(each) for each in (known.sum(axis=1) + rest).tolist())
        seen = (known > 0).sum(axis=1) + (rest > 0)
        body = Categories(column.body.values, known, rest, missing, rows, tuple(seen.tolist()))
    else:
        raise TypeError(f"{column.name!r} has no distribution")
    return replace(column, natives=natives, body=body, units=None)


def _merged(column: ColumnCounts, groups: Sequence[int]) -> Leaves | Categories:
    """Some sides of a column as one."""
    chosen = list(groups)
    body = column.body
    if isinstance(body, Leaves):
        specials = [body.specials[group] for group in chosen]
        return Leaves(
            body.low,
            body.high,
            body.counts[chosen].sum(axis=0, keepdims=True),
            (
                Specials(
                    sum(each.null for each in specials),
                    sum(each.nan for each in specials),
                    sum(each.negative_infinity for each in specials),
                    sum(each.positive_infinity for each in specials),
                ),
            ),
            (sum(body.totals[group] for group in chosen),),
            (sum(body.finite[group] for group in chosen),),
        )
    if not isinstance(body, Categories):
        raise TypeError(f"{column.name!r} has no distribution")
    counts = body.counts[chosen].sum(axis=0, keepdims=True)
    rest = body.rest[chosen].sum(keepdims=True)
    return Categories(
        body.values,
        counts,
        rest,
        body.missing[chosen].sum(keepdims=True),
        (sum(body.rows[group] for group in chosen),),
        (int((counts > 0).sum() + (rest > 0).sum()),),
    )


def _both_leaves(first: Leaves, second: Leaves) -> Leaves:
    return Leaves(
        first.low,
        first.high,
        np.concatenate([first.counts, second.counts]),
        first.specials + second.specials,
        first.totals + second.totals,
        first.finite + second.finite,
    )


def _both_categories(first: Categories, second: Categories) -> Categories:
    counts = np.concatenate([first.counts, second.counts])
    # What neither side holds would be listed as a value of theirs.
    held = counts.sum(axis=0) > 0
    return Categories(
        tuple(value for value, kept in zip(first.values, held, strict=True) if kept),
        counts[:, held],
        np.concatenate([first.rest, second.rest]),
        np.concatenate([first.missing, second.missing]),
        first.rows + second.rows,
        first.distinct + second.distinct,
    )
