"""The test of D = 0 by shuffling whole units between the two sides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback.inference._independence import half_g

# Draws that are counted at a time, so that memory stays flat however many cells there are.
_BLOCK_CELLS = 2_000_000


@dataclass(frozen=True, eq=False)
class UnitShuffles:
    """Draws from the law under which units could as well have come to the other side.

    Attributes:
        stays: Shape ``(draws, units)``: 1 where a unit keeps its sides, 0 where they are exchanged.
    """

    stays: NDArray[np.float64]


def unit_shuffles(
    on_p: NDArray[np.bool_], on_q: NDArray[np.bool_], /, *, draws: int, rng: np.random.Generator
) -> UnitShuffles:
    """Draw shuffles: units of one side alone are dealt anew, as many to each side as before; units of both sides swap.

    Args:
        on_p: True for units that the first side holds, shape ``(units,)``.
        on_q: True for units that the second side holds.
        draws: Number of shuffles.
        rng: Source of the draws.
    """
    both = on_p & on_q
    stays = np.ones((draws, len(on_p)))
    stays[:, both] = rng.integers(0, 2, size=(draws, int(both.sum())))
    alone = np.flatnonzero(on_p ^ on_q)
    here = on_p[alone]
    dealt = rng.permuted(np.tile(here, (draws, 1)), axis=1)
    stays[:, alone] = dealt == here
    return UnitShuffles(stays)


def unit_permutation_test(
    p: NDArray[np.float64], q: NDArray[np.float64], partitions: Sequence[NDArray[np.int64]], shuffles: UnitShuffles, /
) -> float:
    """Permutation p-value of G over one or several partitions of the cells, whole units shuffled.

    Each partition gives a G; the smallest of their p-values, all taken from the same shuffles, is the statistic
    (Westfall and Young). The p-value is exact for any dependence within units, if units are exchangeable.

    Args:
        p: Counts of shape ``(units, cells)``.
        q: Counts of the same shape, the same unit in the same row.
        partitions: The group of each cell, from 0, once for each partition.
        shuffles: The draws.

    Returns:
        The p-value, at least 1 / (draws + 1).

    References:
        Westfall and Young (1993), Resampling-Based Multiple Testing, chapter 2.
    """
    pooled = (p + q).sum(axis=0)
    # What a side gains by a draw is what the exchanged units bring more than they take.
    differences = p - q
    draws = len(shuffles.stays)
    statistics = np.empty((len(partitions), draws + 1))
    block = max(1, _BLOCK_CELLS // max(len(pooled), 1))
    for start in range(0, draws + 1, block):
        stays = np.concatenate([np.ones((1, len(p))), shuffles.stays])[start : start + block]
        drawn = np.maximum(q.sum(axis=0) + stays @ differences, 0.0)
        for index, groups in enumerate(partitions):
            statistics[index, start : start + block] = _grouped_g(drawn, pooled, groups)
    # Draws that tie up to rounding exceed.
    statistics = np.round(statistics, 9)
    exceeding = np.array([_reached_by(row) for row in statistics])
    smallest = exceeding.min(axis=0)
    return float((smallest <= smallest[0]).sum()) / (draws + 1)


def _grouped_g(
    drawn: NDArray[np.float64], pooled: NDArray[np.float64], groups: NDArray[np.int64]
) -> NDArray[np.float64]:
    order = np.argsort(groups, kind="stable")
    first = np.flatnonzero(np.diff(groups[order], prepend=-1))
    return half_g(np.add.reduceat(drawn[:, order], first, axis=1), np.add.reduceat(pooled[order], first))


def _reached_by(statistics: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many of the statistics are as large as each of them."""
    ordered = np.sort(statistics)
    return len(statistics) - np.searchsorted(ordered, statistics, side="left")
