"""What messages say of the parts of a comparison beside its columns: a line each."""

from collections.abc import Callable, Mapping
from typing import Any

from kullback.tables.page._figures import bits_text, number

Part = Mapping[str, Any]
_NAMED = 5


def part_lines(document: Part, /) -> list[tuple[str, str]]:
    """The part and what is said of it, for every part that the JSON of a comparison holds."""
    return [(what, say(document[key])) for key, what, say in _PARTS if document.get(key) is not None]


def _groups(part: Part) -> str:
    counts = ", ".join(f"{count:,} {verdict}" for verdict, count in part["counts"].items() if count)
    return f"by {part['by']}: {part['verdict']}{f' ({counts})' if counts else ''}"


def _target(part: Part) -> str:
    return f"{part['name']}: {part['headline']}"


def _pairs(part: Part) -> str:
    shifted = [f"{pair['x']} × {pair['y']}" for pair in part["pairs"] if pair["dependence"]["verdict"] == "shifted"]
    more = f" and {len(shifted) - _NAMED:,} more" if len(shifted) > _NAMED else ""
    return f"{', '.join(shifted[:_NAMED])}{more}" if shifted else "none is seen to have changed"


def _joint(part: Part) -> str:
    bounds = ", ".join(bits_text(number(bound)) for bound in part["interval"])
    doubt = "" if part["reliable"] else ", not reliable"
    return f"D(current‖reference) = {bits_text(number(part['bits']))} bits [{bounds}]{doubt}"


def _why(part: Part) -> str:
    return str(part["text"])


def _history(part: Part) -> str:
    unusual = [column["name"] for column in part["columns"] if column["state"] == "unusual"]
    more = f" and {len(unusual) - _NAMED:,} more" if len(unusual) > _NAMED else ""
    named = f"{', '.join(unusual[:_NAMED])}{more} unusual" if unusual else "nothing unusual"
    new = sum(alert["state"] == "new" for alert in part["alerts"] or ())
    return f"{named}; {new:,} new alerts, {part['open_alerts'] or 0:,} open" if part["alerts"] is not None else named


_PARTS: tuple[tuple[str, str, Callable[[Part], str]], ...] = (
    ("by", "groups", _groups),
    ("target", "target", _target),
    ("pairs", "pairs whose dependence changed", _pairs),
    ("joint", "whole rows", _joint),
    ("why", "segments that hold the shift", _why),
    ("history", "history", _history),
)
