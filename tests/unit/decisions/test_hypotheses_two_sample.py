import itertools
import math

import numpy as np
import pytest
from scipy import stats

from kullback._core import InputError
from kullback.decisions.hypotheses import two_sample_test
from kullback.inference import needed_size


def g_of(table):
    table = np.asarray(table, dtype=float)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    seen = table > 0
    return 2 * float((table[seen] * np.log(table[seen] / expected[seen])).sum())


def listed(x, y):
    """p-value of G by dealing the rows out in every way."""
    rows = np.repeat(np.arange(len(x)), np.add(x, y))
    observed, n = g_of([x, y]), sum(x)
    hits = total = 0
    for chosen in itertools.combinations(range(len(rows)), n):
        first = np.bincount(rows[list(chosen)], minlength=len(x))
        total += 1
        hits += g_of([first, np.add(x, y) - first]) >= observed - 1e-9
    return hits / total


@pytest.mark.parametrize(
    ("x", "y"), [((4, 1, 0), (1, 2, 3)), ((5, 1), (1, 4)), ((2, 2, 1, 1), (0, 1, 3, 2)), ((3, 0), (0, 3))]
)
def test_small_tables_by_every_way_to_deal_the_rows(x, y):
    found = two_sample_test(x, y, given="counts")
    assert found.p_value == pytest.approx(listed(x, y), rel=1e-10)
    assert found.statistic == pytest.approx(g_of([x, y]), rel=1e-12)


@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.85, 0.1, 0.05)])
def test_five_percent_means_at_most_five_percent(shares):
    """The size by every pair of samples of eight rows: never above the level."""
    types = [(a, b, 8 - a - b) for a in range(9) for b in range(9 - a)]
    chance = {one: stats.multinomial.pmf(one, 8, shares) for one in types}
    pairs = [(x, y, chance[x] * chance[y]) for x in types for y in types if chance[x] * chance[y] > 1e-6]
    p_values = [two_sample_test(x, y, given="counts").p_value for x, y, _ in pairs]
    for alpha in (0.01, 0.05, 0.2):
        size = sum(weight for (_, _, weight), p in zip(pairs, p_values, strict=True) if p <= alpha)
        assert 0 < size <= alpha


def test_size_and_power_of_many_rows():
    """A thousand tables of ten cells: 5 % within four standard errors, and the power that was planned."""
    rng = np.random.default_rng(0)
    q = np.full(10, 0.1)
    p = q * (1 + 0.25 * np.where(np.arange(10) % 2, 1, -1))
    divergence = float((p * np.log(p / q)).sum())
    rows = math.ceil(2 * needed_size(divergence, 0.0, 10, alpha=0.05, power=0.8))
    null, shifted = (
        np.mean(
            [
                two_sample_test(rng.multinomial(rows, law), rng.multinomial(rows, q), given="counts").p_value <= 0.05
                for _ in range(1000)
            ]
        )
        for law in (q, p)
    )
    assert abs(null - 0.05) < 4 * math.sqrt(0.05 * 0.95 / 1000)
    assert abs(shifted - 0.8) < 0.05


def test_statistic_is_a_divergence_from_what_is_shared():
    import kullback as kl  # noqa: PLC0415 - the root is the user's

    x, y = np.array([30, 20, 10]), np.array([10, 20, 50])
    pooled = (x + y) / 140
    whole = 2 * (60 * float(kl.divergence(x / 60, pooled)) + 80 * float(kl.divergence(y / 80, pooled)))
    assert two_sample_test(x, y, given="counts").statistic == pytest.approx(whole, rel=1e-12)


def test_large_tables_follow_chi_squared():
    x, y = np.full(20, 5000), np.full(20, 5000) + np.arange(20) * 10
    truth = stats.chi2_contingency([x, y], correction=False, lambda_="log-likelihood").pvalue
    found = two_sample_test(x, y, given="counts")
    assert "chi-squared" in found.method
    assert found.p_value == pytest.approx(truth, rel=1e-3)


def test_sparse_tables_are_permuted():
    rng = np.random.default_rng(1)
    p = [
        two_sample_test(
            rng.multinomial(60, [0.02] * 50), rng.multinomial(60, [0.02] * 50), given="counts", draws=199
        ).p_value
        for _ in range(150)
    ]
    # Of 150 at 10 %: more than 30 with a chance of 1e-4.
    assert np.sum(np.array(p) <= 0.1) <= 30


def test_labels_and_counts_agree():
    x, y = list("aaabbc"), list("abbbccccc")
    by_label = two_sample_test(x, y)
    by_count = two_sample_test({"a": 3, "b": 2, "c": 1}, {"c": 5, "b": 3, "a": 1})
    assert (by_label.p_value, by_label.divergence) == (
        pytest.approx(by_count.p_value),
        pytest.approx(by_count.divergence),
    )
    assert by_label.n == 6
    assert by_label.m == 9


def test_numbers_that_shift_and_numbers_that_do_not():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=300), rng.normal(size=250)
    assert two_sample_test(x, y + 1.0, draws=999).p_value == pytest.approx(0.001, abs=1e-12)
    p = [
        two_sample_test(rng.exponential(size=15), rng.exponential(size=12), draws=199, rng=i).p_value
        for i in range(200)
    ]
    # Of 200 at 10 %: more than 38 with a chance of 1e-4; fewer than 5 of one in 1e5.
    assert 5 <= np.sum(np.array(p) <= 0.1) <= 38


