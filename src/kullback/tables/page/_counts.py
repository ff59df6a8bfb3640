"""The counts behind a column as tables of numbers, folded up: new and gone values, cells, and cells of the interval."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kullback._core import percent
from kullback.tables.page._bars import LONGEST_LABEL, Bar, bars_of, merged, worst_first
from kullback.tables.page._figures import bits_text, rows_text
from kullback.tables.page._words import Words

# Parts of the room that new, gone and interval cells may take; the rest is for the cells.
_ONE_SIDED, _INTERVAL = 1 / 6, 1 / 4


def folded_counts(column: Mapping[str, Any], bars: Sequence[Bar], say: Words, /, *, room: int) -> str:
    """Every table of counts, each under its title.

    Args:
        column: A record of `columns` in the JSON.
        bars: Its cells.
        say: The language.
        room: Bytes to use; what has no room is one row for the rest.
    """
    parts = []
    for field in ("new", "gone"):
        if column[f"{field}_mass"] is not None and column[f"{field}_mass"]["count"]:
            listed = _values(column[field], say, room=int(room * _ONE_SIDED))
            parts.append((_title(field, column[f"{field}_mass"], say), listed))
    grouped = bars_of(column["interval_cells"])
    last = []
    if grouped and len(grouped) != len(bars):
        title = say("Cells of the debiased figure and its interval ({count})", count=f"{len(grouped):,}")
        last.append((title, _cells(grouped, say, room=int(room * _INTERVAL))))
    room -= sum(len(content.encode()) for _, content in (*parts, *last))
    parts.append((say("All counts ({count})", count=f"{len(bars):,}"), _cells(bars, say, room=room)))
    return "".join(
        f"<details><summary>{title}</summary><div class=wide tabindex=0>{content}</div></details>"
        for title, content in (*parts, *last)
    )


def _cells(bars: Sequence[Bar], say: Words, *, room: int) -> str:
    rows = [_cell(bar, say) for bar in bars]
    if sum(len(row.encode()) for row in rows) > room:
        order = worst_first(bars)
        rows = list(_fitting((_cell(bar, say) for bar in order), room))
        rows.append(_cell(merged(order[len(rows) :]), say))
    heads = (
        say("cell"),
        say("reference rows"),
        say("current rows"),
        say("reference share"),
        say("current share"),
        say("bits"),
    )
    return _table(heads, rows)


def _cell(bar: Bar, say: Words) -> str:
    return (
        f"<tr><th scope=row>{say.shown(bar.label, LONGEST_LABEL)}"
        f"<td>{rows_text(bar.rows[0])}<td>{rows_text(bar.rows[1])}<td>{percent(bar.shares[0])}<td>{percent(bar.shares[1])}<td>{bits_text(bar.contribution)}"
    )


def _title(field: str, mass: Mapping[str, Any], say: Words) -> str:
    share, low, high = (percent(each) for each in (mass["share"], *mass["interval"]))
    if field == "new":
        return say("New values: {share} of the current rows ({low} to {high})", share=share, low=low, high=high)
    return say("Gone values: {share} of the reference rows ({low} to {high})", share=share, low=low, high=high)


def _values(values: Sequence[Mapping[str, Any]], say: Words, *, room: int) -> str:
    rows = list(_fitting((_value(value, say) for value in values), room))
    if len(rows) < len(values):
        rows.append(f"<tr><th scope=row>{say('more in the JSON')}")
    return _table((say("value"), say("rows"), say("share"), say("interval")), rows)


def _value(value: Mapping[str, Any], say: Words) -> str:
    low, high = (percent(bound) for bound in value["interval"])
    label = say("all others") if value["value"] is None else say.shown(value["value"], LONGEST_LABEL)
    return f"<tr><th scope=row>{label}<td>{rows_text(value['count'])}<td>{percent(value['share'])}<td>{low} – {high}"


def _fitting(rows: Iterator[str], room: int) -> Iterator[str]:
    """Rows as long as there is room, one at least."""
    for place, row in enumerate(rows):
        room -= len(row.encode())
        if place and room < 0:
            return
        yield row


def _table(heads: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f"<th scope=col>{each}" for each in heads)
    return f"<table><thead><tr>{head}<tbody>{''.join(rows)}</table>"
