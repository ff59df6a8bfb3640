import math

import mpmath as mp
import numpy as np
import pytest

import kullback as kl
from kullback.decisions.exponents import cramer_rate, tilted_law

f = kl.families
DIE = [0.0] + [1 / 6] * 6


def legendre(log_mgf, x, low, high):
    """The Legendre transform by bisection on a difference of the log moment generating function, to 40 digits."""
    x = mp.mpf(x)
    with mp.workdps(60):
        low, high = mp.mpf(low), mp.mpf(high)
        for _ in range(190):
            t = (low + high) / 2
            step = mp.mpf(10) ** -25 * max(abs(t), mp.mpf(10) ** -12)
            low, high = (t, high) if (log_mgf(t + step) - log_mgf(t - step)) / (2 * step) < x else (low, t)
        return float((t * x - log_mgf(t)).real)


def die(t):
    return mp.log(sum(mp.exp(k * t) for k in range(1, 7)) / 6)


def logistic(t):
    return mp.log(mp.gamma(1 - t) * mp.gamma(1 + t))


def rayleigh(t):
    return mp.log(1 + t * mp.exp(t * t / 2) * mp.sqrt(mp.pi / 2) * mp.erfc(-t / mp.sqrt(2)))


def log_series(t):
    return mp.log(mp.log(1 - mp.mpf(0.3) * mp.exp(t)) / mp.log(1 - mp.mpf(0.3)))


NUMERIC = [
    (DIE, die, 5.0, 0.1, 3),
    (DIE, die, 3.51, 1e-5, 1),
    (DIE, die, 1.2, -10, -0.1),
    (f.DiscreteUniform(1.0, 6.0), die, 5.99, 0.1, 20),
    (f.Gumbel(0.0, 1.0), lambda t: mp.loggamma(1 - t), 5.0, 0.01, "0.999"),
    (f.Gumbel(0.0, 1.0), lambda t: mp.loggamma(1 - t), -2.0, -100, -0.1),
    (f.Logistic(0.0, 1.0), logistic, 5.0, 0.01, "0.999"),
    (f.Logistic(0.0, 1.0), logistic, 50.0, 0.01, "0.9999"),
    (f.Uniform(0.0, 1.0), lambda t: mp.log(mp.expm1(t) / t), 0.9, 0.1, 100),
    (f.Uniform(0.0, 1.0), lambda t: mp.log(mp.expm1(t) / t), 0.001, -1e5, -1),
    (f.Lindley(0.7), lambda t: mp.log1p(-t / (1 + mp.mpf(0.7))) - 2 * mp.log1p(-t / mp.mpf(0.7)), 5.0, 0.01, 0.69),
    (f.Rayleigh(1.0), rayleigh, 5.0, 0.1, 10),
    (f.Rayleigh(1.0), rayleigh, 0.1, -100, -1),
    (f.LogSeries(0.3), log_series, 5.0, 0.01, 1.2),
    (f.LogSeries(0.3), log_series, 1.01, -20, -0.1),
    (f.Beta(2.0, 3.0), lambda t: mp.log(mp.hyp1f1(2, 5, t)), 0.9, 0.1, 100),
    (f.Laplace(0.0, 1.0), lambda t: -mp.log(1 - t * t), 5.0, 0.01, "0.9999"),
    (
        f.Mixture([0.5, 0.5], [f.Normal(-3.0, 1.0), f.Normal(3.0, 1.0)]),
        lambda t: mp.log(mp.cosh(3 * t)) + t * t / 2,
        10.0,
        1,
        20,
    ),
    (
        f.Mixture([0.5, 0.5], [f.Exponential(1.0), f.Exponential(5.0)]),
        lambda t: mp.log(0.5 / (1 - t) + 0.5 / (1 - t / 5)),
        100.0,
        0.1,
        "0.99999",
    ),
]


