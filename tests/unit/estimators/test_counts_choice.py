"""The default for counts: errors on Zipf's laws and where nothing changed."""

import math

import numpy as np
import pytest

from kullback.estimators._counts_choice import choose_counts
from kullback.estimators._tally import read_counts


def _zipf(labels, exponent):
    weights = np.arange(1, labels + 1.0) ** -exponent
    return weights / weights.sum()


def _errors(p, q, rows, runs, seed):
    rng = np.random.default_rng(seed)
    truth = float(p @ np.log(p / q))
    pairs = zip(rng.multinomial(rows, p, runs), rng.multinomial(rows, q, runs), strict=True)
    return np.array([choose_counts(read_counts(*pair)).value - truth for pair in pairs])


def _rmse(errors):
    return math.sqrt((errors**2).mean())


# The goals of the design, with three standard errors of a root mean square over so many runs (3 / sqrt(2 runs)).
GOALS = [(1000, 1000, 100, 0.07), (10_000, 1000, 60, 0.10), (100_000, 10_000, 8, 0.15)]


@pytest.mark.parametrize(("labels", "rows", "runs", "goal"), GOALS)
def test_zipf(labels, rows, runs, goal):
    found = _rmse(_errors(_zipf(labels, 1.2), _zipf(labels, 0.8), rows, runs, 90))
    assert found <= goal * (1 + 3 / math.sqrt(2 * runs))


@pytest.mark.slow
@pytest.mark.parametrize(("labels", "rows", "runs", "goal"), [(*goal[:2], 10 * goal[2], goal[3]) for goal in GOALS])
def test_zipf_with_many_runs(labels, rows, runs, goal):
    found = _rmse(_errors(_zipf(labels, 1.2), _zipf(labels, 0.8), rows, runs, 91))
    assert found <= goal * (1 + 2 / math.sqrt(2 * runs))


def test_nothing_changed():
    even = _zipf(100, 0)
    assert _rmse(_errors(even, even, 100, 300, 92)) <= 0.15 * (1 + 3 / math.sqrt(600))


@pytest.mark.parametrize(("first", "second"), [(1, 1.5), (1.5, 1), (0, 0.5)])
@pytest.mark.parametrize(("labels", "rows"), [(10, 100), (100, 1000)])
def test_hardly_any_bias_with_ten_rows_for_each_category(first, second, labels, rows):
    p, q = _zipf(labels, first), _zipf(labels, second)
    errors = _errors(p, q, rows, 200, 93)
    truth = float(p @ np.log(p / q))
    assert abs(errors.mean()) <= 0.05 * truth + 0.01 + 4 * errors.std() / math.sqrt(200)


def test_common_categories_need_no_extrapolation():
    found = choose_counts(read_counts([50, 30, 20], [20, 30, 50]))
    assert found.method == "zhang_grabchak"
    assert found.notes == ()


def test_the_parts_of_the_mean_are_named():
    rng = np.random.default_rng(94)
    found = choose_counts(read_counts(*rng.multinomial(200, _zipf(300, 1), 2)))
    assert found.method == "counts"
    assert "Zhang-Grabchak" in found.notes[0]
    assert "add-half" in found.notes[0]


def test_order_and_empty_categories_do_not_matter():
    rng = np.random.default_rng(95)
    p, q = rng.multinomial(200, _zipf(300, 1), 2)
    order = rng.permutation(300)
    first, second = choose_counts(read_counts(p, q)), choose_counts(read_counts([*p[order], 0], [*q[order], 0]))
    assert first.value == pytest.approx(second.value, rel=1e-12)
    assert first.interval == pytest.approx(second.interval, rel=1e-9)
