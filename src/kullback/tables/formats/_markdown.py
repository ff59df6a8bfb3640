"""A comparison as GitHub-flavored Markdown: a comment on a pull request, the summary of a job."""

import re
from collections.abc import Mapping, Sequence
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

# A comment on GitHub holds 65,536 characters; bytes are counted, so that no alphabet makes it longer than that.
MOST_BYTES = 65_536
_WORST = 30
_NAMES = 20
# What the folded rows leave to the end of the text.
_SPARE = 4_000


def markdown_text(document: Mapping[str, Any], /) -> str:
    """The verdict, a table of the columns that are shifted or undecided, everything else folded.

    Args:
        document: The JSON of a comparison.

    Returns:
        Markdown of at most 65,536 bytes in UTF-8. All that comes from the data stands in code spans, in which nothing
        is a link, a mention, an emoji or HTML.
    """
    sides = " compared with the reference ".join(
        f"{code_span(document[side]['name'])} ({rows_line(document[side])})" for side in ("current", "reference")
    )
    open_columns = [column for column in document["columns"] if column["verdict"] in ("shifted", "inconclusive")]
    shown = open_columns[:_WORST]
    rest = [*open_columns[_WORST:], *(column for column in document["columns"] if column not in open_columns)]
    parts = [f"### {document['verdict'].capitalize()}: {verdict_line(document)}", f"{sides}."]
    if shown:
        parts.append("\n".join((*_head(document), *(_row(column, document) for column in shown))))
    parts += [f"- **{what}**: {_names(names)}" for what, names in structure_changes(document)]
    parts += [f"- **{what}**: {code_span(said)}" for what, said in part_lines(document)]
    end = code_span(rules_line(document), LONGEST_TEXT)
    text = "\n\n".join(parts)
    if rest:
        text = f"{text}\n\n{_folded(rest, document, MOST_BYTES - _SPARE - len(text.encode('utf-8', 'replace')))}"
    return f"{text}\n\n{end}\n"


def code_span(text: str, /, longest: int = LONGEST_NAME) -> str:
    """Text of the data as code, in which Markdown, HTML, mentions and links do nothing; safe in a table, too."""
    clean = printable(text, longest)
    if not clean.strip():
        clean = repr(clean) if clean else "(no name)"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", clean)), default=0))
    # A space goes unseen at either end, and keeps a backtick of the text from joining those around it.
    padded = f" {clean} " if clean[0] in "` " or clean[-1] in "` " else clean
    return f"{fence}{padded}{fence}".replace("|", "\\|")


def _head(document: Mapping[str, Any]) -> tuple[str, str]:
    level = f"{100 * (1 - document['alpha']):g} %"
    return f"| column | verdict | bits | {level} interval | what changed most |", "| --- | --- | --: | --- | --- |"


def _row(column: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    bits, bounds = figures(column)
    verdict = f"**{column['verdict']}**" if column["verdict"] == "shifted" else column["verdict"]
    said = change(column, document)
    cells = code_span(column["name"]), verdict, bits, bounds, code_span(said, LONGEST_TEXT) if said else ""
    return f"| {' | '.join(cells)} |"


def _folded(columns: Sequence[Mapping[str, Any]], document: Mapping[str, Any], room: int) -> str:
    """The other columns, as many as there is room for."""
    lines: list[str] = []
    for column in columns:
        row = _row(column, document)
        room -= len(row.encode("utf-8", "replace")) + 1
        if room < 0:
            break
        lines.append(row)
    hidden = len(columns) - len(lines)
    more = f"\n\n… and {hidden:,} more, all in the JSON.\n" if hidden else ""
    title = f"{len(columns):,} other columns" if len(columns) > 1 else "1 other column"
    table = "\n".join((*_head(document), *lines))
    return f"<details><summary>{title}</summary>\n\n{table}{more}\n\n</details>"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return ", ".join(code_span(name) for name in names[:_NAMES]) + more
