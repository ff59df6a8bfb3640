"""The part of the page on why whole rows differ: segments, the bits that they hold, and the rows that they are."""

from collections.abc import Mapping
from typing import Any

from kullback._core import percent
from kullback.tables.page._figures import bits_text, place_text
from kullback.tables.page._words import Words

_LONGEST, _LONGEST_NOTE = 300, 500


def segments_section(document: Mapping[str, Any], say: Words, /) -> str:
    """The explanation in a sentence and a table of segments; nothing if none was asked for.

    Args:
        document: The JSON of a comparison.
        say: The language.
    """
    found = document.get("segments")
    if found is None:
        return ""
    notes = "".join(f"<p class=more>{say.shown(note, _LONGEST_NOTE)}" for note in found["notes"])
    return (
        f"<section class=why><h2>{say('Why')}</h2><p class={found['verdict']}>"
        f"{say.shown(found['text'], _LONGEST_NOTE)}.{_table(found, say) if found['segments'] else ''}{notes}</section>"
    )


def _table(found: Mapping[str, Any], say: Words) -> str:
    heads = (say("segment"), say("share of the bits"), say("interval"), say("share of the rows"), say("bits within"))
    head = "".join(f"<th scope=col>{text}" for text in heads)
    rows = "".join(_row(segment, say) for segment in found["segments"])
    low, high = (percent(bound) for bound in found["interval"])
    together = say(
        "Together {share} of the bits, interval {low} to {high}, in {rows} of the rows.",
        share=percent(found["share"]),
        low=low,
        high=high,
        rows=percent(found["rows"]),
    )
    return f"<table><thead><tr>{head}<tbody>{rows}</table><p>{together}"


def _row(segment: Mapping[str, Any], say: Words) -> str:
    low, high = segment["interval"]
    bar = (
        f"<svg aria-hidden=true><rect class=bits width={place_text(100 * segment['share'])}% height=7 />"
        f"<rect class=rows y=9 width={place_text(100 * segment['current'])}% height=5 /></svg>"
    )
    return (
        f"<tr><th scope=row>{say.shown(segment['text'], _LONGEST)}<td>{percent(segment['share'])}{bar}"
        f"<td>{percent(low)} – {percent(high)}<td>{percent(segment['reference'])} → {percent(segment['current'])}"
        f"<td>{bits_text(segment['within'])}"
    )
