"""Straight paths between two laws of an exponential family: in natural parameters and in expectations."""

from collections.abc import Callable
from typing import Any

from kullback._core import Array, InputError, log_softmax, namespace, special
from kullback.families import (
    Bernoulli,
    Beta,
    Binomial,
    Categorical,
    Chi2,
    ContinuousBernoulli,
    Dirichlet,
    Exponential,
    Gamma,
    Geometric,
    HalfNormal,
    InverseGamma,
    Law,
    LogNormal,
    LogSeries,
    Maxwell,
    MultivariateNormal,
    Normal,
    Poisson,
    Product,
    Rayleigh,
    Zeta,
    unchecked,
)
from kullback.families._bounded import logit_of
from kullback.families._triangular import cholesky, solve_lower
from kullback.fitting.geometry._pairs import factor_of, shares

Path = Callable[[Any, Any, Array], Any]


def _between(t: Array, a: Array, b: Array) -> Array:
    return a + t * (b - a)


# There and back: the functions of a parameter that move on a line.
_LINES: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "self": (lambda x: x, lambda x: x),
    "log": (lambda x: namespace(x).log(x), lambda x: namespace(x).exp(x)),
    "reciprocal": (lambda x: 1.0 / x, lambda x: 1.0 / x),
    "square": (lambda x: x * x, lambda x: x**0.5),
    "reciprocal square": (lambda x: x**-2.0, lambda x: x**-0.5),
}


def _each(*names: str, by: str = "self") -> Path:
    """Parameters of which such a function moves on a line."""
    there, back = _LINES[by]

    def path(p: Any, q: Any, t: Array) -> Any:
        values = {name: back(_between(t, there(getattr(p, name)), there(getattr(q, name)))) for name in names}
        return unchecked(type(p), p, **values)

    return path


def _e_normal(p: Any, q: Any, t: Array) -> Any:
    """Precision and precision times mean, in units of the second scale."""
    ratio = q.scale / p.scale
    first, second = (1.0 - t) * ratio * ratio, t
    total = first + second
    loc = p.loc + second / total * (q.loc - p.loc)
    return unchecked(type(p), p, loc=loc, scale=q.scale / p.xp.sqrt(total))


def _m_normal(p: Any, q: Any, t: Array) -> Any:
    """Mean and mean square: the variance between the two means comes on top."""
    step = q.loc - p.loc
    square = _between(t, p.scale * p.scale, q.scale * q.scale) + t * (1.0 - t) * step * step
    return unchecked(type(p), p, loc=p.loc + t * step, scale=p.xp.sqrt(square))


def _precision(law: Any) -> Array:
    xp = law.xp
    factor = factor_of(law)
    eye = xp.eye(factor.shape[-1], dtype=factor.dtype) + 0.0 * factor
    inverse = solve_lower(xp, factor, eye)
    return xp.matrix_transpose(inverse) @ inverse


def _e_multivariate(p: Any, q: Any, t: Array) -> Any:
    xp = p.xp
    share = t[..., None, None]
    one, two = (1.0 - share) * _precision(p), share * _precision(q)
    lower = cholesky(xp, one + two)
    inverse = solve_lower(xp, lower, xp.eye(lower.shape[-1], dtype=lower.dtype) + 0.0 * lower)
    covariance = xp.matrix_transpose(inverse) @ inverse
    step = (covariance @ (two @ (q.loc - p.loc)[..., None]))[..., 0]
    return unchecked(MultivariateNormal, p, loc=p.loc + step, covariance_matrix=covariance)


def _m_multivariate(p: Any, q: Any, t: Array) -> Any:
    xp = p.xp
    share, step = t[..., None, None], q.loc - p.loc
    one, two = (factor @ xp.matrix_transpose(factor) for factor in (factor_of(p), factor_of(q)))
    spread = _between(share, one, two) + share * (1.0 - share) * step[..., :, None] * step[..., None, :]
    return unchecked(MultivariateNormal, p, loc=p.loc + t[..., None] * step, covariance_matrix=spread)


def _logits(law: Any) -> Array:
    xp = law.xp
    return log_softmax(xp, law.logits if law.logits is not None else xp.log(law.probs))


