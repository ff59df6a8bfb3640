"""Two samples as counts over the same cells: labels, numbers at pooled quantiles, columns, counts that came as such."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, is_array, numbers
from kullback.divergences._inputs import is_labelled

Floats = NDArray[np.float64]

KINDS = ("counts", "categories", "numbers", "columns")
_LEVELS = 5


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of two samples by cell.

    Attributes:
        kind: One of "counts", "categories", "numbers", "columns".
        labels: Names of the cells.
        x: Cells of the rows of the first sample, shape ``(n, columns)``; None where only counts came.
        y: Those of the second.
        counts: Rows in each cell, shape ``(2, cells)``.
        partitions: Ways to put cells together, the group of each cell; the finest last.
    """

    kind: str
    labels: tuple[Any, ...]
    x: NDArray[np.intp] | None
    y: NDArray[np.intp] | None
    counts: Floats
    partitions: tuple[NDArray[np.int64], ...]


def read_cells(x: Any, y: Any, given: str, /) -> Cells:
    """Two samples, read as the word says or as they look."""
    if given not in {"auto", *KINDS}:
        raise InputError(f"given = {given!r} is not known. Known: auto, {', '.join(KINDS)}.")
    kind = _kind(x, y) if given == "auto" else given
    if kind == "counts":
        return _of_counts(x, y)
    if kind == "categories":
        return _of_labels(x, y)
    return _of_numbers(x, y, kind)


def _kind(x: Any, y: Any) -> str:
    if is_labelled(x) and is_labelled(y):
        return "counts"
    if isinstance(x, Mapping) or isinstance(y, Mapping):
        raise InputError("One side holds counts by label and the other does not. Give both alike.")
    arrays = [_rows(side, name) for side, name in ((x, "x"), (y, "y"))]
    kinds = {array.dtype.kind for array in arrays}
    if kinds <= set("OUSb"):
        return "categories"
    if kinds <= set("iu"):
        raise InputError(
            "x and y hold whole numbers, which may be counts of cells, labels, or measurements. Say which: "
            "given='counts', 'categories' or 'numbers'."
        )
    return "columns" if arrays[0].ndim == 2 else "numbers"


def _rows(value: Any, name: str) -> Any:
    value = value.to_numpy() if hasattr(value, "to_numpy") else value
    try:
        array = numbers(value) if is_array(value) and not isinstance(value, np.ndarray) else np.asarray(value)
    except ValueError:
        raise InputError(f"{name} has rows of different lengths. Rows of one length are needed.") from None
    if array.dtype.kind == "c":
        raise InputError(f"{name} holds complex numbers. Real ones are needed: give both parts as columns.")
    if array.dtype.kind in "US":
        array = array.astype(object)
    if array.ndim == 0 or len(array) == 0:
        raise InputError(f"{name} has no rows: its shape is {array.shape}. At least one row a side is needed.")
    return array


def _of_counts(x: Any, y: Any) -> Cells:
    if is_labelled(x) and is_labelled(y):
        left, right = dict(x.items()), dict(y.items())
        labels = tuple(dict.fromkeys([*left, *right]))
        sides = [[side.get(label, 0) for label in labels] for side in (left, right)]
    else:
        sides = [_rows(side, name) for side, name in ((x, "x"), (y, "y"))]
        if np.ndim(sides[0]) != 1 or np.shape(sides[0]) != np.shape(sides[1]):
            raise InputError(
                f"Counts have shapes {np.shape(sides[0])} and {np.shape(sides[1])}. One row each is needed."
            )
        labels = tuple(range(len(sides[0])))
    counts = np.array([whole_counts(side, name) for side, name in zip(sides, ("x", "y"), strict=True)])
    return Cells("counts", labels, None, None, counts, (np.arange(len(labels)),))


