"""numpyro.distributions: parameters stay JAX arrays, also while JAX traces."""

from typing import Any

import numpy as np

import kullback.families as f
from kullback._core import InputError, is_concrete
from kullback.adapters._batches import expand, unstack
from kullback.adapters._classes import full_name, known_name
from kullback.adapters._maps import Maps, transformed
from kullback.adapters._opaque import opaque
from kullback.adapters._rows import (
    Row,
    from_complement,
    from_logits,
    made,
    mapped,
    mixture,
    multinomial,
    named_steps,
    row,
    steps,
)

_LOSSY = {"AbsTransform", "SoftmaxTransform"}


def _refused(reason: str) -> Row:
    def read(value: Any) -> f.Law:
        raise InputError(f"{full_name(value)} is no law: {reason}. A distribution is needed. Give its base_dist.")

    return read


def _read(value: Any) -> f.Law:
    law = from_numpyro(value)
    return opaque(value) if law is None else law


def _delta(value: Any) -> f.Law:
    if not is_concrete(value.log_density) or np.any(np.asarray(value.log_density) != 0):
        raise InputError(
            f"{full_name(value)} with log_density = {value.log_density} is no law. "
            "Its mass must be one. Give log_density=0."
        )
    point = f.PointMass(value.v)
    return f.Independent(point, value.event_dim) if value.event_dim else point


def _gamma_poisson(value: Any) -> f.Law:
    return made(f.NegativeBinomial, total_count=value.concentration, probs=value.rate / (1.0 + value.rate))


def _multivariate_normal(value: Any) -> f.Law:
    given = vars(value).get("covariance_matrix")
    if given is not None:
        return made(f.MultivariateNormal, loc=value.loc, covariance_matrix=given)
    return made(f.MultivariateNormal, loc=value.loc, scale_tril=value.scale_tril)


def _truncated(value: Any) -> f.Law | None:
    base = from_numpyro(value.base_dist)
    ends = {name: getattr(value, name) for name in ("low", "high") if hasattr(value, name)}
    return made(f.TruncatedNormal, loc=base.loc, scale=base.scale, **ends) if isinstance(base, f.Normal) else None


def _mixture(value: Any) -> f.Law:
    return mixture(_read(value.mixing_distribution), unstack(_read(value.component_distribution)))


def _mixture_general(value: Any) -> f.Law:
    return mixture(_read(value.mixing_distribution), tuple(_read(part) for part in value.component_distributions))


def _transformed(value: Any) -> f.Law | None:
    if any(type(step).__name__ in _LOSSY for step in steps(value.transforms)):
        return None
    base = _read(value.base_dist)
    return mapped(base, named_steps(value.transforms)) or transformed(base, Maps(value.transforms), value)


_ROWS: dict[str, Any] = {
    "BernoulliLogits": row(f.Bernoulli, "logits"),
    "BernoulliProbs": row(f.Bernoulli, "probs"),
    "Beta": row(f.Beta, "concentration1", "concentration0"),
    "BetaBinomial": row(f.BetaBinomial, "total_count", "concentration1", "concentration0"),
    "BinomialLogits": lambda value: from_logits(f.Binomial, value.logits, total_count=value.total_count),
    "BinomialProbs": row(f.Binomial, "total_count", "probs"),
    "CategoricalLogits": row(f.Categorical, "logits"),
    "CategoricalProbs": row(f.Categorical, "probs"),
    "Cauchy": row(f.Cauchy, "loc", "scale"),
    "Chi2": row(f.Chi2, "df"),
    "Delta": _delta,
    "Dirichlet": row(f.Dirichlet, "concentration"),
    "DiscreteUniform": row(f.DiscreteUniform, "low", "high"),
    "ExpandedDistribution": lambda value: expand(_read(value.base_dist), value.batch_shape),
    "Exponential": row(f.Exponential, "rate"),
    "Gamma": row(f.Gamma, "concentration", "rate"),
    "GammaPoisson": _gamma_poisson,
    "GeometricLogits": lambda value: from_logits(f.Geometric, value.logits),
    "GeometricProbs": row(f.Geometric, "probs"),
    "Gumbel": row(f.Gumbel, "loc", "scale"),
    "HalfNormal": row(f.HalfNormal, "scale"),
    "ImproperUniform": _refused("it has no density that integrates to one"),
    "Independent": lambda value: f.Independent(_read(value.base_dist), value.reinterpreted_batch_ndims),
    "InverseGamma": row(f.InverseGamma, "concentration", "rate"),
    "InverseWishart": row(f.InverseWishart, "scale_tril", df="concentration"),
    "Kumaraswamy": row(f.Kumaraswamy, "concentration1", "concentration0"),
    "Laplace": row(f.Laplace, "loc", "scale"),
    "LeftCensoredDistribution": _refused("censoring changes the likelihood of data, not what they are drawn from"),
    "LeftTruncatedDistribution": _truncated,
    "LogNormal": row(f.LogNormal, "loc", "scale"),
    "LogUniform": row(f.LogUniform, "low", "high"),
    "Logistic": row(f.Logistic, "loc", "scale"),
    "LowRankMultivariateNormal": row(f.LowRankMultivariateNormal, "loc", "cov_factor", "cov_diag"),
    "MaskedDistribution": _refused("a mask changes the likelihood of data, not what they are drawn from"),
    "MatrixNormal": row(f.MatrixNormal, "loc", row_tril="scale_tril_row", col_tril="scale_tril_column"),
    "MixtureGeneral": _mixture_general,
    "MixtureSameFamily": _mixture,
    "MultinomialLogits": lambda value: multinomial(value.total_count, value.logits),
    "MultinomialProbs": row(f.Multinomial, "total_count", "probs"),
    "MultivariateNormal": _multivariate_normal,
    "NegativeBinomialLogits": lambda value: from_logits(
        f.NegativeBinomial, value.logits, sign=-1.0, total_count=value.total_count
    ),
    "NegativeBinomialProbs": lambda value: from_complement(
        f.NegativeBinomial, value.probs, total_count=value.total_count
    ),
    "Normal": row(f.Normal, "loc", "scale"),
    "Pareto": row(f.Pareto, "scale", "alpha"),
    "Poisson": row(f.Poisson, "rate"),
    "RightCensoredDistribution": _refused("censoring changes the likelihood of data, not what they are drawn from"),
    "RightTruncatedDistribution": _truncated,
    "StudentT": row(f.StudentT, "df", "loc", "scale"),
    "TransformedDistribution": _transformed,
    "TwoSidedTruncatedDistribution": _truncated,
    "Uniform": row(f.Uniform, "low", "high"),
    "Unit": _refused("it has a factor in place of outcomes"),
    "VonMises": row(f.VonMises, "loc", "concentration"),
    "Weibull": row(f.Weibull, "scale", "concentration"),
    "Wishart": row(f.Wishart, "scale_tril", df="concentration"),
}


def from_numpyro(value: Any, /) -> f.Law | None:
    """Read an object of numpyro.distributions; None for a law that has no family here."""
    name = known_name(value, "numpyro.distributions", _ROWS)
    law: f.Law | None = _ROWS[name](value) if name else None
    return law
