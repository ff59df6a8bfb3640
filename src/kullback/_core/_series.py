"""Log normalizers that are no gamma functions: of the continuous Bernoulli law, the zeta law and the log series."""

from math import factorial, log

from kullback._core._arrays import Array, Namespace, namespace
from kullback._core._gap import GAUSS, nodes, positive_gap
from kullback._core._phi import phi_over_x
from kullback._core._primitive import Primitive, polynomial, primitive
from kullback._core._ratio import log_quotient, log_ratio, ratio_gap


@primitive(lambda q, p: 1.0 / (q * (1.0 - q)), lambda q, p: -1.0 / (p * (1.0 - p)))
def logit_step(xp: Namespace, q: Array, p: Array) -> Array:
    """logit(q) - logit(p) of two probabilities inside (0, 1), exact where they nearly agree."""
    gap = (q - p) / (p * (1.0 - q))
    near = xp.abs(gap) < 0.5
    apart = log_quotient(xp, q, p) + log_quotient(xp, 1.0 - p, 1.0 - q)
    return xp.where(near, xp.log1p(xp.where(near, gap, xp.zeros_like(gap))), apart)


# 1/x² - 1/(4 sinh²(x/2)) = Σ: B_2k (2k - 1) x^(2k-2) / (2k)!.
_SINH = (
    0.08333333333333333,
    -0.004166666666666667,
    0.00016534391534391533,
    -5.787037037037037e-06,
    1.8789081289081288e-07,
    -5.812609152556243e-09,
    1.7397297489890083e-10,
    -5.084520444483875e-12,
    1.4596305495672335e-13,
    -4.1322505272603176e-15,
    1.1568905939556482e-16,
    -3.2095268777368804e-18,
)


def sinh_curvature(xp: Namespace, x: Array) -> Array:
    """Second derivative of log(sinh(x/2) / (x/2))."""
    near = xp.abs(x) < 1.0
    small = xp.where(near, x, xp.zeros_like(x))
    large = xp.where(near, xp.ones_like(x), xp.abs(x))
    half = xp.exp(-0.5 * large) / -xp.expm1(-large)
    return xp.where(near, polynomial(small * small, _SINH[::-1]), 1.0 / (large * large) - half * half)


def _sinh_value(xp: Namespace, x: Array) -> Array:
    """log(sinh(x/2) / (x/2)), an even function."""
    x = xp.abs(x)
    near = x < 1.0
    small = xp.where(near, x, xp.zeros_like(x))
    coefficients = tuple(c / ((2 * k + 1) * (2 * k + 2)) for k, c in enumerate(_SINH))
    large = xp.where(near, xp.ones_like(x), x)
    direct = 0.5 * large + xp.log(-xp.expm1(-large)) - xp.log(large)
    return xp.where(near, small * small * polynomial(small * small, coefficients[::-1]), direct)


def _sinh_slope(xp: Namespace, x: Array) -> Array:
    """½ coth(x/2) - 1/x."""
    near = xp.abs(x) < 1.0
    small = xp.where(near, x, xp.zeros_like(x))
    coefficients = tuple(c / (2 * k + 1) for k, c in enumerate(_SINH))
    large = xp.where(near, xp.ones_like(x), x)
    direct = 0.5 / xp.tanh(0.5 * large) - 1.0 / large
    return xp.where(near, small * polynomial(small * small, coefficients[::-1]), direct)


@primitive(lambda x: sinh_curvature(namespace(x), x))
def log_sinh_slope(xp: Namespace, x: Array) -> Array:
    """The mean of the continuous Bernoulli law of logit x, less one half."""
    return _sinh_slope(xp, x)


def _sinh_path(xp: Namespace, b: Array, a: Array, step: Array) -> tuple[Array, Array]:
    """Where the integral form holds, and the step there."""
    together = a * b > 0
    scale = xp.where(together, xp.minimum(xp.abs(a), xp.abs(b)), xp.zeros_like(step))
    near = xp.abs(step) < 2.0 + 0.5 * scale
    return near, xp.where(near, step, xp.zeros_like(step))


