"""Polars counts as DuckDB does, value for value."""

import dataclasses
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kullback as kl
from kullback.tables.counts import _counting
from kullback.tables.counts._alignment import Selection, align
from kullback.tables.counts._reading import CATEGORY, Reading
from kullback.tables.engines._axes import HashAxis, OrderedAxis, ValueAxis
from kullback.tables.engines._polars import PolarsTable, scan_files
from kullback.tables.engines._session import Session
from kullback.tables.sources._sources import Options, open_tables

DATA = Path(__file__).parents[3] / "examples" / "data"
H1, H2 = str(DATA / "flights-2013-h1.parquet"), str(DATA / "flights-2013-h2.parquet")


def plain(value: Any) -> Any:
    """Records and arrays as what == understands."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return str(value.dtype), [str(one) for one in value.tolist()]
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    return str(value)


def both_ways(pair: list[Any], options: Options, roles: dict[str, str] | None = None) -> list[Any]:
    """The counts of all columns by DuckDB and by polars, none of them fetched."""
    counted = []
    with Session() as session:
        by_duckdb = open_tables(session, [(source, options, "table") for source in pair])
        frames = [source.lazy() if hasattr(source, "lazy") else scan_files([source], "parquet") for source in pair]
        by_polars = [
            PolarsTable(frame, name="table", where=options.where, weights=options.weights, unit=options.unit)
            for frame in frames
        ]
        for tables in (by_duckdb, by_polars):
            plans, _ = align(tables[0].columns, tables[1].columns, Selection(roles=roles))
            figures = [(table.rows, table.weight, table.effective_rows) for table in tables]
            counted.append((figures, list(_counting.count_columns(tables, plans))))
    return counted


@pytest.mark.parametrize("options", [Options(), Options(where="day <= 9", weights="distance")], ids=["all", "weighed"])
def test_flights_are_counted_alike(require, monkeypatch, options):
    require("polars")
    monkeypatch.setattr(_counting, "SMALL_ROWS", 0)
    by_duckdb, by_polars = both_ways([H1, H2], options)
    assert plain(by_polars) == plain(by_duckdb)


def odd_frame(polars: Any, rows: int, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    pick = rng.integers(0, 9, rows).tolist()
    moments = [dt.datetime(2024, 2, 28, tzinfo=dt.UTC) + dt.timedelta(minutes=17 * int(one)) for one in pick]
    floats = [None, float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1e-310, -1e300, 2.5]
    return polars.DataFrame(
        {
            "float": polars.Series([floats[one] for one in pick], dtype=polars.Float64),
            "normal": rng.normal(size=rows),
            "^n.*$": rng.integers(-(2**62), 2**62, rows),
            "huge": polars.Series([Decimal(10**30 + one) for one in pick], dtype=polars.Decimal(38, 0)),
            "wide": polars.Series([2**63 + one for one in pick], dtype=polars.UInt64),
            "money": polars.Series([Decimal(one) / 4 for one in pick], dtype=polars.Decimal(10, 2)),
            "day": [moment.date() for moment in moments],
            "moment": moments,
            "nanos": polars.Series([one.replace(tzinfo=None) for one in moments], dtype=polars.Datetime("ns")),
            "clock": [moment.time() for moment in moments],
            "spell": [dt.timedelta(seconds=one) for one in pick],
            "flag": [None if one == 0 else one % 2 == 0 for one in pick],
            "text": [None if one == 0 else "a'b\\\n" * one for one in pick],
            "sort": polars.Series([str(one) for one in pick], dtype=polars.Categorical),
            "code": [f"user-{one}-é" for one in rng.permutation(rows).tolist()],
            "number": [(" 1.5", "x", "", None)[one % 4] for one in pick],
            "nothing": polars.Series([None] * rows, dtype=polars.Null),
        }
    )


def test_every_type_is_counted_alike(require, monkeypatch):
    polars = require("polars")
    monkeypatch.setattr(_counting, "SMALL_ROWS", 0)
    frames = [odd_frame(polars, 700, 1), odd_frame(polars, 900, 2)]
    by_duckdb, by_polars = both_ways(frames, Options(), {"number": "numeric"})
    for one, other in zip(by_polars[1], by_duckdb[1], strict=True):
        # Arrow spells the null type in quotes.
        assert plain(dataclasses.replace(one, natives=())) == plain(dataclasses.replace(other, natives=())), one.name


def test_fetched_rows_are_counted_alike(require):
    polars = require("polars")
    frames = [odd_frame(polars, 700, 1).drop("nothing", "number"), odd_frame(polars, 900, 2).drop("nothing", "number")]
    by_duckdb, by_polars = both_ways(frames, Options())
    assert plain(by_polars) == plain(by_duckdb)


def test_several_columns_at_once(require):
    require("polars")
    numeric = Reading("numeric", "float")
    with Session() as session:
        (by_duckdb,) = open_tables(session, [(H1, Options(unit=("origin",)), "table")])
        by_polars = PolarsTable(scan_files([H1], "parquet"), name="table", where=None, weights=None, unit=("origin",))
        place = {column.name: column.position for column in by_duckdb.columns}
        axes = [
            OrderedAxis(place["dep_delay"], numeric, np.array([-5.0, 0.0, 10.0])),
            ValueAxis(place["carrier"], CATEGORY, ("UA", "AA")),
            ValueAxis(place["dest"], CATEGORY, ()),
            HashAxis(by_duckdb.unit, 7),
        ]
        sets = [(0, 1), (1, 2), (0, 1, 3), (3,)]
        assert plain(by_polars.crosstabs(axes, sets)) == plain(by_duckdb.crosstabs(axes, sets))
        texts = place["tailnum"]
        for question in ("distinct", "shapes", "occurrences"):
            rest = {"distinct": (), "shapes": (50,), "occurrences": (["N14228", "none"],)}[question]
            answers = [getattr(table, question)(texts, CATEGORY, *rest) for table in (by_polars, by_duckdb)]
            assert plain(answers[0]) == plain(answers[1])
        assert by_polars.shared(by_polars, texts, texts, CATEGORY) == by_duckdb.distinct(texts, CATEGORY)


def test_a_sample_does_not_know_the_order_of_the_rows(require):
    polars = require("polars")
    # Half of the rows are alike: they must come in as often as chance says, not all or none.
    frame = polars.DataFrame({"x": [0] * 500 + list(range(1, 501)), "y": ["a"] * 1000})
    numeric = Reading("numeric", "int")
    samples = []
    for given in (frame, frame.sample(fraction=1, shuffle=True, seed=3)):
        table = PolarsTable(given.lazy(), name="t", where=None, weights=None)
        samples.append(table.sample([(0, numeric), (1, CATEGORY)], 400, "seed"))
    assert plain(samples[0]) == plain(samples[1])
    values = samples[0].columns[0][0]
    assert len(values) == 400
    assert abs((values == 0).sum() - 200) < 5 * np.sqrt(400 * 0.25 * 0.6)
    assert len(set(values.tolist())) == 401 - (values == 0).sum()
    whole = PolarsTable(frame.lazy(), name="t", where=None, weights=None).sample([(0, numeric)], 5000, "seed")
    assert sorted(whole.columns[0][0].tolist()) == sorted(frame["x"])


def test_what_cannot_be_compared_is_named(require):
    polars = require("polars")
    frame = polars.LazyFrame({"nested": [[1], [2]], "x": [1, 2]})
    table = PolarsTable(frame, name="t", where=None, weights=None)
    assert [column.native for column in table.columns] == ["List(Int64)", "BIGINT"]
    plans, structure = align(table.columns, table.columns, Selection())
    assert structure.unsupported == ("nested",)
    assert plans[0].notes == ["values of type List(Int64) are not compared: unnest them into columns first"]


def test_errors_say_what_to_do(require):
    polars = require("polars")
    frame = polars.LazyFrame({"x": [1.0, -2.0]})
    with pytest.raises(kl.InputError, match="cannot apply the filter 'x >'"):
        PolarsTable(frame, name="t", where="x >", weights=None)
    with pytest.raises(kl.InputError, match="finite numbers, none negative"):
        PolarsTable(frame, name="t", where=None, weights="x")
    with pytest.raises(kl.InputError, match="no column 'day'"):
        PolarsTable(frame, name="t", where=None, weights=None, unit=("day",))
