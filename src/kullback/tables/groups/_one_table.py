"""One table against itself: every group beside the others, every window beside the one before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from kullback._core import InputError
from kullback.tables._comparison import Comparison
from kullback.tables._messages import Message
from kullback.tables._results import ColumnResult, Side, Structure, Verdict
from kullback.tables.counts._alignment import Selection, plan_one
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._counting import Progress, count_columns
from kullback.tables.counts._leaves import Leaves
from kullback.tables.engines._engine import Resources
from kullback.tables.engines._engines import open_session
from kullback.tables.groups._breakdown import Found, find_groups
from kullback.tables.groups._group_headline import pair_headline
from kullback.tables.groups._group_holding import GroupWork
from kullback.tables.groups._groups import Breakdown, GroupCell, GroupColumn
from kullback.tables.profiles._profile import Profile
from kullback.tables.profiles._profiling import kept_column
from kullback.tables.sources._sources import Options, explain_count_error, open_tables
from kullback.tables.verdicts._margins import resolve_margins
from kullback.tables.verdicts._statistics import Rules, judge


@dataclass(frozen=True)
class Parting:
    """How a table is parted, and what its parts are held against.

    Attributes:
        by: A column, or ``month(COLUMN)`` and the like.
        every: Width of windows.
        rolling: So many windows are taken together.
        against: What each group is held against.
    """

    by: str
    every: str | None = None
    rolling: int | None = None
    against: str | None = None


def compare_within(
    source: Any,
    options: Options,
    selection: Selection,
    parting: Parting,
    rules: Rules,
    progress: Progress | None,
    /,
    *,
    resources: Resources | None = None,
) -> Comparison:
    """Compare the groups or windows of one table.

    Each column of the answer is the one of the group that differs most, beside what it is held against; it is shifted
    if any group is.

    Args:
        source: As in `compare`.
        options: How its rows are read.
        selection: Which columns to look at.
        parting: How it is parted.
        rules: By which verdicts are made; margins of columns may be patterns.
        progress: Called while columns are counted.
        resources: By what they are counted; DuckDB by default.

    Raises:
        InputError: If the table cannot be read, has no rows, or cannot be parted like that.
    """
    if options.unit:
        raise InputError(
            f"by={parting.by!r} together with unit is not available: leave unit out and read each group as a "
            "description of its own rows."
        )
    if isinstance(source, Profile):
        raise InputError("a profile holds counts of single columns, no rows to part by groups: give the table itself.")
    with open_session(resources or Resources()) as session:
        (table,) = open_tables(session, [(source, options, "table")])
        if table.rows == 0:
            raise InputError(f"{table.name!r} has no rows: nothing to compare.")
        plans = tuple(plan_one(table.columns, selection))
        factor = table.effective_rows / table.weight
        margins = resolve_margins(
            rules.margins, [*(column.name for column in table.columns), *(plan.name for plan in plans)]
        )
        rules = replace(rules, factors=(factor, factor), margins=margins)
        try:
            counted = tuple(kept_column(column) for column in count_columns((table,), plans, progress=progress))
            work = GroupWork((table,), plans, counted, rules, progress)
            found = find_groups(work, parting.by, **_options(parting))
        except duckdb.Error as error:
            raise explain_count_error([table], error) from None
        return _comparison(found, work, weighted=options.weights is not None)


def _options(parting: Parting) -> dict[str, Any]:
    return {"every": parting.every, "rolling": parting.rolling, "against": parting.against}


def _comparison(found: Found, work: GroupWork, *, weighted: bool) -> Comparison:
    breakdown, table, rules = found.breakdown, work.tables[-1], work.rules
    judged = _judged(found, rules)
    named = {column.name for column in breakdown.columns}
    ranked = [
        _told(judged[column.name], column, breakdown) if column.name in judged else _undecided(column)
        for column in breakdown.columns
    ]
    others = [
        _without_groups(column)
        for column in work.columns
        if column.name not in named and column.name != breakdown.column
    ]
    effective = table.effective_rows if weighted else None
    sides = (
        Side(_reference_name(breakdown), table.rows, effective),
        Side(Message("groups of {by} in {table}", by=breakdown.by, table=table.name), table.rows, effective),
    )
    structure = Structure(
        unsupported=tuple(plan.name for plan in work.plans if plan.reading is not None and plan.reading.image == "none")
    )
    columns = (*ranked, *sorted(others, key=lambda column: (column.verdict != "key", column.name)))
    return Comparison(*sides, columns, structure, rules.margin, rules.alpha, rules.seed, None, by=breakdown)


def _judged(found: Found, rules: Rules) -> dict[str, ColumnResult]:
    """The worst group of each column in full: those that are shifted with intervals as wide as the choice demands."""
    cells = [cell for column in found.breakdown.columns for cell in column.cells if cell.p_adjusted is not None]
    share = sum(cell.verdict == "shifted" for cell in cells) / max(len(cells), 1)
    results: list[ColumnResult] = []
    for shifted in (True, False):
        names = {column.name for column in found.breakdown.columns if (column.verdict == "shifted") == shifted}
        chosen = [pair for name, pair in found.worst.items() if name in names]
        level = rules.alpha * share if shifted else rules.alpha
        results += _judged_pairs(chosen, replace(rules, alpha=level))
    return {result.name: result for result in results}


def _judged_pairs(pairs: Sequence[ColumnCounts], rules: Rules) -> list[ColumnResult]:
    # One by one: what is found among many is found over the cells of all groups already.
    return [replace(judge([pair], rules)[0], headline=pair_headline(pair, rules.factors)) for pair in pairs]


def _told(result: ColumnResult, column: GroupColumn, breakdown: Breakdown) -> ColumnResult:
    group = breakdown.groups[column.worst or 0]
    cell = column.cells[column.worst or 0]
    headline = Message("{group}: {headline}", group=group.label, headline=result.headline) if result.headline else ""
    note = Message(
        "the reference is {reference}, the current side {group}, the group that differs most of {groups}",
        reference=_reference_name(breakdown),
        group=group.label,
        groups=f"{_compared(column.cells):,}",
    )
    verdict: Verdict = column.verdict
    return replace(
        result,
        verdict=verdict,
        p_adjusted=cell.p_adjusted,
        headline=headline,
        could_have_seen=None if verdict != "inconclusive" else result.could_have_seen,
        notes=(note, *result.notes),
    )


def _compared(cells: Sequence[GroupCell]) -> int:
    return sum(cell.verdict != "undefined" for cell in cells)


def _undecided(column: GroupColumn) -> ColumnResult:
    return ColumnResult(column.name, column.kind, "undefined", notes=(Message("no two groups to compare"),))


def _without_groups(column: ColumnCounts) -> ColumnResult:
    kind = column.reading.kind if column.reading else "unsupported"
    if column.body is None or isinstance(column.body, (Leaves, Categories)):
        return ColumnResult(column.name, kind, "undefined", notes=tuple(column.notes))
    note = Message("nearly every value is distinct: a key is not compared between groups")
    return ColumnResult(column.name, kind, "key", notes=(*column.notes, note))


def _reference_name(breakdown: Breakdown) -> Message:
    if breakdown.against == "previous":
        return Message("the previous window of {by}", by=breakdown.by)
    if breakdown.reference_group is not None:
        group = breakdown.groups[breakdown.reference_group].label
        return Message("{column} = {group}", column=breakdown.column, group=group)
    if breakdown.kind == "windows":
        return Message("all other windows of {by}", by=breakdown.by)
    return Message("all other groups of {by}", by=breakdown.by)
