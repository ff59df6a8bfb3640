"""Entropies against SciPy's, and what ties the verbs together."""

import math

import mpmath
import numpy as np
import pytest
from scipy import stats

import kullback as kl
import kullback.families as f

KNOWN = [
    (f.Bernoulli(0.3), stats.bernoulli(0.3)),
    (f.Beta(2, 3.5), stats.beta(2, 3.5)),
    (f.BetaBinomial(9, 2, 3), stats.betabinom(9, 2, 3)),
    (f.Binomial(9, 0.3), stats.binom(9, 0.3)),
    (f.Cauchy(1, 2), stats.cauchy(1, 2)),
    (f.Chi(3), stats.chi(3)),
    (f.Chi2(3), stats.chi2(3)),
    (f.DiscreteUniform(2, 7), stats.randint(2, 8)),
    (f.Dirichlet([1.0, 2.0, 3.5]), stats.dirichlet([1.0, 2.0, 3.5])),
    (f.Exponential(2), stats.expon(scale=0.5)),
    (f.Frechet(3, 2), stats.invweibull(2, scale=3)),
    (f.Gamma(2.5, 0.5), stats.gamma(2.5, scale=2)),
    (f.GeneralizedGamma(2, 3, 1.5), stats.gengamma(2, 1.5, scale=3)),
    (f.GeneralizedGamma(2, 3, -1.5), stats.gengamma(2, -1.5, scale=3)),
    (f.Geometric(0.3), stats.geom(0.3)),
    (f.Gumbel(1, 2), stats.gumbel_r(1, 2)),
    (f.HalfNormal(3), stats.halfnorm(scale=3)),
    (f.Hypergeometric(20, 7, 12), stats.hypergeom(20, 7, 12)),
    (f.InverseGamma(2, 3), stats.invgamma(2, scale=3)),
    (f.InverseGaussian(2, 3), stats.invgauss(2 / 3, scale=3)),
    (f.Laplace(1, 2), stats.laplace(1, 2)),
    (f.LogNormal(1, 0.5), stats.lognorm(0.5, scale=math.e)),
    (f.LogSeries(0.4), stats.logser(0.4)),
    (f.LogUniform(2, 20), stats.loguniform(2, 20)),
    (f.Logistic(1, 2), stats.logistic(1, 2)),
    (f.Maxwell(3), stats.maxwell(scale=3)),
    (f.Moyal(1, 2), stats.moyal(1, 2)),
    (
        f.MultivariateNormal([0.0, 1.0], [[2.0, 0.5], [0.5, 1.0]]),
        stats.multivariate_normal([0, 1], [[2, 0.5], [0.5, 1]]),
    ),
    (f.Nakagami(2, 9), stats.nakagami(2, scale=3)),
    (f.NegativeBinomial(3, 0.4), stats.nbinom(3, 0.4)),
    (f.Normal(1, 2), stats.norm(1, 2)),
    (f.Pareto(3, 2), stats.pareto(2, scale=3)),
    (f.Poisson(3), stats.poisson(3)),
    (f.PowerFunction(2), stats.powerlaw(2)),
    (f.Rayleigh(3), stats.rayleigh(scale=3)),
    (f.StudentT(3, 1, 2), stats.t(3, 1, 2)),
    (f.TruncatedNormal(1, 3, -2, 7), stats.truncnorm(-1, 2, loc=1, scale=3)),
    (f.Uniform(1, 3), stats.uniform(1, 2)),
    (f.VonMises(0.3, 2), stats.vonmises(2, loc=0.3)),
    (f.VonMisesFisher([0.0, 1.0, 0.0], 2), stats.vonmises_fisher([0, 1, 0], 2)),
    (f.Weibull(3, 2), stats.weibull_min(2, scale=3)),
    (f.Wishart(5, np.eye(2)), stats.wishart(5, np.eye(2))),
]


@pytest.mark.parametrize(("law", "other"), KNOWN, ids=[repr(law) for law, _ in KNOWN])
def test_entropies_are_those_of_scipy(law, other):
    assert kl.entropy(law) == pytest.approx(float(other.entropy()), rel=1e-7)


# E -log p, known exactly.
EXACT = [
    (f.Normal(0, 1), 0.5 * math.log(2 * math.pi * math.e)),
    (f.Uniform(0, 1), 0.0),
    (f.Uniform(0, 1e-300), math.log(1e-300)),
    (f.Exponential(1), 1.0),
    (f.Laplace(0, 1), 1 + math.log(2)),
    (f.Cauchy(0, 1), math.log(4 * math.pi)),
    (f.Logistic(0, 1), 2.0),
    (f.Gumbel(0, 1), 1 + np.euler_gamma),
    (f.Bernoulli(0.5), math.log(2)),
    (f.Bernoulli(0.0), 0.0),
    (f.DiscreteUniform(1, 8), math.log(8)),
    (f.Categorical([0.25] * 4), math.log(4)),
    (f.Categorical(logits=[0.0] * 4), math.log(4)),
    (f.Poisson(0), 0.0),
    (f.PointMass(3), 0.0),
    (f.Zeta(3), float(mpmath.log(mpmath.zeta(3)) - 3 * mpmath.zeta(3, derivative=1) / mpmath.zeta(3))),
    (f.Kumaraswamy(2, 1), 0.5 - math.log(2)),
    (f.ContinuousBernoulli(0.5), 0.0),
    (f.MatrixNormal(np.zeros((2, 3)), np.eye(2), np.eye(3)), 3 * math.log(2 * math.pi * math.e)),
    (f.LowRankMultivariateNormal([0.0, 0.0], [[0.0], [0.0]], [1.0, 1.0]), math.log(2 * math.pi * math.e)),
]


