"""A folder of profiles as a history that is kept: windows come, are compared with those before, and raise alerts."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from kullback._core import InputError
from kullback.tables._comparison import Comparison
from kullback.tables._results import Structure
from kullback.tables._verbs import compare
from kullback.tables.counts._alignment import Selection
from kullback.tables.engines._engine import resources_from
from kullback.tables.past._alerts import accepted, locked, read_ledger, updated, write_ledger
from kullback.tables.past._beside_past import Counting, grid_of
from kullback.tables.past._history_results import Alert, HistoryResult
from kullback.tables.past._past import ALERTS_FILE, folder_windows, window_name
from kullback.tables.profiles._profile import Profile
from kullback.tables.profiles._profiling import named
from kullback.tables.sources._sources import Options

_TAKEN = {Path(ALERTS_FILE).stem, ""}


class History:
    """A folder of profiles, one for each window of time, and the alerts that their comparison has raised.

    Windows are ordered by name, so call them by their date: ``2013-05-01``, ``2013-05-01T06``.

    Args:
        folder: Where the profiles are, or will be.

    Example:
        >>> import kullback as kl, numpy, polars, tempfile
        >>> rng = numpy.random.default_rng(0)
        >>> history = kl.History(tempfile.mkdtemp())
        >>> for day in range(28):
        ...     _ = history.add(polars.DataFrame({"x": rng.normal(size=300)}), f"2013-01-{day + 1:02}")
        >>> today = history.record(polars.DataFrame({"x": rng.normal(2.0, size=300)}), "2013-01-29")
        >>> [alert.state for alert in history.alerts], today["x"].verdict
        (['new'], 'shifted')
    """

    def __init__(self, folder: str | Path, /) -> None:
        self.folder = Path(folder).expanduser()
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"{str(folder)!r} is no folder: a history is a folder of profiles.")

    def __repr__(self) -> str:
        """The folder, its windows and its open alerts."""
        names = self.windows
        span = f" from {names[0]!r} to {names[-1]!r}" if names else ""
        return f"History in {str(self.folder)!r}: {len(names)} windows{span}, {len(self.alerts)} open alerts"

    @property
    def windows(self) -> list[str]:
        """Names of the windows, oldest first."""
        return [window.name for window in folder_windows(self.folder)] if self.folder.is_dir() else []

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Events that are not over."""
        return read_ledger(self.folder).open

    @property
    def past_alerts(self) -> tuple[Alert, ...]:
        """Events that are over."""
        return tuple(alert for alert in read_ledger(self.folder).alerts if alert.state == "resolved")

    def add(self, table: Any, name: str | None = None, /, **reading: Any) -> Profile:
        """Keep the profile of a table as a window; one of the same name is replaced.

        Args:
            table: As in `compare`.
            name: What the window is called; by default as the file is.
            reading: Options of `profile`: columns, exclude, roles, where, weights, nulls, progress.

        Returns:
            The profile, on the cells of the last window.

        Raises:
            InputError: If the table cannot be read, or the name cannot be that of a file.
        """
        called = _file_name(window_name(name, table))
        kept, _ = self._profiled(table, called, reading)
        with self._locked():
            self._save(kept, called)
        return kept

    def compare(self, current: Any, name: str | None = None, /, **options: Any) -> Comparison:
        """Compare a table with the windows before it; nothing is kept.

        Args:
            current: As in `compare`.
            name: What the window is called; by default as the file is.
            options: Those of `compare`.
        """
        return compare(history=self.folder, current=current, window=window_name(name, current), **options)

    def record(self, current: Any, name: str | None = None, /, **options: Any) -> Comparison:
        """Compare a table with the windows before it, keep its profile, and bring the alerts up to date.

        Args:
            current: As in `compare`.
            name: What the window is called; by default as the file is.
            options: Those of `compare`.

        Returns:
            The comparison; `history.alerts` holds the events that began or ended in this window. A window that was
            recorded before is compared and replaced, and changes no alert.
        """
        called = _file_name(window_name(name, current))
        reading = {key: options[key] for key in _READING if key in options}
        kept, structure = self._profiled(current, called, reading)
        with self._locked():
            comparison = compare(history=self.folder, current=kept, window=called, **options)
            found = comparison.history
            if not isinstance(found, HistoryResult):
                raise TypeError(found)
            ledger, changes = updated(
                read_ledger(self.folder), found, {each.name: each.headline for each in comparison}
            )
            self._save(kept, called)
            write_ledger(self.folder, ledger)
        return replace(
            comparison, structure=structure, history=replace(found, alerts=changes, open_alerts=len(ledger.open))
        )

    def accept(self, column: str, /, *, reason: str) -> Alert:
        """Accept the open alert of a column: from now on its windows count as part of the past.

        Args:
            column: The column.
            reason: Why, for whoever reads the alerts later.

        Raises:
            InputError: If no alert of the column is open.
        """
        with self._locked():
            ledger, alert = accepted(read_ledger(self.folder), column, reason)
            write_ledger(self.folder, ledger)
        return alert

    def _profiled(self, table: Any, name: str, reading: dict[str, Any]) -> tuple[Profile, Structure]:
        unknown = sorted(set(reading) - set(_READING))
        if unknown:
            raise InputError(f"{unknown[0]!r} is no option of a window; it takes {', '.join(_READING)}.")
        columns = reading.get("columns")
        selection = Selection(
            None if columns is None else named(columns), named(reading.get("exclude", ())), reading.get("roles")
        )
        options = Options(reading.get("where"), reading.get("weights"), nulls=named(reading.get("nulls", ())))
        resources = resources_from(*(reading.get(name, default) for name, default in _RESOURCES.items()))
        counting = Counting(selection, options, resources, reading.get("progress"))
        windows = folder_windows(self.folder) if self.folder.is_dir() else []
        kept, structure = counting.on_grid(table, grid_of(windows, name))
        return replace(kept, name=name), structure

    def _save(self, profile: Profile, name: str) -> None:
        profile.save(self.folder / f"{name}.json")

    def _locked(self) -> Any:
        self.folder.mkdir(parents=True, exist_ok=True)
        return locked(self.folder)


_RESOURCES = {"engine": "duckdb", "master": None, "threads": None, "memory_limit": None}
_READING = ("columns", "exclude", "roles", "where", "weights", "nulls", "progress", *_RESOURCES)


def _file_name(name: str) -> str:
    """A name that a file can have everywhere."""
    if name in _TAKEN or name.startswith(".") or any(mark in name for mark in '/\\:*?"<>|') or not name.isprintable():
        raise InputError(
            f"a window cannot be called {name!r}, as its file is called like it: use letters, digits, - and _, as in "
            "2013-05-01."
        )
    return name
