from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

import kullback as kl
from kullback.estimators._columns import read_columns


def test_arrays_of_every_library(xp):
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    found = read_columns(x, x)
    assert found.x.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert found.x_labels.shape == (2, 0)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_are_matched_by_name(require, library):
    frames = require(library)
    days = [datetime(2020, 1, day, tzinfo=UTC) for day in (1, 2)]
    x = frames.DataFrame({"a": [1, 2], "g": ["u", "v"], "t": days})
    y = frames.DataFrame({"g": ["v", "w", "v"], "t": [datetime(2020, 1, 3, tzinfo=UTC)] * 3, "a": [0.5, 1.5, 2.5]})
    found = read_columns(x, y)
    assert found.names == ("a", "t")
    assert found.label_names == ("g",)
    assert found.x_labels.T.tolist() == [[0, 1]]
    assert found.y_labels.T.tolist() == [[1, 2, 1]]
    assert np.diff(found.x[:, 1]).tolist() == [86400.0]


def test_dates_decimals_booleans_and_missing_values(require):
    polars = require("polars")
    frame = polars.DataFrame(
        {
            "d": [date(2020, 1, 1), date(2020, 2, 1), None],
            "m": [Decimal("1.25"), Decimal("2.50"), Decimal("3.00")],
            "b": [True, False, True],
            "z": [datetime(2020, 1, 1, tzinfo=UTC)] * 3,
        }
    )
    found = read_columns(frame, frame, nan_policy="omit")
    assert found.n == 2
    assert found.label_names == ("b",)
    assert found.x[:, 1].tolist() == [1.25, 2.5]
    assert "1 rows of x" in found.notes[0]
    assert found.x_kept.tolist() == [True, True, False]


def test_nan_as_a_category():
    x = np.array([1.0, np.nan, 2.0])
    found = read_columns(x, np.array([1.0, 2.0]), nan_policy="category")
    assert found.label_names == ("0 is missing",)
    assert found.x_labels[:, 0].tolist() == [0, 1, 0]
    labels = read_columns(["a", None], ["b", "a"], nan_policy="category")
    assert labels.labels == (("a", "b", None),)


def test_weights_by_name(require):
    frame = require("pandas").DataFrame({"a": [1.0, 2.0, 3.0], "w": [1.0, 0.0, 3.0]})
    found = read_columns(frame, frame, weights="w")
    assert found.x_weights.tolist() == [0.25, 0.75]
    assert found.x[:, 0].tolist() == [1.0, 3.0]


def test_structured_arrays_and_records_keep_their_names():
    rows = np.array([(1.0, "a"), (2.0, "b")], dtype=[("v", float), ("g", "U1")])
    found = read_columns(rows, rows)
    assert (found.names, found.label_names) == (("v",), ("g",))


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([], [1.0], "x has no rows"),
        (np.zeros((3, 2)), np.zeros((3, 3)), "2 columns and y has 3"),
        (np.zeros((2, 2, 2)), np.zeros(3), "shape"),
        ([np.nan, 1.0], [1.0, 2.0], "nan_policy='omit'"),
        ([np.inf, 1.0], [1.0, 2.0], "infinite"),
        (["a", 1], ["a", "b"], "mixes numbers and text"),
        ([{"a": 1}, {"a": 2}], [1, 2], "dict objects"),
        ([1.0, 2.0], ["a", "b"], "mixes|numbers and text"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), [1.0], "holds times"),
    ],
)
def test_bad_samples_get_one_clear_error(x, y, words):
    x = (
        x
        if isinstance(x, np.ndarray)
        else np.array(x, dtype=object)
        if any(isinstance(v, dict | int) for v in x)
        else x
    )
    with pytest.raises(kl.InputError, match=words):
        read_columns(x, y)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (([1.0, -1.0], None), "no weight"),
        (([1.0], None), "shape"),
        (([0.0, 0.0], None), "add up to 0"),
        ([1.0, 2.0, 3.0], "pair"),
        ("w", "no column 'w'"),
    ],
)
def test_bad_weights(weights, words):
    with pytest.raises(kl.InputError, match=words):
        read_columns([1.0, 2.0], [1.0, 2.0], weights=weights)


def test_all_missing():
    with pytest.raises(kl.InputError, match="no row of x is left"):
        read_columns([np.nan, np.nan], [1.0, 2.0], nan_policy="omit")


def test_lacking_columns_are_named(require):
    pandas = require("pandas")
    with pytest.raises(kl.InputError, match="y lacks 'b'"):
        read_columns(pandas.DataFrame({"a": [1], "b": [2]}), pandas.DataFrame({"a": [1]}))


def test_input_is_not_changed():
    x = np.array([1.0, np.nan, 3.0])
    read_columns(x, x, nan_policy="category")
    assert np.isnan(x[1])
