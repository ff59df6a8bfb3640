"""Whole units in place of rows: the same counts everywhere, clear refusals, and what is said of them."""

import hashlib
import itertools
import json
from collections import Counter

import numpy as np
import pytest

import kullback as kl
from kullback.tables.counts import _units

FEW, MANY = 600, 60_000  # below and above the number of rows up to which columns are fetched


def _table(rows, seed, units, polars, *, prefix="d"):
    """Rows of units that differ: a number, a count of few values, a text, and NULL, NaN and infinities among them."""
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, units, rows)
    own = rng.normal(0, 1, units)[unit]
    x = np.round(own + rng.normal(0, 1, rows), 3)
    x = np.where(rng.random(rows) < 0.05, rng.choice([np.nan, np.inf, -np.inf], rows), x)
    missing = rng.random(rows) < 0.1
    return polars.DataFrame(
        {
            "unit": [f"{prefix}{number:03d}" for number in unit],
            "x": polars.Series([None if gone else value for value, gone in zip(x.tolist(), missing, strict=True)]),
            "count": rng.poisson(np.exp(own / 3)).tolist(),
            "text": [None if gone else f"k{int(value * 2)}" for value, gone in zip(own, missing, strict=True)],
            "weight": rng.integers(1, 4, rows).tolist(),
        }
    )


@pytest.fixture(params=[FEW, MANY])
def rows(request):
    return request.param


@pytest.fixture
def pair(rows, require):
    polars = require("polars")
    return _table(rows, 1, 20, polars, prefix="a"), _table(rows, 2, 25, polars, prefix="b")


def _captured(monkeypatch, *tables, **options):
    """The counts by unit that a comparison is made from, by column."""
    found = {}
    count = _units.count_units

    def spy(sides, reading, body, cells, groups):
        counts = count(sides, reading, body, cells, groups)
        found[len(found)] = (counts, groups)
        return counts

    monkeypatch.setattr("kullback.tables.counts._counting.count_units", spy)
    comparison = kl.compare(*tables, **options)
    return comparison, list(found.values())


@pytest.mark.parametrize("column", ["x", "count", "text"])
@pytest.mark.parametrize("weights", [None, "weight"])
def test_counts_by_unit_are_those_by_hand(pair, column, weights, monkeypatch):
    chosen = [table.select("unit", column, *([weights] if weights else [])) for table in pair]
    comparison, [(counts, groups)] = _captured(monkeypatch, *chosen, unit="unit", weights=weights)
    codes = groups.keys[0].codes
    assert set(codes) == {unit for table in pair for unit in table["unit"]}
    for table, side in zip(chosen, (counts.reference, counts.current), strict=True):
        mass = table[weights].to_list() if weights else [1] * len(table)
        by_unit = Counter()
        for unit, weight in zip(table["unit"], mass, strict=True):
            by_unit[unit] += weight
        assert {unit: side[place].sum() for unit, place in codes.items() if side[place].sum()} == by_unit
        missing = sum(weight for value, weight in zip(table[column], mass, strict=True) if value is None)
        null = counts.cells.labels.index("NULL") if "NULL" in counts.cells.labels else None
        assert (side[:, null].sum() if null is not None else 0) == missing
    # What the units hold together is what the rows hold.
    assert counts.reference.sum(axis=0).tolist() == pytest.approx([cell.reference for cell in comparison[column].cells])
    assert counts.current.sum(axis=0).tolist() == pytest.approx([cell.current for cell in comparison[column].cells])


