import math

import numpy as np
import pytest
from scipy import stats

import kullback as kl
from kullback.estimators import kozachenko_leonenko

LAWS = {
    "normal": (lambda rng, n: rng.normal(2, 3, n), float(stats.norm(2, 3).entropy())),
    "uniform": (lambda rng, n: rng.random(n) * 1e-6, float(stats.uniform(0, 1e-6).entropy())),
    "exponential": (lambda rng, n: rng.exponential(5, n), float(stats.expon(scale=5).entropy())),
    "cauchy": (lambda rng, n: rng.standard_cauchy(n), float(stats.cauchy().entropy())),
    "plane": (lambda rng, n: rng.normal(size=(n, 2)) * [1.0, 10.0], float(stats.norm.entropy() * 2 + math.log(10))),
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("n", [100, 1000])
def test_intervals_hold_the_entropy(name, n):
    draw, truth = LAWS[name]
    rng = np.random.default_rng(0)
    found = [kl.estimate_entropy(draw(rng, n)) for _ in range(40)]
    # At 90 % fewer than 29 of 40 have a chance of .001.
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in found) >= 29
    assert np.mean([one.value for one in found]) == pytest.approx(truth, abs=0.05 if n > 100 else 0.15)


def test_many_dimensions():
    rng = np.random.default_rng(1)
    root = np.linalg.cholesky(0.9 ** np.abs(np.subtract.outer(np.arange(5), np.arange(5))))
    truth = 5 * float(stats.norm.entropy()) + float(np.log(np.diag(root)).sum())
    found = [kozachenko_leonenko(rng.normal(size=(1000, 5)) @ root.T).value for _ in range(5)]
    assert np.mean(found) == pytest.approx(truth, abs=0.1)


def test_labels_and_counts():
    rng = np.random.default_rng(2)
    shares = [0.5, 0.3, 0.2]
    sample = rng.choice(list("abc"), 3000, p=shares)
    found = kl.estimate_entropy(sample)
    assert found.interval[0] < float(kl.entropy(shares)) < found.interval[1]
    labels, counts = np.unique(sample, return_counts=True)
    counted = kl.estimate_entropy(dict(zip(labels.tolist(), counts.tolist(), strict=True)))
    assert counted.value == pytest.approx(found.value)


def test_scale_adds_its_logarithm():
    x = np.random.default_rng(3).gamma(2.0, size=400)
    assert kl.estimate_entropy(1e6 * x).value == pytest.approx(kl.estimate_entropy(x).value + math.log(1e6), abs=1e-6)


@pytest.mark.parametrize(
    ("x", "words"), [([], "rows"), ([np.nan, 1.0], "nan_policy"), ([1.0, np.inf], "infinite|finite")]
)
def test_bad_samples(x, words):
    with pytest.raises(kl.InputError, match=words):
        kl.estimate_entropy(x)