@pytest.mark.parametrize(("law", "log_mgf", "x", "low", "high"), NUMERIC)
def test_against_the_transform_in_long_arithmetic(law, log_mgf, x, low, high):
    assert float(cramer_rate(law, x)) == pytest.approx(legendre(log_mgf, x, low, high), rel=3e-14)


FAMILIES = [
    (f.Normal(1.0, 2.0), 4.0),
    (f.Bernoulli(0.3), 0.6),
    (f.Binomial(10.0, 0.3), 7.0),
    (f.Poisson(3.0), 7.0),
    (f.Geometric(0.3), 5.0),
    (f.NegativeBinomial(2.5, 0.3), 9.0),
    (f.Exponential(2.0), 3.0),
    (f.Gamma(2.5, 2.0), 0.3),
    (f.Chi2(3.0), 9.0),
    (f.InverseGaussian(2.0, 3.0), 5.0),
    (f.Lindley(0.7), 5.0),
    (f.LogSeries(0.3), 2.0),
    (f.ContinuousBernoulli(0.3), 0.8),
    (f.TruncatedNormal(0.5, 1.0, -1.0, 2.0), 1.5),
    (f.HalfNormal(1.0), 2.0),
]


@pytest.mark.parametrize(("law", "mean"), FAMILIES, ids=lambda one: type(one).__name__)
def test_rate_is_the_divergence_of_the_tilted_law(law, mean):
    tilted = tilted_law(law, mean=mean)
    assert isinstance(tilted, f.Law)
    q = f.TruncatedNormal(0.0, 1.0, 0.0, np.inf) if isinstance(law, f.HalfNormal) else law
    assert float(cramer_rate(law, mean)) == pytest.approx(float(kl.divergence(tilted, q)), rel=1e-11)


def test_die_of_the_literature():
    """The exponent of a mean is the least divergence over all laws with that mean, not that of the law observed."""
    least = float(cramer_rate(DIE, 5.0))
    assert least == pytest.approx(legendre(die, 5, 0.1, 3), rel=1e-14)
    observed = np.array([0.0, 0.1, 0.0, 0.1, 0.1, 0.0, 0.7])
    assert observed @ np.arange(7) == pytest.approx(5.0)
    assert float(kl.divergence(observed, DIE)) > least + 0.4


@pytest.mark.parametrize(
    ("law", "mean", "variance"),
    [
        (f.Normal(0.0, 2.0), 0.0, 4.0),
        (f.Uniform(0.0, 1.0), 0.5, 1 / 12),
        (f.Laplace(0.0, 1.0), 0.0, 2.0),
        (f.Logistic(0.0, 1.0), 0.0, math.pi**2 / 3),
        (f.DiscreteUniform(-3.0, 3.0), 0.0, 4.0),
        (f.Bernoulli(0.5), 0.5, 0.25),
        (f.Poisson(4.0), 4.0, 4.0),
        (f.Exponential(1.0), 1.0, 1.0),
        (f.Geometric(0.5), 1.0, 2.0),
        (f.Gumbel(0.0, 1.0), 0.5772156649015329, math.pi**2 / 6),
    ],
    ids=lambda one: type(one).__name__,
)
def test_small_deviations_keep_their_digits(law, mean, variance):
    # Of order δ, so what remains of the third cumulant is below 1e-7.
    x = mean + 1e-8
    assert float(cramer_rate(law, x)) == pytest.approx((x - mean) ** 2 / (2 * variance), rel=1e-7)
    assert float(cramer_rate(law, mean)) < 1e-30


def test_ends_of_the_support():
    assert cramer_rate(f.Bernoulli(0.25), [0.0, 1.0]) == pytest.approx([-math.log(0.75), math.log(4.0)], rel=1e-15)
    assert cramer_rate(DIE, [1.0, 6.0]) == pytest.approx(math.log(6.0), rel=1e-15)
    assert float(cramer_rate(f.Poisson(3.0), 0.0)) == 3.0
    assert float(cramer_rate(f.Geometric(0.25), 0.0)) == pytest.approx(math.log(4.0), rel=1e-15)
    for law, x in ((f.Exponential(1.0), 0.0), (f.Uniform(0.0, 1.0), 1.0), (DIE, 6.1), (DIE, 0.9), (f.Poisson(1.0), -1)):
        assert float(cramer_rate(law, x)) == math.inf
    assert cramer_rate(f.PointMass(2.0), [2.0, 3.0]).tolist() == [0.0, math.inf]


