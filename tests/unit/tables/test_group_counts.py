"""Counts by group against what polars and NumPy count by hand."""

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from kullback import InputError
from kullback.tables.counts._alignment import Selection, plan_one
from kullback.tables.counts._counting import count_columns
from kullback.tables.engines._session import Session
from kullback.tables.groups._group_cells import side_counts
from kullback.tables.groups._group_counts import count_groups, few_cells, pair_groups
from kullback.tables.groups._grouping import group_rows
from kullback.tables.sources._sources import Options, open_tables

FEW, MANY = 900, 60_000


@pytest.fixture
def counted():
    """`counted(table, by)` gives the groups of a table, their counts, and the counts of all rows."""

    def count(source, by, *, every=None, options=None):
        with Session() as session:
            (table,) = open_tables(session, [(source, options or Options(), "table")])
            plans = plan_one(table.columns, Selection())
            columns = [few_cells(column, 20) for column in count_columns((table,), plans)]
            grouping = group_rows((table,), by, every=every)
            return grouping, count_groups(table, plans, columns, grouping), columns

    return count


@pytest.fixture
def sample(require):
    """Rows with a text, numbers, NULLs and times, of so many rows."""
    polars = require("polars")

    def make(rows):
        rng = np.random.default_rng(rows)
        return polars.DataFrame(
            {
                "store": rng.choice(["a", "b", "c", None], rows, p=[0.5, 0.3, 0.15, 0.05]),
                "code": rng.integers(0, 12, rows),
                "price": np.where(rng.random(rows) < 0.1, np.nan, rng.integers(0, 40, rows) / 4),
                "kind": rng.choice(["x", "y", "z"], rows),
                "day": [date(2024, 1, 30) + timedelta(days=int(each)) for each in rng.integers(0, 62, rows)],
                "weight": rng.integers(1, 5, rows) / 2,
            }
        )

    return make


def by_hand(table, group, column):
    """(group, value) to rows, NaN and None apart."""
    counts = {}
    for key, value in zip(table[group].to_list(), table[column].to_list(), strict=True):
        named = "NaN" if isinstance(value, float) and math.isnan(value) else value
        counts[key, named] = counts.get((key, named), 0) + 1
    return counts


@pytest.mark.parametrize("rows", [FEW, MANY])
@pytest.mark.parametrize("group", ["store", "code", "kind"])
def test_counts_by_group_are_those_of_a_loop(counted, sample, rows, group):
    table = sample(rows)
    grouping, counts, _ = counted(table, group)
    expected = by_hand(table, group, "price")
    column = next(each for each in counts.columns if each.name == "price")
    side = side_counts(column)
    labels = [None if label == "NULL" else label for label in grouping.labels]
    for place, label in enumerate(labels):
        key = int(label) if group == "code" else label
        for cell, value in enumerate(column.body.low.tolist()):
            assert side.cells[place, cell] == expected.get((key, value), 0)
        assert side.outside[place, 1] == expected.get((key, "NaN"), 0)
    assert counts.rows.sum() == rows


def test_groups_add_up_to_the_table(counted, sample):
    _, counts, columns = counted(sample(FEW), "store")
    whole = {column.name: column for column in columns}
    for column in counts.columns:
        sums = side_counts(column).all.sum(axis=0)
        np.testing.assert_array_equal(sums, side_counts(whole[column.name]).all[0])


def test_the_column_of_the_groups_is_not_counted(counted, sample):
    _, counts, _ = counted(sample(FEW), "store")
    assert [column.name for column in counts.columns] == ["code", "price", "kind", "day", "weight"]


def test_weights_are_summed_by_group(counted, sample):
    table = sample(FEW)
    grouping, counts, _ = counted(table, "kind", options=Options(weights="weight"))
    for place, label in enumerate(grouping.labels):
        assert counts.rows[place] == pytest.approx(table.filter(table["kind"] == label)["weight"].sum())


@pytest.mark.parametrize("rows", [FEW, MANY])
def test_files_relations_and_frames_count_alike(counted, sample, rows, tmp_path):
    import duckdb  # noqa: PLC0415

    table = sample(rows)
    table.write_parquet(tmp_path / "t.parquet")
    sources = (table, table.to_arrow(), tmp_path / "t.parquet", duckdb.read_parquet(str(tmp_path / "t.parquet")))
    found = [counted(source, "month(day)")[1] for source in sources]
    for other in found[1:]:
        assert other.labels == found[0].labels
        for one, two in zip(found[0].columns, other.columns, strict=True):
            np.testing.assert_array_equal(side_counts(one).all, side_counts(two).all)


def test_months_end_where_the_calendar_says(counted, sample):
    table = sample(FEW)
    grouping, counts, _ = counted(table, "month(day)")
    assert grouping.labels == ("2024-01", "2024-02", "2024-03")
    months = [each.month for each in table["day"].to_list()]
    assert counts.rows.tolist() == [months.count(1), months.count(2), months.count(3)]
    # A leap year.
    assert grouping.windows.ends_shown[1] == "2024-03-01"


