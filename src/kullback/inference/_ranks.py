"""A window of time beside those before it: how unusual is what it holds, given how windows differ anyway?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def window_divergence(
    current: NDArray[np.float64],
    past: NDArray[np.float64],
    /,
    *,
    groups: NDArray[np.int64],
) -> float:
    r"""D(current‖past) over groups of cells, with ½ added to each, in nats.

    $$ D = \sum_j p_j \log\frac{p_j}{q_j}, \qquad p_j = \frac{a_j + ½}{n + ½K}, \quad q_j = \frac{b_j + ½}{m + ½K} $$

    Args:
        current: Counts of the window, shape ``(cells,)``.
        past: Counts of the windows before it taken together, likewise.
        groups: The group of each cell, from 0 on.

    Returns:
        The figure: finite, never negative. It is not debiased, for it is compared with figures of its own kind.
    """
    width = int(groups.max(initial=-1)) + 1
    a = np.bincount(groups, weights=current, minlength=width)
    b = np.bincount(groups, weights=past, minlength=width)
    p = (a + 0.5) / (a.sum() + 0.5 * len(a))
    q = (b + 0.5) / (b.sum() + 0.5 * len(b))
    return max(float((p * np.log(p / q)).sum()), 0.0)


def window_divergences(
    counts: NDArray[np.float64],
    pools: Sequence[NDArray[np.int64]],
    /,
    *,
    groups: NDArray[np.int64],
) -> NDArray[np.float64]:
    """The divergence of each window from its own past.

    Args:
        counts: Counts by cell, shape ``(windows, cells)``.
        pools: For each window that is wanted (the last ``len(pools)`` ones), the places of the windows that are its
            past.
        groups: The group of each cell.

    Returns:
        Figures in nats, one for each pool; NaN where the window or its past is empty.
    """
    first = len(counts) - len(pools)
    found = np.full(len(pools), np.nan)
    for place, pool in enumerate(pools):
        current, past = counts[first + place], counts[pool].sum(axis=0)
        if current.sum() > 0 and past.sum() > 0:
            found[place] = window_divergence(current, past, groups=groups)
    return found


def rank_p_value(past: NDArray[np.float64], today: float, /) -> float:
    r"""The chance that one of many alike is as large as this one, by its rank among them.

    $$ p = \frac{1 + \#\{s : d_s \ge d\}}{1 + n} $$

    Args:
        past: Figures of the past, shape ``(n,)``.
        today: The figure of today.

    Returns:
        A p-value between 1 / (n + 1) and 1, exact for figures that could have come in any order.

    References:
        Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World, section 2.2.
    """
    return float((1 + (past >= today).sum()) / (1 + len(past)))


def joint_rank_p_values(past: NDArray[np.float64], today: NDArray[np.float64], /) -> NDArray[np.float64]:
    """Rank p-values that account for looking at many columns: each figure among the largest ones of past windows.

    Figures of a column are put on a common scale (their logarithms less their mean, over their spread); a column is
    then ranked among the largest scaled figure of any column in each window.

    Args:
        past: Figures, shape ``(columns, windows)``, not negative.
        today: The figures of today, shape ``(columns,)``.

    Returns:
        A p-value for each column. The chance that any is at most α is α, if windows could have come in any order.

    References:
        Westfall and Young (1993), Resampling-Based Multiple Testing, section 2.6.
    """
    logs = np.log(np.maximum(np.column_stack([past, today]), np.finfo(np.float64).tiny))
    spread = logs.std(axis=1, keepdims=True)
    scaled = (logs - logs.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    most = scaled.max(axis=0)
    found: NDArray[np.float64] = (most[None, :] >= scaled[:, -1:]).mean(axis=1)
    return found
