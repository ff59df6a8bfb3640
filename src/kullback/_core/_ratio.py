"""Gaps between two positive numbers, right to the last digits whether they nearly agree or are 600 orders apart."""

from kullback._core._arrays import Array, Namespace, namespace
from kullback._core._phi import phi_series
from kullback._core._primitive import primitive

_TINY, _HUGE = 1e-290, 1e290
_SPLIT = 134217729.0  # 2**27 + 1, cuts a float64 into two halves (Veltkamp)
_SPLIT_SINGLE = 4097.0  # 2**12 + 1, the same for float32
_LN2 = 0.6931471805599453


def log_quotient(xp: Namespace, a: Array, b: Array) -> Array:
    """log(a / b), see `log_ratio`, bare."""
    ratio = a / b
    fits = (ratio > _TINY) & (ratio < _HUGE) if ratio.dtype == xp.float64 else (ratio > 1e-30) & (ratio < 1e30)
    gap = (a - b) / b
    near = xp.abs(gap) < 0.5
    close = xp.log1p(xp.where(near, gap, xp.zeros_like(gap)))
    # Far out of range the logarithms themselves are apart, so that nothing cancels.
    return xp.where(near, close, xp.where(fits, xp.log(ratio), xp.log(a) - xp.log(b)))


@primitive(lambda a, b: 1.0 / a + 0.0 * b, lambda a, b: -1.0 / b + 0.0 * a)
def log_ratio(xp: Namespace, a: Array, b: Array) -> Array:
    """log(a / b) for positive a and b; the difference of two logarithms would cost up to 700 ulp."""
    return log_quotient(xp, a, b)


def ratio_gap(xp: Namespace, a: Array, b: Array) -> Array:
    """a/b - 1 - log(a/b), see `itakura_saito`, bare."""
    gap = (a - b) / b
    near = (gap > -0.5) & (gap < 1.0)
    series = phi_series(xp.where(near, gap, xp.zeros_like(gap)))
    ratio = a / b
    direct = xp.where(ratio == xp.inf, ratio, ratio - 1.0 - log_quotient(xp, a, b))
    return xp.where(near, series, direct)


@primitive(lambda a, b: (a - b) / b / a, lambda a, b: (b - a) / b / b)
def itakura_saito(xp: Namespace, a: Array, b: Array) -> Array:
    r"""The Itakura-Saito divergence $a/b - 1 - \log(a/b)$ of two positive numbers.

    The Bregman gap of the negative logarithm; zero only where a = b, `inf` where one of them is zero.
    """
    return ratio_gap(xp, a, b)


@primitive(
    lambda a, b: 2.0 * ((a - b) / b) * ((a + b) / b) / a,
    lambda a, b: -2.0 * ((a - b) / b) * ((a + b) / b) / b,
)
def itakura_saito_squares(xp: Namespace, a: Array, b: Array) -> Array:
    """The same divergence of a² and b², which may lie beyond the range of floats."""
    gap = (a - b) / b
    near = (gap > -0.28) & (gap < 0.4)
    small = xp.where(near, gap, xp.zeros_like(gap))
    ratio = a / b
    direct = ratio * ratio - 1.0 - 2.0 * log_quotient(xp, a, b)
    return xp.where(near, phi_series(small * (2.0 + small)), xp.where(ratio == xp.inf, ratio, direct))


@primitive(lambda p, q: log_ratio(*_lifted(p, q)), lambda p, q: _share_gap(p, q))
def relative_gap(xp: Namespace, p: Array, q: Array) -> Array:
    r"""The generalized divergence $p \log(p/q) - p + q$ of two numbers that are not negative (Loader's `bd0`).

    `q` where p is 0, `inf` where only q is 0. Its derivative by p is given at the smallest float where p is 0.
    """
    gap = xp.where(p > 0, ratio_gap(xp, q, p), xp.zeros_like(q))
    product = p * gap
    return xp.where((p == 0) | ((gap == xp.inf) & (q > 0)), q, product)


def _lifted(p: Array, q: Array) -> tuple[Array, Array]:
    """Numbers whose logarithm exists: two zeros agree, any other zero p counts as the smallest float."""
    tiny = 2.2250738585072014e-308 if str(p.dtype).endswith("64") else 1.1754944e-38
    xp = namespace(p, q)
    return xp.where(p == 0, tiny, p), xp.where((p == 0) & (q == 0), tiny, q)


def _share_gap(p: Array, q: Array) -> Array:
    xp = namespace(p, q)
    both = (p == 0) & (q == 0)
    return xp.where(both, 1.0, (q - p) / xp.where(both, 1.0, q))


@primitive(
    lambda p, q: _log_odds_ratio(p, q),
    lambda p, q: (q - p) / (q * (1.0 - q)),
)
def binary_divergence(xp: Namespace, p: Array, q: Array) -> Array:
    r"""$p \log\frac pq + (1-p) \log\frac{1-p}{1-q}$ of two probabilities, limits included."""
    return _first(xp, p, q) + _second(xp, p, q)


def _first(xp: Namespace, p: Array, q: Array) -> Array:
    gap = xp.where(p > 0, ratio_gap(xp, q, p), xp.zeros_like(q))
    product = p * gap
    return xp.where((p == 0) | ((gap == xp.inf) & (q > 0)), q, product)


