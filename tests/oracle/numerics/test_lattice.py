"""Sums over integers against mpmath: narrow, a million and a trillion wide, heavy tails, nearly equal, infinite."""

from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.special import betaln, gammaln

from kullback._core import relative_gap
from kullback.numerics import Density, Numeric, lattice_expectation, lattice_sum

HALF_LOG_2PI = 0.5 * float(np.log(2 * np.pi))


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(40):
        yield


def stirling_error(k: Any) -> Any:
    """log k! less Stirling's formula, as Loader (2000) has it."""
    small, large = np.minimum(k, 16.0), np.maximum(k, 16.0)
    direct = gammaln(small + 1) - (small + 0.5) * np.log(np.maximum(small, 1e-300)) + small - HALF_LOG_2PI
    series = 1 / (12 * large) - 1 / (360 * large**3) + 1 / (1260 * large**5) - 1 / (1680 * large**7)
    return np.where(k < 16, direct, series + 1 / (1188 * large**9))


def poisson(rate: float) -> Density:
    def log_prob(k: Any) -> Any:
        inner = np.maximum(k, 0.5)
        body = -relative_gap(inner, rate) - stirling_error(inner) - 0.5 * np.log(2 * np.pi * inner)
        return np.where(k == 0, -rate, body)

    return Density(log_prob, 0.0)


def binomial(n: float, probability: float) -> Density:
    def log_prob(k: Any) -> Any:
        inner = np.clip(k, 0.5, n - 0.5)
        rest = n - inner
        body = stirling_error(np.float64(n)) - stirling_error(inner) - stirling_error(rest)
        body -= relative_gap(inner, n * probability) + relative_gap(rest, n * (1 - probability))
        body += 0.5 * np.log(n / (2 * np.pi * inner * rest))
        return np.where(k == 0, n * np.log1p(-probability), np.where(k == n, n * np.log(probability), body))

    return Density(log_prob, 0.0, n)


def negative_binomial(size: float, probability: float) -> Density:
    constant = size * np.log(probability) - gammaln(size)

    def log_prob(k: Any) -> Any:
        return constant + gammaln(k + size) - gammaln(k + 1) + k * np.log1p(-probability)

    return Density(log_prob, 0.0)


def beta_binomial(n: float, a: float, b: float) -> Density:
    def log_prob(k: Any) -> Any:
        choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        return choose + betaln(k + a, n - k + b) - betaln(a, b)

    return Density(log_prob, 0.0, n)


def power(exponent: float) -> Density:
    constant = float(mp.log(mp.zeta(mpf(exponent))))
    return Density(lambda k: -exponent * np.log(k) - constant, 1.0)


def geometric(probability: float, low: float = 0.0) -> Density:
    return Density(lambda k: (k - low) * np.log1p(-probability) + np.log(probability), low)


def holds(result: Numeric, truth: Any, relative: float = 1e-10) -> None:
    assert abs(mpf(result.value) - truth) <= result.error
    assert result.error <= relative * abs(truth)


@pytest.mark.parametrize(
    ("p", "q", "relative"),
    [
        (3.0, 4.0, 1e-13),
        (0.01, 20.0, 1e-13),
        (1e6, 1e6 + 1, 1e-9),
        (1.0, 1e9, 1e-13),
        (1e9, 1.0, 1e-10),
        (1e12, 1e12 + 1e6, 1e-8),
        (1.0, 1.0 + 1e-8, 1e-5),
    ],
)
def test_poisson(p: float, q: float, relative: float) -> None:
    holds(lattice_sum(poisson(p), poisson(q)), mpf(p) * mp.log(mpf(p) / mpf(q)) + mpf(q) - mpf(p), relative)


def test_binomial_against_poisson() -> None:
    result = lattice_sum(binomial(1e6, 1e-6), poisson(1.0))
    # mpmath 1.3, 60 digits: nsum of b(k) * (log b(k) + 1 + loggamma(k + 1)) over k from 0 to 120, b with p = mpf(1e-6)
    n, share = mpf(10) ** 6, mpf(1e-6)
    with mp.workdps(60):
        masses = [mp.binomial(n, k) * share**k * (1 - share) ** (n - k) for k in range(120)]
        truth = mp.fsum(b * (mp.log(b) + 1 + mp.loggamma(k + 1)) for k, b in enumerate(masses))
    holds(result, truth, 1e-6)
    assert result.value == pytest.approx(2.5000025e-13, rel=1e-6)


def test_million_wide_binomials() -> None:
    p, q, n = mpf(0.5), mpf(0.501), mpf(10) ** 6
    truth = n * (p * mp.log(p / q) + (1 - p) * mp.log((1 - p) / (1 - q)))
    holds(lattice_sum(binomial(1e6, 0.5), binomial(1e6, 0.501)), truth, 1e-10)


