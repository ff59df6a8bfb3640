"""Fisher information that has no elementary form: by sums over outcomes, and by quadrature of positive functions."""

from typing import Any

import numpy as np

from kullback._core import Array, InputError, Namespace, digamma_step, namespace, numbers
from kullback.families._family import log_prob
from kullback.families._fisher import constant, symmetric

_NODES = np.polynomial.legendre.leggauss(120)
_STEPS = 640
_MOST = 10**7


def negative_binomial(law: Any) -> Array:
    r"""Of total_count r and probs p.

    That of r is $\int_0^\infty s\,e^{-rs} (1 - (p / (p + q u))^r) / u \; ds$ with u = 1 - exp(-s): trigamma functions
    as Laplace transforms, the expectation under the integral. In log s the trapezoid rule is right to the last digits.
    """
    r, p = law.total_count, law.probs
    return symmetric(law, (_count_information(law.xp, r, p),), (-1.0 / p, r / p / p / (1.0 - p)))


def _count_information(xp: Namespace, r: Array, p: Array) -> Array:
    r, p = r + 0.0 * p, p + 0.0 * r
    odds = (1.0 - p) / p
    small = xp.log(xp.minimum(1.0 / r, xp.minimum(1.0 + 0.0 * r, 1.0 / odds)) / xp.maximum(r, 1.0 + 0.0 * r))
    low, high = small - 21.0, xp.log(60.0 / r)
    shares = _first_axis(np.linspace(0.0, 1.0, _STEPS + 1), r)
    s = xp.exp(low + (high - low) * shares)
    u = -xp.expm1(-s)
    hit = -xp.expm1(-r * xp.log1p(odds * u))
    return xp.sum(s * s * xp.exp(-r * s) * hit / u, axis=0) * ((high - low) / _STEPS)


def beta_binomial(law: Any) -> Array:
    """Of the two concentrations, by a sum over the outcomes of products of scores."""
    xp = law.xp
    most = int(np.max(numbers(law.total_count), initial=0))
    if most > _MOST:
        raise InputError(f"total_count goes up to {most}. The information is a sum over outcomes, up to {_MOST}.")
    zero = 0.0 * (law.total_count + law.concentration1 + law.concentration0)
    a, b, n = law.concentration1 + zero, law.concentration0 + zero, law.total_count + zero
    x = _first_axis(np.arange(most + 1.0), zero)
    inside = x <= n
    x = xp.where(inside, x + zero, n)
    chance = xp.where(inside, xp.exp(log_prob(law, x)), 0.0)
    total = digamma_step(a + b + n, a + b + 0.0 * n, n)
    one = digamma_step(a + x, a + 0.0 * x, x) - total
    none = digamma_step(b + (n - x), b + 0.0 * x, n - x) - total
    return symmetric(
        law,
        (xp.sum(chance * one * one, axis=0),),
        (xp.sum(chance * one * none, axis=0), xp.sum(chance * none * none, axis=0)),
    )


def truncated_normal(law: Any) -> Array:
    """Of loc and scale between given limits: the covariance of z and z² by Gauss-Legendre, about the nearest point."""
    xp = law.xp
    zero = 0.0 * (law.loc + law.scale)
    low, high = (law.low - law.loc) / law.scale + zero, (law.high - law.loc) / law.scale + zero
    center = xp.where(low > 0, low, xp.where(high < 0, high, zero))
    reach = 92.0 / (xp.sqrt(center * center + 92.0) + xp.abs(center))
    # Distances from the center; the width of a narrow window is that of the limits themselves.
    width = (law.high - law.low) / law.scale + zero
    left = xp.where(low > 0, zero, xp.where(high < 0, -width, low))
    right = xp.where(low > 0, width, xp.where(high < 0, zero, high))
    left, right = xp.where(left < -reach, -reach, left), xp.where(right > reach, reach, right)
    node, weight = (_first_axis(one, zero) for one in _NODES)
    t = left + (right - left) * (0.5 * (node + 1.0))
    mass = weight * xp.exp(-t * (center + 0.5 * t))
    mass = mass / xp.sum(mass, axis=0)
    one = t - xp.sum(mass * t, axis=0)
    square = t * t
    two = square - xp.sum(mass * square, axis=0) + 2.0 * center * one
    inverse = 1.0 / law.scale
    first, mixed, second = (
        xp.sum(mass * value, axis=0) * inverse * inverse for value in (one * one, one * two, two * two)
    )
    return symmetric(law, (first,), (mixed, second))


def _first_axis(values: Any, like: Array) -> Array:
    """Fixed numbers along a new first axis."""
    return namespace(like).reshape(constant(like, values), (-1, *(1,) * like.ndim))
