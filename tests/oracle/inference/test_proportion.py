"""Clopper-Pearson against scipy, and against its own definition in mpmath."""

import math

import mpmath
import pytest
from scipy import stats

from kullback.inference import proportion_interval


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.9999])
@pytest.mark.parametrize(
    ("count", "total"), [(0, 1), (1, 1), (0, 50), (50, 50), (1, 50), (7, 50), (499, 1000), (3, 10**5)]
)
def test_is_that_of_scipy(count, total, confidence):
    # scipy finds its bounds with a root finder whose step is 2e-12.
    scipys = stats.binomtest(count, total).proportion_ci(confidence, method="exact")
    assert proportion_interval(count, total, confidence=confidence) == pytest.approx(tuple(scipys), abs=1e-11)


def _at_least(count, total, share):
    with mpmath.workdps(40):
        below = (
            math.comb(total, k) * mpmath.mpf(share) ** k * (1 - mpmath.mpf(share)) ** (total - k) for k in range(count)
        )
        return float(1 - mpmath.fsum(below))


@pytest.mark.parametrize("total", [10, 10**4, 10**6])
@pytest.mark.parametrize("count", [1, 3, 9])
def test_each_bound_leaves_its_tail(count, total):
    low, high = proportion_interval(count, total, confidence=0.95)
    assert _at_least(count, total, low) == pytest.approx(0.025, rel=1e-10)
    assert 1 - _at_least(count + 1, total, high) == pytest.approx(0.025, rel=1e-10)
