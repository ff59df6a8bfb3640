"""Gaussian kernels around rows of x: the functions of which the kernel methods build a density ratio."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.estimators._points import Floats, Points

_WIDTHS = (0.1, 0.15, 0.25, 0.4, 0.6, 0.85, 1.2, 2.0)  # of the median distance
_ROWS = 500  # for the median distance


@dataclass(frozen=True, eq=False)
class Kernels:
    """Kernels at some rows of x, beside a constant, with which equal laws are matched exactly.

    Attributes:
        centers: Array of shape ``(k, d)``.
        widths: Standard deviations to choose from.
    """

    centers: Floats
    widths: tuple[float, ...]

    def squares(self, rows: Floats) -> Floats:
        """Squared distances of rows from the centers, shape ``(n, k)``."""
        gap = rows @ (-2.0 * self.centers.T)
        gap += np.einsum("ij,ij->i", self.centers, self.centers)
        gap += np.einsum("ij,ij->i", rows, rows)[:, None]
        return np.maximum(gap, 0.0, out=gap)


def features(squares: Floats, width: float, /) -> Floats:
    """Kernels of a width at squared distances, and a column of ones after them: shape ``(n, k + 1)``."""
    values = np.ones((squares.shape[0], squares.shape[1] + 1))
    np.exp(squares / (-2.0 * width**2), out=values[:, :-1])
    return values


def kernels(points: Points, count: int, width: float | None, rng: np.random.Generator, /) -> Kernels:
    """Kernels at rows of x, drawn without replacement by their weights.

    Args:
        points: Standardized samples.
        count: Kernels, at most.
        width: Their standard deviation in pooled standard deviations; None for a range of widths.
        rng: Generator.

    Returns:
        The kernels.
    """
    able = points.n if points.x_weights is None else int((points.x_weights > 0).sum())
    picked = rng.choice(points.n, min(count, able), replace=False, p=points.x_weights)
    if width is not None:
        return Kernels(points.x[picked], (width,))
    pooled = np.concatenate([points.x, points.y])
    some = pooled[rng.permutation(len(pooled))[:_ROWS]]
    squares = Kernels(some, ()).squares(some)[np.triu_indices(len(some), 1)]
    apart = squares[squares > 0]
    typical = float(np.sqrt(np.median(apart))) if len(apart) else 1.0
    return Kernels(points.x[picked], tuple(typical * share for share in _WIDTHS))


def check_centers(centers: Any, /) -> int:
    """A whole number of kernels."""
    if isinstance(centers, bool) or not isinstance(centers, int | np.integer) or centers < 1:
        raise InputError(f"centers = {centers!r} is no number of kernels. A whole number of at least 1 is needed.")
    return int(centers)


def check_positive(value: Any, name: str, /) -> float | None:
    """A positive number, or None for the choice by cross-validation."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < np.inf:
        raise InputError(f"{name} = {value!r} is no {name}. A positive number is needed, or None to have it chosen.")
    return float(value)
