"""Wide tables are fetched where others are counted in place, and counted alike; their JSON has a line a column."""

import json

import numpy as np
import pytest

import kullback as kl
from kullback.tables.counts import _counting

ROWS = 60_000


@pytest.fixture(scope="module")
def pair(require):
    """Tables of more rows than are fetched by default."""
    polars = require("polars")

    def one(seed):
        rng = np.random.default_rng(seed)
        return polars.DataFrame(
            {
                "x": rng.normal(seed / 10, 1, ROWS),
                "n": rng.integers(0, 90, ROWS),
                "text": rng.choice(["a", "b", "c"], ROWS),
                "key": [f"k{value}" for value in rng.permutation(ROWS)],
            }
        )

    return one(1), one(2)


def test_fetched_or_in_place_the_counts_are_the_same(pair, monkeypatch):
    in_place = kl.compare(*pair).to_dict()
    monkeypatch.setattr(_counting, "_WIDE", 2)
    monkeypatch.setattr(_counting, "_MOST_BATCHES", 2)
    assert kl.compare(*pair).to_dict() == in_place


def test_json_is_the_dictionary_with_a_line_for_each_column(pair):
    comparison = kl.compare(*pair)
    text = comparison.to_json()
    assert json.loads(text) == json.loads(json.dumps(comparison.to_dict()))
    assert sum(line.startswith('  {"name"') for line in text.splitlines()) == 4


@pytest.mark.parametrize("columns", [1, 1_500])
def test_every_column_is_compared(columns, require):
    frame = require("polars").DataFrame({f"c{place}": [place, place + 1] * 10 for place in range(columns)})
    assert len(kl.compare(frame, frame)) == columns


@pytest.mark.parametrize("rows", [600, ROWS])
def test_a_condition_and_units_read_the_columns_of_the_table(rows, require):
    # Names that queries give to what they compute are the user's own all the same.
    polars = require("polars")
    rng = np.random.default_rng(3)
    names = ("x", "w", "k", "n", "c0")
    tables = [polars.DataFrame({name: rng.integers(1, 9, rows) for name in names}) for _ in range(2)]
    condition = {"where": "x > 2 AND w <> k AND c0 < 8 -- and no more"}
    kept = [
        table.filter(polars.col("x") > 2, polars.col("w") != polars.col("k"), polars.col("c0") < 8) for table in tables
    ]
    options = {"weights": "w", "unit": ("x", "n")}
    assert kl.compare(*tables, **options, **condition).to_dict() == kl.compare(*kept, **options).to_dict()
