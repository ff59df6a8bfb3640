"""The Fisher-Rao distance of two laws of one family."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

from kullback._core import Array, InputError, log_ratio, numbers
from kullback.divergences._read import back
from kullback.families import (
    FAMILIES,
    Bernoulli,
    Binomial,
    Categorical,
    ContinuousBernoulli,
    Exponential,
    Frechet,
    Geometric,
    HalfNormal,
    Law,
    Maxwell,
    Multinomial,
    MultivariateNormal,
    NegativeBinomial,
    Normal,
    Poisson,
    PowerFunction,
    Product,
    Rayleigh,
    Weibull,
    unchecked,
)
from kullback.families._bounded import logit_of
from kullback.families._triangular import solve_lower
from kullback.fitting.geometry._coordinates import coordinate_names, free_parameters
from kullback.fitting.geometry._half_plane import LOCATION_SCALE, half_plane_distance
from kullback.fitting.geometry._pairs import draws, factor_of, read_pair, shares


def fisher_rao_distance(p: Any, q: Any, /) -> Array:
    r"""Fisher-Rao distance: the length of the shortest path between two laws of one family.

    $$ d(p, q) = \min_{θ(0) = p,\, θ(1) = q} \int_0^1 \sqrt{\dot θ^T F(θ)\, \dot θ} \; dt $$

    For near laws half its square is the divergence. Unlike that it is a distance: symmetric, and no detour is shorter.

    Args:
        p: A record of `kullback.families`, an object that is read as one, or an array of probabilities.
        q: A law of the same family, or of one with a common parent; batches broadcast.

    Returns:
        Distances of the batch shape in units of the root of a nat, in the laws' library. Zero only where p = q.

    Raises:
        InputError: The families differ, or no closed form is known for two such laws.

    Note:
        Closed forms for laws of location and scale (Normal, LogNormal, Laplace, Logistic, Cauchy, Gumbel, Moyal,
        Weibull, Frechet), finite sets of outcomes (Bernoulli, Binomial, Categorical, Multinomial), Poisson, Geometric,
        NegativeBinomial with one count, scales and rates, MultivariateNormal with equal means, equal covariances or
        diagonal ones, and products of these; a few ulp, near laws included. Any other family with one parameter by
        quadrature in NumPy, to 1e-10.

    References:
        Rao (1945), Bulletin of the Calcutta Mathematical Society 37; Atkinson and Mitchell (1981), Sankhyā A 43.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.geometry import fisher_rao_distance
        >>> round(float(fisher_rao_distance(kl.families.Normal(0, 1), kl.families.Normal(0, 2))), 6)  # √2 log 2
        0.980258
        >>> round(float(fisher_rao_distance([0.5, 0.5], [1.0, 0.0])), 6)  # π/2
        1.570796
    """
    first, second = read_pair(p, q)
    with np.errstate(all="ignore"):
        return back(_distance(first, second), first, second)


def _distance(p: Any, q: Any) -> Array:
    found = _FORMS.get(type(p))
    if found is None and len(coordinate_names(p)) == 1:
        found = _one_parameter
    if found is None:
        raise InputError(
            f"no closed form of the Fisher-Rao distance is known for {p!r} and {q!r}. Use "
            "kl.divergence, or laws of one parameter."
        )
    return found(p, q)


def _poisson(p: Any, q: Any) -> Array:
    """Twice the difference of the roots."""
    roots = p.xp.sqrt(p.rate) + p.xp.sqrt(q.rate)
    return 2.0 * p.xp.abs(p.rate - q.rate) / p.xp.where(roots > 0, roots, 1.0)


def _on_sphere(p: Any, q: Any) -> Array:
    """Twice the angle between the roots of the probabilities, from their chord."""
    xp = p.xp
    chord = xp.sqrt(xp.sum((xp.sqrt(shares(p)) - xp.sqrt(shares(q))) ** 2, axis=-1))
    half = xp.where(chord < sqrt(2.0), 0.5 * chord, sqrt(0.5))
    return 4.0 * xp.asin(half) * _root(draws(p, q))


def _root(count: Any) -> Any:
    return count**0.5


def _normal(p: Any, q: Any) -> Array:
    xp = p.xp
    if p.scale_diag is not None and q.scale_diag is not None:
        parts = half_plane_distance(*(unchecked(Normal, law, loc=law.loc, scale=law.scale_diag) for law in (p, q)))
        return xp.sqrt(xp.sum(parts * parts, axis=-1))
    top, bottom = factor_of(q), factor_of(p)
    white = solve_lower(xp, bottom, top)
    spread = xp.log(xp.linalg.svdvals(white))
    moved = solve_lower(xp, bottom, (q.loc - p.loc)[..., None])[..., 0]
    same_mean, same_spread = bool(xp.all(q.loc == p.loc)), bool(xp.all(top == bottom))
    if not (same_mean or same_spread):
        raise InputError(
            "no closed form of the Fisher-Rao distance is known for normal laws that differ in mean and covariance. "
            "Give scale_diag, or laws with one mean or one covariance."
        )
    gap = moved if same_spread else sqrt(2.0) * spread
    return xp.sqrt(xp.sum(gap * gap, axis=-1))


def _product(p: Any, q: Any) -> Array:
    if len(p.components) != len(q.components):
        raise InputError(f"p has {len(p.components)} components and q {len(q.components)}. The same number is needed.")
    parts = [_distance(*read_pair(one, two)) for one, two in zip(p.components, q.components, strict=True)]
    return sum(part * part for part in parts) ** 0.5


def _waiting(p: Any, q: Any) -> Array:
    """2 √r times the difference of artanh √(1 - p)."""
    xp = p.xp
    if isinstance(p, NegativeBinomial) and not bool(xp.all(p.total_count == q.total_count)):
        raise InputError("total_count differs. The distance has a closed form for one total_count only.")
    small, large = xp.where(p.probs < q.probs, p.probs, q.probs), xp.where(p.probs < q.probs, q.probs, p.probs)
    # artanh a = log(1 + a) - ½ log(1 - a²); both differences are positive.
    a, b = xp.sqrt(1.0 - small), xp.sqrt(1.0 - large)
    step = (large - small) / xp.where(a + b > 0, a + b, 1.0)
    gap = 2.0 * xp.log1p(step / (1.0 + b)) + log_ratio(large, small)
    return gap * _root(p.total_count) if isinstance(p, NegativeBinomial) else gap


def _one_parameter(p: Law, q: Law) -> Array:
    """The integral of the root of the information; for scales and rates in closed form."""
    if isinstance(p, ContinuousBernoulli):
        p, q = (unchecked(ContinuousBernoulli, law, logits=logit_of(law)) for law in (p, q))
    (name,) = free_parameters(p)
    fixed = [other for other in p.parameters() if other != name]
    if any(not bool(p.xp.all(getattr(p, other) == getattr(q, other))) for other in fixed):
        raise InputError(f"{p!r} and {q!r} differ in {', '.join(fixed)}, which do not move. They must agree.")
    fisher: Any = FAMILIES[type(p)].fisher
    a, b = getattr(p, name), getattr(q, name)
    return p.xp.asarray(_integrated(type(p), name, {other: getattr(p, other) for other in fixed}, fisher, a, b))


def _logarithm(p: Any, q: Any) -> Array:
    """The information is c over the square of a scale, rate or exponent: √c times the difference of logarithms."""
    (name,) = free_parameters(p)
    fisher: Any = FAMILIES[type(p)].fisher
    return sqrt(float(fisher(type(p)(1.0))[0, 0])) * p.xp.abs(log_ratio(getattr(q, name), getattr(p, name)))


def _integrated(kind: Any, name: str, fixed: dict[str, Any], fisher: Any, a: Array, b: Array) -> Any:
    from scipy.integrate import quad  # noqa: PLC0415 - heavy, and needed here only

    def slope(value: float) -> float:
        return float(np.sqrt(numbers(fisher(kind(**{name: value}, **fixed)))[0, 0]))

    def length(low: float, high: float) -> float:
        if low > 0 and high > 0:  # in the logarithm, where parameters are far apart
            return float(
                abs(quad(lambda y: np.exp(y) * slope(float(np.exp(y))), np.log(low), np.log(high), epsrel=1e-11)[0])
            )
        return float(abs(quad(slope, low, high, epsrel=1e-11)[0]))

    lows, highs = np.broadcast_arrays(numbers(a), numbers(b))
    return np.array([length(float(x), float(y)) for x, y in zip(lows.flat, highs.flat, strict=True)]).reshape(
        lows.shape
    )


_FORMS: dict[type[Law], Callable[[Any, Any], Array]] = {
    **dict.fromkeys((*LOCATION_SCALE, Weibull, Frechet), half_plane_distance),
    **dict.fromkeys((Bernoulli, Binomial, Categorical, Multinomial), _on_sphere),
    **dict.fromkeys((Geometric, NegativeBinomial), _waiting),
    **dict.fromkeys((Exponential, HalfNormal, Rayleigh, Maxwell, PowerFunction), _logarithm),
    MultivariateNormal: _normal,
    Poisson: _poisson,
    Product: _product,
}
