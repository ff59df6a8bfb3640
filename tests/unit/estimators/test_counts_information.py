"""Mutual information of counts: definitions, limits, and false alarms under independence."""

import math

import numpy as np
import pytest
from scipy import stats

from kullback._core import InputError
from kullback.estimators._counts_information import counts_mutual_information
from kullback.estimators._zhang_grabchak import zhang_grabchak_entropy

METHODS = ["extrapolated", "zhang_grabchak", "grassberger", "miller_madow", "chao_shen"]
TABLE = np.array([[6, 1, 0], [2, 5, 3]])


def _information(law):
    return stats.entropy(law.ravel(), np.outer(law.sum(axis=1), law.sum(axis=0)).ravel())


def _zipf(labels):
    weights = 1 / np.arange(1, labels + 1.0)
    return weights / weights.sum()


def _runs(law, rows, runs, seed, **options):
    rng = np.random.default_rng(seed)
    tables = rng.multinomial(rows, law.ravel(), runs).reshape(runs, *law.shape)
    return [counts_mutual_information(table, **options) for table in tables]


def test_sum_of_entropies():
    parts = [zhang_grabchak_entropy(counts).value for counts in (TABLE.sum(axis=1), TABLE.sum(axis=0), TABLE.ravel())]
    found = counts_mutual_information(TABLE, method="zhang_grabchak")
    assert found.value == pytest.approx(parts[0] + parts[1] - parts[2], rel=1e-12)
    assert (found.quantity, found.n, found.m) == ("I(x; y)", 17, 0)


@pytest.mark.parametrize("method", METHODS)
def test_many_rows(method):
    law = np.array([[3, 1], [2, 4]])
    found = counts_mutual_information(10**6 * law, method=method)
    assert found.value == pytest.approx(_information(law / 10), abs=1e-5)
    assert found.interval[0] < _information(law / 10) < found.interval[1]


@pytest.mark.parametrize("method", METHODS)
def test_one_side_is_the_other(method):
    found = counts_mutual_information(np.diag([500, 300, 200]), method=method)
    assert found.value == pytest.approx(stats.entropy([5, 3, 2]), abs=0.01)


def test_sides_may_be_exchanged():
    rng = np.random.default_rng(100)
    table = rng.multinomial(60, np.full(30, 1 / 30)).reshape(5, 6)
    first, second = counts_mutual_information(table), counts_mutual_information(table.T)
    assert first.value == pytest.approx(second.value, rel=1e-12)


def test_empty_rows_and_columns_do_not_matter():
    wide = np.zeros((4, 5), dtype=int)
    wide[1:3, 1:4] = TABLE
    assert counts_mutual_information(wide).value == counts_mutual_information(TABLE).value


LAWS = {
    "2 x 2": (np.full((2, 2), 0.25), 100),
    "3 x 4": (np.outer(_zipf(3), _zipf(4)), 50),
    "2 x 30": (np.outer(_zipf(2), _zipf(30)), 100),
    "10 x 10": (np.full((10, 10), 0.01), 200),
    "30 x 30": (np.outer(_zipf(30), _zipf(30)), 300),
}


@pytest.mark.parametrize("name", LAWS)
def test_few_false_alarms_of_independent_sides(name):
    # 120 runs: three standard errors above .05 are .11.
    assert np.mean([found.interval[0] > 0 for found in _runs(*LAWS[name], 120, 101)]) <= 0.11


@pytest.mark.slow
@pytest.mark.parametrize("name", LAWS)
def test_few_false_alarms_with_many_runs(name):
    assert np.mean([found.interval[0] > 0 for found in _runs(*LAWS[name], 2000, 102)]) <= 0.06


@pytest.mark.parametrize(("shape", "rows"), [((2, 2), 100), ((3, 4), 100), ((10, 10), 1000)])
def test_coverage(shape, rows):
    law = np.random.default_rng(103).dirichlet(np.ones(math.prod(shape))).reshape(shape)
    held = [found.interval[0] <= _information(law) <= found.interval[1] for found in _runs(law, rows, 100, 104)]
    assert np.mean(held) >= 0.86


@pytest.mark.parametrize("name", ["2 x 30", "10 x 10", "30 x 30"])
def test_extrapolation_takes_most_of_the_bias_away(name):
    law, rows = LAWS[name]
    plain = np.mean([found.value for found in _runs(law, rows, 40, 105, method="zhang_grabchak")])
    found = np.mean([found.value for found in _runs(law, rows, 40, 105)])
    assert plain > 0
    assert abs(found) <= 0.5 * plain


@pytest.mark.parametrize("table", [[[5]], [[5, 3]], [[5], [3]], [[1, 0], [0, 1]], np.eye(20)])
def test_nothing_can_be_said(table):
    found = counts_mutual_information(table)
    assert math.isfinite(found.value)
    assert not found.reliable
    assert found.interval[0] <= found.value <= found.interval[1] == math.inf


def test_the_same_seed_gives_the_same_interval():
    first = counts_mutual_information(TABLE, rng=5)
    assert first.interval == counts_mutual_information(TABLE, rng=5).interval


@pytest.mark.parametrize(
    ("table", "match"), [([1, 2], r"shape \(2,\)"), ([[1, -2], [3, 4]], "holds -2"), (np.zeros((2, 2)), "add up to 0")]
)
def test_refused(table, match):
    with pytest.raises(InputError, match=match):
        counts_mutual_information(table)


def test_unknown_method():
    with pytest.raises(InputError, match="Known: extrapolated, zhang_grabchak"):
        counts_mutual_information(TABLE, method="bayesian")
