"""Units: rows that belong together (days, users, stores, samples) and count as one in every statement of chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.tables._results import Units
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._cells import Cells
from kullback.tables.counts._leaves import Leaves
from kullback.tables.counts._reading import CATEGORY, Reading
from kullback.tables.engines._axes import Axis, OrderedAxis, ValueAxis
from kullback.tables.engines._table import Table, UnitKey

# Fewer units a side say nothing about how units differ: of six and six there are 924 ways to deal them.
LEAST_UNITS = 6
# More units than this are taken together by a hash of their names: that many independent groups say all there is to
# say about spread, and memory does not grow with the number of units.
MOST_GROUPS = 512


@dataclass(frozen=True, eq=False)
class UnitCounts:
    """Counts of a column by unit over its cells.

    Attributes:
        cells: The cells.
        reference: Rows or weights, shape ``(groups, cells)``.
        current: Likewise; the same group in the same row.
    """

    cells: Cells
    reference: NDArray[np.float64]
    current: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class UnitGroups:
    """How the rows of both tables are taken together.

    Attributes:
        units: What is said of them.
        keys: The key of the reference and of the current table.
    """

    units: Units
    keys: tuple[UnitKey, UnitKey]


def group_units(left: Table, right: Table, columns: tuple[str, ...], /) -> UnitGroups:
    """Look at the units of two tables.

    Raises:
        InputError: If rows have no unit, or there are too few units to tell how they differ.
    """
    sides = (left, right)
    found = [side.heaviest(side.unit or 0, CATEGORY, MOST_GROUPS) for side in sides]
    named = " and ".join(repr(column) for column in columns)
    for side, units in zip(sides, found, strict=True):
        without = side.rows - units.rows
        if without:
            raise InputError(
                f"{without:,} of {side.rows:,} rows of {side.name!r} have NULL in the unit {named}: every row needs a "
                "unit. Filter these rows with where, or fill them in."
            )
        if units.distinct < LEAST_UNITS:
            raise InputError(
                f"{side.name!r} has {units.distinct} units of {named}; at least {LEAST_UNITS} a side are needed to see "
                "how much units differ by chance. Take smaller units, or compare rows without unit and read the result "
                "as a description of these units alone."
            )
    names = [dict.fromkeys(units.values) for units in found]
    union = dict.fromkeys(sorted(names[0] | names[1], key=lambda name: name.encode("utf-8", "replace")))
    if len(union) <= MOST_GROUPS and all(units.distinct == len(units.values) for units in found):
        codes = {name: place for place, name in enumerate(union)}
        shared = len(names[0].keys() & names[1].keys())
        keys = UnitKey(len(codes), codes), UnitKey(len(codes), codes)
    else:
        together = left.shared(right, left.unit or 0, right.unit or 0, CATEGORY)
        if together is None:
            raise InputError(
                f"the units {named} of {left.name!r} and {right.name!r} are too many to be matched between two "
                "engines: bring both tables into one."
            )
        shared = together
        keys = _hashed_keys(found[0].distinct, found[1].distinct, apart=shared == 0)
    return UnitGroups(Units(columns, found[0].distinct, found[1].distinct, shared), keys)


def _hashed_keys(reference: int, current: int, *, apart: bool) -> tuple[UnitKey, UnitKey]:
    if not apart:
        # What both tables hold falls into the same group, so groups are independent.
        key = UnitKey(MOST_GROUPS, None, MOST_GROUPS)
        return key, key
    # Groups of about equally many units on both sides, so that they can be exchanged.
    share = reference / (reference + current)
    first = min(max(round(MOST_GROUPS * share), LEAST_UNITS), MOST_GROUPS - LEAST_UNITS)
    first, second = min(first, reference), min(MOST_GROUPS - first, current)
    return UnitKey(first + second, None, first), UnitKey(first + second, None, second, first)


def count_units(
    sides: Sequence[tuple[Table, int]], reading: Reading, body: Leaves | Categories, cells: Cells, groups: UnitGroups, /
) -> UnitCounts:
    """Count a column by unit over given cells of its own."""
    counted = []
    for (table, position), key in zip(sides, groups.keys, strict=True):
        axes = (key.axis(table.unit or 0), column_axis(position, reading, body, cells))
        by_unit = key.by_group(table.crosstabs(axes, [(0, 1)])[0])
        counted.append(by_unit[:, occupied_cells(body, cells)])
    return UnitCounts(cells, counted[0], counted[1])


def column_axis(position: int, reading: Reading, body: Leaves | Categories, cells: Cells, /) -> Axis:
    """Along what a column is counted on its cells."""
    if isinstance(body, Leaves):
        return OrderedAxis(position, reading, cells.edges)
    return ValueAxis(position, reading, body.values)


def occupied_cells(body: Leaves | Categories, cells: Cells, /) -> NDArray[np.int64]:
    """Which cells along `column_axis` are the cells of the column, in their order."""
    if isinstance(body, Leaves):
        ordered = int((~cells.special).sum())
        return np.array([*range(ordered), *(len(cells.edges) + 1 + place for place in cells.special_places)])
    kept = np.ones(len(body.values) + 2, dtype=bool)
    kept[-2:] = cells.truncated, bool((body.missing > 0).any())
    return np.flatnonzero(kept)