def windows_of(counted, polars, values, by, every=None):
    grouping, counts, _ = counted(
        polars.DataFrame({"when": values, "x": ["v", "w"] * (len(values) // 2)}), by, every=every
    )
    return dict(zip(grouping.labels, counts.rows.tolist(), strict=True))


def test_leap_days_weeks_quarters_and_years(counted, require):
    polars = require("polars")
    days = [date(2023, 12, 31), date(2024, 2, 29), date(2024, 3, 1), date(2024, 4, 1)]
    assert windows_of(counted, polars, days, "year(when)") == {"2023": 1, "2024": 3}
    assert windows_of(counted, polars, days, "quarter(when)") == {"2023-Q4": 1, "2024-Q1": 2, "2024-Q2": 1}
    weeks = windows_of(counted, polars, days, "week(when)")
    for label, rows in weeks.items():
        start = date.fromisoformat(label)
        assert start.weekday() == 0
        assert rows == sum(start <= day < start + timedelta(days=7) for day in days)
    assert sum(weeks.values()) == 4


def test_days_of_the_week_fold(counted, require):
    polars = require("polars")
    days = [date(1969, 12, 25) + timedelta(days=each) for each in range(0, 40, 2)]
    found = windows_of(counted, polars, days, "weekday(when)")
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert found == {name: sum(day.weekday() == place for day in days) for place, name in enumerate(names)}


def test_instants_do_not_jump_with_the_clocks(counted, require):
    """Summer time began at 01:00 UTC: the local clock skips an hour, instants do not."""
    polars = require("polars")
    instants = [datetime(2024, 3, 31, tzinfo=UTC) + timedelta(minutes=30 * each) for each in range(10)]
    zoned = polars.Series(instants, dtype=polars.Datetime("us", "UTC")).dt.convert_time_zone("Europe/Berlin")
    found = windows_of(counted, polars, zoned, "when", every="1h")
    assert list(found.values()) == [2, 2, 2, 2, 2]
    assert next(iter(found)) == "2024-03-31"


def test_windows_before_the_epoch_and_empty_ones_stay(counted, require):
    polars = require("polars")
    moments = [datetime(1969, 12, 31, 23, 59), datetime(1970, 1, 1), datetime(1970, 1, 3), datetime(1970, 1, 3, 1)]  # noqa: DTZ001
    found = windows_of(counted, polars, moments, "day(when)")
    assert list(found.values()) == [1, 1, 0, 2]


@pytest.mark.parametrize("kind", ["Float64", "Int64", "Decimal"])
def test_windows_of_numbers_hold_their_lower_end(counted, require, kind):
    polars = require("polars")
    values = polars.Series([-10, -1, 0, 9, 10, 25]).cast(
        polars.Decimal(10, 2) if kind == "Decimal" else getattr(polars, kind)
    )
    found = windows_of(counted, polars, values, "when", every="10")
    assert list(found.values()) == [2, 2, 1, 1]


def test_a_thousand_groups_and_all_others(counted, require):
    polars = require("polars")
    names = [f"g{place:04d}" for place in range(1_200)]
    table = polars.DataFrame({"g": names + names[:1_000], "x": [1, 2] * 1_100})
    grouping, counts, _ = counted(table, "g")
    assert len(grouping.labels) == 1_001
    assert grouping.labels[-1] == "all other values"
    assert counts.rows.tolist() == [2.0] * 1_000 + [200.0]


def test_two_sets_of_groups_make_two_sides(counted, sample):
    _, counts, columns = counted(sample(FEW), "store")
    for column, whole in zip(counts.columns, columns[1:], strict=True):
        sides = side_counts(pair_groups((column, [1, 2, 3]), (column, [0])))
        assert sides.all[1].sum() == side_counts(column).all[0].sum()
        assert sides.all.sum() == side_counts(whole).all.sum()


@pytest.mark.parametrize(
    ("by", "every", "said"),
    [
        ("stor", None, "has no column 'stor'"),
        ("fortnight(day)", None, "'fortnight' is unknown; use one of year, quarter, month"),
        ("month(store)", None, "holds category values"),
        ("month(code)", None, "month needs dates or times"),
        ("store", "1d", "leave every='1d' out"),
        ("day", "soon", "whole number of s, min, h, d, w, mo, q or y"),
        ("day", "6h", "finer than a column of kind date"),
        ("day", "0d", "whole number"),
        ("month(day)", "1d", "names the windows already"),
        ("code", "-1", "must be a positive number"),
        ("code", "0.5", "finer than the column"),
        ("price", "1e-9", "more than 4,000 windows"),
    ],
)
def test_what_gives_no_groups_says_why(counted, sample, by, every, said):
    with pytest.raises(InputError, match=said):
        counted(sample(FEW), by, every=every)


def test_many_numbers_need_a_width(counted, require):
    polars = require("polars")
    table = polars.DataFrame({"n": range(3_000), "x": ["a", "b"] * 1_500})
    with pytest.raises(InputError, match="3,000 distinct numbers gives no groups"):
        counted(table, "n")
