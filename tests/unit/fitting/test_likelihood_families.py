"""Every family against the root of its score at 30 digits, from densities written here once more."""

import mpmath as mp
import numpy as np
import pytest

from kullback import families as laws
from kullback.fitting.likelihood import fit
from kullback.fitting.likelihood._solve import _FITTED

RNG = np.random.default_rng(5)
POSITIVE = RNG.gamma(2.0, 1.5, 15) + 0.05
REAL = RNG.standard_t(3, 15) * 2.0 + 1.0
UNIT = RNG.beta(1.5, 2.5, 15)
COUNTS = [0, 1, 1, 2, 3, 3, 4, 7, 9, 12]
FROM_ONE = [1, 1, 1, 1, 2, 2, 3, 5, 8]
HEAVY = RNG.standard_t(2, 40)
ANGLES = RNG.vonmises(0.5, 2.0, 15)


def _gamma(x, a, b):
    return a * mp.log(b) - mp.loggamma(a) + (a - 1) * mp.log(x) - b * x


def _weibull(x, scale, k):
    return mp.log(k / scale) + (k - 1) * mp.log(x / scale) - (x / scale) ** k


def _student(x, df, loc, scale):
    z = (x - loc) / scale
    front = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(df * mp.pi) / 2 - mp.log(scale)
    return front - (df + 1) / 2 * mp.log(1 + z * z / df)


def _gumbel(x, loc, scale):
    z = (x - loc) / scale
    return -z - mp.exp(-z) - mp.log(scale)


def _moyal(x, loc, scale):
    z = (x - loc) / scale
    return -(z + mp.exp(-z)) / 2 - mp.log(scale * mp.sqrt(2 * mp.pi))


def _logistic(x, loc, scale):
    z = (x - loc) / scale
    return -z - 2 * mp.log(1 + mp.exp(-z)) - mp.log(scale)


def _beta(x, a, b):
    return (a - 1) * mp.log(x) + (b - 1) * mp.log(1 - x) - mp.log(mp.beta(a, b))


def _negative_binomial(x, r, p):
    return mp.loggamma(x + r) - mp.loggamma(r) - mp.loggamma(x + 1) + r * mp.log(p) + x * mp.log(1 - p)


def _beta_binomial(x, a, b):
    return mp.log(mp.binomial(15, x)) + mp.log(mp.beta(a + x, b + 15 - x)) - mp.log(mp.beta(a, b))


def _truncated(x, loc, scale):
    mass = mp.ncdf((12 - loc) / scale) - mp.ncdf((0 - loc) / scale)
    return -(((x - loc) / scale) ** 2) / 2 - mp.log(scale) - mp.log(mass)


def _inverse_gaussian(x, m, shape):
    return mp.log(shape / (2 * mp.pi * x**3)) / 2 - shape * (x - m) ** 2 / (2 * m * m * x)


CASES = {
    "Gamma": (POSITIVE, _gamma, {}),
    "InverseGamma": (POSITIVE, lambda x, a, b: _gamma(1 / x, a, b) - 2 * mp.log(x), {}),
    "Nakagami": (POSITIVE, lambda x, m, w: _gamma(x * x, m, m / w) + mp.log(2 * x), {}),
    "Chi2": (POSITIVE, lambda x, df: _gamma(x, df / 2, mp.mpf(1) / 2), {}),
    "Chi": (POSITIVE, lambda x, df: _gamma(x * x, df / 2, mp.mpf(1) / 2) + mp.log(2 * x), {}),
    "Weibull": (POSITIVE, _weibull, {}),
    "Frechet": (POSITIVE, lambda x, s, k: _weibull(1 / x, 1 / s, k) - 2 * mp.log(x), {}),
    "Lindley": (POSITIVE, lambda x, t: 2 * mp.log(t) - mp.log(1 + t) + mp.log(1 + x) - t * x, {}),
    "InverseGaussian": (POSITIVE, _inverse_gaussian, {}),
    "Exponential": (POSITIVE, lambda x, r: mp.log(r) - r * x, {}),
    "HalfNormal": (POSITIVE, lambda x, s: -((x / s) ** 2) / 2 - mp.log(s), {}),
    "Rayleigh": (POSITIVE, lambda x, s: -((x / s) ** 2) / 2 - 2 * mp.log(s), {}),
    "Maxwell": (POSITIVE, lambda x, s: -((x / s) ** 2) / 2 - 3 * mp.log(s), {}),
    "LogNormal": (POSITIVE, lambda x, m, s: -(((mp.log(x) - m) / s) ** 2) / 2 - mp.log(s), {}),
    "Normal": (REAL, lambda x, m, s: -(((x - m) / s) ** 2) / 2 - mp.log(s), {}),
    "Gumbel": (REAL, _gumbel, {}),
    "Moyal": (REAL, _moyal, {}),
    "Logistic": (REAL, _logistic, {}),
    "Cauchy": (REAL, lambda x, m, s: -mp.log(s) - mp.log(1 + ((x - m) / s) ** 2), {}),
    "StudentT": (HEAVY, _student, {}),
    "Beta": (UNIT, _beta, {}),
    "Kumaraswamy": (UNIT, lambda x, a, b: mp.log(a * b) + (a - 1) * mp.log(x) + (b - 1) * mp.log(1 - x**a), {}),
    "PowerFunction": (UNIT, lambda x, a: mp.log(a) + (a - 1) * mp.log(x), {}),
    "VonMises": (ANGLES, lambda x, m, k: k * mp.cos(x - m) - mp.log(mp.besseli(0, k)), {}),
    "NegativeBinomial": (COUNTS, _negative_binomial, {}),
    "Geometric": (COUNTS, lambda x, p: mp.log(p) + x * mp.log(1 - p), {}),
    "Poisson": (COUNTS, lambda x, r: x * mp.log(r) - r, {}),
    "BetaBinomial": (COUNTS, _beta_binomial, {"total_count": 15}),
    "Zeta": (FROM_ONE, lambda x, s: -s * mp.log(x) - mp.log(mp.zeta(s)), {}),
    "LogSeries": (FROM_ONE, lambda x, p: x * mp.log(p) - mp.log(-mp.log(1 - p)), {}),
    "ContinuousBernoulli": (
        UNIT,
        lambda x, p: x * mp.log(p) + (1 - x) * mp.log(1 - p) + mp.log(2 * mp.atanh(1 - 2 * p) / (1 - 2 * p)),
        {},
    ),
    "TruncatedNormal": (POSITIVE + 2.0, _truncated, {"low": 0.0, "high": 12.0}),
}


