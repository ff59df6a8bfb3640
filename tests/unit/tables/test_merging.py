"""Profiles of parts, taken together, are the profile of the whole."""

import math
from pathlib import Path

import numpy as np
import pytest

import kullback as kl
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._leaves import Leaves
from kullback.tables.profiles._merging import stacked

DATA = Path(__file__).parents[3] / "examples" / "data"


@pytest.fixture(scope="module")
def months(require):
    polars = require("polars")
    year = polars.concat([polars.read_parquet(DATA / f"flights-2013-h{half}.parquet") for half in (1, 2)])
    # Every tenth flight: all kinds of columns, in a tenth of the time.
    year = year.gather_every(10)
    return [part for _, part in sorted(year.partition_by("month", as_dict=True).items())]


@pytest.fixture(scope="module")
def year(months, require):
    return require("polars").concat(months)


def _facts(column):
    """Everything that is counted of a column, as plain data."""
    body = column.body
    if isinstance(body, Leaves):
        special = body.specials[0]
        outside = (special.null, special.nan, special.negative_infinity, special.positive_infinity)
        return [body.low.tolist(), body.high.tolist(), body.counts.tolist(), outside, body.finite, body.unknown]
    if isinstance(body, Categories):
        counts = dict(zip(body.values, body.counts[0].tolist(), strict=True))
        return [counts, body.rest.tolist(), body.missing.tolist(), body.rows, body.distinct, body.unknown]
    return body


def test_months_on_one_grid_are_the_year_count_for_count(months, year):
    grid = kl.profile(year)
    whole = kl.merge([kl.profile(month, like=grid) for month in months], name="table")
    direct = kl.profile(year, like=grid)
    assert (whole.rows, whole.weight, whole.effective_rows) == (direct.rows, direct.weight, direct.effective_rows)
    assert [column.name for column in whole.columns] == [column.name for column in direct.columns]
    for one, other in zip(whole.columns, direct.columns, strict=True):
        assert _facts(one) == _facts(other), one.name
        if isinstance(one.body, Leaves):
            assert one.body.totals[0] == pytest.approx(other.body.totals[0], rel=1e-11)
    assert not any(whole.uncertainty.values())


def test_months_on_cells_of_their_own_are_the_year_within_the_stated_error(months, year):
    whole = kl.merge([kl.profile(month, exclude=["month", "time_hour"]) for month in months])
    off = whole.uncertainty
    assert max(off.values()) < 0.004
    uncertain = 0
    for column in whole.columns:
        if not isinstance(column.body, Leaves):
            continue
        values = np.sort(year[column.name].drop_nulls().to_physical().to_numpy())
        counted = np.cumsum(column.body.counts[0])
        right = np.searchsorted(values, column.body.high, side="right")
        unknown = np.zeros(len(right)) if column.body.unknown is None else column.body.unknown[0]
        assert np.all(np.abs(counted - right) <= unknown), column.name
        assert counted[-1] == len(values)
        assert float(unknown.max()) / whole.weight == off[column.name]
        uncertain += bool((counted != right).any())
    # So that the bound has something to bound.
    assert uncertain >= 4


def test_weights_are_added_as_kish_has_it(frame):
    rng = np.random.default_rng(1)
    weights = [rng.integers(1, 9, size) / 4 for size in (100, 250)]
    tables = [frame(x=np.arange(len(part)) % 7, w=part) for part in weights]
    grid = kl.profile(tables[0], weights="w")
    whole = kl.merge([grid, kl.profile(tables[1], weights="w", like=grid)])
    every = np.concatenate(weights)
    assert (whole.rows, whole.weight) == (350, every.sum())
    assert whole.effective_rows == pytest.approx(every.sum() ** 2 / (every**2).sum(), rel=1e-11)


@pytest.mark.parametrize("rows", [300, 60_000])
def test_heavy_values_keep_cells_of_their_own(rows, frame):
    rng = np.random.default_rng(2)
    sides = [np.where(rng.random(rows) < 0.3, 0.5, rng.normal(shift, 1, rows)) for shift in (0, 1)]
    body = kl.merge([kl.profile(frame(x=side)) for side in sides]).columns[0].body
    place = np.flatnonzero((body.low == 0.5) & (body.high == 0.5))
    assert len(place) == 1
    assert body.counts[0, place[0]] == sum((side == 0.5).sum() for side in sides)


def test_values_listed_in_one_and_perhaps_in_the_rest_of_another_are_bounded(frame):
    rare = [f"rare {number}" for number in range(20)]
    first = frame(x=["a"] * 50 + ["b"] * 40 + ["c"] * 3 + rare)
    second = frame(x=["a"] * 50 + ["c"] * 30 + ["b"] * 4 + rare)
    parts = [kl.profile(table, suppress_below=10) for table in (first, second)]
    body = kl.merge(parts).columns[0].body
    found = dict(zip(body.values, zip(body.counts[0], body.unknown[0], strict=True), strict=True))
    for value, right in {"a": 100, "b": 44, "c": 33}.items():
        counted, unknown = found[value]
        assert counted <= right <= counted + unknown, value
    assert found["a"] == (100, 0)
    assert body.counts.sum() + body.rest.sum() == 217