def test_negative_binomials_of_two_sizes() -> None:
    def log_mass(r: Any, s: Any, k: int) -> Any:
        return mp.loggamma(k + r) - mp.loggamma(r) - mp.loggamma(k + 1) + r * mp.log(s) + k * mp.log1p(-s)

    p, q = (mpf(2.5), mpf(0.3)), (mpf(4.0), mpf(0.5))
    terms = ((log_mass(*p, k), log_mass(*q, k)) for k in range(300))
    truth = mp.fsum(mp.exp(lp) * (lp - lq) for lp, lq in terms)
    holds(lattice_sum(negative_binomial(2.5, 0.3), negative_binomial(4.0, 0.5)), truth, 1e-11)


def test_beta_binomial() -> None:
    def mass(k: int) -> Any:
        return mp.binomial(100, k) * mp.beta(k + mpf(0.5), 100 - k + mpf(2)) / mp.beta(mpf(0.5), mpf(2))

    truth = mp.fsum(mass(k) * mp.log(101 * mass(k)) for k in range(101))
    holds(lattice_sum(beta_binomial(100, 0.5, 2.0), beta_binomial(100, 1.0, 1.0)), truth, 1e-11)


def test_million_wide_beta_binomial() -> None:
    # Beta(2, 3) against Beta(1, 1): as exact as gammaln at a million allows. The truth is that of one sum of floats
    # with masses by product, c (k + 1) (n - k + 1) (n - k + 2).
    n, k = 1e6, np.arange(1e6 + 1)
    mass = (k + 1) * (n - k + 1) * (n - k + 2)
    mass /= float(mp.binomial(int(n) + 4, 4) * 2)
    holds(
        lattice_sum(beta_binomial(1e6, 2.0, 3.0), beta_binomial(1e6, 1.0, 1.0)),
        np.sum(mass * np.log((n + 1) * mass)),
        1e-7,
    )


@pytest.mark.parametrize(("a", "b"), [(2.0, 3.0), (1.1, 3.0), (1.001, 1.003), (7.0, 2.0)])
def test_zeta(a: float, b: float) -> None:
    s, t = mpf(a), mpf(b)
    truth = mp.log(mp.zeta(t) / mp.zeta(s)) + (s - t) * mp.zeta(s, derivative=1) / mp.zeta(s)
    holds(lattice_sum(power(a), power(b)), truth, 1e-10)


def test_zeta_against_geometric() -> None:
    s, share = mpf(2.5), mpf(0.3)
    mean = mp.zeta(s - 1) / mp.zeta(s)
    truth = (
        s * mp.zeta(s, derivative=1) / mp.zeta(s) - mp.log(mp.zeta(s)) - (mean - 1) * mp.log1p(-share) - mp.log(share)
    )
    holds(lattice_sum(power(2.5), geometric(0.3, 1.0)), truth, 1e-12)


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.4), (1e-3, 2e-3), (1e-9, 2e-9)])
def test_geometric(a: float, b: float) -> None:
    p, q = mpf(a), mpf(b)
    truth = mp.log(p / q) + (1 - p) / p * mp.log((1 - p) / (1 - q))
    holds(lattice_sum(geometric(a), geometric(b)), truth, 1e-12)


@pytest.mark.parametrize(
    "law", [poisson(3.0), poisson(1e7), binomial(1e6, 0.2), power(1.5), beta_binomial(50, 0.1, 2.0)]
)
def test_identical(law: Density) -> None:
    result = lattice_sum(law, law)
    assert 0 <= result.value <= result.error < 1e-13


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (poisson(1.0), binomial(1e6, 1e-6)),
        (poisson(1.0), binomial(10.0, 0.1)),
        (power(1.5), geometric(0.3, 1.0)),
        (geometric(0.3), geometric(0.3, 1.0)),
    ],
)
def test_infinite(p: Density, q: Density) -> None:
    assert lattice_sum(p, q).value == np.inf


def test_what_was_not_seen_is_said() -> None:
    only_integers = Density(lambda k: np.where(k == np.rint(k), -1.2 * np.log(k) - 1.72126233139561, -np.inf), 1.0)
    assert lattice_sum(only_integers, power(3.0)).error == np.inf


def test_expectation() -> None:
    holds(lattice_expectation(poisson(1e6), lambda k: k), mpf(10) ** 6, 1e-10)
    s = mpf(2.5)
    holds(lattice_expectation(power(2.5), np.log), -mp.zeta(s, derivative=1) / mp.zeta(s), 1e-12)
    assert lattice_expectation(power(1.5), lambda k: k).value == np.inf