def test_heavy_tails_have_no_exponent():
    assert cramer_rate(f.Pareto(1.0, 3.0), [1.5, 4.0, 1e9]).tolist() == [0.0, 0.0, 0.0]
    assert float(cramer_rate(f.Pareto(1.0, 3.0), 1.2)) > 0.1  # to the left there is one
    assert cramer_rate(f.StudentT(3.0, 0.0, 1.0), [-5.0, 5.0]).tolist() == [0.0, 0.0]
    assert float(cramer_rate(f.Weibull(1.0, 0.7), 5.0)) == 0.0
    assert float(cramer_rate(f.Weibull(1.0, 1.5), 5.0)) > 1.0


def test_foreign_objects(require):
    stats = require("scipy.stats")
    assert float(cramer_rate(stats.norm(1, 2), 4.0)) == pytest.approx(1.125, rel=1e-14)
    assert float(cramer_rate(stats.lognorm(1), 5.0)) == 0.0


def test_library_and_shape(xp):
    value = cramer_rate(f.Normal(xp.asarray(0.0), xp.asarray(1.0)), xp.asarray([1.0, 2.0]))
    assert np.asarray(value).tolist() == [0.5, 2.0]
    assert np.shape(cramer_rate(DIE, np.ones((2, 3)) * 4)) == (2, 3)


def test_tilted_by_t_has_the_density_it_says():
    law, t = f.Gamma(2.0, 3.0), 1.0
    assert tilted_law(law, tilt_by=t).parameters()["rate"] == 2.0
    numeric = tilted_law(f.Uniform(0.0, 3.0), tilt_by=0.5)
    assert numeric.probs @ numeric.points == pytest.approx(3 / -math.expm1(-1.5) - 2, rel=1e-13)
    assert numeric.log_prob(np.array([1.0])) == pytest.approx(0.5 + math.log(0.5 / math.expm1(1.5)), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cramer_rate(f.Normal(0.0, 1.0), math.nan), "x holds nan"),
        (lambda: cramer_rate(f.Beta([1.0, 2.0], 1.0), 0.2), "one law at a time"),
        (lambda: cramer_rate([0.5, 0.4], 0.2), "adds up to"),
        (lambda: cramer_rate(f.Dirichlet([1.0, 1.0]), 0.2), "no law on the line"),
        (lambda: tilted_law(f.Normal(0.0, 1.0)), "Exactly one"),
        (lambda: tilted_law(f.Normal(0.0, 1.0), mean=1.0, tilt_by=1.0), "Exactly one"),
        (lambda: tilted_law(f.Exponential(1.0), mean=-1.0), "no mean of a tilt"),
        (lambda: tilted_law(f.Exponential(1.0), tilt_by=1.0), "infinite there"),
    ],
)
def test_errors_say_what_is_wrong(call, words):
    with pytest.raises(kl.InputError, match=words):
        call()


@pytest.mark.parametrize(("alpha", "x"), [(0.5, 2.0), (0.5, 10.0), (1.5, 2.0)])
def test_the_light_side_of_a_heavy_law(alpha, x):
    """Also where the mean itself is infinite."""

    def log_mgf(t):
        return mp.log(alpha * (-t) ** alpha * mp.gammainc(-alpha, -t))

    assert float(cramer_rate(f.Pareto(1.0, alpha), x)) == pytest.approx(legendre(log_mgf, x, -20, "-1e-4"), rel=1e-12)
    with pytest.raises(kl.InputError, match="no exponential moment"):
        tilted_law(f.Pareto(1.0, 1.5), mean=5.0)
