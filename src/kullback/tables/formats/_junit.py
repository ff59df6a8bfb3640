"""A comparison as JUnit XML, which every system of continuous integration can show: a test for each column."""

from collections.abc import Collection, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from kullback._core import InputError, printable
from kullback.tables.formats._brief import LONGEST_TEXT, change, figures, rules_line, structure_changes
from kullback.tables.formats._brief_parts import part_lines

_LONGEST_NAME = 200
_FAILURES = ("shift", "structure", "inconclusive", "groups")


def junit_text(document: Mapping[str, Any], /, fail_on: Collection[str] = ()) -> str:
    """A test suite with a test for each column and for each change of structure.

    Args:
        document: The JSON of a comparison.
        fail_on: What fails beside shifted columns: `structure`, `inconclusive`, `groups`; else these are skipped, as
            are keys, constants and columns that cannot be compared.

    Returns:
        XML after the schema of Jenkins (junit-10.xsd). Times are 0, and no date is in it: the same comparison gives the
        same text. Characters that XML cannot hold are written as escapes.

    Raises:
        InputError: If `fail_on` names something else.
    """
    for name in fail_on:
        if name not in _FAILURES:
            raise InputError(f"fail_on has {name!r}; it may hold {', '.join(_FAILURES)}.")
    suite = ET.Element("testsuite", {"name": "kullback"})
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(document):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    for column in document["columns"]:
        _add_column(suite, column, document, failing="inconclusive" in fail_on)
    for what, names in structure_changes(document):
        for name in names:
            said = what, f"{name}: {what}"
            _add_test(suite, "kullback.structure", f"{what}: {name}", said, failed="structure" in fail_on)
    if (by := document.get("by")) is not None:
        said = by["verdict"], dict(part_lines(document))["groups"]
        _add_test(suite, "kullback.groups", by["by"], said, failed=by["verdict"] == "shifted" and "groups" in fail_on)
    tests = suite.findall("testcase")
    suite.attrib |= {
        "tests": str(len(tests)),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": "0",
        "skipped": str(len(suite.findall("testcase/skipped"))),
        "time": "0",
    }
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _properties(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    sides = [(side, f"{document[side]['name']} ({document[side]['rows']:,} rows)") for side in ("reference", "current")]
    said = [*sides, ("verdict", document["verdict"]), ("rules", rules_line(document)), *part_lines(document)]
    return [(name, _clean(value)) for name, value in said]


def _add_column(suite: ET.Element, column: Mapping[str, Any], document: Mapping[str, Any], *, failing: bool) -> None:
    verdict, (bits, bounds) = column["verdict"], figures(column)
    figure = f"D(current‖reference) = {bits} bits {bounds}".rstrip() if bits else column["method"]
    said = "; ".join(part for part in (f"{verdict}: {figure}", change(column, document)) if part)
    passed = verdict == "similar"
    failed = verdict == "shifted" or (failing and verdict == "inconclusive")
    name = column["name"] or "(no name)"
    _add_test(suite, "kullback.columns", name, None if passed else (verdict, said), failed=failed)


def _add_test(suite: ET.Element, group: str, name: str, said: tuple[str, str] | None, *, failed: bool) -> None:
    test = ET.SubElement(suite, "testcase", {"classname": group, "name": _clean(name, _LONGEST_NAME), "time": "0"})
    if said is None:
        return
    kind, text = said
    outcome = ET.SubElement(test, "failure" if failed else "skipped", {"type": kind, "message": _clean(text)})
    if failed:
        outcome.text = _clean(text)


def _clean(text: str, longest: int = 4 * LONGEST_TEXT) -> str:
    # What a terminal must not get, XML cannot hold.
    return printable(text, longest)
