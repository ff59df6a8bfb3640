"""Geodesics between two laws of one family: the shortest, and the two that are straight."""

from collections.abc import Callable
from math import sqrt
from typing import Any, Literal

import numpy as np

from kullback._core import Array, InputError, is_concrete
from kullback.families import (
    Bernoulli,
    Categorical,
    Exponential,
    Frechet,
    HalfNormal,
    Law,
    Maxwell,
    MultivariateNormal,
    Poisson,
    Rayleigh,
    Weibull,
    unchecked,
)
from kullback.families._triangular import solve_lower
from kullback.fitting.geometry._half_plane import LOCATION_SCALE, half_plane_path
from kullback.fitting.geometry._pairs import factor_of, read_pair, shares
from kullback.fitting.geometry._solve import as_array
from kullback.fitting.geometry._straight import EXPONENTIAL, MIXTURE, Path

Kind = Literal["fisher_rao", "exponential", "mixture"]


def geodesic(p: Any, q: Any, t: Any, /, *, kind: Kind = "fisher_rao") -> Law:
    r"""The law at a share t of a geodesic from p to q, within their family.

    - "fisher_rao": the shortest path, run at constant speed; symmetric in p and q.
    - "exponential" (e-geodesic): straight in natural parameters, the law proportional to $p^{1-t} q^t$; the tempered
      path on which the Chernoff point lies.
    - "mixture" (m-geodesic): straight in expectations; for finite sets of outcomes the mixture $(1-t)\,p + t\,q$.

    Args:
        p: Where t = 0: a record of `kullback.families`, an object that is read as one, or an array of probabilities.
        q: Where t = 1: a law of the same family.
        t: Shares from 0 to 1, a number or an array that broadcasts against the batch.
        kind: Which geodesic.

    Returns:
        The law, or the batch of laws, as a record of the family.

    Raises:
        InputError: t is not from 0 to 1, the kind is unknown, the families differ, or this geodesic has no closed form
            in the family.

    Note:
        Closed forms. Along the m-geodesic from p to r and the e-geodesic from r to q that meet at a right angle the
        divergences add up: D(p‖q) = D(p‖r) + D(r‖q).

    References:
        Amari and Nagaoka (2000), Methods of Information Geometry, chapters 2 and 3; Atkinson and Mitchell (1981),
        Sankhyā A 43.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.geometry import geodesic
        >>> p, q = kl.families.Normal(-1.0, 1.0), kl.families.Normal(1.0, 1.0)
        >>> [round(float(geodesic(p, q, 0.5, kind=kind).scale), 4) for kind in ("fisher_rao", "exponential", "mixture")]
        [1.2247, 1.0, 1.4142]
    """
    tables: dict[str, Callable[[type[Law]], Path | None]] = {
        "fisher_rao": _shortest,
        "exponential": EXPONENTIAL.get,
        "mixture": MIXTURE.get,
    }
    if kind not in tables:
        raise InputError(f"kind = {kind!r}. It must be one of {', '.join(map(repr, tables))}.")
    first, second = read_pair(p, q)
    path = tables[kind](type(first))
    if path is None:
        raise InputError(f"no closed form of the {kind} geodesic is known for {type(first).__name__}.")
    xp = first.xp
    share = as_array("t", t, next(iter(first.parameters().values()), np.zeros(())))
    if is_concrete(share) and not bool(xp.all((share >= 0) & (share <= 1))):
        raise InputError(f"t = {t!r}. Shares from 0 to 1 are needed.")
    with np.errstate(all="ignore"):
        law: Law = path(first, second, share)
    return _in_type(law, first, second)


def _in_type(law: Law, p: Law, q: Law) -> Law:
    """The record with the wider float type of the two laws."""
    dtypes = [d for one in (p, q) if (d := one.__dict__.get("dtype")) is not None]
    if dtypes:
        object.__setattr__(law, "dtype", law.xp.result_type(*dtypes))
    return law


def _shortest(kind: type[Law]) -> Path | None:
    if kind in (*LOCATION_SCALE, Weibull, Frechet):
        return half_plane_path
    return _PATHS.get(kind)


def _on_sphere(p: Any, q: Any, t: Array) -> Any:
    """The great circle through the roots of the probabilities."""
    xp = p.xp
    one, two = xp.sqrt(shares(p)), xp.sqrt(shares(q))
    chord = xp.sqrt(xp.sum((one - two) ** 2, axis=-1))
    angle = 2.0 * xp.asin(xp.where(chord < sqrt(2.0), 0.5 * chord, sqrt(0.5)))
    near = angle < 1e-8
    calm = xp.where(near, 1.0, angle)
    rest = xp.where(near, 1.0 - t, xp.sin((1.0 - t) * calm) / xp.sin(calm))
    most = xp.where(near, t + 0.0 * calm, xp.sin(t * calm) / xp.sin(calm))
    root = rest[..., None] * one + most[..., None] * two
    weights = root * root
    weights = weights / xp.sum(weights, axis=-1, keepdims=True)
    if isinstance(p, Bernoulli):
        return unchecked(Bernoulli, p, probs=weights[..., 1])
    return unchecked(Categorical, p, probs=weights)


def _spreads(p: Any, q: Any, t: Array) -> Any:
    """Equal covariances: a line; equal means: powers of the whitened covariance."""
    xp = p.xp
    top, bottom = factor_of(q), factor_of(p)
    if bool(xp.all(top == bottom)):
        return unchecked(MultivariateNormal, p, loc=p.loc + t[..., None] * (q.loc - p.loc), scale_tril=bottom)
    if not bool(xp.all(p.loc == q.loc)):
        raise InputError(
            "no closed form of the fisher_rao geodesic is known for normal laws that differ in mean and covariance."
        )
    left, stretch, _ = xp.linalg.svd(solve_lower(xp, bottom, top), full_matrices=False)
    half = bottom @ left * stretch[..., None, :] ** t[..., None, None]
    return unchecked(MultivariateNormal, p, loc=p.loc, covariance_matrix=half @ xp.matrix_transpose(half))


def _powers(name: str) -> Path:
    """Scales and rates, on a line in their logarithm."""

    def path(p: Any, q: Any, t: Array) -> Any:
        a, b = getattr(p, name), getattr(q, name)
        return unchecked(type(p), p, **{name: a * (b / a) ** t})

    return path


def _roots(p: Any, q: Any, t: Array) -> Any:
    xp = p.xp
    root = xp.sqrt(p.rate) + t * (xp.sqrt(q.rate) - xp.sqrt(p.rate))
    return unchecked(Poisson, p, rate=root * root)


_PATHS: dict[type[Law], Path] = {
    Bernoulli: _on_sphere,
    Categorical: _on_sphere,
    MultivariateNormal: _spreads,
    Poisson: _roots,
    Exponential: _powers("rate"),
    **dict.fromkeys((HalfNormal, Rayleigh, Maxwell), _powers("scale")),
}
