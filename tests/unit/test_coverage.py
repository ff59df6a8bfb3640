"""The map of what is covered is true: its functions exist, its tests test them, its pages speak of them."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "coverage.md"
# Labs and the explorer, which the library does not have yet.
PLANNED = {"C47", "C48"}
# Rows whose matter is a page, not a function.
PAGES_ONLY = {"C49", "C50"}


def rows() -> dict[str, list[str]]:
    """The cells of each row: what, function, test, page."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| C\d\d ", line)]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return {first: rest for first, *rest in cells}


ROWS = rows()
COVERED = [row for row in ROWS if row not in PLANNED]


def names(row: str) -> list[str]:
    return re.findall(r"`(kullback\.[\w.]+)`", ROWS[row][1])


def pages(row: str) -> list[Path]:
    return [PAGE.parent / link for link in re.findall(r"\]\(([^)#]+)", ROWS[row][3])]


def found(name: str, require: Any) -> object:
    """What a dotted name stands for."""
    for package, needed in (("kullback.nn", "torch"), ("kullback.nn.metrics", "torchmetrics")):
        if name.startswith(f"{package}."):
            require(needed)
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            value = getattr(value, part)
        return value
    raise AssertionError(name)


def test_every_row_is_there_once() -> None:
    assert list(ROWS) == [f"C{number:02d}" for number in range(1, 53)]
    assert all(len(cells) == 4 for cells in ROWS.values())


@pytest.mark.parametrize("row", sorted(PLANNED))
def test_what_is_not_there_is_called_planned(row: str) -> None:
    assert ROWS[row][1:] == ["planned"] * 3


@pytest.mark.parametrize("row", COVERED)
def test_nothing_else_is_planned_or_partly_there(row: str) -> None:
    assert not re.search(r"planned|partly", " ".join(ROWS[row][1:]))


@pytest.mark.parametrize("row", [row for row in COVERED if row not in PAGES_ONLY])
def test_functions_exist(row: str, require: Any) -> None:
    assert names(row)
    for name in names(row):
        assert found(name, require) is not None


@pytest.mark.parametrize("row", [row for row in COVERED if row not in PAGES_ONLY])
def test_tests_name_the_functions(row: str) -> None:
    files = [ROOT / name for name in re.findall(r"`(tests/[\w/.-]+)`", ROWS[row][2])]
    assert files
    missing = [file for file in files if not file.is_file()]
    assert not missing
    text = "\n".join(file.read_text("utf-8") for file in files)
    untested = [name for name in names(row) if not re.search(rf"\b{name.rpartition('.')[2]}\b", text)]
    assert not untested


@pytest.mark.parametrize("row", COVERED)
def test_pages_speak_of_the_functions(row: str) -> None:
    files = pages(row)
    assert files
    assert all(file.is_file() for file in files), files
    text = "\n".join(file.read_text("utf-8") for file in files)
    silent = [name for name in names(row) if not re.search(rf"\b{name.rpartition('.')[2]}\b", text)]
    assert not silent
