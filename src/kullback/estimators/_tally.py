"""Samples of categories as counts: what the methods for discrete data take."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, library
from kullback.estimators._points import Floats, effective_size

Counts = NDArray[np.int64] | Floats

# Whole numbers beyond it are not exact in float64, in which every formula works.
_EXACT = 2.0**53
# Stands for every NaN among labels: NaN is unequal to itself and would never find its partner.
_NAN = ("NaN",)


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts of two samples, category by category.

    Attributes:
        p: Counts of x, shape ``(categories,)``; with weights scaled to their effective size, then no whole numbers.
        q: Counts of y, the same category at the same place.
        n: Rows of x.
        m: Rows of y.
    """

    p: Counts
    q: Counts
    n: int
    m: int

    @property
    def sizes(self) -> tuple[float, float]:
        """Effective sizes: how many rows of equal weight would say as much."""
        return float(self.p.sum()), float(self.q.sum())

    @property
    def seen(self) -> "Tally":
        """The same without the categories that neither sample has shown."""
        keep = (self.p > 0) | (self.q > 0)
        return self if keep.all() else Tally(self.p[keep], self.q[keep], self.n, self.m)


def read_counts(p: Any, q: Any, /) -> Tally:
    """Counts of two samples, checked and aligned.

    Args:
        p: Counts of x: a mapping from label to count, the value counts of a pandas Series, or an array of shape
            ``(categories,)``. Fractions are taken for weighted counts.
        q: Counts of y: a mapping too, matched by label with 0 for a label that is missing, or an array of the same
            shape, matched by place.

    Returns:
        The tally.

    Raises:
        InputError: They are no counts, are empty, or do not fit each other.
    """
    left, right = _labeled(p, "p"), _labeled(q, "q")
    if (left is None) != (right is None):
        raise InputError(
            f"p is a {type(p).__name__} and q a {type(q).__name__}. Counts with labels cannot be matched with counts "
            "without. Give two mappings (or value counts), or two arrays."
        )
    if left is not None and right is not None:
        labels = list(dict.fromkeys([*left, *right]))
        p, q = [left.get(label, 0) for label in labels], [right.get(label, 0) for label in labels]
    first, second = checked_counts(p, "p"), checked_counts(q, "q")
    if first.shape != second.shape:
        raise InputError(
            f"p has {len(first)} categories and q has {len(second)}. Give counts of the same categories in the same "
            "order, with 0 for one that was not seen, or mappings from label to count."
        )
    return Tally(first, second, round(float(first.sum())), round(float(second.sum())))


def read_sample_counts(counts: Any, /, *, name: str = "counts") -> Counts:
    """Counts of one sample, read as by `read_counts`; only the categories that were seen."""
    labeled = _labeled(counts, name)
    read = checked_counts(counts if labeled is None else list(labeled.values()), name)
    return read[read > 0]


def tally_codes(
    x_codes: NDArray[np.integer[Any]],
    y_codes: NDArray[np.integer[Any]],
    x_weights: Floats | None = None,
    y_weights: Floats | None = None,
    /,
) -> Tally:
    """Counts of two samples whose categories are numbered from 0.

    Args:
        x_codes: Category of every row of x, shape ``(n,)``.
        y_codes: The same for y, shape ``(m,)``.
        x_weights: Weight of every row of x, adding up to 1; None where rows weigh the same.
        y_weights: The same for y.

    Returns:
        The tally; weighted counts add up to Kish's effective size.
    """
    categories = 1 + int(max(x_codes.max(), y_codes.max()))
    p = weighed_counts(x_codes, x_weights, categories)
    return Tally(p, weighed_counts(y_codes, y_weights, categories), len(x_codes), len(y_codes))


def weighed_counts(codes: NDArray[np.integer[Any]], weights: Floats | None, categories: int, /) -> Counts:
    """How often each category came.

    Args:
        codes: Category of every row, from 0.
        weights: Weight of every row, adding up to 1; None where rows weigh the same.
        categories: How many there are.

    Returns:
        Counts of shape ``(categories,)``; weighted ones add up to Kish's effective size.
    """
    if weights is None:
        return np.bincount(codes, minlength=categories).astype(np.int64)
    weighed: Floats = np.bincount(codes, weights, categories).astype(np.float64)
    return weighed * effective_size(len(codes), weights)


def _labeled(value: Any, name: str) -> dict[Any, Any] | None:
    """Counts by label, or None for an array; a Series of pandas is known by the name of its module."""
    if type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "items") and hasattr(value, "index"):
        if getattr(value, "ndim", 1) != 1:
            raise InputError(f"{name} has shape {value.shape}. Give one column of counts: series.value_counts().")
    elif not isinstance(value, Mapping):
        return None
    pairs = [(_NAN if _is_nan(label) else label, count) for label, count in value.items()]
    labeled = dict(pairs)
    if len(labeled) < len(pairs):
        raise InputError(f"{name} names a label more than once. Give one count for each: series.value_counts().")
    return labeled


def _is_nan(label: Any) -> bool:
    return isinstance(label, float) and math.isnan(label)


def checked_counts(value: Any, name: str, /) -> Counts:
    """An array of counts of shape ``(categories,)``, whole numbers as int64; an error names what is wrong."""
    if library(value) == "torch":
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name} cannot be read as counts ({error}). Give how often each category was seen, not the rows."
        ) from error
    if array.ndim != 1:
        raise InputError(f"{name} has shape {array.shape}. Counts have shape (categories,).")
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        raise InputError(f"{name} holds {array[place]} at place {place}. A count is a finite number of at least 0.")
    total = float(array.sum())
    if not 0 < total < np.inf:
        raise InputError(f"{name} has {len(array)} categories whose counts add up to {total:g}. Give at least one row.")
    whole = total < _EXACT and bool((array == np.rint(array)).all())
    return array.astype(np.int64) if whole else array