def test_whole_keys_add_where_their_ranges_lie_apart(frame):
    parts = [kl.profile(frame(id=range(start, start + 200))) for start in (0, 200, 500)]
    body = kl.merge(parts).columns[0].body
    assert (body.rows, body.distinct, body.low, body.high) == ((600,), (600,), (0,), (699,))
    twice = kl.merge([parts[0], parts[0]]).columns[0].body
    assert (twice.rows, twice.distinct) == ((400,), (200,))


def test_integers_meet_floats_and_dates_meet_moments(frame, require):
    polars = require("polars")
    whole = kl.merge([kl.profile(frame(x=[1, 2, 3] * 20)), kl.profile(frame(x=[1.0, 2.5, 3.0] * 20))])
    body = whole.columns[0].body
    assert dict(zip(body.low.tolist(), body.counts[0].tolist(), strict=True)) == {1: 40, 2: 20, 2.5: 20, 3: 40}
    days = polars.Series([1, 2] * 30, dtype=polars.Int32).cast(polars.Date)
    body = kl.merge([kl.profile(frame(x=days)), kl.profile(frame(x=days.cast(polars.Datetime("us"))))]).columns[0].body
    assert body.low.tolist() == [86_400_000_000, 2 * 86_400_000_000]
    assert body.counts[0].tolist() == [60, 60]


def test_a_part_without_values_fits_any(frame):
    body = kl.merge([kl.profile(frame(x=[1, 2] * 20)), kl.profile(frame(x=[None] * 9))]).columns[0].body
    assert (body.counts.sum(), body.specials[0].null) == (40, 9)


def test_a_key_in_some_parts_says_so(frame):
    parts = [kl.profile(frame(x=[f"u{row % size}" for row in range(100)])) for size in (5, 100)]
    column = kl.merge(parts).columns[0]
    assert column.body is None
    assert any("key" in note for note in column.notes)


def test_it_can_be_saved_and_compared(frame, tmp_path):
    rng = np.random.default_rng(3)
    parts = [kl.profile(frame(x=rng.normal(shift, 1, 4000))) for shift in (0, 1)]
    whole = kl.merge(parts)
    assert whole.uncertainty["x"] > 0
    for name in ("whole.json", "whole.json.gz"):
        whole.save(tmp_path / name)
        again = kl.Profile.load(tmp_path / name)
        assert again.uncertainty == whole.uncertainty
        assert kl.compare(tmp_path / name, again)["x"].plugin == 0
    shifted = kl.compare(whole, frame(x=rng.normal(3, 1, 4000)))["x"]
    assert shifted.verdict == "shifted"
    assert shifted.uncertainty is not None


def test_many_profiles_stand_side_by_side(frame):
    tables = [frame(x=[day, day + 1] * 30, t=["a", "b" if day else "c"] * 30) for day in range(4)]
    grid = kl.profile(tables[0])
    columns = {column.name: column.body for column in stacked([kl.profile(table, like=grid) for table in tables])}
    assert columns["x"].counts.shape[0] == columns["t"].counts.shape[0] == 4
    assert columns["x"].counts.sum(axis=1).tolist() == [60] * 4
    letters = columns["t"].counts[:, columns["t"].values.index("c")]
    assert letters.tolist() == [30, 0, 0, 0]


@pytest.mark.parametrize(
    ("sides", "match"),
    [
        ([], "no profile"),
        ([{"x": [1]}, {"y": [1]}], "lacks 'x'"),
        ([{"x": [1.5, 2]}, {"x": ["a", "b"]}], "column 'x' is"),
        ([{"x": [True]}, {"x": [1.5]}], "role"),
    ],
)
def test_what_cannot_be_merged_is_refused(sides, match, frame):
    with pytest.raises(kl.InputError, match=match):
        kl.merge([kl.profile(frame(**side)) for side in sides])


def test_a_folder_stands_for_its_profiles(frame, tmp_path):
    for day in range(3):
        kl.profile(frame(x=[day, 9])).save(tmp_path / f"{day}.json")
    (tmp_path / "notes.txt").write_text("none")
    assert kl.merge(tmp_path).rows == kl.merge([tmp_path]).rows == 6
    (tmp_path / "empty").mkdir()
    with pytest.raises(kl.InputError, match="holds no profile"):
        kl.merge(tmp_path / "empty")


def test_cells_do_not_grow_without_end(frame):
    # Days that follow each other share no cell at all.
    parts = [kl.profile(frame(x=np.arange(2000) + 2000.5 * part)) for part in range(20)]
    body = kl.merge(parts).columns[0].body
    assert body.counts.sum() == 40_000
    assert 2000 < len(body.low) <= 4100
    assert body.unknown is None


def test_overflowing_sums_stay_infinite(frame):
    body = kl.merge([kl.profile(frame(x=[1e308, 1.5e308] * 9)) for _ in range(2)]).columns[0].body
    assert math.isinf(body.totals[0])


def test_what_is_no_profile_is_not_merged(require):
    made = kl.profile(require("polars").DataFrame({"x": [1, 2, 3]}))
    with pytest.raises(kl.InputError, match="cannot merge a int: give profiles"):
        kl.merge([made, 3])
