"""Divergences of NumPy arrays, block by block in cache: the speed of the textbook sum with all its digits.

Every block is first summed the textbook way, p log(p/q) - p + q. Where that sum is small against the mass in the
block, its digits may be lost, and the block is summed again in a form that keeps them. Most blocks of most pairs
never need it.
"""

import numpy as np
from numpy.typing import NDArray

from kullback._core import phi, relative_gap, weights_gap

Floats = NDArray[np.float64]
_BLOCK = 32768
# A sum above this share of the mass has lost nothing to the totals; below it the totals' difference is summed by
# itself.
_CLEAR = 0.02
# Where a number of terms of the series of phi ends below one ulp: largest |x|, terms in r = x/(2 + x).
_LADDER = ((1e-4, 2), (3e-3, 4), (2e-2, 6), (0.12, 9), (0.5, 17))


def rows_gap(p: Floats, q: Floats, /) -> tuple[Floats, Floats, Floats, float]:
    """D(p/Σp ‖ q/Σq) for every row, with what the checks need.

    Args:
        p: Rows of shape (rows, outcomes), float64.
        q: Rows of the same shape.

    Returns:
        Divergences in nats, the totals of p and of q, each of shape (rows,), and the smallest entry; NaN stays NaN.
    """
    if p.shape[1] > _BLOCK // 2:
        parts = np.array([_long_row(*pair) for pair in zip(p, q, strict=True)]).reshape(-1, 5)
        gaps, p_totals, q_totals, drifts = parts[:, :4].T
        low = float(parts[:, 4].min()) if parts.size else 0.0
    else:
        gaps, p_totals, q_totals, drifts, low = _short_rows(p, q)
    return _finish(p, q, gaps, p_totals, q_totals, drifts), p_totals, q_totals, low


def _finish(p: Floats, q: Floats, gaps: Floats, p_totals: Floats, q_totals: Floats, drifts: Floats) -> Floats:
    """From the Bregman sums to divergences: less what the totals differ by, unless that is most of the sum."""
    with np.errstate(all="ignore"):
        moved = _phi_of_drift(drifts / p_totals)
        values = gaps / p_totals - moved
        fine = (values >= 4.0 * moved) | (moved <= 1e-10 * np.abs(values))
        lossy = ~fine | ~np.isfinite(moved + p_totals + q_totals)
        if lossy.any():
            # The totals differ by more than the rows themselves: by exact products of weights and totals.
            values[lossy] = weights_gap(p[lossy], q[lossy])
    return np.where(values < 0, 0.0, values)


def _phi_of_drift(x: Floats) -> Floats:
    """φ(x), which for rows that add up to 1 but for rounding is x²/2 to all digits that matter."""
    if np.abs(x).max(initial=0.0) < 1e-6:
        return np.asarray(x * x * (0.5 - x / 3.0))
    return np.asarray(phi(x))


def _long_row(p: Floats, q: Floats) -> Floats:
    """Bregman sum, totals, difference of the totals and smallest entry of one long row."""
    buffers = np.empty((3, _BLOCK))
    gap = p_total = q_total = drift = 0.0
    least, near = np.inf, False
    with np.errstate(all="ignore"):
        for start in range(0, p.size, _BLOCK):
            a, b = p[start : start + _BLOCK], q[start : start + _BLOCK]
            low, p_part, q_part = np.minimum.reduce(a), np.add.reduce(a), np.add.reduce(b)
            part, step, near = _block(a, b, buffers[:, : a.size], p_part, q_part, near=near)
            # A negative q under a p that is not makes the logarithm NaN, so that only then it must be looked for.
            low = low if low > 0 and np.isfinite(part) else np.minimum(low, np.minimum.reduce(b))
            least = np.minimum(least, low)
            gap, p_total, q_total, drift = gap + part, p_total + p_part, q_total + q_part, drift + step
    return np.array([gap, p_total, q_total, drift, least])


def _block(
    a: Floats, b: Floats, buffers: Floats, p_part: float, q_part: float, *, near: bool
) -> tuple[float, float, bool]:
    """Bregman sum of a block, the difference of its totals, and whether its two sides are near."""
    difference, ratio, spare = buffers
    if near:
        np.subtract(b, a, out=difference)
        return _near(a, b, difference, ratio, spare), difference.sum(), True
    textbook = _textbook(a, b, ratio)
    gap = textbook - p_part + q_part
    if _CLEAR * (p_part + q_part) <= gap < np.inf:
        return gap, q_part - p_part, False
    np.subtract(b, a, out=difference)
    step = difference.sum()
    # The roundings of so many logarithms average out once the sum is this large.
    if 8.0 / a.size * (p_part + q_part) <= textbook + step < np.inf:
        return textbook + step, step, False
    return _near(a, b, difference, ratio, spare), step, True


