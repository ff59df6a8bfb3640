"""Frozen laws of scipy.stats on numbers; location and scale go into the record's own parameters where it has them."""

from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any, TypeAlias

import numpy as np

import kullback.families as f
from kullback._core import Array, InputError
from kullback.adapters._classes import comes_from, full_name
from kullback.adapters._maps import transformed
from kullback.adapters._opaque import opaque
from kullback.adapters._scipy_multivariate import multivariate
from kullback.adapters._scipy_new import modern

Row: TypeAlias = Callable[..., f.Law | None]
"""Shape parameters and scale to a law at location zero; None where the law has no record."""

_LONGEST = 1_000_000


def _has_reciprocal(scale: Array) -> bool:
    """Whether 1/scale is exact: for powers of two alone."""
    return bool(np.all(np.frexp(scale)[0] == 0.5))


def _gamma(shape: Array, scale: Array) -> f.Law:
    """By its rate where 1/scale is exact; nearly equal scales would lose their gap in it otherwise."""
    return f.Gamma(shape, 1.0 / scale) if _has_reciprocal(scale) else f.GeneralizedGamma(shape, scale, 1.0)


def _finite(slope: Array, size: Array, steps: Callable[[int], Array]) -> f.Law | None:
    """Log weights that fall in a known way over so many outcomes."""
    if np.ndim(slope) or np.ndim(size) or not 1 <= size <= _LONGEST:
        return None
    return f.Categorical(logits=slope * steps(int(size)))


_LOCATED: Mapping[str, Row] = {
    # shapes, then loc and scale
    "cauchy": f.Cauchy,
    "gumbel_r": f.Gumbel,
    "laplace": f.Laplace,
    "logistic": f.Logistic,
    "moyal": f.Moyal,
    "norm": f.Normal,
    "t": f.StudentT,
    "truncnorm": lambda a, b, loc, scale: f.TruncatedNormal(loc, scale, loc + a * scale, loc + b * scale),
    "uniform": lambda loc, scale: f.Uniform(loc, loc + scale),
    "vonmises": lambda kappa, loc, scale: f.VonMises(loc, kappa) if np.all(scale == 1) else None,
}

_SCALED: Mapping[str, Row] = {
    # shapes, then scale
    "chi": lambda df, s: f.Chi(df) if np.all(s == 1) else f.GeneralizedGamma(0.5 * df, sqrt(2) * s, 2.0),
    "chi2": lambda df, s: f.Chi2(df) if np.all(s == 1) else f.GeneralizedGamma(0.5 * df, 2.0 * s, 1.0),
    "erlang": _gamma,
    "expon": lambda s: f.Exponential(1.0 / s) if _has_reciprocal(s) else f.Weibull(s, 1.0),
    "gamma": _gamma,
    "gengamma": lambda a, c, s: f.GeneralizedGamma(a, s, c),
    "halfnorm": f.HalfNormal,
    "invgamma": f.InverseGamma,
    "invgauss": lambda mu, s: f.InverseGaussian(mu * s, s),
    "invweibull": lambda c, s: f.Frechet(s, c),
    "levy": lambda s: f.InverseGamma(0.5, 0.5 * s),
    "lognorm": lambda sigma, s: f.LogNormal(np.log(s), sigma),
    "maxwell": f.Maxwell,
    "nakagami": lambda nu, s: f.Nakagami(nu, s * s),
    "pareto": lambda b, s: f.Pareto(s, b),
    "rayleigh": f.Rayleigh,
    "reciprocal": lambda a, b, s: f.LogUniform(a * s, b * s),
    "wald": lambda s: f.InverseGaussian(s, s),
    "weibull_min": lambda c, s: f.Weibull(s, c),
}

_FIXED: Mapping[str, Callable[..., f.Law]] = {
    # shapes; for laws on (0, 1)
    "arcsine": lambda: f.Beta(0.5, 0.5),
    "beta": f.Beta,
    "powerlaw": f.PowerFunction,
}

_COUNTS: Mapping[str, Row] = {
    # shapes; for laws on whole numbers
    "bernoulli": f.Bernoulli,
    "betabinom": f.BetaBinomial,
    "binom": f.Binomial,
    "boltzmann": lambda rate, n: _finite(-rate, n, np.arange),
    "hypergeom": f.Hypergeometric,
    "logser": f.LogSeries,
    "nbinom": f.NegativeBinomial,
    "planck": lambda rate: f.Geometric(-np.expm1(-rate)),
    "poisson": f.Poisson,
    "zipf": f.Zeta,
}

_SHIFTED_BY_ONE: Mapping[str, Row] = {
    "geom": f.Geometric,
    "zipfian": lambda a, n: _finite(-a, n, lambda size: np.log(np.arange(1, size + 1))),
}

