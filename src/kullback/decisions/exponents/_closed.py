"""Families whose rate function, tilted laws or sums have a closed form."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kullback._core import Array, Namespace, binary_divergence, itakura_saito_products, log_ratio, phi, relative_gap
from kullback.families import (
    Bernoulli,
    Binomial,
    Chi2,
    ContinuousBernoulli,
    Exponential,
    Gamma,
    Geometric,
    HalfNormal,
    InverseGaussian,
    Laplace,
    Law,
    Lindley,
    LogSeries,
    NegativeBinomial,
    Normal,
    PointMass,
    Poisson,
    TruncatedNormal,
)
from kullback.families._discrete import probability_of


def _inside(xp: Namespace, fine: Array, x: Array, calm: Array, rate: Callable[[Array], Array]) -> Array:
    """The rate where x is in the support, infinite elsewhere."""
    return xp.where(fine, rate(xp.where(fine, x, calm)), xp.inf)


def _normal(law: Any, x: Array) -> Array:
    z = (x - law.loc) / law.scale
    return 0.5 * z * z


def _trials(law: Any, x: Array, count: Array, probs: Array) -> Array:
    """D of the coin that shows x/n on average, n times."""
    xp = law.xp
    share = x / xp.where(count > 0, count, 1.0)
    fine = (share >= 0) & (share <= 1) & ((count > 0) | (x == 0))
    return _inside(
        xp, fine, share, 0.0 * share, lambda s: xp.where(count > 0, count * binary_divergence(s, probs + 0.0 * s), 0.0)
    )


def _poisson(law: Any, x: Array) -> Array:
    """The gap x log(x/λ) - x + λ."""
    return _inside(law.xp, x >= 0, x, 0.0 * law.rate, lambda y: relative_gap(y, law.rate + 0.0 * y))


def _failures(law: Any, x: Array, count: Array) -> Array:
    """D of the law of failures whose mean is x, from both of its parts: (r + x) D of chances r/(r + x) and p."""

    def rate(y: Array) -> Array:
        chance = count / (count + y)
        return (count + y) * binary_divergence(chance, law.probs + 0.0 * chance)

    return _inside(law.xp, x >= 0, x, (1.0 - law.probs) / law.probs, rate)


def _gamma(law: Any, x: Array, shape: Array) -> Array:
    xp, rate = law.xp, law.__dict__.get("rate", 0.5)

    def closed(y: Array) -> Array:
        one = xp.ones_like(y)
        return shape * itakura_saito_products(y, rate * one, shape * one, one)

    return _inside(xp, x > 0, x, shape / rate, closed)


def _inverse_gaussian(law: Any, x: Array) -> Array:
    def closed(y: Array) -> Array:
        z = (y - law.loc) / law.loc
        return 0.5 * law.concentration * z * z / y

    return _inside(law.xp, x > 0, x, law.loc, closed)


def _laplace(law: Any, x: Array) -> Array:
    """The function w - log(1 + w/2) of w = √(1 + u²) - 1, u = (x - μ)/b."""
    u = (x - law.loc) / law.scale
    w = u * (u / (1.0 + law.xp.hypot(law.xp.ones_like(u), u)))
    return 0.5 * w + phi(0.5 * w)


def _lindley(law: Any, x: Array) -> Array:
    """Of the Lindley law whose mean is x, whose rate is the root of a quadratic."""

    def closed(y: Array) -> Array:
        theta = _lindley_rate(y)
        step = law.rate - theta
        return 2.0 * phi(step / theta) - phi(step / (1.0 + theta))

    return _inside(law.xp, x > 0, x, 1.0 / law.rate, closed)


def _lindley_rate(mean: Array) -> Array:
    """θ of mean (θ + 2) / θ (θ + 1)."""
    root = ((mean - 1.0) ** 2 + 8.0 * mean) ** 0.5
    positive = (root - (mean - 1.0)) / (2.0 * mean)
    other = 4.0 / (root + (mean - 1.0))  # the same without a difference where the mean is above 1
    return positive * (mean <= 1.0) + other * (mean > 1.0)


def _point(law: Any, x: Array) -> Array:
    return law.xp.where(x == law.value, 0.0, law.xp.inf)


RATES: dict[type[Law], Callable[[Any, Array], Array]] = {
    Normal: _normal,
    Bernoulli: lambda law, x: _trials(law, x, law.xp.ones_like(probability_of(law)), probability_of(law)),
    Binomial: lambda law, x: _trials(law, x, law.total_count, law.probs),
    Poisson: _poisson,
    Geometric: lambda law, x: _failures(law, x, law.xp.ones_like(law.probs)),
    NegativeBinomial: lambda law, x: _failures(law, x, law.total_count),
    Exponential: lambda law, x: _gamma(law, x, law.xp.ones_like(law.rate)),
    Gamma: lambda law, x: _gamma(law, x, law.concentration),
    Chi2: lambda law, x: _gamma(law, x, 0.5 * law.df),
    InverseGaussian: _inverse_gaussian,
    Laplace: _laplace,
    Lindley: _lindley,
    PointMass: _point,
}
"""Law and points to the rate function, in the library of the law."""


OF_MEAN: dict[type[Law], Callable[[Any, Array], Law]] = {
    Normal: lambda law, m: Normal(m, law.scale),
    Bernoulli: lambda _, m: Bernoulli(m),
    Binomial: lambda law, m: Binomial(law.total_count, m / law.total_count),
    Poisson: lambda _, m: Poisson(m),
    Geometric: lambda _, m: Geometric(1.0 / (1.0 + m)),
    NegativeBinomial: lambda law, m: NegativeBinomial(law.total_count, law.total_count / (law.total_count + m)),
    Exponential: lambda _, m: Exponential(1.0 / m),
    Gamma: lambda law, m: Gamma(law.concentration, law.concentration / m),
    Chi2: lambda law, m: Gamma(0.5 * law.df, 0.5 * law.df / m),
    InverseGaussian: lambda law, m: InverseGaussian(m, law.concentration),
    Lindley: lambda _, m: Lindley(_lindley_rate(m)),
}
"""Law and mean to the tilted law with that mean."""


def _logit(law: Any) -> Array:
    return law.logits if law.logits is not None else log_ratio(law.probs, 1.0 - law.probs)


OF_TILT: dict[type[Law], Callable[[Any, Array], Law]] = {
    Normal: lambda law, t: Normal(law.loc + law.scale * law.scale * t, law.scale),
    Bernoulli: lambda law, t: Bernoulli(logits=_logit(law) + t),
    Binomial: lambda law, t: Binomial(law.total_count, probability_of(Bernoulli(logits=_logit_of_probs(law) + t))),
    Poisson: lambda law, t: Poisson(law.rate * law.xp.exp(t)),
    Geometric: lambda law, t: Geometric(law.probs - (1.0 - law.probs) * law.xp.expm1(t)),
    NegativeBinomial: lambda law, t: NegativeBinomial(law.total_count, law.probs - (1.0 - law.probs) * law.xp.expm1(t)),
    Exponential: lambda law, t: Exponential(law.rate - t),
    Gamma: lambda law, t: Gamma(law.concentration, law.rate - t),
    Chi2: lambda law, t: Gamma(0.5 * law.df, 0.5 - t),
    InverseGaussian: lambda law, t: InverseGaussian(
        law.loc / law.xp.sqrt(1.0 - 2.0 * law.loc * law.loc * t / law.concentration), law.concentration
    ),
    Lindley: lambda law, t: Lindley(law.rate - t),
    LogSeries: lambda law, t: LogSeries(law.probs * law.xp.exp(t)),
    ContinuousBernoulli: lambda law, t: ContinuousBernoulli(logits=_logit(law) + t),
    TruncatedNormal: lambda law, t: TruncatedNormal(law.loc + law.scale * law.scale * t, law.scale, law.low, law.high),
    HalfNormal: lambda law, t: TruncatedNormal(law.scale * law.scale * t, law.scale, 0.0, np.inf),
    PointMass: lambda law, _: law,
}
"""Law and t to the law of density proportional to q e^(t x)."""


def _logit_of_probs(law: Any) -> Array:
    return law.xp.log(law.probs) - law.xp.log1p(-law.probs)


OF_SUM: dict[type[Law], Callable[[Any, float], Law]] = {
    Normal: lambda law, n: Normal(n * law.loc, n**0.5 * law.scale),
    Bernoulli: lambda law, n: Binomial(n, probability_of(law)),
    Binomial: lambda law, n: Binomial(n * law.total_count, law.probs),
    Poisson: lambda law, n: Poisson(n * law.rate),
    Geometric: lambda law, n: NegativeBinomial(n, law.probs),
    NegativeBinomial: lambda law, n: NegativeBinomial(n * law.total_count, law.probs),
    Exponential: lambda law, n: Gamma(n, law.rate),
    Gamma: lambda law, n: Gamma(n * law.concentration, law.rate),
    Chi2: lambda law, n: Gamma(0.5 * n * law.df, 0.5),
}
"""Law and n to the law of the sum of n independent draws."""