def _textbook(a: Floats, b: Floats, out: Floats) -> float:
    """The sum of a log(a/b), zeros of a left out; NaN or infinite where an entry is wrong or out of range."""
    np.divide(a, b, out=out)
    np.log(out, out=out)
    np.multiply(a, out, out=out)
    total = np.add.reduce(out)
    if total != total:  # noqa: PLR0124 - NaN alone differs from itself
        out[a == 0] = 0.0
        total = np.add.reduce(out)
    return float(total)


def _near(a: Floats, b: Floats, difference: Floats, x: Floats, spare: Floats) -> float:
    """The sum of a φ((b - a)/a), with as many terms as the largest argument asks for."""
    np.divide(difference, a, out=x)
    np.abs(x, out=spare)
    largest = spare.max()
    if largest <= 3e-6:
        # x²/2 - x³/3 + x⁴/4 as products of vectors
        square = np.multiply(x, x, out=spare)
        first = a * x
        # einsum, not @: BLAS wakes its threads for vectors of this length, which costs more than the sum
        odd = np.einsum("i,i->", first, square)
        even = np.einsum("i,i->", first, x)
        high = np.einsum("i,i,i->", first, square, x)
        return float(even / 2 - odd / 3 + high / 4)
    return float(_phi_sum(a, b, x, largest))


def _phi_sum(a: Floats, b: Floats, x: Floats, largest: float) -> Floats:
    """Sums along the last axis of a φ(x); entries far apart are taken by themselves."""
    for limit, terms in _LADDER:
        if largest <= limit:
            return np.asarray(np.sum(a * _phi(x, terms), axis=-1))
    limit, terms = _LADDER[-1]
    calm = np.abs(x) <= limit
    part = a * _phi(np.where(calm, x, 0.0), terms)
    far_a, far_b = a[~calm], b[~calm]
    far = far_a * np.log(far_a / far_b) - far_a + far_b
    odd = ~np.isfinite(far)
    far[odd] = relative_gap(far_a[odd], far_b[odd])
    part[~calm] = far
    return np.asarray(np.sum(part, axis=-1))


def _phi(x: Floats, terms: int) -> Floats:
    """φ(x) = r (x - 2 r² (1/3 + r²/5 + …)) with r = x/(2 + x)."""
    r = x / (2.0 + x)
    square = r * r
    total = np.full_like(square, 1.0 / (2 * terms + 1))
    for k in range(terms - 1, 0, -1):
        total *= square
        total += 1.0 / (2 * k + 1)
    total *= square
    total *= -2.0
    total += x
    total *= r
    return total


def _short_rows(p: Floats, q: Floats) -> tuple[Floats, Floats, Floats, Floats, float]:
    """The same for many short rows, a block of them at a time."""
    rows, size = p.shape
    step = max(1, _BLOCK // max(size, 1))
    gaps, p_totals, q_totals, drifts = np.empty((4, rows))
    low = np.inf
    # Short rows average fewer roundings, so they are trusted less.
    clear = max(_CLEAR, min(0.1, 1.0 / max(size, 1) ** 0.5))
    with np.errstate(all="ignore"):
        for start in range(0, rows, step):
            here = slice(start, start + step)
            a, b = p[here], q[here]
            least = min(a.min(), b.min()) if a.size else 0.0
            low = min(low, least) if least == least else least  # noqa: PLR0124
            p_part, q_part = _row_sums(a), _row_sums(b)
            part = a / b
            np.log(part, out=part)
            part *= a
            part[a == 0] = 0.0
            gap, drift = _row_sums(part) - p_part + q_part, q_part - p_part
            trusted = (gap >= clear * (p_part + q_part)) & (gap < np.inf)
            if not trusted.all():
                again = np.flatnonzero(~trusted)
                gap[again], drift[again] = _near_rows(a[again], b[again])
            gaps[here], drifts[here], p_totals[here], q_totals[here] = gap, drift, p_part, q_part
    return gaps, p_totals, q_totals, drifts, float(low)


def _near_rows(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    difference = b - a
    x = difference / a
    return _phi_sum(a, b, x, float(np.abs(x).max())), _row_sums(difference)


def _row_sums(rows: Floats) -> Floats:
    """Sums along the last axis; for short rows twice as fast as `sum`."""
    return np.asarray(np.einsum("ij->i", rows))
