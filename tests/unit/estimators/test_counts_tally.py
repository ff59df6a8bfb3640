"""Counts as they come: mappings, arrays, value counts, numbered rows with weights; and what is refused."""

from collections import Counter

import numpy as np
import pytest

from kullback._core import InputError
from kullback.estimators._tally import read_counts, read_sample_counts, tally_codes


def test_mappings_are_matched_by_label():
    tally = read_counts({"a": 3, "b": 1}, Counter({"b": 2, "c": 5}))
    assert tally.p.tolist() == [3, 1, 0]
    assert tally.q.tolist() == [0, 2, 5]
    assert (tally.n, tally.m) == (4, 7)


def test_nan_labels_are_one_category():
    tally = read_counts({float("nan"): 3}, {np.float64("nan"): 4, "a": 1})
    assert tally.p.tolist() == [3, 0]
    assert tally.q.tolist() == [4, 1]


def test_value_counts_of_pandas(require):
    pandas = require("pandas")
    x, y = pandas.Series(["a", "b", "a", None]), pandas.Series(["b", "b", None])
    tally = read_counts(x.value_counts(dropna=False), y.value_counts(dropna=False))
    assert sorted(zip(tally.p.tolist(), tally.q.tolist(), strict=True)) == [(1, 1), (1, 2), (2, 0)]


def test_a_frame_of_pandas_is_no_row_of_counts(require):
    with pytest.raises(InputError, match=r"shape \(2, 1\)"):
        read_counts(require("pandas").DataFrame({"a": [1, 2]}), {"a": 1})


@pytest.mark.parametrize("p", [[1, 2], np.array([1, 2], dtype=np.uint8), (1.0, 2.0)])
def test_arrays_are_matched_by_place(p):
    tally = read_counts(p, [3, 4])
    assert tally.p.dtype == tally.q.dtype == np.int64
    assert tally.p.tolist() == [1, 2]


def test_tensors(require):
    torch = require("torch")
    assert read_counts(torch.tensor([1, 2]), torch.tensor([3, 4])).q.tolist() == [3, 4]


def test_fractions_stay():
    tally = read_counts([0.5, 2.25], [1, 2])
    assert tally.p.tolist() == [0.5, 2.25]
    assert tally.sizes == (2.75, 3.0)


@pytest.mark.parametrize(
    ("p", "q", "match"),
    [
        ([1, -1], [1, 1], "holds -1"),
        ([1, float("nan")], [1, 1], "holds nan at place 1"),
        ([1, 1], [1, float("inf")], "q holds inf"),
        ([], [], "0 categories"),
        ([0, 0], [1, 1], "p has 2 categories whose counts add up to 0"),
        ({}, {"a": 1}, "at least one row"),
        ([1, 2, 3], [1, 2], "3 categories and q has 2"),
        ([[1, 2]], [[1, 2]], r"shape \(1, 2\)"),
        (3, 4, r"shape \(\)"),
        (["a", "b"], ["a", "c"], "cannot be read as counts"),
        ({"a": 1}, [1], "cannot be matched"),
        ({"a": "x"}, {"a": 1}, "cannot be read as counts"),
    ],
)
def test_refused(p, q, match):
    with pytest.raises(InputError, match=match):
        read_counts(p, q)


def test_a_label_named_twice_is_refused(require):
    twice = require("pandas").Series([1, 2], index=["a", "a"])
    with pytest.raises(InputError, match="more than once"):
        read_counts(twice, {"a": 1})


def test_one_sample_keeps_what_was_seen():
    assert read_sample_counts({"a": 2, "b": 0, "c": 1}).tolist() == [2, 1]


def test_codes():
    tally = tally_codes(np.array([0, 2, 2]), np.array([1, 1, 1, 0]))
    assert tally.p.tolist() == [1, 0, 2]
    assert tally.q.tolist() == [1, 3, 0]
    assert (tally.n, tally.m) == (3, 4)


def test_weights_count_for_the_effective_size():
    weights = np.array([0.5, 0.3, 0.2])
    tally = tally_codes(np.array([0, 1, 1]), np.array([0, 1]), weights, None)
    assert tally.p.sum() == pytest.approx(1 / (0.25 + 0.09 + 0.04))
    assert tally.p / tally.p.sum() == pytest.approx([0.5, 0.5])
    assert (tally.n, tally.m) == (3, 2)


def test_equal_weights_change_nothing():
    x, y = np.array([0, 1, 1, 2]), np.array([0, 0, 1])
    tally = tally_codes(x, y, np.full(4, 0.25), np.full(3, 1 / 3))
    assert tally.p == pytest.approx([1, 2, 1])
    assert tally.q == pytest.approx([2, 1, 0])
