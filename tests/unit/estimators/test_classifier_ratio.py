import math

import numpy as np
import pytest

import kullback as kl
from kullback.estimators import classifier_ratio


@pytest.fixture(autouse=True)
def _sklearn(require):
    require("sklearn")


def test_nested_boxes():
    rng = np.random.default_rng(0)
    found = classifier_ratio(rng.random((1000, 5)), 1.2 * rng.random((1000, 5)))
    assert found.value == pytest.approx(5 * math.log(1.2), abs=0.2)
    assert found.interval[0] < 5 * math.log(1.2) < found.interval[1]


def test_equal_laws():
    rng = np.random.default_rng(1)
    found = [classifier_ratio(rng.normal(size=(200, 3)), rng.normal(size=(200, 3))) for _ in range(8)]
    assert abs(np.mean([one.value for one in found])) < 0.05
    assert sum(one.interval[0] > 0 for one in found) <= 2


def test_any_classifier_and_weights():
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - not installed everywhere

    rng = np.random.default_rng(2)
    x, y = rng.normal(size=2000), rng.normal(1.0, 1.0, size=2000)
    found = classifier_ratio(x, y, classifier=LogisticRegression(), weights=(np.ones(2000), None))
    assert found.value == pytest.approx(0.5, abs=0.1)
    assert found.log_ratios == pytest.approx(0.5 - x, abs=0.6)


def test_labels_in_a_frame(require):
    pandas = require("pandas")
    rng = np.random.default_rng(3)

    def side(shares):
        return pandas.DataFrame({"g": rng.choice(list("abc"), 800, p=shares), "v": rng.normal(size=800)})

    p, q = [0.6, 0.3, 0.1], [0.2, 0.3, 0.5]
    found = kl.estimate(side(p), side(q), method="classifier_ratio")
    assert found.value == pytest.approx(float(kl.divergence(p, q)), abs=0.15)


def test_bad_requests():
    x = np.random.default_rng(4).normal(size=(50, 2))
    with pytest.raises(kl.InputError, match="predict_proba"):
        classifier_ratio(x, x, classifier=object())
    with pytest.raises(kl.InputError, match="folds"):
        classifier_ratio(x, x, folds=1)
