"""Change points: false alarms, power and coverage by simulation, and the gain by enumeration."""

import math

import numpy as np
import pytest

from kullback.inference import change_point_p_value, change_points

SHARES = np.array([0.4, 0.3, 0.2, 0.1])


def sequence(rng, windows=40, *, change=None, to=None):
    """Windows whose shares differ by much more than independent rows would: Dirichlet with 60 rows' worth of spread."""
    rows = rng.integers(100, 400, windows)
    laws = [SHARES if change is None or place < change else to for place in range(windows)]
    return np.array([rng.multinomial(n, rng.dirichlet(60 * law)) for n, law in zip(rows, laws, strict=True)], float)


def test_exchangeable_windows_give_no_false_alarms():
    """The test is exact: 5 % of 300 sequences, give or take 3.3 standard errors of 1.26 %."""
    rng = np.random.default_rng(1)
    alarms = np.mean([change_point_p_value(sequence(rng), draws=99, rng=rng) <= 0.05 for _ in range(300)])
    assert alarms <= 0.05 + 3.3 * math.sqrt(0.05 * 0.95 / 300)


def test_independent_rows_would_have_alarmed_nearly_always():
    """The same windows, were rows taken as independent: the chi-squared test of homogeneity."""
    from scipy import stats  # noqa: PLC0415

    rng = np.random.default_rng(2)
    alarms = [stats.chi2_contingency(sequence(rng)).pvalue < 0.05 for _ in range(50)]
    assert np.mean(alarms) > 0.95


def test_a_planted_change_is_found_where_it_is():
    rng = np.random.default_rng(3)
    to = np.array([0.2, 0.3, 0.4, 0.1])
    covered, found = 0, 0
    for _ in range(60):
        place = int(rng.integers(8, 32))
        points = change_points(sequence(rng, change=place, to=to), level=0.05, draws=99, rng=rng)
        nearest = min(points, key=lambda point: abs(point.place - place), default=None)
        found += nearest is not None and abs(nearest.place - place) <= 1
        covered += nearest is not None and nearest.low <= place <= nearest.high
    assert found >= 54
    assert covered >= 52


def test_two_changes_are_both_found():
    rng = np.random.default_rng(4)
    parts = [sequence(rng, 20), sequence(rng, 20, change=0, to=SHARES[::-1]), sequence(rng, 20)]
    points = change_points(np.concatenate(parts), level=0.05, draws=199, rng=rng)
    assert [point.place for point in points] == [20, 40]


def test_the_gain_is_the_largest_of_all_splits():
    rng = np.random.default_rng(5)
    windows = sequence(rng, 12, change=6, to=SHARES[::-1])

    def weighted(place):
        parts = [windows[:place].sum(axis=0), windows[place:].sum(axis=0)]
        total = sum(parts)
        return sum(
            float(part.sum() / total.sum())
            * float(np.sum(part / part.sum() * np.log(part / part.sum() / (total / total.sum()))))
            for part in parts
        )

    best = max(range(2, 11), key=weighted)
    (point,) = change_points(windows, level=0.05, draws=199, rng=rng, most=1)
    assert point.place == best
    assert point.divergence == pytest.approx(weighted(best), rel=1e-9)


def test_disjoint_halves_are_ln_2_apart():
    windows = np.array([[30.0, 0.0]] * 5 + [[0.0, 30.0]] * 5)
    (point,) = change_points(windows, level=0.05, draws=199, rng=np.random.default_rng(6))
    assert (point.place, point.low, point.high) == (5, 5, 5)
    assert point.divergence == pytest.approx(math.log(2), abs=1e-12)


def test_too_few_windows_say_nothing():
    assert change_point_p_value(np.ones((3, 2)), draws=99, rng=np.random.default_rng(7)) == 1.0
    assert change_points(np.ones((0, 2)), level=0.05, draws=99, rng=np.random.default_rng(7)) == []
