"""The top of the page: the verdict in a sentence, the two tables, what is taken as independent, what changed form."""

from collections.abc import Mapping, Sequence
from typing import Any

from kullback._core import printable
from kullback.tables.page._figures import factor_text, place_text, rows_text
from kullback.tables.page._history import history_terms, history_verdict
from kullback.tables.page._words import Words

_LONGEST_LIST = 50
_LONGEST_NAME = 80
# Margins of single columns that are named on top; each column says its own.
_LONGEST_OWN = 5


def summary(document: Mapping[str, Any], say: Words, /) -> str:
    """Everything above the list.

    Args:
        document: The JSON of a comparison.
        say: The language.
    """
    sides = _side(document["reference"], "r", say("reference: what was expected"), say) + _side(
        document["current"], "c", say("current: what happened"), say
    )
    terms = (
        history_terms(document, say)
        if document.get("history") is not None
        else [_rules(document, say), *_independence(document, say)]
    )
    return (
        f"<header><p class=eyebrow>{say('Comparison of two tables')}<h1>{_verdict(document, say)}</h1>"
        f"{_proportions(document['counts'])}<div class=sides>{sides}</div>"
        f"<p class=terms>{' '.join(terms)}</header>"
        f"{_structure(document['structure'], say)}"
    )


def _verdict(document: Mapping[str, Any], say: Words) -> str:
    """The verdict of the whole, in one sentence: what changed, and what cannot be told."""
    if document.get("history") is not None:
        return history_verdict(document, say)
    counts, verdict = document["counts"], document["verdict"]
    margin = f"{document['margin']:g}"
    shifted, total = f"{counts['shifted']:,}", f"{len(document['columns']):,}"
    if verdict == "shifted" and own_margins(document):
        said = say("{shifted} of {all} columns changed by more than their margins", shifted=shifted, all=total)
    elif verdict == "shifted":
        said = say(
            "{shifted} of {all} columns changed by more than {margin} bits", shifted=shifted, all=total, margin=margin
        )
    elif own_margins(document) and verdict == "similar":
        said = say("No column changed by more than its margin")
    elif own_margins(document) and counts["inconclusive"]:
        said = say("No column is seen to have changed by more than its margin")
    elif verdict == "similar":
        said = say("No column changed by more than {margin} bits", margin=margin)
    elif counts["inconclusive"]:
        said = say("No column is seen to have changed by more than {margin} bits", margin=margin)
    else:
        said = say("None of the columns can be judged")
    if not counts["inconclusive"]:
        return f"{said}{say('.')}"
    untold = say("for {count} the rows do not suffice to tell.", count=f"{counts['inconclusive']:,}")
    return f"{said}{say(';')} <small>{untold}</small>"


def _proportions(counts: Mapping[str, int]) -> str:
    """A bar as wide as the page, divided as the verdicts are."""
    total, start, parts = sum(counts.values()) or 1, 0, []
    for verdict, count in counts.items():
        if count:
            x, width = (place_text(100 * number / total) for number in (start, count))
            parts.append(f"<rect class={verdict} x={x}% width={width}% height=6 />")
            start += count
    return f"<svg class=proportions aria-hidden=true>{''.join(parts)}</svg>"


def _side(side: Mapping[str, Any], name: str, role: str, say: Words) -> str:
    rows = say("{rows} rows", rows=rows_text(side["rows"]))
    if "effective_rows" in side:
        effective = rows_text(round(side["effective_rows"]))
        rows = say("{rows} rows, by their weights worth {effective}", rows=rows_text(side["rows"]), effective=effective)
    return f"<section class={name}><h2>{role}</h2><p class=name>{say.name(side['name'])}<p>{rows}</section>"


def own_margins(document: Mapping[str, Any], /) -> dict[str, float]:
    """Columns whose margin is another than that of all others."""
    columns = ((column["name"], column.get("margin")) for column in document["columns"])
    return {name: margin for name, margin in columns if margin is not None and margin != document["margin"]}


def _rules(document: Mapping[str, Any], say: Words) -> str:
    said = say(
        "Bits are D(current‖reference): what a current row costs more in the words of the reference. A column is "
        "shifted above {margin} bits, and at most {alpha} of such calls are false; intervals hold {level}.",
        margin=f"{document['margin']:g}",
        alpha=f"{100 * document['alpha']:g} %",
        level=f"{100 * (1 - document['alpha']):g} %",
    )
    own = own_margins(document)
    if not own:
        return said
    listed = ", ".join(
        f"{printable(name, _LONGEST_NAME)} {margin:g}" for name, margin in list(own.items())[:_LONGEST_OWN]
    )
    more = ", …" if len(own) > _LONGEST_OWN else ""
    return f"{said} {say('Margins of their own: {margins} bits.', margins=listed + more)}"


def _independence(document: Mapping[str, Any], say: Words) -> list[str]:
    seed = say("Seed {seed}.", seed=str(document["seed"]))
    units = document["units"]
    if units is None:
        return [say("Assumes independent rows."), seed]
    parts = [
        say(
            "Takes whole units of {columns} as independent, not rows: {reference} in the reference, {current} in the "
            "current table, {shared} in both.",
            columns=" × ".join(units["columns"]),
            reference=f"{units['reference']:,}",
            current=f"{units['current']:,}",
            shared=f"{units['shared']:,}",
        )
    ]
    effects = [column["design_effect"] for column in document["columns"] if column["design_effect"] is not None]
    if effects:
        low, high = factor_text(min(effects)), factor_text(max(effects))
        parts.append(
            say("Design effects: {low} to {high} times the spread of as many independent rows.", low=low, high=high)
        )
    return [*parts, seed]


def _structure(structure: Mapping[str, Any], say: Words) -> str:
    retyped = [f"{each['name']} ({each['reference']} → {each['current']})" for each in structure["retyped"]]
    parts = "".join(
        f"<dt>{title}<dd>{_names(names, say)}"
        for title, names in (
            (say("only in the current table"), structure["added"]),
            (say("only in the reference"), structure["removed"]),
            (say("type changed"), retyped),
            (say("name used more than once"), structure["duplicated"]),
            (say("type not supported"), structure["unsupported"]),
        )
        if names
    )
    return f"<section class=structure><h2>{say('Changes of structure')}</h2><dl>{parts}</dl></section>" if parts else ""


def _names(names: Sequence[str], say: Words) -> str:
    shown = [f"<span class=name>{say.name(name, _LONGEST_NAME)}</span>" for name in names[:_LONGEST_LIST]]
    if len(names) > _LONGEST_LIST:
        shown.append(say("and {count} more", count=f"{len(names) - _LONGEST_LIST:,}"))
    return " ".join(shown)
