"""`profile`: what is kept of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from kullback._core import InputError
from kullback.tables.counts._alignment import Selection, align, plan_one
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._counting import ColumnPlan, Progress, count_columns
from kullback.tables.counts._leaves import Leaves, compressed
from kullback.tables.engines._engine import resources_from
from kullback.tables.engines._engines import open_session
from kullback.tables.engines._table import Column, Table
from kullback.tables.groups._group_counts import count_groups
from kullback.tables.groups._grouping import group_rows
from kullback.tables.profiles._pair_keeping import keep_pairs, wanted_pairs
from kullback.tables.profiles._pairing import count_against
from kullback.tables.profiles._privacy import Privacy
from kullback.tables.profiles._profile import MOST_CELLS, PROFILE_CELLS, Profile
from kullback.tables.sources._sources import Options, explain_count_error, open_tables


def profile(
    table: Any,
    /,
    *,
    like: Profile | str | Path | None = None,
    columns: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    where: str | None = None,
    weights: str | None = None,
    nulls: Sequence[str] = (),
    by: str | None = None,
    target: str | None = None,
    pairs: Sequence[tuple[str, str]] = (),
    cells: int | None = None,
    suppress_below: int | None = None,
    text_length: int | None = None,
    engine: str = "duckdb",
    master: str | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    progress: Progress | None = None,
) -> Profile:
    """What is kept of a table: counts by cells for every column, without its rows.

    Args:
        table: As in `compare`.
        like: A profile on whose cells the table is counted, so that the two can be compared and merged exactly.
        columns: Names or shell patterns of the columns to keep; all by default.
        exclude: Names or shell patterns of columns to leave out.
        roles: Column name to `category`, `numeric`, `key` or `ignore`.
        where: SQL condition on rows.
        weights: Column of row weights.
        nulls: Texts that stand for NULL in CSV files, besides the empty field.
        by: Column, or ``month(when)`` and the like, whose values part the rows into groups: the profile then holds one
            profile for each beside that of the whole, as `Profile.groups`, on the same cells.
        target: Column that is counted together with every other, for ``compare(..., target=)``.
        pairs: Pairs of columns that are counted together, for ``compare(..., pairs=)``.
        cells: Cells that an ordered column keeps, from 16 to 4,096; 256 by default. Profiles that do not share their
            cells are compared the more exactly the more they have.
        suppress_below: Values and cells of fewer rows are not kept by themselves, and bounds of cells are round
            numbers.
        text_length: Texts are cut to so many characters.
        engine: As in `compare`, as are `master`, `threads` and `memory_limit`.
        master: Where Spark runs.
        threads: Threads, or cores of Spark, at most.
        memory_limit: Memory of the engine.
        progress: Called as ``progress(done, total, column)`` while columns are counted.

    Returns:
        The profile; save it with `Profile.save` and compare any later table with it.

    Raises:
        InputError: If the table cannot be read or has no rows, or an option lies outside its range.

    Example:
        >>> import kullback as kl, polars
        >>> kept = kl.profile(polars.DataFrame({"x": range(1000)}), roles={"x": "numeric"})
        >>> kl.compare(kept, polars.DataFrame({"x": range(500, 1000)}))["x"].verdict
        'shifted'
    """
    most = _checked_cells(cells, like)
    privacy = Privacy(suppress_below, text_length)
    wanted = wanted_pairs(target, pairs, privacy)
    if weights is not None and by is not None:
        raise InputError("by counts rows of groups, and weights count something else: leave one of them out.")
    if weights is not None and suppress_below is not None:
        raise InputError("suppress_below counts rows, and weights count something else: leave one of them out.")
    selection = Selection(None if columns is None else named(columns), named(exclude), roles)
    stored = like if isinstance(like, Profile) or like is None else Profile.load(like)
    with open_session(resources_from(engine, master, threads, memory_limit)) as session:
        (opened,) = open_tables(session, [(table, Options(where, weights, nulls=named(nulls)), "table")])
        if opened.rows == 0:
            raise InputError(f"{opened.name!r} has no rows: nothing to profile.")
        if suppress_below is not None and opened.rows < suppress_below:
            raise InputError(
                f"{opened.name!r} has {opened.rows} rows and suppress_below is {suppress_below}: nothing of it may be "
                "kept. Take more rows together."
            )
        try:
            plans = _planned(opened, stored, selection)
            counted = _counted(opened, stored, plans, most, progress)
            groups = {} if by is None else _groups(opened, plans, counted, by, privacy)
            together = keep_pairs(opened, plans, counted, wanted, stored)
        except duckdb.Error as error:
            raise explain_count_error([opened], error) from None
        kept = tuple(privacy.applied(column) for column in counted)
        sizes = opened.rows, opened.weight, opened.effective_rows
        return Profile(opened.name, *sizes, kept, privacy, by, groups, together)


def named(given: Sequence[str] | str, /) -> tuple[str, ...]:
    """Names: one text is meant as one, not as its letters."""
    return (given,) if isinstance(given, str) else tuple(str(name) for name in given)


def columns_of(side: Table | Profile, /) -> tuple[Column, ...]:
    """The columns of a table, or those that a profile has kept."""
    if isinstance(side, Profile):
        return tuple(Column(place, column.name, column.natives[0]) for place, column in enumerate(side.columns))
    return side.columns


def kept_column(column: ColumnCounts, most: int = PROFILE_CELLS, /) -> ColumnCounts:
    """A column on at most about so many cells."""
    if isinstance(column.body, Leaves):
        return replace(column, body=compressed(column.body, most))
    return column


def _planned(table: Table, stored: Profile | None, selection: Selection) -> list[ColumnPlan]:
    if stored is None:
        plans = plan_one(table.columns, selection)
    else:
        plans, _ = align(columns_of(stored), table.columns, selection)
    if not plans:
        wanted = "" if stored is None else f" that the profile {stored.name!r} has too"
        raise InputError(f"no column of {table.name!r}{wanted} is left to profile.")
    return plans


def _counted(
    table: Table, stored: Profile | None, plans: list[ColumnPlan], most: int, progress: Progress | None
) -> list[ColumnCounts]:
    if stored is None:
        return [kept_column(column, most) for column in count_columns((table,), plans, progress=progress)]
    return [_second_side(column) for column in count_against(stored.columns, table, plans, progress=progress)]


def _groups(
    table: Table, plans: list[ColumnPlan], columns: list[ColumnCounts], by: str, privacy: Privacy
) -> dict[str, Profile]:
    """A profile of each group of rows, of the columns that have a distribution."""
    own = [
        replace(plan, positions=plan.positions[-1:], reading=column.reading)
        for plan, column in zip(plans, columns, strict=True)
    ]
    found = count_groups(table, own, columns, group_rows((table,), by))
    profiles = {}
    for place, (label, rows) in enumerate(zip(found.labels, found.rows.tolist(), strict=True)):
        if rows >= (privacy.suppress_below or 1):
            sides = (_side(column, place) for column in found.columns)
            kept = tuple(privacy.applied(column) for column in sides)
            profiles[str(label)] = Profile(str(label), int(rows), rows, rows, kept, privacy)
    return profiles


def _side(column: ColumnCounts, place: int) -> ColumnCounts:
    body: Any = column.body
    return replace(column, natives=column.natives[:1], body=None if body is None else body.side(place))


def _checked_cells(cells: Any, like: Any) -> int:
    if cells is None:
        return PROFILE_CELLS
    if like is not None:
        raise InputError("like brings its own cells: leave cells out.")
    if isinstance(cells, bool) or not isinstance(cells, int) or not 16 <= cells <= MOST_CELLS:
        raise InputError(f"cells is {cells!r}; it must be a whole number from 16 to {MOST_CELLS:,}.")
    return int(cells)


def _second_side(column: ColumnCounts) -> ColumnCounts:
    body: Any = column.body
    if body is not None:
        body = body.side(1)
    if isinstance(body, Categories):
        # Heaviest first, whatever the other side was; what is not there need not be listed where nothing is unlisted.
        counts, values = body.counts[0], body.values
        listed = [place for place in range(len(values)) if counts[place] > 0 or body.rest[0] > 0]
        order = sorted(listed, key=lambda place: (-counts[place], values[place].encode("utf-8", "replace")))
        body = replace(body, values=tuple(values[place] for place in order), counts=body.counts[:, order])
    return replace(column, natives=column.natives[1:], body=body)
