import math

import numpy as np
import pytest

import kullback as kl
from kullback.estimators import law_against_sample, sample_against_law

P, Q = kl.families.Gamma(2.0, 1.0), kl.families.LogNormal(0.4, 0.8)
EXACT = float(kl.divergence(P, Q))


@pytest.mark.parametrize("n", [100, 1000])
def test_sample_against_law_covers(n):
    rng = np.random.default_rng(0)
    found = [sample_against_law(rng.gamma(2.0, size=n), Q).interval for _ in range(60)]
    # At 90 % fewer than 45 of 60 have a chance of .0005.
    assert sum(low <= EXACT <= high for low, high in found) >= 45


def test_equal_laws_are_rarely_called_different():
    rng = np.random.default_rng(1)
    lows = [sample_against_law(rng.normal(size=200), kl.families.Normal(0, 1)).interval[0] for _ in range(60)]
    assert sum(low > 0 for low in lows) <= 8
    lows = [sample_against_law(rng.poisson(3, 200), kl.families.Poisson(3.0)).interval[0] for _ in range(60)]
    assert sum(low > 0 for low in lows) <= 8


def test_discrete_law():
    rng = np.random.default_rng(2)
    exact = float(kl.divergence(kl.families.Poisson(3.0), kl.families.Poisson(4.0)))
    low, high = sample_against_law(rng.poisson(3, 2000), kl.families.Poisson(4.0)).interval
    assert low < exact < high
    low, high = law_against_sample(kl.families.Poisson(3.0), rng.poisson(4, 2000)).interval
    assert low < exact < high


def test_law_against_sample():
    rng = np.random.default_rng(3)
    found = law_against_sample(P, rng.lognormal(0.4, 0.8, 3000))
    assert found.interval[0] < EXACT < found.interval[1]


def test_outside_of_the_support_it_is_infinite():
    found = sample_against_law(np.array([0.5, 1.0, -0.1, 2.0] * 10), kl.families.Exponential(1.0))
    assert found.value == math.inf
    assert found.notes
