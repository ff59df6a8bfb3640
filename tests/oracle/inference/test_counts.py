"""The divergences of counts against mpmath, from exact rationals."""

import math

import mpmath
import numpy as np
import pytest
from scipy.spatial import distance

from kullback.inference import contributions, jensen_shannon, plugin

# phi has 4, its argument 2 (which phi doubles to triples below zero), the share and the product 2.
ULPS = 16 * 2.0**-53


def _shares(counts):
    exact = [mpmath.mpf(count) for count in counts.tolist()]
    return [count / mpmath.fsum(exact) for count in exact]


def _term(p, q):
    if p == 0:
        return q
    return p * mpmath.log(p / q) + q - p if q else mpmath.inf


def _exact_contributions(p, q):
    with mpmath.workdps(80):
        return [float(_term(a, b)) for a, b in zip(_shares(p), _shares(q), strict=True)]


def _exact_plugin(p, q):
    with mpmath.workdps(80):
        return float(mpmath.fsum(_term(a, b) for a, b in zip(_shares(p), _shares(q), strict=True)))


def _exact_jensen_shannon(p, q):
    with mpmath.workdps(80):
        pairs = list(zip(_shares(p), _shares(q), strict=True))
        return float(mpmath.fsum(_term(a, (a + b) / 2) + _term(b, (a + b) / 2) for a, b in pairs) / 2)


def _table(*rows):
    return [np.array(row) for row in rows]


ALIKE = {
    f"{total:.0e} rows, {moved} moved": _table(
        [total // 2, total // 4, total // 4], [total // 2 + moved, total // 4, total // 4 - moved]
    )
    for total in (10**3, 10**9, 10**10, 10**12)
    for moved in (1, 7, 100)
}
UNLIKE = {
    "small": _table([3, 5, 2], [1, 4, 9]),
    "unequal totals": _table([3, 5, 2], [1_000_000, 900_001, 1_200_000]),
    "empty in p": _table([0, 5, 3], [5, 5, 1]),
    "empty in both": _table([0, 5, 3], [0, 5, 1]),
    "huge": _table([6 * 10**9, 4 * 10**9], [5 * 10**9, 5 * 10**9]),
    "huge and rare": _table([10**10, 3, 5], [10**10 - 7, 9, 3]),
    "weighted": _table([2.5, 1.25, 7.7], [0.3, 9.9, 4.1]),
    "weighted, rare": _table([1e-3, 1.25, 0.0], [2.0, 9.9, 1e-6]),
}
# Nearly all of p lies where q has nearly nothing: q/p goes to zero, the gap to -1.
APART = {f"one row in {total:.0e}": _table([total, 1], [1, total]) for total in (10**3, 10**6, 10**9, 10**12)}
TABLES = ALIKE | UNLIKE | APART


@pytest.mark.parametrize("name", TABLES)
def test_plugin(name):
    assert plugin(*TABLES[name]) == pytest.approx(_exact_plugin(*TABLES[name]), rel=ULPS, abs=0)


@pytest.mark.parametrize("name", TABLES)
def test_contributions(name):
    assert contributions(*TABLES[name]).tolist() == pytest.approx(_exact_contributions(*TABLES[name]), rel=ULPS, abs=0)


@pytest.mark.parametrize("name", TABLES)
def test_contributions_add_up(name):
    found = contributions(*TABLES[name])
    assert (found >= 0).all()
    assert math.fsum(found) == plugin(*TABLES[name])


@pytest.mark.parametrize("change", [1e-3, 1e-6, 1e-9])
def test_plugin_of_weighted_rows_nearly_alike(change):
    # Effective counts are no whole numbers: the sums and the gap are off by a few ulp of 1, which phi doubles.
    p, q = _table([2.5, 1.25, 7.7], [2.5, 1.25, 7.7 + change])
    exact = _exact_plugin(p, q)
    assert abs(plugin(p, q) - exact) <= 16 * ULPS * math.sqrt(exact)


@pytest.mark.parametrize("seed", range(20))
def test_plugin_of_random_tables(seed):
    p, q = np.random.default_rng(seed).integers(1, 10**6, (2, 50))
    assert plugin(p, q) == pytest.approx(_exact_plugin(p, q), rel=ULPS, abs=0)


def test_missing_cell_is_infinite():
    p, q = _table([5, 5, 0], [0, 5, 5])
    assert plugin(p, q) == math.inf
    assert contributions(p, q)[0] == math.inf
    assert contributions(p, q)[2] == 0.5


@pytest.mark.parametrize("name", TABLES)
def test_jensen_shannon(name):
    assert jensen_shannon(*TABLES[name]) == pytest.approx(_exact_jensen_shannon(*TABLES[name]), rel=ULPS, abs=0)


@pytest.mark.parametrize("seed", range(10))
def test_jensen_shannon_is_scipy_distance_squared(seed):
    p, q = np.random.default_rng(seed).integers(0, 100, (2, 12))
    assert jensen_shannon(p, q) == pytest.approx(distance.jensenshannon(p, q) ** 2, rel=1e-12)


@pytest.mark.parametrize("name", TABLES)
def test_jensen_shannon_is_symmetric_and_bounded(name):
    p, q = TABLES[name]
    assert jensen_shannon(p, q) == pytest.approx(jensen_shannon(q, p), rel=ULPS, abs=0)
    assert 0 < jensen_shannon(p, q) <= math.log(2)


def test_jensen_shannon_of_disjoint_rows_is_log_two():
    assert jensen_shannon(*_table([3, 4, 0, 0], [0, 0, 5, 9])) == pytest.approx(math.log(2), rel=ULPS)
