"""The part of the page on whole rows: how far apart, and the rows that look most like the other side."""

from collections.abc import Mapping, Sequence
from typing import Any

from kullback.tables.page._figures import bits_text, number
from kullback.tables.page._words import Words

_ROWS, _COLUMNS, _LONGEST, _LONGEST_NOTE = 20, 14, 40, 400


def joint_section(document: Mapping[str, Any], say: Words, /) -> str:
    """The figure, and tables of rows that open; nothing if it was not asked for.

    Args:
        document: The JSON of a comparison.
        say: The language.
    """
    found = document.get("joint")
    if found is None:
        return ""
    low, high = (bits_text(number(bound)) for bound in found["interval"])
    said = [
        say(
            "Whole rows are {bits} bits apart, D(current‖reference), interval {low} to {high}; p = {chance}.",
            bits=bits_text(number(found["bits"])),
            low=low,
            high=high,
            chance=f"{found['p_value']:.2g}",
        ),
        say(
            "Estimated on {current} current rows and {reference} of the reference, over {columns} columns.",
            current=f"{found['rows']['current']:,}",
            reference=f"{found['rows']['reference']:,}",
            columns=f"{len(found['columns']):,}",
        ),
    ]
    best = found["best_column"]
    if best is not None:
        said.append(
            say("The best single column: {name}, {bits} bits.", name=best["name"], bits=bits_text(number(best["bits"])))
        )
    said.append(say("Bits of a row: log2 of how much likelier it is among current rows than in the reference."))
    notes = "".join(f"<p class=more>{say.shown(note, _LONGEST_NOTE)}" for note in (*found["notes"], found["method"]))
    tables = "".join(
        _table(found["shown"], found[side][kind], title, say)
        for side, kind, title in (
            ("current", "like_other", say("Current rows that look most like the reference")),
            ("current", "unlike_other", say("Current rows that look least like the reference")),
            ("reference", "like_other", say("Rows of the reference that look most like the current table")),
            ("reference", "unlike_other", say("Rows of the reference that look least like the current table")),
        )
    )
    return f"<section class=joint><h2>{say('Whole rows')}</h2><p>{' '.join(said)}{notes}{tables}</section>"


def _table(names: Sequence[str], rows: Sequence[Mapping[str, Any]], title: str, say: Words) -> str:
    head = "".join(f"<th scope=col>{say.name(name, _LONGEST)}" for name in names[:_COLUMNS])
    body = "".join(_row(row, say) for row in rows[:_ROWS])
    return (
        f"<details><summary>{title}</summary><div class=scroll><table><thead><tr><th scope=col>{say('bits')}{head}"
        f"<tbody>{body}</table></div></details>"
    )


def _row(row: Mapping[str, Any], say: Words) -> str:
    values = "".join(
        f"<td>{'<i>NULL</i>' if value is None else say.shown(value, _LONGEST)}" for value in row["values"][:_COLUMNS]
    )
    return f"<tr><td>{row['log_ratio']:+.2f}{values}"
