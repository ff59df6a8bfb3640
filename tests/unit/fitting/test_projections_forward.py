"""Forward projection: moments that match, against equations solved elsewhere and brute minimization."""

import math

import mpmath
import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

import kullback as kl
from kullback.families import (
    Beta,
    Binomial,
    Categorical,
    Dirichlet,
    Exponential,
    Gamma,
    Laplace,
    LogNormal,
    Mixture,
    MultivariateNormal,
    Normal,
    Poisson,
    Product,
    StudentT,
    Uniform,
    VonMises,
)
from kullback.fitting.projections import project

TWO = Mixture([0.5, 0.5], [Normal(-3, 1), Normal(3, 1)])


def test_facts_s033_s055_variance_ten():
    found = project(TWO, "normal")
    assert float(found.law.loc) == 0.0
    assert float(found.law.scale) == pytest.approx(3.16227766016838, rel=1e-14)
    assert found.certificate.globally
    assert [one.residual for one in found.certificate.moments] == pytest.approx([0.0, 0.0], abs=1e-14)


def test_fact_s056_the_forward_fit_is_dense_in_the_valley():
    law = project(TWO, "normal").law
    gap = kl.families.log_prob(law, np.zeros(1)) - kl.families.log_prob(TWO, np.zeros(1))
    assert float(gap[0]) == pytest.approx(3.34870745350298, abs=1e-13)


def _divergence(p, q):
    """D(p‖q) in 30 digits, p the mixture at ±3."""
    with mpmath.workdps(30):
        return float(mpmath.quad(lambda x: p(x) * mpmath.log(p(x) / q(x)), [-mpmath.inf, -6, -3, 0, 3, 6, mpmath.inf]))


def test_both_divergences_of_the_forward_fit():
    def p(x):
        return (mpmath.npdf(x, -3, 1) + mpmath.npdf(x, 3, 1)) / 2

    def q(x):
        return mpmath.npdf(x, 0, mpmath.sqrt(10))

    found = project(TWO, "normal")
    assert found.value == pytest.approx(_divergence(p, q), abs=1e-14)
    assert found.reverse.value == pytest.approx(_divergence(q, p), abs=1e-13)


def test_gamma_by_its_equation():
    target = Mixture([0.3, 0.7], [Gamma(2, 1), Gamma(5, 3)])
    with mpmath.workdps(30):
        mean = mpmath.mpf("0.3") * 2 + mpmath.mpf("0.7") * 5 / 3
        logs = mpmath.mpf("0.3") * mpmath.digamma(2) + mpmath.mpf("0.7") * (mpmath.digamma(5) - mpmath.log(3))
        shape = mpmath.findroot(lambda a: mpmath.log(a) - mpmath.digamma(a) - mpmath.log(mean) + logs, 3)
        rate = shape / mean
    law = project(target, Gamma).law
    assert float(law.concentration) == pytest.approx(float(shape), rel=1e-14)
    assert float(law.rate) == pytest.approx(float(rate), rel=1e-14)


def test_beta_by_its_equations():
    target = Mixture([0.3, 0.7], [Beta(2, 1), Beta(5, 3)])
    one = 0.3 * (special.digamma(2) - special.digamma(3)) + 0.7 * (special.digamma(5) - special.digamma(8))
    zero = 0.3 * (special.digamma(1) - special.digamma(3)) + 0.7 * (special.digamma(3) - special.digamma(8))
    law = project(target, Beta).law
    a, b = float(law.concentration1), float(law.concentration0)
    assert special.digamma(a) - special.digamma(a + b) == pytest.approx(one, rel=1e-14)
    assert special.digamma(b) - special.digamma(a + b) == pytest.approx(zero, rel=1e-14)


def test_von_mises_by_bessel_functions():
    target = Mixture([0.3, 0.7], [VonMises(0.2, 1), VonMises(1, 3)])
    ratios = [special.ive(1, k) / special.ive(0, k) for k in (1, 3)]
    vector = 0.3 * ratios[0] * np.exp(0.2j) + 0.7 * ratios[1] * np.exp(1j)
    law = project(target, "von mises").law
    assert float(law.loc) == pytest.approx(np.angle(vector), abs=1e-13)
    kappa = float(law.concentration)
    assert special.ive(1, kappa) / special.ive(0, kappa) == pytest.approx(abs(vector), abs=1e-13)


