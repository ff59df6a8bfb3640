"""What opens below a column: its picture, what adds most, the counts, every figure, and how all was made."""

from collections.abc import Mapping, Sequence
from typing import Any

from kullback.tables.page._bars import Bar, bar_rows, bars_of, merged, worst_first
from kullback.tables.page._counts import folded_counts
from kullback.tables.page._facts import facts
from kullback.tables.page._figures import bits_text, number
from kullback.tables.page._picture import draw
from kullback.tables.page._shape import Shape, shape_of
from kullback.tables.page._words import Words

# Cells that are shown as bars before the rest is one: of categories, where they are the picture, of ordered columns,
# and of what has no place on the axis of these.
_CATEGORIES, _ORDERED, _BESIDE = 12, 6, 8
_LONGEST_NOTE = 300


def details(column: Mapping[str, Any], say: Words, /, *, alpha: float, margin: float, room: int) -> str:
    """An opened column.

    Args:
        column: A record of `columns` in the JSON.
        say: The language.
        alpha: One minus the confidence of the intervals.
        margin: Bits up to which a column is similar.
        room: Bytes that tables of counts may use.
    """
    bars = bars_of(column["cells"])
    left = f"<div>{_shown(bars, column, say)}{folded_counts(column, bars, say, room=room)}</div>" if bars else ""
    notes = "".join(f"<li>{say.shown(note, _LONGEST_NOTE)}" for note in column["notes"])
    right = facts(column, say, alpha=alpha, margin=margin) + (
        f"<h3>{say('Notes')}</h3><ul>{notes}</ul>" if notes else ""
    )
    method = f"<p class=method>{say('Method: {method}', method=column['method'])}" if column["method"] else ""
    return f"<div class=opened>{left}<div>{right}</div></div>{method}"


def _shown(bars: Sequence[Bar], column: Mapping[str, Any], say: Words) -> str:
    legend = (
        f"<p class=legend><span class=r>{say('reference: what was expected')}</span> "
        f"<span class=c>{say('current: what happened')}</span>"
    )
    shape = shape_of(bars)
    if shape is None:
        title = say("Shapes of the texts") if column["verdict"] == "key" else say("Values, by what they add")
        return f"<h3>{title}</h3>{legend}{_contributions(bars, column, say, _CATEGORIES)}"
    drawn = shape.drawn
    beside = [bar for bar in bars if bar not in drawn]
    outside = f"<h4>{say('Not on the axis')}</h4>{_bars(beside, say, _BESIDE, adding=False)}" if beside else ""
    return (
        f"<h3>{say('Distribution')}</h3>{legend}{draw(shape, column['kind'], say)}"
        f"<p class=caption>{_caption(shape, say)}</p>{outside}"
        f"<h3>{say('What adds most')}</h3>{_contributions(bars, column, say, _ORDERED)}"
    )


def _caption(shape: Shape, say: Words) -> str:
    parts = [
        say("Equal areas are equal shares of the rows.") if shape.steps else "",
        say("Stems are single values, as high as their share.") if shape.stems else "",
        say("Below the axis: where the bits come from.") if any(bar.contribution > 0 for bar in shape.drawn) else "",
    ]
    return " ".join(part for part in parts if part)


def _contributions(bars: Sequence[Bar], column: Mapping[str, Any], say: Words, longest: int) -> str:
    """The cells that add most and the rest as one, so that they add up."""
    total = bits_text(number(column["plugin"]))
    caption = say("Together {bits} bits: D(current‖reference) of the observed shares.", bits=total)
    return f"{_bars(bars, say, longest)}<p class=caption>{caption}"


def _bars(bars: Sequence[Bar], say: Words, longest: int, *, adding: bool = True) -> str:
    order = worst_first(bars)
    if len(bars) > longest + 1 or order[-1].rest:
        return bar_rows(order[:longest], say, rest=merged(order[longest:]), adding=adding)
    return bar_rows(order if adding else bars, say, adding=adding)
