"""The trigamma function and how much it falls over a step, as sums of positive terms in every array library."""

from kullback._core import Array, Namespace, digamma_step, namespace, stirling_curvature

_STEPS = 16
# ψ₁(y) = 1/y + 1/2y² + Σ B_2k / y^(2k+1)
_SERIES = (
    (1, 1.0),
    (2, 0.5),
    *((2 * k + 1, b) for k, b in enumerate((1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6), start=1)),
)


def trigamma(x: Array) -> Array:
    """The second derivative of log Γ at positive x."""
    return 1.0 / x + stirling_curvature(namespace(x), x)


def trigamma_slope(x: Array, step: Array) -> Array:
    """(ψ₁(x) - ψ₁(x + h)) / h of positive x and x + h; for h = 0 minus the derivative of ψ₁."""
    total = 0.0 * (x + step)
    for k in range(_STEPS):
        low, high = x + k, x + k + step
        total = total + ((low + high) / (low * high)) / (low * high)
    return total + _tail(namespace(total), x + _STEPS + 0.0 * step, step + 0.0 * x)


def trigamma_drop(x: Array, step: Array) -> Array:
    """ψ₁(x) - ψ₁(x + h)."""
    return step * trigamma_slope(x, step)


def digamma_slope(x: Array, step: Array) -> Array:
    """(ψ(x + h) - ψ(x)) / h; for h = 0 the derivative of ψ."""
    xp = namespace(x + step)
    x, step = x + 0.0 * step, step + 0.0 * x
    some = xp.where(step == 0, xp.ones_like(step), step)
    return xp.where(step == 0, trigamma(x), digamma_step(x + some, x, some) / some)


def _tail(xp: Namespace, y: Array, step: Array) -> Array:
    """The same from the asymptotic series, y^-n - (y + h)^-n over h term by term."""
    still = step == 0
    some = xp.where(still, xp.ones_like(step), step)
    logarithm = xp.log1p(some / y)
    total = 0.0 * y
    for n, coefficient in _SERIES:
        moved = -xp.expm1(-n * logarithm) / some
        total = total + coefficient * y ** (-n) * xp.where(still, n / y, moved)
    return total