def test_dirichlet_by_digamma_functions():
    parts = np.array([[1.0, 2, 3], [4, 2, 1]])
    target = Mixture([0.5, 0.5], [Dirichlet(one) for one in parts])
    wanted = (special.digamma(parts) - special.digamma(parts.sum(1, keepdims=True))).mean(0)
    a = np.asarray(project(target, Dirichlet).law.concentration)
    assert special.digamma(a) - special.digamma(a.sum()) == pytest.approx(wanted, rel=1e-13)


MEANS = [
    (Binomial(10, 0.3), "poisson", None, {"rate": 3.0}),
    (Poisson(3), "geometric", None, {"probs": 0.25}),
    (Poisson(3), "negative binomial", {"total_count": 4}, {"probs": 4 / 7}),
    (Categorical([0.1, 0.2, 0.3, 0.4]), "binomial", {"total_count": 3}, {"probs": 2 / 3}),
    (Gamma(3, 1), Exponential, None, {"rate": 1 / 3}),
    (Gamma(3, 1), "inverse gaussian", None, {"loc": 3.0, "concentration": 6.0}),
    (Gamma(3, 1), "lognormal", None, {"loc": special.digamma(3), "scale": special.polygamma(1, 3) ** 0.5}),
    (Gamma(3, 1), "weibull", {"concentration": 2}, {"scale": 12**0.5}),
    (Gamma(3, 1), "rayleigh", None, {"scale": 6**0.5}),
    (Gamma(3, 1), "half normal", None, {"scale": 12**0.5}),
    (Gamma(3, 1), "inverse gamma", None, None),
    (Exponential(1), "lindley", None, {"rate": 2**0.5}),
    (Uniform(0, 1), "beta", None, {"concentration1": 1.0, "concentration0": 1.0}),
    (Uniform(0, 1), "power function", None, {"concentration": 1.0}),
    (Uniform(2, 5), "uniform", None, {"low": 2.0, "high": 5.0}),
    (LogNormal(0, 0.5), "nakagami", None, None),
    (Gamma(4, 2), "chi2", None, None),
    (Gamma(4, 2), "chi", None, None),
    (Beta(2, 3), "continuous bernoulli", None, None),
    (Poisson(2), "negative binomial", {"total_count": 1}, {"probs": 1 / 3}),
]


@pytest.mark.parametrize(("target", "family", "fixed", "wanted"), MEANS)
def test_moment_equations(target, family, fixed, wanted):
    found = project(target, family, fixed=fixed)
    assert found.certificate.globally
    for one in found.certificate.moments:
        assert one.fit == pytest.approx(one.target, rel=1e-13, abs=1e-13)
    for name, value in (wanted or {}).items():
        assert float(getattr(found.law, name)) == pytest.approx(value, rel=1e-12)
    assert found.certificate.pythagoras is None or abs(found.certificate.pythagoras) < 1e-12


def test_logistic_against_a_brute_minimum():
    def cross_entropy(scale):
        return integrate.quad(lambda x: -stats.norm.pdf(x) * stats.logistic.logpdf(x, 0, scale), -12, 12, epsabs=1e-14)[
            0
        ]

    best = optimize.minimize_scalar(cross_entropy, bounds=(0.3, 1), method="bounded", options={"xatol": 1e-9})
    law = project(Normal(0, 1), "logistic").law
    assert float(law.scale) == pytest.approx(best.x, abs=1e-7)
    assert float(law.loc) == pytest.approx(0.0, abs=1e-12)


def test_gumbel_by_its_likelihood_equations():
    # scale = σ²/scale and loc = -scale log E exp(-x/scale) for a normal target.
    law = project(Normal(1, 2), "gumbel").law
    assert [float(law.loc), float(law.scale)] == pytest.approx([0.0, 2.0], abs=1e-11)


