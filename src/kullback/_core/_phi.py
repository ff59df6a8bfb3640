"""The two gaps of which divergences are made: x - log(1 + x) of the logarithm, exp(x) - 1 - x of the exponential."""

from math import factorial

from kullback._core._arrays import Array, Namespace
from kullback._core._primitive import polynomial, primitive

# log1p(x) = 2 artanh(r) with r = x / (2 + x). Inside these bounds r**2 < 0.156, so 24 terms end far below one ulp.
_SERIES_LOW, _SERIES_HIGH, _TERMS = -0.55, 1.3, 24
_ARTANH = tuple(1.0 / (2 * k + 3) for k in range(_TERMS))[::-1]
_EXPONENTIAL = tuple(1.0 / factorial(k + 2) for k in range(18))[::-1]


def phi_series(x: Array, /) -> Array:
    """The series of `phi` for -0.55 < x < 1.3, bare: for those who know where they are."""
    r = x / (2.0 + x)
    r2 = r * r
    return x * r - 2.0 * r * r2 * polynomial(r2, _ARTANH)


def phi_over_x(x: Array, /) -> Array:
    """φ(x)/x by the same series, for x whose square underflows."""
    r = x / (2.0 + x)
    r2 = r * r
    return r - 2.0 * r2 / (2.0 + x) * polynomial(r2, _ARTANH)


@primitive(lambda x: x / (1.0 + x))
def phi(xp: Namespace, x: Array) -> Array:
    r"""The gap $\varphi(x) = x - \log(1 + x)$, never negative and exact near zero.

    Subtracting `log1p(x)` from `x` loses every digit for small `x`; this form keeps them:
    with $r = x / (2 + x)$, $\varphi(x) = x r - 2 r^3 (1/3 + r^2/5 + r^4/7 + \dots)$.

    Args:
        xp: The namespace.
        x: Values of any shape, at least -1.

    Returns:
        Values of the same shape, at most 4 ulp off; `inf` at -1 and at infinity.

    References:
        Loader (2000), Fast and accurate computation of binomial probabilities (the idea behind `bd0`).
    """
    near = (x > _SERIES_LOW) & (x < _SERIES_HIGH)
    series = phi_series(xp.where(near, x, xp.zeros_like(x)))
    direct = xp.where(x == xp.inf, x, x - xp.log1p(x))
    return xp.where(near, series, direct)


def _expm1(x: Array) -> Array:
    return expm1(x)


def _exp(x: Array) -> Array:
    return expm1(x) + 1.0


@primitive(_expm1)
def exp_gap(xp: Namespace, x: Array) -> Array:
    r"""The gap $e^x - 1 - x$, never negative and exact near zero."""
    near = xp.abs(x) < 1.0
    small = xp.where(near, x, xp.zeros_like(x))
    direct = xp.where(x > 709.0, xp.exp(x), xp.expm1(x) - x)
    return xp.where(near, small * small * polynomial(small, _EXPONENTIAL), direct)


@primitive(_exp)
def expm1(xp: Namespace, x: Array) -> Array:
    """exp(x) - 1."""
    return xp.expm1(x)
