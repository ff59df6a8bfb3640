"""Laws that any divergence of counts obeys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kullback.inference import contributions, jensen_shannon, plugin

# Both sides of an equation are at most 16 ulp from the truth, and so 32 from each other.
ULPS = 32 * 2.0**-53

_cell = st.integers(0, 10**6)
tables = (
    st.lists(st.tuples(_cell, _cell), min_size=2, max_size=12)
    .map(lambda rows: np.array(rows, dtype=np.int64).T)
    .filter(lambda table: table.sum(axis=1).all())
)


def _same(value):
    return pytest.approx(value, rel=ULPS, abs=0)


@given(tables)
def test_never_negative_and_zero_only_if_proportional(table):
    p, q = table
    assert (contributions(p, q) >= 0).all()
    assert (plugin(p, q) == 0) == np.array_equal(p * q.sum(), q * p.sum())


@given(tables, st.integers(1, 1000), st.integers(1, 1000))
def test_zero_if_proportional(table, times, others):
    assert plugin(times * table[0], others * table[0]) == 0


@given(tables, st.randoms(use_true_random=False))
def test_order_of_cells_does_not_matter(table, random):
    order = random.sample(range(table.shape[1]), table.shape[1])
    assert plugin(*table[:, order]) == plugin(*table)


@given(tables)
def test_merging_two_cells_never_adds(table):
    merged = np.column_stack([table[:, :-2], table[:, -2] + table[:, -1]])
    assert plugin(*merged) <= plugin(*table) * (1 + ULPS)
    assert jensen_shannon(*merged) <= jensen_shannon(*table) * (1 + ULPS)


@given(tables, st.integers(2, 10**9), st.integers(2, 10**9))
def test_size_does_not_matter(table, times_p, times_q):
    p, q = table
    assert plugin(times_p * p, times_q * q) == _same(plugin(p, q))


@given(tables)
def test_empty_cells_do_not_matter(table):
    wider = np.column_stack([table, [0, 0]])
    assert plugin(*wider) == plugin(*table)


@given(tables)
def test_splitting_in_proportion_does_not_matter(table):
    split = np.column_stack([3 * table[:, :-1], table[:, -1], 2 * table[:, -1]])
    assert plugin(*split) == _same(plugin(*table))


@given(tables)
def test_pinsker(table):
    p, q = table
    distance = np.abs(p / p.sum() - q / q.sum()).sum()
    assert plugin(p, q) >= distance**2 / 2 * (1 - 1e-9)


@given(tables)
def test_jensen_shannon_is_symmetric_and_bounded(table):
    p, q = table
    assert jensen_shannon(p, q) == _same(jensen_shannon(q, p))
    assert 0 <= jensen_shannon(p, q) <= np.log(2) * (1 + ULPS)


@given(tables)
def test_jensen_shannon_is_at_most_half_the_mean_divergence(table):
    p, q = table
    assert jensen_shannon(p, q) <= (plugin(p, q) + plugin(q, p)) / 4 * (1 + ULPS)
