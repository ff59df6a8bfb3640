"""By what the rows of a table fall into groups: the values of a column, or windows of time or of numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.tables._messages import Message
from kullback.tables.counts._leaves import finite_bounds
from kullback.tables.counts._reading import CATEGORY, Reading, common_reading, native_reading
from kullback.tables.engines._axes import Axis, OrderedAxis, ValueAxis
from kullback.tables.engines._kernel import KEY_INFINITY, Values
from kullback.tables.engines._table import Column, Table
from kullback.tables.groups._windows import FUNCTIONS, WEEKDAYS, Windows, make_windows, weekdays

# Groups that are compared one by one; all lighter ones are one group.
MOST_GROUPS = 1_000
# A column of floats with so few distinct values is taken as a code.
_FEW_FLOATS = 50

GroupKind = Literal["groups", "windows"]


@dataclass(frozen=True, eq=False)
class Grouping:
    """How rows fall into groups.

    Attributes:
        by: What was asked for.
        column: Name of the column.
        kind: `groups`, or `windows` where the groups follow each other in time or along a line.
        axes: Along what each table is counted; None for a table without that column.
        labels: What the groups are called.
        places: The group for each step of the axes; -1 for rows that belong to none.
        windows: The windows; None for groups.
        notes: What a reader should know of it.
    """

    by: str
    column: str
    kind: GroupKind
    axes: tuple[Axis | None, ...]
    labels: tuple[str, ...]
    places: NDArray[np.int64]
    windows: Windows | None
    notes: tuple[str, ...] = ()

    def folded(self, counts: NDArray[np.float64], /) -> NDArray[np.float64]:
        """Counts along the axis (their first) as counts by group."""
        inside = self.places >= 0
        sums = np.zeros((len(self.labels), *counts.shape[1:]))
        np.add.at(sums, self.places[inside], counts[inside])
        return sums


def group_rows(
    tables: Sequence[Table],
    by: str,
    /,
    *,
    every: str | None = None,
    readings: Mapping[str, Reading] | None = None,
    against: str | None = None,
) -> Grouping:
    """Find the groups of one or two tables.

    Args:
        tables: The tables; the last one must hold the column, the other may lack it.
        by: Name of a column, or ``month(COLUMN)`` and the like.
        every: Width of windows.
        readings: How columns are read, by name, where that is known.
        against: What the groups are to be held against; only with ``same`` do windows reach over both tables, and only
            with that or None do groups of the reference alone count.

    Raises:
        InputError: If there is no such column, or it does not give groups.
    """
    function, column = _asked(by, tables[-1])
    found = [next((each for each in table.columns if each.name == column), None) for table in tables]
    if found[-1] is None:
        names = ", ".join(repr(each.name) for each in tables[-1].columns[:20])
        raise InputError(f"by={by!r}: {tables[-1].name!r} has no column {column!r}. Its columns: {names}.")
    if function is not None and every is not None:
        raise InputError(f"by={by!r} names the windows already: leave every={every!r} out, or give the column alone.")
    reading = (readings or {}).get(column) or _reading(found, by)
    sides = [(table, each.position) for table, each in zip(tables, found, strict=True) if each is not None]
    if function is not None or every is not None:
        _check_ordered(reading, by, every, function)
    elif not reading.ordered or reading.kind == "numeric":
        return _by_value(by, column, reading, sides if against in (None, "same") else sides[-1:], found)
    if against != "same":
        sides = sides[-1:]
    return _by_window(by, column, reading, sides, found, function=function, every=every)


def _asked(by: str, table: Table) -> tuple[str | None, str]:
    if any(each.name == by for each in table.columns):
        return None, by
    call = re.fullmatch(r"\s*(\w+)\s*\((.*)\)\s*", by, flags=re.DOTALL)
    if call is None:
        return None, by
    if call[1].lower() not in FUNCTIONS:
        raise InputError(f"by={by!r}: {call[1]!r} is unknown; use one of {', '.join(FUNCTIONS)}, as in month(when).")
    return call[1].lower(), call[2].strip()


def _reading(found: Sequence[Column | None], by: str) -> Reading:
    natives = [native_reading(each.native) for each in found if each is not None]
    reading = common_reading(natives[0], natives[-1])
    if reading is None:
        types = " and ".join(each.native for each in found if each is not None)
        raise InputError(f"by={by!r}: the column is of different kinds in the two tables ({types}).")
    if reading.image == "none":
        raise InputError(f"by={by!r}: a column of nested or binary values gives no groups.")
    return reading


def _check_ordered(reading: Reading, by: str, every: str | None, function: str | None) -> None:
    if not reading.ordered:
        raise InputError(
            f"by={by!r} asks for windows, but the column holds {reading.kind} values: give a column of dates, times "
            "or numbers" + ("." if function else f", or leave every={every!r} out.")
        )
    if function is not None and reading.kind == "numeric":
        raise InputError(f"by={by!r}: {function} needs dates or times, but the column holds numbers: use every.")


def _by_value(
    by: str, column: str, reading: Reading, sides: Sequence[tuple[Table, int]], found: Sequence[Column | None]
) -> Grouping:
    counted = [table.heaviest(position, CATEGORY, MOST_GROUPS) for table, position in sides]
    distinct = max(side.distinct for side in counted)
    if reading.kind == "numeric" and distinct > (_FEW_FLOATS if reading.image == "float" else MOST_GROUPS):
        raise InputError(
            f"by={by!r}: a column of {distinct:,} distinct numbers gives no groups. Give the width of windows with "
            f"every, as in every='100', or take its values as names with roles={{{column!r}: 'category'}}."
        )
    weights: dict[str, float] = {}
    for side in counted:
        for value, count in zip(side.values, side.counts.tolist(), strict=True):
            weights[value] = weights.get(value, 0.0) + count
    kept = sorted(weights, key=lambda value: (-weights[value], value.encode("utf-8", "replace")))[:MOST_GROUPS]
    if reading.kind == "numeric":
        kept.sort(key=float)
    others = distinct > len(kept) or len(weights) > len(kept)
    missing = any(side.missing > 0 for side in counted)
    labels = [*kept, *([Message("all other values")] if others else []), *([Message("NULL")] if missing else [])]
    places = np.full(len(kept) + 2, -1, dtype=np.int64)
    places[: len(kept)] = np.arange(len(kept))
    if others:
        places[len(kept)] = len(kept)
    if missing:
        places[-1] = len(labels) - 1
    notes = []
    if others:
        notes.append(
            Message("the {count} heaviest groups one by one, all others taken together", count=f"{len(kept):,}")
        )
    if missing:
        notes.append(Message("rows with NULL in {column} are a group of their own", column=column))
    axes = tuple(None if each is None else ValueAxis(each.position, CATEGORY, tuple(kept)) for each in found)
    return Grouping(by, column, "groups", axes, tuple(labels), places, None, tuple(notes))


def _by_window(
    by: str,
    column: str,
    reading: Reading,
    sides: Sequence[tuple[Table, int]],
    found: Sequence[Column | None],
    *,
    function: str | None,
    every: str | None,
) -> Grouping:
    bins = [table.coarse(position, reading) for table, position in sides]
    bounds = [finite_bounds(side) for side in bins if (np.abs(side.key) < KEY_INFINITY).any()]
    if not bounds:
        raise InputError(f"by={by!r}: the column holds no finite value, so there are no windows.")
    low, high = min(each[0] for each in bounds), max(each[1] for each in bounds)
    windows = make_windows(reading, FUNCTIONS[function] if function else every, low, high)
    edges: Values = windows.edges(reading)
    count = len(windows.labels)
    places = np.append(np.arange(count), [-1, -1, -1, -1])
    labels: tuple[str, ...] = windows.labels
    notes = []
    if function is None and every is None:
        notes.append(Message("windows of {width}, chosen by the span of {column}", width=windows.width, column=column))
    if reading.zoned:
        notes.append(Message("windows begin and end by UTC"))
    if any(side.count[np.abs(side.key) >= KEY_INFINITY].sum() for side in bins):
        notes.append(Message("rows without a time or number in {column} belong to no window", column=column))
    axes = tuple(None if each is None else OrderedAxis(each.position, reading, edges) for each in found)
    if function == "weekday":
        places[:count] = weekdays(windows, reading)
        labels = tuple(Message(day) for day in WEEKDAYS)
        return Grouping(by, column, "groups", axes, labels, places, None, tuple(notes))
    return Grouping(by, column, "windows", axes, labels, places, windows, tuple(notes))
