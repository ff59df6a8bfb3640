import math

import numpy as np
import pytest

import kullback as kl
from kullback.estimators import kliep, ulsif
from kullback.estimators._kliep import fitted_ratio
from kullback.estimators._ulsif import _fitted

BOTH = pytest.mark.parametrize("method", [kliep, ulsif])


@BOTH
def test_overlapping_normals(method):
    rng = np.random.default_rng(0)
    found = [method(rng.normal(size=600), rng.normal(0.5, 1.0, 600)).value for _ in range(6)]
    assert np.mean(found) == pytest.approx(0.125, abs=0.04)


@BOTH
def test_two_columns_of_any_scale(method):
    # Each column N(0, 1) against N(1, 2²): log 2 + (1 + 1) / 8 - 1/2 nats.
    truth = 2 * (math.log(2) + 2 / 8 - 1 / 2)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(800, 2)), rng.normal(1.0, 2.0, (800, 2))
    found = method(x, y)
    assert found.value == pytest.approx(truth, abs=0.2)
    assert found.interval[0] < truth < found.interval[1]
    units = np.array([1e6, 1e-4])
    assert method(x * units, y * units).value == pytest.approx(found.value, abs=1e-3)


@BOTH
def test_equal_laws(method):
    rng = np.random.default_rng(1)
    found = [method(rng.normal(size=150), rng.normal(size=150)) for _ in range(20)]
    # At a false-alarm rate of 5 % four of twenty happen by chance in 1.6 % of all seeds.
    assert sum(one.interval[0] > 0 for one in found) <= 3
    assert math.sqrt(np.mean([one.value**2 for one in found])) < 0.06


@BOTH
@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones(30), np.ones(30)),
        (np.ones(20), np.zeros(20)),
        (np.arange(40.0), np.arange(40.0)),
        (np.arange(40.0), np.repeat(np.arange(0.5, 10), 4)),
        (np.arange(3.0), np.arange(17.0)),
        (np.r_[np.arange(30.0), 1e300], np.arange(30.0)),
    ],
)
def test_odd_samples(method, x, y):
    found = method(x, y)
    assert math.isfinite(found.value)
    assert found.interval[0] <= found.value <= found.interval[1]


@BOTH
def test_bias_that_dominates_is_said(method):
    rng = np.random.default_rng(2)
    root = np.linalg.cholesky(0.9 ** np.abs(np.subtract.outer(np.arange(5), np.arange(5))))
    found = [method(rng.normal(size=(500, 5)) @ root.T, rng.normal(size=(500, 5))) for _ in range(4)]
    truth = -2 * math.log(1 - 0.81)
    assert all(one.interval[0] < truth for one in found)
    assert sum(one.interval[1] == math.inf and not one.reliable for one in found) >= 3


@BOTH
def test_weights_and_bad_requests(method):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=2000), rng.normal(size=2000)
    assert method(x, y, weights=(np.exp(0.7 * x), None)).value == pytest.approx(0.7**2 / 2, abs=0.1)
    once = np.where(np.arange(300) < 150, 1.0, 0.0)
    assert method(x[:300], y, weights=(once, None)).value == pytest.approx(method(x[:150], y).value, abs=0.1)
    with pytest.raises(kl.InputError, match="width"):
        method(x, y, width=-1.0)
    with pytest.raises(kl.InputError, match="centers"):
        method(x, y, centers=0)


def test_greatest_likelihood():
    rng = np.random.default_rng(3)
    at_x, at_y = rng.gamma(0.5, size=(300, 40)), rng.gamma(0.5, size=(200, 40))
    weights = rng.random(300)
    found = fitted_ratio(at_x, at_y, weights, np.ones(200))
    assert found.min() >= 0
    assert float((at_y @ found).mean()) == pytest.approx(1.0, abs=1e-6)
    # At the maximum no function, scaled to mean 1 over y, has a slope above 1: this bounds what is left to gain.
    slopes = (weights / weights.sum() / (at_x @ found)) @ (at_x / at_y.mean(axis=0))
    assert slopes.max() < 1.0 + 1e-3


def test_left_out_ratios_are_those_of_fits_without_the_row():
    rng = np.random.default_rng(4)
    x, y, penalty = rng.random((12, 3)), rng.random((9, 3)), 0.1
    x_weights, y_weights = rng.dirichlet(np.full(12, 5.0)), np.full(9, 1 / 9)
    found = _fitted(x, y, x_weights, y_weights, np.array([penalty])).ratios

    def ratio(at, keep_x, keep_y):
        p, q = x_weights * keep_x, y_weights * keep_y
        matrix = (y * (q / q.sum())[:, None]).T @ y + penalty * np.eye(3)
        return max(0.0, float(at @ np.linalg.solve(matrix, p / p.sum() @ x)))

    at_x = [ratio(x[i], np.arange(12) != i, np.ones(9)) for i in range(12)]
    at_y = [ratio(y[j], np.ones(12), np.arange(9) != j) for j in range(9)]
    assert found == pytest.approx(np.array(at_x + at_y), rel=1e-9)
