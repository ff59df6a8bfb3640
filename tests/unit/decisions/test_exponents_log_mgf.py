import math

import mpmath as mp
import numpy as np
import pytest

import kullback as kl
from kullback.decisions.exponents import log_mgf

f = kl.families


def truncated(t, low, high):
    low, high, s = mp.mpf(low), mp.mpf(high), mp.mpf(t)

    def mass(a, b):
        return mp.ncdf(b) - mp.ncdf(a) if b < 0 else mp.ncdf(-a) - mp.ncdf(-b)

    return s / 2 + s * s / 2 + mp.log(mass(low - 0.5 - s, high - 0.5 - s) / mass(low - 0.5, high - 0.5))


def rayleigh(t):
    return mp.log(1 + t * mp.exp(t * t / 2) * mp.sqrt(mp.pi / 2) * mp.erfc(-t / mp.sqrt(2)))


def maxwell(t):
    return mp.log((1 + t * t) * mp.exp(t * t / 2) * mp.erfc(-t / mp.sqrt(2)) + t * mp.sqrt(2 / mp.pi))


def hypergeometric(t):
    weights = [mp.binomial(7, k) * mp.binomial(13, 6 - k) for k in range(7)]
    return mp.log(sum(w * mp.exp(k * t) for k, w in enumerate(weights)) / mp.binomial(20, 6))


def beta_binomial(t):
    weights = [mp.binomial(9, k) * mp.beta(k + 2, 9 - k + mp.mpf("0.5")) / mp.beta(2, mp.mpf("0.5")) for k in range(10)]
    return mp.log(sum(w * mp.exp(k * t) for k, w in enumerate(weights)))


def continuous_bernoulli(t):
    def normalizer(x):
        return mp.log((mp.exp(x) - 1) / x)

    logit = mp.log(mp.mpf(0.3) / (1 - mp.mpf(0.3)))
    return normalizer(logit + t) - normalizer(logit)


EVERYWHERE = (-30.0, -0.7, 0.2, 5.0, 40.0)
# Law, truth, points.
CASES = [
    (f.Normal(1.0, 2.0), lambda t: t + 2 * t * t, EVERYWHERE),
    (f.Bernoulli(0.3), lambda t: mp.log(1 - mp.mpf(0.3) + mp.mpf(0.3) * mp.exp(t)), (*EVERYWHERE, 800.0)),
    (f.Binomial(10.0, 0.3), lambda t: 10 * mp.log(1 - mp.mpf(0.3) + mp.mpf(0.3) * mp.exp(t)), EVERYWHERE),
    (f.Poisson(2.5), lambda t: mp.mpf(2.5) * mp.expm1(t), EVERYWHERE),
    (f.Geometric(0.3), lambda t: mp.log(mp.mpf(0.3) / (1 - (1 - mp.mpf(0.3)) * mp.exp(t))), (-30.0, -0.7, 0.3)),
    (
        f.NegativeBinomial(2.5, 0.3),
        lambda t: 2.5 * mp.log(mp.mpf(0.3) / (1 - (1 - mp.mpf(0.3)) * mp.exp(t))),
        (-30.0, 0.3),
    ),
    (f.LogSeries(0.3), lambda t: mp.log(mp.log(1 - mp.mpf(0.3) * mp.exp(t)) / mp.log(1 - mp.mpf(0.3))), (-60.0, 1.1)),
    (f.Exponential(2.0), lambda t: -mp.log(1 - t / 2), (-30.0, 0.7, 1.999)),
    (f.Gamma(2.5, 2.0), lambda t: -2.5 * mp.log(1 - t / 2), (-30.0, 0.7, 1.999)),
    (f.Chi2(3.0), lambda t: -1.5 * mp.log(1 - 2 * t), (-30.0, 0.4)),
    (f.InverseGaussian(2.0, 3.0), lambda t: mp.mpf(3) / 2 * (1 - mp.sqrt(1 - 8 * t / 3)), (-30.0, 0.2, 0.375)),
    (f.Laplace(1.0, 0.5), lambda t: t - mp.log(1 - t * t / 4), (-1.9, 0.2, 1.9)),
    (f.Logistic(1.0, 2.0), lambda t: t + mp.log(mp.gamma(1 - 2 * t) * mp.gamma(1 + 2 * t)), (-0.49, 0.2)),
    (f.Gumbel(1.0, 2.0), lambda t: t + mp.loggamma(1 - 2 * t), (-30.0, 0.2, 0.49)),
    (
        f.Moyal(1.0, 2.0),
        lambda t: t - 2 * t * mp.log(2) + mp.loggamma(0.5 - 2 * t) - mp.loggamma(0.5),
        (-30.0, 0.2),
    ),
    (f.Lindley(0.7), lambda t: mp.log1p(-t / (1 + mp.mpf(0.7))) - 2 * mp.log1p(-t / mp.mpf(0.7)), (-30.0, 0.5)),
    (f.Uniform(-1.0, 3.0), lambda t: mp.log((mp.exp(3 * t) - mp.exp(-t)) / (4 * t)), EVERYWHERE),
    (f.DiscreteUniform(1.0, 6.0), lambda t: mp.log(sum(mp.exp(k * t) for k in range(1, 7)) / 6), EVERYWHERE),
    (f.ContinuousBernoulli(0.3), continuous_bernoulli, EVERYWHERE),
    (f.Beta(2.5, 0.75), lambda t: mp.log(mp.hyp1f1(2.5, 3.25, t)), (*EVERYWHERE, -9000.0, 9000.0)),
    (f.HalfNormal(1.0), lambda t: t * t / 2 + mp.log(mp.erfc(-t / mp.sqrt(2))), EVERYWHERE),
    (f.Rayleigh(1.0), rayleigh, EVERYWHERE),
    (f.Maxwell(1.0), maxwell, EVERYWHERE),
    (f.TruncatedNormal(0.5, 1.0, -1.0, 2.0), lambda t: truncated(t, -1, 2), EVERYWHERE),
    (f.TruncatedNormal(0.5, 1.0, 2.0, 5.0), lambda t: truncated(t, 2, 5), EVERYWHERE),
    (f.TruncatedNormal(0.5, 1.0, -np.inf, -3.0), lambda t: truncated(t, -mp.inf, -3), EVERYWHERE),
    (f.Hypergeometric(20.0, 7.0, 6.0), hypergeometric, EVERYWHERE),
    (f.BetaBinomial(9.0, 2.0, 0.5), beta_binomial, EVERYWHERE),
    (f.Categorical([0.25, 0.25, 0.5]), lambda t: mp.log(0.25 + mp.exp(t) / 4 + mp.exp(2 * t) / 2), EVERYWHERE),
    (f.PointMass(3.0), lambda t: 3 * t, EVERYWHERE),
    (
        f.Mixture([0.5, 0.5], [f.Normal(-3.0, 1.0), f.Exponential(1.0)]),
        lambda t: mp.log(mp.exp(-3 * t + t * t / 2) / 2 + 1 / (1 - t) / 2),
        (-20.0, 0.5, 0.99),
    ),
    # No closed form here: nodes.
    (f.Weibull(1.0, 2.0), lambda t: rayleigh(t / mp.sqrt(2)), EVERYWHERE),
    (f.PowerFunction(2.0), lambda t: mp.log(2 * (mp.exp(t) * (t - 1) + 1) / t**2), EVERYWHERE),
    (f.VonMises(0.0, 2.0), lambda t: mp.log(von_mises(t) / von_mises(0)), EVERYWHERE),
]


