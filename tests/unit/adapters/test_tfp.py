"""Objects of TensorFlow Probability on JAX, where it imports with the installed JAX."""

import warnings

import numpy as np
import pytest

import kullback.families as f
from kullback._core import InputError, numbers
from kullback.adapters import to_law
from kullback.families import log_prob


@pytest.fixture
def tfp(require):
    require("tree")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is built for other releases of JAX
        return require("tensorflow_probability.substrates.jax")


@pytest.fixture
def d(tfp):
    return tfp.distributions


SPREAD = np.array([[2.0, 0.5], [0.5, 1.0]], dtype=np.float32)
FACTOR = np.linalg.cholesky(SPREAD)
SCALARS = [
    ("Bernoulli", f.Bernoulli, {"probs": 0.3}, 1.0),
    ("Bernoulli", f.Bernoulli, {"logits": 0.3}, 1.0),
    ("Beta", f.Beta, {"concentration1": 2.0, "concentration0": 3.0}, 0.3),
    ("BetaBinomial", f.BetaBinomial, {"total_count": 9.0, "concentration1": 2.0, "concentration0": 3.0}, 3.0),
    ("Binomial", f.Binomial, {"total_count": 5.0, "probs": 0.3}, 2.0),
    ("Binomial", f.Binomial, {"total_count": 5.0, "logits": 0.3}, 2.0),
    ("Categorical", f.Categorical, {"probs": [0.2, 0.3, 0.5]}, 2.0),
    ("Categorical", f.Categorical, {"logits": [0.2, 0.3, 0.5]}, 2.0),
    ("Cauchy", f.Cauchy, {"loc": 1.0, "scale": 2.0}, 0.3),
    ("Chi", f.Chi, {"df": 3.0}, 0.7),
    ("Chi2", f.Chi2, {"df": 3.0}, 0.7),
    ("ContinuousBernoulli", f.ContinuousBernoulli, {"logits": 0.3}, 0.7),
    ("Dirichlet", f.Dirichlet, {"concentration": [1.0, 2.0, 3.0]}, [0.2, 0.3, 0.5]),
    ("Exponential", f.Exponential, {"rate": 3.0}, 0.7),
    ("Gamma", f.Gamma, {"concentration": 2.0, "rate": 3.0}, 0.7),
    ("Gamma", f.Gamma, {"concentration": 2.0, "log_rate": 0.3}, 0.7),
    ("Geometric", f.Geometric, {"probs": 0.3}, 4.0),
    ("Geometric", f.Geometric, {"logits": 0.3}, 4.0),
    ("Gumbel", f.Gumbel, {"loc": 1.0, "scale": 2.0}, 0.7),
    ("HalfNormal", f.HalfNormal, {"scale": 3.0}, 0.7),
    ("InverseGamma", f.InverseGamma, {"concentration": 2.0, "scale": 3.0}, 0.7),
    ("InverseGaussian", f.InverseGaussian, {"loc": 2.0, "concentration": 3.0}, 0.7),
    ("Kumaraswamy", f.Kumaraswamy, {"concentration1": 2.0, "concentration0": 3.0}, 0.7),
    ("Laplace", f.Laplace, {"loc": 1.0, "scale": 2.0}, 0.7),
    ("LogNormal", f.LogNormal, {"loc": 1.0, "scale": 2.0}, 0.7),
    ("Logistic", f.Logistic, {"loc": 1.0, "scale": 2.0}, 0.7),
    ("Moyal", f.Moyal, {"loc": 1.0, "scale": 2.0}, 0.7),
    ("Multinomial", f.Multinomial, {"total_count": 5.0, "probs": [0.2, 0.3, 0.5]}, [1.0, 2, 2]),
    ("Multinomial", f.Multinomial, {"total_count": 5.0, "logits": [0.2, 0.3, 0.5]}, [1.0, 2, 2]),
    ("MultivariateNormalDiag", f.MultivariateNormal, {"loc": [0.0, 1], "scale_diag": [1.0, 2]}, [0.3, 0.4]),
    ("MultivariateNormalTriL", f.MultivariateNormal, {"loc": [0.0, 1], "scale_tril": FACTOR}, [0.3, 0.4]),
    (
        "MultivariateNormalFullCovariance",
        f.MultivariateNormal,
        {"loc": [0.0, 1], "covariance_matrix": SPREAD},
        [0.3, 0.4],
    ),
    (
        "MultivariateNormalDiagPlusLowRankCovariance",
        f.MultivariateNormal,
        {"loc": [0.0, 1], "cov_diag_factor": [1.0, 2], "cov_perturb_factor": [[1.0], [2]]},
        [0.3, 0.4],
    ),
    ("NegativeBinomial", f.NegativeBinomial, {"total_count": 5.0, "probs": 0.3}, 4.0),
    ("NegativeBinomial", f.NegativeBinomial, {"total_count": 5.0, "logits": 0.3}, 4.0),
    ("Normal", f.Normal, {"loc": 1.0, "scale": 2.0}, 0.7),
    ("Pareto", f.Pareto, {"concentration": 2.0, "scale": 1.0}, 1.7),
    ("Poisson", f.Poisson, {"rate": 2.0}, 3.0),
    ("Poisson", f.Poisson, {"log_rate": 0.3}, 3.0),
    ("StudentT", f.StudentT, {"df": 3.0, "loc": 1.0, "scale": 2.0}, 0.7),
    ("TruncatedNormal", f.TruncatedNormal, {"loc": 1.0, "scale": 2.0, "low": 0.0, "high": 3.0}, 0.7),
    ("Uniform", f.Uniform, {"low": 1.0, "high": 3.0}, 1.7),
    ("VonMises", f.VonMises, {"loc": 1.0, "concentration": 2.0}, 0.7),
    ("VonMisesFisher", f.VonMisesFisher, {"mean_direction": [0.6, 0.8], "concentration": 2.0}, [0.8, 0.6]),
    ("Weibull", f.Weibull, {"concentration": 3.0, "scale": 2.0}, 0.7),
    ("Zipf", f.Zeta, {"power": 2.5}, 3.0),
]


