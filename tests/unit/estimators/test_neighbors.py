import math

import numpy as np
import pytest
from scipy import special, stats
from scipy.spatial import cKDTree

import kullback as kl
from kullback.estimators import adaptive_neighbors, neighbors, whitened_neighbors


def textbook(x, y, k):
    """Wang, Kulkarni and Verdú (2009), equation 5, as it is printed."""
    n, d = x.shape
    own = cKDTree(x).query(x, k + 1)[0][:, -1]
    across = cKDTree(y).query(x, [k])[0][:, -1]
    return d / n * np.log(across / own).sum() + math.log(len(y) / (n - 1))


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("k", [1, 5])
def test_is_the_published_formula_for_equal_sizes(d, k):
    rng = np.random.default_rng(d)
    x, y = rng.normal(size=(300, d)), rng.normal(0.5, 1, size=(300, d))
    found = neighbors(x, y, k=k, standardize=False)
    assert found.value == pytest.approx(textbook(x, y, k), rel=1e-11)
    assert found.log_ratios.mean() == pytest.approx(found.value, rel=1e-11)


def test_one_ball_is_the_published_formula():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 2)), rng.normal(size=(250, 2))
    scale = np.concatenate([x, y])
    x, y = x / scale.std(0), y / scale.std(0)
    radius = np.maximum(cKDTree(x).query(x, 6)[0][:, -1], cKDTree(y).query(x, 5)[0][:, -1]) * (1 + 1e-10)
    in_x = [len(cKDTree(x).query_ball_point(row, r)) - 1 for row, r in zip(x, radius, strict=True)]
    in_y = [len(cKDTree(y).query_ball_point(row, r)) for row, r in zip(x, radius, strict=True)]
    wanted = np.mean(special.digamma(in_x) - special.digamma(in_y)) + math.log(250 / 199)
    assert adaptive_neighbors(x, y).value == pytest.approx(wanted, rel=1e-9)


def test_whole_weights_are_repeats():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=200), rng.normal(size=300)
    times = rng.integers(1, 4, 200)
    weighted, repeated = neighbors(x, y, weights=(times, None)), neighbors(np.repeat(x, times), y)
    assert "repeat" in " ".join(repeated.notes)
    # The same distances; only the number of neighbors follows the rows that came.
    assert weighted.value == pytest.approx(repeated.value, abs=0.05)


def test_weights_undo_a_biased_draw():
    # y drawn too often on the right, with weights that put it right: D = 0.
    rng = np.random.default_rng(2)
    x, z = rng.normal(size=4000), rng.normal(size=12000)
    y = z[rng.random(12000) < special.expit(z)]
    assert neighbors(x, y).interval[0] > 0.05
    low, high = neighbors(x, y, weights=(None, 1.0 / special.expit(y))).interval
    assert low < 0 < high


def test_identical_arrays_differ_by_nothing():
    x = np.random.default_rng(0).normal(size=(500, 2))
    found = neighbors(x, x.copy())
    assert found.value == pytest.approx(0.0, abs=1e-12)
    assert "copied or memorized" in " ".join(found.notes)


@pytest.mark.parametrize("name", ["normal", "exponential", "uniform", "standard_cauchy"])
def test_equal_laws_are_rarely_called_different(name):
    rng = np.random.default_rng(5)
    lows = [neighbors(*(getattr(rng, name)(size=200) for _ in "xy")).interval[0] for _ in range(200)]
    # At 2.5 % more than 14 of 200 have a chance of .0005.
    assert sum(low > 0 for low in lows) <= 14


@pytest.mark.parametrize("n", [100, 1000])
@pytest.mark.parametrize("case", ["normal", "exponential", "uniform", "cauchy"])
def test_interval_covers_on_the_line(n, case):
    rng = np.random.default_rng(11)
    draw, truth = {
        "normal": (lambda: (rng.normal(size=n), rng.normal(1, 2, n)), 0.5 * (1 / 4 + 1 / 4 - 1) + math.log(2)),
        "exponential": (lambda: (rng.exponential(1, n), rng.exponential(2, n)), math.log(2) - 0.5),
        "uniform": (lambda: (rng.random(n), 2 * rng.random(n)), math.log(2)),
        "cauchy": (lambda: (rng.standard_cauchy(n), 1 + 2 * rng.standard_cauchy(n)), math.log(10 / 8)),
    }[case]
    held = sum(low <= truth <= high for low, high in (neighbors(*draw()).interval for _ in range(150)))
    # At 90 % fewer than 121 of 150 have a chance of .0005.
    assert held >= 121


