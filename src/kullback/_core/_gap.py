r"""Bregman gaps $F(b) - F(a) - (b - a) F'(a)$ of convex functions, without a subtraction where a and b are near.

There the gap is the integral of $(b - x) F''(x)$ from a to b, whose integrand is never negative. With $x = a e^{s t}$
the integrand is smooth on the scale of a, and fourteen Gauss-Legendre nodes give every digit up to a factor of four
between them.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from kullback._core._arrays import Array, Namespace, namespace
from kullback._core._primitive import Primitive

_LEGENDRE = np.polynomial.legendre.leggauss(14)
GAUSS: tuple[tuple[float, float], ...] = tuple(
    zip(((_LEGENDRE[0] + 1) / 2).tolist(), (_LEGENDRE[1] / 2).tolist(), strict=True)
)
"""Nodes and weights of Gauss-Legendre on the unit interval."""
_LARGE = 4096  # entries; beyond that the nodes are taken one by one


def positive_gap(
    name: str,
    second: Callable[[Namespace, Array], Array],
    far: Callable[[Namespace, Array, Array], Array],
    far_slope: Callable[[Namespace, Array, Array], Array],
    reach: float = np.inf,
    flat: float = 0.0,
) -> tuple[Primitive, Primitive]:
    """The gap of a convex function on the positive numbers, and the difference of its slopes.

    Args:
        name: Of the function.
        second: Its second derivative, accurate and positive; array operations only, since deeper derivatives pass
            through.
        far: Its gap where log(b/a) is large: namespace, b, a.
        far_slope: Its difference of slopes there.
        reach: Longest step that still counts as near, whatever the ratio.
        flat: Where the second derivative is regular at zero: any two arguments below this are near.

    Returns:
        Two primitives of b, a and the step b - a: the gap, and F'(b) - F'(a). The step is an argument of its own
        since it is often known to more digits than b and a show.
    """

    def gap(xp: Namespace, b: Array, a: Array, step: Array) -> Array:
        near, path = _path(xp, b, a, step, reach, flat)
        if xp is np and not near.any():
            return far(xp, b, a)
        total = xp.zeros_like(step)
        for weight, x, speed, rest in path:
            total = total + xp.sum(weight * (rest * speed) * second(xp, x), axis=0)
        return total if xp is np and near.all() else xp.where(near, total, far(xp, b, a))

    def slope(xp: Namespace, b: Array, a: Array, step: Array) -> Array:
        near, path = _path(xp, b, a, step, reach, flat)
        total = xp.zeros_like(step)
        for weight, x, speed, _ in path:
            total = total + xp.sum(weight * speed * second(xp, x), axis=0)
        return xp.where(near, total, far_slope(xp, b, a))

    def curvature(x: Array, other: Array) -> Array:
        return second(namespace(x, other), x) + 0.0 * other

    slopes = Primitive(
        f"{name} slope",
        slope,
        (lambda b, a, step: curvature(b, a), lambda b, a, step: -curvature(a, b), _nothing),
    )
    gaps = Primitive(name, gap, (slopes, lambda b, a, step: -step * curvature(a, b), _nothing))
    return gaps, slopes


def _nothing(b: Array, a: Array, step: Array) -> Array:
    """The derivative by the step: b and a say all, the step is only their difference once more."""
    return 0.0 * step


def nodes(xp: Namespace, rule: Sequence[tuple[float, float]], like: Array) -> Iterator[tuple[Array, Array]]:
    """Nodes and weights of a rule on a new first axis: all at once, one by one where NumPy would need much memory."""
    size = 1 if xp is np and like.size > _LARGE else len(rule)
    for start in range(0, len(rule), size):
        part = rule[start : start + size]
        ones = xp.ones_like(like)[None, ...]
        yield tuple(
            xp.concat([value * ones for value in column], axis=0) if size > 1 else column[0] * ones
            for column in zip(*part, strict=True)
        )


def _path(
    xp: Namespace, b: Array, a: Array, step: Array, reach: float, flat: float
) -> tuple[Array, Iterator[tuple[Array, Array, Array, Array]]]:
    """Where the integral form holds; and for the nodes there their weights, x, dx/dt and b - x."""
    ratio = step / a
    low = (a < flat) & (b < flat)
    near = low | (ratio > -0.75) & (ratio < 3.5) & (xp.abs(step) < reach)
    one = xp.ones_like(ratio)
    x_a, x_b, x_step = xp.where(near, a, one), xp.where(near, b, one), xp.where(near, step, 0.0 * one)
    logarithm = xp.log1p(xp.where(near & ~low, ratio, 0.0 * one))

    def along() -> Iterator[tuple[Array, Array, Array, Array]]:
        for node, weight in nodes(xp, GAUSS, one):
            x = x_a * xp.exp(logarithm * node)
            rest = -xp.expm1(logarithm * (node - 1.0)) * x_b
            if flat:
                x = xp.where(low, x_a + node * x_step, x)
                rest = xp.where(low, (1.0 - node) * x_step, rest)
                yield weight, x, xp.where(low, x_step + 0.0 * x, x * logarithm), rest
            else:
                yield weight, x, x * logarithm, rest

    return near, along()
