"""The test along an order, in simulation: rows drawn, ranked, and cut as the library cuts them."""

import numpy as np
import pytest

from kullback.inference import nested_g_test, two_sample_g_test

NO_SPECIAL = np.zeros(32, dtype=bool)


def _cells(x, y, cells):
    place = np.concatenate([x, y]).argsort().argsort() * cells // (len(x) + len(y))
    return np.bincount(place[: len(x)], minlength=cells), np.bincount(place[len(x) :], minlength=cells)


def _ranks(p, q):
    pooled = p + q
    return (np.cumsum(pooled) - pooled / 2) / pooled.sum()


def _nested(p, q):
    return nested_g_test(p, q, _ranks(p, q), np.zeros(len(p), dtype=bool))


def _p_values(draw, runs, seed):
    rng = np.random.default_rng(seed)
    return np.array([_nested(*_cells(*draw(rng), 32)) for _ in range(runs)])


@pytest.mark.parametrize(("n", "m"), [(200, 200), (1000, 1000), (1000, 300)])
def test_false_alarms(n, m):
    # 4,000 runs: the standard error is .0034 at .05, so a test of exactly .05 fails here with chance 1e-5.
    found = _p_values(lambda rng: (rng.normal(size=n), rng.normal(size=m)), 4000, seed=40)
    assert 0.03 <= (found <= 0.05).mean() <= 0.065


def test_false_alarms_of_fixed_cells():
    # Counts of 32 fixed cells, not of pooled quantiles: some fall on a cut.
    rng = np.random.default_rng(41)
    p, q = rng.multinomial(1000, np.full(32, 1 / 32), (2, 4000))
    assert 0.03 <= np.mean([_nested(*pair) <= 0.05 for pair in zip(p, q, strict=True)]) <= 0.065


def test_p_values_are_uniform():
    # Every decile holds a tenth; four standard errors of 4,000 runs are .019, .006 more for the law itself.
    found = _p_values(lambda rng: (rng.normal(size=1000), rng.normal(size=1000)), 4000, seed=42)
    assert np.histogram(found, bins=10, range=(0, 1))[0] / 4000 == pytest.approx(0.1, abs=0.019 + 0.006)


def test_small_shift_is_found_more_often_than_by_g():
    # 1,500 runs on the same rows: the difference, near .09, has a standard error of at most .015.
    rng = np.random.default_rng(43)
    runs = [(rng.normal(size=1000), rng.normal(0.1, size=1000)) for _ in range(1500)]
    nested = np.mean([_nested(*_cells(x, y, 32)) <= 0.05 for x, y in runs])
    plain = np.mean([two_sample_g_test(*_cells(x, y, 20), draws=9, rng=rng)[0] <= 0.05 for x, y in runs])
    assert nested > plain + 3 * 0.015


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: (rng.normal(size=1000), rng.normal(0.5, size=1000)),
        lambda rng: (rng.normal(size=1000), rng.normal(0, 1.5, size=1000)),
        lambda rng: (rng.uniform(size=1000), np.floor(rng.uniform(size=1000) * 8) / 8 + rng.uniform(0, 1 / 16, 1000)),
    ],
    ids=["location", "scale", "fine comb"],
)
def test_large_shifts_are_found(draw):
    assert (_p_values(draw, 20, seed=44) < 1e-3).all()


def _with_special(p, q, special_p, special_q):
    ranks = np.append(_ranks(p, q), np.zeros(len(special_p)))
    special = np.append(NO_SPECIAL, np.ones(len(special_p), dtype=bool))
    return nested_g_test(np.append(p, special_p), np.append(q, special_q), ranks, special)


@pytest.mark.parametrize(
    ("special_p", "special_q"),
    [([20], [80]), ([0], [30]), ([400], [0]), ([50, 0, 0], [50, 25, 0]), ([0, 0, 0], [0, 0, 20])],
)
def test_more_nulls_are_found(special_p, special_q):
    p = np.full(32, 30)
    assert _with_special(p, p, special_p, special_q) < 1e-4


def test_equal_nulls_are_not_found():
    p = np.full(32, 30)
    assert _with_special(p, p, [50, 3], [50, 3]) > 0.99


def test_false_alarms_with_nulls():
    # 4,000 runs, standard error .0034; Fisher's test of the rare cell is conservative, hence no lower bound.
    rng = np.random.default_rng(45)
    law = np.append(np.full(32, 0.9 / 32), [0.098, 0.002])
    tables = zip(rng.multinomial(1000, law, 4000), rng.multinomial(1000, law, 4000), strict=True)
    assert np.mean([_with_special(p[:32], q[:32], p[32:], q[32:]) <= 0.05 for p, q in tables]) <= 0.065


@pytest.mark.parametrize(("special_p", "special_q"), [([100], [100]), ([100, 20], [90, 30])])
def test_only_nulls(special_p, special_q):
    empty = np.zeros(32, dtype=np.int64)
    special = np.append(NO_SPECIAL, np.ones(len(special_p), dtype=bool))
    found = nested_g_test(np.append(empty, special_p), np.append(empty, special_q), np.zeros(len(special)), special)
    assert 0 < found <= 1


def test_one_side_all_null():
    p, q = np.zeros(32, dtype=np.int64), np.full(32, 30)
    special = np.append(NO_SPECIAL, True)
    assert nested_g_test(np.append(p, 900), np.append(q, 60), np.linspace(0, 1, 33), special) < 1e-100
