"""The divergence of tables counted by unit: against the formulas of surveys, scipy's laws, and simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from kullback.estimators._divergence_law import DivergenceLaw
from kullback.inference import DivergenceInterval, clustered_divergence, divergence_interval


def _apart(p, q):
    """Two tables of different units, as one list of units."""
    return np.vstack([p, np.zeros_like(q)]).astype(float), np.vstack([np.zeros_like(p), q]).astype(float)


def _units(rng, shares, units, correlation, rows):
    """Counts of units whose rows are alike: Dirichlet-multinomial with the given intra-unit correlation."""
    if correlation == 0:
        return rng.multinomial(rows, shares, units)
    if correlation == 1:
        return rows * np.eye(len(shares))[rng.choice(len(shares), units, p=shares)]
    own = rng.dirichlet(shares * (1 - correlation) / correlation, units)
    return np.array([rng.multinomial(rows, law / law.sum()) for law in own])


def _tilted(cells, divergence):
    """Even shares and a law with D(p‖q) = divergence, in nats."""
    slope = np.linspace(-1, 1, cells)
    low, high = 0.0, 60.0
    for _ in range(100):
        by = (low + high) / 2
        p = np.exp(by * slope) / np.exp(by * slope).sum()
        low, high = (by, high) if p @ np.log(p * cells) < divergence else (low, by)
    return p if divergence else np.full(cells, 1 / cells)


# --- the law ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [1, 2.5, 7, 30])
@pytest.mark.parametrize("scale_degrees", [4, 9.5, 18, 200])
@pytest.mark.parametrize("probability", [0.001, 0.025, 0.5, 0.975, 0.999])
def test_the_law_at_zero_is_fisher(degrees, scale_degrees, probability):
    law = DivergenceLaw(degrees, scale_degrees)
    quantile = degrees * stats.f.ppf(probability, degrees, scale_degrees)
    assert law.quantile(0.0, probability) == pytest.approx(quantile, rel=1e-9)
    assert law.tail(quantile, 0.0) == pytest.approx(1 - probability, rel=1e-8)


@pytest.mark.parametrize("scale_degrees", [4, 9, 18, 60])
@pytest.mark.parametrize("probability", [0.025, 0.2, 0.8, 0.975])
def test_the_law_far_from_zero_is_student(scale_degrees, probability):
    # (sqrt(T) - sqrt(noncentrality)) follows Student's law where both are large.
    center = 1e6
    root = math.sqrt(DivergenceLaw(1, scale_degrees).quantile(center, probability)) - math.sqrt(center)
    assert root == pytest.approx(stats.t.ppf(probability, scale_degrees), rel=2e-3)


@pytest.mark.parametrize(("degrees", "scale_degrees"), [(1, 5), (3, 18), (15, 60), (2.5, 9)])
@pytest.mark.parametrize("center", [0.5, 10.0, 400.0])
def test_the_law_between_is_the_mixture(degrees, scale_degrees, center):
    rng = np.random.default_rng(3)
    squares = rng.chisquare(scale_degrees, 200_000) / scale_degrees
    drawn = stats.ncx2.rvs(degrees, center * squares, random_state=rng) / squares
    for probability in (0.05, 0.5, 0.95):
        quantile = np.quantile(drawn, probability)
        # Four standard errors of 200,000 draws.
        error = 4 * math.sqrt(probability * (1 - probability) / 200_000)
        assert 1 - DivergenceLaw(degrees, scale_degrees).tail(quantile, center) == pytest.approx(probability, abs=error)


@pytest.mark.parametrize("degrees", [1, 7.3])
@pytest.mark.parametrize("scale_degrees", [3, 18, 500])
@pytest.mark.parametrize("statistic", [12.0, 300.0, 5e4])
def test_noncentrality_inverts_the_law(degrees, scale_degrees, statistic):
    law = DivergenceLaw(degrees, scale_degrees)
    for probability in (0.025, 0.2, 0.9):
        center = law.noncentrality(statistic, probability)
        if center:
            assert law.quantile(center, probability) == pytest.approx(statistic, rel=1e-6)


def test_many_degrees_are_a_known_scale():
    known, many = (DivergenceInterval(0.05, 9, 500.0, 1.0, degrees) for degrees in (math.inf, 999.0))
    assert known.bounds(0.95) == pytest.approx(many.bounds(0.95), rel=5e-3)
    assert known.p_value(0.02) == pytest.approx(many.p_value(0.02), rel=4e-2)
    assert known.detectable(0.02, alpha=0.05) == pytest.approx(many.detectable(0.02, alpha=0.05), rel=5e-3)


# --- the figure ------------------------------------------------------------------------------------------------------


def test_units_of_one_row_are_rows():
    rng = np.random.default_rng(4)
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.3, 0.3, 0.4])
    by_unit = _apart(*(np.eye(3)[rng.choice(3, 4000, p=law)] for law in (p, q)))
    clustered = clustered_divergence(*by_unit)
    rows = divergence_interval(*(side.sum(axis=0) for side in by_unit))
    assert clustered.interval.debiased == pytest.approx(rows.debiased, abs=2e-6)
    assert clustered.interval.bounds(0.95) == pytest.approx(rows.bounds(0.95), rel=2e-2)
    assert clustered.design_effect == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("correlation", [0, 0.05, 0.3, 1])
@pytest.mark.parametrize("rows", [2, 20])
def test_design_effect_is_that_of_surveys(correlation, rows):
    # 1 + (rows per unit - 1) * intra-unit correlation (Kish 1965), here for a Dirichlet-multinomial law.
    rng = np.random.default_rng(5)
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    effects = [
        clustered_divergence(*_apart(*(_units(rng, shares, 100, correlation, rows) for _ in range(2)))).design_effect
        for _ in range(200)
    ]
    expected = 1 + (rows - 1) * correlation
    assert np.mean(effects) == pytest.approx(expected, rel=0.02 + 4 * np.std(effects) / expected / math.sqrt(200))


def test_what_units_repeat_cancels():
    # The same units on both sides, each unlike the others: compared with themselves they show a small change.
    rng = np.random.default_rng(6)
    own = rng.dirichlet([0.3, 0.3, 0.3], 60)
    p, q = (np.array([rng.multinomial(200, law) for law in own]).astype(float) for _ in range(2))
    paired, apart = clustered_divergence(p, q), clustered_divergence(*_apart(p, q))
    # Rows of a unit are drawn from its own narrow law, so they spread even less than independent rows would.
    assert paired.design_effect < 1
    assert apart.design_effect > 20
    assert paired.interval.bounds(0.95)[1] < apart.interval.bounds(0.95)[1] / 10


def test_a_dominant_unit_leaves_few_degrees():
    rng = np.random.default_rng(7)
    p, q = (_units(rng, np.full(3, 1 / 3), 30, 0.2, 20).astype(float) for _ in range(2))
    even = clustered_divergence(*_apart(p, q)).interval.scale_degrees
    p[0] *= 200
    uneven = clustered_divergence(*_apart(p, q)).interval.scale_degrees
    assert even == pytest.approx(58)
    assert uneven < 2


def test_units_all_alike_leave_nothing_to_chance():
    found = clustered_divergence(*_apart(np.tile([5, 5, 10], (8, 1)), np.tile([5, 5, 10], (9, 1))))
    assert found.design_effect == 0
    assert found.interval.bounds(0.95) == pytest.approx((0, 0), abs=1e-5)
    other = clustered_divergence(*_apart(np.tile([5, 10, 5], (8, 1)), np.tile([5, 5, 10], (9, 1)))).interval
    assert other.bounds(0.95) == pytest.approx((other.debiased, other.debiased), rel=1e-2)
    assert other.p_value(0.02) < 1e-6


@pytest.mark.parametrize("units", [10, 30, 100])
@pytest.mark.parametrize("correlation", [0, 0.1, 0.5])
@pytest.mark.parametrize("divergence", [0, 0.05, 0.3])
def test_coverage(units, correlation, divergence):
    # 400 runs of 40 rows a unit: three standard errors below .95 are .917. At D = 0 nothing lies below, so more cover.
    rng = np.random.default_rng([units, int(100 * correlation), int(100 * divergence)])
    p = _tilted(4, divergence)
    covered = []
    for _ in range(400):
        sides = [_units(rng, law, units, correlation, 40) for law in (p, np.full(4, 0.25))]
        low, high = clustered_divergence(*_apart(*sides)).interval.bounds(0.95)
        covered.append(low <= divergence <= high)
    assert np.mean(covered) >= 0.917


@pytest.mark.parametrize("units", [10, 30])
@pytest.mark.parametrize("correlation", [0, 0.1, 0.5])
def test_false_alarms(units, correlation):
    # 1,500 runs: three standard errors above .05 are .067. Rows taken as independent alarm on nearly all at .5.
    rng = np.random.default_rng([units, int(100 * correlation)])
    even, alarms, by_rows = np.full(4, 0.25), [], []
    for _ in range(1500):
        sides = _apart(*(_units(rng, even, units, correlation, 40) for _ in range(2)))
        alarms.append(clustered_divergence(*sides).interval.p_value(0.0) <= 0.05)
        by_rows.append(divergence_interval(*(side.sum(axis=0) for side in sides)).p_value(0.0) <= 0.05)
    assert np.mean(alarms) <= 0.067
    if correlation == 0.5:
        assert np.mean(by_rows) > 0.8


def test_detectable_is_found_as_often_as_said():
    rng = np.random.default_rng(8)
    even = np.full(3, 1 / 3)
    typical = [
        clustered_divergence(*_apart(*(_units(rng, even, 40, 0.1, 30) for _ in range(2)))).interval.detectable(
            0.0, alpha=0.05
        )
        for _ in range(40)
    ]
    p = _tilted(3, float(np.median(typical)))
    found = [
        clustered_divergence(*_apart(_units(rng, p, 40, 0.1, 30), _units(rng, even, 40, 0.1, 30))).interval.p_value(0.0)
        <= 0.05
        for _ in range(1000)
    ]
    # The scale is matched at the figure, so what is typical under D = 0 is met within .1.
    assert np.mean(found) == pytest.approx(0.8, abs=0.1)
