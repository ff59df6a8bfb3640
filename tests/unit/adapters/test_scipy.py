"""Objects of scipy.stats: the record must have SciPy's own log density."""

import numpy as np
import pytest
from scipy import stats

import kullback.families as f
from kullback._core import InputError
from kullback.adapters import to_law
from kullback.families import log_prob

EXACT = [
    (stats.norm(1, 2), f.Normal),
    (stats.norm(loc=1), f.Normal),
    (stats.norm, f.Normal),
    (stats.cauchy(1, 2), f.Cauchy),
    (stats.gumbel_r(1, 2), f.Gumbel),
    (stats.laplace(1, 2), f.Laplace),
    (stats.logistic(1, 2), f.Logistic),
    (stats.moyal(1, 2), f.Moyal),
    (stats.t(3, 1, 2), f.StudentT),
    (stats.truncnorm(-1, 2, loc=1, scale=3), f.TruncatedNormal),
    (stats.uniform(1, 2), f.Uniform),
    (stats.vonmises(2, loc=0.3), f.VonMises),
    (stats.chi(3), f.Chi),
    (stats.chi(3, scale=3), f.GeneralizedGamma),
    (stats.chi2(3), f.Chi2),
    (stats.chi2(3, scale=3), f.GeneralizedGamma),
    (stats.erlang(3, scale=2), f.Gamma),
    (stats.expon(scale=2), f.Exponential),
    (stats.expon(scale=3), f.Weibull),
    (stats.gamma(2.5, scale=0.5), f.Gamma),
    (stats.gamma(2.5, scale=3), f.GeneralizedGamma),
    (stats.gengamma(2, -1.5, scale=3), f.GeneralizedGamma),
    (stats.halfnorm(scale=3), f.HalfNormal),
    (stats.invgamma(2, scale=3), f.InverseGamma),
    (stats.invgauss(2, scale=3), f.InverseGaussian),
    (stats.invweibull(2, scale=3), f.Frechet),
    (stats.levy(scale=3), f.InverseGamma),
    (stats.lognorm(0.5, scale=3), f.LogNormal),
    (stats.maxwell(scale=3), f.Maxwell),
    (stats.nakagami(2, scale=3), f.Nakagami),
    (stats.pareto(2, scale=3), f.Pareto),
    (stats.rayleigh(scale=3), f.Rayleigh),
    (stats.loguniform(1, 20, scale=2), f.LogUniform),
    (stats.reciprocal(1, 20), f.LogUniform),
    (stats.wald(scale=3), f.InverseGaussian),
    (stats.weibull_min(2, scale=3), f.Weibull),
    (stats.genextreme(0, 1, 2), f.Gumbel),
    (stats.arcsine(), f.Beta),
    (stats.beta(2, 3), f.Beta),
    (stats.powerlaw(2), f.PowerFunction),
]
COUNTS = [
    (stats.bernoulli(0.3), f.Bernoulli),
    (stats.betabinom(9, 2, 3), f.BetaBinomial),
    (stats.binom(9, 0.3), f.Binomial),
    (stats.boltzmann(0.4, 9), f.Categorical),
    (stats.hypergeom(20, 7, 12), f.Hypergeometric),
    (stats.logser(0.4), f.LogSeries),
    (stats.nbinom(4.5, 0.3), f.NegativeBinomial),
    (stats.planck(0.4), f.Geometric),
    (stats.poisson(3), f.Poisson),
    (stats.zipf(2.5), f.Zeta),
    (stats.randint(-2, 9), f.DiscreteUniform),
    (stats.rv_discrete(values=([0, 1, 2], [0.2, 0.3, 0.5])), f.Categorical),
]
MOVED = [
    (stats.expon(1, 2), f.Exponential, ("shift", 1.0)),
    (stats.gamma(2, loc=-1), f.Gamma, ("shift", -1.0)),
    (stats.beta(2, 3, loc=1), f.Beta, ("shift", 1.0)),
    (stats.beta(2, 3, loc=1, scale=4), f.Beta, ("affine", 1.0, 4.0)),
    (stats.gumbel_l(1, 2), f.Gumbel, ("mirror",)),
    (stats.weibull_max(2, scale=3), f.Weibull, ("mirror",)),
    (stats.weibull_max(2, 1, 3), f.Weibull, ("mirror", 1.0)),
    (stats.lomax(2, scale=3), f.Pareto, ("shift", -3.0)),
    (stats.geom(0.3), f.Geometric, ("shift", 1.0)),
    (stats.geom(0.3, loc=-1), f.Geometric, None),
    (stats.poisson(3, loc=2), f.Poisson, ("shift", 2.0)),
    (stats.zipfian(1.3, 9), f.Categorical, ("shift", 1.0)),
]
OPAQUE = [
    stats.kstwobign(),
    stats.argus(2),
    stats.halfcauchy(scale=2),
    stats.skewnorm(2),
    stats.vonmises(2, scale=2),
    stats.genextreme(0.3),
    stats.rv_histogram((np.array([1, 3, 2]), np.array([0.0, 1, 2, 3]))),
    stats.gaussian_kde([1.0, 2, 4, 4.5]),
    stats.levy_stable(1.8, -0.5),
    stats.poisson_binom([0.1, 0.6, 0.7]),
    stats.skellam(3, 4),
    stats.dlaplace(0.8),
    stats.rv_discrete(values=([1, 2, 7], [0.2, 0.3, 0.5])),
]


