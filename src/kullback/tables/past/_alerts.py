"""Alerts of a history: new, ongoing, resolved, accepted with a reason; one message for each change."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args

from kullback._core import InputError
from kullback.tables.past._history_results import Alert, AlertState, HistoryResult
from kullback.tables.past._past import ALERTS_FILE, POOL, when

FORMAT = "kullback-alerts"
SCHEMA = 1
# An event ends after so many windows without an alarm.
QUIET = 3
LOCK_FILE = ".kullback.lock"
_PATIENCE, _STEP = 20.0, 0.05


@dataclass(frozen=True)
class Ledger:
    """What is known of a history's alerts.

    Attributes:
        last: The last window that was looked at; None if none was.
        alerts: All events, in the order in which they began.
    """

    last: str | None = None
    alerts: tuple[Alert, ...] = ()

    @property
    def open(self) -> tuple[Alert, ...]:
        """Events that are not over."""
        return tuple(alert for alert in self.alerts if alert.state != "resolved")


def updated(ledger: Ledger, history: HistoryResult, said: Mapping[str, str], /) -> tuple[Ledger, tuple[Alert, ...]]:
    """The ledger after one more window, and the events that began or ended in it.

    A window that is not after the last one changes nothing, so that a run may be repeated.

    Args:
        ledger: What was known before.
        history: The window.
        said: What is said of its columns, by name.
    """
    if ledger.last is not None and not _after(history.window, ledger.last):
        return ledger, ()
    kept, changes = [alert for alert in ledger.alerts if alert.state == "resolved"], []
    opened = {alert.column: alert for alert in ledger.open}
    for column in history.columns:
        before = opened.pop(column.name, None)
        if column.state == "undecided" or column.bits is None:
            opened |= {} if before is None else {column.name: before}
            continue
        unusual = column.state == "unusual"
        if before is None and unusual:
            alert = Alert(
                column.name,
                "new",
                history.window,
                history.window,
                1,
                1,
                0,
                column.bits,
                said.get(column.name, column.summary),
            )
        elif before is not None:
            alert = _next(
                before, history.window, column.bits if unusual else None, said.get(column.name, column.summary)
            )
        else:
            continue
        kept.append(alert)
        if alert.state in ("new", "resolved"):
            changes.append(alert)
    # Columns that this window does not hold stay as they are.
    alerts = sorted((*kept, *opened.values()), key=lambda alert: (alert.opened, alert.column))
    return Ledger(history.window, tuple(alerts)), tuple(changes)


def _next(alert: Alert, window: str, bits: float | None, summary: str) -> Alert:
    alert = replace(
        alert,
        windows=alert.windows + 1,
        quiet=alert.quiet + 1,
        state="ongoing" if alert.state == "new" else alert.state,
    )
    if bits is not None:
        alert = replace(alert, last=window, alarms=alert.alarms + 1, quiet=0, bits=bits, summary=summary)
    if alert.quiet >= QUIET:
        return replace(alert, state="resolved", resolved=window, cause="quiet")
    if alert.state != "accepted" and alert.windows >= POOL:
        return replace(alert, state="resolved", resolved=window, cause="moved")
    return alert


def _after(window: str, last: str) -> bool:
    now, then = when(window), when(last)
    return window > last if now is None or then is None else now > then


def accepted(ledger: Ledger, column: str, reason: str, /) -> tuple[Ledger, Alert]:
    """The ledger with the open event of a column accepted.

    Raises:
        InputError: If no event of that column is open, or no reason is given.
    """
    if not reason.strip():
        raise InputError("an alert is accepted for a reason: say which, as in reason='new carrier since May'.")
    for alert in ledger.open:
        if alert.column == column:
            now = replace(alert, state="accepted", reason=reason)
            return replace(ledger, alerts=tuple(now if each is alert else each for each in ledger.alerts)), now
    there = ", ".join(repr(alert.column) for alert in ledger.open) or "none"
    raise InputError(f"no alert of column {column!r} is open; open are: {there}.")


def open_events(folder: Path, /) -> Mapping[str, str]:
    """Columns with an open event that nobody has accepted, and the window in which it began."""
    return {alert.column: alert.opened for alert in read_ledger(folder).open if alert.state != "accepted"}


def read_ledger(folder: Path, /) -> Ledger:
    """The alerts of a folder; none if there is no such file.

    Raises:
        InputError: If the file is damaged or comes from a newer version.
    """
    path = folder / ALERTS_FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Ledger()
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror or error}.") from None
    except (ValueError, RecursionError):
        raise InputError(
            f"{str(path)!r} is damaged: it is not valid JSON. Restore it, or delete it to begin anew."
        ) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"{str(path)!r} holds no alerts of kullback. Give the history a folder of its own.")
    if document.get("schema") != SCHEMA:
        raise InputError(
            f"{str(path)!r} has schema {document.get('schema')!r}, this version reads {SCHEMA}. Install the version of "
            "kullback that wrote it."
        )
    try:
        last = document["last"]
        return Ledger(None if last is None else str(last), tuple(_read_alert(each) for each in document["alerts"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{str(path)!r} is damaged: {type(error).__name__}: {error}. Restore it, or delete it to begin anew."
        ) from None


def _read_alert(plain: Mapping[str, Any]) -> Alert:
    values = {field.name: plain[field.name] for field in fields(Alert)}
    if values["state"] not in get_args(AlertState):
        raise ValueError(f"state {values['state']!r}")
    for kind, names in _KINDS.items():
        for name in names:
            if not isinstance(values[name], kind) or isinstance(values[name], bool):
                raise ValueError(f"{name} is {values[name]!r}")  # noqa: TRY004 - said as damage of the file
    return Alert(**values)


_KINDS: Mapping[Any, tuple[str, ...]] = {
    str: ("column", "opened", "last", "summary"),
    int: ("windows", "alarms", "quiet"),
    (int, float): ("bits",),
    (str, type(None)): ("reason", "resolved", "cause"),
}


def write_ledger(folder: Path, ledger: Ledger, /) -> None:
    """Write the alerts of a folder: beside and moved, so that a reader finds the old ones or the new ones."""
    document = {
        "format": FORMAT,
        "schema": SCHEMA,
        "quiet": QUIET,
        "last": ledger.last,
        "alerts": [alert.to_dict() for alert in ledger.alerts],
    }
    target = folder / ALERTS_FILE
    partial = folder / f"{ALERTS_FILE}.partial"
    try:
        partial.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path, /, *, patience: float = _PATIENCE) -> Iterator[None]:
    """Keep other processes from writing to the folder meanwhile.

    Args:
        folder: The folder of the history.
        patience: Seconds to wait for another process to end its work.

    Raises:
        InputError: If another process does not.
    """
    path = folder / LOCK_FILE
    end = time.monotonic() + patience
    while True:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if time.monotonic() > end:
                raise InputError(
                    f"another process writes to {str(folder)!r}. If none does, one was ended in its work: delete "
                    f"{str(path)!r}."
                ) from None
            time.sleep(_STEP)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
