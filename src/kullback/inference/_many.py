"""The debiased divergences of many pairs of rows of counts at once."""

import numpy as np
from numpy.typing import NDArray

from kullback._core import phi
from kullback.estimators._divergence_interval import DivergenceInterval, matched_scale


def divergence_intervals(p: NDArray[np.float64], q: NDArray[np.float64], /) -> list[DivergenceInterval]:
    """`divergence_interval` of each pair of rows, over the cells that either row of the pair holds.

    Args:
        p: Counts of shape ``(pairs, cells)``; every row with a positive sum.
        q: Counts of the same shape, likewise.

    Returns:
        A record for each pair, the same as that of the pair by itself without its empty cells.

    Note:
        About two microseconds for a cell of a pair.
    """
    held = (p + q) > 0
    cells = held.sum(axis=1)
    sizes = p.sum(axis=1), q.sum(axis=1)
    half = np.where(held, 0.5, 0.0)
    share_p, share_q = (
        np.where(held, (counts + half) / (size + cells / 2)[:, None], 1.0)
        for counts, size in zip((p, q), sizes, strict=True)
    )
    inside = np.where(held, share_p, 0.0)
    raw = (inside * phi((share_q - share_p) / share_p)).sum(axis=1)
    ratio = share_p / share_q
    squares = (inside * ratio).sum(axis=1)
    bias = (cells - 1) / (2 * sizes[0]) + (np.where(held, ratio, 0.0).sum(axis=1) - 1) / (2 * sizes[1])
    variance_p = np.maximum((inside * np.log(ratio) ** 2).sum(axis=1) - raw**2, 0.0)
    variance = variance_p / sizes[0] + np.maximum(squares - 1.0, 0.0) / sizes[1]
    effective = sizes[0] * sizes[1] / (sizes[0] + sizes[1])
    return [
        DivergenceInterval(
            figure - lost,
            degrees,
            size,
            matched_scale(figure, size, degrees, 1.0, spread) if degrees else 1.0,
        )
        for figure, lost, degrees, size, spread in zip(
            raw.tolist(), bias.tolist(), (cells - 1).tolist(), effective.tolist(), variance.tolist(), strict=True
        )
    ]
