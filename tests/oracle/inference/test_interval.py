"""The law under the interval against scipy's noncentral chi-squared, and the interval in simulation."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from kullback.estimators._divergence_law import DivergenceLaw
from kullback.inference import DivergenceInterval, divergence_interval, plugin

DEGREES = [1, 3, 7, 15, 63]
NONCENTRALITIES = [0.0, 0.5, 5.0, 50.0, 500.0, 5000.0]
PROBABILITIES = [0.001, 0.025, 0.2, 0.5, 0.8, 0.975, 0.999]


def _law(degrees, noncentrality):
    return stats.ncx2(degrees, noncentrality) if noncentrality else stats.chi2(degrees)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("noncentrality", NONCENTRALITIES)
@pytest.mark.parametrize("probability", PROBABILITIES)
def test_law_is_that_of_scipy(degrees, noncentrality, probability):
    quantile = _law(degrees, noncentrality).ppf(probability)
    assert DivergenceLaw(degrees).quantile(noncentrality, probability) == pytest.approx(quantile, rel=1e-10)
    assert DivergenceLaw(degrees).tail(quantile, noncentrality) == pytest.approx(1 - probability, rel=1e-10)
    assert DivergenceLaw(degrees).noncentrality(quantile, probability) == pytest.approx(
        noncentrality, rel=1e-9, abs=1e-9
    )


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("noncentrality", [1.1e4, 2e4, 1e6])
@pytest.mark.parametrize("probability", PROBABILITIES)
def test_normal_branch_is_near_scipy(degrees, noncentrality, probability):
    quantile = _law(degrees, noncentrality).ppf(probability)
    assert DivergenceLaw(degrees).quantile(noncentrality, probability) == pytest.approx(quantile, rel=1e-3)
    assert DivergenceLaw(degrees).noncentrality(quantile, probability) == pytest.approx(noncentrality, rel=1e-3)
    assert DivergenceLaw(degrees).tail(quantile, noncentrality) == pytest.approx(1 - probability, abs=1e-3)


@pytest.mark.parametrize("noncentrality", [0.0, 100.0, 1e4])
def test_law_of_many_cells(noncentrality):
    quantile = _law(12_000, noncentrality).ppf(0.9)
    assert DivergenceLaw(12_000).tail(quantile, noncentrality) == pytest.approx(0.1, abs=1e-3)
    assert DivergenceLaw(12_000).noncentrality(quantile, 0.9) == pytest.approx(noncentrality, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("degrees", [1, 7, 19])
@pytest.mark.parametrize("noncentrality", [9e3, 1.1e4])
def test_branches_agree(degrees, noncentrality, monkeypatch):
    found = DivergenceInterval(noncentrality / 2e5, degrees, 1e5, 1.0)
    answers = []
    for large in (1.0, 1e9):
        monkeypatch.setattr("kullback.estimators._divergence_law._LARGE", large)
        answers.append([*found.bounds(0.95), found.detectable(0.05, alpha=0.05), found.p_value(found.bounds(0.8)[0])])
    assert answers[0] == pytest.approx(answers[1], rel=1e-3)


def _pair(cells, divergence):
    """Even cells and their tilt along a line whose D(p‖q) is `divergence`."""
    q, slope = np.full(cells, 1 / cells), np.linspace(-1, 1, cells)

    def tilted(by):
        weights = np.exp(by * slope)
        return weights / weights.sum()

    def gap(by):
        return float(tilted(by) @ np.log(tilted(by) / q)) - divergence

    return (tilted(optimize.brentq(gap, 0, 60)) if divergence else q), q


def _intervals(cells, divergence, runs, *, rows=1000, seed=60):
    rng = np.random.default_rng(seed)
    p, q = _pair(cells, divergence)
    return [
        divergence_interval(a, b)
        for a, b in zip(rng.multinomial(rows, p, runs), rng.multinomial(rows, q, runs), strict=True)
    ]


def _coverage(cells, divergence, runs):
    bounds = np.array([found.bounds(0.95) for found in _intervals(cells, divergence, runs)])
    return float(((bounds[:, 0] <= divergence) & (divergence <= bounds[:, 1])).mean())


CELLS, TRUTHS = [2, 8, 16, 20], [0, 0.02, 0.1, 0.5]


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("divergence", TRUTHS)
def test_coverage(cells, divergence):
    # 800 runs: the standard error is .005 at .98 and .009 at .93.
    assert 0.92 <= _coverage(cells, divergence, 800) <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("divergence", TRUTHS)
def test_coverage_with_many_runs(cells, divergence):
    # 20,000 runs: the standard error is at most .002.
    assert 0.92 <= _coverage(cells, divergence, 20_000) <= 0.985


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("divergence", TRUTHS)
def test_hardly_any_bias(cells, divergence):
    # Nearly unbiased: within 3 % of the truth, and four standard errors of the mean of 800 runs.
    found = np.array([one.debiased for one in _intervals(cells, divergence, 800)])
    assert abs(found.mean() - divergence) <= 0.03 * divergence + 4 * found.std() / math.sqrt(800)


@pytest.mark.parametrize("cells", CELLS)
def test_bias_of_the_plugin_is_gone_where_nothing_changed(cells):
    # The plug-in is (K - 1)(1/2n + 1/2m) too large on average; a tenth of that may stay, and four standard errors.
    found = np.array([one.debiased for one in _intervals(cells, 0, 4000, seed=61)])
    assert abs(found.mean()) <= 0.1 * (cells - 1) / 1000 + 4 * found.std() / math.sqrt(4000)


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("margin", [0.01, 0.05, 0.1])
def test_few_false_alarms_at_the_margin(cells, margin):
    # 1,500 runs: three standard errors above .05 are .067.
    found = np.mean([one.p_value(margin) <= 0.05 for one in _intervals(cells, margin, 1500, seed=62)])
    assert found <= 0.067


@pytest.mark.parametrize("cells", [2, 8, 16])
@pytest.mark.parametrize("margin", [0, 0.01, 0.05])
def test_power_at_what_is_detectable(cells, margin):
    # 2,000 runs: the standard error is .009; the scaled law is exact only at D = 0, so .05 are left to it.
    p, q = _pair(cells, margin)
    least = divergence_interval(np.rint(1000 * p), np.rint(1000 * q)).detectable(margin, alpha=0.05)
    found = np.mean([one.p_value(margin) <= 0.05 for one in _intervals(cells, least, 2000, seed=63)])
    assert found == pytest.approx(0.8, abs=0.05 + 3 * 0.009)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("margin", [0, 0.01])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.99])
def test_detectable_by_the_law(degrees, margin, power):
    one = DivergenceInterval(0.02, degrees, 500.0, 1.0)
    least = one.detectable(margin, alpha=0.05, power=power)
    critical = _law(degrees, 1000 * margin).isf(0.05)
    assert stats.ncx2.sf(critical, degrees, 1000 * least) == pytest.approx(power, rel=1e-8)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("debiased", [0.02, 0.2])
def test_bounds_by_the_law(degrees, debiased):
    low, high = DivergenceInterval(debiased, degrees, 500.0, 1.0).bounds(0.9)
    statistic = 1000 * debiased + degrees
    assert low == 0 or stats.ncx2.sf(statistic, degrees, 1000 * low) == pytest.approx(0.05, rel=1e-8)
    assert stats.ncx2.cdf(statistic, degrees, 1000 * high) == pytest.approx(0.05, rel=1e-8)


def test_duality_of_bound_and_p_value():
    one = divergence_interval(np.array([300, 500, 200]), np.array([400, 400, 200]))
    assert one.p_value(one.bounds(0.95)[0]) == pytest.approx(0.025, rel=1e-8)


@pytest.mark.parametrize("rows", [10**9, 10**12])
def test_many_rows_follow_the_delta_method(rows):
    p, q = np.array([3, 3, 4]), np.array([2, 5, 3])
    one = divergence_interval(rows * p, rows * q)
    ratio, share = p / q, p / 10
    sd = math.sqrt((share @ np.log(ratio) ** 2 - plugin(p, q) ** 2 + share @ ratio - 1) / (10 * rows))
    low, high = one.bounds(0.95)
    assert low < plugin(p, q) < high
    assert high - low == pytest.approx(2 * stats.norm.ppf(0.975) * sd, rel=1e-3)
    assert one.debiased == pytest.approx(plugin(p, q), rel=1e-8)


@pytest.mark.parametrize("rows", [10**6, 10**9, 10**12])
def test_many_equal_rows(rows):
    one = divergence_interval(np.full(16, rows), np.full(16, rows))
    low, high = one.bounds(0.95)
    assert low == 0
    # The floor takes the statistic to its median at D = 0: the bound solves P(X <= median) = .025.
    assert stats.ncx2.cdf(stats.chi2.median(15), 15, 2 * one.effective * high) == pytest.approx(0.025, rel=1e-8)
    assert 0 < one.detectable(0, alpha=0.05) < 100 / rows


ONES = {
    "shifted": divergence_interval(np.array([300, 500, 200]), np.array([400, 400, 200])),
    "equal": divergence_interval(np.array([300, 500, 200]), np.array([300, 500, 200])),
    "apart": divergence_interval(np.array([1000, 0]), np.array([0, 1000])),
    "tiny": divergence_interval(np.array([1, 0, 2]), np.array([0, 1, 0])),
    "huge": divergence_interval(np.array([10**9, 2 * 10**9]), np.array([10**9 + 10**5, 2 * 10**9])),
    "uneven": divergence_interval(np.array([10, 20, 30]), np.array([10**6, 10**6, 10**6])),
    "weighted": divergence_interval(np.array([0.3, 20.5]), np.array([3.3, 15.2])),
}


@pytest.mark.parametrize("name", ONES)
def test_bounds_grow_with_confidence(name):
    bounds = np.array([ONES[name].bounds(confidence) for confidence in (0.5, 0.8, 0.9, 0.95, 0.99, 0.9999)])
    assert np.isfinite(bounds).all()
    assert (bounds[:, 0] >= 0).all()
    assert (np.diff(bounds[:, 0]) <= 0).all()
    assert (np.diff(bounds[:, 1]) > 0).all()


@pytest.mark.parametrize("name", ONES)
def test_p_value_grows_with_the_margin(name):
    found = [ONES[name].p_value(margin) for margin in (0, 1e-6, 1e-3, 0.01, 0.1, 1, 10)]
    assert (np.diff(found) >= 0).all()
    assert 0 <= min(found) <= max(found) <= 1


@pytest.mark.parametrize("name", ONES)
def test_detectable_lies_beyond_the_margin(name):
    found = np.array([[margin, ONES[name].detectable(margin, alpha=0.05)] for margin in (0, 1e-3, 0.01, 0.1)])
    assert (found[:, 1] > found[:, 0]).all()
    assert (np.diff(found[:, 1]) > 0).all()


@pytest.mark.parametrize("rows", [5, 10**9])
def test_one_cell_says_nothing(rows):
    one = divergence_interval(np.array([rows]), np.array([rows]))
    assert one.bounds(0.95) == (0, math.inf)
    assert one.p_value(0) == one.p_value(0.1) == 1
    assert one.detectable(0.1, alpha=0.05) == math.inf


def test_new_cell_stays_finite():
    one = divergence_interval(np.array([500, 500]), np.array([0, 1000]))
    assert math.isfinite(one.debiased)
    assert 0 < one.bounds(0.95)[0] < one.bounds(0.95)[1] < math.inf
