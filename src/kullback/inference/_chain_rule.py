"""The divergence of two tables of counts, split by the chain rule."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback.inference._counts import Counts, contributions, plugin


@dataclass(frozen=True, eq=False)
class ChainRule:
    """D(x, y) = D(x) + D(y|x) = D(y) + D(x|y), of the observed shares in nats.

    Where the reference has no row of a slice that the current table has, the slice makes D of what slices infinite; the
    conditional part leaves it out, as there is nothing to compare it with.

    Attributes:
        joint: D(x, y).
        x: D(x).
        y: D(y).
        y_given_x: D(y|x), the mean over the current table of the divergence within each slice of x.
        x_given_y: D(x|y) likewise.
    """

    joint: float
    x: float
    y: float
    y_given_x: float
    x_given_y: float


def chain_rule(p: Counts, q: Counts, /) -> ChainRule:
    r"""Split D(p‖q) of two tables of counts in both orders.

    $$ D(x, y) = D(x) + \sum_x p_x D(p_{y|x} \,\|\, q_{y|x}) = D(y) + \sum_y p_y D(p_{x|y} \,\|\, q_{x|y}) $$

    Args:
        p: Counts of shape ``(x, y)``, with a positive sum.
        q: Counts of the same shape.

    Returns:
        The five figures, each summed by itself and none negative, so that the sums agree to the last digits.

    References:
        Kullback and Leibler (1951), Annals of Mathematical Statistics 22, section 3.
    """
    return ChainRule(
        plugin(p.ravel(), q.ravel()),
        plugin(p.sum(axis=1), q.sum(axis=1)),
        plugin(p.sum(axis=0), q.sum(axis=0)),
        math.fsum(slice_contributions(p, q)),
        math.fsum(slice_contributions(p.T, q.T)),
    )


def slice_contributions(p: Counts, q: Counts, /) -> NDArray[np.float64]:
    """What each slice x adds to D(y|x): its share of `p` times the divergence within it; 0 where one side has no row.

    Args:
        p: Counts of shape ``(x, y)``.
        q: Counts of the same shape.

    Returns:
        Contributions in nats, shape ``(x,)``.
    """
    added: NDArray[np.float64] = cell_contributions(p, q).sum(axis=1)
    return added


def cell_contributions(p: Counts, q: Counts, /) -> NDArray[np.float64]:
    """What each cell adds to D(y|x), none of it negative: shape ``(x, y)``, in nats.

    Args:
        p: Counts of shape ``(x, y)``.
        q: Counts of the same shape.
    """
    added = np.zeros(p.shape)
    slices = p.sum(axis=1), q.sum(axis=1)
    total = float(slices[0].sum())
    for place in np.flatnonzero((slices[0] > 0) & (slices[1] > 0)):
        added[place] = contributions(p[place], q[place]) * (float(slices[0][place]) / total)
    return added


def slice_groups(p: Counts, q: Counts, least: float, /) -> NDArray[np.int64]:
    """Cells as groups within each slice x, so that the smaller side expects `least` rows of each group.

    Light cells are taken together with light ones beside them; a slice that is light as a whole is one group. The
    divergence within slices can only become smaller.

    Args:
        p: Counts of shape ``(x, y)``.
        q: Counts of the same shape.
        least: Rows that are needed.

    Returns:
        The group of each cell, shape ``(x, y)``, numbered from 0 in the order of the slices.
    """
    groups = np.empty(p.shape, dtype=np.int64)
    pooled = p + q
    smaller = np.minimum(p.sum(axis=1), q.sum(axis=1)) / np.maximum(pooled.sum(axis=1), 1e-300)
    begin = 0
    for place, row in enumerate(pooled * smaller[:, None]):
        groups[place] = begin + _joined(row, least)
        begin = int(groups[place].max()) + 1
    return groups


def _joined(expected: NDArray[np.float64], least: float) -> NDArray[np.int64]:
    """Every cell of enough rows by itself, runs of the others as groups of enough; what is left joins the lightest."""
    light = np.flatnonzero(expected < least)
    names = np.arange(len(expected))
    open_, mass = [], 0.0
    for cell in light:
        open_.append(int(cell))
        mass += float(expected[cell])
        names[open_] = open_[0]
        if mass >= least:
            open_, mass = [], 0.0
    others = np.setdiff1d(names, open_[:1])
    if open_ and len(others):
        masses = [float(expected[names == name].sum()) for name in others]
        names[open_] = others[int(np.argmin(masses))]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def firm_cells(p: Counts, q: Counts, least: float, /) -> NDArray[np.bool_]:
    """Cells of which the smaller side expects `least` rows, by the sizes of their row and of their column.

    Args:
        p: Counts of shape ``(x, y)``.
        q: Counts of the same shape.
        least: Rows that are needed.
    """
    pooled = p + q
    shares = [
        np.minimum(p.sum(axis=axis), q.sum(axis=axis)) / np.maximum(pooled.sum(axis=axis), 1e-300) for axis in (1, 0)
    ]
    firm: NDArray[np.bool_] = pooled * np.minimum(shares[0][:, None], shares[1][None]) >= least
    return firm
