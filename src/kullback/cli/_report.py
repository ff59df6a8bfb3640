"""What a terminal or a pipe shows of a comparison."""

import math
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kullback import ColumnResult, Comparison
from kullback._core import percent, printable
from kullback.cli._report_groups import group_lines
from kullback.cli._report_history import alert_lines, history_table, history_terms
from kullback.cli._report_joint import joint_lines, segment_lines
from kullback.cli._report_pairs import pair_lines
from kullback.cli._report_target import target_lines

_WORST = 40
_BAR = 8
_NARROW = 110
_LONGEST_NAME, _SHORT_NAME = 32, 18
_STYLES = {
    "shifted": "bold red",
    "inconclusive": "yellow",
    "similar": "green",
    "key": "cyan",
    "constant": "dim",
    "undefined": "magenta",
}


def print_report(comparison: Comparison, /, *, every: bool, cells: int = 0) -> None:
    """Print the verdict, the counts, and a line per column, worst first: in color and with bars on a terminal.

    Args:
        comparison: What to print.
        every: Print all columns on a terminal too, not the worst alone.
        cells: For each shifted column, print so many of the cells that add most to its divergence.
    """
    terminal = sys.stdout.isatty()
    # A pipe takes lines as long as they are; a terminal shows the worst.
    console = Console(width=None if terminal else 10_000, highlight=False, emoji=False, markup=False)
    shown = comparison.columns if every or not terminal else comparison.columns[:_WORST]
    narrow = terminal and console.width < _NARROW
    with console.capture() as capture:
        console.print(_verdict(comparison))
        console.print(_terms(comparison), style="dim")
        console.print()
        if comparison.history is None:
            console.print(_table(comparison, shown, color=terminal, narrow=narrow))
        else:
            console.print(history_table(comparison, shown, _STYLES, color=terminal, narrow=narrow))
        hidden = len(comparison.columns) - len(shown)
        if hidden:
            console.print(
                f"… and {hidden:,} more columns, none worse: --all prints them, --json keeps them", style="dim"
            )
        deeper = (*group_lines(comparison.by), *target_lines(comparison.target), *pair_lines(comparison.pairs))
        deeper += (*joint_lines(comparison.joint), *segment_lines(comparison.why))
        for line in (*_structure(comparison), *_cells(comparison, cells), *deeper, *alert_lines(comparison)):
            console.print(line)
    text = (
        "\n".join(line.rstrip() for line in capture.get().splitlines()) if not terminal else capture.get().rstrip("\n")
    )
    sys.stdout.buffer.write((text + "\n").encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
    sys.stdout.flush()


def _verdict(comparison: Comparison) -> Text:
    counts = comparison.counts
    parts = [f"{count:,} {verdict}" for verdict, count in counts.items() if count]
    text = Text(comparison.verdict.upper(), style=_STYLES[comparison.verdict])
    return text.append(f"  {len(comparison.columns):,} columns: {', '.join(parts)}", style="not bold default")


def _terms(comparison: Comparison) -> str:
    sides = (("reference", comparison.reference), ("current", comparison.current))
    lines = []
    for role, side in sides:
        effective = "" if side.effective_rows is None else f", effectively {side.effective_rows:,.0f}"
        lines.append(f"{role:9} {printable(side.name)} ({side.rows:,} rows{effective})")
    if comparison.history is not None:
        return "\n".join((*lines, history_terms(comparison)))
    lines.append(
        f"D(current‖reference) in bits, margin {comparison.margin:g}{_own_margins(comparison)}, "
        f"alpha {comparison.alpha:g}, "
        f"seed {comparison.seed}; {_independent(comparison)}"
    )
    return "\n".join(lines)


def _own_margins(comparison: Comparison) -> str:
    own = sum(column.margin not in (None, comparison.margin) for column in comparison.columns)
    return f" ({own:,} column{'s' if own > 1 else ''} with another)" if own else ""


def _independent(comparison: Comparison) -> str:
    units = comparison.units
    if units is None:
        return "assumes independent rows"
    shared = f", {units.shared:,} in both" if units.shared else ""
    return (
        f"independent units of {printable(' and '.join(units.columns), _LONGEST_NAME)}: {units.reference:,} and "
        f"{units.current:,}{shared}"
    )


def _table(comparison: Comparison, shown: tuple[ColumnResult, ...], *, color: bool, narrow: bool) -> Table:
    """A line per column; a narrow terminal goes without the bars and the kinds, so that the headline has room."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold" if color else "")
    titles = ["column", "kind", "verdict", "bits", f"{100 * (1 - comparison.alpha):g} % interval"]
    if narrow:
        titles.remove("kind")
    bars = color and not narrow
    most = max((column.bits for column in shown if column.bits is not None and math.isfinite(column.bits)), default=0.0)
    rows = []
    for column in shown:
        style = _STYLES[column.verdict] if color else ""
        row = [Text(printable(column.name, _SHORT_NAME if narrow else _LONGEST_NAME) or "(no name)")]
        if not narrow:
            row.append(Text(column.kind))
        row += [
            Text(column.verdict, style=style),
            Text("–" if column.bits is None else _figure(column.bits)),
            Text("" if column.interval is None else f"[{_figure(column.interval[0])}, {_figure(column.interval[1])}]"),
        ]
        if comparison.units is not None:
            row.append(Text("" if column.design_effect is None else f"{column.design_effect:.1f}"))
        if bars:
            row.append(Text(_bar(column.bits, most), style=style))
        rows.append(row)
    if comparison.units is not None:
        titles.append("design effect")
    if bars:
        titles.append("")
    for place, title in enumerate(titles):
        # Only the headline gives way where room is short.
        widest = max([len(title), *(row[place].cell_len for row in rows)])
        table.add_column(
            title, justify="right" if title in ("bits", "design effect") else "left", no_wrap=True, min_width=widest
        )
    table.add_column("what changed most", overflow="ellipsis", no_wrap=True)
    for row, column in zip(rows, shown, strict=True):
        own = "" if column.margin in (None, comparison.margin) else f"margin {column.margin:g}"
        table.add_row(*row, Text("; ".join(part for part in (own, _what(column)) if part)))
    return table


def _what(column: ColumnResult) -> str:
    parts = [printable(column.headline)] if column.headline else []
    new = column.new_mass
    if new is not None and 0 < new.share < 1 and column.verdict in ("shifted", "inconclusive"):
        parts.append(f"{percent(new.share)} on new values")
    if column.could_have_seen is not None and math.isinf(column.could_have_seen):
        parts.append("too few rows to see any shift")
    elif column.could_have_seen is not None:
        parts.append(f"would have seen {_figure(column.could_have_seen)} bits")
    if column.verdict == "undefined" and column.notes:
        parts.append(printable(column.notes[0]))
    # Hints that name an option are for the reader of the terminal.
    parts += [printable(note, 160) for note in column.notes if ": try --" in note]
    return "; ".join(parts)


def _figure(bits: float) -> str:
    if math.isinf(bits):
        return "inf"
    # Estimates of zero may fall a little below it; the digits say no more than that it is small.
    return f"{max(bits, 0.0):.4f}" if bits < 1 else f"{bits:.3f}" if bits < 100 else f"{bits:.4g}"


def _bar(bits: float | None, most: float) -> str:
    if bits is None or bits <= 0:
        return ""
    if math.isinf(bits):
        return "█" * (_BAR - 1) + "▶"
    eighths = round(8 * _BAR * bits / most) if most > 0 else 0
    return "█" * (eighths // 8) + ("" if eighths % 8 == 0 else "▏▎▍▌▋▊▉"[eighths % 8 - 1])


def _cells(comparison: Comparison, most: int) -> list[str]:
    lines = []
    for column in comparison.columns if most > 0 else ():
        if column.verdict != "shifted":
            continue
        name = printable(column.name, _LONGEST_NAME)
        lines += ["", f"{name}: what adds most to {_figure(column.plugin or 0.0)} bits"]
        sizes = [max(sum(getattr(cell, side) for cell in column.cells), 1.0) for side in ("reference", "current")]
        worst = sorted(column.cells, key=lambda cell: -cell.contribution)[:most]
        labels = [printable(cell.label, _LONGEST_NAME) for cell in worst]
        width = max(map(len, labels), default=0)
        for cell, label in zip(worst, labels, strict=True):
            before, after = percent(cell.reference / sizes[0]), percent(cell.current / sizes[1])
            lines.append(f"  {label:{width}}  {_figure(cell.contribution):>7}  {before} → {after}")
    return lines


def _structure(comparison: Comparison) -> list[str]:
    structure = comparison.structure
    lines = []
    for title, names in (
        ("only in the current table", structure.added),
        ("only in the reference", structure.removed),
        ("name used more than once", structure.duplicated),
        ("type not supported", structure.unsupported),
    ):
        if names:
            lines.append(f"{title}: {_names(names)}")
    if structure.retyped:
        changes = tuple(f"{name} ({before} → {after})" for name, before, after in structure.retyped)
        lines.append(f"type changed: {_names(changes)}")
    return ["", *lines] if lines else []


def _names(names: tuple[str, ...]) -> str:
    shown = ", ".join(printable(name, 60) or "(no name)" for name in names[:20])
    return shown + (f" and {len(names) - 20:,} more" if len(names) > 20 else "")