def _second(xp: Namespace, p: Array, q: Array) -> Array:
    """(1-p) log((1-p)/(1-q)) + p - q, where the difference of the complements is that of p and q."""
    p_rest, q_rest = 1.0 - p, 1.0 - q
    gap = (p - q) / p_rest
    near = (gap > -0.5) & (gap < 1.0)
    series = phi_series(xp.where(near, gap, xp.zeros_like(gap)))
    direct = p_rest * log_quotient(xp, p_rest, q_rest) + (p - q)
    inside = xp.where(near, p_rest * series, direct)
    edge = xp.where(q == 1, xp.where(p == 1, xp.zeros_like(p), xp.zeros_like(p) + xp.inf), inside)
    return xp.where((p == 1) & (q < 1), q_rest, edge)


def _log_odds_ratio(p: Array, q: Array) -> Array:
    return log_ratio(*_lifted(p, q)) - log_ratio(*_lifted(1.0 - p, 1.0 - q))


def _two_product(xp: Namespace, a: Array, b: Array) -> tuple[Array, Array]:
    """A · b as the rounded product and its exact rounding error (Dekker)."""
    split = _SPLIT if a.dtype == xp.float64 else _SPLIT_SINGLE
    product = a * b
    a_high, b_high = split * a - (split * a - a), split * b - (split * b - b)
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _mantissas(xp: Namespace, *values: Array) -> tuple[list[Array], list[Array]]:
    if not hasattr(xp, "frexp"):
        exponents = [xp.where(value > 0, xp.floor(xp.log2(xp.where(value > 0, value, 1.0))), 0.0) for value in values]
        return [_scale(xp, value, -exponent) for value, exponent in zip(values, exponents, strict=True)], exponents
    pairs = [xp.frexp(value) for value in values]
    # Whole numbers as floats: torch multiplies integers and plain floats in single precision.
    exponents = [mantissa * 0.0 + exponent for mantissa, exponent in pairs]
    return [mantissa for mantissa, _ in pairs], exponents


def _product_terms(xp: Namespace, a: Array, b: Array, c: Array, d: Array) -> tuple[Array, Array]:
    """The relative gap ab/cd - 1 by exact products, and the logarithm of ab/cd where that is far from 1."""
    (a_m, b_m, c_m, d_m), (a_e, b_e, c_e, d_e) = _mantissas(xp, a, b, c, d)
    top, top_low = _two_product(xp, a_m, b_m)
    bottom, bottom_low = _two_product(xp, c_m, d_m)
    exponent = a_e + b_e - c_e - d_e
    clipped = xp.clip(exponent, -400.0, 400.0)
    scaled, scaled_low = _scale(xp, top, clipped), _scale(xp, top_low, clipped)
    gap = ((scaled - bottom) + (scaled_low - bottom_low)) / bottom
    ratio = top / bottom
    # Beyond the clip the gap is wrong but its logarithm is not; the gap then overflows as it must.
    far = xp.abs(exponent) > 400
    gap = xp.where(far, _scale(xp, ratio, exponent) - 1.0, gap)
    logarithm = xp.log(ratio) + exponent * _LN2
    return gap, xp.where(xp.abs(gap) < 0.5, xp.log1p(gap), logarithm)


def _scale(xp: Namespace, x: Array, exponent: Array) -> Array:
    """Times 2**exponent in two steps, since one factor may be out of range where the product is not."""
    half = xp.floor(exponent / 2)
    return x * _power_of_two(xp, half) * _power_of_two(xp, exponent - half)


def _power_of_two(xp: Namespace, exponent: Array) -> Array:
    return xp.pow(xp.zeros_like(exponent) + 2.0, exponent)


def _product_slope(a: Array, b: Array, c: Array, d: Array, by: Array) -> Array:
    return (1.0 + product_gap(a, b, c, d)) / by


@primitive(
    lambda a, b, c, d: _product_slope(a, b, c, d, a),
    lambda a, b, c, d: _product_slope(a, b, c, d, b),
    lambda a, b, c, d: -_product_slope(a, b, c, d, c),
    lambda a, b, c, d: -_product_slope(a, b, c, d, d),
)
def product_gap(xp: Namespace, a: Array, b: Array, c: Array, d: Array) -> Array:
    """ab/cd - 1 for positive numbers, without the rounding of the two products."""
    return _product_terms(xp, a, b, c, d)[0]


@primitive(
    lambda a, b, c, d: product_gap(a, b, c, d) / a,
    lambda a, b, c, d: product_gap(a, b, c, d) / b,
    lambda a, b, c, d: -product_gap(a, b, c, d) / c,
    lambda a, b, c, d: -product_gap(a, b, c, d) / d,
)
def itakura_saito_products(xp: Namespace, a: Array, b: Array, c: Array, d: Array) -> Array:
    """The Itakura-Saito divergence of ab and cd: a rounded product costs the square root of a shape in digits."""
    gap, logarithm = _product_terms(xp, a, b, c, d)
    near = (gap > -0.5) & (gap < 1.0)
    series = phi_series(xp.where(near, gap, xp.zeros_like(gap)))
    return xp.where(near, series, xp.where(gap == xp.inf, gap, gap - logarithm))
