"""What came: arrays, labelled values or laws; brought together, checked, and never changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import Array, InputError, Namespace, bring, is_array, is_concrete, library, namespace
from kullback.families import Law

# How far a total may be from 1 by rounding alone, by the width of the floats that came.
_TOLERANCE = {"64": 1e-6, "32": 1e-4, "16": 2e-2}


@dataclass(frozen=True, eq=False)
class Pair:
    """Two arrays of one shape, the outcomes along the last axis.

    Attributes:
        xp: Their namespace.
        p: The first, in the widest float of its library.
        q: The second.
        give_back: Casts a result to the float that came.
        labels: Names of the outcomes, where they had some.
        tolerance: How far totals may be from 1.
    """

    xp: Namespace
    p: Array
    q: Array
    give_back: Callable[[Array], Array]
    labels: tuple[Any, ...] | None
    tolerance: float


def is_labelled(value: Any, /) -> bool:
    """Whether outcomes have names: dictionaries and pandas Series."""
    return isinstance(value, Mapping) or (_comes_from(value, "pandas") and type(value).__name__ == "Series")


def is_vector(value: Any, /) -> bool:
    """Whether a value is to be read as probabilities: an array, a list, or labelled."""
    return is_array(value) or isinstance(value, list | tuple) or is_labelled(value) or _is_series(value)


def _is_series(value: Any) -> bool:
    return _comes_from(value, "polars") and type(value).__name__ == "Series"


def _comes_from(value: Any, package: str) -> bool:
    return type(value).__module__.partition(".")[0] == package


def read_pair(p: Any, q: Any, /, *, axis: int | tuple[int, ...] | None = -1) -> Pair:
    """Two arrays of probabilities, or two labelled ones, on the same outcomes.

    Args:
        p: First.
        q: Second.
        axis: Where the outcomes are; several axes, or None for all of them, are one outcome together.

    Returns:
        The pair, broadcast to one shape.

    Raises:
        InputError: They do not fit each other.
    """
    p, q, labels = _aligned(p, q)
    xp = namespace(p, q)
    (left, right), give_back = bring(xp, [p, q])
    left, right = _last(xp, left, axis, "p"), _last(xp, right, axis, "q")
    if left.shape[-1] != right.shape[-1]:
        raise InputError(
            f"p has {left.shape[-1]} outcomes and q has {right.shape[-1]}, of shapes {tuple(left.shape)} and "
            f"{tuple(right.shape)}. The same outcomes are needed. For samples use kl.estimate(x, y)."
        )
    try:
        left, right = xp.broadcast_arrays(left, right)
    except (ValueError, RuntimeError):
        raise InputError(
            f"Shapes {tuple(left.shape)} of p and {tuple(right.shape)} of q do not broadcast. Batch axes must fit."
        ) from None
    return Pair(xp, left, right, give_back, labels, tolerance_of(p, q))


def tolerance_of(*values: Any) -> float:
    """How far totals of such arrays may be from 1."""
    widths = [str(value.dtype)[-2:] for value in values if is_array(value)]
    return max((_TOLERANCE.get(width, 1e-6) for width in widths), default=1e-6)


def _aligned(p: Any, q: Any) -> tuple[Any, Any, tuple[Any, ...] | None]:
    if is_labelled(p) and is_labelled(q):
        left, right = dict(p.items()), dict(q.items())
        labels = tuple(dict.fromkeys([*left, *right]))
        one, two = (np.array([side.get(label, 0.0) for label in labels], dtype=np.float64) for side in (left, right))
        return one, two, labels
    if is_labelled(p) or is_labelled(q):
        raise InputError(
            "One of p and q has labels and the other has none, so outcomes cannot be matched. Give both with labels or "
            "both as arrays."
        )
    left, right = (value.to_numpy() if _is_series(value) else value for value in (p, q))
    return left, right, None


def read_one(
    value: Any, /, *, axis: int | tuple[int, ...] | None = -1
) -> tuple[Namespace, Array, Callable[[Array], Array]]:
    """One array of probabilities, the outcomes along the last axis."""
    if is_labelled(value):
        value = np.array([number for _, number in value.items()], dtype=np.float64)
    value = value.to_numpy() if _is_series(value) else value
    xp = namespace(value)
    (array,), give_back = bring(xp, [value])
    return xp, _last(xp, array, axis, "p"), give_back


def _last(xp: Namespace, array: Array, axis: int | tuple[int, ...] | None, name: str) -> Array:
    """The outcomes moved to the last axis."""
    if array.ndim == 0:
        raise InputError(f"{name} is a single number. An array of probabilities is needed, one for each outcome.")
    axes = _read_axes(array, axis, name)
    if axes == (array.ndim - 1,):
        moved = array
    else:
        rest = [one for one in range(array.ndim) if one not in axes]
        moved = xp.permute_dims(array, (*rest, *axes))
        moved = xp.reshape(moved, (*moved.shape[: len(rest)], -1))
    if moved.shape[-1] == 0:
        raise InputError(f"{name} has no outcomes: its shape is {tuple(array.shape)}. At least one is needed.")
    return moved


def _read_axes(array: Array, axis: Any, name: str) -> tuple[int, ...]:
    given = tuple(range(array.ndim)) if axis is None else tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    whole = all(isinstance(one, int | np.integer) and not isinstance(one, bool) for one in given)
    if not whole or not given or any(not -array.ndim <= one < array.ndim for one in given):
        raise InputError(
            f"axis = {axis!r} is not there: {name} has shape {tuple(array.shape)}. Whole numbers are needed."
        )
    axes = tuple(int(one) % array.ndim for one in given)
    if len(set(axes)) < len(axes):
        raise InputError(f"axis = {axis!r} names an axis twice. Name each once.")
    return axes


def check_totals(name: str, total: Any, tolerance: float, *, normalize: bool) -> None:
    """Refuse totals that are no rounding of 1, or no total at all."""
    totals = np.atleast_1d(np.asarray(total, dtype=np.float64))
    if normalize:
        if not np.all(totals > 0):
            raise InputError(
                f"{name} has no mass: a total is {float(totals[~(totals > 0)][0])}. A positive one is needed."
            )
        return
    off = ~(np.abs(totals - 1.0) <= tolerance)
    if off.any():
        raise InputError(
            f"{name} adds up to {float(totals[off][0])!r}, not 1 (within {tolerance:g}). Probabilities are needed. "
            "Pass normalize=True for weights or counts; for samples use kl.estimate(x, y)."
        )


def complain_about_entries(*named: tuple[str, Any]) -> None:
    """Find the entry that is no probability and name it."""
    for name, array in named:
        values = np.asarray(array)
        bad = np.argwhere(~(values >= 0) | (values == np.inf))
        if bad.size:
            place = list(map(int, bad[0]))
            raise InputError(
                f"{name} holds {float(values[tuple(bad[0])])} at index {place}. Probabilities are zero or positive "
                "numbers. For logits use kl.families.Categorical(logits=...); for samples use kl.estimate(x, y)."
            )


def check_array(xp: Namespace, name: str, array: Array, tolerance: float, *, normalize: bool) -> Array | None:
    """Check one array of any library; while it is traced, give the mask of its good rows instead."""
    good = xp.all((array >= 0) & xp.isfinite(array), axis=-1)
    with np.errstate(over="ignore"):
        total = xp.sum(array, axis=-1)
    if is_concrete(array):
        if not bool(xp.all(good)):
            complain_about_entries((name, _plain(array)))
        if not (normalize and not bool(xp.all(xp.isfinite(total)))):
            check_totals(name, _plain(total), tolerance, normalize=normalize)
        return None
    return good & ((total > 0) if normalize else (xp.abs(total - 1.0) <= tolerance))


def _plain(array: Array) -> Any:
    return array.detach().cpu().numpy() if library(array) == "torch" else np.asarray(array)


def in_base(value: Any, base: Any, /) -> Any:
    """Nats to another unit."""
    if base is None:
        return value
    if isinstance(base, bool) or not isinstance(base, int | float | np.number) or not 1 < base < np.inf:
        raise InputError(
            f"base = {base!r} cannot be a base of logarithms. Use None for nats, 2 for bits, 10 for hartleys."
        )
    return value / float(np.log(base))


def is_law(value: Any, /) -> bool:
    """Whether a value is a record of this library."""
    return isinstance(value, Law)
