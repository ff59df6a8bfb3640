"""torch.distributions: parameters stay tensors, with their graph."""

from typing import Any

import kullback.families as f
from kullback._core import Array
from kullback.adapters._batches import unstack
from kullback.adapters._classes import known_name
from kullback.adapters._maps import Maps, transformed
from kullback.adapters._opaque import opaque
from kullback.adapters._rows import (
    Kind,
    Row,
    from_complement,
    from_logits,
    mapped,
    mixture,
    multinomial,
    named_steps,
    row,
)


def _made_from(value: Any) -> tuple[str, Array]:
    """The one of probs and logits that the object was made from; the other one is clamped and may be cached."""
    held = vars(value)
    for name in ("probs", "logits"):
        if name in held and held.get("_param", held[name]) is held[name]:
            return name, held[name]
    return "probs", value.probs


def _either(kind: Kind) -> Row:
    """A family that takes probs or logits."""

    def read(value: Any) -> f.Law:
        name, array = _made_from(value)
        return kind(**{name: array})

    return read


def _trials(kind: Kind, *others: str) -> Row:
    """A family that takes probs only."""

    def read(value: Any) -> f.Law:
        name, array = _made_from(value)
        rest = {other: getattr(value, other) for other in others}
        return kind(**rest, probs=array) if name == "probs" else from_logits(kind, array, **rest)

    return read


def _negative_binomial(value: Any) -> f.Law:
    """Their probs is the chance to go on, ours the chance to stop."""
    name, array = _made_from(value)
    if name == "logits":
        return from_logits(f.NegativeBinomial, array, sign=-1.0, total_count=value.total_count)
    return from_complement(f.NegativeBinomial, array, total_count=value.total_count)


def _multinomial(value: Any) -> f.Law:
    name, array = _made_from(value._categorical)  # noqa: SLF001
    return f.Multinomial(value.total_count, array) if name == "probs" else multinomial(value.total_count, array)


def _one_hot(value: Any) -> f.Law:
    return transformed(_either(f.Categorical)(value._categorical), ("one hot",), value)  # noqa: SLF001


def _multivariate_normal(value: Any) -> f.Law:
    """By the covariance if only that was given; asking for another form would cache it in the object."""
    held = vars(value)
    if "covariance_matrix" in held and "scale_tril" not in held:
        return f.MultivariateNormal(value.loc, covariance_matrix=held["covariance_matrix"])
    return f.MultivariateNormal(value.loc, scale_tril=value._unbroadcasted_scale_tril)  # noqa: SLF001


def _read(value: Any) -> f.Law:
    law = from_torch(value)
    return opaque(value) if law is None else law


def _mixture(value: Any) -> f.Law:
    return mixture(_read(value.mixture_distribution), unstack(_read(value.component_distribution)))


def _transformed(value: Any) -> f.Law | None:
    if not all(transform.bijective for transform in value.transforms):
        return None
    base = _read(value.base_dist)
    return mapped(base, named_steps(value.transforms)) or transformed(base, Maps(value.transforms), value)


_ROWS: dict[str, Any] = {
    "Bernoulli": _either(f.Bernoulli),
    "Beta": row(f.Beta, "concentration1", "concentration0"),
    "Binomial": _trials(f.Binomial, "total_count"),
    "Categorical": _either(f.Categorical),
    "Cauchy": row(f.Cauchy, "loc", "scale"),
    "Chi2": row(f.Chi2, "df"),
    "ContinuousBernoulli": _either(f.ContinuousBernoulli),
    "Dirichlet": row(f.Dirichlet, "concentration"),
    "Exponential": row(f.Exponential, "rate"),
    "Gamma": row(f.Gamma, "concentration", "rate"),
    "Geometric": _trials(f.Geometric),
    "Gumbel": row(f.Gumbel, "loc", "scale"),
    "HalfNormal": row(f.HalfNormal, "scale"),
    "Independent": lambda value: f.Independent(_read(value.base_dist), value.reinterpreted_batch_ndims),
    "InverseGamma": row(f.InverseGamma, "concentration", "rate"),
    "Kumaraswamy": row(f.Kumaraswamy, "concentration1", "concentration0"),
    "Laplace": row(f.Laplace, "loc", "scale"),
    "LogNormal": row(f.LogNormal, "loc", "scale"),
    "LowRankMultivariateNormal": row(f.LowRankMultivariateNormal, "loc", "cov_factor", "cov_diag"),
    "MixtureSameFamily": _mixture,
    "Multinomial": _multinomial,
    "MultivariateNormal": _multivariate_normal,
    "NegativeBinomial": _negative_binomial,
    "Normal": row(f.Normal, "loc", "scale"),
    "OneHotCategorical": _one_hot,
    "Pareto": row(f.Pareto, "scale", "alpha"),
    "Poisson": row(f.Poisson, "rate"),
    "StudentT": row(f.StudentT, "df", "loc", "scale"),
    "TransformedDistribution": _transformed,
    "Uniform": row(f.Uniform, "low", "high"),
    "VonMises": row(f.VonMises, "loc", "concentration"),
    "Weibull": row(f.Weibull, "scale", "concentration"),
    "Wishart": row(f.Wishart, "df", scale_tril="_unbroadcasted_scale_tril"),
}


def from_torch(value: Any, /) -> f.Law | None:
    """Read an object of torch.distributions; None for a law that has no family here."""
    name = known_name(value, "torch.distributions", _ROWS)
    law: f.Law | None = _ROWS[name](value) if name else None
    return law