def whole_counts(side: Any, name: str, /) -> Floats:
    """Whole numbers of rows, not negative, not all zero."""
    try:
        array = np.asarray(side, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} holds what is no count. Whole numbers are needed.") from None
    bad = ~((array >= 0) & (array == np.floor(array)) & np.isfinite(array))
    if bad.any():
        raise InputError(f"{name} holds {array[bad][0]}, which is no count. Whole numbers of at least 0 are needed.")
    if not array.sum() > 0:
        raise InputError(f"{name} has no rows: all counts are 0. At least one row a side is needed.")
    return array


def _of_labels(x: Any, y: Any) -> Cells:
    sides = [_rows(side, name) for side, name in ((x, "x"), (y, "y"))]
    if any(side.ndim != 1 for side in sides):
        raise InputError(f"Labels have shapes {sides[0].shape} and {sides[1].shape}. One column each is needed.")
    place: dict[Any, int] = {}
    coded = [np.array([place.setdefault(label, len(place)) for label in side.tolist()]) for side in sides]
    cells = len(place)
    counts = np.stack([np.bincount(side, minlength=cells) for side in coded]).astype(np.float64)
    return Cells("categories", tuple(place), coded[0][:, None], coded[1][:, None], counts, (np.arange(cells),))


def _of_numbers(x: Any, y: Any, kind: str) -> Cells:
    sides = [_finite(side, name, kind) for side, name in ((x, "x"), (y, "y"))]
    if sides[0].shape[1] != sides[1].shape[1]:
        raise InputError(f"x has {sides[0].shape[1]} columns and y has {sides[1].shape[1]}. The same are needed.")
    coded: list[NDArray[np.int64]] = []
    labels: list[Any] = []
    offsets = [0]
    for column in range(sides[0].shape[1]):
        codes, names = _at_quantiles(sides[0][:, column], sides[1][:, column])
        coded.append(codes + offsets[-1])
        labels += names if kind == "numbers" else [(column, name) for name in names]
        offsets.append(offsets[-1] + len(names))
    codes = np.stack(coded, axis=1)
    n = len(sides[0])
    counts = np.stack([np.bincount(part.ravel(), minlength=offsets[-1]) for part in (codes[:n], codes[n:])])
    partitions = tuple(
        np.where((cells >= a) & (cells < b), 1 + np.floor((cells - a) * 2.0**level / (b - a)), 0).astype(np.int64)
        for cells in (np.arange(offsets[-1]),)
        for a, b in pairwise(offsets)
        for level in range(1, _LEVELS + 1)
        if 2 ** (level - 1) < b - a
    ) or (np.zeros(offsets[-1], dtype=np.int64),)
    return Cells(kind, tuple(labels), codes[:n], codes[n:], counts.astype(np.float64), partitions)


def _finite(value: Any, name: str, kind: str) -> Floats:
    try:
        array: Floats = _rows(value, name).astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} holds what is no number. Give given='categories' for labels.") from None
    if array.ndim != (1 if kind == "numbers" else 2):
        needed = "one column of" if kind == "numbers" else "rows and columns of"
        raise InputError(f"{name} has shape {array.shape}. {needed.capitalize()} numbers are needed.")
    if not np.isfinite(array).all():
        raise InputError(f"{name} holds {array[~np.isfinite(array)][0]}. Finite numbers are needed; drop such rows.")
    return array if array.ndim == 2 else array[:, None]


def _at_quantiles(x: Floats, y: Floats) -> tuple[NDArray[np.int64], list[str]]:
    """Up to 32 cells with about as many rows of both samples each; equal values stay together."""
    pooled = np.concatenate([x, y])
    most = 2**_LEVELS
    edges = np.unique(np.quantile(pooled, np.arange(1, most) / most, method="inverted_cdf"))
    edges = edges[edges < pooled.max()]
    codes = np.searchsorted(edges, pooled, side="left")
    ends = [f"{edge:.6g}" for edge in edges]
    names = [f"({a}, {b}]" for a, b in zip(["-inf", *ends], [*ends, "inf"], strict=True)]
    return codes.astype(np.int64), names
