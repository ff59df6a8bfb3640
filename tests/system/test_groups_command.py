"""`kullback compare --by`: what a terminal or a pipe shows of groups and windows."""

import json
import subprocess
import sys
from datetime import date, timedelta

import numpy as np
import pytest


@pytest.fixture
def path(require, tmp_path):
    polars = require("polars")
    rng = np.random.default_rng(1)
    place = np.repeat(np.arange(30), 200)
    store = rng.choice(["north", "south", "west"], 6_000)
    table = polars.DataFrame(
        {
            "when": [date(2024, 1, 1) + timedelta(days=int(each)) for each in place],
            "store": store,
            "price": rng.normal(np.where(place >= 18, 1.0, 0.0) + np.where(store == "west", 2.0, 0.0)),
        }
    )
    table.write_parquet(tmp_path / "sales.parquet")
    return tmp_path / "sales.parquet"


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "kullback", "compare", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_groups_are_listed_with_what_differs(path):
    done = run(path, "--by", "store", "--columns", "price,store", "--fail-on", "shift")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert any(line.startswith("by store: 3 groups, each against all others") for line in lines)
    assert any(line.startswith("west") and "price" in line for line in lines)


def test_windows_have_a_line_with_its_change(path, tmp_path):
    done = run(path, "--by", "when", "--every", "1d", "--json", tmp_path / "out.json")
    assert done.returncode == 0
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("price") and "│" in line]
    assert "2024-01-19" in line
    assert json.loads((tmp_path / "out.json").read_text("utf-8"))["by"]["kind"] == "windows"


def test_a_missing_column_is_one_clear_error(path):
    done = run(path, "--by", "shop")
    assert done.returncode == 2
    assert "has no column 'shop'" in done.stderr
