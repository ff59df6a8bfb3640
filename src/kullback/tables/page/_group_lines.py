"""The divergence of a column over time: a line with its interval, the margin, and where the column changes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from kullback.tables.page._figures import bits_text, number, place_text
from kullback.tables.page._words import Words

# Columns that are drawn, the worst first, and points of a line; more windows are taken together.
_COLUMNS, _POINTS = 20, 240
_UNITS, _HEIGHT = 1000, 120
_LONGEST, _LISTED = 40, 12


def window_lines(breakdown: Mapping[str, Any], say: Words, /) -> str:
    """A line for each of the worst columns.

    Args:
        breakdown: `by` of the JSON.
        say: The language.
    """
    columns = [column for column in breakdown["columns"] if column["worst"] is not None]
    drawn = "".join(_column(column, breakdown["groups"], say) for column in columns[:_COLUMNS])
    hidden = len(columns) - _COLUMNS
    more = f"<p class=more>{say('The other {count} are in the JSON.', count=f'{hidden:,}')}" if hidden > 0 else ""
    return f"{drawn}{more}"


def _column(column: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], say: Words) -> str:
    figures = [number(cell["smoothed"]) for cell in column["cells"]]
    worst = max(range(len(figures)), key=lambda place: -1.0 if figures[place] is None else float(figures[place] or 0))
    farthest = say(
        "farthest: {bits} bits at {window}",
        bits=bits_text(figures[worst]),
        window=groups[worst]["label"],
    )
    return (
        f"<section class=line><h3><span class=name>{say.name(column['name'], 80)}</span> "
        f"<small>{say(column['verdict'])}{say(';')} {farthest}</small></h3>"
        f"{_picture(column, groups, say)}{_changes(column, groups, say)}</section>"
    )


def _changes(column: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], say: Words) -> str:
    parts = []
    for change in column["changes"][:_LISTED]:
        place, low, high = (groups[each]["label"] for each in (change["place"], *change["interval"]))
        parts.append(
            say("{window} (between {low} and {high})", window=place, low=low, high=high)
            if low != high
            else say.name(place)
        )
    return f"<p>{say('Changes at')} {', '.join(parts)}" if parts else ""


def _picture(column: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], say: Words) -> str:
    points = _points(column["cells"])
    most = max((point[1] for point in points if point is not None), default=0.0)
    top = 1.08 * max(most, 1.5 * column["margin"], 1e-6)
    inside = (
        _marks(column, len(groups))
        + _band(points, top)
        + _margin(column["margin"], top)
        + "".join(f'<path class=value d="{path}" />' for path in _paths(points, top))
    )
    letters = "".join(
        f"<text x={x}% y={_HEIGHT + 15}{f' class={anchor}' if anchor else ''}>"
        f"{say.name(groups[place]['label'], _LONGEST)}</text>"
        for x, place, anchor in ((0, 0, "start"), (50, len(groups) // 2, ""), (100, len(groups) - 1, "end"))
    )
    return (
        f'<svg class=over role=img aria-label="{say("bits over time")}">'
        f"<svg width=100% height={_HEIGHT} viewBox='0 0 {_UNITS} {_HEIGHT}' preserveAspectRatio=none>{inside}</svg>"
        f"<text class=end x=100% y=11>{bits_text(top / 1.08)}</text>{letters}</svg>"
    )


def _points(cells: Sequence[Mapping[str, Any]]) -> list[tuple[float, float, float, float] | None]:
    """Place, figure and bounds of each window, or of the farthest of several; None for a gap."""
    step = math.ceil(len(cells) / _POINTS)
    found: list[tuple[float, float, float, float] | None] = []
    for start in range(0, len(cells), step):
        known = [cell for cell in cells[start : start + step] if cell["smoothed"] is not None]
        if not known:
            found.append(None)
            continue
        cell = max(known, key=lambda each: float(each["smoothed"]))
        low, high = (float(bound) for bound in cell["interval"] or (0, 0))
        place = (start + min(step, len(cells) - start) / 2) / len(cells)
        found.append((place, max(float(cell["smoothed"]), 0.0), low, high))
    return found


def _paths(points: Sequence[tuple[float, float, float, float] | None], top: float) -> list[str]:
    """A path for each run of windows without a gap; a window by itself is a short stroke."""
    paths = []
    for run in _runs(points):
        places = [f"{place_text(_UNITS * x)} {_y(figure, top)}" for x, figure, _, _ in run]
        paths.append(f"M{'L'.join(places)}" if len(places) > 1 else f"M{places[0]}h2")
    return paths


def _band(points: Sequence[tuple[float, float, float, float] | None], top: float) -> str:
    parts = []
    for run in _runs(points):
        upper = [f"{place_text(_UNITS * x)} {_y(high, top)}" for x, _, _, high in run]
        lower = [f"{place_text(_UNITS * x)} {_y(low, top)}" for x, _, low, _ in reversed(run)]
        parts.append(f"M{'L'.join(upper + lower)}z")
    return f'<path class=band d="{"".join(parts)}" />' if parts else ""


def _runs(
    points: Sequence[tuple[float, float, float, float] | None],
) -> list[list[tuple[float, float, float, float]]]:
    runs: list[list[tuple[float, float, float, float]]] = [[]]
    for point in points:
        if point is not None:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _margin(margin: float, top: float) -> str:
    return f"<line class=margin x1=0 x2={_UNITS} y1={_y(margin, top)} y2={_y(margin, top)} />" if margin else ""


def _marks(column: Mapping[str, Any], windows: int) -> str:
    """The interval of each change as an area, its place as a line."""
    parts = []
    for change in column["changes"]:
        low, high = change["interval"]
        x, width = place_text(_UNITS * low / windows), place_text(_UNITS * (high + 1 - low) / windows)
        at = place_text(_UNITS * change["place"] / windows)
        parts.append(
            f"<rect class=where x={x} width={width} height={_HEIGHT} />"
            f"<line class=change x1={at} x2={at} y1=0 y2={_HEIGHT} />"
        )
    return "".join(parts)


def _y(bits: float, top: float) -> str:
    return place_text(_HEIGHT * (1 - min(max(bits, 0.0) / top, 1.0)))
