"""Columns as normal scores of their ranks: mutual information does not change under maps of one column."""

from typing import Any

import numpy as np
from scipy import special

from kullback.estimators._points import Floats


def rank_scores(sample: Floats, rng: np.random.Generator, /) -> Floats:
    """Normal scores of every column, rows of one value in an order by chance.

    What orders them says nothing about other columns, so with it a column tells as much about them as without.

    Args:
        sample: Array of shape ``(n, d)``.
        rng: Generator for the ties.

    Returns:
        Array of shape ``(n, d)`` without ties in any column.
    """
    places = special.ndtri((np.arange(len(sample)) + 0.5) / len(sample))
    scores = np.empty(sample.shape)
    for column in range(sample.shape[1]):
        values = sample[:, column]
        order = np.argsort(values)
        if np.any(np.diff(values[order]) == 0):
            order = np.lexsort((rng.random(len(values)), values))
        scores[order, column] = places
    return scores


def varying(sample: Floats, /) -> Any:
    """Which columns hold more than one value: a mask of shape ``(d,)``."""
    return np.any(sample != sample[:1], axis=0)
