"""The divergence of two tables whose rows come in units: whole days, users, stores, samples."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback.estimators._divergence_interval import DivergenceInterval, matched_scale, smoothed_divergence

# Stands for a scale of zero, by which nothing could be divided.
NO_SPREAD = 1e-9


@dataclass(frozen=True, eq=False)
class ClusteredDivergence:
    """A divergence whose spread is that of units.

    Attributes:
        interval: Debiased figure and everything that follows from it.
        design_effect: How many times wider chance spreads than for as many independent rows.
    """

    interval: DivergenceInterval
    design_effect: float


def clustered_divergence(p: NDArray[np.float64], q: NDArray[np.float64], /) -> ClusteredDivergence:
    r"""Debiased D(p‖q) of two tables counted by unit, with bias, spread and degrees of freedom taken from the units.

    The rows of a unit may depend on each other in any way; units are independent. With $r_u = (c_u - m_u \hat p)/m$ the
    residual of unit $u$ on each side and

    $$ y_{u} = r^p_{u} / \sqrt{p} - r^q_{u} \sqrt{p} / q $$

    the bias of the plug-in is $\frac12 \operatorname{tr} \sum_u y_u y_u^\top$, and at D = 0 it follows a weighted sum
    of chi-squared variables whose weights are the eigenvalues of the same matrix: their mean is the design effect, and
    matching two moments gives scale and degrees of freedom. Further out the variance of the linearized figure
    $\sum_u (r^p_u \log\frac{p}{q} - r^q_u \frac{p}{q})^2$ takes over. As all of these are estimates from few units, the
    law is divided by the chi-squared law of their own spread. A unit on both sides counts as one, so what it repeats
    cancels.

    Args:
        p: Counts of shape ``(units, cells)``; a row of zeros for a unit that this side lacks.
        q: Counts of the same shape, the same unit in the same row.

    Returns:
        The figure with its law, and the design effect.

    References:
        Rao and Scott (1984), Annals of Statistics 12; Thomas and Rao (1987), Journal of the American Statistical
        Association 82, for the F law.
    """
    share_p, share_q, raw = smoothed_divergence(p.sum(axis=0), q.sum(axis=0))
    of_p, of_q = residuals(p), residuals(q)
    root_p = np.sqrt(share_p)
    y = of_p / root_p - of_q * (root_p / share_q)
    # Both products have the same trace and the same squares; the smaller one is quicker.
    gram = y.T @ y if y.shape[1] <= y.shape[0] else y @ y.T
    trace = float(np.trace(gram))
    size_p, size_q = float(p.sum()), float(q.sum())
    effective = size_p * size_q / (size_p + size_q)
    cells = p.shape[1]
    spread = spread_degrees(p, q)
    if cells < 2:
        return ClusteredDivergence(DivergenceInterval(raw, 0, effective, 1.0, spread), 1.0)
    if trace == 0:
        # Units that are all alike (every day has its 24 hours) leave nothing to chance.
        return ClusteredDivergence(DivergenceInterval(raw, cells - 1, effective, NO_SPREAD, spread), 0.0)
    squares = unbiased_square(float((gram**2).sum()), trace, spread, cells - 1)
    degrees = trace**2 / squares
    null_scale = effective * squares / trace
    linear = of_p @ np.log(share_p / share_q) - of_q @ (share_p / share_q)
    scale = matched_scale(raw, effective, degrees, null_scale, float((linear**2).sum()))
    interval = DivergenceInterval(raw - trace / 2, degrees, effective, max(scale, NO_SPREAD), spread)
    return ClusteredDivergence(interval, effective * trace / (cells - 1))


def residuals(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each unit adds to the error of the shares; the factor makes up for the degree that their total takes."""
    sizes = counts.sum(axis=1, keepdims=True)
    total = float(sizes.sum())
    units = int((sizes > 0).sum())
    residuals: NDArray[np.float64] = (counts - sizes * (counts.sum(axis=0) / total)) / total
    return residuals * math.sqrt(units / max(units - 1, 1))


def spread_degrees(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Degrees of freedom of an estimate of spread: the units, fewer where a few of them hold most rows."""
    sizes = p.sum(axis=1), q.sum(axis=1)
    parts = (sizes[0] / sizes[0].sum()) ** 2 + (sizes[1] / sizes[1].sum()) ** 2
    apart = not bool(((sizes[0] > 0) & (sizes[1] > 0)).any())
    return max(1.0, float(parts.sum() ** 2 / (parts**2).sum()) - (2 if apart else 1))


def unbiased_square(observed: float, trace: float, spread: float, most: int) -> float:
    """The trace of the squared matrix without what the noise of its estimate adds, within what is possible."""
    if spread > 1:
        observed = spread**2 / ((spread - 1) * (spread + 2)) * (observed - trace**2 / spread)
    return min(max(observed, trace**2 / most), trace**2)
