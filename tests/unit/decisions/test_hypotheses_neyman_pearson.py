import itertools
import math

import mpmath
import numpy as np
import pytest
from scipy import stats

import kullback as kl
from kullback._core import InputError
from kullback.decisions.hypotheses import neyman_pearson, stein_exponent

F = kl.families


def enumerated(p, q, n, alpha):
    """Power of the most powerful test over every sequence of n rows."""
    rows = []
    for sequence in itertools.product(range(len(p)), repeat=n):
        a, b = math.prod(p[i] for i in sequence), math.prod(q[i] for i in sequence)
        rows.append((math.inf if a == 0 else b / a, a, b))
    rows.sort(reverse=True)
    power, left = 0.0, alpha
    for _, a, b in rows:
        if a <= left:
            power, left = power + b, left - a
        else:
            return power + b * left / a
    return power


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.3])
@pytest.mark.parametrize(
    ("p", "q"), [([0.5, 0.5], [0.2, 0.8]), ([0.5, 0.3, 0.2], [0.2, 0.3, 0.5]), ([0.5, 0.5, 0.0], [0.0, 0.4, 0.6])]
)
def test_power_is_that_of_all_sequences(p, q, alpha):
    found = neyman_pearson(p, q, alpha=alpha, n=7)
    assert found.power == pytest.approx(enumerated(p, q, 7, alpha), abs=1e-13)


def test_binomial_test_far_in_the_tail():
    """Chances below the smallest float, by sums at 50 digits."""
    n, alpha = 2000, 0.01
    found = neyman_pearson(F.Bernoulli(0.5), F.Bernoulli(0.9), alpha=alpha, n=n)
    with mpmath.workdps(50):
        null = [mpmath.binomial(n, k) / mpmath.mpf(2) ** n for k in range(n + 1)]
        other = [mpmath.binomial(n, k) * mpmath.mpf(0.9) ** k * mpmath.mpf(1 - 0.9) ** (n - k) for k in range(n + 1)]
        above, k = mpmath.mpf(0), n
        while above + null[k] <= alpha:
            above, k = above + null[k], k - 1
        tie = (alpha - above) / null[k]
        miss = mpmath.log(mpmath.fsum(other[:k]) + (1 - tie) * other[k])
    assert found.log_type_ii == pytest.approx(float(miss), rel=1e-12)
    assert found.randomization == pytest.approx(float(tie), rel=1e-9)


def test_level_is_met_exactly_by_the_test_itself():
    found = neyman_pearson([0.5, 0.3, 0.2], [0.2, 0.3, 0.5], alpha=0.07, n=5)
    size = power = 0.0
    for rows in itertools.product(range(3), repeat=5):
        chance = found.reject(list(rows))
        size += chance * math.prod([0.5, 0.3, 0.2][i] for i in rows)
        power += chance * math.prod([0.2, 0.3, 0.5][i] for i in rows)
    assert size == pytest.approx(0.07, rel=1e-12)
    assert power == pytest.approx(found.power, rel=1e-12)


@pytest.mark.parametrize("loc", [1.0, -0.3])
def test_normal_shift(loc):
    found = neyman_pearson(F.Normal(0, 2), F.Normal(loc, 2), alpha=0.01, n=9)
    gap = 3 * abs(loc) / 2
    assert found.power == pytest.approx(stats.norm.sf(stats.norm.isf(0.01) - gap), rel=1e-13)
    far = neyman_pearson(F.Normal(0, 1), F.Normal(10, 1), alpha=1e-200, n=100)
    assert far.log_type_ii == pytest.approx(stats.norm.logcdf(stats.norm.isf(1e-200) - 100), rel=1e-13)


