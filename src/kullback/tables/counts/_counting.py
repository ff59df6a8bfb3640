"""From tables to the counts of their columns."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import cast

import numpy as np
from numpy.typing import NDArray

from kullback.tables._messages import Message
from kullback.tables.counts._categories import Categories, counted_categories
from kullback.tables.counts._cells import make_cells
from kullback.tables.counts._columns import ColumnCounts, Keys
from kullback.tables.counts._keys import is_whole_key, seems_text_key, text_keys, whole_keys
from kullback.tables.counts._leaves import Leaves, counted_leaves, fetched_leaves, rows_of
from kullback.tables.counts._reading import Reading
from kullback.tables.counts._texts import number_note
from kullback.tables.counts._units import UnitGroups, count_units
from kullback.tables.engines._duckdb import DuckTable
from kullback.tables.engines._kernel import Values
from kullback.tables.engines._memory import MemoryTable
from kullback.tables.engines._table import Table
from kullback.tables.engines._together import AskedTable, count_together, is_batched

# Called with the number of columns done, the number of all, and the name of the one at work.
Progress = Callable[[int, int, str], None]

# Tables up to this many rows are fetched column by column, which is fastest where columns are many.
SMALL_ROWS = 50_000
_FETCHED_VALUES = 250_000
# Of tables that answer many questions at once so many values are counted one by one, side by side.
_ASKED_VALUES = 2_000_000
# A query on a wide file costs by its width, which every column would pay again: more rows are fetched of wide tables,
# and in no more batches than these.
_WIDE, _WIDE_ROWS, _MOST_BATCHES = 1_000, 100_000, 200


@dataclass(frozen=True)
class ColumnPlan:
    """What is to be counted: a column's place on each side and the reading that serves both.

    Attributes:
        name: Shown name.
        positions: Place of the column on each side.
        natives: Native types.
        reading: None where there is nothing to count.
        force: `key` or `category` where the user said so.
        notes: Remarks so far.
    """

    name: str
    positions: tuple[int, ...]
    natives: tuple[str, ...]
    reading: Reading | None
    force: str | None = None
    notes: list[str] = field(default_factory=list)


def count_columns(
    tables: Sequence[Table],
    plans: Sequence[ColumnPlan],
    /,
    *,
    groups: UnitGroups | None = None,
    progress: Progress | None = None,
) -> Iterator[ColumnCounts]:
    """Count the planned columns of one or two tables, in the order of the plans; by unit too, where there are units."""
    return run_batches(tables, plans, partial(_count, groups), progress)


def run_batches(
    tables: Sequence[Table],
    plans: Sequence[ColumnPlan],
    count: Callable[[Sequence[Table], ColumnPlan], ColumnCounts],
    progress: Progress | None,
    /,
) -> Iterator[ColumnCounts]:
    """Apply `count` to every plan, in order; an engine that runs queries side by side works at several columns.

    Counts are made a few ahead of what is taken, so that those of all columns are never held at once.
    """
    done = 0

    def advance(more: int) -> None:
        if progress is not None:
            progress(done + more, len(plans), plans[min(done + more, len(plans) - 1)].name)

    for batch, sides, near in _batches(tables, plans):
        if any(is_batched(side) for side in sides):
            columns: Iterable[ColumnCounts] = count_together(sides, batch, count, advance, exact=near)
        else:
            columns = _in_pool(sides, batch, count)
        for counted in columns:
            done += 1
            if progress is not None:
                progress(done, len(plans), counted.name)
            yield counted


def _in_pool(
    sides: Sequence[Table], batch: Sequence[ColumnPlan], count: Callable[[Sequence[Table], ColumnPlan], ColumnCounts]
) -> Iterator[ColumnCounts]:
    workers = min(side.parallel for side in sides)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        ahead: deque[Future[ColumnCounts]] = deque()
        waiting = iter(batch)
        try:
            for _ in batch:
                ahead.extend(pool.submit(count, sides, plan) for plan in islice(waiting, 2 * workers - len(ahead)))
                yield ahead.popleft().result()
        except BaseException:
            # Interrupted, or a column failed: nobody waits for the queries that are still at work.
            pool.shutdown(wait=False, cancel_futures=True)
            for side in sides:
                if isinstance(side, DuckTable):
                    side.session.interrupt()
            raise


def _batches(
    tables: Sequence[Table], plans: Sequence[ColumnPlan]
) -> Iterator[tuple[Sequence[ColumnPlan], Sequence[Table], bool]]:
    """Columns, the tables that hold them, and whether these are small.

    All columns at once where rows stay in the engine; small tables fetched a batch at a time, for flat memory.

    Tables that answer many questions at once are never fetched: of small ones they count every value.
    """
    rows = max(table.rows for table in tables)
    together = any(is_batched(table) for table in tables)
    near = rows <= (_WIDE_ROWS if len(plans) > _WIDE and not together else SMALL_ROWS)
    if not near and not together:
        yield plans, tables, near
        return
    if not together:
        size = max(1, _FETCHED_VALUES // max(rows, 1000), len(plans) // _MOST_BATCHES)
    elif near:
        size = min([_ASKED_VALUES // max(rows, 1), *(table.batch for table in tables if is_batched(table))])
    else:
        # An engine beside the one that is asked together runs no more queries at a time than by itself.
        size = min(table.batch if is_batched(table) else table.parallel for table in tables)
    for start in range(0, len(plans), size):
        batch = plans[start : start + size]
        yield batch, [_nearer(table, batch, side) if near else table for side, table in enumerate(tables)], near


def _nearer(table: Table, batch: Sequence[ColumnPlan], side: int) -> Table:
    """A small table in memory, as far as a batch of columns goes."""
    if is_batched(table):
        return table
    countable = [plan for plan in batch if plan.reading and plan.reading.image != "none"]
    return MemoryTable(table, [(plan.positions[side], plan.reading) for plan in countable if plan.reading])


def _count(groups: UnitGroups | None, tables: Sequence[Table], plan: ColumnPlan) -> ColumnCounts:
    reading = plan.reading
    notes = list(plan.notes)
    if reading is None or reading.image == "none":
        return ColumnCounts(plan.name, plan.natives, reading, None, notes)
    sides = list(zip(tables, plan.positions, strict=True))
    body: Leaves | Categories | Keys
    if reading.ordered:
        leaves = _leaves(sides, reading)
        wanted = plan.force == "key" or (plan.force is None and is_whole_key(sides, reading, leaves))
        body = whole_keys(sides, reading) if wanted else leaves
    else:
        categories = counted_categories(sides, reading)
        keyed = [seems_text_key(*side) for side in zip(categories.rows, categories.distinct, strict=True)]
        free = plan.force is None and reading.kind == "category"
        if plan.force == "key" or (free and all(keyed)):
            body = text_keys(sides, reading)
            notes += number_note(plan.name, categories.values, categories.counts.sum(axis=0))
        else:
            body = categories
            if free and any(keyed) and min(categories.rows) > 0:
                shares = [
                    distinct / max(rows, 1) for rows, distinct in zip(categories.rows, categories.distinct, strict=True)
                ]
                notes.append(
                    Message(
                        "distinct values per row: {reference} in the reference, {current} in the current table: a key "
                        "on one side only",
                        reference=f"{shares[0]:.0%}",
                        current=f"{shares[1]:.0%}",
                    )
                )
    units = None
    if groups is not None and isinstance(body, (Leaves, Categories)):
        units = count_units(
            sides,
            reading,
            body,
            make_cells(
                body,
                reading,
                factors=(tables[0].effective_rows / tables[0].weight, tables[1].effective_rows / tables[1].weight),
            ),
            groups,
        )
    return ColumnCounts(plan.name, plan.natives, reading, body, notes, units)


def _leaves(sides: list[tuple[Table, int]], reading: Reading) -> Leaves:
    # By size alone, so that a column has the same leaves in a wide table, which is fetched, and by itself.
    if not all(_is_exact(table) for table, _ in sides):
        return counted_leaves(sides, reading)
    return fetched_leaves([_small_column(table, position, reading) for table, position in sides])


def _is_exact(table: Table) -> bool:
    """Whether every distinct value is a leaf."""
    return table.rows <= SMALL_ROWS if isinstance(table, MemoryTable) else getattr(table, "exact", False)


def _small_column(
    table: Table, position: int, reading: Reading
) -> tuple[Values, NDArray[np.bool_], NDArray[np.float64] | None]:
    if isinstance(table, MemoryTable):
        return table.column(position)
    return rows_of(cast("AskedTable", table).values(position, reading))
