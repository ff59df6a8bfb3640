import itertools
import math

import numpy as np
import pytest
from scipy import stats

import kullback as kl
from kullback._core import InputError
from kullback.decisions.hypotheses import goodness_of_fit_test

F = kl.families


def g_of(counts, shares):
    n = sum(counts)
    return 2 * sum(c * math.log(c / (n * s)) for c, s in zip(counts, shares, strict=True) if c)


@pytest.mark.parametrize(
    ("counts", "shares"), [((5, 1, 0), (0.4, 0.3, 0.3)), ((2, 2, 2), (0.7, 0.2, 0.1)), ((6, 1), (0.5, 0.5))]
)
def test_exact_by_every_sequence(counts, shares):
    n, observed = sum(counts), g_of(counts, shares)
    truth = 0.0
    for rows in itertools.product(range(len(shares)), repeat=n):
        if g_of(np.bincount(rows, minlength=len(shares)).tolist(), shares) >= observed - 1e-9:
            truth += math.prod(shares[i] for i in rows)
    found = goodness_of_fit_test(counts, shares)
    assert found.p_value == pytest.approx(truth, rel=1e-10)
    assert found.statistic == pytest.approx(observed, rel=1e-12)
    assert found.value == pytest.approx(float(kl.divergence(np.array(counts) / n, shares)), rel=1e-12)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_size_is_at_most_the_level(alpha):
    shares = (0.6, 0.3, 0.1)
    size = sum(
        stats.multinomial.pmf((a, b, 12 - a - b), 12, shares)
        * (goodness_of_fit_test((a, b, 12 - a - b), shares).p_value <= alpha)
        for a in range(13)
        for b in range(13 - a)
    )
    assert 0.3 * alpha < size <= alpha + 1e-9


def test_many_rows_follow_chi_squared():
    counts = np.full(30, 1000) + np.arange(30) * 4
    found = goodness_of_fit_test(counts, np.full(30, 1 / 30))
    truth = stats.power_divergence(counts, lambda_="log-likelihood").pvalue
    assert "chi-squared" in found.method
    assert found.p_value == pytest.approx(truth, rel=1e-2)


def test_simulated_tables_where_neither_holds():
    rng = np.random.default_rng(0)
    shares = np.full(40, 1 / 40)
    p = np.array(
        [goodness_of_fit_test(rng.multinomial(60, shares), shares, draws=199, rng=i).p_value for i in range(200)]
    )
    # Of 200 at 10 %: more than 38 with a chance of 1e-4.
    assert 5 <= (p <= 0.1).sum() <= 38


def test_law_on_whole_numbers_has_a_cell_for_the_rest():
    counts = [3, 2, 1, 1]
    shares = [*stats.poisson(1.0).pmf(np.arange(4)), stats.poisson(1.0).sf(3)]
    by_law, by_hand = goodness_of_fit_test(counts, F.Poisson(1.0)), goodness_of_fit_test([*counts, 0], shares)
    assert by_law.p_value == pytest.approx(by_hand.p_value, rel=1e-9)
    assert by_law.cells == 5
    assert goodness_of_fit_test([5, 5], F.Bernoulli(0.3)).cells == 2


def test_forbidden_outcome():
    found = goodness_of_fit_test([1, 3], [0.0, 1.0])
    assert (found.p_value, found.value) == (0.0, math.inf)
    assert goodness_of_fit_test([0, 3], [0.0, 1.0]).p_value == 1.0


def test_labels_are_matched():
    found = goodness_of_fit_test({"b": 1, "a": 8, "c": 1}, {"a": 0.4, "b": 0.3, "c": 0.3})
    assert found.p_value == pytest.approx(goodness_of_fit_test([8, 1, 1], [0.4, 0.3, 0.3]).p_value)


@pytest.mark.parametrize(
    ("counts", "law", "options", "words"),
    [
        ([1, 2], [0.5, 0.3, 0.2], {}, "cells"),
        ([1, 2], [0.5, 0.6], {}, "adds up"),
        ([1.5, 2], [0.5, 0.5], {}, "1.5"),
        ([0, 0], [0.5, 0.5], {}, "no rows"),
        ([1, 2], F.Normal(0, 1), {}, "density"),
        ({"a": 1}, [1.0], {}, "labels"),
        ([1, 2], [0.5, 0.5], {"draws": 3}, "draws"),
    ],
)
def test_bad_input(counts, law, options, words):
    with pytest.raises(InputError, match=words):
        goodness_of_fit_test(counts, law, **options)
