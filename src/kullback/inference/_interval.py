"""The debiased divergence of two rows of counts and its interval."""

import numpy as np

from kullback.estimators._divergence_interval import DivergenceInterval, matched_scale, smoothed_divergence
from kullback.inference._counts import Counts


def divergence_interval(p: Counts, q: Counts, /) -> DivergenceInterval:
    r"""Debiased D(p‖q) of two rows of counts, with an interval by inversion of a scaled noncentral chi-squared law.

    With ½ added to every cell (so that no cell is empty) the plug-in has the bias
    $(K - 1) / 2m + (\sum_i p_i^2 / q_i \cdot 1/p_i - 1) / 2n$ and the variance
    $\mathrm{Var}_p(\log p/q) / m + \mathrm{Var}_q(p/q) / n$. Twice the effective size times the plug-in follows the
    noncentral chi-squared law with K − 1 degrees of freedom near D = 0, and a multiple of it further out; the multiple
    is the one whose variance agrees.

    Args:
        p: Counts of shape ``(cells,)`` of m rows.
        q: Counts of the same shape of n rows.

    Returns:
        The debiased figure, from which bounds and p-values at any level follow.

    References:
        Miller (1955) for the bias; Kullback (1959), Information Theory and Statistics, chapter 6, for the law.
    """
    cells = len(p)
    size_p, size_q = float(p.sum()), float(q.sum())
    share_p, share_q, raw = smoothed_divergence(p, q)
    ratio = share_p / share_q
    bias = (cells - 1) / (2 * size_p) + (float(ratio.sum()) - 1) / (2 * size_q)
    variance_p = max(0.0, float((share_p * np.log(ratio) ** 2).sum()) - raw**2)
    variance_q = max(0.0, float((share_p * ratio).sum()) - 1.0)
    effective = size_p * size_q / (size_p + size_q)
    degrees = cells - 1
    scale = matched_scale(raw, effective, degrees, 1.0, variance_p / size_p + variance_q / size_q) if degrees else 1.0
    return DivergenceInterval(raw - bias, degrees, effective, scale)
