"""From a history and a current table, as the user has them, to the comparison of today with its past."""

from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import Any

import duckdb

from kullback._core import InputError
from kullback.tables._comparison import Comparison
from kullback.tables._results import Structure
from kullback.tables.counts._alignment import Selection, align
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._counting import Progress
from kullback.tables.engines._engine import Resources
from kullback.tables.engines._engines import open_session
from kullback.tables.past._alerts import open_events
from kullback.tables.past._history import Today, compare_with_history
from kullback.tables.past._past import SEASONS, Window, window_name, windows_of
from kullback.tables.profiles._pairing import count_against
from kullback.tables.profiles._profile import Profile, is_profile_file
from kullback.tables.profiles._profiling import columns_of, profile
from kullback.tables.sources._sources import Options, explain_engine_error, is_path, open_tables
from kullback.tables.verdicts._statistics import Rules


@dataclass(frozen=True, eq=False)
class Watch:
    """How a table is held against past windows.

    Attributes:
        season: `weekday`, `hour` or `month`, or None.
        window: What the current window is called; None for what its file is called.
        least: Past figures that it takes to rank today's.
        rules: The level, and the margin for information.
        resources: By what tables are counted.
        fixed: The same table beside a fixed reference, if there is one.
    """

    season: str | None
    window: str | None
    least: int
    rules: Rules
    resources: Resources
    fixed: Comparison | None


def compare_beside_past(
    history: Any,
    current: Any,
    watch: Watch,
    /,
    *,
    selection: Selection,
    options: Options,
    progress: Progress | None,
) -> Comparison:
    """Hold the current table against past windows.

    Args:
        history: A folder of profiles, or a sequence or mapping of profiles or tables.
        current: The current table, or its profile.
        watch: How it is held against them.
        selection: Which columns to look at.
        options: How tables are read.
        progress: Called while columns are counted.
    """
    if current is None:
        raise InputError("history needs the current table beside it: give current=.")
    season, least = watch.season, watch.least
    if season is not None and season not in SEASONS:
        raise InputError(f"season is {season!r}; it must be one of {', '.join(SEASONS)}.")
    if not _is_whole(least) or least < 1:
        raise InputError(f"least_windows is {least!r}; it must be a whole number, 1 or more.")
    counting = Counting(selection, options, watch.resources, progress)
    windows = windows_of(history, counting.window)
    name = window_name(watch.window, current, current if isinstance(current, Profile) else None)
    counted, structure = counting.on_grid(current, grid_of(windows, name))
    opened = open_events(Path(history).expanduser()) if isinstance(history, (str, Path)) else {}
    today = Today(name, counted, structure, season, int(least), opened, watch.fixed)
    return compare_with_history(windows, today, rules=watch.rules)


def grid_of(windows: list[Window], name: str, /) -> Profile | None:
    """The profile on whose cells a window is counted: that of the last other window."""
    other = [window for window in windows if window.name != name]
    return other[-1].load() if other else None


@dataclass(frozen=True, eq=False)
class Counting:
    """How the tables of windows become profiles.

    Attributes:
        selection: Which columns to keep.
        options: How tables are read.
        resources: By what they are counted.
        progress: Called while columns are counted.
    """

    selection: Selection
    options: Options
    resources: Resources
    progress: Progress | None = None

    def window(self, table: Any, grid: Profile | None, /) -> Profile:
        """A past window as a profile, on the cells of another if it is none yet."""
        own = _as_profile(table)
        return self.on_grid(table if own is None else own, grid if own is None else None)[0]

    def on_grid(self, table: Any, grid: Profile | None, /) -> tuple[Profile, Structure]:
        """A table as a profile on the cells of another, and how their columns differ."""
        own = _as_profile(table)
        if own is not None:
            columns = columns_of(own)
            plans, structure = align(columns_of(grid or own), columns, self.selection)
            kept = tuple(own.columns[plan.positions[1]] for plan in plans)
            return replace(own, columns=kept), structure if grid is not None else Structure()
        if grid is None:
            return self._first(table), Structure()
        return self._counted(table, grid)

    def _first(self, table: Any) -> Profile:
        selection, options, resources = self.selection, self.options, self.resources
        return profile(
            table,
            columns=selection.columns,
            exclude=selection.exclude,
            roles=selection.roles,
            where=options.where,
            weights=options.weights,
            nulls=options.nulls,
            engine=resources.engine,
            master=resources.master,
            threads=resources.threads,
            progress=self.progress,
        )

    def _counted(self, table: Any, grid: Profile) -> tuple[Profile, Structure]:
        # The cells say already as what a column is taken.
        ignored = {name: role for name, role in (self.selection.roles or {}).items() if role == "ignore"}
        selection = replace(self.selection, roles=ignored)
        with open_session(self.resources) as session:
            (opened,) = open_tables(session, [(table, self.options, "current")])
            if opened.rows == 0:
                raise InputError(f"{opened.name!r} has no rows: nothing to compare.")
            plans, structure = align(columns_of(grid), opened.columns, selection)
            if not plans:
                raise InputError(f"{opened.name!r} has no column in common with the history, or columns leaves none.")
            try:
                counted = count_against(grid.columns, opened, plans, progress=self.progress)
                columns = tuple(_current_side(column) for column in counted)
            except duckdb.Error as error:
                raise explain_engine_error(opened.name, "a table", error) from None
            return Profile(opened.name, opened.rows, opened.weight, opened.effective_rows, columns), structure


def _is_whole(number: object) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool)


def _as_profile(table: Any) -> Profile | None:
    if isinstance(table, Profile):
        return table
    if is_path(table) and is_profile_file(Path(table).expanduser()):
        return Profile.load(table)
    return None


def _current_side(column: ColumnCounts) -> ColumnCounts:
    body: Any = column.body
    return replace(column, natives=column.natives[1:], body=None if body is None else body.side(1))
