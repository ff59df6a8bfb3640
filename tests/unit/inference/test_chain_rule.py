"""The chain rule on counts, and the law of what is left beyond given margins."""

import math

import numpy as np
import pytest
from scipy import special, stats

from kullback.fitting.constraints import fit_margins
from kullback.inference import (
    FittedTables,
    chain_rule,
    clustered_divergence,
    clustered_remaining,
    divergence_interval,
    firm_cells,
    fitted_to_slices,
    half_added,
    remaining_divergence,
    slice_contributions,
    slice_groups,
)

MARGIN = 0.02 * math.log(2)


def _tables(seed, shape=(5, 4), rows=3000):
    rng = np.random.default_rng(seed)
    laws = rng.dirichlet(np.ones(math.prod(shape)), 2)
    return [rng.multinomial(rows, law).reshape(shape) + 1 for law in laws]


@pytest.mark.parametrize("seed", range(5))
def test_both_orders_add_up(seed):
    p, q = _tables(seed)
    parts = chain_rule(p, q)
    assert parts.joint == pytest.approx(special.rel_entr(p / p.sum(), q / q.sum()).sum(), rel=1e-12)
    assert parts.x + parts.y_given_x == pytest.approx(parts.joint, rel=1e-13)
    assert parts.y + parts.x_given_y == pytest.approx(parts.joint, rel=1e-13)
    within = [stats.entropy(a / a.sum(), b / b.sum()) for a, b in zip(p, q, strict=True)]
    assert slice_contributions(p, q) == pytest.approx(p.sum(axis=1) / p.sum() * within, rel=1e-10)


def test_the_worked_examples():
    even, equal = np.full((2, 2), 250), np.array([[500, 0], [0, 500]])
    parts = chain_rule(equal, even)
    assert (parts.x, parts.y) == (0, 0)
    assert [parts.joint, parts.y_given_x, parts.x_given_y] == pytest.approx([math.log(2)] * 3, rel=1e-15)
    # Only the input shifts.
    input_alone = chain_rule(np.array([[30, 10], [120, 40]]), np.array([[60, 20], [90, 30]]))
    assert input_alone.y_given_x == 0
    assert input_alone.joint == pytest.approx(stats.entropy([0.2, 0.8], [0.4, 0.6]), rel=1e-14)


def test_what_the_reference_lacks():
    cell = chain_rule(np.array([[5, 5], [5, 5]]), np.array([[5, 0], [5, 5]]))
    assert (cell.joint, cell.y_given_x, cell.x_given_y) == (math.inf,) * 3
    assert math.isfinite(cell.x)
    row = chain_rule(np.array([[5, 5], [5, 5]]), np.array([[0, 0], [5, 5]]))
    assert (row.joint, row.x, row.y_given_x) == (math.inf, math.inf, 0)


def _weights(p, q):
    """The bias of D(y|x) at D = 0 with rows in whole numbers: half the sum of 1/m + r/n over the cells beyond one."""
    ratio = (p.sum(axis=1) / p.sum()) / (q.sum(axis=1) / q.sum())
    return (p.shape[1] - 1) * (p.shape[0] / p.sum() + ratio.sum() / q.sum()) / 2


def test_bias_and_degrees_by_hand():
    q = np.outer([200, 300, 500], [0.2, 0.3, 0.5])
    p = np.outer([1000, 300, 700], [0.2, 0.3, 0.5])
    slices = np.repeat(np.arange(3), 3)
    found = remaining_divergence(fitted_to_slices(p.ravel(), q.ravel(), slices), (p.sum(), q.sum()))
    assert found.debiased == pytest.approx(-_weights(p, q), rel=0.02)
    unchanged = remaining_divergence(fitted_to_slices(q.ravel(), q.ravel(), slices), (q.sum(), q.sum()))
    assert unchanged.degrees == pytest.approx(6, rel=1e-9)
    assert unchanged.scale == pytest.approx(1, rel=1e-9)


def test_without_margins_it_is_the_divergence():
    p, q = (table.ravel().astype(float) for table in _tables(7))
    whole = divergence_interval(p, q)
    found = remaining_divergence(fitted_to_slices(p, q, np.zeros(len(p), dtype=int)), (p.sum(), q.sum()))
    assert found.debiased == pytest.approx(whole.debiased, rel=1e-9)
    assert found.scale == pytest.approx(whole.scale, rel=0.5)


def test_units_of_one_row_are_rows():
    rng = np.random.default_rng(3)
    law = rng.dirichlet(np.full(12, 3.0))
    p, q = (np.eye(12)[rng.choice(12, 1500, p=law)] for _ in range(2))
    slices = np.repeat(np.arange(3), 4)
    tables = fitted_to_slices(p.sum(axis=0), q.sum(axis=0), slices)
    by_row = remaining_divergence(tables, (1500.0, 1500.0))
    by_unit = clustered_remaining(tables, np.vstack([p, 0 * q]), np.vstack([0 * p, q]))
    assert by_unit.debiased == pytest.approx(by_row.debiased, abs=2e-4)
    assert by_unit.p_value(0) == pytest.approx(by_row.p_value(0), abs=0.05)


