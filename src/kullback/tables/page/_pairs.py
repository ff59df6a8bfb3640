"""The part of the page on pairs of columns: whose dependence changed, and which cells did it."""

import math
from collections.abc import Mapping
from typing import Any

from kullback.tables.page._figures import bits_text, number, place_text
from kullback.tables.page._words import Words

_PAIRS, _MAPS = 40, 6
_LONGEST, _SHORT = 60, 18
# A cell of the map in pixels, and room for the labels.
_CELL, _LEFT, _TOP = 26, 150, 8


def pairs_section(document: Mapping[str, Any], say: Words, /) -> str:
    """A list of pairs with maps of the worst; nothing if no pairs were asked for.

    Args:
        document: The JSON of a comparison.
        say: The language.
    """
    found = document.get("pairs")
    if found is None:
        return ""
    shown = found["pairs"][:_PAIRS]
    said = say(
        "The dependence of {shifted} of {judged} pairs changed by more than the margin.",
        shifted=f"{found['shifted']:,}",
        judged=f"{found['judged']:,}",
    )
    heads = (say("columns"), say("verdict"), say("bits"), say("interval"), say("which cells"))
    head = "".join(f"<th scope=col>{text}" for text in heads)
    rows = "".join(_row(pair, say, opens=place < _MAPS) for place, pair in enumerate(shown))
    hidden = found["judged"] - len(shown)
    notes = [say("{count} more pairs are in the JSON.", count=f"{hidden:,}")] if hidden > 0 else []
    notes += [say.shown(note, 400) for note in (*found["notes"], found["method"])]
    return (
        f"<section class=dependence><h2>{say('Pairs of columns')}</h2><p>{said}"
        f"<table><thead><tr>{head}<tbody>{rows}</table>{''.join(f'<p class=more>{note}' for note in notes)}</section>"
    )


def _row(pair: Mapping[str, Any], say: Words, *, opens: bool) -> str:
    part = pair["dependence"]
    bits = number(part["debiased"])
    low, high = (bits_text(number(bound)) for bound in part["interval"])
    where = say.shown(pair["headline"], 400) if pair["headline"] else ""
    if opens and pair["table"] is not None and part["verdict"] == "shifted":
        where = f"<details><summary>{where}</summary>{_map(pair['table'], say)}</details>"
    return (
        f"<tr><th scope=row>{say.name(pair['x'], _LONGEST)} × {say.name(pair['y'], _LONGEST)}"
        f"<td><b class={part['verdict']}>{say(part['verdict'])}</b><td>{bits_text(math.inf if bits is None else bits)}"
        f"<td>[{low}, {high}]<td>{where}"
    )


def _map(table: Mapping[str, Any], say: Words) -> str:
    """A square for each cell: its area is the difference, its color and frame the side that has more."""
    rows = sum(sum(row) for row in table["current"]) or 1.0
    gaps = [
        [0.0 if wanted is None else (has - wanted) / rows for has, wanted in zip(current, expected, strict=True)]
        for current, expected in zip(table["current"], table["expected"], strict=True)
    ]
    most = max((abs(gap) for row in gaps for gap in row), default=0.0) or 1.0
    drawn = [
        _square(x, y, gap / most) for x, row in enumerate(gaps) for y, gap in enumerate(row) if abs(gap) > most / 200
    ]
    names = [
        f"<text x={_LEFT - 8} y={_TOP + x * _CELL + _CELL // 2 + 4}>{say.shown(label, _SHORT)}</text>"
        for x, label in enumerate(table["x_labels"])
    ]
    width, height = _LEFT + _CELL * len(table["y_labels"]), _TOP + _CELL * len(table["x_labels"])
    columns = "; ".join(f"{place + 1} = {say.shown(label, _LONGEST)}" for place, label in enumerate(table["y_labels"]))
    marks = "".join(
        f"<text class=place x={_LEFT + y * _CELL + _CELL // 2} y={height + 14}>{y + 1}</text>"
        for y in range(len(table["y_labels"]))
    )
    note = say("Filled: more rows than the reference's dependence would give. Framed: fewer.")
    return (
        f"<p>{note} {columns}<div class=scroll><svg aria-hidden=true width={width + 4} height={height + 20}>"
        f"{''.join(names)}{marks}{''.join(drawn)}</svg></div>"
    )


def _square(x: int, y: int, gap: float) -> str:
    side = (_CELL - 4) * math.sqrt(abs(gap))
    left, top = (_LEFT + (y + 0.5) * _CELL - side / 2, _TOP + (x + 0.5) * _CELL - side / 2)
    name = "more" if gap > 0 else "fewer"
    places = " ".join(f"{key}={place_text(value)}" for key, value in (("x", left), ("y", top), ("width", side)))
    return f"<rect class={name} {places} height={place_text(side)} />"