def agree(law, value, x):
    np.testing.assert_allclose(numbers(log_prob(law, x)), numbers(value.log_prob(x)), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "kind", "parameters", "x"), SCALARS)
def test_a_known_law_has_its_own_record(require, d, name, kind, parameters, x):
    value = getattr(d, name)(**parameters)
    law = to_law(value)
    assert type(law) is kind
    agree(law, value, require("jax.numpy").asarray(x))


def test_wishart_has_its_own_mean(d):
    value = d.WishartTriL(4.0, FACTOR)
    law = to_law(value)
    np.testing.assert_allclose(law.df * law.scale_tril @ law.scale_tril.T, value.mean(), rtol=1e-5)


def test_logits_are_kept(d):
    assert to_law(d.Bernoulli(logits=90.0)).probs is None


def test_composites(d):
    law = to_law(d.Independent(d.Normal([0.0, 1.0], 2.0), 1))
    assert (type(law), type(law.base)) == (f.Independent, f.Normal)
    weights = d.Categorical(probs=[0.2, 0.8])
    for value in (
        d.MixtureSameFamily(weights, d.Normal([0.0, 3.0], 2.0)),
        d.Mixture(weights, [d.Normal(0.0, 2.0), d.Laplace(3.0, 2.0)]),
    ):
        agree(to_law(value), value, np.float32(0.3))
    assert to_law(d.Deterministic(2.0)).value == 2


def test_changes_of_variable(tfp, d):
    b = tfp.bijectors
    value = b.Chain([b.Exp(), b.Shift(1.0), b.Scale(3.0)])(d.Normal(1.0, 2.0))
    assert type(to_law(value)) is f.LogNormal
    agree(to_law(value), value, np.float32(0.7))
    p, q = (to_law(b.Sigmoid()(d.Normal(loc, 1.0))) for loc in (0.0, 1.0))
    assert type(p.base) is f.Normal
    assert p.key == q.key != to_law(b.Softplus()(d.Normal(0.0, 1.0))).key


def test_other_laws_are_known_by_their_log_density(d):
    law = to_law(d.HalfCauchy(0.0, 2.0))
    assert (type(law), law.low, law.high) == (f.Opaque, 0.0, np.inf)
    agree(law, d.HalfCauchy(0.0, 2.0), np.array(0.7))
    with pytest.raises(InputError, match="no support"):
        to_law(d.Skellam(1.0, 2.0))
