import json
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order():
    RNG.bit_generator.state = np.random.default_rng(0).bit_generator.state


def kullback(*arguments, exit_code=0):
    done = subprocess.run(
        [sys.executable, "-m", "kullback", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if exit_code == 0 else done.stderr


@pytest.fixture
def tables(tmp_path) -> Callable:
    def write(name, rows, header="v,g"):
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    return write


def rows(scale, share, n=600):
    values, labels = RNG.exponential(scale, n), RNG.choice(["north", "süd"], n, p=[share, 1 - share])
    return [f"{value:.17g},{label}" for value, label in zip(values, labels, strict=True)]


def test_two_files(tables):
    x, y = tables("x.csv", rows(1.0, 0.5)), tables("y.csv", rows(2.0, 0.4))
    shown = kullback("estimate", x, y)
    assert shown.startswith("D(x‖y) = ")
    assert "nats, 95 % interval [" in shown
    assert "by stratified, n = 600, m = 600" in shown
    record = json.loads(kullback("estimate", x, y, "--json", "--bits"))
    assert record["unit"] == "bits"
    # log 2 - 1/2 for the numbers, D(.5‖.4) for the labels: .2140 nats.
    assert record["interval"][0] < 0.2140 / np.log(2) < float(record["interval"][1])


def test_order_of_rows_does_not_matter(tables):
    one, two = rows(1.0, 0.5), rows(2.0, 0.4)
    first = json.loads(kullback("estimate", tables("x.csv", one), tables("y.csv", two), "--json"))
    again = json.loads(kullback("estimate", tables("x.csv", one[::-1]), tables("y.csv", two[::-1]), "--json"))
    assert first == again


def test_options(tables, tmp_path):
    x, y = tables("x.csv", [*rows(1.0, 0.5), ",north"]), tables("y.csv", rows(2.0, 0.4))
    assert "nan_policy='omit'" in kullback("estimate", x, y, exit_code=2)
    assert "1 rows of x" in kullback("estimate", x, y, "--nan-policy", "omit", "--plot", tmp_path / "where.svg")
    assert (tmp_path / "where.svg").read_text().startswith("<?xml")
    assert "by add_half" in kullback("estimate", x, y, "--columns", "g", "--method", "add_half")
    assert "n = " in kullback("estimate", x, y, "--where", "g = 'north' AND v > 0", "--method", "auto")


def test_columns_that_do_not_meet_are_named(tables):
    x, y = tables("x.csv", ["1,2", "2,3", "4,5"], "a,b"), tables("y.csv", ["1,2", "2,2", "3,9"], 'a,"c\x1b[31m"')
    shown = kullback("estimate", x, y)
    assert "left out, not in both tables or not of one type: b, c" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.csv", "y.csv"], "nowhere.csv"),
        (["x.csv", "y.csv", "--method", "best"], "Choose from auto"),
        (["x.csv", "y.csv", "--confidence", "2"], "confidence"),
        (["x.csv", "y.csv", "--columns", "w"], "there is no column 'w'"),
        (["x.csv", "y.csv", "--method", "neighbors"], "holds labels"),
        (["x.csv", "y.csv", "--nan-policy", "drop"], "nan_policy"),
        (["x.csv", "y.csv", "--plot", "nowhere/a.png"], "does not exist"),
        (["x.csv", "y.csv", "--plot", "x.csv"], "one of the inputs"),
        (["x.csv", "empty.csv"], "y has no rows"),
    ],
)
def test_bad_requests(tables, monkeypatch, tmp_path, arguments, words):
    tables("x.csv", rows(1.0, 0.5, 50))
    tables("y.csv", rows(2.0, 0.4, 50))
    tables("empty.csv", [])
    monkeypatch.chdir(tmp_path)
    assert words in kullback("estimate", *arguments, exit_code=2)
