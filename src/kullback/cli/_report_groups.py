"""What a terminal or a pipe shows of groups and windows."""

import math
from collections.abc import Iterator, Sequence

from kullback._core import printable
from kullback.tables import Breakdown, GroupColumn

_GROUPS, _COLUMNS, _WORST = 30, 20, 4
_LONGEST, _SPARKS = 32, 60
_BARS = "▁▂▃▄▅▆▇█"
_HELD = {
    "rest": "all others",
    "reference": "the whole reference",
    "same": "the same group of the reference",
    "previous": "the one before",
}


def group_lines(breakdown: Breakdown | None, /) -> list[str]:
    """Groups with their worst columns, or a line over time for each column.

    Args:
        breakdown: What was found; None if no groups were asked for.
    """
    if breakdown is None:
        return []
    lines = ["", *_head(breakdown)]
    lines += _windows(breakdown) if breakdown.kind == "windows" else _groups(breakdown)
    return [*lines, *(printable(note, 160) for note in breakdown.notes)]


def _head(breakdown: Breakdown) -> Iterator[str]:
    seen = sum(group.rows > 0 for group in breakdown.groups)
    held = _HELD.get(breakdown.against)
    if held is None or breakdown.reference_group is not None:
        held = printable(breakdown.groups[breakdown.reference_group or 0].label, _LONGEST)
    if breakdown.against == "same" and breakdown.kind == "windows":
        held = "the same window of the reference"
    rolling = f", {breakdown.rolling} taken together" if breakdown.rolling else ""
    counts = ", ".join(f"{count:,} {verdict}" for verdict, count in breakdown.counts.items() if count)
    yield f"by {printable(breakdown.by, 60)}: {seen:,} {breakdown.kind}{rolling}, each against {held}; cells: {counts}"


def _groups(breakdown: Breakdown) -> list[str]:
    found = []
    for place, group in enumerate(breakdown.groups):
        cells = [(column, column.cells[place]) for column in breakdown.columns]
        shifted = [(column, cell) for column, cell in cells if cell.verdict == "shifted"]
        shifted.sort(key=lambda pair: -(pair[1].smoothed or 0.0))
        worst = ", ".join(f"{printable(column.name, 20)} {_bits(cell.smoothed)}" for column, cell in shifted[:_WORST])
        if group.rows:
            farthest = shifted[0][1].smoothed if shifted else 0.0
            row = (printable(group.label, _LONGEST), f"{group.rows:,.0f}", f"{len(shifted):,}", worst or "–")
            found.append((len(shifted), farthest or 0.0, row))
    found.sort(key=lambda each: (-each[0], -each[1]))
    rows = [row for *_, row in found]
    lines = _aligned([("group", "rows", "shifted columns", "farthest, bits"), *rows[:_GROUPS]], right=(1, 2))
    return lines + _more(len(rows) - _GROUPS, "groups")


def _windows(breakdown: Breakdown) -> list[str]:
    rows = [("column", "verdict", "bits over time", "farthest, bits", "changes at")]
    for column in breakdown.columns[:_COLUMNS]:
        changes = ", ".join(_change(breakdown, *change) for change in _places(column))
        rows.append(
            (printable(column.name, _LONGEST), column.verdict, _line(column), _peak(breakdown, column), changes)
        )
    return _aligned(rows) + _more(len(breakdown.columns) - _COLUMNS, "columns")


def _places(column: GroupColumn) -> Iterator[tuple[int, int, int]]:
    for change in column.changes:
        yield (change.place, *change.interval)


def _change(breakdown: Breakdown, place: int, low: int, high: int) -> str:
    names = [printable(breakdown.groups[each].label, _LONGEST) for each in (place, low, high)]
    return names[0] if low == high else f"{names[0]} ({names[1]} … {names[2]})"


def _peak(breakdown: Breakdown, column: GroupColumn) -> str:
    figures = [-math.inf if cell.smoothed is None else cell.smoothed for cell in column.cells]
    place = max(range(len(figures)), key=figures.__getitem__)
    return (
        "–"
        if math.isinf(figures[place])
        else f"{_bits(figures[place])} at {printable(breakdown.groups[place].label, 20)}"
    )


def _line(column: GroupColumn) -> str:
    """A bar for each window, or for as many together as there is room for; a stroke where the column changes."""
    figures = [None if cell.smoothed is None else max(cell.smoothed, 0.0) for cell in column.cells]
    step = math.ceil(len(figures) / _SPARKS)
    most = max((figure for figure in figures if figure is not None), default=0.0)
    # Up to the margin all bars are low.
    scale = max(most, 2 * column.margin, 1e-9)
    changes = {change.place // step for change in column.changes}
    drawn = ""
    for bar, start in enumerate(range(0, len(figures), step)):
        inside = [figure for figure in figures[start : start + step] if figure is not None]
        drawn += "│" if bar in changes else ""
        drawn += _BARS[min(int(len(_BARS) * max(inside) / scale), len(_BARS) - 1)] if inside else "·"
    return drawn


def _bits(figure: float | None) -> str:
    return "–" if figure is None else f"{max(figure, 0.0):.3g}"


def _aligned(rows: Sequence[tuple[str, ...]], *, right: tuple[int, ...] = ()) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            text.rjust(width) if place in right else text.ljust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _more(hidden: int, what: str) -> list[str]:
    return [f"… and {hidden:,} more {what}: --json keeps them"] if hidden > 0 else []
