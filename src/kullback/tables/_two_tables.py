"""The comparison of two tables, from what the user has to the answer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from kullback._core import InputError
from kullback.tables._comparison import Comparison
from kullback.tables._deeper import Deeper
from kullback.tables._results import ColumnResult, Side, Structure
from kullback.tables._work import Work
from kullback.tables.counts._alignment import Selection, align
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._counting import ColumnPlan, Progress, count_columns
from kullback.tables.counts._units import UnitGroups, group_units
from kullback.tables.engines._engine import Resources
from kullback.tables.engines._engines import open_session
from kullback.tables.engines._session import Session
from kullback.tables.engines._table import Table
from kullback.tables.profiles._held_pairs import Beside
from kullback.tables.profiles._pairing import count_against, count_before, pair_profiles
from kullback.tables.profiles._profile import Profile, is_profile_file
from kullback.tables.profiles._profiling import columns_of, kept_column
from kullback.tables.rows._segments import Segments
from kullback.tables.sources._sources import Options, Split, explain_count_error, is_path, open_tables
from kullback.tables.verdicts._margins import resolve_margins
from kullback.tables.verdicts._statistics import Rules, judge


@dataclass(frozen=True)
class Request:
    """What is asked of two tables.

    Attributes:
        selection: Which columns to look at, and as what.
        options: How rows are read.
        rules: By which verdicts are made; its margins by the names and patterns that the user gave.
        resources: What counts, and what it may take.
        split: Column by which one table is split in two, and its values on the two sides; None for two tables.
        deeper: What is asked beside the columns one by one.
        progress: Called while columns are counted.
    """

    selection: Selection
    options: Options
    rules: Rules
    resources: Resources
    split: tuple[str, str | None, str | None] | None = None
    deeper: Deeper = Deeper()  # noqa: RUF009 - a frozen record
    progress: Progress | None = None

    @property
    def chosen(self) -> Selection:
        """The columns to look at: not the one that splits a table, unless it is named."""
        if self.split is None or self.split[0] in (self.selection.columns or ()):
            return self.selection
        return replace(self.selection, exclude=(*self.selection.exclude, self.split[0]))


def compare_two(reference: Any, current: Any, request: Request, /) -> Comparison:
    """Compare two tables, or the two sides of one.

    Raises:
        InputError: If a table cannot be read, has no rows, or the two have no column in common.
    """
    again = partial(_segments_again, reference, current, request)
    options, deeper = request.options, request.deeper
    given, side_options = _sides(reference, current, options, request.split)
    with open_session(request.resources) as session:
        left, right = _open_sides(session, given, side_options)
        groups = _group(left, right, options.unit) if options.unit else None
        if request.split is not None:
            left.name, right.name = _split_names(*request.split)  # type: ignore[misc]
        plans, structure = align(columns_of(left), columns_of(right), request.chosen)
        if not plans:
            raise InputError(_nothing_in_common(left, right, structure))
        rules = _rules(request.rules, (left, right), plans)
        counted = _count_sides(left, right, plans, groups, request.progress)
        kept: list[ColumnCounts] = []
        results = judge(_kept(counted, kept) if deeper.asked else counted, rules)
        found: dict[str, Any] = {}
        if deeper.asked:
            in_hand = tuple(plans), tuple(kept), tuple(results), rules
            found = _look_deeper(deeper, session, (left, right), in_hand, groups, request.progress)
    ranked = tuple(sorted(results, key=_worst_first))
    sides = _side(left, options.weights), _side(right, options.weights)
    units = None if groups is None else groups.units
    comparison = Comparison(*sides, ranked, structure, rules.margin, rules.alpha, rules.seed, units)
    return replace(comparison, **found, again=again)


def _segments_again(reference: Any, current: Any, request: Request, most: int) -> Segments:
    """The segments of a comparison, from the tables that were given."""
    found = compare_two(reference, current, replace(request, deeper=Deeper(why=most), progress=None)).why
    assert found is not None  # noqa: S101 - they were asked for
    return found


def _rules(rules: Rules, sides: tuple[Table | Profile, Table | Profile], plans: Sequence[ColumnPlan]) -> Rules:
    """The rules for these tables: rows by their weights, margins by column."""
    factors = [side.effective_rows / side.weight for side in sides]
    names = [column.name for side in sides for column in columns_of(side)] + [plan.name for plan in plans]
    return replace(rules, factors=(factors[0], factors[1]), margins=resolve_margins(rules.margins, names))


def _look_deeper(
    deeper: Deeper,
    session: Session,
    sides: tuple[Table | Profile, Table | Profile],
    in_hand: tuple[tuple[ColumnPlan, ...], tuple[ColumnCounts, ...], tuple[ColumnResult, ...], Rules],
    groups: UnitGroups | None,
    progress: Progress | None,
) -> dict[str, Any]:
    left, right = sides
    if isinstance(left, Profile) or isinstance(right, Profile):
        return deeper.look_beside(Beside(sides, *in_hand))
    return deeper.look(Work(session, (left, right), *in_hand, groups, progress))


def _kept(counted: Iterable[ColumnCounts], kept: list[ColumnCounts]) -> Iterator[ColumnCounts]:
    for column in counted:
        kept.append(kept_column(column))
        yield column


def _open_sides(session: Session, given: tuple[Any, Any], options: tuple[Options, Options]) -> list[Table | Profile]:
    """Profiles as they are, everything else opened; no side may be empty."""
    sources = zip(given, options, ("reference", "current"), strict=True)
    opened = iter(open_tables(session, [source for source in sources if not isinstance(source[0], Profile)]))
    sides = [side if isinstance(side, Profile) else next(opened) for side in given]
    for side, option in zip(sides, options, strict=True):
        if side.rows == 0:
            which = " that meet the condition" if option.condition else ""
            raise InputError(f"{side.name!r} has no rows{which}: nothing to compare.")
    return sides


def _group(left: Table | Profile, right: Table | Profile, unit: tuple[str, ...]) -> UnitGroups:
    if isinstance(left, Profile) or isinstance(right, Profile):
        raise InputError(
            "a profile holds no units, only counts of rows: with unit, give both tables themselves, or leave unit out."
        )
    return group_units(left, right, unit)


def _count_sides(
    left: Table | Profile,
    right: Table | Profile,
    plans: Sequence[ColumnPlan],
    groups: UnitGroups | None,
    progress: Progress | None,
) -> Iterator[ColumnCounts]:
    try:
        if isinstance(left, Profile):
            if isinstance(right, Profile):
                yield from pair_profiles(left.columns, right.columns, plans)
            else:
                yield from count_against(left.columns, right, plans, progress=progress)
        elif isinstance(right, Profile):
            yield from count_before(right.columns, left, plans, progress=progress)
        else:
            yield from count_columns((left, right), plans, groups=groups, progress=progress)
    except duckdb.Error as error:
        raise explain_count_error([side for side in (left, right) if not isinstance(side, Profile)], error) from None


def _sides(
    reference: Any, current: Any, options: Options, split: tuple[str, str | None, str | None] | None
) -> tuple[tuple[Any, Any], tuple[Options, Options]]:
    if split is None:
        if current is None:
            raise InputError("one table came where two are needed: give the current table, or split one with split_by.")
        return (loaded(reference), loaded(current)), (options, options)
    by, before, after = split
    if current is not None:
        raise InputError("split_by splits one table in two, but two came. Leave one of them out.")
    if isinstance(loaded(reference), Profile):
        raise InputError("a profile has no rows to split: give the table itself.")
    if before is None:
        raise InputError(f"split_by={by!r} needs reference_value, the value of the rows that are the reference.")
    sides = Split(by, before, equal=True), Split(by, before if after is None else after, equal=after is not None)
    split_options = [replace(options, split=side) for side in sides]
    return (reference, reference), (split_options[0], split_options[1])


def _split_names(by: str, before: str | None, after: str | None) -> tuple[str, str]:
    return f"{by} = {before}", f"{by} = {after}" if after is not None else f"{by} ≠ {before}"


def loaded(source: Any, /) -> Any:
    """A path of a saved profile as the profile, anything else as it is."""
    if is_path(source) and is_profile_file(Path(source).expanduser()):
        return Profile.load(source)
    return source


def _side(side: Table | Profile, weights: str | None) -> Side:
    return Side(side.name, side.rows, side.effective_rows if weights else None)


def _nothing_in_common(left: Table | Profile, right: Table | Profile, structure: Structure) -> str:
    names = [", ".join(repr(column.name) for column in columns_of(side)[:10]) or "no columns" for side in (left, right)]
    if structure.added or structure.removed:
        return f"the tables have no column in common: {left.name!r} has {names[0]}, {right.name!r} has {names[1]}."
    return f"no column is left to compare: {left.name!r} has {names[0]}; columns and exclude leave none of them."


_ORDER = {"shifted": 0, "inconclusive": 1, "similar": 2, "key": 3, "undefined": 4, "constant": 5}


def _worst_first(result: Any) -> tuple[int, float, float, str]:
    bits = result.bits if result.bits is not None else -1.0
    # Among infinite ones the lower bound says which is worse.
    low = result.interval[0] if result.interval else -1.0
    return (_ORDER[result.verdict], -(low if bits == float("inf") else bits), -bits, result.name)
