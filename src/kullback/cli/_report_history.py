"""What a terminal or a pipe shows of today beside its past."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from kullback import ColumnResult, Comparison
from kullback._core import printable

_MARKS = "▁▂▃▄▅▆▇█"
_POINTS = 28
_LONGEST_NAME, _SHORT_NAME = 32, 18


def history_terms(comparison: Comparison, /) -> str:
    """What the verdicts stand on, in a line or two."""
    past = _part(comparison)
    season = f", each against its own {past['season']} ({past['season_value']})" if past["season"] else ""
    differ = f"{past['windows']:,} past {past['unit']} differ from those before them"
    lines = [
        f"D(current‖past) in bits; null: how {differ}{season}",
        f"alpha {comparison.alpha:g} for each column: {_expected(past)}",
    ]
    if past["reference"] is not None:
        lines.append(
            f"beside it the fixed reference {printable(past['reference'], 60)}, which assumes independent rows"
        )
    return "\n".join(lines)


def _expected(past: Mapping[str, Any]) -> str:
    said = f"chance alone makes {past['expected_alarms']:.2g} columns unusual"
    together = past["p_value"]
    return said if together is None else f"{said}; p = {together:.2g} over all columns together"


def history_table(
    comparison: Comparison, shown: Sequence[ColumnResult], styles: Mapping[str, str], /, *, color: bool, narrow: bool
) -> Table:
    """A line per column, the most unusual first.

    Args:
        comparison: What to print.
        shown: Its columns that are printed.
        styles: The style of each verdict.
        color: Whether this goes to a terminal.
        narrow: Whether there is little room.
    """
    past = _part(comparison)
    records = {record["name"]: record for record in past["columns"]}
    fixed = past["reference"] is not None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold" if color else "")
    for title in ("column", "verdict", "bits", "p", *(() if narrow else ("past windows, today last",))):
        table.add_column(title, justify="right" if title in ("bits", "p") else "left", no_wrap=True)
    if fixed:
        table.add_column("beside the fixed reference", no_wrap=True)
    table.add_column("what is to be said", overflow="ellipsis", no_wrap=True)
    for column in shown:
        record = records.get(column.name)
        row = [
            Text(printable(column.name, _SHORT_NAME if narrow else _LONGEST_NAME) or "(no name)"),
            Text(column.verdict, style=styles[column.verdict] if color else ""),
            Text("–" if record is None or record["bits"] is None else f"{record['bits']:.4f}"),
            Text("–" if record is None or record["p_value"] is None else f"{record['p_value']:.2g}"),
        ]
        if not narrow:
            row.append(Text("" if record is None else _line(record)))
        if fixed:
            row.append(Text(_fixed(record)))
        table.add_row(*row, Text(_said(column)))
    return table


def _said(column: ColumnResult) -> str:
    # The figure has a column of its own.
    said = printable(column.headline)
    return said if column.verdict != "undefined" or not column.notes else printable(column.notes[0])


def _line(record: Mapping[str, Any]) -> str:
    """The past figures as a line of marks, today's apart."""
    figures = record["past"][-_POINTS:]
    if record["bits"] is None or not figures:
        return ""
    most = max(*figures, record["bits"], 1e-12)
    marks = [_MARKS[min(int(len(_MARKS) * figure / most), len(_MARKS) - 1)] for figure in (*figures, record["bits"])]
    return f"{''.join(marks[:-1])} {marks[-1]}"


def _fixed(record: Mapping[str, Any] | None) -> str:
    beside = None if record is None else record["reference"]
    if beside is None:
        return ""
    bits = beside["bits"]
    return (
        f"{beside['verdict']}, {'–' if bits is None else bits if isinstance(bits, str) else format(bits, '.4f')} bits"
    )


def alert_lines(comparison: Comparison, /) -> list[str]:
    """What has changed among the alerts: a line for each event that began or ended, and how many go on."""
    if comparison.history is None:
        return []
    past = _part(comparison)
    if past["alerts"] is None:
        return []
    changed = getattr(comparison.history, "alerts", None) or ()
    begun = sum(alert.state == "new" for alert in changed)
    lines = ["", *(alert.message for alert in changed)]
    ongoing = past["open_alerts"] - begun
    if ongoing:
        lines.append(
            f"{ongoing:,} alert{'s' if ongoing > 1 else ''} ongoing or accepted: kullback alerts DIR lists them"
        )
    return lines if len(lines) > 1 else ["", "no alert is open"]


def _part(comparison: Comparison) -> dict[str, Any]:
    part = comparison.history
    return {} if part is None else part.to_dict()