def test_laplace_has_the_median():
    target = Mixture([0.3, 0.7], [Normal(0, 1), Normal(4, 2)])
    median = optimize.brentq(lambda x: 0.3 * stats.norm.cdf(x) + 0.7 * stats.norm.cdf(x, 4, 2) - 0.5, 0, 5, xtol=1e-15)
    law = project(target, Laplace).law
    assert float(law.loc) == pytest.approx(median, abs=1e-13)
    away = 0.3 * _folded(0, 1, median) + 0.7 * _folded(4, 2, median)
    assert float(law.scale) == pytest.approx(away, rel=1e-13)


def _folded(loc, scale, center):
    z = (loc - center) / scale
    return scale * (math.sqrt(2 / math.pi) * math.exp(-z * z / 2) + z * math.erf(z / math.sqrt(2)))


def test_student_law_of_itself():
    law = project(Mixture([1.0], [StudentT(5, 1, 2)]), "studentt").law
    assert [float(law.df), float(law.loc), float(law.scale)] == pytest.approx([5, 1, 2], rel=1e-8)


def test_mixture_by_expectation_maximization_finds_the_truth():
    target = Mixture([0.3, 0.7], [Normal(-2, 1), Normal(2, 0.5)])
    found = project(target, Normal, components=2)
    assert found.value < 1e-13
    assert sorted(float(part.loc) for part in found.law.components) == pytest.approx([-2, 2], abs=1e-7)


def test_several_dimensions_match_mean_and_covariance():
    means = np.array([[-3.0, 0], [3, 1]])
    spreads = np.array([np.eye(2), [[1, 0.5], [0.5, 1]]])
    target = Mixture(
        [0.25, 0.75], [MultivariateNormal(m, covariance_matrix=c) for m, c in zip(means, spreads, strict=True)]
    )
    mean = 0.25 * means[0] + 0.75 * means[1]
    whole = 0.25 * (spreads[0] + np.outer(means[0], means[0])) + 0.75 * (spreads[1] + np.outer(means[1], means[1]))
    law = project(target, "full").law
    assert np.asarray(law.loc) == pytest.approx(mean, abs=1e-14)
    assert np.asarray(law.covariance_matrix) == pytest.approx(whole - np.outer(mean, mean), abs=1e-14)
    own = project(target, "diagonal").law
    assert np.asarray(own.scale_diag) ** 2 == pytest.approx(np.diag(whole - np.outer(mean, mean)), abs=1e-14)


def test_divergences_in_the_plane_are_those_on_the_line():
    target = Mixture(
        [0.5, 0.5], [MultivariateNormal([-1, 0], scale_diag=[1, 1]), MultivariateNormal([1, 0], scale_diag=[1, 1])]
    )
    # The second coordinate is the same on both sides, so what is left is on the line.
    line = Mixture([0.5, 0.5], [Normal(-1, 1), Normal(1, 1)])
    found, flat = project(target, "full"), project(line, "normal")
    assert found.value == pytest.approx(flat.value, abs=1e-12)
    assert found.reverse.value == pytest.approx(flat.reverse.value, abs=1e-12)


def test_product_is_projected_by_coordinates():
    found = project(Product((Gamma(3, 1), Normal(0, 2))), (Exponential, Normal))
    alone = project(Gamma(3, 1), Exponential)
    assert found.value == pytest.approx(alone.value, rel=1e-13)
    assert float(found.law.components[0].rate) == pytest.approx(1 / 3)


def test_objects_of_other_libraries(require):
    torch = require("torch")
    mixture = torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(torch.tensor([0.5, 0.5], dtype=torch.float64)),
        torch.distributions.Normal(torch.tensor([-3.0, 3.0], dtype=torch.float64), torch.ones(2, dtype=torch.float64)),
    )
    assert float(project(mixture, "normal").law.scale) == pytest.approx(10**0.5, rel=1e-13)
    assert float(project(stats.gamma(3), Exponential).law.rate) == pytest.approx(1 / 3, rel=1e-13)
    assert float(project([0.2, 0.3, 0.5], "poisson").law.rate) == pytest.approx(1.3, rel=1e-14)
