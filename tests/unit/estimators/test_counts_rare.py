"""What is extrapolated to rare categories, and the law where nothing changed, against quadrature and simulation."""

import math

import mpmath
import numpy as np
import pytest

from kullback.estimators._counts_null import null_law
from kullback.estimators._rare_labels import _ENDS, _SLOPES, _spectra, extrapolated, extrapolated_entropy
from kullback.estimators._tally import Tally, read_counts
from kullback.estimators._unseen import unseen, unseen_share
from kullback.estimators._zhang_grabchak import zhang_grabchak_value


def _zipf(labels, exponent):
    weights = np.arange(1, labels + 1.0) ** -exponent
    return weights / weights.sum()


def _divergence(p, q):
    return float(p @ np.log(p / q))


def _entropy(p):
    return -float(p @ np.log(p))


@pytest.mark.parametrize("slope", [-6, -1.0, 0, 0.6])
@pytest.mark.parametrize("end", [-8, -1, 1])
def test_spectra_by_quadrature(slope, end):
    i, j = np.flatnonzero(slope == _SLOPES)[0], np.flatnonzero(np.isclose(_ENDS, end))[0]
    cut = [mpmath.exp(end), 1, 10, 60, 200] if end < 0 else [mpmath.exp(end), 10, 60, 200]

    def mass(function):
        return mpmath.quad(lambda x: x ** (slope - 1) * function(x), cut)

    shares = [mass(lambda x, met=met: x**met * mpmath.exp(-x) / mpmath.factorial(met)) for met in range(11)]
    assert np.exp(_spectra().log_shares[i, j]) == pytest.approx([float(s / sum(shares)) for s in shares], rel=3e-3)
    assert _spectra().missed[i, j] == pytest.approx(float(mass(mpmath.e1) / sum(shares)), rel=3e-3)


def test_nothing_is_added_where_every_row_met_one_of_its_kind():
    found = extrapolated(read_counts([5, 2, 9], [3, 1, 4]))
    assert found.value == found.plain
    assert found.error == 0


@pytest.mark.parametrize("law", [_zipf(100, 0), _zipf(1000, 1)])
def test_equal_laws_stay_unbiased(law):
    rng = np.random.default_rng(70)
    runs = 300
    found = np.array([extrapolated(read_counts(*rng.multinomial(200, law, 2))).value for _ in range(runs)])
    assert abs(found.mean()) <= 4 * found.std() / math.sqrt(runs)


@pytest.mark.parametrize(("first", "second"), [(1, 1.5), (1.2, 0.8), (1, 0.7), (0.8, 1.2)])
def test_bias_falls_to_less_than_half_under_zipf(first, second):
    rng = np.random.default_rng(71)
    p, q = _zipf(10_000, first), _zipf(10_000, second)
    pairs = [read_counts(rng.multinomial(3000, p), rng.multinomial(3000, q)) for _ in range(60)]
    found = np.array([[one.plain, one.value] for one in map(extrapolated, pairs)]) - _divergence(p, q)
    assert abs(found[:, 1].mean()) <= 0.5 * abs(found[:, 0].mean())


@pytest.mark.parametrize(("labels", "exponent"), [(1000, 0), (1000, 1), (10_000, 1), (10_000, 1.5)])
def test_bias_of_the_entropy_falls_to_less_than_half(labels, exponent):
    rng = np.random.default_rng(72)
    law = _zipf(labels, exponent)
    counts = rng.multinomial(1000, law, 60)
    found = np.array([[one.plain, one.value] for one in (extrapolated_entropy(row[row > 0]) for row in counts)])
    bias = found.mean(axis=0) - _entropy(law)
    assert abs(bias[1]) <= 0.5 * abs(bias[0])


@pytest.mark.parametrize(
    ("labels", "n", "m", "exponent"),
    [(2, 100, 100, 0), (2, 100, 100, 4), (10, 100, 100, 1), (10, 30, 300, 1), (50, 100, 100, 1), (1000, 100, 100, 1)],
)
def test_law_where_nothing_changed_by_simulation(labels, n, m, exponent):
    # 4,000 tables with the same pooled counts: the error of a variance is about 5 % where it is most skewed.
    rng = np.random.default_rng(73)
    pooled = rng.multinomial(n + m, _zipf(labels, exponent))
    pooled = pooled[pooled > 0]
    drawn = rng.multivariate_hypergeometric(pooled, n, size=4000, method="marginals")
    figures = np.array([zhang_grabchak_value(Tally(row, pooled - row, n, m)) for row in drawn])
    law = null_law(Tally(drawn[0], pooled - drawn[0], n, m))
    assert law.mean == pytest.approx(figures.mean(), abs=4 * figures.std() / math.sqrt(4000) + 0.03 * figures.std())
    assert law.variance == pytest.approx(figures.var(), rel=0.15)
    skewness = ((figures - figures.mean()) ** 3).mean() / figures.std() ** 3
    assert math.sqrt(8 / law.degrees) == pytest.approx(skewness, rel=0.2, abs=0.1)


@pytest.mark.parametrize("labels", [2, 5, 20])
def test_many_rows_have_one_degree_of_freedom_less_than_categories(labels):
    even = np.full(labels, 10**6)
    law = null_law(Tally(even, even, labels * 10**6, labels * 10**6))
    assert law.degrees == pytest.approx(labels - 1, rel=1e-3)
    assert law.effective == pytest.approx(labels * 10**6 / 2, rel=1e-3)


def test_figure_that_cannot_vary():
    # Whoever has the single rows, each adds nothing.
    law = null_law(Tally(np.array([1, 1, 0, 0]), np.array([0, 0, 1, 1]), 2, 2))
    assert law.variance == 0


def test_good_turing():
    assert unseen_share(np.array([1, 1, 3, 5])) == 0.2
    assert unseen_share(np.array([2, 3])) == 0


def test_good_turing_is_nearly_unbiased():
    rng = np.random.default_rng(74)
    law = _zipf(1000, 1)
    counts = rng.multinomial(500, law, 2000)
    hidden = np.where(counts == 0, law, 0).sum(axis=1)
    found = np.array([unseen_share(row) for row in counts])
    # Its bias is that of one row more: less than the share over the number of rows.
    assert found.mean() == pytest.approx(hidden.mean(), abs=4 * (found - hidden).std() / math.sqrt(2000) + 1 / 500)


def test_what_was_not_seen():
    found = unseen(read_counts([4, 1, 0, 5], [0, 0, 1, 9]))
    assert (found.labels_x, found.labels_y, found.heaviest, found.expected) == (3, 2, 4, 2)
    assert found.absent == 0.5
    assert (found.in_x, found.in_y) == (0.1, 0.1)
    assert not found.may_be_infinite
