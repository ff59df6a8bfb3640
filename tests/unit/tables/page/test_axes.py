"""Marks of an axis: round, in order, inside, and few enough to be read."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kullback.tables.page._axes import axis_marks

DAY = 86_400_000_000
NEW_YEAR = 15_706  # days from 1970-01-01 to 2013-01-01


def labels(low, high, kind):
    return [label for _, label in axis_marks(low, high, kind)]


@pytest.mark.parametrize(
    ("low", "high", "kind", "expected"),
    [
        (0, 1, "numeric", ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-43.2, 190, "numeric", ["0", "50", "100", "150"]),
        (0, 5_000_000, "numeric", ["0", "2,000,000", "4,000,000"]),
        (1e9, 1e9 + 3, "numeric", ["1000000000", "1000000002"]),
        (NEW_YEAR, NEW_YEAR + 364, "date", ["2013-01", "2013-04", "2013-07", "2013-10"]),
        (NEW_YEAR, NEW_YEAR + 4, "date", ["01-01", "01-02", "01-03", "01-04", "01-05"]),
        (-36_524, NEW_YEAR, "date", ["1880", "1900", "1920", "1940", "1960", "1980", "2000"]),
        (NEW_YEAR * DAY, NEW_YEAR * DAY + DAY / 8, "datetime", ["00:00", "01:00", "02:00", "03:00"]),
        (NEW_YEAR * DAY, (NEW_YEAR + 1) * DAY, "datetime", ["01-01 00:00", "01-01 12:00", "01-02 00:00"]),
        (0, DAY - 1, "time", ["00:00", "06:00", "12:00", "18:00"]),
        (0, 40 * DAY, "duration", ["0 d", "10 d", "20 d", "30 d", "40 d"]),
        (0, DAY / 4, "duration", ["0 h", "1 h", "2 h", "3 h", "4 h", "5 h", "6 h"]),
    ],
)  # fmt: skip
def test_round_values(low, high, kind, expected):
    assert labels(low, high, kind) == expected


@pytest.mark.parametrize(
    ("low", "high", "kind"), [(-1e308, 1e308, "numeric"), (5e-324, 1e-322, "numeric"), (-1e18, 1e18, "datetime")]
)
def test_the_ends_of_the_numbers(low, high, kind):
    marks = axis_marks(low, high, kind)
    assert marks
    assert all(low <= at <= high for at, _ in marks)


SPANS = {"numeric": 1e12, "date": 3e6, "datetime": 2e17, "time": float(DAY), "duration": 1e18}


@given(st.data(), st.sampled_from(sorted(SPANS)))
def test_marks_ascend_and_fit(data, kind):
    most = SPANS[kind]
    low = data.draw(st.floats(0 if kind == "time" else -most / 2, most / 2))
    high = low + data.draw(st.floats(min_value=max(most * 1e-9, abs(low) * 1e-9, 1e-6), max_value=most / 2))
    marks = axis_marks(low, high, kind)
    assert all(low <= at <= high for at, _ in marks)
    assert all(before < after for (before, _), (after, _) in pairwise(marks))
    assert len(marks) <= 7
    assert len(marks) <= 1 or sum(len(label) + 2 for _, label in marks) <= 46


@given(st.integers(-700_000, 2_900_000), st.integers(70, 1_000_000))
def test_dates_are_where_their_label_says(low, days):
    for at, label in axis_marks(low, min(low + days, 2_932_000), "date"):
        year, _, month = label.partition("-")
        day = datetime(int(year), int(month or 1), 1, tzinfo=UTC)
        assert math.isclose(at, (day - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1))
