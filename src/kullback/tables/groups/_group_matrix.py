"""How far groups are from each other: a matrix of Jensen-Shannon divergences and its clusters."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback.tables.groups._group_cells import SideCounts
from kullback.tables.groups._groups import GroupMatrix

# Groups between which the matrix is made, and cells of a column in it.
MOST_IN_MATRIX = 60
_CELLS = 16


def heaviest_groups(rows: NDArray[np.float64], /) -> tuple[int, ...]:
    """The groups of the matrix: those with most rows, in their order."""
    heavy = np.argsort(-rows, kind="stable")[:MOST_IN_MATRIX]
    return tuple(sorted(int(group) for group in heavy if rows[group] > 0))


def coarse_groups(side: SideCounts, most: int, /) -> NDArray[np.float64]:
    """A column by group on at most `most` cells common to all groups, and one for each kind of value outside.

    Args:
        side: The column by group.
        most: Cells at most.
    """
    pooled = side.cells.sum(axis=0)
    if side.ordered:
        ranks = (np.cumsum(pooled) - pooled / 2) / max(float(pooled.sum()), 1e-300)
        place = np.minimum((ranks * most).astype(np.int64), most - 1)
    else:
        place = np.full(len(pooled), most - 1)
        heavy = np.argsort(-pooled, kind="stable")[: most - 1]
        place[heavy] = np.arange(len(heavy))
    cells = np.zeros((most, len(side.cells)))
    np.add.at(cells, place, side.cells.T)
    # What is unlisted belongs to the light values.
    outside = side.outside.T
    if not side.ordered:
        cells[most - 1] += outside[0]
        outside = outside[1:]
    together = np.concatenate([cells, outside])
    held: NDArray[np.float64] = together[together.sum(axis=1) > 0].T
    return held


def group_distances(side: SideCounts, groups: tuple[int, ...], factor: float, /) -> NDArray[np.float64]:
    r"""Jensen-Shannon divergence in bits of each pair of groups of a column, less its bias, not below zero.

    The bias of the plug-in with $K$ cells is $\frac{K - 1}{8} (1/n + 1/m)$ nats to first order.

    Args:
        side: The column by group.
        groups: Which groups.
        factor: Effective rows per unit of weight.
    """
    counts = coarse_groups(side.taken(np.array(groups, dtype=np.int64)), _CELLS)
    sizes = counts.sum(axis=1)
    shares = counts / np.maximum(sizes, 1e-300)[:, None]
    entropy = special.entr(shares).sum(axis=1)
    middle = np.array([special.entr((shares + row) / 2).sum(axis=1) for row in shares])
    cells = np.array([((counts + row) > 0).sum(axis=1) for row in counts])
    noise = 1 / np.maximum(factor * sizes, 1e-300)
    bias = (cells - 1) / 8 * (noise[:, None] + noise[None, :])
    distances = np.maximum(middle - (entropy[:, None] + entropy[None, :]) / 2 - bias, 0.0) / math.log(2)
    distances[:, sizes == 0] = distances[sizes == 0] = np.nan
    np.fill_diagonal(distances, 0.0)
    return np.asarray((distances + distances.T) / 2)


def cluster_groups(
    groups: tuple[int, ...], distances: list[NDArray[np.float64]], /, *, ordered: bool
) -> GroupMatrix | None:
    """The mean over the columns, and an order in which alike groups are neighbors.

    Args:
        groups: Which groups.
        distances: The matrix of each column; NaN for groups that a column lacks.
        ordered: Groups that follow each other keep their order.
    """
    if len(groups) < 2 or not distances:
        return None
    stack = np.array(distances)
    known = ~np.isnan(stack)
    mean = np.where(known, stack, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    if ordered:
        return GroupMatrix(groups, mean, tuple(range(len(groups))), None)
    from scipy.cluster import hierarchy  # noqa: PLC0415 - heavy, and only groups need it

    # The root is a metric; its rows above the diagonal are what linkage wants.
    condensed = np.sqrt(mean[np.triu_indices(len(groups), 1)])
    tree = hierarchy.linkage(condensed, method="average", optimal_ordering=True)
    order = tuple(int(leaf) for leaf in hierarchy.leaves_list(tree))
    merges = tuple((int(first), int(second), float(height), int(size)) for first, second, height, size in tree)
    return GroupMatrix(groups, mean, order, merges)
