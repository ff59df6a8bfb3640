r"""The gap of log Γ, split into that of x log x - x and a small convex rest $g(x) = \log Γ(x) - x \log x + x$.

Every sum here is one of positive terms. With $r$ for Stirling's remainder, $g(x) = \tfrac12 \log 2π - \tfrac12 \log x
+ r(x)$; $r$ and $g''$ come from their asymptotic series after sixteen steps of their recurrences.
"""

from collections.abc import Callable
from functools import cache

from kullback._core._arrays import Array, Namespace, namespace
from kullback._core._gap import positive_gap
from kullback._core._phi import phi_series
from kullback._core._primitive import primitive
from kullback._core._ratio import log_quotient, log_ratio, ratio_gap, relative_gap

_STEPS = 16
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def stirling_curvature(xp: Namespace, x: Array) -> Array:
    """g''(x) = trigamma(x) - 1/x, as a sum of positive terms."""
    total = xp.zeros_like(x)
    for step in range(_STEPS):
        total = total + 1.0 / ((x + step) * (x + step) * (x + (step + 1)))
    y = x + _STEPS
    inverse = 1.0 / y
    square = inverse * inverse
    series = xp.zeros_like(x)
    for number in reversed(_BERNOULLI):
        series = series * square + number
    return total + (0.5 + series * inverse) * square


def _slope(x: Array) -> Array:
    return remainder_slope(x)


@primitive(_slope)
def stirling_remainder(xp: Namespace, x: Array) -> Array:
    r"""Stirling's remainder $r(x) = \log Γ(x) - (x - \tfrac12) \log x + x - \tfrac12 \log 2π$ of a positive x."""
    total = xp.zeros_like(x)
    for step in range(_STEPS):
        total = total + ((x + (step + 0.5)) * log_quotient(xp, x + (step + 1), x + step) - 1.0)
    inverse = 1.0 / (x + _STEPS)
    series = xp.zeros_like(x)
    for k, number in reversed(list(enumerate(_BERNOULLI, start=1))):
        series = series * inverse * inverse + number / (2 * k * (2 * k - 1))
    return total + series * inverse


@primitive(lambda x: stirling_curvature(namespace(x), x) - 0.5 / (x * x))
def remainder_slope(xp: Namespace, x: Array) -> Array:
    """r'(x) = digamma(x) - log x + 1/(2x), negative."""
    total = xp.zeros_like(x)
    for step in range(_STEPS):
        low, high = x + step, x + (step + 1)
        total = total + (log_quotient(xp, high, low) - 0.5 / low - 0.5 / high)
    inverse = 1.0 / (x + _STEPS)
    series = xp.zeros_like(x)
    for k, number in reversed(list(enumerate(_BERNOULLI, start=1))):
        series = series * inverse * inverse + number / (2 * k)
    return total - series * inverse * inverse


def _far(xp: Namespace, b: Array, a: Array) -> Array:
    gap = 0.5 * ratio_gap(xp, b, a)
    return gap + (
        stirling_remainder.value(xp, b) - stirling_remainder.value(xp, a) - (b - a) * remainder_slope.value(xp, a)
    )


def _far_slope(xp: Namespace, b: Array, a: Array) -> Array:
    return 0.5 * (1.0 / a - 1.0 / b) + remainder_slope.value(xp, b) - remainder_slope.value(xp, a)


_stirling_gap, _stirling_slope = positive_gap("gap of Stirling's rest", stirling_curvature, _far, _far_slope)


def stirling_gap(b: Array, a: Array, step: Array | None = None, /) -> Array:
    r"""The Bregman gap of $g(x) = \log Γ(x) - x \log x + x$ from a to b, never negative; arguments positive."""
    return _stirling_gap(b, a, b - a if step is None else step)


def lgamma_gap(b: Array, a: Array, step: Array | None = None, /) -> Array:
    r"""$\log Γ(b) - \log Γ(a) - (b - a) ψ(a)$, never negative; arguments positive.

    Args:
        b: Where the gap is taken.
        a: Where the tangent touches.
        step: b - a, where it is known to more digits than b and a show.
    """
    step = b - a if step is None else step
    return _stirling_gap(b, a, step) + _relative_gap(b, a, step)


def digamma_step(b: Array, a: Array, step: Array | None = None, /) -> Array:
    """ψ(b) - ψ(a) to all digits; the step b - a is given where it is known better than b and a show it."""
    step = b - a if step is None else step
    return _stirling_slope(b, a, step) + _log_step(b, a, step)


@primitive(lambda b, a, step: 1.0 / b, lambda b, a, step: -1.0 / a, lambda b, a, step: 0.0 * step)
def _log_step(xp: Namespace, b: Array, a: Array, step: Array) -> Array:
    """log(b/a) from their difference."""
    ratio = step / a
    near = xp.abs(ratio) < 0.5
    return xp.where(near, xp.log1p(xp.where(near, ratio, xp.zeros_like(ratio))), log_quotient(xp, b, a))


@primitive(lambda b, a, step: log_ratio(b, a), lambda b, a, step: -step / a, lambda b, a, step: 0.0 * step)
def _relative_gap(xp: Namespace, b: Array, a: Array, step: Array) -> Array:
    """`relative_gap(b, a)` where their difference is known to more digits."""
    ratio = -step / b
    near = (ratio > -0.5) & (ratio < 1.0)
    return xp.where(near, b * phi_series(xp.where(near, ratio, xp.zeros_like(ratio))), relative_gap.value(xp, b, a))


@cache
def shifted_gap(shift: float, /) -> Callable[[Array, Array], Array]:
    r"""How much more log Γ bends after a shift to the left, as a function of (b - h, a - h).

    Its value is `lgamma_gap(b - h, a - h)` less `relative_gap(b, a)`, never negative: the Wishart law needs it.
    """
    if shift == 0:
        return stirling_gap

    def second(xp: Namespace, y: Array) -> Array:
        return stirling_curvature(xp, y) + shift / (y * (y + shift))

    def far(xp: Namespace, b: Array, a: Array) -> Array:
        # b log(b/a) - (b + h) log((b + h)/(a + h)) without its two large logarithms
        moved = (b + shift) * xp.log1p(shift * ((a - b) / b) / (a + shift))
        return _far(xp, b, a) - shift * log_quotient(xp, b, a) - moved

    def far_slope(xp: Namespace, b: Array, a: Array) -> Array:
        return _far_slope(xp, b, a) + log_quotient(xp, b, a) - log_quotient(xp, b + shift, a + shift)

    gap, _ = positive_gap(f"shifted gap {shift}", second, far, far_slope)
    return lambda b, a: gap(b, a, b - a)
