"""The sample of whole rows: the same whatever the order and the engine, and fair."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from kullback.tables.counts._reading import Reading, native_reading
from kullback.tables.engines._memory import MemoryTable
from kullback.tables.engines._session import Session
from kullback.tables.engines._table import Fetched, Table
from kullback.tables.sources._sources import Options, open_tables


def _sampled(source: Any, size: int, seed: str = "0", *, memory: bool = False, **options: Any) -> Fetched:
    with Session() as session:
        (table,) = open_tables(session, [(source, Options(**options), "x")])
        wanted = _wanted(table)
        return (MemoryTable(table, wanted) if memory else table).sample(wanted, size, seed)


def _wanted(table: Table) -> list[tuple[int, Reading]]:
    readings = [(column.position, native_reading(column.native)) for column in table.columns]
    return [(position, reading) for position, reading in readings if reading is not None]


def _rows(fetched: Fetched) -> list[tuple[Any, ...]]:
    columns = [
        [None if gone else value for value, gone in zip(values.tolist(), missing, strict=True)]
        for values, missing in fetched.columns
    ]
    return list(zip(*columns, strict=True))


@pytest.fixture
def mixed() -> pl.DataFrame:
    """Texts, numbers, NULLs, NaN, days and equal rows."""
    rng = np.random.default_rng(5)
    numbers = [None if draw < 0.1 else float(draw) * 1e20 for draw in rng.random(2000).round(2)]
    return pl.DataFrame(
        {
            "text": [None, "a", "ä,\x1f", ""] * 500,
            "number": numbers,
            "nan": [float("nan"), -0.0, 0.1, 1e-7] * 500,
            "day": pl.Series(rng.integers(0, 20000, 2000).tolist()).cast(pl.Date),
            "yes": rng.integers(0, 2, 2000).astype(bool),
        }
    )


def test_rows_do_not_depend_on_their_order(mixed: pl.DataFrame) -> None:
    """Shuffled rows give the same sample in the same order."""
    shuffled = mixed.sample(fraction=1, shuffle=True, seed=3)
    assert repr(_rows(_sampled(mixed, 300))) == repr(_rows(_sampled(shuffled, 300)))


def test_rows_are_those_of_a_file(mixed: pl.DataFrame, tmp_path: Path) -> None:
    """A Parquet file gives the rows of the frame that was written."""
    mixed.write_parquet(tmp_path / "x.parquet")
    assert repr(_rows(_sampled(mixed, 300))) == repr(_rows(_sampled(tmp_path / "x.parquet", 300)))


def test_engine_and_memory_choose_the_same_rows(mixed: pl.DataFrame) -> None:
    """Python's MD5 of the same texts agrees with SQL, equal rows included."""
    few = mixed.select("text", "nan", "yes")
    assert repr(_rows(_sampled(few, 700))) == repr(_rows(_sampled(few, 700, memory=True)))


def test_a_sample_as_large_as_the_table_is_the_table(mixed: pl.DataFrame) -> None:
    """All rows come, as often as they are there."""
    assert sorted(map(repr, _rows(_sampled(mixed, 5000)))) == sorted(map(repr, _rows(_sampled(mixed, 5000, "1"))))
    assert len(_rows(_sampled(mixed, 5000))) == len(mixed)


def test_equal_rows_are_not_all_in_or_all_out() -> None:
    """Of two values the chosen counts are hypergeometric: within five standard deviations (one in a million)."""
    table = pl.DataFrame({"x": [0] * 6000 + [1] * 4000})
    chosen = sum(row[0] for row in _rows(_sampled(table, 1000)))
    assert abs(chosen - 400) < 5 * np.sqrt(1000 * 0.24 * 0.9)


def test_every_row_is_equally_likely() -> None:
    """Over 400 seeds each of 20 rows is chosen a quarter of the time: chi-squared below its 1 - 1e-6 quantile of 19."""
    table = pl.DataFrame({"x": list(range(20))})
    counts = np.zeros(20)
    with Session() as session:
        (opened,) = open_tables(session, [(table, Options(), "x")])
        memory = MemoryTable(opened, _wanted(opened))
        for seed in range(400):
            counts[memory.sample(_wanted(opened), 5, str(seed)).columns[0][0].astype(int)] += 1
    assert ((counts - 100) ** 2 / (100 * 0.75)).sum() * 19 / 20 < 66.0


def test_weights_come_along() -> None:
    """A row brings its own weight; rows that differ by weight alone differ."""
    table = pl.DataFrame({"x": [1, 2, 3] * 100, "w": [10.0, 20.0, 30.0] * 100})
    found = _sampled(table, 50, weights="w")
    assert found.weights is not None
    np.testing.assert_array_equal(found.weights, 10.0 * found.columns[0][0])