def test_permutations_of_few_numbers_are_those_of_every_deal():
    """Six rows all different: the statistic is largest for two separate sides, 2 of 20 deals."""
    found = two_sample_test([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], draws=9999)
    assert found.p_value == pytest.approx(0.1, abs=0.02)


def test_many_numbers():
    rng = np.random.default_rng(3)
    found = two_sample_test(rng.normal(size=4000), rng.normal(0.2, 1, size=4000))
    assert "nested" in found.method
    assert found.p_value < 1e-6
    assert found.interval[0] <= 0.02 <= found.interval[1]


def test_units_keep_the_level_where_rows_do_not():
    """Thirty rows a day, all of them moved by the day: rows flag what is noise, days do not."""
    rng = np.random.default_rng(4)
    days = np.repeat(np.arange(12), 30)
    by_rows, by_days = [], []
    for _ in range(60):
        x, y = (rng.normal(size=360) + rng.normal(size=12)[days] for _ in range(2))
        by_rows.append(two_sample_test(x, y, draws=99).p_value <= 0.05)
        by_days.append(two_sample_test(x, y, unit=(days, days + 12), draws=199).p_value <= 0.05)
    # Of 60 at 5 %: more than 9 with a chance of 0.001.
    assert sum(by_rows) > 25
    assert sum(by_days) <= 9


def test_units_are_named():
    rng = np.random.default_rng(5)
    days = np.repeat(np.arange(10), 20)
    found = two_sample_test(rng.normal(size=200), rng.normal(size=200), unit=(days, days + 10))
    assert "20 of them" in found.null
    assert found.design_effect > 0
    assert "independent rows" in two_sample_test([1, 2], [2, 1], given="counts").null


def test_columns_find_the_one_that_moved():
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(150, 4)), rng.normal(size=(150, 4))
    y[:, 2] += 1.0
    found = two_sample_test(x, y)
    assert found.p_value <= 0.002
    assert int(np.argmin(found.column_p_values)) == 2
    assert found.column_p_values[2] <= 0.01
    assert found.n == 150


def test_interval_of_columns_covers_the_sum_of_their_divergences():
    """Two columns that say the same: each ½ log-odds apart, so the sum is twice one of them."""
    rng = np.random.default_rng(8)
    covered = 0
    for _ in range(100):
        x, y = rng.normal(size=(300, 1)), rng.normal(0.4, 1, size=(300, 1))
        found = two_sample_test(np.repeat(x, 2, axis=1), np.repeat(y, 2, axis=1), draws=99)
        covered += found.interval[0] <= 2 * 0.4**2 / 2 * 0.97 and found.interval[1] >= 2 * 0.4**2 / 2 * 0.9
    # Cells lose up to a tenth of the divergence. Of 100 at 95 %: fewer than 87 with a chance of 0.0006.
    assert covered >= 87


def test_same_seed_same_answer():
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=50), rng.normal(size=50)
    assert two_sample_test(x, y, rng=3).p_value == two_sample_test(x, y, rng=3).p_value


@pytest.mark.parametrize(
    ("x", "y", "options", "words"),
    [
        ([1, 2, 3], [3, 4, 5], {}, "Say which"),
        ([1, 2], [1, 2, 3], {"given": "counts"}, "shapes"),
        ([1, -2], [1, 2], {"given": "counts"}, "-2"),
        ([0, 0], [1, 2], {"given": "counts"}, "no rows"),
        ([1.5, 2], [1, 2], {"given": "counts"}, "1.5"),
        ([], ["a"], {}, "no rows"),
        ([1.0, float("nan")], [1.0, 2.0], {}, "nan"),
        (["a"], ["b"], {"given": "numbers"}, "no number"),
        ([[1.0, 2.0]], [[1.0, 2.0, 3.0]], {}, "columns"),
        ({"a": 1}, ["a"], {}, "alike"),
        (["a"], ["b"], {"given": "guess"}, "guess"),
        (["a"], ["b"], {"draws": 5}, "draws"),
        (["a"], ["b"], {"confidence": 2.0}, "confidence"),
        ({"a": 1}, {"a": 2}, {"unit": ([0], [0, 0])}, "rows"),
        (["a", "b"], ["a", "b"], {"unit": ([0, 1], [0])}, "shape"),
        (["a", "b"], ["a", "b"], {"unit": ([0, 0], [0, 0])}, "one unit"),
        (["a", "b"], ["a", "b"], {"unit": "day"}, "pair"),
    ],
)
def test_bad_input(x, y, options, words):
    with pytest.raises(InputError, match=words):
        two_sample_test(x, y, **options)


def test_no_complex_numbers_and_no_ragged_rows():
    with pytest.raises(InputError, match="no number"):
        two_sample_test([1 + 2j, 3.0], [1.0, 2.0], given="numbers")
    with pytest.raises(InputError, match="different lengths"):
        two_sample_test([[1.0], [2.0, 3.0]], [1.0, 2.0])
