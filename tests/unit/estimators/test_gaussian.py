import math

import numpy as np
import pytest

import kullback as kl
from kullback.estimators import gaussian
from kullback.estimators._gaussian_fit import (
    Moments,
    divergence_spread,
    gaussian_divergence,
    looks_gaussian,
    moments,
    shrunk_to,
    simulated_divergences,
    unbiased_divergence,
)


def laws(d):
    rng = np.random.default_rng(d)
    spread = [np.eye(d) + 0.3 * (a @ a.T) for a in rng.normal(size=(2, d, d))]
    return [Moments(rng.normal(size=d), one, size) for one, size in zip(spread, (60.0, 80.0), strict=True)]


@pytest.mark.parametrize("d", [1, 4])
def test_formula_is_that_of_the_exact_verb(d):
    p, q = laws(d)
    exact = kl.divergence(
        *(kl.families.MultivariateNormal(one.mean, covariance_matrix=one.covariance) for one in (p, q))
    )
    assert gaussian_divergence(p, q) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize("d", [1, 5, 15])
def test_without_bias_and_with_the_right_spread(d):
    p, q = laws(d)
    drawn = simulated_divergences(p, q, 4000, np.random.default_rng(0))[:, 0]
    # Five standard errors of the simulation; fails by chance once in two million runs.
    assert abs(drawn.mean() - gaussian_divergence(p, q)) < 5 * drawn.std() / math.sqrt(4000)
    assert divergence_spread(p, q) == pytest.approx(drawn.std(), rel=0.25)


def test_moments_of_simulated_samples_are_those_of_drawn_rows():
    p, q = laws(3)
    rng = np.random.default_rng(2)
    drawn = [unbiased_divergence(*(moments(law.draw(int(law.size), rng), None) for law in (p, q))) for _ in range(2000)]
    simulated = simulated_divergences(p, q, 2000, rng)[:, 0]
    assert np.mean(drawn) == pytest.approx(simulated.mean(), abs=5 * np.std(drawn) / math.sqrt(1000))
    assert np.std(drawn) == pytest.approx(simulated.std(), rel=0.15)


def test_shrunk_gaussians_are_as_far_apart_as_asked():
    p, q = laws(4)
    left, right, found = shrunk_to(p, q, 0.3)
    assert found == pytest.approx(0.3, rel=1e-9)
    assert gaussian_divergence(left, right) == pytest.approx(0.3, rel=1e-9)
    assert shrunk_to(p, q, -1.0)[2] == pytest.approx(0.0, abs=1e-9)


def test_equal_weights_and_whole_weights_are_rows():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 2)), rng.normal(size=(200, 2))
    assert gaussian(x, y, weights=(np.full(300, 2.0), None)).value == gaussian(x, y).value
    half = np.where(np.arange(300) < 150, 1.0, 0.0)
    assert gaussian(x, y, weights=(half, None)).value == pytest.approx(gaussian(x[:150], y).value, rel=1e-12)


@pytest.mark.parametrize(
    ("law", "is_gaussian"), [("normal", True), ("laplace", False), ("uniform", False), ("exponential", False)]
)
@pytest.mark.parametrize("d", [1, 5, 20])
def test_mardia_tells_gaussians_from_others(law, is_gaussian, d):
    rng = np.random.default_rng(7)
    refused = []
    for _ in range(40):
        points = getattr(rng, law)(size=(500, d))
        refused.append(not looks_gaussian(points, moments(points, None)))
    # Two tests at 1 %: of 40 Gaussian samples more than 5 are refused with a chance of .0002.
    assert (sum(refused) <= 5) if is_gaussian else (sum(refused) >= 35)


def test_others_are_not_reliable():
    rng = np.random.default_rng(0)
    assert not gaussian(rng.exponential(size=500), rng.normal(size=500)).reliable


def test_too_few_rows_and_dependent_columns_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(kl.InputError, match="10 dimensions"):
        gaussian(rng.normal(size=(9, 10)), rng.normal(size=(50, 10)))
    x = rng.normal(size=(50, 2))
    with pytest.raises(kl.InputError, match="no inverse"):
        gaussian(np.c_[x, x.sum(axis=1)], rng.normal(size=(50, 3)))


@pytest.mark.parametrize("n", [100, 1000])
def test_interval_covers(n):
    rng = np.random.default_rng(3)
    held = []
    for _ in range(120):
        low, high = gaussian(rng.normal(size=(n, 2)), rng.normal(0.3, 1.3, size=(n, 2))).interval
        held.append(low <= 2 * (math.log(1.3) + (1 + 0.09) / (2 * 1.69) - 0.5) <= high)
    # At 95 % fewer than 105 of 120 have a chance of .001.
    assert sum(held) >= 105
