"""Segments: planted ones are found, and nothing is found where nothing is."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import kullback as kl
from kullback.tables.rows._segments import Segments

_CARRIERS = ("UA", "AA", "B6", "DL", "WN")


def _flights(rng: np.random.Generator, rows: int = 5000) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "carrier": rng.choice(_CARRIERS, rows).tolist(),
            "month": rng.integers(1, 7, rows),
            "delay": rng.normal(0, 10, rows),
            "distance": rng.gamma(2, 300, rows),
        }
    )


def _moved(table: pl.DataFrame, where: pl.Expr, column: str, by: float) -> pl.DataFrame:
    return table.with_columns(pl.when(where).then(pl.col(column) + by).otherwise(pl.col(column)).alias(column))


def _why(reference: pl.DataFrame, current: pl.DataFrame, **options: Any) -> Segments:
    return kl.compare(reference, current, **options).segments()


def _named(found: Segments) -> list[set[str]]:
    return [{str(condition) for condition in segment.conditions} for segment in found.segments]


_UNITED = (pl.col("carrier") == "UA") & (pl.col("month") == 3)


def test_a_planted_segment_is_found() -> None:
    """Delays of one carrier in one month (1 in 30 rows) move: that segment holds the bits."""
    rng = np.random.default_rng(1)
    found = _why(_flights(rng), _moved(_flights(rng), _UNITED, "delay", 60))
    assert found.verdict == "small"
    assert {"carrier = UA", "month = 3"} in _named(found)
    assert found.interval[0] > 0.6
    assert found.rows < 0.06


def test_two_planted_segments_are_found() -> None:
    """Another shift elsewhere gives a segment of its own."""
    rng = np.random.default_rng(2)
    current = _moved(_flights(rng, 5000), _UNITED, "delay", 60)
    other = (pl.col("carrier") == "DL") & (pl.col("month") == 5)
    found = _why(_flights(rng, 5000), _moved(current, other, "distance", 5000))
    assert found.verdict == "small"
    assert {"carrier = UA", "month = 3"} in _named(found)
    assert {"carrier = DL", "month = 5"} in _named(found)
    assert found.segments[0].share >= found.segments[-1].share


def test_a_segment_that_only_gains_rows_is_found() -> None:
    """Rows of one carrier in one month occur six times: nothing changes within it."""
    rng = np.random.default_rng(3)
    current = _flights(rng)
    current = pl.concat([current, *[current.filter(_UNITED)] * 5])
    found = _why(_flights(rng), current)
    assert {"carrier = UA", "month = 3"} in _named(found)
    first = found.segments[0]
    assert first.current > 3 * first.reference
    assert first.within < 0.3


def test_a_shift_of_all_rows_has_no_small_explanation() -> None:
    """Every delay moves."""
    rng = np.random.default_rng(4)
    found = _why(_flights(rng, 3000), _moved(_flights(rng, 3000), pl.lit(value=True), "delay", 15))
    assert found.verdict == "spread"
    assert found.text.startswith("no small explanation")


@pytest.mark.slow
def test_tables_alike_leave_nothing_to_explain() -> None:
    """At a level of 5 % more than 8 of 60 pairs of unshifted tables would name a segment once in 350 times."""
    named = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found = _why(_flights(rng, 300), _flights(rng, 300), seed=seed)
        named += bool(found.segments)
        assert (found.verdict == "nothing") == (found.p_value > 0.05)
    assert named <= 8


def test_the_same_rows_leave_nothing_to_explain() -> None:
    """One table against itself in another order: no segment, and the answer says why."""
    table = _flights(np.random.default_rng(8), 400)
    found = _why(table, table.sample(fraction=1, shuffle=True, seed=1))
    assert (found.verdict, found.segments, found.share) == ("nothing", (), 0.0)
    assert "nothing to explain" in found.text


@pytest.mark.slow
def test_halves_of_a_year_have_no_small_explanation() -> None:
    """January to June against July to December: the months name the halves, the rest differs everywhere."""
    data = Path(__file__).parents[3] / "examples" / "data"
    kept = ["month", "dep_delay", "arr_delay", "carrier", "origin", "distance", "air_time"]
    halves = [data / f"flights-2013-h{half}.parquet" for half in (1, 2)]
    found = kl.compare(*halves, columns=kept, why=True).segments()
    assert found.apart == ("month",)
    assert found.verdict == "spread"
    assert found.text.startswith("no small explanation")


def test_a_column_that_names_the_sides_explains_nothing() -> None:
    """Batches of their own are left out of conditions, and said to be."""
    rng = np.random.default_rng(5)
    sides = [_flights(rng, 3000).with_columns(batch=pl.lit(name)) for name in ("a", "b")]
    found = _why(sides[0], _moved(sides[1], _UNITED, "delay", 80))
    assert found.apart == ("batch",)
    assert not any("batch" in str(segment) for segment in found.segments)


def test_conditions_on_null_and_thresholds() -> None:
    """Rows without a carrier, and long flights: conditions a person would write."""
    rng = np.random.default_rng(6)
    sides = [
        _flights(rng, 4000).with_columns(
            pl.when(pl.Series(rng.random(4000) < 0.1)).then(None).otherwise(pl.col("carrier")).alias("carrier")
        )
        for _ in range(2)
    ]
    found = _why(sides[0], _moved(sides[1], pl.col("carrier").is_null(), "delay", 70))
    assert {"carrier is NULL"} in _named(found)


def test_segments_are_computed_once_and_bounded() -> None:
    """Asked for with the comparison they are part of it and of its JSON; `max` bounds their number."""
    rng = np.random.default_rng(7)
    comparison = kl.compare(_flights(rng, 2000), _moved(_flights(rng, 2000), _UNITED, "delay", 90), why=True)
    assert comparison.segments() is comparison.why
    assert comparison.to_dict()["segments"] == comparison.segments().to_dict()
    assert len(comparison.segments(max=1).segments) <= 1


@pytest.mark.parametrize("most", [0, -1, 51, 2.5, True, "3"])
def test_a_wrong_number_of_segments_is_one_error(most: Any) -> None:
    """It says what is needed."""
    table = pl.DataFrame({"x": range(100)})
    with pytest.raises(kl.InputError, match="max is"):
        kl.compare(table, table).segments(max=most)


def test_profiles_hold_no_rows() -> None:
    """The error says so, and what to do."""
    table = pl.DataFrame({"x": [1.0, 2.0] * 100})
    with pytest.raises(kl.InputError, match="no rows"):
        kl.compare(kl.profile(table), table).segments()
