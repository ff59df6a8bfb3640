"""k-hat of importance weights, against laws whose tails have a known shape."""

import numpy as np
import pytest
from scipy import stats

from kullback import InputError
from kullback.fitting.projections import khat, khat_limit


@pytest.mark.parametrize("shape", [0.1, 0.3, 0.5, 0.7, 1.0])
def test_shape_of_generalized_pareto_weights(shape):
    # Standard error of a shape from 424 exceedances is (1 + k)/√424; the mean of 40 is within 4 of its own errors,
    # and the pull toward ½ moves it by 0.01 at most: one false alarm in 15,000 for each shape.
    rng = np.random.default_rng(7)
    found = [khat(np.log(stats.genpareto(shape).rvs(20_000, random_state=rng))) for _ in range(40)]
    assert np.mean(found) == pytest.approx(shape, abs=4 * (1 + shape) / np.sqrt(424 * 40) + 0.012)


def test_exponential_weights_of_normal_laws():
    # q narrower than p in the tails: log p/q = z²/4 for p = N(0, 2) against q = N(0, 1), whose weights have k = ½.
    z = np.random.default_rng(3).normal(size=40_000)
    assert khat(0.25 * z**2) == pytest.approx(0.5, abs=0.15)


def test_unit_and_order_do_not_matter():
    logs = np.random.default_rng(5).normal(size=2000)
    assert khat(logs + 700.0) == pytest.approx(khat(logs[::-1]), rel=1e-9)


def test_equal_weights_have_no_tail():
    assert khat(np.zeros(1000)) == -np.inf


def test_limit_of_small_samples():
    assert khat_limit(100) == pytest.approx(0.5)
    assert khat_limit(100_000) == 0.7


@pytest.mark.parametrize("wrong", [np.zeros(50), np.zeros((200, 2)), np.full(200, np.nan), np.full(200, -np.inf)])
def test_wrong_weights_are_refused(wrong):
    with pytest.raises(InputError, match="log_weights"):
        khat(wrong)