def native(value, x):
    return value.logpmf(x) if hasattr(value, "logpmf") and not hasattr(value, "logpdf") else log_density(value, x)


def log_density(value, x):
    if hasattr(value, "dist") and not isinstance(value.dist, stats.rv_continuous):
        return value.logpmf(x)
    return value.logpdf(x)


def points(value):
    if isinstance(value, stats.gaussian_kde):
        return np.array([0.5, 2.2, 6.0])
    return value.ppf([0.02, 0.3, 0.7, 0.98])


def agree(law, value):
    x = points(value)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(log_prob(law, x), native(value, x), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("value", "kind"), EXACT + COUNTS)
def test_a_known_law_has_its_own_record(value, kind):
    law = to_law(value)
    assert type(law) is kind
    agree(law, value)


@pytest.mark.parametrize(("value", "kind", "key"), MOVED)
def test_a_location_that_the_family_lacks_is_a_map(value, kind, key):
    law = to_law(value)
    if key is None:
        assert type(law) is kind
    else:
        assert (type(law), type(law.base), law.key) == (f.Transformed, kind, key)
    agree(law, value)


@pytest.mark.parametrize("value", OPAQUE)
def test_other_laws_are_known_by_their_log_density(value):
    law = to_law(value)
    assert isinstance(law, f.Opaque)
    assert np.isfinite(law.points).all()
    agree(law, value)
    if hasattr(value, "support"):
        assert (law.low, law.high) == value.support()


def test_parameters_are_taken_over_to_the_last_bit():
    law = to_law(stats.norm(0.1, 0.3))
    assert (law.loc, law.scale) == (0.1, 0.3)
    law = to_law(stats.gamma(0.1, scale=0.3))
    assert (law.concentration, law.scale, law.power) == (0.1, 0.3, 1.0)
    law = to_law(stats.expon(scale=0.3))
    assert (law.scale, law.concentration) == (0.3, 1.0)
    assert to_law(stats.geom(0.1)).base.probs == 0.1


def test_a_batch_stays_one():
    law = to_law(stats.norm([0, 1, 2], 2))
    assert law.batch_shape == (3,)
    law = to_law(stats.expon([0, 1], 3))
    assert law.key == ("shift", [0.0, 1.0])
    with pytest.raises(InputError, match="one by one"):
        to_law(stats.skewnorm([1, 2]))


def test_an_opaque_lattice_is_read_between_whole_numbers():
    law = to_law(stats.skellam(3, 4))
    ends = log_prob(law, np.array([2.0, 3.0]))
    np.testing.assert_allclose(log_prob(law, np.array([2.25])), 0.75 * ends[0] + 0.25 * ends[1])
    assert log_prob(to_law(stats.rv_discrete(values=([1, 7], [0.5, 0.5]))), np.array([2.5])) == -np.inf


def test_an_opaque_law_draws_with_the_generator():
    law = to_law(stats.skewnorm(2))
    draws = [law.draw((5,), np.random.default_rng(7)) for _ in range(2)]
    np.testing.assert_array_equal(*draws)


def test_parameters_must_be_there():
    with pytest.raises(InputError, match=r"scipy.stats.gamma\(a\)"):
        to_law(stats.gamma)
    with pytest.raises(InputError, match="no parameters yet"):
        to_law(stats.multivariate_normal)


