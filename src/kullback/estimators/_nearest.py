"""Exact nearest neighbors, by the way that is fastest for the dimension."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback.estimators._points import Floats

Places = NDArray[np.intp]

_TREE_BELOW = 20  # dimensions; from there a tree looks at nearly all points, and products of matrices are faster
_LEAVES = (6, 32), (12, 64), (_TREE_BELOW, 128), (np.inf, 256)  # below so many dimensions, so many points in a leaf
_LAID_OUT_FROM = 5  # dimensions from which points are laid out as the tree has them
_BLOCK = 2**22  # distances in memory at once, 32 MB
_GROUPS = 32  # groups of distances for each neighbor: more of them leave fewer candidates
_CANDIDATES = 16  # for each neighbor


def nearest(points: Floats, queries: Floats, k: int, /, *, own: bool = False) -> tuple[Floats, Places]:
    """The k nearest points to every query, Euclidean, nearest first.

    Args:
        points: Array of shape ``(m, d)``.
        queries: Array of shape ``(n, d)``.
        k: Neighbors, at most ``m`` (``m - 1`` with `own`).
        own: Whether the queries are the points: then none is a neighbor of itself.

    Returns:
        Distances and places among the points, each of shape ``(n, k)``.
    """
    dimensions = points.shape[1]
    if dimensions == 1:
        return _sorted_line(points[:, 0], queries[:, 0], k, own=own)
    if dimensions < _TREE_BELOW:
        return _tree(points, queries, k, own=own)
    return _brute(points, queries, k, own=own)


def count_within(points: Floats, queries: Floats, radius: Floats, /) -> Places:
    """How many points lie within a radius of every query, those on the rim included.

    Args:
        points: Array of shape ``(m, d)``.
        queries: Array of shape ``(n, d)``.
        radius: Array of shape ``(n,)``.

    Returns:
        Counts of shape ``(n,)``.
    """
    if points.shape[1] == 1:
        line = np.sort(points[:, 0])
        center = queries[:, 0]
        return np.searchsorted(line, center + radius, side="right") - np.searchsorted(line, center - radius)
    if points.shape[1] < _TREE_BELOW:
        found: Places = _built(points).query_ball_point(queries, radius, return_length=True, workers=-1)
        return found
    counts = np.empty(len(queries), dtype=np.intp)
    rows = max(1, _BLOCK // len(points))
    squares = np.einsum("ij,ij->i", points, points)
    for start in range(0, len(queries), rows):
        block = queries[start : start + rows]
        gap = squares - 2.0 * (block @ points.T) + np.einsum("ij,ij->i", block, block)[:, None]
        counts[start : start + rows] = (gap <= radius[start : start + rows, None] ** 2).sum(axis=1)
    return counts


def without_own(distances: Floats, places: Places, /) -> tuple[Floats, Places]:
    """Drop each query from its own neighbors: among duplicates it may stand anywhere, or not at all."""
    rows = np.arange(len(places))
    if np.array_equal(places[:, 0], rows):  # as it is where nothing repeats
        return distances[:, 1:], places[:, 1:]
    is_own = places == rows[:, None]
    lost = ~is_own.any(axis=1)
    is_own[lost, -1] = True
    keep = ~is_own
    shape = (len(places), places.shape[1] - 1)
    return distances[keep].reshape(shape), places[keep].reshape(shape)


def _tree(points: Floats, queries: Floats, k: int, *, own: bool) -> tuple[Floats, Places]:
    # Queries that lie near each other one after the other find their part of the tree still in the cache; in many
    # dimensions a query reads so many leaves that points in the order of the tree are worth another tree.
    tree = _built(points)
    shuffle = tree.indices
    order = shuffle if own else _built(queries).indices
    if points.shape[1] >= _LAID_OUT_FROM:
        tree = _built(points[shuffle])
    found, which = tree.query(queries[order], k=range(1, k + own + 1), workers=-1)
    if points.shape[1] >= _LAID_OUT_FROM:
        which = shuffle[which]
    distances, places = np.empty_like(found), np.empty_like(which)
    distances[order], places[order] = found, which
    return without_own(distances, places) if own else (distances, places)


def _built(points: Floats) -> Any:
    from scipy.spatial import KDTree  # noqa: PLC0415 - a heavy import, only for those who need it

    leaf = next(size for dimensions, size in _LEAVES if points.shape[1] < dimensions)
    return KDTree(points, leafsize=leaf, balanced_tree=False)


def _brute(points: Floats, queries: Floats, k: int, *, own: bool) -> tuple[Floats, Places]:
    wanted = min(k + own, len(points))
    distances = np.empty((len(queries), wanted))
    places = np.empty((len(queries), wanted), dtype=np.intp)
    center = points.mean(axis=0)  # products lose digits far from the origin
    points, queries = points - center, queries - center
    squares = np.einsum("ij,ij->i", points, points)
    lost = 4.0 * np.finfo(np.float64).eps * points.shape[1]  # digits that a product may lose
    rows = max(1, _BLOCK // len(points))
    for start in range(0, len(queries), rows):
        block = queries[start : start + rows]
        gap = block @ points.T
        gap *= -2.0
        gap += squares
        slack = lost * (squares.max() + np.einsum("ij,ij->i", block, block))
        row, place = _below(gap, _least_bound(gap, wanted) + slack)
        if len(row) > _CANDIDATES * wanted * len(block):  # tight clusters far apart: products cannot tell within them
            return _tree(points, queries, k, own=own)
        # The few that may be nearest are measured again without the cancellation of the products.
        exact = np.sqrt(np.square(points[place] - block[row]).sum(axis=1))
        order = np.lexsort((place, exact, row))
        first = np.searchsorted(row, np.arange(len(block)))
        chosen = order[first[:, None] + np.arange(wanted)]
        distances[start : start + rows] = exact[chosen]
        places[start : start + rows] = place[chosen]
    return without_own(distances, places) if own else (distances, places)


def _least_bound(gap: Floats, wanted: int) -> Floats:
    """For each row a number that at least `wanted` of its entries do not exceed, and hardly more of them.

    The wanted-th smallest of the minima of groups; it is found many times faster than the wanted-th smallest of all.
    """
    groups = _GROUPS * wanted
    size = gap.shape[1] // groups
    if size < 2:
        return np.asarray(np.partition(gap, wanted - 1, axis=1)[:, wanted - 1])
    minima = gap[:, : size * groups].reshape(len(gap), size, groups).min(axis=1)
    return np.asarray(np.partition(minima, wanted - 1, axis=1)[:, wanted - 1])


def _below(gap: Floats, bound: Floats) -> tuple[Places, Places]:
    """Rows and columns of the entries that do not exceed the bound of their row, row by row."""
    found = np.flatnonzero(gap <= bound[:, None])
    row, place = np.divmod(found, gap.shape[1])
    return row, place


def _sorted_line(points: Floats, queries: Floats, k: int, *, own: bool) -> tuple[Floats, Places]:
    """On the line neighbors are a window of the sorted points, which is found by k steps for all queries at once."""
    order = np.argsort(points, kind="stable")
    line = points[order]
    if own:
        where = np.empty(len(points), dtype=np.intp)
        where[order] = np.arange(len(points))
        left, right = where - 1, where + 1
    else:
        right = np.searchsorted(line, queries)
        left = right - 1
    padded = np.concatenate([[-np.inf], line, [np.inf]])  # beyond the ends everything is infinitely far
    distances = np.empty((len(queries), k))
    places = np.empty((len(queries), k), dtype=np.intp)
    last = len(line) - 1
    for step in range(k):
        below = queries - padded[np.maximum(left, -1) + 1]
        above = padded[np.minimum(right, last + 1) + 1] - queries
        go_left = below <= above
        distances[:, step] = np.where(go_left, below, above)
        places[:, step] = np.where(go_left, left, right)
        left = left - go_left
        right = right + ~go_left
    return distances, order[places]
