"""Forecasts and what happened, read and checked once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, numbers

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts with their outcomes.

    Attributes:
        probs: Probabilities of shape ``(rows, outcomes)``.
        log_probs: Their logarithms, -inf for 0.
        outcomes: What happened, codes of shape ``(rows,)``.
        weights: Shares of the rows, adding up to 1.
        clusters: Codes of the groups of rows that hang together, None where rows are independent.
        weighted: Whether weights were given.
        binary: Whether one probability came for each row.
    """

    probs: Floats
    log_probs: Floats
    outcomes: Codes
    weights: Floats
    clusters: Codes | None
    weighted: bool
    binary: bool


def read_forecasts(probs: Any, outcomes: Any, weights: Any, groups: Any, /) -> Forecasts:
    """Forecasts and outcomes of equally many rows.

    Args:
        probs: Chances of outcome 1, shape ``(rows,)``, or of every outcome, shape ``(rows, outcomes)``.
        outcomes: Codes of what happened, shape ``(rows,)``.
        weights: Weights of the rows or None.
        groups: Names of groups of rows or None.

    Returns:
        The record.

    Raises:
        InputError: Something does not fit.
    """
    array, log_probs, binary = _read_probs(probs)
    rows, classes = array.shape
    return Forecasts(
        array,
        log_probs,
        _read_outcomes(outcomes, rows, classes),
        _read_weights(weights, rows),
        None if groups is None else _read_groups(groups, rows),
        weights is not None,
        binary,
    )


def _floats(value: Any, name: str) -> Floats:
    try:
        return numbers(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} cannot be read as numbers ({type(value).__name__}). Give an array.") from error


def _read_probs(probs: Any) -> tuple[Floats, Floats, bool]:
    array = _floats(probs, "probs")
    if array.ndim not in {1, 2} or array.size == 0:
        raise InputError(f"probs has shape {array.shape}. Shape (rows,) or (rows, outcomes) is needed, with rows.")
    bad = np.argwhere(~((array >= 0) & (array <= 1 + _TOLERANCE)))
    if bad.size:
        place = tuple(bad[0].tolist())
        raise InputError(
            f"probs holds {array[place]} at index {list(place)}. Probabilities between 0 and 1 are needed."
        )
    with np.errstate(divide="ignore"):
        if array.ndim == 1:
            array = np.minimum(array, 1.0)
            return np.stack([1 - array, array], 1), np.stack([np.log1p(-array), np.log(array)], 1), True
        totals = array.sum(axis=1)
        off = np.flatnonzero(np.abs(totals - 1) > _TOLERANCE)
        if off.size:
            raise InputError(
                f"Row {off[0]} of probs adds up to {totals[off[0]]:.6g}, not 1. Chances of all outcomes are needed."
            )
        array = array / totals[:, None]
        return array, np.log(array), False


def _read_outcomes(outcomes: Any, rows: int, classes: int) -> Codes:
    array = _floats(outcomes, "outcomes")
    if array.shape != (rows,):
        raise InputError(
            f"outcomes has shape {array.shape}, probs has {rows} rows. One outcome for each row is needed."
        )
    bad = np.flatnonzero(~((array == np.rint(array)) & (array >= 0) & (array < classes)))
    if bad.size:
        raise InputError(
            f"outcomes holds {array[bad[0]]:g} at row {bad[0]}. Codes from 0 to {classes - 1} are needed, one for each "
            "column of probs (0 or 1 where probs has one column)."
        )
    return array.astype(np.int64)


def _read_weights(weights: Any, rows: int) -> Floats:
    if weights is None:
        return np.full(rows, 1.0 / rows)
    array = _floats(weights, "weights")
    if array.shape != (rows,):
        raise InputError(f"weights has shape {array.shape}, probs has {rows} rows. One weight for each row is needed.")
    if not (np.isfinite(array).all() and (array >= 0).all() and array.sum() > 0):
        raise InputError("weights must be finite, not negative, and not all 0.")
    shares: Floats = array / array.sum()
    return shares


def _read_groups(groups: Any, rows: int) -> Codes:
    array = np.asarray(groups)
    if array.shape != (rows,):
        raise InputError(f"groups has shape {array.shape}, probs has {rows} rows. One name for each row is needed.")
    codes = np.unique(array.astype(str), return_inverse=True)[1].astype(np.int64)
    if codes.max() == 0:
        raise InputError("groups names one group only. At least two are needed to see how they differ.")
    return codes
