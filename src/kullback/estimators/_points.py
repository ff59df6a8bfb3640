"""Samples as points: what the methods for numbers take."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, library

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Points:
    """Two samples in one space.

    Attributes:
        x: Rows of the first, of shape ``(n, d)``.
        y: Rows of the second, of shape ``(m, d)``.
        x_weights: Weight of every row of x, adding up to 1; None where rows weigh the same.
        y_weights: The same for y.
        device: Device of torch that neighbors are to be sought on; None for the CPU.
    """

    x: Floats
    y: Floats
    x_weights: Floats | None = None
    y_weights: Floats | None = None
    device: str | None = None

    @property
    def n(self) -> int:
        """Rows of x."""
        return len(self.x)

    @property
    def m(self) -> int:
        """Rows of y."""
        return len(self.y)

    @property
    def d(self) -> int:
        """Dimensions."""
        return int(self.x.shape[1])


def read_points(x: Any, y: Any, /, *, weights: Any = None, least: int = 2) -> Points:
    """Two samples of numbers, checked.

    Args:
        x: Array of shape ``(n,)`` or ``(n, d)`` of any array library, or a list; whole numbers become floats.
        y: The same with as many columns.
        weights: A pair of weights for the rows of x and of y; each an array or None.
        least: Rows that each side must have.

    Returns:
        The points in float64, without the rows of weight 0.

    Raises:
        InputError: They are no samples of numbers, hold NaN or infinite values, or do not fit each other.
    """
    left, right = _points(x, "x", least), _points(y, "y", least)
    if left.shape[1] != right.shape[1]:
        raise InputError(
            f"x has {left.shape[1]} columns and y has {right.shape[1]}, of shapes {np.shape(x)} and {np.shape(y)}. "
            "The same columns are needed, rows first."
        )
    x_weights, y_weights = read_weights(weights, len(left), len(right))
    (left, x_weights), (right, y_weights) = _weighing(left, x_weights), _weighing(right, y_weights)
    return Points(left, right, x_weights, y_weights, device_of(x))


def device_of(value: Any, /) -> str | None:
    """The device of a torch tensor that does not lie on the CPU; None for everything else."""
    return str(value.device) if library(value) == "torch" and value.device.type != "cpu" else None


def _weighing(points: Floats, weights: Floats | None) -> tuple[Floats, Floats | None]:
    """The rows that weigh anything."""
    if weights is None or np.all(weights > 0):
        return points, weights
    return points[weights > 0], weights[weights > 0]


def read_sample(x: Any, /, *, name: str = "x", weights: Any = None, least: int = 2) -> tuple[Floats, Floats | None]:
    """One sample of numbers of shape ``(n, d)`` with its weights, checked as by `read_points`."""
    points = _points(x, name, least)
    return points, _weights(weights, len(points), name)


def _points(value: Any, name: str, least: int) -> Floats:
    if library(value) == "torch":
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} cannot be read as numbers ({error}). Give shape (n,) or (n, d).") from error
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise InputError(f"{name} has shape {array.shape}. A sample has shape (n,) or (n, d), rows first.")
    if array.shape[0] < least or array.shape[1] == 0:
        raise InputError(f"{name} has shape {array.shape}: {array.shape[0]} rows. At least {least} are needed.")
    bad = ~np.isfinite(array)
    if bad.any():
        row, column = (int(place) for place in np.argwhere(bad)[0])
        raise InputError(
            f"{name} holds {array[row, column]} in row {row}, column {column} ({int(bad.sum())} such values). "
            "Finite numbers are needed. Drop the rows, or pass nan_policy='omit' to kl.estimate."
        )
    return array


def read_weights(weights: Any, n: int, m: int, /) -> tuple[Floats | None, Floats | None]:
    """A pair of weights that each add up to 1; None where rows weigh the same."""
    if weights is None:
        return None, None
    if not isinstance(weights, tuple | list) or len(weights) != 2:
        raise InputError("weights must be a pair, of x and of y: weights=(array, array), or (array, None).")
    return _weights(weights[0], n, "x"), _weights(weights[1], m, "y")


def _weights(value: Any, size: int, name: str) -> Floats | None:
    if value is None:
        return None
    if library(value) == "torch":
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"the weights of {name} are no numbers ({error}). Give one for each row.") from error
    if array.shape != (size,):
        raise InputError(f"the weights of {name} have shape {array.shape}, its rows are {size}. Give one for each row.")
    if not np.all(array >= 0) or not np.all(np.isfinite(array)):
        place = int(np.flatnonzero(~((array >= 0) & np.isfinite(array)))[0])
        raise InputError(f"the weight {array[place]} of row {place} of {name} is no weight. Zero or more is needed.")
    total = float(array.sum())
    if not 0 < total < np.inf:
        raise InputError(f"the weights of {name} add up to {total}. A positive total is needed.")
    return None if np.all(array == array[0]) else array / total


def effective_size(size: int, weights: Floats | None, /) -> float:
    """How many rows of equal weight would say as much: Kish's (Σw)²/Σw²."""
    return float(size) if weights is None else float(1.0 / np.sum(weights**2))
