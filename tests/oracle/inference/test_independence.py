"""The tests of D = 0 against scipy, mpmath and full enumeration."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from scipy import stats

from kullback.inference import fisher_exact, permutation_g_test, two_sample_g_test
from kullback.inference._independence import g_statistic

RANDOM_TABLES = range(20)
# What fisher_exact takes as a tie; an error of a chance must stay below it.
TIE = 1e-7


def _scipy(p, q):
    return stats.chi2_contingency([p, q], lambda_="log-likelihood", correction=False)


def _williams(p, q):
    """Williams' divisor for any table (Sokal and Rohlf 1981, box 17.8), from scipy's margins."""
    rows, columns = stats.contingency.margins(np.array([p, q]))
    total = rows.sum()
    light = (total * (1 / rows).sum() - 1) * (total * (1 / columns).sum() - 1)
    return 1 + light / (6 * total * (rows.size - 1) * (columns.size - 1))


def _corrected(p, q):
    return stats.chi2.sf(_scipy(p, q).statistic / _williams(p, q), len(p) - 1)


def _exact_g(p, q):
    with mpmath.workdps(60):
        p, q = (list(map(mpmath.mpf, row.tolist())) for row in (p, q))
        total_p, total_q = mpmath.fsum(p), mpmath.fsum(q)
        total = total_p + total_q
        cells = [
            (x, side * (a + b) / total) for a, b in zip(p, q, strict=True) for x, side in ((a, total_p), (b, total_q))
        ]
        return float(2 * mpmath.fsum(x * mpmath.log(x / expected) for x, expected in cells if x))


@pytest.mark.parametrize("seed", RANDOM_TABLES)
@pytest.mark.parametrize("weight", [1, 0.37], ids=["rows", "weighted"])
def test_g_is_that_of_scipy(seed, weight):
    rng = np.random.default_rng(seed)
    p, q = rng.poisson(40, 12) * weight + 16, rng.poisson(60, 12) * weight + 16
    assert g_statistic(p, q) == pytest.approx(_scipy(p, q).statistic, rel=1e-9)
    p_value, method = two_sample_g_test(p, q, draws=9, rng=rng)
    assert method == "G, chi-squared"
    assert p_value == pytest.approx(_corrected(p, q), rel=1e-9)


def test_g_skips_empty_cells():
    p, q = np.array([20, 0, 30, 0]), np.array([25, 0, 10, 0])
    found = two_sample_g_test(p, q, draws=9, rng=np.random.default_rng(0))
    assert found[0] == pytest.approx(_corrected(p[[0, 2]], q[[0, 2]]), rel=1e-9)


@pytest.mark.parametrize("cells", [2, 10, 100, 400])
def test_g_holds_its_level(cells):
    # 4,000 runs of fifteen expected rows a cell and side: four standard errors around .05 are .036 and .064.
    rng = np.random.default_rng(37)
    p, q = rng.multinomial(15 * cells, np.full(cells, 1 / cells), (2, 4000))
    assert (
        0.036
        <= np.mean([two_sample_g_test(*pair, draws=9, rng=rng)[0] <= 0.05 for pair in zip(p, q, strict=True)])
        <= 0.064
    )


@pytest.mark.parametrize("rows", [10**3, 10**6, 10**9, 10**12])
def test_g_at_scale(rows):
    p = np.array([rows, 2 * rows, rows // 2])
    q = p + np.array([math.isqrt(rows), -math.isqrt(rows), 0])
    assert g_statistic(p, q) == pytest.approx(_exact_g(p, q), rel=1e-9)


def test_g_of_equal_rows_is_zero():
    p = np.array([3, 1, 4, 1, 5, 9])
    assert g_statistic(p, 7 * p) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("p", "q", "method"),
    [
        ([50, 50], [40, 60], "G, chi-squared"),
        ([50, 2], [40, 1], "Fisher exact"),
        ([50, 2, 1], [40, 1, 0], "G, at most 99 permutations"),
        ([50, 0], [40, 0], "one cell"),
    ],
)
def test_method_by_expected_count(p, q, method):
    assert two_sample_g_test(np.array(p), np.array(q), draws=99, rng=np.random.default_rng(0))[1] == method


def test_one_cell_says_nothing():
    assert two_sample_g_test(np.array([5, 0]), np.array([9, 0]), draws=9, rng=np.random.default_rng(0))[0] == 1


def _random_two_by_two(rng, most):
    return rng.integers(0, most, (2, 2)) + np.array([[1, 0], [0, 1]])


@pytest.mark.parametrize("most", [3, 10, 100, 1000])
def test_fisher_is_that_of_scipy(most):
    rng = np.random.default_rng(most)
    for table in (_random_two_by_two(rng, most) for _ in range(200)):
        assert fisher_exact(*table) == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-9), table


@pytest.mark.parametrize(
    "table",
    [
        [[0, 5], [0, 7]],
        [[5, 0], [0, 7]],
        [[200, 0], [0, 200]],
        [[1, 0], [0, 1]],
        [[3, 3], [3, 3]],
        [[10**6, 0], [0, 10**6]],
        [[3, 10**6], [30, 10**6]],
    ],
)
def test_fisher_of_extreme_tables(table):
    assert fisher_exact(*np.array(table)) == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-8)


def _exact_fisher(a, b, rows):
    """For a and b rare rows among `rows` of each side: the share of tables no likelier, in whole numbers."""
    ways = [math.comb(a + b, x) * _falling(rows, x) * _falling(rows, a + b - x) for x in range(a + b + 1)]
    return float(mpmath.mpf(sum(way for way in ways if way <= ways[a])) / sum(ways))


def _falling(rows, x):
    return math.prod(range(rows - x + 1, rows + 1)) if x else 1


@pytest.mark.parametrize("rows", [10**3, 10**6, 10**9, 10**12])
@pytest.mark.parametrize(("a", "b"), [(3, 12), (0, 9), (5, 40)])
def test_fisher_of_rare_rows_at_scale(a, b, rows):
    p, q = np.array([a, rows - a]), np.array([b, rows - b])
    assert fisher_exact(p, q) == pytest.approx(_exact_fisher(a, b, rows), rel=TIE)
    assert fisher_exact(p[::-1], q[::-1]) == pytest.approx(_exact_fisher(a, b, rows), rel=TIE)


def _enumerated(p, q):
    """Share of all ways to deal the rows whose G is at least this one, in whole numbers without rounding."""
    pooled = (p + q).tolist()
    all_ways = at_least = 0
    for dealt in itertools.product(*(range(count + 1) for count in pooled)):
        if sum(dealt) == p.sum():
            ways = math.prod(map(math.comb, pooled, dealt))
            all_ways += ways
            at_least += ways * (_order_of_g(dealt, pooled) >= _order_of_g(p.tolist(), pooled))
    return at_least / all_ways


def _order_of_g(dealt, pooled):
    """exp(Σ x log x) over the table: all that varies in G while the margins stay."""
    return math.prod(x**x * (n - x) ** (n - x) for x, n in zip(dealt, pooled, strict=True))


TINY = [
    ([6, 3, 1], [1, 4, 5]),
    ([4, 4, 2], [3, 4, 3]),
    ([9, 1, 1, 1], [2, 4, 3, 3]),
    ([5, 0, 4, 3], [1, 6, 0, 1]),
    ([7, 2, 2, 1], [1, 2, 1, 1]),
]


@pytest.mark.parametrize(("p", "q"), TINY)
def test_permutation_agrees_with_enumeration(p, q):
    # A run ends at draw L with hit 30; 29 / (L - 1) is the unbiased estimate, its relative error at most 1 / sqrt(28).
    # 200 runs: four standard errors are 5.4 %, so a right test fails with chance 6e-5.
    p, q = np.array(p), np.array(q)
    rng = np.random.default_rng(30)
    ends = [30 / permutation_g_test(p, q, draws=10**6, rng=rng) for _ in range(200)]
    assert np.mean([29 / (end - 1) for end in ends]) == pytest.approx(_enumerated(p, q), rel=0.054)


def test_permutation_counts_the_table_itself():
    p, q = np.array([12, 0, 0]), np.array([0, 6, 6])
    assert permutation_g_test(p, q, draws=99, rng=np.random.default_rng(31)) == 1 / 100


@pytest.mark.parametrize("draws", [1, 63, 64, 65, 999])
def test_permutation_of_equal_rows_is_one(draws):
    p = np.array([3, 4, 5])
    assert permutation_g_test(p, p, draws=draws, rng=np.random.default_rng(32)) == 1


def test_permutation_is_symmetric_in_law():
    p, q = np.array([9, 1, 1, 1]), np.array([2, 4, 3, 3])
    there, back = (permutation_g_test(*pair, draws=999, rng=np.random.default_rng(33)) for pair in ((p, q), (q, p)))
    assert there == back


def test_permutation_is_repeatable():
    p, q = np.array([9, 1, 1, 1]), np.array([2, 4, 3, 9])
    runs = {permutation_g_test(p, q, draws=999, rng=np.random.default_rng(34)) for _ in range(3)}
    assert len(runs) == 1


def _rare_law(a, b):
    """p of G for two equal halves and a rare cell among endless rows: a binomial cell beside a chi-squared one."""
    rows = a + b
    deviance = [2 * sum(x * math.log(2 * x / rows) for x in (k, rows - k) if x) for k in range(rows + 1)]
    tails = stats.chi2.sf(np.maximum(0, deviance[a] - np.array(deviance) - 1e-9), 1)
    return float(stats.binom.pmf(np.arange(rows + 1), rows, 0.5) @ tails)


@pytest.mark.parametrize("rows", [10**5, 10**7, 10**8, 4 * 10**8, 10**9])
def test_permutation_at_scale(rows):
    # 30 hits: one standard error is 18 %; a factor of two is more than four of them.
    p, q = np.array([rows, rows, 12]), np.array([rows, rows, 3])
    found = permutation_g_test(p, q, draws=20_000, rng=np.random.default_rng(35))
    assert _rare_law(12, 3) / 2 < found < _rare_law(12, 3) * 2


@pytest.mark.parametrize(("cells", "rows"), [(5, 30), (100, 200)])
def test_permutation_is_valid(cells, rows):
    # 2,000 runs: three standard errors above .05 are .0646; a test of exactly .05 fails here with chance .001.
    assert _false_alarms(cells, rows, 2000) <= 0.0646


@pytest.mark.slow
@pytest.mark.parametrize(("cells", "rows"), [(1000, 1000), (10_000, 1000)])
def test_permutation_is_valid_over_many_cells(cells, rows):
    # 1,000 runs: three standard errors above .05 are .0707.
    assert _false_alarms(cells, rows, 1000) <= 0.0707


def _false_alarms(cells, rows, runs):
    rng = np.random.default_rng(36)
    law = rng.dirichlet(np.ones(cells))
    tables = zip(rng.multinomial(rows, law, runs), rng.multinomial(rows, law, runs), strict=True)
    return np.mean([two_sample_g_test(p, q, draws=99, rng=rng)[0] <= 0.05 for p, q in tables])
