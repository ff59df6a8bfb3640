"""Groups and windows of rows, each compared with what it is held against."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.tables._messages import Message
from kullback.tables._results import Verdict
from kullback.tables._work import Work
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.groups._group_cells import side_counts
from kullback.tables.groups._group_changes import find_changes
from kullback.tables.groups._group_counts import counted_by_group, few_cells
from kullback.tables.groups._group_headline import pair_headline
from kullback.tables.groups._group_holding import GroupWork, Holding, hold
from kullback.tables.groups._group_judging import GroupDraft, add_headlines, decide_groups, draft_groups
from kullback.tables.groups._group_matrix import cluster_groups, coarse_groups, group_distances
from kullback.tables.groups._grouping import group_rows
from kullback.tables.groups._groups import Breakdown, Group, GroupColumn, overall

# What changed is put in words for so many cells of all columns, and of each at least.
_HEADLINES, _LEAST_HEADLINES = 1_000, 10
_CHANGE_CELLS = 8


@dataclass(frozen=True, eq=False)
class Found:
    """A breakdown, and for each of its columns the worst group beside its reference, to be judged in full.

    Attributes:
        breakdown: The breakdown.
        worst: For each column by name its worst group and reference as two sides.
    """

    breakdown: Breakdown
    worst: dict[str, ColumnCounts]


def break_down(work: Work, by: str, /, *, every: str | None, rolling: int | None, against: str | None) -> Breakdown:
    """Compare every group or window of the current table with what it is held against.

    Args:
        work: Two tables and their columns.
        by: A column, or ``month(COLUMN)`` and the like.
        every: Width of windows.
        rolling: So many windows are taken together.
        against: What each is held against; by default ``same`` for groups, ``reference`` for windows.

    Raises:
        InputError: If these do not fit the tables or each other.
    """
    if work.groups is not None:
        raise InputError(
            f"by={by!r} together with unit is not available: leave unit out and read the groups as descriptions of "
            "their own rows, or give windows as by and let a change point tell how much windows differ by chance."
        )
    given = GroupWork(work.tables, work.plans, work.columns, work.rules, work.progress)
    return find_groups(given, by, every=every, rolling=rolling, against=against).breakdown


def find_groups(work: GroupWork, by: str, /, *, every: str | None, rolling: int | None, against: str | None) -> Found:
    """Count the groups of one table, or of two, and judge every column of each.

    Args:
        work: One table or two, and their columns.
        by: A column, or ``month(COLUMN)`` and the like.
        every: Width of windows.
        rolling: So many windows are taken together.
        against: What each is held against; by default the rest or the previous window in one table, the same group or
            the whole reference in two.

    Raises:
        InputError: If these do not fit the tables or each other.
    """
    readings = {plan.name: plan.reading for plan in work.plans if plan.reading is not None}
    every = None if every is None else str(every)
    grouping = group_rows(work.tables, str(by), every=every, readings=readings, against=against)
    holding = hold(work, grouping, rolling, against)
    columns = [_one_column(holding, column, reference) for column, reference in _counted(work, holding)]
    if not columns:
        raise InputError(f"by={by!r}: no column is left that could be compared between groups.")
    return _finished(work, holding, columns)


def _counted(work: GroupWork, holding: Holding) -> Iterator[tuple[ColumnCounts, ColumnCounts]]:
    """Each column by group of the current table, with what its reference comes from."""
    columns = [few_cells(column, len(holding.rows)) for column in work.columns]
    last = len(work.tables) - 1
    current = counted_by_group(
        work.tables[last], work.plans, columns, holding.grouping, side=last, progress=work.progress
    )
    if holding.against == "same":
        yield from zip(
            current, counted_by_group(work.tables[0], work.plans, columns, holding.grouping, side=0), strict=True
        )
        return
    whole = {column.name: column for column in columns}
    for column in current:
        yield column, whole[column.name] if holding.against == "reference" else column


@dataclass(frozen=True, eq=False)
class _Column:
    """A column after its groups were looked at."""

    counts: ColumnCounts
    draft: GroupDraft
    distances: NDArray[np.float64]
    # Coarse counts of the windows that hold rows, for change points.
    windows: NDArray[np.float64] | None
    worst: int | None
    pair: ColumnCounts | None


def _one_column(holding: Holding, column: ColumnCounts, reference: ColumnCounts) -> _Column:
    rules = holding.work.rules
    counted = side_counts(column)
    draft = draft_groups(holding.pairs(counted, side_counts(reference)), rules, margin=rules.margin_of(column.name))

    def headline(group: int) -> str:
        return pair_headline(holding.two_sided(column, reference, group), rules.factors)

    most = max(_LEAST_HEADLINES, _HEADLINES // len(holding.work.plans))
    add_headlines(draft, headline, rules.alpha, most)
    # What passes at this level is flagged whatever the other columns are.
    strict = rules.alpha / (len(holding.rows) * len(holding.work.plans))
    worst = next(iter(draft.clearest(strict, 1)), None)
    windows = coarse_groups(counted, _CHANGE_CELLS) if holding.grouping.kind == "windows" else None
    distances = group_distances(counted, holding.matrix_groups, rules.factors[1])
    pair = None if worst is None else holding.two_sided(column, reference, worst)
    return _Column(column, draft, distances, windows, worst, pair)


def _finished(work: GroupWork, holding: Holding, columns: list[_Column]) -> Found:
    drafts = [column.draft for column in columns]
    decided = decide_groups(drafts, len(holding.rows), work.rules)
    sequences = {column.counts.name: column.windows for column in columns if column.windows is not None}
    changes, level = find_changes(sequences, work.rules) if sequences else ({}, None)
    made = [
        GroupColumn(
            column.counts.name,
            column.counts.reading.kind if column.counts.reading else "unsupported",
            overall([cell.verdict for cell in cells]),
            column.draft.margin,
            column.worst,
            cells,
            changes.get(column.counts.name, ()),
            column.distances,
        )
        for column, cells in zip(columns, decided, strict=True)
    ]
    windows = holding.grouping.windows
    matrix = cluster_groups(
        holding.matrix_groups, [column.distances for column in columns], ordered=holding.grouping.kind == "windows"
    )
    breakdown = Breakdown(
        holding.grouping.by,
        holding.grouping.column,
        holding.grouping.kind,
        holding.against,
        holding.reference_group,
        None if windows is None else windows.width,
        holding.rolling if holding.rolling > 1 else None,
        tuple(_groups(holding)),
        tuple(sorted(made, key=_worst_first)),
        matrix,
        level,
        tuple(_notes(holding)),
    )
    return Found(breakdown, {column.counts.name: column.pair for column in columns if column.pair is not None})


def _groups(holding: Holding) -> Iterator[Group]:
    rows = holding.rolled(holding.rows)
    windows = holding.grouping.windows
    references = holding.sizes_of_references()
    for group, label in enumerate(holding.grouping.labels):
        if windows is None:
            yield Group(label, float(rows[group]), references[group])
            continue
        start = windows.starts_shown[max(group - holding.rolling + 1, 0)]
        yield Group(label, float(rows[group]), references[group], start, windows.ends_shown[group])


def _notes(holding: Holding) -> Iterator[str]:
    yield from holding.grouping.notes
    if len(holding.matrix_groups) < int((holding.rows > 0).sum()):
        yield Message("the matrix holds the {count} heaviest groups", count=f"{len(holding.matrix_groups):,}")


_ORDER: dict[Verdict, int] = {"shifted": 0, "inconclusive": 1, "similar": 2, "constant": 4}


def _worst_first(column: GroupColumn) -> tuple[int, int, float, str]:
    shifted = sum(cell.verdict == "shifted" for cell in column.cells)
    farthest = max((cell.smoothed for cell in column.cells if cell.smoothed is not None), default=-math.inf)
    return (_ORDER.get(column.verdict, 3), -shifted, -farthest, column.name)