SPREAD, OTHER = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[1.0, -0.3], [-0.3, 2.0]])
MULTIVARIATE = [
    (stats.multivariate_normal([1, 2], SPREAD), [0.3, 0.4], f.MultivariateNormal),
    (stats.multivariate_normal([1, 2], stats.Covariance.from_cholesky(np.linalg.cholesky(SPREAD))), [0.3, 0.4], None),
    (stats.multivariate_normal([1, 2], stats.Covariance.from_diagonal([1, 2])), [0.3, 0.4], None),
    (stats.multivariate_normal([1, 2], stats.Covariance.from_precision(SPREAD)), [0.3, 0.4], None),
    (stats.dirichlet([1.0, 2, 3]), [0.2, 0.3, 0.5], f.Dirichlet),
    (stats.vonmises_fisher([0.6, 0.8], 3), [0.8, 0.6], f.VonMisesFisher),
    (stats.multinomial(5, [0.2, 0.8]), [2, 3], f.Multinomial),
]


@pytest.mark.parametrize(("value", "x", "kind"), MULTIVARIATE)
def test_multivariate_laws(value, x, kind):
    law = to_law(value)
    assert type(law) is (kind or f.MultivariateNormal)
    x = np.asarray(x, dtype=float)
    expected = value.logpmf(x) if kind is f.Multinomial else value.logpdf(x)
    np.testing.assert_allclose(log_prob(law, x), expected, rtol=1e-12)


def test_laws_on_matrices_have_their_own_means():
    """Their families have no log density, so what the parameters mean is checked by a moment."""
    p, q = stats.wishart(4, SPREAD), stats.invwishart(5, SPREAD)
    law = to_law(p)
    np.testing.assert_allclose(law.df * law.scale_tril @ law.scale_tril.T, p.mean())
    law = to_law(q)
    np.testing.assert_allclose(law.scale_tril @ law.scale_tril.T / (law.df - 3), q.mean())
    law = to_law(stats.matrix_normal([[0, 1.0], [1, 2]], SPREAD, OTHER))
    np.testing.assert_allclose(law.row_tril @ law.row_tril.T, SPREAD)
    np.testing.assert_allclose(law.col_tril @ law.col_tril.T, OTHER)


def test_a_factor_is_kept():
    factor = np.linalg.cholesky(SPREAD)
    law = to_law(stats.multivariate_normal([1, 2], stats.Covariance.from_cholesky(factor)))
    np.testing.assert_array_equal(law.scale_tril, factor)


def test_other_multivariate_laws_ask_for_samples():
    with pytest.raises(InputError, match="estimate"):
        to_law(stats.multivariate_t([0, 0]))


Gamma = stats.make_distribution(stats.gamma)
X = stats.Normal(mu=1.0, sigma=2.0)
MODERN = [
    (X, f.Normal),
    (stats.Normal(), f.Normal),
    (stats.Uniform(a=1.0, b=3.0), f.Uniform),
    (stats.Logistic(), f.Logistic),
    (2 * stats.Logistic() + 1, f.Logistic),
    (stats.Binomial(n=9, p=0.3), f.Binomial),
    (Gamma(a=2.0), f.Gamma),
    (3 * Gamma(a=2.0), f.GeneralizedGamma),
    (3 * Gamma(a=2.0) + 1, f.Transformed),
    (-3 * Gamma(a=2.0), f.Transformed),
    (-2 * X + 1, f.Normal),
    (stats.exp(X), f.LogNormal),
    (stats.exp(Gamma(a=2.0)), f.Transformed),
    (stats.log(Gamma(a=2.0)), f.Transformed),
    (stats.abs(stats.Normal(mu=0.0, sigma=2.0)), f.HalfNormal),
    (stats.abs(X), f.Opaque),
    (stats.truncate(X, 0, 3), f.TruncatedNormal),
    (stats.truncate(Gamma(a=2.0), 1, 3), f.Opaque),
    (stats.Mixture([X, stats.Normal()], weights=[0.3, 0.7]), f.Mixture),
]


@pytest.mark.parametrize(("value", "kind"), MODERN)
def test_the_newer_classes(value, kind):
    law = to_law(value)
    assert type(law) is kind
    x = np.array([2.0]) if isinstance(value, stats.Binomial) else np.asarray(value.icdf(np.array([0.1, 0.4, 0.8])))
    expected = value.logpmf(x) if isinstance(value, stats.Binomial) else value.logpdf(x)
    np.testing.assert_allclose(log_prob(law, x), expected, rtol=1e-9)


def test_the_same_map_has_the_same_key():
    p, q = to_law(stats.log(Gamma(a=2.0))), to_law(stats.log(Gamma(a=3.0)))
    assert p.key == q.key != to_law(stats.exp(Gamma(a=2.0))).key
