"""What comes in: channels, costs, sources, distortions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, bring, namespace, numbers

Floats = NDArray[np.float64]

_TOLERANCE = 1e-6


def read_array(value: Any, name: str, ndim: int, needed: str, /) -> Floats:
    """An array of finite numbers of so many axes, in NumPy.

    Args:
        value: Array of any library, or nested lists.
        name: Of the argument.
        ndim: Axes.
        needed: What is needed, in words.
    """
    try:
        (array,), _ = bring(namespace(value), [value])
        read = np.array(numbers(array), dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} is no array of numbers. {needed}") from None
    if read.ndim != ndim or read.size == 0:
        raise InputError(f"{name} has shape {read.shape}. {needed}")
    if not np.isfinite(read).all():
        place = np.argwhere(~np.isfinite(read))[0].tolist()
        raise InputError(f"{name} holds {float(read[tuple(place)])} at index {place}. Finite numbers are needed.")
    return read


def read_channel(channel: Any, /) -> Floats:
    """A matrix whose rows are the laws of the output, one for each input; each divided by its total."""
    matrix = read_array(channel, "channel", 2, "A matrix with one row for each input, one column for each output.")
    _refuse_negative(matrix, "channel")
    totals = matrix.sum(axis=1)
    off = np.flatnonzero(np.abs(totals - 1) > _TOLERANCE)
    if off.size:
        raise InputError(
            f"Row {off[0]} of channel adds up to {totals[off[0]]:.6g}, not 1. Each row is the law of the output for "
            "one input; if columns are the inputs, transpose it."
        )
    return np.asarray(matrix / totals[:, None])


def read_source(probs: Any, /) -> Floats:
    """The law of a source."""
    shares = read_array(probs, "probs", 1, "One row of probabilities, the law of the source.")
    _refuse_negative(shares, "probs")
    if abs(shares.sum() - 1) > _TOLERANCE:
        raise InputError(f"probs adds up to {shares.sum():.6g}, not 1. The law of the source is needed.")
    return np.asarray(shares / shares.sum())


def read_tolerance(tolerance: Any, /) -> float:
    """A gap in nats."""
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float | np.number) or not 0 < tolerance < 1:
        raise InputError(f"tolerance = {tolerance!r} is no gap in nats. A number between 0 and 1 is needed.")
    return float(tolerance)


def _refuse_negative(array: Floats, name: str) -> None:
    bad = np.argwhere(array < 0)
    if bad.size:
        place = bad[0].tolist()
        raise InputError(f"{name} holds {array[tuple(place)]} at index {place}. Probabilities are not negative.")