def test_light_cells_join_within_their_slice():
    p, q = np.array([[40, 3, 4, 40, 2], [1, 0, 1, 0, 1]]), np.array([[40, 4, 3, 40, 3], [0, 1, 0, 1, 0]])
    groups = slice_groups(p, q, 6)
    assert groups[0].tolist() == [0, 1, 1, 2, 1]
    assert len(set(groups[1])) == 1
    assert groups[1, 0] == 3
    expected = (p + q) * (np.minimum(p.sum(1), q.sum(1)) / (p + q).sum(1))[:, None]
    assert all(expected[groups == group].sum() >= 6 for group in range(3))


def test_firm_cells_by_both_margins():
    p, q = np.array([[50, 50], [50, 1]]), np.array([[50, 50], [0, 0]])
    assert firm_cells(p, q, 10).tolist() == [[True, True], [False, False]]


def _coverage(found, truth):
    low, high = found.bounds(0.95)
    return low - 1e-12 <= truth <= high + 1e-12


def _shares(counts):
    return counts / counts.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("n", "m"), [(1000, 1000), (800, 8000)])
@pytest.mark.parametrize("changed", [0.0, 0.35])
def test_conditional_is_calibrated(n, m, changed):
    # 500 tables: a rate of 5 % has a standard error of 1 %; the law may be conservative where cells are light.
    rng = np.random.default_rng([n, int(100 * changed)])
    q = rng.dirichlet(np.full(15, 5.0)).reshape(5, 3)
    p = q * np.exp(changed * rng.normal(size=q.shape))
    p *= (rng.dirichlet(np.full(5, 5.0)) / p.sum(axis=1))[:, None]
    slices, truth = np.repeat(np.arange(5), 3), float((p * np.log(_shares(p) / _shares(q))).sum())
    hits = covered = 0
    for _ in range(500):
        sample = rng.multinomial(m, p.ravel()), rng.multinomial(n, q.ravel())
        found = remaining_divergence(fitted_to_slices(*sample, slices), (float(m), float(n)))
        hits += found.p_value(truth) <= 0.05
        covered += _coverage(found, truth)
    assert hits / 500 <= 0.08
    assert covered / 500 >= 0.92


def _interaction(p, q):
    tables = half_added(p.ravel()).reshape(p.shape), half_added(q.ravel()).reshape(q.shape)
    fitted = fit_margins(tables[1], [tables[0].sum(axis=1), tables[0].sum(axis=0)]).table
    places = np.indices(p.shape).reshape(2, -1)
    return FittedTables(tables[0].ravel(), tables[1].ravel(), fitted.ravel(), places)


def test_interaction_is_what_the_margins_leave():
    p, q = _tables(11)
    tables = _interaction(p, q)
    a, b = tables.p.reshape(p.shape), tables.q.reshape(p.shape)
    explained = stats.entropy(tables.fitted, tables.q)
    # Pythagoras, by scipy alone.
    assert tables.divergence == pytest.approx(stats.entropy(a.ravel(), b.ravel()) - explained, rel=1e-9)


def test_interaction_is_calibrated_where_odds_are_the_same():
    # 600 tables at 5 %: standard error 0.9 %. The margins of the two sides differ.
    rng = np.random.default_rng(5)
    q = np.outer([0.2, 0.3, 0.5], [0.25, 0.25, 0.5]) * np.exp(rng.normal(0, 0.6, (3, 3)))
    q /= q.sum()
    p = q * np.array([1.5, 1.0, 0.8])[:, None] * np.array([0.7, 1.0, 1.2])
    p /= p.sum()
    small = covered = 0
    for _ in range(600):
        sample = rng.multinomial(1500, p.ravel()).reshape(3, 3), rng.multinomial(3000, q.ravel()).reshape(3, 3)
        found = remaining_divergence(_interaction(*sample), (1500.0, 3000.0))
        small += found.p_value(0) <= 0.05
        covered += _coverage(found, 0.0)
    assert 0.025 <= small / 600 <= 0.075
    assert covered / 600 >= 0.92


def test_units_are_calibrated():
    # 300 tables of 30 units a side that differ: at most 5 % + 3 standard errors of 1.3 %.
    rng = np.random.default_rng(8)
    law, small = rng.dirichlet(np.full(6, 4.0)), 0
    slices = np.repeat(np.arange(2), 3)
    for _ in range(300):
        sides = [
            np.array([rng.multinomial(40, rng.dirichlet(law * 19)) for _ in range(30)], dtype=float) for _ in range(2)
        ]
        p, q = np.vstack([sides[0], 0 * sides[1]]), np.vstack([0 * sides[0], sides[1]])
        tables = fitted_to_slices(p.sum(axis=0), q.sum(axis=0), slices)
        found = clustered_remaining(tables, p, q)
        small += found.p_value(0) <= 0.05
        assert found.p_value(0) >= 0.001 * clustered_divergence(p, q).interval.p_value(0)
    assert small / 300 <= 0.09