@pytest.mark.parametrize(("law", "wanted"), EXACT, ids=[repr(law) for law, _ in EXACT])
def test_entropies_known_exactly(law, wanted):
    assert kl.entropy(law) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_a_batch_of_mixtures():
    found = kl.entropy(f.Mixture([0.5, 0.5], [f.Normal([0.0, 1.0], 1), f.Normal(0, 1)]))
    assert found[0] == pytest.approx(kl.entropy(f.Normal(0, 1)), rel=1e-9)
    assert found[1] == pytest.approx(kl.entropy(f.Mixture([0.5, 0.5], [f.Normal(1, 1), f.Normal(0, 1)])), rel=1e-9)


def test_a_family_that_is_a_mixture():
    halves = f.Mixture([0.5, 0.5], [f.Gamma(1, 1), f.Gamma(2, 1)])
    assert kl.entropy(f.Lindley(1)) == pytest.approx(kl.entropy(halves), rel=1e-9)


def test_batches_of_entropies():
    found = kl.entropy(f.Normal(0, [1.0, 2.0]))
    assert found[1] - found[0] == pytest.approx(math.log(2), rel=1e-15)


PAIRS = [
    (f.Normal(0, 1), f.Normal(1, 2)),
    (f.Gamma(2, 1), f.Exponential(3)),
    (f.Gamma(2, 1), f.Normal(0, 2)),
    (f.Poisson(2), f.Geometric(0.3)),
    (f.Binomial(9, 0.3), f.Poisson(3)),
    (f.Categorical([0.2, 0.8]), f.Categorical([0.7, 0.3])),
    (f.Normal(0, 1), f.Mixture([0.5, 0.5], [f.Normal(0, 1), f.Normal(1, 1)])),
]


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_cross_entropy_is_entropy_and_divergence(p, q):
    assert kl.cross_entropy(p, q) == pytest.approx(kl.entropy(p) + kl.divergence(p, q), rel=1e-14)
    assert kl.cross_entropy(p, p) == pytest.approx(kl.entropy(p), rel=1e-14)
    assert kl.cross_entropy(p, q, base=2) * math.log(2) == pytest.approx(kl.cross_entropy(p, q), rel=1e-14)


def test_cross_entropy_of_arrays():
    p, q = np.random.default_rng(0).dirichlet(np.ones(6), size=(2, 5))
    np.testing.assert_allclose(kl.cross_entropy(p, q), kl.entropy(p) + kl.divergence(p, q), rtol=1e-14)
    assert kl.cross_entropy([0.5, 0.5], [1.0, 0.0]) == math.inf
    assert kl.cross_entropy([1.0, 0.0], [1.0, 0.0]) == 0


def test_entropy_of_arrays():
    p = np.random.default_rng(0).dirichlet(np.ones(6), size=5)
    np.testing.assert_allclose(kl.entropy(p), stats.entropy(p, axis=-1), rtol=1e-14)
    assert kl.entropy([1.0, 0.0]) == 0
    assert kl.entropy([0.125] * 8, base=2) == 3


def test_joint_tables():
    joint = np.array([[0.3, 0.1, 0.05], [0.2, 0.25, 0.1]])
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    both = kl.entropy(joint, axis=None)
    assert kl.mutual_information(joint) == pytest.approx(kl.entropy(rows) + kl.entropy(columns) - both, rel=1e-13)
    assert kl.conditional_entropy(joint) == pytest.approx(both - kl.entropy(rows), rel=1e-14)
    assert kl.conditional_entropy(joint, given=-1) == pytest.approx(both - kl.entropy(columns), rel=1e-14)
    assert kl.mutual_information(joint.T) == pytest.approx(kl.mutual_information(joint), rel=1e-14)
    assert kl.mutual_information(np.diag([0.25] * 4), base=2) == 2
    assert kl.conditional_entropy(np.diag([0.25] * 4)) == 0
    assert kl.mutual_information(np.outer([0.25, 0.75], [0.5, 0.5])) == 0


def test_batches_of_joint_tables():
    joint = np.random.default_rng(2).dirichlet(np.ones(12), size=5).reshape(5, 3, 4)
    for verb in (kl.mutual_information, kl.conditional_entropy):
        np.testing.assert_allclose(verb(joint), [verb(table) for table in joint], rtol=1e-14)


def test_no_entropy_is_an_error_that_helps():
    with pytest.raises(kl.InputError, match="entropy"):
        kl.entropy(f.Mixture([0.5, 0.5], [f.MultivariateNormal([0.0, k], np.eye(2)) for k in (0.0, 1.0)]))
    with pytest.raises(kl.InputError, match="Multinomial"):
        kl.entropy(f.Multinomial(3, [0.5, 0.5]))