@pytest.mark.parametrize("form", ["parquet", "csv", "pandas", "pyarrow", "relation"])
def test_every_source_gives_the_same(pair, form, require, tmp_path):
    duckdb = require("duckdb")
    pair = [table.drop("x") for table in pair]  # pandas does not tell NaN from NULL
    paths = [tmp_path / f"{side}.{form}" for side in range(2)]
    if form in ("parquet", "csv"):
        for table, path in zip(pair, paths, strict=True):
            getattr(table, f"write_{form}")(path)
        tables = [str(path) for path in paths]
    elif form == "relation":
        frames = [table.to_arrow() for table in pair]
        connection = duckdb.connect()
        tables = [connection.from_arrow(frame) for frame in frames]
    else:
        tables = [table.to_pandas() if form == "pandas" else table.to_arrow() for table in pair]
    expected = kl.compare(*pair, unit="unit").to_dict()["columns"]
    found = kl.compare(*tables, unit="unit").to_dict()["columns"]
    kept = ("name", "verdict", "plugin", "debiased", "interval", "p_value", "p_margin", "design_effect", "cells")
    assert [{key: column[key] for key in kept} for column in found] == [
        {key: column[key] for key in kept} for column in expected
    ]


def test_units_hide_what_rows_flag(require):
    # Every unit has a law of its own, and units are dealt to the sides at random: nothing changed.
    polars = require("polars")
    both = _table(2 * MANY, 3, 40, polars).select("unit", "x", "text")
    first = both["unit"].is_in([f"d{number:03d}" for number in range(20)])
    by_row = kl.compare(both.filter(first).drop("unit"), both.filter(~first).drop("unit"))
    by_unit = kl.compare(both.filter(first), both.filter(~first), unit="unit")
    assert by_row["x"].p_value < 1e-3
    assert by_unit["x"].p_value > 0.01
    assert by_unit["x"].verdict != "shifted"
    assert by_unit["x"].design_effect > 1
    low, high = by_unit["x"].interval
    assert low == 0
    assert high > by_row["x"].interval[1]


def test_a_shift_of_all_units_is_found(require):
    polars = require("polars")
    before, after = (_table(MANY, seed, 60, polars, prefix=prefix) for seed, prefix in ((4, "a"), (5, "b")))
    after = after.with_columns(polars.col("x") * 3)
    comparison = kl.compare(before, after, unit="unit", columns=["x"])
    assert comparison["x"].verdict == "shifted"
    assert comparison["x"].p_value <= 0.01
    assert comparison.verdict == "shifted"


def test_units_of_both_tables_are_compared_with_themselves(require):
    polars = require("polars")
    before, after = (_table(MANY, seed, 30, polars) for seed in (6, 6))
    rng = np.random.default_rng(7)
    after = after.with_columns(polars.Series("count", rng.permutation(after["count"].to_numpy())))
    comparison = kl.compare(before, after, unit="unit")
    assert comparison.units == kl.tables._comparison.Units(("unit",), 30, 30, 30)
    assert comparison["text"].plugin == 0
    assert comparison["text"].verdict == "similar"


def test_several_columns_name_a_unit(require, monkeypatch):
    polars = require("polars")
    rng = np.random.default_rng(8)
    table = polars.DataFrame(
        {"month": rng.integers(1, 7, 900), "day": rng.integers(1, 3, 900), "x": rng.normal(size=900)}
    )
    comparison, [(_, groups)] = _captured(monkeypatch, table, table, unit=["month", "day"])
    assert set(groups.keys[0].codes) == {f"{m}\x1f{d}" for m, d in itertools.product(range(1, 7), range(1, 3))}
    assert comparison.units.columns == ("month", "day")
    assert [column.name for column in comparison] == ["x"]


def test_very_many_units_are_taken_together(require, monkeypatch):
    polars = require("polars")
    tables = [_table(MANY, seed, 3000, polars, prefix=prefix) for seed, prefix in ((9, "a"), (10, "b"))]
    comparison, [(counts, groups)] = _captured(monkeypatch, *tables, unit="unit", columns=["text"])
    assert comparison.units.reference == tables[0]["unit"].n_unique()
    assert comparison.units.shared == 0
    assert counts.reference.shape[0] == 512
    key = groups.keys[1]
    by_group = Counter()
    for unit in tables[1]["unit"]:
        by_group[key.offset + int(hashlib.md5(unit.encode()).hexdigest()[:8], 16) % key.buckets] += 1  # noqa: S324
    assert counts.current.sum(axis=1).tolist() == [by_group[place] for place in range(512)]
    # A group holds rows of one side alone.
    assert ((counts.reference.sum(axis=1) > 0) ^ (counts.current.sum(axis=1) > 0)).all()


