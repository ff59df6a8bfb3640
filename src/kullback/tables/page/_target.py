"""The part of the page on a target: for each column, what of D(x, y) is the input, the relation, or the target."""

import math
from collections.abc import Mapping
from typing import Any

from kullback.tables.page._figures import bits_text, number, place_text
from kullback.tables.page._words import Words

_COLUMNS, _SLICES = 40, 5
_LONGEST = 60


def target_section(document: Mapping[str, Any], say: Words, /) -> str:
    """Bars of both orders of the chain rule for each column; nothing if no target was named.

    Args:
        document: The JSON of a comparison.
        say: The language.
    """
    target = document.get("target")
    if target is None:
        return ""
    columns = target["columns"][:_COLUMNS]
    finite = [column for column in columns if column["joint"]["debiased"] is not None] or columns
    most = max((_total(column, order) for column in finite for order in _ORDERS), default=0.0)
    label = say("The target itself: {change}", change=target["headline"]) if target["headline"] else ""
    legend = "".join(
        f"<li><svg aria-hidden=true><rect class={part} width=14 height=10 /></svg>{text}"
        for part, text in (
            ("covariate", say("covariate: D(x), the column itself shifted")),
            ("concept", say("concept: D(y|x), the target given the column shifted")),
            ("label", say("label: D(y), the target itself shifted")),
            ("given", say("D(x|y): the column given the target shifted")),
        )
    )
    heads = (
        say("column x"),
        say("D(x, y) in bits, split in both orders"),
        say("covariate"),
        say("concept"),
        say("where"),
    )
    head = "".join(f"<th scope=col>{text}" for text in heads)
    return (
        f"<section class=target><h2>{say('Shifts of the target y = {target}', target=target['name'])}</h2>"
        f"<p>{say('label: D(y), the target itself shifted')}: {_statement(target['label'], say)}. {label}"
        f"<ul class=legend>{legend}</ul>"
        f"<table><thead><tr>{head}<tbody>"
        f"{''.join(_row(column, say, most) for column in columns)}</table>{_more(target, say)}</section>"
    )


_ORDERS = (("covariate", "concept"), ("label", "given_target"))


def _row(column: Mapping[str, Any], say: Words, most: float) -> str:
    bars = "".join(_bar(column, order, most, y) for order, y in zip(_ORDERS, (1, 13), strict=True))
    slices = [each for each in column["slices"] if each["contribution"]][:_SLICES]
    rows = "".join(
        f"<tr><th scope=row>{say.shown(each['label'], _LONGEST)}<td>{bits_text(number(each['contribution']))}"
        f"<td>{say.shown(each['headline'])}"
        for each in slices
    )
    where = say.shown(column["headline"]) if column["headline"] else say("slice by slice")
    if rows:
        heads = (say("column x"), say("adds to D(y|x), bits"), say("the target there"))
        head = "".join(f"<th scope=col>{text}" for text in heads)
        where = f"<details><summary>{where}</summary><table><thead><tr>{head}<tbody>{rows}</table></details>"
    notes = "".join(f"<p>{say.shown(note)}" for note in column["notes"])
    return (
        f"<tr><th scope=row>{say.name(column['name'], _LONGEST)}"
        f"<td><svg class=split aria-hidden=true>{bars}</svg>{bits_text(_shown(column['joint']))}"
        f"<td>{_statement(column['covariate'], say)}<td>{_statement(column['concept'], say)}<td>{where}{notes}"
    )


def _bar(column: Mapping[str, Any], order: tuple[str, str], most: float, y: int) -> str:
    drawn, start = "", 0.0
    for part in order:
        bits = _bits(column[part])
        if bits > 0 and most > 0:
            name = "given" if part == "given_target" else part
            # What is infinite, or beyond all that is finite, fills the bar.
            end = min(start + bits, most)
            width = place_text(100 * (end - start) / most)
            drawn += f"<rect class={name} x={place_text(100 * start / most)}% width={width}% height=10 y={y} />"
            start = end
    return drawn


def _bits(part: Mapping[str, Any]) -> float:
    """The finite figure of a part; of an infinite one its lower bound."""
    bits = number(part["debiased"])
    bits = number(part["interval"][0]) if bits is None else bits
    return bits if bits is not None and math.isfinite(bits) and bits > 0 else 0.0


def _total(column: Mapping[str, Any], order: tuple[str, str]) -> float:
    return sum(_bits(column[part]) for part in order)


def _statement(part: Mapping[str, Any], say: Words) -> str:
    low, high = (bits_text(number(bound)) for bound in part["interval"])
    return (
        f"<b class={part['verdict']}>{say(part['verdict'])}</b> {bits_text(_shown(part))} <span>[{low}, {high}]</span>"
    )


def _shown(part: Mapping[str, Any]) -> float:
    bits = number(part["debiased"])
    return math.inf if bits is None else bits


def _more(target: Mapping[str, Any], say: Words) -> str:
    lines = []
    if len(target["columns"]) > _COLUMNS:
        lines.append(say("{count} more columns are in the JSON.", count=f"{len(target['columns']) - _COLUMNS:,}"))
    if target["left_out"]:
        names = ", ".join(say.name(each["name"], _LONGEST) for each in target["left_out"][:_COLUMNS])
        lines.append(f"{say('Not split, as they are keys, constant or cannot be compared:')} {names}")
    return "".join(f"<p class=more>{line}" for line in [*lines, say.shown(target["method"], 400)])
