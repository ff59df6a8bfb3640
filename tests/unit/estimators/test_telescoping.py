import math

import numpy as np
import pytest

import kullback as kl
from kullback.estimators import classifier_ratio, telescoping


@pytest.fixture(autouse=True)
def _sklearn(require):
    require("sklearn")


def correlated(rng, d, n=1000):
    root = np.linalg.cholesky(0.9 ** np.abs(np.subtract.outer(np.arange(d), np.arange(d))))
    return rng.normal(size=(n, d)) @ root.T, rng.normal(size=(n, d))


@pytest.mark.parametrize("d", [5, 10])
def test_sees_what_a_single_classifier_does_not(d):
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - not installed everywhere

    truth = -0.5 * (d - 1) * math.log(1 - 0.81)  # 3.32, 7.47
    rng = np.random.default_rng(d)
    pairs = [correlated(rng, d) for _ in range(8)]
    trees = HistGradientBoostingClassifier(max_iter=30)
    single = np.mean([classifier_ratio(x, y, classifier=trees).value for x, y in pairs[:2]])
    chain = [telescoping(x, y) for x, y in pairs]
    assert abs(np.mean([one.value for one in chain]) - truth) < 0.1 * truth
    assert abs(np.mean([one.value for one in chain]) - truth) < 0.5 * abs(single - truth)
    # At 95 % fewer than 6 of 8 have a chance of .006.
    assert sum(one.interval[0] < truth < one.interval[1] for one in chain) >= 6


def test_beyond_what_samples_can_show():
    found = telescoping(*correlated(np.random.default_rng(0), 12, 500))
    assert not found.reliable
    assert found.interval[1] == math.inf


def test_log_ratios_are_those_of_the_rows():
    rng = np.random.default_rng(1)
    x, y = rng.normal(2.0, 1.0, (800, 2)), rng.normal(size=(1200, 2))
    found = telescoping(x, y)
    assert found.value == pytest.approx(4.0, abs=0.7)
    exact = 2.0 * x.sum(axis=1) - 4.0
    assert np.corrcoef(found.log_ratios, exact)[0, 1] > 0.98


def test_more_bridges_where_samples_are_farther_apart():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(400, 2)), rng.normal(size=(400, 2))
    near, far = (int(telescoping(0.8**power * x, y).notes[0].split()[0]) for power in (1, 12))
    assert near == 1
    assert far > 2


def test_equal_laws():
    rng = np.random.default_rng(1)
    found = [telescoping(rng.normal(size=(300, 2)), rng.normal(size=(300, 2))) for _ in range(20)]
    assert math.sqrt(np.mean([one.value**2 for one in found])) < 0.03
    # At a false-alarm rate of 5 % four of twenty happen by chance in 1.6 % of all seeds.
    assert sum(one.interval[0] > 0 for one in found) <= 3


def test_not_gaussian_is_said():
    rng = np.random.default_rng(3)
    found = telescoping(rng.random((500, 3)), 2 * rng.random((500, 3)))
    assert not found.reliable
    assert found.interval == (0.0, math.inf) or found.interval[0] < 0
    assert any("Mardia" in note for note in found.notes)


def test_any_classifier():
    from sklearn.naive_bayes import GaussianNB  # noqa: PLC0415 - not installed everywhere

    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(500, 2)), rng.normal(2.0, 1.0, size=(500, 2))
    assert telescoping(x, y, classifier=GaussianNB(), bridges=4).value == pytest.approx(4.0, abs=1.0)


def test_weights_tilt_one_normal_into_another():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=3000), rng.normal(size=2000)
    assert telescoping(x, y, weights=(np.exp(0.7 * x), None)).value == pytest.approx(0.7**2 / 2, abs=0.08)
    assert telescoping(x, y, weights=(None, np.exp(0.7 * y))).value == pytest.approx(0.7**2 / 2, abs=0.08)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones(30), np.ones(30)),
        (np.ones(20), np.zeros(20)),
        (np.arange(40.0), np.arange(40.0)),
        (np.arange(3.0), np.arange(17.0)),
        (np.c_[np.arange(30.0), np.ones(30)], np.c_[np.arange(30.0) ** 2, np.ones(30)]),
    ],
)
def test_odd_samples(x, y):
    found = telescoping(x, y)
    assert math.isfinite(found.value)
    assert found.interval[0] <= found.value <= found.interval[1]
    assert found.value == telescoping(x, y).value


def test_bad_requests():
    x = np.random.default_rng(3).normal(size=(50, 2))
    with pytest.raises(kl.InputError, match="bridges"):
        telescoping(x, x, bridges=0)
    with pytest.raises(kl.InputError, match="2 columns"):
        telescoping(x, x[:, :1])
