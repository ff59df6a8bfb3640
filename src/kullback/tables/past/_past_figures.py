"""The figures of past windows and of today: each against the windows before it, over cells that all share."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kullback.inference import window_divergences
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._coding import heaviest_categories
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._leaves import Leaves, compressed
from kullback.tables.past._past import Choice
from kullback.tables.profiles._profile import Profile

# Cells of a column in the history, as many as the plug-in figures have.
_CELLS = 64


def past_figures(column: ColumnCounts, profiles: Sequence[Profile], choice: Choice, /) -> NDArray[np.float64]:
    """Divergences of the ranked windows and of today from their pasts, in nats.

    Args:
        column: The counts of a column, a side for each profile.
        profiles: The windows that are read, and today as the last.
        choice: Who is held against whom.
    """
    factors = np.array([profile.effective_rows / profile.weight for profile in profiles])[:, None]
    counts, groups = _on_cells(column.body, factors)
    # The figures of the ranked windows and of today, which is the last one.
    lines = [*choice.ranked, len(profiles) - 1]
    wanted = np.concatenate([counts, counts[lines]])
    pools = [np.array(pool, dtype=np.int64) for pool in choice.pools]
    return window_divergences(wanted, pools, groups=groups)


def _on_cells(body: object, factors: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Counts of all windows by fine cells, and the coarse cell of each."""
    if isinstance(body, Leaves):
        body = replace(body, counts=body.counts * factors, unknown=None)
        coarse = compressed(body, _CELLS)
        groups = np.searchsorted(coarse.high, body.high)
        special = np.array(
            [(side.null, side.nan, side.negative_infinity, side.positive_infinity) for side in body.specials]
        )
        special = special[:, special.any(axis=0)]
        groups = np.append(groups, len(coarse.high) + np.arange(special.shape[1]))
        return np.hstack([body.counts, special * factors]), groups.astype(np.int64)
    if not isinstance(body, Categories):
        raise TypeError(body)
    body = heaviest_categories(replace(body, counts=body.counts * factors, unknown=None), _CELLS)
    counts = np.column_stack([body.counts, body.rest, body.missing])
    return counts, np.arange(counts.shape[1])
