"""Columns counted two by two on both sides: what splits by a target and changes of dependence are judged from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback.tables._work import Work
from kullback.tables.counts._coding import Coding
from kullback.tables.counts._units import UnitGroups
from kullback.tables.engines._axes import Axis
from kullback.tables.pairs._two_way import TwoWay
from kullback.tables.verdicts._statistics import Rules

Floats = NDArray[np.float64]
# Cells of a column at most: by the effective rows of the smaller side, as more cells see finer changes and hide coarse
# ones in noise.
_MOST_CELLS, _FEWER_CELLS, _MANY_ROWS = 20, 8, 10_000
# Pairs that are counted by one question to the table; by unit their counts are larger.
_AT_ONCE, _AT_ONCE_BY_UNIT = 512, 16


@dataclass(frozen=True)
class CodedColumn:
    """A column as cells: its name, what its values are, and what is in each cell."""

    name: str
    kind: str
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CountedPair:
    """Rows (or weights) of both sides by the cells of two columns, as they were counted.

    Attributes:
        x: The first column.
        y: The second column.
        reference: Counts of shape ``(x, y)``; with units ``(units, x, y)``.
        current: Likewise; the same unit in the same place.
    """

    x: CodedColumn
    y: CodedColumn
    reference: Floats
    current: Floats

    def effective(self, rules: Rules, /) -> TwoWay:
        """The counts as effective rows."""
        return TwoWay(self.reference * rules.factors[0], self.current * rules.factors[1])

    @property
    def tables(self) -> tuple[NDArray[np.int64] | Floats, NDArray[np.int64] | Floats]:
        """Current and reference counts of shape ``(x, y)``: integers if they are whole, so that figures are exact."""
        sides = (side if side.ndim == 2 else side.sum(axis=0) for side in (self.current, self.reference))
        current, reference = (_whole(side) for side in sides)
        return current, reference


def fitting_cells(work: Work, /) -> int:
    """Cells of a column at most, for what is judged from pairs of columns."""
    return split_cells(min(table.effective_rows for table in work.tables))


def split_cells(rows: float, /) -> int:
    """Cells of a column at most, for splits by a target on so many effective rows."""
    return _MOST_CELLS if rows >= _MANY_ROWS else _FEWER_CELLS


def described(coding: Coding, /) -> CodedColumn:
    """What is kept of a coding once its rows are counted."""
    kind = coding.column.reading.kind if coding.column.reading else "unsupported"
    return CodedColumn(coding.column.name, kind, tuple(coding.labels))


def count_pairs(work: Work, pairs: Sequence[tuple[Coding, Coding]], /) -> Iterator[CountedPair]:
    """Count both tables by the cells of two columns, for each pair."""
    size = _AT_ONCE if work.groups is None else _AT_ONCE_BY_UNIT
    for start in range(0, len(pairs), size):
        chosen = pairs[start : start + size]
        sides = [_count_side(work, side, chosen) for side in (0, 1)]
        for place, (x, y) in enumerate(chosen):
            if work.progress is not None:
                work.progress(start + place + 1, len(pairs), x.column.name)
            yield CountedPair(described(x), described(y), sides[0][place], sides[1][place])


def _count_side(work: Work, side: int, pairs: Sequence[tuple[Coding, Coding]]) -> list[Floats]:
    table, groups = work.tables[side], work.groups
    codings = {id(coding): coding for pair in pairs for coding in pair}
    places = {key: place for place, key in enumerate(codings)}
    axes = [coding.axes[side] for coding in codings.values()]
    sets = [tuple(places[id(coding)] for coding in pair) for pair in pairs]
    if groups is None:
        counted = table.crosstabs(axes, sets)
    else:
        counted = _by_unit(
            table.crosstabs([*axes, _unit_axis(work, groups, side)], _with(sets, len(axes))), groups, side
        )
    return [
        y.folded(x.folded(found, found.ndim - 2), found.ndim - 1) for found, (x, y) in zip(counted, pairs, strict=True)
    ]


def _unit_axis(work: Work, groups: UnitGroups, side: int) -> Axis:
    return groups.keys[side].axis(work.tables[side].unit or 0)


def _with(sets: list[tuple[int, ...]], unit: int) -> list[tuple[int, ...]]:
    return [(unit, *chosen) for chosen in sets]


def _by_unit(counted: Sequence[Floats], groups: UnitGroups, side: int) -> list[Floats]:
    return [groups.keys[side].by_group(found) for found in counted]


def _whole(counts: Floats) -> NDArray[np.int64] | Floats:
    rounded = np.rint(counts)
    whole = np.array_equal(rounded, counts) and float(counts.max(initial=0.0)) < 2.0**62
    return rounded.astype(np.int64) if whole else counts
