"""The command as a person runs it: real files, real output, real exit codes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "data"
H1, H2 = DATA / "flights-2013-h1.parquet", DATA / "flights-2013-h2.parquet"
PENGUINS = DATA / "penguins.csv"


def run(*words: object, columns: int | None = None) -> subprocess.CompletedProcess[str]:
    width = {} if columns is None else {"COLUMNS": str(columns)}
    return subprocess.run(
        [sys.executable, "-m", "kullback", *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONUTF8": "1", **width},
    )


def run_in_terminal(command: str, width: int) -> str:
    # `script` gives the command a terminal of its own.
    done = subprocess.run(
        ["script", "-qec", f"stty cols {width}; {command}", "/dev/null"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={name: value for name, value in os.environ.items() if name != "COLUMNS"} | {"TERM": "xterm-256color"},
    )
    return done.stdout


@pytest.fixture(scope="module")
def flights() -> subprocess.CompletedProcess[str]:
    return run("compare", H1, H2, "--exclude", "month,day,time_hour", "--json", "-")


def test_real_flights_give_the_known_answer(flights: subprocess.CompletedProcess[str]) -> None:
    found = json.loads(flights.stdout)
    assert flights.returncode == 0
    assert flights.stderr == ""
    assert found["verdict"] == "shifted"
    assert [column["name"] for column in found["columns"] if column["verdict"] == "shifted"] == ["flight", "tailnum"]
    assert (found["reference"]["rows"], found["current"]["rows"]) == (166_158, 170_618)


SCHEMA = {
    "type": "object",
    "required": [
        "schema", "unit", "reference", "current", "margin", "verdict", "counts", "columns", "structure", "null",
        "alpha", "seed",
    ],
    "properties": {
        "schema": {"const": 1},
        "unit": {"const": "bits"},
        "verdict": {"enum": ["shifted", "similar", "inconclusive"]},
        "null": {"enum": ["rows", "units", "history"]},
        "structure": {"required": ["added", "removed", "retyped", "duplicated", "unsupported"]},
        "columns": {
            "items": {
                "required": [
                    "name", "kind", "verdict", "plugin", "plugin_reverse", "debiased", "interval", "jensen_shannon",
                    "p_value", "p_adjusted", "headline", "could_have_seen", "new", "gone", "cells", "interval_cells",
                    "method", "notes",
                ],
                "properties": {
                    "verdict": {"enum": ["shifted", "similar", "inconclusive", "key", "constant", "undefined"]},
                    "plugin": {"$ref": "#/$defs/bits"},
                    "debiased": {"$ref": "#/$defs/bits"},
                    "interval": {"oneOf": [{"type": "null"}, {"type": "array", "items": {"$ref": "#/$defs/bits"}}]},
                    "cells": {"items": {"required": ["label", "reference", "current", "contribution"]}},
                },
            }
        },
    },
    "$defs": {"bits": {"oneOf": [{"type": "number"}, {"const": "inf"}, {"type": "null"}]}},
}  # fmt: skip


def test_json_is_strict_and_of_the_documented_form(flights: subprocess.CompletedProcess[str]) -> None:
    def refuse(constant: str) -> None:
        pytest.fail(f"bare {constant} is not JSON")

    jsonschema.validate(json.loads(flights.stdout, parse_constant=refuse), SCHEMA)


def test_a_pipe_gets_plain_lines_one_per_column() -> None:
    done = run("compare", H1, H2)
    lines = done.stdout.splitlines()
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
    assert sum(line.startswith(("flight ", "tailnum ", "dest ", "year ")) for line in lines) == 4
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.skipif(sys.platform != "linux", reason="script of util-linux gives a terminal")
@pytest.mark.parametrize("width", [80, 160])
def test_a_terminal_gets_color_and_no_line_too_long(width: int) -> None:
    shown = run_in_terminal(f"{sys.executable} -m kullback compare {H1} {H2}", width)
    table = shown[shown.index("SHIFTED") :]
    assert "\x1b[" in shown
    assert ("▶" in table) == (width == 160)
    plain = [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line).rstrip("\r") for line in table.splitlines()]
    assert max(map(len, plain)) <= width


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((H1, H2, "--columns", "carrier"), 0),
        ((H1, H2, "--columns", "carrier", "--fail-on", "shift,structure"), 0),
        ((H1, H2, "--columns", "flight", "--fail-on", "shift"), 1),
        ((H1, H2, "--columns", "flight"), 0),
        ((H1, PENGUINS, "--columns", "year", "--fail-on", "structure"), 0),
        ((H1, PENGUINS, "--fail-on", "structure"), 1),
        ((PENGUINS, "--split-by", "year", "--reference", "2007", "--fail-on", "inconclusive"), 1),
    ],
)
def test_exit_codes(words: tuple[object, ...], code: int) -> None:
    done = run("compare", *words, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((H1, "no-such.parquet"), "there is no file 'no-such.parquet'"),
        ((H1,), "one table came where two are needed"),
        ((H1, H2, "--fail-on", "everything"), "--fail-on everything is unknown"),
        ((H1, H2, "--as", "flight"), "COL=ROLE"),
        ((H1, H2, "--as", "flight=float"), "cannot be taken as 'float'"),
        ((H1, H2, "--columns", "nothing"), "there is no column 'nothing'"),
        ((H1, H2, "--margin", "-1"), "margin is -1.0"),
        ((H1, H2, "--alpha", "2"), "alpha is 2.0"),
        ((H1, H2, "--where", "origin = "), "cannot apply the filter"),
        ((H1, H2, "--json", "no/such/folder/x.json"), "does not exist"),
        ((H1, H2, "--weights", "carrier"), "must be finite numbers"),
        ((H1, "--split-by", "orgin", "--reference", "JFK"), "no column 'orgin' to split by"),
        ((H1, "https://example.org/x.parquet"), "is a URL"),
        ((ROOT / "src", H2), "holds no table"),
        ((ROOT / "README.md", H2), "cannot tell the format"),
        ((H1, H2, "--engine", "dusk"), "must be one of duckdb, spark, polars"),
        ((H1, H2, "--engine", "polars", "--threads", "2"), "POLARS_MAX_THREADS"),
        ((H1, H2, "--master", "local[2]"), "add engine='spark'"),
        ((H1, H2, "--threads", "0"), "1 or more"),
        ((H1, H2, "--memory-limit", "much"), "a number with its unit"),
    ],
)
def test_bad_input_gets_one_message_and_exit_code_2(words: tuple[object, ...], said: str) -> None:
    done = run("compare", *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("kullback: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "leaked" not in done.stderr


def test_unknown_option_is_refused() -> None:
    assert run("compare", H1, H2, "--frobnicate").returncode == 2


@pytest.mark.parametrize("words", [("--engine", "polars"), ("--threads", "1", "--memory-limit", "256MB")])
def test_what_counts_changes_no_figure(require: Any, words: tuple[str, ...]) -> None:
    require("polars")
    asked = ("compare", H1, H2, "--columns", "dep_delay,carrier", "--json", "-")
    assert json.loads(run(*asked, *words).stdout) == json.loads(run(*asked).stdout)


def test_a_profile_answers_for_the_pairs_that_it_holds(tmp_path: Path) -> None:
    kept, found = tmp_path / "kept.json", tmp_path / "found.json"
    made = run("profile", PENGUINS, "-o", kept, "--target", "species", "--pair", "island, sex")
    assert (made.returncode, made.stderr) == (0, "")
    run("compare", kept, PENGUINS, "--target", "species", "--pairs", 9, "--json", found)
    parts = json.loads(found.read_text("utf-8"))
    assert {column["joint"]["plugin"] for column in parts["target"]["columns"]} == {0}
    assert ("island", "sex") in {(pair["x"], pair["y"]) for pair in parts["pairs"]["pairs"]}
    refused = run("profile", PENGUINS, "-o", kept, "--pair", "island")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--pair carrier,origin" in refused.stderr


def test_a_profile_stands_in_for_its_table(tmp_path: Path) -> None:
    kept = tmp_path / "h1.json"
    made = run("profile", H1, "-o", kept)
    assert (made.returncode, made.stdout.count("\n")) == (0, 1)
    direct = json.loads(run("compare", H1, H2, "--columns", "origin,carrier,flight", "--json", "-").stdout)
    stored = json.loads(run("compare", kept, H2, "--columns", "origin,carrier,flight", "--json", "-").stdout)
    assert [column["verdict"] for column in stored["columns"]] == [column["verdict"] for column in direct["columns"]]
    for one, other in zip(direct["columns"], stored["columns"], strict=True):
        assert other["plugin"] == pytest.approx(one["plugin"], rel=0.1)


def test_the_reader_may_stop_early() -> None:
    command = f"{sys.executable} -m kullback compare {H1} {H2} --json - | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_thousands_of_columns_go_through_a_pipe(tmp_path: Path) -> None:
    names = ",".join(f"c{index}" for index in range(3000))
    for name, shift in (("a.csv", 0), ("b.csv", 7)):
        rows = (",".join(str((row * (index + 3) + shift) % 97) for index in range(3000)) for row in range(60))
        (tmp_path / name).write_text("\n".join([names, *rows]) + "\n")
    done = run("compare", tmp_path / "a.csv", tmp_path / "b.csv")
    assert done.returncode == 0
    assert sum(re.match(r"c\d+ ", line) is not None for line in done.stdout.splitlines()) == 3000


def test_version_and_help() -> None:
    assert run("--version").stdout.startswith("kullback 0.")
    assert "compare" in run("--help").stdout