def truth(data, density, start):
    """The root of the score nearest to a start."""
    data = [mp.mpf(float(x)) for x in data]

    def score(*t):
        return [
            mp.diff(lambda *u: mp.fsum(density(x, *u) for x in data), t, tuple(int(i == j) for j in range(len(t))))
            for i in range(len(t))
        ]

    if len(start) == 1:
        return [float(mp.findroot(lambda t: score(t)[0], (start[0], start[0] * (1 + mp.mpf("1e-6"))), tol=1e-35))]
    return [float(one) for one in mp.findroot(score, start, tol=1e-35)]


@pytest.mark.parametrize("name", CASES)
def test_parameters_are_the_root_of_the_score(name):
    data, density, fixed = CASES[name]
    found = fit(data, name, fixed=fixed)
    assert found.converged
    free = [value for key, value in found.parameters.items() if key not in fixed]
    with mp.workdps(30):
        exact = truth(data, density, tuple(mp.mpf(value) for value in free))
    # Newton's method in differences (this one) knows a standard deviation of one observation to about 1e-11.
    tolerance = 1e-10 if name == "TruncatedNormal" else 1e-13
    assert free == pytest.approx(exact, rel=tolerance, abs=1e-13)


@pytest.mark.parametrize("name", ["Gamma", "Weibull", "Logistic", "NegativeBinomial", "VonMises", "Beta"])
def test_a_count_is_that_many_rows(name):
    data = np.asarray(CASES[name][0], dtype=float)
    times = np.arange(len(data)) % 3
    by_counts, by_rows = fit(data, name, counts=times), fit(np.repeat(data, times), name)
    assert list(by_counts.parameters.values()) == pytest.approx(list(by_rows.parameters.values()), rel=1e-9)
    assert by_counts.n == by_rows.n == times.sum()
    assert by_counts.log_likelihood == pytest.approx(by_rows.log_likelihood, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-200, 1e150])
@pytest.mark.parametrize(
    "name", ["Normal", "Gamma", "Weibull", "Gumbel", "Laplace", "InverseGaussian", "Pareto", "Frechet"]
)
def test_any_unit(name, scale):
    one, other = fit(POSITIVE, name), fit(POSITIVE * scale, name)
    assert other.log_likelihood == pytest.approx(one.log_likelihood - 15 * np.log(scale), rel=1e-10)


def test_nearly_equal_values_keep_their_digits():
    data = 1.0 + 1e-7 * np.array([-1.0, 0.0, 2.0, 3.0, -2.5])
    found = fit(data, "gamma")
    with mp.workdps(40):
        x = [mp.mpf(float(one)) for one in data]
        gap = mp.log(mp.fsum(x) / 5) - mp.fsum(map(mp.log, x)) / 5
        exact = mp.findroot(lambda a: mp.log(a) - mp.digamma(a) - gap, found.parameters["concentration"])
    assert found.parameters["concentration"] == pytest.approx(float(exact), rel=1e-7)


def test_every_family_with_a_density_can_be_asked_for():
    no_data = {"Opaque", "Independent", "Transformed"}
    assert {kind.__name__ for kind in laws.FAMILIES} - no_data == {kind.__name__ for kind in _FITTED}
