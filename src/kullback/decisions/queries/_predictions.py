"""What the members of an ensemble predict, read and checked."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kullback._core import Array, InputError, Namespace, bring, is_array, is_concrete, log_softmax, namespace, numbers

GIVEN = ("probs", "log_probs", "logits")
# How far totals may be from 1 by rounding alone, by the width of the floats that came.
_TOLERANCE = {"64": 1e-6, "32": 1e-4, "16": 2e-2}


def read_predictions(
    predictions: Any, given: str, /, *, name: str = "probs", member_axis: int = 0
) -> tuple[Namespace, Array, Callable[[Array], Array]]:
    """Predictions of shape (members, *points, classes): as they came for "probs", else logarithms of shares.

    Args:
        predictions: Array of any library.
        given: What the numbers are.
        name: How errors call them.
        member_axis: Where the members are; classes are last.

    Returns:
        The namespace, the array, and what casts a result to the float type that came.

    Raises:
        InputError: They are no predictions.
    """
    if given not in GIVEN:
        raise InputError(f"given = {given!r} is not known. Say what {name} holds: {', '.join(map(repr, GIVEN))}.")
    xp = namespace(predictions)
    (array,), give_back = bring(xp, [predictions])
    array = xp.moveaxis(array, _member_axis(array, member_axis, name), 0)
    mask = _checked(xp, array, given, name, _tolerance(predictions))
    with np.errstate(all="ignore"):
        read = array if given == "probs" else log_softmax(xp, array)
    return xp, read if mask is None else xp.where(mask[..., None], read, xp.nan), give_back


def plain_predictions(predictions: Any, given: str, /, *, name: str = "probs") -> np.ndarray[Any, np.dtype[np.float64]]:
    """Probabilities of shape (members, points, classes) in NumPy."""
    _, array, _ = read_predictions(predictions, given, name=name)
    if array.ndim != 3:
        raise InputError(
            f"{name} has shape {tuple(array.shape)}. Probabilities of shape (members, points, classes) are needed."
        )
    plain = numbers(array)
    return np.asarray(plain / plain.sum(axis=-1, keepdims=True)) if given == "probs" else np.exp(plain)


def _member_axis(array: Array, axis: Any, name: str) -> int:
    if array.ndim < 2 or 0 in array.shape:
        raise InputError(
            f"{name} has shape {tuple(array.shape)}. Members, points and classes are needed, at least one of each: an "
            "array of shape (members, points, classes)."
        )
    whole = isinstance(axis, int | np.integer) and not isinstance(axis, bool)
    if not whole or not -array.ndim <= axis < array.ndim or axis % array.ndim == array.ndim - 1:
        raise InputError(
            f"member_axis = {axis!r} is no axis of members: {name} has shape {tuple(array.shape)} with the classes "
            "last. Give the place of another axis."
        )
    return int(axis)


def _tolerance(predictions: Any) -> float:
    return _TOLERANCE.get(str(predictions.dtype)[-2:], 1e-6) if is_array(predictions) else 1e-6


def _checked(xp: Namespace, array: Array, given: str, name: str, tolerance: float) -> Array | None:
    """Refuse rows that are no predictions; while they are traced, give the mask of good ones instead."""
    if given == "probs":
        whole = xp.all((array >= 0) & xp.isfinite(array), axis=-1)
        good = whole & (xp.abs(xp.sum(array, axis=-1) - 1.0) <= tolerance)
    else:
        good = xp.all(array < xp.inf, axis=-1) & xp.any(array > -xp.inf, axis=-1)
        if given == "log_probs":
            some = xp.where(good[..., None], array, xp.zeros_like(array))
            good = good & (xp.abs(xp.sum(xp.exp(some), axis=-1) - 1.0) <= tolerance)
    if not is_concrete(array):
        return good
    if not bool(xp.all(good)):
        _complain(numbers(array), numbers(good) > 0, given, name)
    return None


def _complain(array: np.ndarray[Any, Any], good: np.ndarray[Any, Any], given: str, name: str) -> None:
    place = tuple(int(one) for one in np.argwhere(~good)[0])
    row = np.array2string(array[place], precision=4, threshold=6)
    needed = {
        "probs": "Probabilities that add up to 1 are needed; for logits pass given='logits'",
        "log_probs": "Logarithms of probabilities that add up to 1 are needed; for logits pass given='logits'",
        "logits": "Numbers below infinity are needed, one of them above -inf",
    }[given]
    raise InputError(f"{name} holds {row} at member and point {list(place)}. {needed}.")
