"""Groups and windows: what is held against what, a heat map or lines, and which groups are alike."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

from kullback._core import printable
from kullback.tables.page._figures import bits_text, number, place_text, rows_text
from kullback.tables.page._group_lines import window_lines
from kullback.tables.page._words import Words

# What the heat map shows: the worst columns, the heaviest groups; and the list below it.
_COLUMNS, _GROUPS, _LISTED = 30, 60, 20
_CELL, _ROW = 15, 18
_NAMES, _LETTER = 150, 6.2
_LONGEST_NAME, _LONGEST_LABEL = 22, 16
# How strong a cell is drawn: beyond the margin, twice the margin, four times …
_STRENGTHS = (0.08, 0.22, 0.36, 0.5, 0.65, 0.8, 1.0)
_TREE = 90
_BITS = 0.02


def groups_section(document: Mapping[str, Any], say: Words, /) -> str:
    """Everything about groups or windows; nothing where none were asked for.

    Args:
        document: The JSON of a comparison.
        say: The language.
    """
    breakdown = document.get("by")
    if breakdown is None:
        return ""
    windows = breakdown["kind"] == "windows"
    title = say("Windows of {by}", by=breakdown["by"]) if windows else say("Groups of {by}", by=breakdown["by"])
    notes = "".join(f"<li>{say.shown(note)}" for note in breakdown["notes"])
    shown = window_lines(breakdown, say) if windows else _heat(breakdown, say) + _list(breakdown, say)
    return (
        f"<section class=groups id=groups><h2>{title}</h2><p>{_held(breakdown, say)} {_counted(breakdown, say)}"
        f"{f'<ul class=notes>{notes}</ul>' if notes else ''}{shown}{_matrix(breakdown, say)}</section>"
    )


def _held(breakdown: Mapping[str, Any], say: Words) -> str:
    against = breakdown["against"]
    if breakdown["reference_group"] is not None:
        return say("Each is held against {group}.", group=breakdown["groups"][breakdown["reference_group"]]["label"])
    sentences = {
        "rest": "Each is held against all others together.",
        "reference": "Each is held against the whole reference.",
        "same": "Each is held against the same one of the reference.",
        "previous": "Each is held against the one before.",
    }
    return say(sentences[against])


def _counted(breakdown: Mapping[str, Any], say: Words) -> str:
    counts = breakdown["counts"]
    said = say(
        "Of {cells} cells, each a column of one of them, {shifted} are shifted and {similar} similar.",
        cells=f"{sum(counts.values()) - counts['undefined']:,}",
        shifted=f"{counts['shifted']:,}",
        similar=f"{counts['similar']:,}",
    )
    if breakdown["rolling"]:
        said += " " + say("{count} windows at a time are taken together.", count=str(breakdown["rolling"]))
    return said


def _shown_groups(breakdown: Mapping[str, Any]) -> list[int]:
    """The heaviest groups, alike ones beside each other."""
    matrix = breakdown["matrix"]
    if matrix is None:
        return [place for place, group in enumerate(breakdown["groups"]) if group["rows"]][:_GROUPS]
    return [matrix["groups"][place] for place in matrix["order"]][:_GROUPS]


def _strength(bits: float, margin: float) -> float:
    steps = math.log2(max(bits, 1e-12) / (margin or _BITS)) + 1
    return _STRENGTHS[min(max(math.ceil(steps), 0), len(_STRENGTHS) - 1)]


def _heat(breakdown: Mapping[str, Any], say: Words) -> str:
    groups, columns = _shown_groups(breakdown), breakdown["columns"][:_COLUMNS]
    labels = [breakdown["groups"][group]["label"] for group in groups]
    top = 12 + round(_LETTER * max((min(len(label), _LONGEST_LABEL) for label in labels), default=0))
    parts = [_label_above(label, place, top, say) for place, label in enumerate(labels)]
    for row, column in enumerate(columns):
        y = top + _ROW * row
        parts.append(f"<text x={_NAMES - 6} y={y + 13} class=end>{say.name(column['name'], _LONGEST_NAME)}</text>")
        parts += [
            _cell(column, group, labels[place], (_NAMES + _CELL * place, y)) for place, group in enumerate(groups)
        ]
    width, height = _NAMES + _CELL * len(groups) + 60, top + _ROW * len(columns) + 4
    hidden = (len(breakdown["columns"]) - len(columns), sum(1 for g in breakdown["groups"] if g["rows"]) - len(groups))
    more = ""
    if max(hidden) > 0:
        said = say(
            "The {columns} worst columns and {groups} heaviest groups; all others are in the JSON.",
            columns=str(len(columns)),
            groups=str(len(groups)),
        )
        more = f"<p class=more>{said}"
    return (
        f"<h3>{say('What differs where')}</h3><p class=key>{_key(say)}<div class=wide>"
        f'<svg class=heat role=img aria-label="{say("columns by groups")}" width={width} height={height}>'
        f"{''.join(parts)}</svg></div>{more}"
    )


def _key(say: Words) -> str:
    marks = (
        ("<rect x=1 y=2 width=13 height=13 fill-opacity=.8 />", say("shifted; the stronger, the more bits")),
        ("<circle cx=7.5 cy=8.5 r=3.5 fill-opacity=.5 />", say("inconclusive")),
        ("<rect class=same x=4 y=7 width=7 height=2 />", say("similar")),
    )
    return " ".join(f"<svg class=heat width=16 height=16 aria-hidden=true>{mark}</svg> {text}" for mark, text in marks)


def _label_above(label: str, place: int, top: int, say: Words) -> str:
    x, y = _NAMES + _CELL * place + 11, top - 5
    return f'<text transform="rotate(-70 {x} {y})" x={x} y={y}>{say.name(label, _LONGEST_LABEL)}</text>'


def _cell(column: Mapping[str, Any], group: int, label: str, at: tuple[int, int]) -> str:
    cell, (x, y) = column["cells"][group], at
    bits = number(cell["smoothed"])
    if bits is None:
        return ""
    strength = _strength(bits, column["margin"])
    if cell["verdict"] == "shifted":
        title = _title(label, column["name"], cell)
        return f"<rect x={x + 1} y={y + 2} width=13 height=14 fill-opacity={strength:g}><title>{title}</title></rect>"
    if cell["verdict"] in ("similar", "constant"):
        return f"<rect class=same x={x + 4} y={y + 8} width=7 height=2 />"
    return f"<circle cx={x + 7} cy={y + 9} r=3.5 fill-opacity={strength:g} />"


def _title(label: str, name: str, cell: Mapping[str, Any]) -> str:
    return escape(f"{printable(label, 24)}, {printable(name, 24)}: {bits_text(number(cell['smoothed']))}")


def _list(breakdown: Mapping[str, Any], say: Words) -> str:
    """The groups that differ most, in words."""
    found = []
    for place, group in enumerate(breakdown["groups"]):
        shifted = [column for column in breakdown["columns"] if column["cells"][place]["verdict"] == "shifted"]
        shifted = sorted(shifted, key=partial(_nearness, place))
        if shifted:
            found.append((len(shifted), float(shifted[0]["cells"][place]["smoothed"]), group, place, shifted[:3]))
    found.sort(key=lambda each: (-each[0], -each[1]))
    heads = (say("group"), say("rows"), say("shifted columns"), say("farthest"))
    rows = "".join(
        f"<tr><th scope=row>{say.name(group['label'], 60)}<td>{rows_text(group['rows'])}<td>{count}"
        f"<td>{'; '.join(_worst(column, place, say) for column in worst)}"
        for count, _, group, place, worst in found[:_LISTED]
    )
    if not rows:
        return ""
    titles = "".join(f"<th scope=col>{head}" for head in heads)
    return f"<table class=parts><thead><tr>{titles}</thead><tbody>{rows}</tbody></table>"


def _nearness(place: int, column: Mapping[str, Any]) -> float:
    return -float(column["cells"][place]["smoothed"])


def _worst(column: Mapping[str, Any], place: int, say: Words) -> str:
    cell = column["cells"][place]
    headline = f" ({say.shown(cell['headline'])})" if cell.get("headline") else ""
    return f"<b>{say.name(column['name'], 40)}</b> {bits_text(number(cell['smoothed']))}{headline}"


def _matrix(breakdown: Mapping[str, Any], say: Words) -> str:
    matrix = breakdown["matrix"]
    if matrix is None or len(matrix["groups"]) < 3:
        return ""
    order = matrix["order"]
    labels = [breakdown["groups"][matrix["groups"][place]]["label"] for place in order]
    values = [[float(matrix["values"][row][column] or 0.0) for column in order] for row in order]
    most = max(max(row) for row in values) or 1.0
    top = 12 + round(_LETTER * max(min(len(label), _LONGEST_LABEL) for label in labels))
    tree = "" if matrix["linkage"] is None else _tree(matrix["linkage"], order, top, _NAMES + _CELL * len(order) + 6)
    names = "".join(
        _label_above(label, place, top, say)
        + f"<text x={_NAMES - 6} y={top + _CELL * place + 12} class=end>{say.name(label, _LONGEST_NAME)}</text>"
        for place, label in enumerate(labels)
    )
    width, height = _NAMES + _CELL * len(order) + _TREE + 60, top + _CELL * len(order) + 4
    caption = say(
        "Mean Jensen-Shannon divergence over the columns: the fainter, the more alike; the strongest is {bits} bits.",
        bits=bits_text(most),
    )
    return (
        f"<h3>{say('Which are alike')}</h3><p>{caption}<div class=wide>"
        f'<svg class=heat role=img aria-label="{say("distances between groups")}" width={width} height={height}>'
        f"{names}{_squares(values, most, top)}{tree}</svg></div>"
    )


def _squares(values: Sequence[Sequence[float]], most: float, top: int) -> str:
    paths: dict[float, list[str]] = {}
    for row, figures in enumerate(values):
        for column, figure in enumerate(figures):
            strength = _STRENGTHS[min(int(len(_STRENGTHS) * figure / most), len(_STRENGTHS) - 1)]
            if row != column and figure > 0:
                paths.setdefault(strength, []).append(f"M{_NAMES + _CELL * column} {top + _CELL * row}h14v14h-14z")
    return "".join(f'<path fill-opacity={strength:g} d="{"".join(path)}" />' for strength, path in paths.items())


def _tree(linkage: Sequence[Sequence[float]], order: Sequence[int], top: int, left: int) -> str:
    """How the clusters merge, growing to the right."""
    places = {leaf: (top + _CELL * (row + 0.5), 0.0) for row, leaf in enumerate(order)}
    most = max(float(merge[2]) for merge in linkage) or 1.0
    parts = []
    for number_of_merge, (first, second, height, _) in enumerate(linkage):
        (upper, start), (lower, other) = places[int(first)], places[int(second)]
        end = _TREE * float(height) / most
        parts.append(
            f"M{place_text(left + start)} {place_text(upper)}H{place_text(left + end)}V{place_text(lower)}"
            f"H{place_text(left + other)}"
        )
        places[len(order) + number_of_merge] = ((upper + lower) / 2, end)
    return f'<path class=tree d="{"".join(parts)}" />'