def von_mises(t):
    with mp.workdps(25):
        return mp.quad(lambda x: mp.exp(2 * mp.cos(x) + t * x), mp.linspace(-mp.pi, mp.pi, 9))


@pytest.mark.parametrize(("law", "truth", "points"), CASES, ids=lambda one: type(one).__name__[:16])
def test_closed_forms(law, truth, points):
    for t in points:
        with mp.workdps(60):
            expected = float(truth(mp.mpf(t)))
        assert float(log_mgf(law, t)) == pytest.approx(expected, rel=3e-14, abs=3e-15)


@pytest.mark.parametrize(
    ("law", "t"),
    [
        (f.Exponential(2.0), 2.0),
        (f.Geometric(0.5), 0.7),
        (f.Laplace(0.0, 1.0), -1.0),
        (f.InverseGaussian(2.0, 3.0), 0.376),
        (f.Gumbel(0.0, 1.0), 1.0),
        (f.Logistic(0.0, 1.0), -1.0),
        (f.Cauchy(0.0, 1.0), 0.1),
        (f.StudentT(3.0, 0.0, 1.0), -0.1),
        (f.Pareto(1.0, 3.0), 0.1),
        (f.LogNormal(0.0, 1.0), 0.1),
        (f.Weibull(1.0, 0.5), 0.1),
        (f.LogSeries(0.5), 0.7),
    ],
    ids=lambda one: type(one).__name__,
)
def test_infinite_where_the_expectation_is(law, t):
    assert log_mgf(law, t) == math.inf
    assert log_mgf(law, 0.0) == 0.0


@pytest.mark.parametrize("law", [f.Uniform(0.0, 1.0), f.Logistic(0.0, 1.0), f.Beta(2.0, 2.0), f.Laplace(0.0, 2.0)])
def test_small_arguments_keep_mean_and_variance(law):
    t = 1e-6
    even = float(log_mgf(law, t)) + float(log_mgf(law, -t))
    variance = {"Uniform": 1 / 12, "Logistic": math.pi**2 / 3, "Beta": 0.05, "Laplace": 8.0}[type(law).__name__]
    assert even == pytest.approx(variance * t * t, rel=1e-6, abs=3e-16)


def test_other_libraries_and_batches(xp):
    law = f.Gamma(xp.asarray([2.0, 3.0]), xp.asarray([1.0, 4.0]))
    value = log_mgf(law, xp.asarray([0.5, 2.0]))
    assert type(value) is type(xp.asarray([1.0]))
    assert np.asarray(value) == pytest.approx([2 * math.log(2), 3 * math.log(2)], rel=1e-6)


@pytest.mark.parametrize("t", [math.nan, math.inf])
def test_bad_points(t):
    with pytest.raises(kl.InputError, match="t holds"):
        log_mgf(f.Normal(0.0, 1.0), t)
