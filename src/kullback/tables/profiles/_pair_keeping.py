"""Which pairs of columns a profile is to keep, and their counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from kullback._core import InputError
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._coding import code_column, thinned
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._counting import ColumnPlan
from kullback.tables.counts._leaves import Leaves
from kullback.tables.engines._axes import OrderedAxis, ValueAxis
from kullback.tables.engines._table import Table
from kullback.tables.pairs._dependence import named_pairs, pair_cells
from kullback.tables.pairs._pair_counts import split_cells
from kullback.tables.profiles._kept_pairs import KeptCells, KeptPairs, count_cells
from kullback.tables.profiles._privacy import Privacy
from kullback.tables.profiles._profile import Profile


@dataclass(frozen=True)
class WantedPairs:
    """The pairs of columns that a profile is asked to keep: every column with the target, and the given ones."""

    target: str | None
    pairs: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that were named."""
        return tuple(dict.fromkeys((*(() if self.target is None else (self.target,)), *chain(*self.pairs))))


def wanted_pairs(target: str | None, pairs: Sequence[tuple[str, str]], privacy: Privacy, /) -> WantedPairs:
    """What was asked for.

    Raises:
        InputError: If `pairs` is no list of pairs of names, or values are to be suppressed besides.
    """
    if isinstance(pairs, (bool, int)):
        raise InputError(
            f"pairs is {pairs!r}; a profile keeps the pairs that it is told, as in pairs=[('carrier', 'origin')]."
        )
    wanted = WantedPairs(target, named_pairs(pairs))
    if wanted.names and privacy != Privacy():
        raise InputError(
            "target and pairs keep cells of two columns, of which few rows may be alone: they do not go together with "
            "suppress_below or text_length. Leave one or the other out."
        )
    return wanted


def keep_pairs(
    table: Table,
    plans: Sequence[ColumnPlan],
    columns: Sequence[ColumnCounts],
    wanted: WantedPairs,
    stored: Profile | None,
    /,
) -> KeptPairs:
    """Count the wanted pairs of a table.

    Args:
        table: The table.
        plans: Place of each column, the last one being that in the table.
        columns: The counts of each column, in the same order.
        wanted: Which pairs.
        stored: On whose cells to count; None for cells of its own.

    Raises:
        InputError: If a named column is not there or has no distribution.
    """
    if not wanted.names:
        return KeptPairs()
    cells = _cells(columns, wanted, stored or table)
    _check_names(table.name, wanted, [column.name for column in columns], cells)
    with_target = () if wanted.target is None else ((name, wanted.target) for name in cells if name != wanted.target)
    chosen = list(dict.fromkeys((*with_target, *wanted.pairs)))
    if not chosen:
        raise InputError(f"no column of {table.name!r} besides the target {wanted.target!r} has a distribution.")
    # Either order is one pair.
    chosen = [(x, y) for place, (x, y) in enumerate(chosen) if (y, x) not in chosen[:place]]
    axes = {plan.name: cells[plan.name].axis(plan.positions[-1]) for plan in plans if plan.name in cells}
    found = count_cells(table, [(axes[x], axes[y]) for x, y in chosen])
    return KeptPairs(cells, dict(zip(chosen, found, strict=True)))


def _cells(columns: Sequence[ColumnCounts], wanted: WantedPairs, holder: Profile | Table) -> dict[str, KeptCells]:
    """The cells of every column that is in a pair and has a distribution."""
    stored = holder if isinstance(holder, Profile) else None
    sources = {column.name: column for column in (columns if stored is None else stored.columns)}
    known: Mapping[str, KeptCells] = {} if stored is None else stored.pairs.cells
    rows = holder.effective_rows
    most = pair_cells(rows) if wanted.target is None else split_cells(rows)
    cells = {}
    for column in columns:
        if wanted.target is None and column.name not in wanted.names:
            continue
        source = sources[column.name]
        own = known[column.name] if column.name in known else _own_cells(source, rows / holder.weight, most)
        read = None if own is None or column.body is None else own.as_read(column.reading)
        if read is not None:
            cells[column.name] = read
    return cells


def _own_cells(column: ColumnCounts, factor: float, most: int) -> KeptCells | None:
    body = column.body
    if column.reading is None or not isinstance(body, (Leaves, Categories)):
        return None
    coding = code_column(replace(column, body=_twice(body)), (0,), factors=(factor, factor), most=most)
    if coding is None:
        return None
    (axis,) = thinned(coding).axes
    if isinstance(axis, OrderedAxis):
        return KeptCells(column.reading, axis.edges)
    return KeptCells(column.reading, None, axis.values if isinstance(axis, ValueAxis) else ())


def _twice(body: Leaves | Categories) -> Leaves | Categories:
    """A side beside itself, as cells are made for two."""
    counts = np.repeat(body.counts, 2, axis=0)
    if isinstance(body, Categories):
        rest, missing = np.repeat(body.rest, 2), np.repeat(body.missing, 2)
        rows, distinct = body.rows * 2, body.distinct * 2
        return replace(body, counts=counts, rest=rest, missing=missing, rows=rows, distinct=distinct, unknown=None)
    specials, totals = body.specials * 2, body.totals * 2
    return replace(body, counts=counts, specials=specials, totals=totals, finite=body.finite * 2, unknown=None)


def _check_names(table: str, wanted: WantedPairs, names: Sequence[str], cells: Mapping[str, KeptCells]) -> None:
    for name in wanted.names:
        what = "target" if name == wanted.target else "pairs"
        if name not in names:
            listed = ", ".join(repr(known) for known in names[:20])
            raise InputError(f"{what} names {name!r}, which is none of the kept columns of {table!r}: {listed}.")
        if name not in cells:
            raise InputError(
                f"{what} names {name!r}, which has no distribution in {table!r}: it is a key, nested, or has one value "
                "alone. Take a column of numbers or of values that occur again and again."
            )
