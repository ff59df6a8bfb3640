"""Shuffling whole units: against every possible deal, scipy's permutation test, and simulation."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from kullback.inference import unit_permutation_test, unit_shuffles
from kullback.inference._independence import g_statistic


def _apart(p, q):
    return np.vstack([p, np.zeros_like(q)]).astype(float), np.vstack([np.zeros_like(p), q]).astype(float)


def _all_deals(p, q):
    """G of every way to deal the units of one side alone, and to swap those of both."""
    on_p, on_q = p.sum(axis=1) > 0, q.sum(axis=1) > 0
    both, alone = np.flatnonzero(on_p & on_q), np.flatnonzero(on_p ^ on_q)
    blocks = p + q
    for first in combinations(alone, int(on_p[alone].sum())):
        for swaps in product([False, True], repeat=len(both)):
            drawn = blocks[list(first)].sum(axis=0)
            for unit, swapped in zip(both, swaps, strict=True):
                drawn = drawn + (q[unit] if swapped else p[unit])
            yield g_statistic(drawn, blocks.sum(axis=0) - drawn)


@pytest.mark.parametrize("shared", [0, 3, 7])
def test_p_value_is_that_of_all_deals(shared):
    rng = np.random.default_rng(shared)
    p, q = rng.poisson(rng.gamma(2, 3, (7, 4))).astype(float), rng.poisson(rng.gamma(2, 3, (7, 4))).astype(float)
    left = np.vstack([p, np.zeros((7 - shared, 4))])
    right = np.vstack([q[:shared], np.zeros((7 - shared, 4)), q[shared:]])
    every = np.array(list(_all_deals(left, right)))
    exact = np.mean(every >= g_statistic(left.sum(axis=0), right.sum(axis=0)) - 1e-9)
    shuffles = unit_shuffles(left.sum(axis=1) > 0, right.sum(axis=1) > 0, draws=20_000, rng=rng)
    found = unit_permutation_test(left, right, [np.arange(4)], shuffles)
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000) + 1e-4)


def test_two_cells_agree_with_scipy():
    rng = np.random.default_rng(1)
    p, q = (rng.multinomial(50, [0.4, 0.6], 12).astype(float) for _ in range(2))
    p[:, 0] += 3
    p[:, 1] -= 3
    shuffles = unit_shuffles(np.arange(24) < 12, np.arange(24) >= 12, draws=20_000, rng=rng)
    found = unit_permutation_test(*_apart(p, q), [np.arange(2)], shuffles)
    # Units of equal size: G over two cells orders the deals as the distance of the means does.
    peer = stats.permutation_test(
        (p[:, 0], q[:, 0]),
        lambda x, y: abs(x.mean() - y.mean()),
        alternative="greater",
        n_resamples=20_000,
        vectorized=False,
        rng=rng,
    )
    assert found == pytest.approx(peer.pvalue, abs=0.01)


@pytest.mark.parametrize("partitions", [[[0, 1, 2, 3]], [[0, 0, 1, 1], [0, 1, 2, 3]]])
def test_false_alarms_are_as_rare_as_said(partitions):
    # 1,000 runs of units that are all of one kind: three standard errors above .05 are .071.
    rng = np.random.default_rng(2)
    groups = [np.array(partition) for partition in partitions]
    alarms = []
    for _ in range(1000):
        kinds = np.eye(4)[rng.choice(4, 20)] * rng.integers(1, 30, (20, 1))
        sides = _apart(kinds[:10], kinds[10:])
        shuffles = unit_shuffles(np.arange(20) < 10, np.arange(20) >= 10, draws=99, rng=rng)
        alarms.append(unit_permutation_test(*sides, groups, shuffles) <= 0.05)
    assert np.mean(alarms) <= 0.071


def test_shuffles_keep_the_number_of_units():
    on_p, on_q = np.array([1, 1, 1, 0, 0, 1, 1], dtype=bool), np.array([0, 0, 0, 1, 1, 1, 1], dtype=bool)
    stays = unit_shuffles(on_p, on_q, draws=500, rng=np.random.default_rng(3)).stays
    on_first_side = np.where(on_p, stays, 1 - stays)[:, :5].sum(axis=1)
    assert set(on_first_side) == {3}
    assert 0.4 < stays[:, 5:].mean() < 0.6


def test_the_least_p_value():
    p, q = np.tile([40, 0], (12, 1)), np.tile([0, 40], (12, 1))
    shuffles = unit_shuffles(np.arange(24) < 12, np.arange(24) >= 12, draws=999, rng=np.random.default_rng(4))
    assert unit_permutation_test(*_apart(p, q), [np.arange(2)], shuffles) == 1 / 1000