@pytest.mark.parametrize(
    ("p", "q", "n", "power"),
    [
        (F.Exponential(1.0), F.Exponential(0.5), 8, lambda a: stats.gamma.sf(stats.gamma.isf(a, 8), 8, scale=2)),
        (F.Exponential(1.0), F.Exponential(3.0), 8, lambda a: stats.gamma.cdf(stats.gamma.ppf(a, 8), 8, scale=1 / 3)),
        (F.Gamma(2.5, 1.0), F.Gamma(2.5, 2.0), 4, lambda a: stats.gamma.cdf(stats.gamma.ppf(a, 10), 10, scale=1 / 2)),
        (F.Laplace(0, 1), F.Laplace(0, 2), 5, lambda a: stats.gamma.sf(stats.gamma.isf(a, 5), 5, scale=2)),
        (F.Rayleigh(1), F.Rayleigh(2), 3, lambda a: stats.gamma.sf(stats.gamma.isf(a, 3), 3, scale=4)),
        (F.Weibull(1, 2), F.Weibull(2, 2), 3, lambda a: stats.gamma.sf(stats.gamma.isf(a, 3), 3, scale=4)),
        (F.Pareto(1, 3), F.Pareto(1, 1), 4, lambda a: stats.gamma.sf(stats.gamma.isf(a, 4), 4, scale=3)),
        (F.Normal(0, 1), F.Normal(0, 2), 6, lambda a: stats.chi2.sf(stats.chi2.isf(a, 6) / 4, 6)),
        (F.LogNormal(0, 1), F.LogNormal(1, 1), 4, lambda a: stats.norm.sf(stats.norm.isf(a) - 2)),
    ],
)
def test_pairs_that_come_down_to_one_sum(p, q, n, power):
    assert neyman_pearson(p, q, alpha=0.03, n=n).power == pytest.approx(power(0.03), rel=1e-11)


def test_normal_laws_that_differ_in_both():
    """N(0,1) against N(1,4): squares about -1/3, noncentral chi-squared."""
    found = neyman_pearson(F.Normal(0, 1), F.Normal(1, 2), alpha=0.05, n=10)
    at = stats.ncx2.isf(0.05, 10, 10 / 9)
    assert found.power == pytest.approx(stats.ncx2.sf(at / 4, 10, 10 * (4 / 3) ** 2 / 4), rel=1e-9)


@pytest.mark.parametrize(
    ("p", "q", "law"),
    [
        (F.Poisson(3), F.Poisson(4), lambda n: (stats.poisson(3 * n), stats.poisson(4 * n))),
        (F.Geometric(0.3), F.Geometric(0.2), lambda n: (stats.nbinom(n, 0.3), stats.nbinom(n, 0.2))),
        (F.Binomial(5, 0.3), F.Binomial(5, 0.4), lambda n: (stats.binom(5 * n, 0.3), stats.binom(5 * n, 0.4))),
    ],
)
def test_sums_on_whole_numbers(p, q, law):
    n, alpha = 20, 0.05
    null, other = law(n)
    k = int(null.isf(alpha))
    tie = (alpha - null.sf(k)) / null.pmf(k)
    found = neyman_pearson(p, q, alpha=alpha, n=n)
    assert found.power == pytest.approx(other.sf(k) + tie * other.pmf(k), rel=1e-10)


def test_roc_lies_above_chance_and_holds_the_test():
    found = neyman_pearson(F.Normal(0, 1), F.Normal(1, 1), alpha=0.1)
    false, true = found.roc
    assert (np.diff(false) >= 0).all()
    assert (true >= false - 1e-12).all()
    assert np.interp(0.1, false, true) == pytest.approx(found.power, abs=1e-3)


def test_the_exponent_is_the_divergence_from_the_null():
    test = neyman_pearson([0.9, 0.1], [0.5, 0.5], alpha=0.1, n=200_000)
    forward, backward = (float(kl.divergence(*pair)) for pair in (([0.9, 0.1], [0.5, 0.5]), ([0.5, 0.5], [0.9, 0.1])))
    assert test.exponent == pytest.approx(forward, rel=0.01)
    assert abs(test.exponent - backward) > 0.1
    assert "D(null‖alternative)" in str(test)