def test_very_many_shared_units_meet_in_one_group(require, monkeypatch):
    polars = require("polars")
    tables = [_table(rows, seed, 3000, polars) for rows, seed in ((MANY, 11), (FEW * 60, 12))]
    comparison, [(counts, _)] = _captured(monkeypatch, *tables, unit="unit", columns=["text"])
    assert comparison.units.shared == len(set(tables[0]["unit"]) & set(tables[1]["unit"]))
    assert counts.reference.shape == counts.current.shape
    assert ((counts.reference.sum(axis=1) > 0) == (counts.current.sum(axis=1) > 0)).mean() > 0.95
    # The few rows that are fetched and the many that are not fall into the same groups.
    small = [table.head(FEW * 80) for table in tables]
    _, [(fetched, groups)] = _captured(monkeypatch, *small, unit="unit", columns=["text"])
    key = groups.keys[0]
    hashes = (int(hashlib.md5(unit.encode()).hexdigest()[:8], 16) for unit in small[0]["unit"])  # noqa: S324
    expected = Counter(key.offset + hashed % key.buckets for hashed in hashes)
    assert fetched.reference.sum(axis=1).tolist() == [expected[place] for place in range(512)]


def test_the_order_of_rows_does_not_matter(pair):
    shuffled = [table.sample(fraction=1, shuffle=True, seed=1) for table in pair]
    assert kl.compare(*pair, unit="unit").to_dict() == kl.compare(*shuffled, unit="unit").to_dict()


def test_what_is_said(pair):
    plain = json.loads(kl.compare(*pair, unit="unit").to_json())
    assert plain["null"] == "units"
    assert plain["units"] == {"columns": ["unit"], "reference": 20, "current": 25, "shared": 0}
    column = next(column for column in plain["columns"] if column["name"] == "x")
    assert column["design_effect"] > 0
    assert "999 permutations of units" in column["method"]
    by_row = json.loads(kl.compare(*pair).to_json())
    assert by_row["null"] == "rows"
    assert by_row["units"] is None


def test_split_by_with_units(require):
    polars = require("polars")
    table = _table(FEW, 13, 20, polars)
    table = table.with_columns(
        side=polars.when(polars.col("unit") < "d010").then(polars.lit("a")).otherwise(polars.lit("b"))
    )
    comparison = kl.compare(table, split_by="side", reference_value="a", unit="unit")
    assert (comparison.units.reference, comparison.units.current, comparison.units.shared) == (10, 10, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": "users"}, r"no column 'users' to take rows together as units. Its columns: 'unit', 'x'"),
        ({"unit": ["unit", "users"]}, "no column 'users'"),
        ({"unit": []}, "unit names no column"),
        ({"unit": "half"}, r"has 2 units of 'half'; at least 6 a side are needed"),
        ({"unit": "gaps"}, r"rows of 'reference' have NULL in the unit 'gaps'"),
    ],
)
def test_what_cannot_be_a_unit_is_refused(pair, require, options, message):
    polars = require("polars")
    tables = [
        table.with_columns(half=table["unit"].str.slice(3), gaps=polars.when(table["x"].is_not_null()).then("unit"))
        for table in pair
    ]
    tables = [table.with_columns(half=polars.col("count") > 0) for table in tables]
    with pytest.raises(kl.InputError, match=message):
        kl.compare(*tables, **options)


def test_a_profile_has_no_units(pair):
    with pytest.raises(kl.InputError, match="a profile holds no units"):
        kl.compare(kl.profile(pair[0]), pair[1], unit="unit")


def test_weights_and_units_together(pair):
    plain = kl.compare(*pair, unit="unit", columns=["count"])["count"]
    ones = [table.with_columns(weight=1) for table in pair]
    weighted = kl.compare(*ones, unit="unit", weights="weight", columns=["count"])["count"]
    assert weighted.interval == plain.interval
    assert weighted.p_value == plain.p_value