def test_x_beyond_y_leaves_the_upper_end_open():
    rng = np.random.default_rng(0)
    found = neighbors(rng.normal(1, 2, 1000), rng.normal(0, 1, 1000))
    assert found.interval[1] == math.inf
    assert not found.reliable
    assert found.interval[0] < 1.3069


def ar(d, r):
    return np.linalg.cholesky(r ** np.abs(np.subtract.outer(np.arange(d), np.arange(d))))


def errors(truth, draw, repeats, method=whitened_neighbors):
    return np.array([method(*draw()).value - truth for _ in range(repeats)])


@pytest.mark.parametrize(("d", "goal"), [(5, 0.20), (10, 0.55)])
def test_correlated_normals(d, goal):
    rng = np.random.default_rng(d)
    truth = -0.5 * (d - 1) * math.log(1 - 0.81)
    found = errors(truth, lambda: (rng.normal(size=(1000, d)) @ ar(d, 0.9).T, rng.normal(size=(1000, d))), 8)
    assert math.sqrt((found**2).mean()) < goal


def test_nested_boxes_are_counted_exactly():
    rng = np.random.default_rng(0)
    found = errors(5 * math.log(1.2), lambda: (rng.random((1000, 5)), 1.2 * rng.random((1000, 5))), 8)
    assert math.sqrt((found**2).mean()) < 0.15


def test_heavy_tails_do_not_break_the_control_variate():
    # Multivariate Cauchy laws, one center moved: the divergence by 400,000 draws of its own integrand.
    rng = np.random.default_rng(0)

    def draw(n, center):
        return center + rng.normal(size=(n, 3)) / np.abs(rng.normal(size=(n, 1)))

    def log_density(z, center):
        return -2.0 * np.log1p(((z - center) ** 2).sum(1))

    z = draw(400_000, 0.0)
    truth = float((log_density(z, 0.0) - log_density(z, 1.0)).mean())
    found = errors(truth, lambda: (draw(1000, 0.0), draw(1000, 1.0)), 8)
    assert math.sqrt((found**2).mean()) < 0.25


def test_turning_and_scaling_columns_changes_nothing():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(400, 3)), rng.normal(0.3, 1.2, size=(400, 3))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0] * [1e6, 1.0, 1e-4]
    plain, turned = (whitened_neighbors(a, b, rng=1) for a, b in ((x, y), (x @ turn + 5.0, y @ turn + 5.0)))
    assert turned.value == pytest.approx(plain.value, abs=3 * plain.stderr)
    assert neighbors(x * [1e6, 1, 1e-4], y * [1e6, 1, 1e-4]).value == pytest.approx(neighbors(x, y).value, rel=1e-9)


def test_few_rows_get_fewer_neighbors():
    found = neighbors([0.0, 1.0, 2.5], [0.2, 1.4])
    assert math.isfinite(found.value)
    assert "neighbors in x" in found.notes[0]


def test_a_single_distinct_row_has_no_density():
    with pytest.raises(kl.InputError, match="one distinct row"):
        neighbors(np.ones(20), np.random.default_rng(0).normal(size=20))


def test_one_value_everywhere():
    found = neighbors(np.ones(20), np.ones(30))
    assert (found.value, found.interval) == (0.0, (0.0, math.inf))


def test_weights_of_the_one_ball_method_are_refused():
    with pytest.raises(kl.InputError, match="takes no weights"):
        adaptive_neighbors(np.arange(5.0), np.arange(6.0), weights=(np.arange(5.0), None))


def test_heavier_tails_leave_the_upper_end_open():
    rng = np.random.default_rng(12)
    truth = float(kl.divergence(stats.t(3, scale=1 / math.sqrt(3)), stats.norm()))
    found = [kl.estimate(rng.standard_t(3, 1000) / math.sqrt(3), rng.normal(size=1000)) for _ in range(40)]
    assert np.mean([one.reliable for one in found]) < 0.4
    # At 90 % fewer than 31 of 40 have a chance of .02.
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in found) >= 31


@pytest.mark.parametrize(
    "laws", [(stats.laplace(scale=0.5**0.5), stats.norm()), (stats.norm(), stats.laplace(scale=0.5**0.5))]
)
def test_few_rows_that_pass_as_gaussian(laws):
    rng = np.random.default_rng(13)
    truth = float(kl.divergence(*laws))
    found = [kl.estimate(*(law.rvs(100, random_state=rng) for law in laws)) for _ in range(40)]
    # At 88 % fewer than 30 of 40 have a chance of .01; means and covariances alone reach 72 %.
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in found) >= 30
