"""The list of columns: a line for each, worst first, and what opens below it."""

import math
from collections.abc import Mapping
from typing import Any

from kullback._core import percent
from kullback.tables.page._details import details
from kullback.tables.page._figures import bits_text, number, place_text
from kullback.tables.page._summary import own_margins
from kullback.tables.page._words import Words

# Bytes that tables of counts may use over all columns, and for each column at least and at most.
_ROOM, _LEAST_ROOM, _MOST_ROOM = 110_000, 800, 16_000
# The scale of the small intervals where the margin is zero.
_BITS = 0.02
_LONGEST_NAME = 80


def column_list(document: Mapping[str, Any], say: Words, /, *, opened: int) -> str:
    """All columns.

    Args:
        document: The JSON of a comparison.
        say: The language.
        opened: Columns that open, the worst first.
    """
    columns, margin = document["columns"], document["margin"]
    own = own_margins(document)
    room = max(_LEAST_ROOM, min(_MOST_ROOM, _ROOM // max(min(len(columns), opened), 1)))
    rows = []
    for place, column in enumerate(columns):
        opens = place < opened
        its = own.get(column["name"], margin)
        rows.append(_line(column, say, margin=its, opens=opens))
        if opens:
            content = details(column, say, alpha=document["alpha"], margin=its, room=room)
            rows.append(f'<tr class="opens {column["verdict"]}"><td colspan=6>{content}')
    level = say("{level} interval", level=f"{100 * (1 - document['alpha']):g} %")
    heads = [
        say("column"),
        say("kind"),
        say("verdict"),
        say("bits"),
        f"{level} {_scale(say('margin') if own else f'{margin:g}' if margin else '')}",
        say("what changed most"),
    ]
    return (
        f"{_note(len(columns), opened, say)}<table id=list{'' if margin or own else ' class=free'}>"
        f"<caption>{say('Columns, worst first')}</caption>"
        f"<thead><tr>{''.join(f'<th scope=col>{head}' for head in heads)}</thead>\n<tbody>\n"
        + "\n".join(rows)
        + "</tbody></table>"
    )


def _note(columns: int, opened: int, say: Words) -> str:
    if columns <= opened:
        return ""
    note = say(
        "The {opened} worst columns open; everything about the other {more} is in the JSON.",
        opened=f"{opened:,}",
        more=f"{columns - opened:,}",
    )
    return f"<p class=more>{note}"


def _line(column: Mapping[str, Any], say: Words, *, margin: float, opens: bool) -> str:
    name = say.name(column["name"], _LONGEST_NAME)
    bits = number(column["plugin"] if column["debiased"] is None else column["debiased"])
    return (
        f"<tr class={column['verdict']}><th scope=row>"
        f"{f'<details><summary>{name}</summary></details>' if opens else name}"
        f"<td>{say(column['kind'])}<td>{say(column['verdict'])}<td>{bits_text(bits)}"
        f"<td>{_interval(column['interval'], bits, margin)}<td>{_what(column, say)}"
    )


def _scale(margin: str) -> str:
    middle = f'<text x="50%" y=10>{margin}</text>' if margin else ""
    return f'<svg class=scale aria-hidden=true><text x=0 y=10>0</text>{middle}<text x="100%" y=10>∞</text></svg>'


def _place(bits: float, margin: float) -> str:
    """Where a divergence lies on the small axis, in percent: zero left, the margin in the middle, infinity right."""
    if math.isinf(bits):
        return "100"
    grown = math.log1p(max(bits, 0.0) / (margin or _BITS))
    return place_text(100 * grown / (grown + math.log(2)))


def _interval(interval: list[float | str] | None, bits: float | None, margin: float) -> str:
    if interval is None or bits is None:
        return ""
    low, high = (number(bound) or 0.0 for bound in interval)
    start, end, middle = (_place(figure, margin) for figure in (low, high, bits))
    return (
        f"<svg aria-hidden=true><line x1={start}% x2={end}% /><circle cx={middle}% /></svg>"
        f"{bits_text(low)} – {bits_text(high)}"
    )


def _what(column: Mapping[str, Any], say: Words) -> str:
    """What changed most, and what else a reader should know at once."""
    parts = [say.shown(column["headline"])] if column["headline"] else []
    new, could = column["new_mass"], number(column["could_have_seen"])
    if new is not None and 0 < new["share"] < 1 and column["verdict"] in ("shifted", "inconclusive"):
        parts.append(say("{share} on new values", share=percent(new["share"])))
    elif could is not None and math.isinf(could):
        parts.append(say("too few rows to see any shift"))
    elif could is not None:
        parts.append(say("would have seen {bits} bits", bits=bits_text(could)))
    if column["verdict"] == "undefined" and column["notes"]:
        parts.append(say.shown(column["notes"][0]))
    return "; ".join(parts)
