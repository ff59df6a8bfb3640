"""A comparison as blocks of Slack's Block Kit: made, never sent."""

from collections.abc import Iterable, Mapping
from typing import Any

from kullback._core import printable
from kullback.tables.formats._brief import (
    LONGEST_NAME,
    LONGEST_TEXT,
    change,
    figures,
    rows_line,
    rules_line,
    structure_changes,
    verdict_line,
)
from kullback.tables.formats._brief_parts import part_lines

# What Slack takes: characters of a header, of a section's text, of the fallback; blocks of a message.
MOST_HEADER, MOST_SECTION, MOST_FALLBACK, MOST_BLOCKS = 150, 3_000, 4_000, 50
_WORST = 20
_NAMES = 10
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# No escape exists for it, and it would end the code.
_BACKTICK = str.maketrans({"`": "ˋ"})


def slack_message(document: Mapping[str, Any], /) -> dict[str, Any]:
    """The verdict, the worst columns, what changed form, and the rules, as the body of a message.

    Args:
        document: The JSON of a comparison.

    Returns:
        `text` (for notifications) and `blocks`, within the limits of Slack: 50 blocks, 3,000 characters a section, 150
        a header. All that comes from the data stands in code, with ``&``, ``<`` and ``>`` escaped.
    """
    verdict = f"{document['verdict'].capitalize()}: {verdict_line(document)}"
    sides = " compared with the reference ".join(
        f"{_code(document[side]['name'])} ({rows_line(document[side])})" for side in ("current", "reference")
    )
    shown = [column for column in document["columns"] if column["verdict"] in ("shifted", "inconclusive")]
    lines = [_line(column, document) for column in shown[:_WORST]]
    if len(shown) > _WORST:
        lines.append(f"… and {len(shown) - _WORST:,} more")
    lines += [f"*{what}*: {_names(names)}" for what, names in structure_changes(document)]
    lines += [f"*{what}*: {_code(said, LONGEST_TEXT)}" for what, said in part_lines(document)]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(verdict, MOST_HEADER), "emoji": False}},
        _section(sides),
        *(_section(text) for text in _packed(lines)),
        {"type": "context", "elements": [_mrkdwn(_code(rules_line(document), LONGEST_TEXT))]},
    ]
    return {"text": _cut(verdict.translate(_ESCAPES), MOST_FALLBACK), "blocks": blocks[:MOST_BLOCKS]}


def _line(column: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    bits, bounds = figures(column)
    said = change(column, document)
    what = f" — {_code(said, LONGEST_TEXT)}" if said else ""
    return f"• {_code(column['name'])} *{column['verdict']}* {bits} bits {bounds}{what}"


def _code(text: str, longest: int = LONGEST_NAME) -> str:
    clean = printable(text, longest).translate(_BACKTICK)
    if not clean.strip():
        clean = repr(clean) if clean else "(no name)"
    return f"`{clean.translate(_ESCAPES)}`"


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return ", ".join(_code(name) for name in names[:_NAMES]) + more


def _packed(lines: Iterable[str]) -> list[str]:
    """Lines put together to sections; no line is ever as long as a section."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + 1 + len(line) <= MOST_SECTION:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, Any]:
    # Verbatim: names of people and channels, and what looks like an address, stay text.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
