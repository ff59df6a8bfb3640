import math

import numpy as np
import pytest
from sklearn.feature_selection import mutual_info_regression

import kullback as kl
from kullback.estimators import information_as_divergence


def normal_pair(rng, rho, n=1000):
    x = rng.normal(size=n)
    return x, rho * x + math.sqrt(1 - rho**2) * rng.normal(size=n)


@pytest.mark.parametrize(("rho", "goal"), [(0.0, 0.03), (0.5, 0.05), (0.9, 0.05), (0.999, 0.1)])
def test_normal_pairs(rho, goal):
    rng = np.random.default_rng(0)
    truth = -0.5 * math.log(1 - rho**2)
    found = [kl.estimate_mutual_information(*normal_pair(rng, rho)) for _ in range(10)]
    assert math.sqrt(np.mean([(one.value - truth) ** 2 for one in found])) <= goal
    # At 95 % fewer than 7 of 10 have a chance of .001.
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in found) >= 7


def test_independent_columns_are_rarely_called_dependent():
    rng = np.random.default_rng(1)
    lows = [kl.estimate_mutual_information(*rng.normal(size=(2, 200))).interval[0] for _ in range(60)]
    assert sum(low > 0 for low in lows) <= 7


def test_agrees_with_another_library():
    x, y = normal_pair(np.random.default_rng(2), 0.7, 3000)
    other = float(mutual_info_regression(x[:, None], y, n_neighbors=5, random_state=0)[0])
    assert kl.estimate_mutual_information(x, y).value == pytest.approx(other, abs=0.06)


def test_is_the_divergence_of_the_joint_from_the_product():
    x, y = normal_pair(np.random.default_rng(3), 0.8, 2000)
    direct, indirect = kl.estimate_mutual_information(x, y), information_as_divergence(x, y)
    assert abs(direct.value - indirect.value) <= 3 * math.hypot(direct.stderr, indirect.stderr)


def test_monotone_maps_change_nothing():
    x, y = normal_pair(np.random.default_rng(4), 0.6, 500)
    plain, mapped = kl.estimate_mutual_information(x, y), kl.estimate_mutual_information(np.exp(3 * x), y**3)
    assert mapped.value == pytest.approx(plain.value, abs=1e-9)


def test_labels_beside_numbers():
    # Gao, Kannan, Oh and Viswanath (2017), example 2: x uniform on 0 ... m - 1, y uniform on [x, x + 2].
    rng = np.random.default_rng(5)
    x = rng.integers(0, 5, 2000)
    y = x + 2 * rng.random(2000)
    truth = math.log(5) - 4 * math.log(2) / 5
    found = kl.estimate_mutual_information(np.array(list("abcde"))[x], y)
    assert found.value == pytest.approx(truth, abs=0.06)


def test_two_columns_of_labels():
    rng = np.random.default_rng(6)
    joint = np.array([[0.4, 0.1], [0.1, 0.4]])
    cells = rng.choice(4, 3000, p=joint.ravel())
    found = kl.estimate_mutual_information(np.array(list("ab"))[cells // 2], np.array(list("uv"))[cells % 2])
    assert found.interval[0] < float(kl.mutual_information(joint)) < found.interval[1]


def test_constant_columns_and_bad_requests():
    x = np.random.default_rng(7).normal(size=50)
    assert kl.estimate_mutual_information(x, np.ones(50)).value == 0.0
    with pytest.raises(kl.InputError, match="rows"):
        kl.estimate_mutual_information(x, x[:10])
    with pytest.raises(kl.InputError, match="ksg"):
        kl.estimate_mutual_information(x, x**2, method="best")
    with pytest.raises(kl.InputError, match="nan_policy"):
        kl.estimate_mutual_information(np.where(x > 1, np.nan, x), x)
