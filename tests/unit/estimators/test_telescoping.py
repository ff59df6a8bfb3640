import math

import numpy as np
import pytest

import kullback as kl
from kullback.estimators import telescoping


@pytest.fixture(autouse=True)
def _sklearn(require):
    require("sklearn")


def correlated(rng, d, n=1000):
    root = np.linalg.cholesky(0.9 ** np.abs(np.subtract.outer(np.arange(d), np.arange(d))))
    return rng.normal(size=(n, d)) @ root.T, rng.normal(size=(n, d))


def test_sees_what_a_single_step_does_not():
    truth = -0.5 * 9 * math.log(1 - 0.81)  # 7.47
    rng = np.random.default_rng(0)
    pairs = [correlated(rng, 10) for _ in range(3)]
    chain = [telescoping(x, y, bridges=8) for x, y in pairs]
    single = [telescoping(x, y, bridges=1).value for x, y in pairs]
    assert abs(np.mean([one.value for one in chain]) - truth) < 0.4 * abs(np.mean(single) - truth)
    assert not chain[0].reliable
    assert chain[0].interval[1] == math.inf


def test_equal_laws():
    rng = np.random.default_rng(1)
    found = [telescoping(rng.normal(size=(300, 2)), rng.normal(size=(300, 2))) for _ in range(10)]
    assert abs(np.mean([one.value for one in found])) < 0.05


def test_any_classifier():
    from sklearn.naive_bayes import GaussianNB  # noqa: PLC0415 - not installed everywhere

    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(500, 2)), rng.normal(2.0, 1.0, size=(500, 2))
    assert telescoping(x, y, classifier=GaussianNB(), bridges=4).value == pytest.approx(4.0, abs=1.0)


def test_bad_requests():
    x = np.random.default_rng(3).normal(size=(50, 2))
    with pytest.raises(kl.InputError, match="bridges"):
        telescoping(x, x, bridges=0)
    with pytest.raises(kl.InputError, match="2 columns"):
        telescoping(x, x[:, :1])
