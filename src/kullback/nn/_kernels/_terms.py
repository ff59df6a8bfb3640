"""One outcome's part in each divergence and gradient, inside a kernel: never negative, exact where both sides agree.

Everywhere p is the teacher's mass and q the student's, gap = log q - log p (any value, even NaN, where both masses are
zero), and the mixture is m = w p + (1 - w) q.
"""

import triton.language as tl

from kullback.nn._kernels._jit import jit


@jit
def _bend(x: tl.tensor) -> tl.tensor:
    """expm1(x) - x, by its series where the difference would lose digits."""
    tail = 1.0 + x * (1.0 / 6.0) * (1.0 + x * (1.0 / 7.0) * (1.0 + x * 0.125 * (1.0 + x * (1.0 / 9.0))))
    series = 0.5 * x * x * (1.0 + x * (1.0 / 3.0) * (1.0 + x * 0.25 * (1.0 + x * 0.2 * tail)))
    return tl.where(tl.abs(x) < 0.5, series, tl.exp(x) - 1.0 - x)


@jit
def _expm1(x: tl.tensor) -> tl.tensor:
    """exp(x) - 1, which tl lacks."""
    return tl.where(tl.abs(x) < 0.5, x + _bend(x), tl.exp(x) - 1.0)


@jit
def excess(p: tl.tensor, q: tl.tensor, gap: tl.tensor) -> tl.tensor:
    """Difference q - p, which keeps its digits where they nearly agree."""
    return tl.where(tl.abs(gap) < 0.5, p * _expm1(gap), q - p)


@jit
def share(p: tl.tensor, q: tl.tensor, gap: tl.tensor) -> tl.tensor:
    """The part of D(p‖q) as a Bregman divergence: q - p - p gap, which is at least zero."""
    # Two forms: exp(gap) may overflow while q is finite, and the plain difference cancels where gap is small.
    part = tl.where(gap > 1.0, q - p - p * gap, p * _bend(gap))
    return tl.where(p == 0.0, q, part)


@jit
def _log_tail(z: tl.tensor) -> tl.tensor:
    """2 atanh(z) - 2z for |z| < 0.2: log1p(y) beyond 2z, where z = y / (2 + y)."""
    square = z * z
    series = 1.0 / 5.0 + square * (1.0 / 7.0 + square * (1.0 / 9.0 + square * (1.0 / 11.0)))
    return 2.0 * z * square * (1.0 / 3.0 + square * series)


@jit
def mixture_log(gap: tl.tensor, mix: tl.tuple) -> tl.tensor:
    """log(m / mass) where the other side has exp(gap) times the mass; `mix` holds the weights of both, own first."""
    own, other = mix
    grown = other * _expm1(gap)
    z = grown / (2.0 + grown)
    less = tl.exp(-tl.abs(gap))
    far = tl.maximum(gap, 0.0) + tl.log(tl.where(gap > 0.0, other + own * less, own + other * less))
    return tl.where(tl.abs(z) < 0.2, 2.0 * z + _log_tail(z), far)


@jit
def mixture_share(mass: tl.tensor, rest: tl.tensor, gap: tl.tensor, mix: tl.tuple) -> tl.tensor:
    """The part of D(mass‖m) as a Bregman divergence: m - mass - mass log(m / mass); `rest` is the other mass."""
    other = mix[1]
    grown = other * _expm1(gap)
    z = grown / (2.0 + grown)
    far = other * (rest - mass) - mass * mixture_log(gap, mix)
    part = tl.where(tl.abs(z) < 0.2, mass * (grown * z - _log_tail(z)), far)
    return tl.where(mass == 0.0, other * rest, part)


@jit
def mixture_excess(gap: tl.tensor, mix: tl.tuple) -> tl.tensor:
    """(m - mass) / m."""
    own, other = mix
    less = _expm1(-tl.abs(gap))
    return tl.where(gap > 0.0, -other * less / (1.0 + own * less), other * less / (1.0 + other * less))


@jit
def tilt(mass: tl.tensor, slope: tl.tensor, center: tl.tensor) -> tl.tensor:
    """The product mass (slope - center), as a softmax passes slopes on."""
    return tl.where(mass == 0.0, 0.0, mass * (slope - center))
