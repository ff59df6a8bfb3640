"""Every method against its definition written out, and its exact expectation over all samples."""

import itertools
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy import integrate, special, stats

from kullback._core import InputError
from kullback.estimators._add_half import add_half
from kullback.estimators._bayesian import bayesian
from kullback.estimators._chao_shen import chao_shen, chao_shen_entropy
from kullback.estimators._counts_entropy import counts_entropy
from kullback.estimators._grassberger import grassberger, grassberger_digamma, grassberger_entropy
from kullback.estimators._miller_madow import miller_madow, miller_madow_entropy
from kullback.estimators._zhang_grabchak import zhang_grabchak, zhang_grabchak_entropy

PAIRS = [
    ([3, 1, 2], [2, 2, 2]),
    ([5, 1, 0, 4], [0, 3, 2, 7]),
    ([1, 1, 1], [4, 0, 0]),
    ([7, 0], [0, 2]),
    ([12, 9, 1, 1, 1], [3, 1, 1, 0, 20]),
]
METHODS = [zhang_grabchak, grassberger, miller_madow, chao_shen, add_half, bayesian]
ENTROPIES = [counts_entropy, zhang_grabchak_entropy, grassberger_entropy, miller_madow_entropy, chao_shen_entropy]


def _series_entropy(counts):
    """Zhang (2012): the sum over v of 1/v times the unbiased estimate of the sum of p (1 - p)^v."""
    n, total = sum(counts), Fraction(0)
    for v in range(1, n):
        front = Fraction(n) ** (1 + v) * Fraction(math.factorial(n - 1 - v), math.factorial(n))
        inner = Fraction(0)
        for count in counts:
            share = Fraction(count, n)
            inner += share * math.prod((1 - share - Fraction(j, n) for j in range(v)), start=Fraction(1))
        total += front * inner / v
    return total


def _series_cross(p, q):
    """Zhang and Grabchak (2014), the second sum."""
    n, m, total = sum(p), sum(q), Fraction(0)
    for a, b in zip(p, q, strict=True):
        for v in range(1, m - b + 1):
            unseen = math.prod((1 - Fraction(b, m - s + 1) for s in range(1, v + 1)), start=Fraction(1))
            total += Fraction(a, n) * unseen / v
    return total


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_zhang_grabchak_is_the_series(p, q):
    truth = float(_series_cross(p, q) - _series_entropy(p))
    assert zhang_grabchak(p, q).value == pytest.approx(truth, rel=1e-12, abs=1e-13)
    assert zhang_grabchak_entropy(p).value == pytest.approx(float(_series_entropy(p)), rel=1e-12, abs=1e-13)


def _samples(law, size):
    """Every sample with its chance."""
    for counts in itertools.product(range(size + 1), repeat=len(law)):
        if sum(counts) == size:
            ways = math.factorial(size) / math.prod(math.factorial(count) for count in counts)
            yield counts, ways * math.prod(share**count for share, count in zip(law, counts, strict=True))


def test_zhang_grabchak_misses_the_end_of_the_series_only():
    p, q, n, m = (0.5, 0.3, 0.2), (0.1, 0.3, 0.6), 4, 5
    found = math.fsum(
        chance * other * zhang_grabchak(a, b).value for a, chance in _samples(p, n) for b, other in _samples(q, m)
    )
    cross = math.fsum(a * sum((1 - b) ** v / v for v in range(1, m + 1)) for a, b in zip(p, q, strict=True))
    entropy = math.fsum(a * sum((1 - a) ** v / v for v in range(1, n)) for a in p)
    assert found == pytest.approx(cross - entropy, rel=1e-12)


def test_grassberger_by_the_recurrence_of_his_paper():
    values = [-np.euler_gamma - math.log(2), 2 - np.euler_gamma - math.log(2)]
    for n in range(3, 40):
        values.append(values[-1] if n % 2 else values[-1] + 2 / (n - 1))
    assert grassberger_digamma(np.arange(1, 40)) == pytest.approx(values, rel=1e-12)


