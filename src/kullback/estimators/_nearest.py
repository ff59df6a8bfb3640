"""Exact nearest neighbors, by the way that is fastest for the dimension."""

import numpy as np
from numpy.typing import NDArray

from kullback.estimators._points import Floats

Places = NDArray[np.intp]

_TREE_BELOW = 24  # dimensions; from there a tree looks at nearly all points, and products of matrices are faster
_LEAF = 16
_BLOCK = 2**22  # distances in memory at once, 32 MB


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
        from scipy.spatial import KDTree  # noqa: PLC0415 - a heavy import, only for those who need it

        tree = KDTree(points, leafsize=_LEAF, balanced_tree=False)
        found: Places = tree.query_ball_point(queries, radius, return_length=True, workers=-1)
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
    rows = np.arange(len(places))[:, None]
    is_own = places == rows
    lost = ~is_own.any(axis=1)
    is_own[lost, -1] = True
    keep = ~is_own
    shape = (len(places), places.shape[1] - 1)
    return distances[keep].reshape(shape), places[keep].reshape(shape)


def _tree(points: Floats, queries: Floats, k: int, *, own: bool) -> tuple[Floats, Places]:
    from scipy.spatial import KDTree  # noqa: PLC0415 - a heavy import, only for those who need it

    tree = KDTree(points, leafsize=_LEAF, balanced_tree=False, compact_nodes=True)
    # Queries that lie near each other one after the other find their part of the tree still in the cache.
    order = tree.indices if own else KDTree(queries, leafsize=64, balanced_tree=False, compact_nodes=False).indices
    wanted = k + own
    found, which = tree.query(queries[order], k=range(1, wanted + 1), workers=-1)
    distances, places = np.empty_like(found), np.empty_like(which)
    distances[order], places[order] = found, which
    return without_own(distances, places) if own else (distances, places)


def _brute(points: Floats, queries: Floats, k: int, *, own: bool) -> tuple[Floats, Places]:
    wanted = min(k + own, len(points))
    distances = np.empty((len(queries), wanted))
    places = np.empty((len(queries), wanted), dtype=np.intp)
    center = points.mean(axis=0)  # products lose digits far from the origin
    points, queries = points - center, queries - center
    squares = np.einsum("ij,ij->i", points, points)
    rows = max(1, _BLOCK // len(points))
    for start in range(0, len(queries), rows):
        block = queries[start : start + rows]
        gap = block @ points.T
        gap *= -2.0
        gap += squares
        if wanted < len(points):
            near = np.argpartition(gap, wanted - 1, axis=1)[:, :wanted]
        else:
            near = np.broadcast_to(np.arange(len(points)), gap.shape)
        # The few that were found are measured again without the cancellation of the products.
        exact = np.sqrt(np.square(points[near] - block[:, None, :]).sum(axis=2))
        order = np.argsort(exact, axis=1, kind="stable")
        distances[start : start + rows] = np.take_along_axis(exact, order, axis=1)
        places[start : start + rows] = np.take_along_axis(near, order, axis=1)
    return without_own(distances, places) if own else (distances, places)


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