def _sinh_slopes(xp: Namespace, b: Array, a: Array, step: Array) -> Array:
    near, small = _sinh_path(xp, b, a, step)
    total = xp.zeros_like(small)
    for node, weight in nodes(xp, GAUSS, total):
        total = total + xp.sum(weight * small * sinh_curvature(xp, a + node * small), axis=0)
    return xp.where(near, total, _sinh_slope(xp, b) - _sinh_slope(xp, a))


def _sinh_gaps(xp: Namespace, b: Array, a: Array, step: Array) -> Array:
    near, small = _sinh_path(xp, b, a, step)
    total = xp.zeros_like(small)
    for node, weight in nodes(xp, GAUSS, total):
        bend = sinh_curvature(xp, a + node * small)
        total = total + xp.sum(weight * (1.0 - node) * (small * small) * bend, axis=0)
    direct = _sinh_value(xp, b) - _sinh_value(xp, a) - step * _sinh_slope(xp, a)
    # Far out on one side the function is |x|/2 - log |x| but for a rest, and lines have no gap.
    out = (a * b > 0) & (xp.abs(a) > 5.0) & (xp.abs(b) > 5.0)
    x, y = xp.where(out, xp.abs(b), 1.0 + 0.0 * b), xp.where(out, xp.abs(a), 1.0 + 0.0 * a)
    rest = xp.log(-xp.expm1(-x)) - xp.log(-xp.expm1(-y)) - (x - y) * xp.exp(-y) / -xp.expm1(-y)
    return xp.where(near, total, xp.where(out, ratio_gap(xp, x, y) + rest, direct))


def _sinh_curve(x: Array, other: Array) -> Array:
    return sinh_curvature(namespace(x, other), x) + 0.0 * other


def _nothing(b: Array, a: Array, step: Array) -> Array:
    return 0.0 * step


_sinh_slopes_primitive = Primitive(
    "log sinh slopes",
    _sinh_slopes,
    (lambda b, a, step: _sinh_curve(b, a), lambda b, a, step: -_sinh_curve(a, b), _nothing),
)
log_sinh_gap = Primitive(
    "log sinh gap",
    _sinh_gaps,
    (_sinh_slopes_primitive, lambda b, a, step: -step * _sinh_curve(a, b), _nothing),
)
"""The gap of log(sinh(x/2)/(x/2)), the log normalizer of the continuous Bernoulli law, from a to b by a given step."""


# Euler-Maclaurin for the zeta function and its derivatives by s, all at once.
_HEAD = 24
_EULER_MACLAURIN = tuple(
    number / factorial(2 * k)
    for k, number in enumerate((1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510), start=1)
)


def zeta_sums(xp: Namespace, x: Array) -> tuple[Array, Array, Array]:
    """ζ(1 + x) - 1, and the sums of k^-(1+x) times log k and its square."""
    zero, one, two = xp.zeros_like(x), xp.zeros_like(x), xp.zeros_like(x)
    for k in range(_HEAD - 1, 1, -1):
        term = xp.exp(-(x + 1.0) * log(k))
        zero, one, two = zero + term, one + term * log(k), two + term * log(k) ** 2
    cut = log(_HEAD)
    power = xp.exp(-x * cut)
    # The tail's integral, half its first term, and the corrections; each is c N^(-x-j) times factors whose logarithmic
    # derivative is `slope` and minus its derivative `bend`.
    inverse = 1.0 / x
    terms = [(power * inverse, -inverse - cut, -inverse * inverse), (0.5 * power / _HEAD, zero * 0.0 - cut, zero * 0.0)]
    factor, slope, bend = (x + 1.0) / _HEAD, 1.0 / (x + 1.0) - cut, 1.0 / (x + 1.0) ** 2
    for k, number in enumerate(_EULER_MACLAURIN, start=1):
        terms.append((number * power * factor / _HEAD, slope, bend))
        for step in (2 * k, 2 * k + 1):
            factor, slope, bend = factor * (x + step) / _HEAD, slope + 1.0 / (x + step), bend + 1.0 / (x + step) ** 2
    for term, slope, bend in terms:
        zero, one, two = zero + term, one - term * slope, two + term * (slope * slope - bend)
    return zero, one, two


def _zeta_curvature(xp: Namespace, x: Array) -> Array:
    zero, one, two = zeta_sums(xp, x)
    mean = one / (1.0 + zero)
    return two / (1.0 + zero) - mean * mean


