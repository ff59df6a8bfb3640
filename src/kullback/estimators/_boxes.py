"""Neighbors and counts under the maximum norm, in which labels may lie beside numbers."""

from collections.abc import Iterator

import numpy as np

from kullback.estimators._nearest import Places
from kullback.estimators._points import Floats

APART = 32.0
"""Distance between two labels; scores of ranks lie within 7 of 0, so that half of it tells labels from numbers."""

_CHUNK = 4096
_TREE_BELOW, _BRUTE_ROWS = 8, 20_000  # with more dimensions and not too many rows all pairs are faster than a tree
_THREADS_FROM = 4_000  # rows
_PAIRS = 2**21  # of rows in memory at once


def with_labels(scores: Floats, codes: Places | None, /) -> Floats:
    """Numbers and a label as coordinates: rows of different labels lie further apart than any of the same.

    Args:
        scores: Array of shape ``(n, a)`` of values within 7 of 0; `a` may be 0.
        codes: The label of every row, from 0; None where there is none.

    Returns:
        Array of shape ``(n, max(a, 1))``.
    """
    if codes is None:
        return scores
    if scores.shape[1] == 0:
        return APART * codes[:, None].astype(np.float64)
    placed = scores.copy()
    placed[:, 0] += APART * codes
    return placed


def box_neighbors(points: Floats, k: int, /) -> tuple[Floats, Places]:
    """The k nearest other rows of every row under the maximum norm, nearest first.

    Args:
        points: Array of shape ``(n, d)``.
        k: Neighbors, less than ``n``.

    Returns:
        Distances and places, each of shape ``(n, k)``.
    """
    if _by_pairs(points):
        parts = [_nearest_pairs(gaps, start, k) for start, gaps in _pairs(points)]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    from scipy.spatial import KDTree  # noqa: PLC0415 - a heavy import, only for those who need it

    tree = KDTree(points, leafsize=16, balanced_tree=False)
    # Queries that lie near each other one after the other find their part of the tree still in the cache.
    order = tree.indices
    found, which = tree.query(points[order], k=range(1, k + 2), p=np.inf, workers=_workers(points))
    own = which == order[:, None]
    own[~own.any(axis=1), -1] = True  # among more duplicates than neighbors a row may not find itself
    distances, places = np.empty((len(points), k)), np.empty((len(points), k), dtype=np.intp)
    distances[order], places[order] = found[~own].reshape(-1, k), which[~own].reshape(-1, k)
    return distances, places


def box_counts(points: Floats, radius: Floats, /) -> Places:
    """How many rows lie within a radius of every row under the maximum norm, the rim and the row itself included.

    Args:
        points: Array of shape ``(n, d)``.
        radius: Array of shape ``(n,)``.

    Returns:
        Counts of shape ``(n,)``.
    """
    if points.shape[1] == 1:
        low, high, _ = _window(points[:, 0], radius)
        return high - low
    if _by_pairs(points):
        return np.concatenate(
            [(gaps <= radius[start : start + len(gaps), None]).sum(axis=1) for start, gaps in _pairs(points)]
        )
    from scipy.spatial import KDTree  # noqa: PLC0415 - a heavy import, only for those who need it

    tree = KDTree(points, leafsize=16, balanced_tree=False)
    order = tree.indices
    counts = np.empty(len(points), dtype=np.intp)
    counts[order] = tree.query_ball_point(
        points[order], radius[order], p=np.inf, return_length=True, workers=_workers(points)
    )
    return counts


def box_masses(points: Floats, radius: Floats, weights: Floats, /) -> Floats:
    """What the rows that `box_counts` counts weigh together, of shape ``(n,)``."""
    if points.shape[1] == 1:
        low, high, order = _window(points[:, 0], radius)
        sums = np.concatenate([[0.0], np.cumsum(weights[order])])
        # Differences of sums may lose a row's own weight beside heavy ones.
        return np.asarray(np.maximum(sums[high] - sums[low], weights))
    from scipy.spatial import KDTree  # noqa: PLC0415 - a heavy import, only for those who need it

    tree = KDTree(points, leafsize=16, balanced_tree=False)
    masses = np.empty(len(points))
    for start in range(0, len(points), _CHUNK):
        part = slice(start, start + _CHUNK)
        inside = tree.query_ball_point(points[part], radius[part], p=np.inf, workers=_workers(points))
        ends = np.cumsum([len(rows) for rows in inside])
        masses[part] = np.add.reduceat(weights[np.concatenate(inside).astype(np.intp)], np.r_[0, ends[:-1]])
    return masses


def _workers(points: Floats) -> int:
    """All processors, or one where starting threads would take longer than the search."""
    return -1 if len(points) >= _THREADS_FROM else 1


def _by_pairs(points: Floats) -> bool:
    return points.shape[1] >= _TREE_BELOW and len(points) <= _BRUTE_ROWS


def _pairs(points: Floats) -> Iterator[tuple[int, Floats]]:
    """Distances from blocks of rows to all rows, and where each block starts."""
    from scipy.spatial.distance import cdist  # noqa: PLC0415 - a heavy import, only for those who need it

    rows = max(1, _PAIRS // len(points))
    for start in range(0, len(points), rows):
        yield start, cdist(points[start : start + rows], points, "chebyshev")


def _nearest_pairs(gaps: Floats, start: int, k: int) -> tuple[Floats, Places]:
    gaps[np.arange(len(gaps)), start + np.arange(len(gaps))] = np.inf
    places = np.argpartition(gaps, k - 1, axis=1)[:, :k]
    distances = np.take_along_axis(gaps, places, axis=1)
    order = np.argsort(distances, axis=1, kind="stable")
    return np.take_along_axis(distances, order, axis=1), np.take_along_axis(places, order, axis=1)


def _window(line: Floats, radius: Floats) -> tuple[Places, Places, Places]:
    """On the line: the first of the sorted values within the radius, the one past the last, and their order."""
    order = np.argsort(line, kind="stable")
    values = line[order]
    return np.searchsorted(values, line - radius), np.searchsorted(values, line + radius, side="right"), order
