"""Columns on one scale, so that units do not matter; the divergence does not change under such maps."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback.estimators._points import Floats, Points

Mask = NDArray[np.bool_]

# A normal column has kurtosis 3, a uniform one 1.8, Laplace's 6; from here on its tail carries most of its variance.
_HEAVY = 7.0


def standardized(points: Points, /) -> tuple[Points, int]:
    """Both samples with every column moved and scaled by the pooled one; columns of one value in all rows are dropped.

    Args:
        points: The samples.

    Returns:
        The samples, and how many columns were dropped.
    """
    # Columns that lie in one piece are read several times faster than those of a few numbers a row.
    columns = [np.ascontiguousarray(side.T) for side in (points.x, points.y)]
    low = np.minimum(*(side.min(axis=1) for side in columns))
    high = np.maximum(*(side.max(axis=1) for side in columns))
    varies = high > low
    # Halves, so that the middle and the width of columns near the largest float stay finite.
    middle, width = low[varies] / 2 + high[varies] / 2, high[varies] / 2 - low[varies] / 2
    width = np.maximum(width, np.finfo(np.float64).tiny)
    x, y = ((side[varies] - middle[:, None]) / width[:, None] for side in columns)
    share = points.n / (points.n + points.m)
    between = share * (1.0 - share) * (x.mean(axis=1) - y.mean(axis=1)) ** 2
    spread = np.sqrt(share * x.var(axis=1) + (1.0 - share) * y.var(axis=1) + between)
    spread = np.where(spread > 0.0, spread, 1.0)
    x, y = (np.ascontiguousarray((side / spread[:, None]).T) for side in (x, y))
    return replace(points, x=x, y=y), int((~varies).sum())


def heavy_columns(points: Points, /) -> Mask:
    """Which columns have tails so heavy, on either side, that moments say little: a mask of shape ``(d,)``."""
    heavy: Mask = np.maximum(_kurtosis(points.x), _kurtosis(points.y)) > _HEAVY
    return heavy


def _kurtosis(sample: Floats) -> Floats:
    centered = sample - np.median(sample, axis=0)
    square = (centered**2).mean(axis=0)
    return np.asarray((centered**4).mean(axis=0) / np.where(square > 0, square, 1.0) ** 2)


def normal_scores(points: Points, columns: Mask, /) -> Points:
    """The named columns replaced by normal scores of their ranks in both samples together.

    A rank is a monotone map of its column, so the divergence stays and the tails are gone; ties share their mean rank.

    Args:
        points: The samples.
        columns: Mask of shape ``(d,)``.

    Returns:
        New samples.
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - a heavy import, only for those who need it

    x, y = points.x.copy(), points.y.copy()
    size = points.n + points.m
    for column in np.flatnonzero(columns).tolist():
        ranks = rankdata(np.concatenate([x[:, column], y[:, column]]))
        scores = special.ndtri(ranks / (size + 1.0))
        x[:, column], y[:, column] = scores[: points.n], scores[points.n :]
    return replace(points, x=x, y=y)