def _zeta_far(xp: Namespace, b: Array, a: Array) -> Array:
    (top, _, _), (bottom, one, _) = zeta_sums(xp, b), zeta_sums(xp, a)
    return xp.log1p(top) - xp.log1p(bottom) + (b - a) * one / (1.0 + bottom)


def _zeta_far_slope(xp: Namespace, b: Array, a: Array) -> Array:
    (top, high, _), (bottom, low, _) = zeta_sums(xp, b), zeta_sums(xp, a)
    return low / (1.0 + bottom) - high / (1.0 + top)


zeta_gap, _ = positive_gap("gap of log zeta", _zeta_curvature, _zeta_far, _zeta_far_slope, reach=2.0)


@primitive(lambda x: -_zeta_curvature(namespace(x), x))
def zeta_mean_log(xp: Namespace, x: Array) -> Array:
    """The mean of log K under the zeta law of exponent 1 + x."""
    zero, one, _ = zeta_sums(xp, x)
    return one / (1.0 + zero)


@primitive(lambda x: -zeta_mean_log(x))
def log_zeta(xp: Namespace, x: Array) -> Array:
    """Log ζ(1 + x)."""
    return xp.log1p(zeta_sums(xp, x)[0])


def _series_variance(xp: Namespace, odds: Array) -> Array:
    """Variance of the logarithmic series law of p = odds / (1 + odds), exact at both ends."""
    length, rest = xp.log1p(odds), 1.0 / (1.0 + odds)
    p = odds * rest
    near = p < 0.5
    excess = xp.where(near, -phi_over_x(xp.where(near, -p, xp.zeros_like(p))), length / p - 1.0)
    return (p / (rest * length)) ** 2 * excess


def _log_series_slope(q: Array, p: Array) -> Array:
    return 1.0 / ((1.0 - q) * -namespace(q).log1p(-q)) - log_series_mean(p) / q


@primitive(
    lambda q, p: _log_series_slope(q, p),
    lambda q, p: log_ratio(p, q) * _variance(p) / p,
)
def log_series_gap(xp: Namespace, q: Array, p: Array) -> Array:
    """Divergence of the logarithmic series law of p from that of q."""
    gap = (q - p) / (p * (1.0 - q))
    near = (gap > -0.75) & (gap < 3.5)
    step = xp.log1p(xp.where(near, gap, xp.zeros_like(gap)))
    odds, q_rest = p / (1.0 - p), 1.0 - q
    total = xp.zeros_like(step)
    for node, weight in nodes(xp, GAUSS, total):
        here = odds * xp.exp(node * step)
        # log q - log p at this node, times the variance there, times d log p = (1 - p) d logit
        left = xp.log1p(xp.expm1((1.0 - node) * step) * q_rest)
        total = total + xp.sum(weight * step * left * _series_variance(xp, here) / (1.0 + here), axis=0)
    # L(p) = -log(1 - p) is p (1 + excess): without the two p, what remains is as small as the divergence itself.
    (length_p, excess_p), (_, excess_q) = _length_and_excess(xp, p), _length_and_excess(xp, q)
    spread = (p / length_p) * _mean_excess(xp, p)
    direct = xp.log1p((excess_q - excess_p) / (1.0 + excess_p)) + spread * log_quotient(xp, p, q)
    return xp.where(near, total, direct)


def _length_and_excess(xp: Namespace, p: Array) -> tuple[Array, Array]:
    length = -xp.log1p(-p)
    near = p < 0.5
    excess = xp.where(near, -phi_over_x(xp.where(near, -p, xp.zeros_like(p))), length / p - 1.0)
    return length, excess


def _mean_excess(xp: Namespace, p: Array) -> Array:
    """1 + (1/p - 1) log(1 - p), over 1 - p."""
    near = p < 0.5
    ratio = xp.where(near, p / (1.0 - p), xp.zeros_like(p))
    return xp.where(near, phi_over_x(ratio), 1.0 + (1.0 / p - 1.0) * xp.log1p(-p)) / (1.0 - p)


@primitive(lambda p: _variance(p) / p)
def log_series_mean(xp: Namespace, p: Array) -> Array:
    """Mean of the logarithmic series law."""
    return p / ((1.0 - p) * -xp.log1p(-p))


def _variance(p: Array) -> Array:
    return _series_variance(namespace(p), p / (1.0 - p))
