"""The divergence of two rows of counts, cell by cell."""

import math

import numpy as np
from numpy.typing import NDArray

from kullback._core import phi

Counts = NDArray[np.int64] | NDArray[np.float64]

# Products of a count and a total stay exact below this bound.
_EXACT = 2.0**62


def contributions(p: Counts, q: Counts, /) -> NDArray[np.float64]:
    r"""Summands of the divergence of two rows of counts, none of them negative.

    $$ D(p \,\|\, q) = \sum_i p_i \,\varphi\!\left(\frac{q_i - p_i}{p_i}\right) $$

    with $p_i = c_i / m$, $q_i = r_i / n$ and $\varphi(x) = x - \log(1 + x)$.
    A cell without mass in `p` contributes its `q` share, one without mass in
    `q` is infinite. The gap $q_i - p_i$ is formed from whole numbers, so nearly equal rows keep their digits.

    Args:
        p: Counts of shape ``(cells,)``, not negative, with a positive sum.
        q: Counts of the same shape.

    Returns:
        Contributions in nats, shape ``(cells,)``.
    """
    total_p, total_q = p.sum(), q.sum()
    whole = p.dtype.kind == "i" and q.dtype.kind == "i"
    if whole and float(total_p) * float(total_q) >= _EXACT:
        p, q, total_p, total_q = p.astype(object), q.astype(object), int(total_p), int(total_q)
    has_p = p > 0
    base = np.where(has_p, p * total_q, 1)
    gap = ((q * total_p - p * total_q) / base).astype(np.float64)
    ratio = (q * total_p / base).astype(np.float64)
    share_p, share_q = (p / total_p).astype(np.float64), (q / total_q).astype(np.float64)
    # Near -1 the gap has lost the digits of the ratio, whose logarithm counts there.
    with np.errstate(divide="ignore"):
        value = np.where(gap < -0.5, gap - np.log(ratio), phi(np.where(has_p, gap, 0.0)))
    summands: NDArray[np.float64] = np.where(has_p, share_p * value, share_q)
    return summands


def plugin(p: Counts, q: Counts, /) -> float:
    """D(p‖q) of the observed shares in nats: exact for the counts, infinite where `q` lacks a cell of `p`."""
    return math.fsum(contributions(p, q))


def jensen_shannon(p: Counts, q: Counts, /) -> float:
    """Jensen-Shannon divergence of the observed shares in nats (not its root), both sides with weight one half."""
    total_p, total_q = p.sum(), q.sum()
    if p.dtype.kind == "i" and q.dtype.kind == "i":
        left, right = p.astype(object) * int(total_q), q.astype(object) * int(total_p)
    else:
        left, right = p * float(total_q), q * float(total_p)
    middle = left + right
    return 0.5 * (plugin(left, middle) + plugin(right, middle))
