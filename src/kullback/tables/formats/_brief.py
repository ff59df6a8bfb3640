"""What messages (a comment, a chat, a report of tests) say of a comparison, from its JSON alone."""

import math
from collections.abc import Mapping
from typing import Any

from kullback._core import percent, printable
from kullback.tables.page._figures import bits_text, number
from kullback.tables.page._summary import own_margins

LONGEST_NAME, LONGEST_TEXT = 80, 200
_DECIDED = ("shifted", "inconclusive")


def verdict_line(document: Mapping[str, Any], /) -> str:
    """The verdict of the whole in one sentence, without a full stop."""
    counts, total = document["counts"], len(document["columns"])
    past = document.get("history")
    if past is not None:
        unusual = sum(column["state"] == "unusual" for column in past["columns"])
        return f"{unusual:,} of {total:,} columns unusual among {past['windows']:,} past windows"
    above = "its margin" if own_margins(document) else f"{document['margin']:g} bits"
    if counts["shifted"]:
        several = "their margins" if own_margins(document) and total > 1 else above
        said = f"{counts['shifted']:,} of {total:,} columns changed by more than {several}"
    elif document["verdict"] == "similar":
        said = f"no column changed by more than {above}"
    elif counts["inconclusive"]:
        said = f"no column is seen to have changed by more than {above}"
    else:
        said = "none of the columns can be judged"
    if counts["inconclusive"]:
        said += f"; for {counts['inconclusive']:,} the rows do not suffice to tell"
    return said


def rows_line(side: Mapping[str, Any], /) -> str:
    """How many rows a table has."""
    effective = f", effectively {side['effective_rows']:,.0f}" if "effective_rows" in side else ""
    return f"{side['rows']:,} rows{effective}"


def rules_line(document: Mapping[str, Any], /) -> str:
    """By which rules the verdicts were made."""
    units = document["units"]
    independent = "assumes independent rows" if document["null"] == "rows" else "held against past windows"
    if units is not None:
        columns = printable(" and ".join(units["columns"]), LONGEST_NAME)
        independent = f"independent units of {columns}: {units['reference']:,} and {units['current']:,}"
    return (
        f"D(current‖reference) in bits, margin {document['margin']:g}, alpha {document['alpha']:g}, "
        f"seed {document['seed']}; {independent}"
    )


def figures(column: Mapping[str, Any], /) -> tuple[str, str]:
    """The divergence of a column in bits, and its interval; empty where there is none."""
    bits = number(column["plugin"] if column["debiased"] is None else column["debiased"])
    interval = column["interval"]
    if bits is None:
        return "", ""
    bounds = "" if interval is None else f"[{', '.join(bits_text(number(bound)) for bound in interval)}]"
    return bits_text(bits), bounds


def change(column: Mapping[str, Any], document: Mapping[str, Any], /) -> str:
    """What changed most in a column, in words, and what else a reader should know at once."""
    parts = [printable(column["headline"], LONGEST_TEXT)] if column["headline"] else []
    new, could = column["new_mass"], number(column["could_have_seen"])
    if new is not None and 0 < new["share"] < 1 and column["verdict"] in _DECIDED:
        parts.append(f"{percent(new['share'])} on new values")
    if could is not None:
        seen = "too few rows to see any shift" if math.isinf(could) else f"would have seen {bits_text(could)} bits"
        parts.append(seen)
    if column["verdict"] == "undefined" and column["notes"]:
        parts.append(printable(column["notes"][0], LONGEST_TEXT))
    if column["margin"] not in (None, document["margin"]):
        parts.append(f"margin {column['margin']:g}")
    return "; ".join(parts)


def structure_changes(document: Mapping[str, Any], /) -> list[tuple[str, list[str]]]:
    """How the tables differ as tables: what happened, and to which columns."""
    structure = document["structure"]
    retyped = [f"{each['name']} ({each['reference']} → {each['current']})" for each in structure["retyped"]]
    changes = (
        ("only in the current table", structure["added"]),
        ("only in the reference", structure["removed"]),
        ("type changed", retyped),
    )
    return [(what, list(names)) for what, names in changes if names]
