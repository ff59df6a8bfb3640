"""TensorFlow Probability on JAX (`tensorflow_probability.substrates.jax`)."""

from typing import Any

import kullback.families as f
from kullback._core import InputError, is_concrete
from kullback.adapters._batches import unstack
from kullback.adapters._classes import comes_from, full_name, known_name
from kullback.adapters._maps import Maps, transformed
from kullback.adapters._opaque import opaque
from kullback.adapters._rows import Kind, Row, from_complement, from_logits, made, mapped, mixture, multinomial, row

_JAX = "tensorflow_probability.substrates.jax"


def _either(kind: Kind) -> Row:
    """A family that takes probs or logits, whichever came."""
    return lambda value: kind(logits=value.logits) if value.probs is None else kind(probs=value.probs)


def _trials(kind: Kind, *others: str) -> Row:
    """A family that takes probs only."""

    def read(value: Any) -> f.Law:
        rest = {other: getattr(value, other) for other in others}
        return from_logits(kind, value.logits, **rest) if value.probs is None else made(kind, **rest, probs=value.probs)

    return read


def _negative_binomial(value: Any) -> f.Law:
    """Their probs is the chance to go on, ours the chance to stop."""
    if value.probs is None:
        return from_logits(f.NegativeBinomial, value.logits, sign=-1.0, total_count=value.total_count)
    return from_complement(f.NegativeBinomial, value.probs, total_count=value.total_count)


def _multinomial(value: Any) -> f.Law:
    if value.probs is None:
        return multinomial(value.total_count, value.logits)
    return made(f.Multinomial, total_count=value.total_count, probs=value.probs)


def _rate(value: Any) -> Any:
    """TFP takes a rate or its logarithm."""
    if value.rate is not None:
        return value.rate
    from jax.numpy import exp  # noqa: PLC0415 - the object came from there

    return exp(value.log_rate)


def _multivariate_normal(value: Any) -> f.Law:
    """By a triangular or diagonal operator if there is one, else by the covariance."""
    loc, operator = value.mean(), getattr(value, "scale", None)
    names = {"LinearOperatorDiag": "scale_diag", "LinearOperatorLowerTriangular": "scale_tril"}
    name = names.get(type(operator).__name__)
    if operator is None or name is None or not _is_positive(operator.diag_part()):
        return made(f.MultivariateNormal, loc=loc, covariance_matrix=value.covariance())
    factor = operator.diag_part() if name == "scale_diag" else operator.to_dense()
    return made(f.MultivariateNormal, loc=loc, **{name: factor})


def _is_positive(diagonal: Any) -> bool:
    return not is_concrete(diagonal) or bool((diagonal > 0).all())


def _wishart(value: Any) -> f.Law:
    law = made(f.Wishart, df=value.df, scale_tril=value.scale_tril)
    return transformed(law, ("cholesky",), value) if value.input_output_cholesky else law


def _point(value: Any) -> f.Law:
    point = f.PointMass(value.loc)
    return f.Independent(point, 1) if tuple(value.event_shape) else point


def _read(value: Any) -> f.Law:
    law = from_tfp(value)
    return opaque(value) if law is None else law


def _mixture(value: Any) -> f.Law:
    return mixture(_read(value.mixture_distribution), unstack(_read(value.components_distribution)))


def _steps(bijector: Any) -> list[tuple[str, Any]]:
    """The maps in the order in which they act; a chain of TFP lists them from the last."""
    name = type(bijector).__name__.strip("_")
    if name == "Chain":
        return [step for part in reversed(bijector.bijectors) for step in _steps(part)]
    if name == "Shift":
        return [("affine", (bijector.shift, 1.0))]
    if name == "Scale" and bijector.scale is not None:
        return [("affine", (0.0, bijector.scale))]
    return [("exp" if name == "Exp" else "", ())]


def _transformed(value: Any) -> f.Law | None:
    if not value.bijector._is_injective:  # noqa: SLF001
        return None
    base = _read(value.distribution)
    return mapped(base, _steps(value.bijector)) or transformed(base, Maps((value.bijector,)), value)


_NORMALS = ("Diag", "TriL", "LinearOperator", "FullCovariance", "DiagPlusLowRank", "DiagPlusLowRankCovariance")
_ROWS: dict[str, Any] = {
    **{f"MultivariateNormal{name}": _multivariate_normal for name in _NORMALS},
    "Bernoulli": _either(f.Bernoulli),
    "Beta": row(f.Beta, "concentration1", "concentration0"),
    "BetaBinomial": row(f.BetaBinomial, "total_count", "concentration1", "concentration0"),
    "Binomial": _trials(f.Binomial, "total_count"),
    "Categorical": _either(f.Categorical),
    "Cauchy": row(f.Cauchy, "loc", "scale"),
    "Chi": row(f.Chi, "df"),
    "Chi2": row(f.Chi2, "df"),
    "ContinuousBernoulli": _either(f.ContinuousBernoulli),
    "Deterministic": _point,
    "Dirichlet": row(f.Dirichlet, "concentration"),
    "Exponential": row(f.Exponential, "rate"),
    "Gamma": lambda value: made(f.Gamma, concentration=value.concentration, rate=_rate(value)),
    "Geometric": _trials(f.Geometric),
    "Gumbel": row(f.Gumbel, "loc", "scale"),
    "HalfNormal": row(f.HalfNormal, "scale"),
    "Independent": lambda value: f.Independent(_read(value.distribution), int(value.reinterpreted_batch_ndims)),
    "InverseGamma": row(f.InverseGamma, "concentration", rate="scale"),
    "InverseGaussian": row(f.InverseGaussian, "loc", "concentration"),
    "Kumaraswamy": row(f.Kumaraswamy, "concentration1", "concentration0"),
    "Laplace": row(f.Laplace, "loc", "scale"),
    "LogNormal": row(f.LogNormal, "loc", "scale"),
    "Logistic": row(f.Logistic, "loc", "scale"),
    "Mixture": lambda value: mixture(_read(value.cat), tuple(_read(part) for part in value.components)),
    "MixtureSameFamily": _mixture,
    "Moyal": row(f.Moyal, "loc", "scale"),
    "Multinomial": _multinomial,
    "NegativeBinomial": _negative_binomial,
    "Normal": row(f.Normal, "loc", "scale"),
    "OneHotCategorical": lambda value: transformed(_either(f.Categorical)(value), ("one hot",), value),
    "Pareto": row(f.Pareto, "scale", alpha="concentration"),
    "Poisson": lambda value: f.Poisson(_rate(value)),
    "StudentT": row(f.StudentT, "df", "loc", "scale"),
    "TransformedDistribution": _transformed,
    "TruncatedNormal": row(f.TruncatedNormal, "loc", "scale", "low", "high"),
    "Uniform": row(f.Uniform, "low", "high"),
    "VectorDeterministic": _point,
    "VonMises": row(f.VonMises, "loc", "concentration"),
    "VonMisesFisher": row(f.VonMisesFisher, "mean_direction", "concentration"),
    "Weibull": row(f.Weibull, "scale", "concentration"),
    "WishartTriL": _wishart,
    "Zipf": row(f.Zeta, exponent="power"),
}


def from_tfp(value: Any, /) -> f.Law | None:
    """Read an object of TFP on JAX; None for a law that has no family here."""
    if not comes_from(value, _JAX):
        raise InputError(f"{full_name(value)} is not on JAX. Laws of `{_JAX}` are read. Import it from there.")
    name = known_name(value, _JAX, _ROWS)
    law: f.Law | None = _ROWS[name](value) if name else None
    return law
