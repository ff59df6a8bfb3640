"""What a profile keeps of pairs of columns: the cells of each column, and the rows by the cells of two."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback.tables._messages import Message
from kullback.tables.counts._cells import show_edges, text_label
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._common_cells import after
from kullback.tables.counts._reading import Reading
from kullback.tables.engines._axes import Axis, OrderedAxis, ValueAxis
from kullback.tables.engines._kernel import Values
from kullback.tables.engines._table import Table
from kullback.tables.profiles._profile_columns import read_values, write_counts, write_values
from kullback.tables.profiles._rereading import conversion

Floats = NDArray[np.float64]
_SPECIAL = ("NULL", "NaN", "-inf", "+inf")
# Pairs that are counted by one question to the table.
_AT_ONCE = 512
# Pairs that are named where something is said of them.
_LISTED = 10


@dataclass(frozen=True, eq=False)
class KeptCells:
    """The few cells of a column that its pairs are counted by.

    Attributes:
        reading: How its values are taken.
        edges: Of an ordered column what separates its cells: a cell ends with its edge, the last holds all above. Four
            cells for NULL, NaN, -inf and +inf follow. None for texts.
        values: Of texts those that have a cell each; one for all others and one for NULL follow.
    """

    reading: Reading
    edges: Values | None
    values: tuple[str, ...] = ()

    def axis(self, position: int, /) -> Axis:
        """Along what a table is counted whose column stands at that place."""
        if self.edges is None:
            return ValueAxis(position, self.reading, self.values)
        return OrderedAxis(position, self.reading, self.edges)

    @property
    def labels(self) -> tuple[str, ...]:
        """What is in each cell; the outermost reach as far as there are values."""
        if self.edges is None:
            return (*(text_label(value) for value in self.values), Message("all other values"), "NULL")
        if not len(self.edges):
            return (Message("all finite values"), *_SPECIAL)
        show = show_edges(self.reading, self.edges, self.edges)
        named = [show(edge) for edge in self.edges]
        alone = np.asarray(after(self.edges[:-1]) == self.edges[1:], dtype=bool)
        inside = (
            high if single else f"({low}, {high}]"
            for low, high, single in zip(named, named[1:], alone.tolist(), strict=False)
        )
        return (f"≤ {named[0]}", *inside, f"> {named[-1]}", *_SPECIAL)

    def as_read(self, reading: Reading | None, /) -> "KeptCells | None":
        """The same cells in another reading that holds the values too; None where values do not meet."""
        if reading is None or reading.image == "none" or reading.ordered != (self.edges is not None):
            return None
        if self.edges is None or reading == self.reading:
            return KeptCells(reading, self.edges, self.values)
        return KeptCells(reading, conversion(self.reading, reading)(self.edges))

    def alike(self, other: "KeptCells", /) -> bool:
        """Whether both are the same cells, so that their counts add up."""
        if self.edges is None or other.edges is None:
            return self.edges is other.edges and self.values == other.values
        return self.reading == other.reading and self.edges.tolist() == other.edges.tolist()


@dataclass(frozen=True, eq=False)
class KeptPairs:
    """Rows (or weights) of a table by the cells of two columns, for some pairs.

    Attributes:
        cells: The cells of each column by name, the same in all its pairs.
        counts: Counts of shape ``(cells of x, cells of y)`` by the names x and y.
        notes: Remarks.
    """

    cells: Mapping[str, KeptCells] = field(default_factory=dict)
    counts: Mapping[tuple[str, str], Floats] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of(self, x: str, y: str, /) -> Floats | None:
        """The counts of two columns, whichever of them was first; None where they are not kept."""
        if (x, y) in self.counts:
            return self.counts[x, y]
        return self.counts[y, x].T if (y, x) in self.counts else None

    @property
    def listing(self) -> str:
        """Which pairs there are, in words, and why others are not."""
        pairs = list(self.counts)
        shown = "; ".join(f"{x!r} with {y!r}" for x, y in pairs[:_LISTED]) or "no pairs of columns"
        more = f" and {len(pairs) - _LISTED} more" if len(pairs) > _LISTED else ""
        return f"{shown}{more}" + (f" ({'; '.join(self.notes)})" if self.notes else "")


def count_cells(table: Table, pairs: Sequence[tuple[Axis, Axis]], /) -> Iterator[Floats]:
    """Count a table by the cells of two columns, for each pair of axes."""
    for start in range(0, len(pairs), _AT_ONCE):
        chosen = pairs[start : start + _AT_ONCE]
        axes = {id(axis): axis for pair in chosen for axis in pair}
        places = {key: place for place, key in enumerate(axes)}
        yield from table.crosstabs(list(axes.values()), [(places[id(x)], places[id(y)]) for x, y in chosen])


def merged_pairs(parts: Sequence[KeptPairs], columns: Sequence[ColumnCounts], /) -> KeptPairs:
    """The pairs that all parts hold on the same cells, added; that others were dropped is noted.

    Args:
        parts: The pairs of each profile.
        columns: The columns of the whole.
    """
    readings = {column.name: column.reading for column in columns}
    cells = {name: parts[0].cells[name] for name in parts[0].cells if _same_everywhere(name, parts, readings)}
    asked = list(dict.fromkeys(pair for part in parts for pair in part.counts))
    counts: dict[tuple[str, str], Floats] = {}
    for x, y in asked:
        found = [part.of(x, y) for part in parts]
        if x in cells and y in cells and (y, x) not in counts and not any(each is None for each in found):
            counts[x, y] = np.sum([each for each in found if each is not None], axis=0)
    dropped = [(x, y) for x, y in asked if (x, y) not in counts and (y, x) not in counts]
    notes = list(dict.fromkeys(note for part in parts for note in part.notes))
    if dropped:
        notes.append(_dropped_note(dropped))
    used = {name for pair in counts for name in pair}
    return KeptPairs({name: cells[name] for name in cells if name in used}, counts, tuple(notes))


def without_pairs(kept: KeptPairs, /) -> KeptPairs:
    """Nothing of the pairs, as what is suppressed would show in them; noted where there were some."""
    if not kept.counts:
        return kept
    note = Message("pairs were dropped, as they go together with neither suppress_below nor text_length")
    return KeptPairs({}, {}, (*kept.notes, note))


def _same_everywhere(name: str, parts: Sequence[KeptPairs], readings: Mapping[str, Reading | None]) -> bool:
    first = parts[0].cells[name]
    same = all(name in part.cells and part.cells[name].alike(first) for part in parts)
    return same and first.reading == readings.get(name)


def _dropped_note(dropped: Sequence[tuple[str, str]]) -> str:
    shown = "; ".join(f"{x} with {y}" for x, y in dropped[:_LISTED])
    return Message(
        "{count} pairs were dropped in merging, as not all profiles hold them on the same cells: {pairs}",
        count=f"{len(dropped):,}",
        pairs=f"{shown}; …" if len(dropped) > _LISTED else shown,
    )


def write_pairs(kept: KeptPairs, /) -> dict[str, Any]:
    """The pairs as they stand in the file; nothing where there are none."""
    if not kept.counts and not kept.notes:
        return {}
    cells = [
        {"name": name, "values": list(each.values)}
        if each.edges is None
        else {"name": name, "edges": write_values(each.edges)}
        for name, each in kept.cells.items()
    ]
    counts = [{"x": x, "y": y, "counts": [write_counts(row) for row in found]} for (x, y), found in kept.counts.items()]
    return {"pairs": {"cells": cells, "counts": counts, "notes": list(kept.notes)}}


def read_pairs(plain: Mapping[str, Any] | None, columns: Sequence[ColumnCounts], weight: float, /) -> KeptPairs:
    """The pairs from the file, whose counts have to add up to the weight of the table.

    Raises:
        ValueError: If something is not as it was written; or any other error of plain data that are not.
    """
    if plain is None:
        return KeptPairs()
    readings = {column.name: column.reading for column in columns}
    cells = {str(each["name"]): _read_cells(each, readings[each["name"]]) for each in plain["cells"]}
    counts = {}
    for each in plain["counts"]:
        x, y = str(each["x"]), str(each["y"])
        found = np.array(each["counts"], dtype=np.float64)
        if found.shape != tuple(cells[name].axis(0).width for name in (x, y)) or not np.all(found >= 0):
            raise ValueError(f"the pair {x!r} with {y!r} needs a count for each two cells")
        if not math.isclose(float(found.sum()), weight, rel_tol=1e-6):
            raise ValueError(f"the pair {x!r} with {y!r} counts {found.sum():g} of {weight:g} rows")
        counts[x, y] = found
    return KeptPairs(cells, counts, tuple(str(note) for note in plain["notes"]))


def _read_cells(plain: Mapping[str, Any], reading: Reading | None) -> KeptCells:
    if reading is None or reading.ordered != ("edges" in plain):
        raise ValueError(f"the cells of {plain['name']!r} in pairs are not those of such a column")
    if not reading.ordered:
        return KeptCells(reading, None, tuple(str(value) for value in plain["values"]))
    edges = read_values(plain["edges"], reading)
    if not np.all(edges[:-1] < edges[1:]):
        raise ValueError(f"the edges of {plain['name']!r} in pairs must ascend")
    return KeptCells(reading, edges)
