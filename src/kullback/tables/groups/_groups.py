"""The records of a comparison by groups or windows."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback.tables._results import VERDICTS, Verdict
from kullback.tables.formats._plain import plain_count, plain_number
from kullback.tables.groups._grouping import GroupKind

# Digits of figures that come by the thousand.
_DIGITS = 6
# Columns, the worst first, whose matrix between groups is written out.
_MATRICES = 30


@dataclass(frozen=True, slots=True)
class Group:
    """A group of rows, or a window.

    Attributes:
        label: What it is called.
        rows: Its rows in the current table, or the sum of their weights; of all windows that it takes together.
        reference_rows: Rows of what it is held against; None if it is held against nothing.
        start: Where a window begins; None for groups.
        end: Where it ends; the end does not belong to it.
    """

    label: str
    rows: float
    reference_rows: float | None
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class GroupCell:
    """One column of one group beside what the group is held against. Figures in bits.

    Attributes:
        verdict: shifted, similar, inconclusive, constant, or undefined where a side has no rows.
        debiased: D(group‖reference); None where it is infinite or undefined.
        smoothed: The same figure, finite by the ½ that is added to each cell.
        interval: Its bounds; infinite above where the reference lacks something that the group holds.
        p_adjusted: p(D ≤ margin) after Benjamini-Hochberg over all columns of all groups.
        headline: What changed most, for the clearest shifts.
    """

    verdict: Verdict
    debiased: float | None = None
    smoothed: float | None = None
    interval: tuple[float, float] | None = None
    p_adjusted: float | None = None
    headline: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A change point of a column along the windows.

    Attributes:
        place: The first window after the change, as a place in `groups`.
        interval: First and last window in which it may lie.
        p_value: By permuting the windows of the segment.
        jensen_shannon: Divergence in bits between the segments before and after it, weighted by their rows.
    """

    place: int
    interval: tuple[int, int]
    p_value: float
    jensen_shannon: float


@dataclass(frozen=True, eq=False, slots=True)
class GroupColumn:
    """One column over all groups.

    Attributes:
        name: Column name.
        kind: What its values are.
        verdict: Shifted if any group is, similar if all are, else inconclusive.
        margin: Bits up to which a group counts as similar.
        worst: The group that differs most, as a place in `groups`; None if none can be compared.
        cells: One for each group.
        changes: Change points along the windows; empty for groups.
        matrix: Jensen-Shannon divergence in bits, less its bias, between the groups of the matrix.
    """

    name: str
    kind: str
    verdict: Verdict
    margin: float
    worst: int | None
    cells: tuple[GroupCell, ...]
    changes: tuple[Change, ...]
    matrix: NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class GroupMatrix:
    """How far groups are from each other over all columns.

    Attributes:
        groups: Which groups: the heaviest, as places in `groups`.
        values: Mean Jensen-Shannon divergence over the columns in bits, less its bias.
        order: Places in `groups` of the matrix such that neighbors are alike; as they come for windows.
        linkage: How clusters merge (average linkage of the root): two clusters, height, groups; None for windows.
    """

    groups: tuple[int, ...]
    values: NDArray[np.float64]
    order: tuple[int, ...]
    linkage: tuple[tuple[int, int, float, int], ...] | None


@dataclass(frozen=True, eq=False)
class Breakdown:
    """Groups or windows of the current table, each beside what it is held against.

    Attributes:
        by: What was asked for.
        column: The column that makes the groups; it is not compared with itself.
        kind: `groups`, or `windows`.
        against: What each is held against: `rest`, `reference`, `same`, `previous` or `group`.
        reference_group: With `group`, which one, as a place in `groups`.
        every: Width of the windows.
        rolling: So many windows are taken together; None for each by itself.
        groups: The groups.
        columns: The columns, worst first.
        matrix: How far the groups are from each other; None for fewer than two.
        level: Chance of a change point in a column without one, at which change points were sought; None for groups.
        notes: Remarks.
    """

    by: str
    column: str
    kind: GroupKind
    against: str
    reference_group: int | None
    every: str | None
    rolling: int | None
    groups: tuple[Group, ...]
    columns: tuple[GroupColumn, ...]
    matrix: GroupMatrix | None
    level: float | None
    notes: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Number of cells (a column of a group) by verdict."""
        seen = Counter(cell.verdict for column in self.columns for cell in column.cells)
        return {verdict: seen[verdict] for verdict in VERDICTS if verdict != "key"}

    @property
    def verdict(self) -> Verdict:
        """Shifted if any column of any group is, similar if all that vary are, else inconclusive."""
        found = overall([column.verdict for column in self.columns])
        return "similar" if found == "constant" else found

    def __getitem__(self, name: str) -> GroupColumn:
        """The column of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"no column {name!r}; there are {', '.join(column.name for column in self.columns[:20])}")

    def to_dict(self) -> dict[str, Any]:
        """The breakdown as plain data."""
        return {
            "by": self.by,
            "column": self.column,
            "kind": self.kind,
            "against": self.against,
            "reference_group": self.reference_group,
            "every": self.every,
            "rolling": self.rolling,
            "verdict": self.verdict,
            "counts": self.counts,
            "groups": [_plain_group(group) for group in self.groups],
            "columns": [_plain_column(column, written=place < _MATRICES) for place, column in enumerate(self.columns)],
            "matrix": None if self.matrix is None else _plain_matrix(self.matrix),
            "level": self.level,
            "notes": list(self.notes),
        }


def overall(verdicts: list[Verdict]) -> Verdict:
    """Shifted if any is, inconclusive if any of the others is, else similar; constant if none of them varies."""
    seen = set(verdicts)
    if "shifted" in seen:
        return "shifted"
    if "inconclusive" in seen or not seen & {"similar", "constant"}:
        return "inconclusive"
    return "similar" if "similar" in seen else "constant"


def _plain_group(group: Group) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "label": group.label,
        "rows": plain_count(group.rows),
        "reference_rows": None if group.reference_rows is None else plain_count(group.reference_rows),
    }
    return plain if group.start is None else plain | {"start": group.start, "end": group.end}


def _plain_column(column: GroupColumn, *, written: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind,
        "verdict": column.verdict,
        "margin": column.margin,
        "worst": column.worst,
        "cells": [_plain_cell(cell) for cell in column.cells],
        "changes": [
            {
                "place": change.place,
                "interval": list(change.interval),
                "p_value": _short(change.p_value),
                "jensen_shannon": _short(change.jensen_shannon),
            }
            for change in column.changes
        ],
    }
    return plain | {"matrix": _rows(column.matrix)} if written and len(column.matrix) > 1 else plain


def _plain_cell(cell: GroupCell) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "verdict": cell.verdict,
        "debiased": _short(cell.debiased),
        "smoothed": _short(cell.smoothed),
        "interval": None if cell.interval is None else [_short(bound) for bound in cell.interval],
        "p_adjusted": _short(cell.p_adjusted),
    }
    return plain | {"headline": cell.headline} if cell.headline else plain


def _plain_matrix(matrix: GroupMatrix) -> dict[str, Any]:
    return {
        "groups": list(matrix.groups),
        "values": _rows(matrix.values),
        "order": list(matrix.order),
        "linkage": None
        if matrix.linkage is None
        else [[first, second, _short(height), size] for first, second, height, size in matrix.linkage],
    }


def _rows(matrix: NDArray[np.float64]) -> list[list[float | str | None]]:
    return [[_short(value) for value in row] for row in matrix.tolist()]


def _short(value: float | None) -> float | str | None:
    return plain_number(None if value is None else float(f"{value:.{_DIGITS}g}"))