_WHOLE: Mapping[str, Row] = {
    # the object, then shapes, loc and scale; for laws that are another one turned or moved
    "genextreme": lambda _, c, loc, scale: f.Gumbel(loc, scale) if np.all(c == 0) else None,
    "gumbel_l": lambda value, loc, scale: transformed(f.Gumbel(-loc, scale), ("mirror",), value),
    "lomax": lambda value, c, loc, scale: _shifted(f.Pareto(scale, c), loc - scale, value),
    "randint": lambda _, low, high, loc, __: f.DiscreteUniform(low + loc, high - 1.0 + loc),
    "weibull_max": lambda value, c, loc, scale: _mirrored(f.Weibull(scale, c), loc, value),
}


def from_scipy(value: Any, /) -> f.Law | None:
    """Read an object of scipy.stats; None for what is none of its laws."""
    if comes_from(value, "scipy.stats._probability_distribution"):
        return modern(value, from_scipy)
    kind = type(value).__name__
    if hasattr(value, "numargs") and hasattr(value, "rvs"):
        return from_scipy(_frozen(value))
    if comes_from(value, "scipy.stats._distn_infrastructure"):
        return _univariate(value)
    if kind == "gaussian_kde":
        return _kernel_estimate(value)
    return multivariate(value)


def _frozen(value: Any) -> Any:
    if value.numargs:
        name, shapes = value.name, value.shapes
        raise InputError(
            f"scipy.stats.{name} has no parameters yet. It needs {shapes}. Give scipy.stats.{name}({shapes})."
        )
    return value()


def _univariate(value: Any) -> f.Law:
    kind = type(value.dist)
    name = kind.__name__.removesuffix("_gen") if kind.__module__.startswith("scipy.stats.") else ""
    shapes, loc, scale = value.dist._parse_args(*value.args, **value.kwds)  # noqa: SLF001
    shapes, loc, scale = [_number(shape) for shape in shapes], _number(loc), _number(scale)
    if name == "rv_sample":
        return _table(value, loc)
    return _record(value, name, shapes, loc, scale) or _read(value, name)


def _record(value: Any, name: str, shapes: list[Array], loc: Array, scale: Array) -> f.Law | None:
    law: f.Law | None = None
    if name in _WHOLE:
        law = _WHOLE[name](value, *shapes, loc, scale)
    elif name in _LOCATED:
        law = _LOCATED[name](*shapes, loc, scale)
    elif name in _SCALED:
        law = _shifted(_SCALED[name](*shapes, scale), loc, value)
    elif name in _FIXED and np.all(scale == 1):
        law = _shifted(_FIXED[name](*shapes), loc, value)
    elif name in _FIXED:
        law = transformed(_FIXED[name](*shapes), ("affine", *_plain(loc, scale)), value)
    elif name in _COUNTS:
        law = _shifted(_COUNTS[name](*shapes), loc, value)
    elif name in _SHIFTED_BY_ONE:
        law = _shifted(_SHIFTED_BY_ONE[name](*shapes), loc + 1.0, value)
    return law


def _shifted(law: f.Law | None, loc: Array, value: Any) -> f.Law | None:
    return law if law is None or np.all(loc == 0) else transformed(law, ("shift", *_plain(loc)), value)


def _mirrored(law: f.Law, loc: Array, value: Any) -> f.Law:
    return transformed(law, ("mirror",) if np.all(loc == 0) else ("mirror", *_plain(loc)), value)


def _plain(*values: Array) -> list[Any]:
    """Numbers and lists, which can be compared."""
    return [np.asarray(value).tolist() for value in values]


def _number(value: Any) -> Array:
    """Integers become floats; float32 stays."""
    array = np.asarray(value)
    return (array if array.dtype.kind == "f" else array.astype(np.float64))[()]


def _table(value: Any, loc: Array) -> f.Law:
    """Laws made with `rv_discrete(values=...)`."""
    places, chances = value.dist.xk, value.dist.pk
    if np.array_equal(places, np.arange(len(places))):
        return _shifted(f.Categorical(probs=chances), loc, value) or opaque(value)
    if np.any(np.floor(places) != places):
        raise InputError(
            f"{value.dist.name} puts mass at {places.tolist()}. Whole numbers are needed. "
            "Give the probabilities as arrays."
        )
    return opaque(value, kind="lattice")


def _read(value: Any, name: str) -> f.Law:
    edges = tuple(float(edge) for edge in getattr(value.dist, "_hbins", ()))  # of a histogram
    return opaque(value, marks=edges, name=f"scipy.stats.{name}" if name else full_name(value.dist))


def _kernel_estimate(value: Any) -> f.Law:
    if value.d != 1:
        raise InputError(
            f"scipy.stats.gaussian_kde of {value.d} columns came. One is needed. "
            "Use `kl.estimate(x, y)` on the samples."
        )
    width = float(np.sqrt(value.covariance[0, 0]))
    low, high = float(value.dataset.min()), float(value.dataset.max())
    marks = (*np.linspace(low, high, 15), *(low - width * np.arange(1, 30, 4)), *(high + width * np.arange(1, 30, 4)))
    return f.Opaque(value.logpdf, points=tuple(map(float, marks)), name="scipy.stats.gaussian_kde")