def test_second_order_comes_within_a_constant():
    """Strassen: what is left after n D - z sqrt(nV) + ½ log n stays bounded."""
    rests = []
    for n in (100, 1000, 10_000, 100_000):
        found = stein_exponent([0.5, 0.5], [0.2, 0.8], alpha=0.05, n=n)
        rests.append(found.log_misses - found.second_order)
        assert found.exact_exponent < found.value
    assert max(rests) - min(rests) < 1.0


def test_variance_of_the_ratio():
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    ratio = np.log(p / q)
    found = stein_exponent(p, q)
    assert found.value == pytest.approx(float(p @ ratio), rel=1e-13)
    assert found.variance == pytest.approx(float(p @ (ratio - p @ ratio) ** 2), rel=1e-13)
    # log p/q of N(0,1) and N(1,4) is log 2 - x²/2 + (x-1)²/8: variance of -3x²/8 - x/4.
    assert stein_exponent(F.Normal(0, 1), F.Normal(1, 2)).variance == pytest.approx(2 * 9 / 64 + 1 / 16, rel=1e-10)


def test_forbidden_outcomes_end_all_misses():
    found = stein_exponent([0.5, 0.5], [0.0, 1.0], alpha=0.05, n=20)
    assert math.isinf(found.value)
    assert found.log_misses == -math.inf


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"alpha": 0}, "alpha"),
        ({"alpha": "x"}, "alpha"),
        ({"n": 0}, "number of rows"),
        ({"n": 2.5}, "number of rows"),
        ({"null": [0.5, 0.6]}, "adds up"),
        ({"null": [0.5, float("nan")]}, "nan"),
        ({"null": [0.5, -0.5, 1.0], "alternative": [0.2, 0.3, 0.5]}, "-0.5"),
        ({"null": [0.5, 0.3, 0.2]}, "shape"),
        ({"null": F.Normal(0, 1), "alternative": F.Cauchy(0, 1)}, "not known"),
        ({"null": [0.2] * 5, "alternative": [0.1, 0.3, 0.4, 0.15, 0.05], "n": 400}, "types"),
        ({"null": F.Zeta(2.5), "alternative": F.Zeta(3.0)}, "too many outcomes"),
    ],
)
def test_bad_input(change, words):
    given = {"null": [0.5, 0.5], "alternative": [0.2, 0.8], "alpha": 0.05, "n": 3} | change
    with pytest.raises(InputError, match=words):
        neyman_pearson(given["null"], given["alternative"], alpha=given["alpha"], n=given["n"])


def test_rows_that_cannot_be():
    found = neyman_pearson({"a": 0.5, "b": 0.5}, {"a": 0.2, "b": 0.8}, n=2)
    assert found.log_ratio(["a", "b"]) == pytest.approx(math.log(0.4) + math.log(1.6), rel=1e-12)
    with pytest.raises(InputError, match="neither hypothesis"):
        found.reject(["a", "c"])
    with pytest.raises(InputError, match="3 rows"):
        found.reject(["a", "b", "b"])


def test_picture(require):
    require("matplotlib")
    axis = neyman_pearson([0.5, 0.5], [0.2, 0.8], n=10).plot().axes[0]
    assert "false alarm" in axis.get_xlabel()


def test_scales_that_hardly_differ_are_refused():
    with pytest.raises(InputError, match="same scale"):
        neyman_pearson(F.Normal(0, 1), F.Normal(1, 1 + 1e-6), n=3)


def test_variance_is_never_a_nan():
    vectors = kl.families.Dirichlet([1.0, 2.0]), kl.families.Dirichlet([2.0, 2.0])
    found = stein_exponent(*vectors)
    assert found.variance is None
    assert "variance" not in str(found)
    assert stein_exponent(kl.families.PointMass(1.0), kl.families.Poisson(2.0)).variance == 0
