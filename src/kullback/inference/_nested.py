"""The test of D = 0 along an order: coarse differences first, then finer and finer ones."""

import numpy as np
from numpy.typing import NDArray

from kullback.inference._counts import Counts
from kullback.inference._independence import LEAST_EXPECTED, chi_squared_tail, corrected_g, fisher_exact
from kullback.inference._multiple import sidak

_LEVELS = 5


def nested_g_test(p: Counts, q: Counts, ranks: NDArray[np.float64], special: NDArray[np.bool_], /) -> float:
    """Test of D = 0 for ordered cells by the increments of G over nested dyadic partitions.

    The partition into two halves by pooled rank, then four, eight, sixteen and thirty-two, gives G₂, G₄ − G₂, … which
    under D = 0 are independent chi-squared variables with 1, 2, 4, 8, 16 degrees of freedom; cells outside the order
    (NULL, NaN, infinities) are split off one by one before. The smallest of the p-values is corrected by Šidák.
    Partitions finer than one cell to twenty rows of the smaller side are left out, where chi-squared does not hold.

    Args:
        p: Counts of shape ``(cells,)``.
        q: Counts of the same shape.
        ranks: Mid-rank of each ordered cell in the pooled rows, from 0 to 1; ignored where `special`.
        special: True for cells outside the order.

    Returns:
        The p-value.
    """
    p_values = []
    rest_p, rest_q = p.sum(), q.sum()
    for cell in np.flatnonzero(special & ((p + q) > 0)):
        if rest_p - p[cell] + rest_q - q[cell] <= 0 or min(rest_p, rest_q) <= 0:
            break
        rest_p, rest_q = rest_p - p[cell], rest_q - q[cell]
        p_values.append(_split(np.array([p[cell], rest_p]), np.array([q[cell], rest_q])))
    p, q, ranks = p[~special], q[~special], ranks[~special]
    most_cells = min(p.sum(), q.sum()) / 20
    before_g, before_cells = 0.0, 1
    for level in range(1, _LEVELS + 1):
        if 2**level > max(most_cells, 2) or min(p.sum(), q.sum()) <= 0:
            break
        groups = np.minimum((ranks * 2**level).astype(np.int64), 2**level - 1)
        group_p, group_q = np.bincount(groups, weights=p), np.bincount(groups, weights=q)
        occupied = (group_p + group_q) > 0
        group_p, group_q = group_p[occupied], group_q[occupied]
        if level == 1 and len(group_p) == 2:
            p_values.append(_split(group_p, group_q))
            before_g, before_cells = corrected_g(group_p, group_q), 2
            continue
        g, cells = corrected_g(group_p, group_q), len(group_p)
        if cells > before_cells:
            p_values.append(chi_squared_tail(max(0.0, g - before_g), cells - before_cells))
            before_g, before_cells = g, cells
    return sidak(p_values)


def _split(p: Counts, q: Counts) -> float:
    expected = min(float((p + q).min()) * float(side.sum()) / float((p + q).sum()) for side in (p, q))
    if expected >= LEAST_EXPECTED:
        return chi_squared_tail(corrected_g(p, q), 1)
    return fisher_exact(np.rint(p), np.rint(q))