@pytest.mark.parametrize("rate", [0.1, 1.0, 5.0])
def test_what_rare_categories_hide_under_a_poisson_law(rate):
    # Means of n psi(n) and n G(n): rate log(rate) and rate E_1(rate), rate E_1(2 rate).
    counts = np.arange(1, 200)
    chances = stats.poisson.pmf(counts, rate)
    whole = rate * math.log(rate)
    assert chances @ (counts * special.digamma(counts)) - whole == pytest.approx(rate * special.exp1(rate), rel=1e-9)
    missed = chances @ (counts * grassberger_digamma(counts)) - whole
    assert missed == pytest.approx(rate * special.exp1(2 * rate), rel=1e-9)


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_grassberger_written_out(p, q):
    n, m, half = sum(p), sum(q), mpmath.mpf(1) / 2
    total = entropy = mpmath.mpf(0)
    for a, b in zip(p, q, strict=True):
        if a:
            g = mpmath.digamma(a) + half * (-1) ** a * (mpmath.digamma((a + 1) * half) - mpmath.digamma(a * half))
            total += a * (g - mpmath.log(n) + mpmath.log(m) - mpmath.digamma(b + 1)) / n
            entropy += a * (mpmath.log(n) - g) / n
    assert grassberger(p, q).value == pytest.approx(float(total), rel=1e-12, abs=1e-13)
    assert grassberger_entropy(p).value == pytest.approx(float(entropy), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_miller_madow_is_the_plugin_less_its_bias(p, q):
    p, q = np.array(p), np.array(q)
    entropy = stats.entropy(p) + (np.count_nonzero(p) - 1) / (2 * p.sum())
    assert miller_madow_entropy(p).value == pytest.approx(entropy, rel=1e-12, abs=1e-13)
    corrections = (np.count_nonzero(p) - 1) / (2 * p.sum()) + (len(p) - 1) / (2 * q.sum())
    assert miller_madow(p, q).value == pytest.approx(stats.entropy(p, q + 0.5) - corrections, rel=1e-12, abs=1e-13)


def _coverage(counts):
    singles, n = counts.count(1), sum(counts)
    return 1 - Fraction(min(singles, n - 1), n)


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_chao_shen_written_out(p, q):
    n, m, lacking = sum(p), sum(q), sum(a > 0 and b == 0 for a, b in zip(p, q, strict=True))
    rest = min(max(1 - _coverage(q), Fraction(1, 2 * m)) / max(lacking, 1), Fraction(1, m))
    total = entropy = 0.0
    for a, b in zip(p, q, strict=True):
        share = _coverage(p) * Fraction(a, n)
        other = _coverage(q) * Fraction(b, m) if b else rest
        if a:
            weight = float(share / (1 - (1 - share) ** n))
            total += weight * math.log(share / other)
            entropy -= weight * math.log(share)
    assert chao_shen(p, q).value == pytest.approx(total, rel=1e-12, abs=1e-13)
    assert chao_shen_entropy(p).value == pytest.approx(entropy, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_add_half_is_the_divergence_of_smoothed_shares(p, q):
    truth = stats.entropy(np.array(p) + 0.5, np.array(q) + 0.5)
    assert add_half([*p, 0], [*q, 0]).value == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize("concentration", [0.5, 1.0, 2.5])
def test_bayesian_is_the_posterior_mean(concentration):
    (a, c), (b, d) = (np.array(counts) + concentration for counts in ([4, 2], [1, 5]))
    of_p, of_q = stats.beta(a, c), stats.beta(b, d)

    def mean(law, function):
        return integrate.quad(lambda x: law.pdf(x) * function(x), 0, 1, limit=200)[0]

    truth = mean(of_p, lambda x: -special.entr(x) - special.entr(1 - x))
    truth -= of_p.mean() * mean(of_q, np.log) + (1 - of_p.mean()) * mean(of_q, lambda x: np.log1p(-x))
    assert bayesian([4, 2], [1, 5], concentration=concentration).value == pytest.approx(truth, rel=1e-6)


def test_bayesian_draws_are_those_of_the_posterior():
    p, q = np.array([40, 30, 20]), np.array([20, 30, 45])
    rng = np.random.default_rng(3)
    laws = rng.dirichlet(p + 0.5, 40_000), rng.dirichlet(q + 0.5, 40_000)
    draws = (laws[0] * np.log(laws[0] / laws[1])).sum(axis=1)
    found = bayesian(p, q)
    # 4,000 draws: three standard errors of a standard deviation are 3.4 %, of the upper end about 4 %.
    assert found.stderr == pytest.approx(draws.std(), rel=0.04)
    assert found.interval[1] == pytest.approx(np.quantile(draws, 0.975), rel=0.05)


def test_bayesian_of_a_tiny_concentration_is_finite():
    found = bayesian([5, 0, 1], [0, 7, 1], concentration=1e-4)
    assert math.isfinite(found.value)
    assert math.isfinite(found.stderr)


@pytest.mark.parametrize("concentration", [0, -1, math.inf, math.nan, True])
def test_bayesian_needs_a_prior(concentration):
    with pytest.raises(InputError, match="no prior"):
        bayesian([1, 2], [2, 1], concentration=concentration)


def test_bayesian_says_where_the_prior_outweighs_the_rows():
    assert bayesian([50, 60], [70, 30]).reliable
    found = bayesian(np.ones(50), np.ones(50))
    assert not found.reliable
    assert any("prior outweighs" in note for note in found.notes)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [10**4, 10**8])
def test_every_method_finds_the_divergence_of_many_rows(method, scale):
    p, q = np.array([3, 3, 4]), np.array([2, 5, 3])
    found = method(scale * p, scale * q)
    assert found.value == pytest.approx(stats.entropy(p, q), abs=5 / scale)
    assert found.interval[0] < stats.entropy(p, q) < found.interval[1]
    assert found.reliable


@pytest.mark.parametrize("entropy", ENTROPIES)
@pytest.mark.parametrize("scale", [10**4, 10**8])
def test_every_method_finds_the_entropy_of_many_rows(entropy, scale):
    found = entropy(scale * np.array([3, 3, 4]))
    assert found.value == pytest.approx(stats.entropy([3, 3, 4]), abs=5 / scale)
    assert (found.quantity, found.m, found.n) == ("H(x)", 0, 10 * scale)
    assert found.reliable


@pytest.mark.parametrize("method", METHODS)
def test_labels_and_names(method):
    found = method({"a": 5, "b": 3}, {"b": 4, "a": 2})
    assert found.method == method.__name__
    assert found.value == method([5, 3], [2, 4]).value
    assert (found.n, found.m, found.unit) == (8, 6, "nats")


@pytest.mark.parametrize("function", [*METHODS, *ENTROPIES])
def test_confidence_is_checked(function):
    with pytest.raises(InputError, match="is no level"):
        function(*([[1, 2]] * (2 if function in METHODS else 1)), confidence=1.5)