def _e_categorical(p: Any, q: Any, t: Array) -> Any:
    """The weighted geometric mean; an outcome that one law never has is left out inside."""
    xp = p.xp
    share = t[..., None]
    one, two = xp.where(share < 1, (1.0 - share) * _logits(p), 0.0), xp.where(share > 0, share * _logits(q), 0.0)
    logits = one + two
    if not bool(xp.all(xp.max(logits, axis=-1) > -xp.inf)):
        raise InputError("p and q have no outcome in common, so there is no exponential path between them.")
    return unchecked(Categorical, p, probs=xp.exp(log_softmax(xp, logits)))


def _m_categorical(p: Any, q: Any, t: Array) -> Any:
    return unchecked(Categorical, p, probs=_between(t[..., None], shares(p), shares(q)))


def _e_trials(p: Any, q: Any, t: Array) -> Any:
    """Log odds on a line."""
    one, two = logit_of(p), logit_of(q)
    logits = p.xp.where(t == 0, one, p.xp.where(t == 1, two, _between(t, one, two)))
    return unchecked(type(p), p, logits=logits)


def _e_binomial(p: Any, q: Any, t: Array) -> Any:
    xp = p.xp
    one, two = (xp.log(law.probs) - xp.log1p(-law.probs) for law in (p, q))
    probs = special("expit", _between(t, one, two))
    return unchecked(Binomial, p, total_count=p.total_count, probs=probs)


def _m_trials(p: Any, q: Any, t: Array) -> Any:
    return unchecked(Bernoulli, p, probs=_between(t, shares(p)[..., 1], shares(q)[..., 1]))


def _m_binomial(p: Any, q: Any, t: Array) -> Any:
    return unchecked(Binomial, p, total_count=p.total_count, probs=_between(t, p.probs, q.probs))


def _e_geometric(p: Any, q: Any, t: Array) -> Any:
    one, two = (p.xp.log1p(-law.probs) for law in (p, q))
    return unchecked(Geometric, p, probs=-p.xp.expm1(_between(t, one, two)))


def _parts(path: "dict[type[Law], Path]") -> Path:
    """Part by part."""

    def product(p: Any, q: Any, t: Array) -> Any:
        return Product(tuple(path[type(one)](one, two, t) for one, two in zip(p.components, q.components, strict=True)))

    return product


EXPONENTIAL: dict[type[Law], Path] = {
    Normal: _e_normal,
    LogNormal: _e_normal,
    MultivariateNormal: _e_multivariate,
    Categorical: _e_categorical,
    Bernoulli: _e_trials,
    ContinuousBernoulli: _e_trials,
    Binomial: _e_binomial,
    Geometric: _e_geometric,
    Exponential: _each("rate"),
    Gamma: _each("concentration", "rate"),
    InverseGamma: _each("concentration", "rate"),
    Beta: _each("concentration1", "concentration0"),
    Dirichlet: lambda p, q, t: unchecked(
        Dirichlet, p, concentration=_between(t[..., None], p.concentration, q.concentration)
    ),
    Chi2: _each("df"),
    Zeta: _each("exponent"),
    Poisson: _each("rate", by="log"),
    LogSeries: _each("probs", by="log"),
    **dict.fromkeys((HalfNormal, Rayleigh, Maxwell), _each("scale", by="reciprocal square")),
}
MIXTURE: dict[type[Law], Path] = {
    Normal: _m_normal,
    LogNormal: _m_normal,
    MultivariateNormal: _m_multivariate,
    Categorical: _m_categorical,
    Bernoulli: _m_trials,
    Binomial: _m_binomial,
    Geometric: lambda p, q, t: unchecked(Geometric, p, probs=1.0 / _between(t, 1.0 / p.probs, 1.0 / q.probs)),
    Exponential: _each("rate", by="reciprocal"),
    Poisson: _each("rate"),
    **dict.fromkeys((HalfNormal, Rayleigh, Maxwell), _each("scale", by="square")),
}
EXPONENTIAL[Product], MIXTURE[Product] = _parts(EXPONENTIAL), _parts(MIXTURE)
