"""Whatever holds observations, as a sample of one family."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from kullback import families as laws
from kullback._core import InputError, library, numbers
from kullback.families import Law
from kullback.fitting.likelihood._sample import Sample, weighted, without_missing
from kullback.fitting.likelihood._spaces import LATTICE, MATRICES, VECTORS, check_space


def read_sample(
    data: Any,
    kind: type[Law],
    /,
    *,
    weights: Any = None,
    counts: Any = None,
    column: str | None = None,
    nan_policy: str = "raise",
    weighting: str = "frequency",
    vectors: bool = False,
) -> Sample:
    """Read data for a family; counts of one value are put together where the family is discrete.

    Args:
        data: As `fit` takes it.
        kind: Family.
        weights: One for each observation.
        counts: How often each observation was seen, in place of weights.
        column: Column of a frame.
        nan_policy: "raise" or "omit".
        weighting: "frequency" or "importance".
        vectors: Points are vectors even where the family does not say so.

    Raises:
        InputError: The data cannot be read, or holds what no law of the family can have.
    """
    if isinstance(data, Sample):
        check_space(kind, data.points)
        return data.tallied() if kind in LATTICE else data
    values, found, notes = _unpacked(data, column, wide=vectors or kind in VECTORS)
    given = _one_weight(weights, _whole_counts(counts), found)
    if kind is laws.MarkovChain:
        return _chain(values, given, notes)
    if kind is laws.Categorical:
        return _categories(values, given, nan_policy, weighting, notes)
    points = _points(values, kind, vectors=vectors)
    points, given, more = without_missing(points, given, nan_policy)
    sample = weighted(points, given, weighting, (*notes, *more))
    check_space(laws.MultivariateNormal if vectors else kind, sample.points)
    return sample.tallied() if kind in LATTICE else sample


def holds_labels(data: Any, column: str | None, /) -> bool:
    """Whether data are labels rather than numbers.

    Args:
        data: As `fit` takes it.
        column: Column of a frame.
    """
    values, _, _ = _unpacked(data, column, wide=False)
    array = values if library(values) else np.asarray(values)
    return library(array) == "numpy" and array.dtype.kind in "OUS" and any(isinstance(one, str) for one in array.flat)


def _unpacked(data: Any, column: str | None, *, wide: bool) -> tuple[Any, Any, tuple[str, ...]]:
    """Values, the counts that came with them, and notes."""
    if isinstance(data, Mapping):
        if not data:
            raise InputError("x is an empty mapping. Give value: count pairs.")
        return list(data), list(data.values()), ()
    frame = nw.from_native(data, pass_through=True, allow_series=True)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, nw.DataFrame):
        return _column(frame, column, wide=wide), None, ()
    if column is not None:
        raise InputError(f"column = {column!r} came with data that has no columns. Give a data frame.")
    if isinstance(frame, nw.Series):
        index = getattr(data, "index", None)
        if getattr(data, "name", None) == "count" and getattr(index, "name", None) is not None:
            return (
                list(index if index is not None else ()),
                data.to_numpy(),
                ("read as counts by value, as value_counts gives them",),
            )
        return frame.to_numpy(), None, ()
    return data, None, ()


def _column(frame: Any, column: str | None, *, wide: bool) -> Any:
    names = list(frame.columns)
    if column is None and wide:
        return np.column_stack([_floats(frame[name].to_numpy(), f"column {name!r}") for name in names])
    if column is None and len(names) != 1:
        raise InputError(f"x is a frame of {len(names)} columns. Say which one: column={names[0]!r}.")
    wanted = names[0] if column is None else column
    if wanted not in names:
        raise InputError(f"x has no column {wanted!r}. It has {', '.join(map(repr, names[:10]))}.")
    return frame[wanted].to_numpy()


def _whole_counts(counts: Any) -> Any:
    if counts is None:
        return None
    try:
        given = np.asarray(counts, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("counts are not numbers. Give a whole number for each value.") from None
    if np.any(np.floor(given) != given):
        raise InputError("counts must be whole numbers. Give weights= for anything else.")
    return given


def _one_weight(*given: Any) -> Any:
    some = [one for one in given if one is not None]
    if len(some) > 1:
        raise InputError("weights and counts came together. Give one of them.")
    return some[0] if some else None


def _floats(values: Any, name: str = "x") -> NDArray[np.float64]:
    if library(values):
        values = numbers(values) if library(values) != "numpy" else values
    try:
        array = np.asarray(values)
        if array.dtype.kind in "OUS" and any(isinstance(value, str | bytes) for value in array.ravel()[:1000]):
            raise InputError(
                f"{name} holds text ({str(array.ravel()[0])!r}). Numbers are needed; fit Categorical to text."
            )
        if array.dtype.kind in "cMm":
            raise InputError(f"{name} is of type {array.dtype}. Real numbers are needed.")
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} cannot be read as numbers: {type(values).__name__}. Give an array or list.") from None


def _points(values: Any, kind: type[Law], *, vectors: bool) -> NDArray[np.float64]:
    array = _floats(values)
    needed = 3 if kind in MATRICES else 2 if vectors or kind in VECTORS else 1
    words = {1: "numbers, shape (n,)", 2: "rows of numbers, shape (n, d)", 3: "matrices, shape (n, d, d)"}[needed]
    if needed == 1 and array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != needed:
        raise InputError(f"x has shape {array.shape}. {kind.__name__} needs {words}.")
    if array.size == 0:
        raise InputError(f"x is empty (shape {array.shape}). There is nothing to fit.")
    return array


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and bool(np.isnan(value))) or str(value) == "<NA>"


def _categories(values: Any, weights: Any, policy: str, weighting: str, notes: tuple[str, ...]) -> Sample:
    """Whole numbers are codes of outcomes; anything else is a label."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise InputError("x has rows of different lengths. Categorical needs labels or whole numbers.") from None
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"x has shape {array.shape}. Categorical needs labels or whole numbers, shape (n,).")
    if array.dtype.kind in "iuf" and not _are_far(array):
        points, given, more = without_missing(array.astype(np.float64), weights, policy)
        sample = weighted(points, given, weighting, (*notes, *more))
        check_space(laws.Categorical, sample.points)
        return sample.tallied()
    codes, labels = _coded(array.tolist())
    points, given, more = without_missing(codes, weights, policy)
    sample = weighted(points, given, weighting, (*notes, *more)).tallied()
    return Sample(sample.points, sample.weights, sample.size, labels, sample.notes)


def _are_far(array: NDArray[Any]) -> bool:
    """Whether whole numbers are names rather than places in a list: as a list they would not fit."""
    return bool(np.nanmax(array) > 1e6 + 4 * len(array)) if np.any(array == array) else False  # noqa: PLR0124 - NaN


def _coded(values: Sequence[Any]) -> tuple[NDArray[np.float64], tuple[Any, ...]]:
    """Codes of labels in their order; NaN for missing ones."""
    known = {value for value in values if not _is_missing(value)}
    try:
        labels = tuple(sorted(known))
    except TypeError:
        labels = tuple(sorted(known, key=str))
    place = {label: float(code) for code, label in enumerate(labels)}
    return np.array([np.nan if _is_missing(value) else place[value] for value in values]), labels


def _chain(values: Any, weights: Any, notes: tuple[str, ...]) -> Sample:
    """Rows (state, next state) with how often each step was made."""
    array = values if library(values) == "numpy" else None
    if array is not None and array.ndim == 2:
        if array.shape[0] == array.shape[1]:
            return _counted_steps(np.asarray(array, dtype=np.float64), notes)
        values = list(array)
    paths = list(values) if _is_nested(values) else [values]
    if weights is not None:
        raise InputError("MarkovChain takes no weights. Give a square matrix of weighted transition counts.")
    flat = [state for path in paths for state in np.asarray(path).tolist()]
    codes, labels = _coded(flat)
    if np.isnan(codes).any():
        raise InputError(f"the path has a missing state at index {int(np.argmax(np.isnan(codes)))}. Cut it there.")
    ends = np.cumsum([len(path) for path in paths])
    steps = [pair for low, high in pairwise([0, *ends]) for pair in pairwise(codes[low:high].tolist())]
    if not steps:
        raise InputError("the path has no step. MarkovChain needs at least two states in a row.")
    whole = all(isinstance(label, int) and label >= 0 for label in labels)
    if whole:  # states 0, 1, … are their own codes
        real = np.array(labels, dtype=np.float64)
        return _tallied_steps(real[np.array(steps, dtype=np.int64)], None, notes)
    return _tallied_steps(np.array(steps), labels, notes)


def _is_nested(values: Any) -> bool:
    return len(values) > 0 and not isinstance(values[0], str) and hasattr(values[0], "__len__")


def _counted_steps(matrix: NDArray[np.float64], notes: tuple[str, ...]) -> Sample:
    if not np.all(np.isfinite(matrix) & (matrix >= 0)) or not np.any(matrix > 0):
        raise InputError("a matrix of transition counts must hold finite numbers, zero or larger, not all 0.")
    rows, columns = np.nonzero(matrix)
    points = np.column_stack([rows, columns]).astype(np.float64)
    note = "a square array is read as transition counts; give paths as lists"
    labels = tuple(range(len(matrix)))
    return Sample(points, matrix[rows, columns], float(matrix.sum()), labels, (*notes, note))


def _tallied_steps(steps: NDArray[np.float64], labels: Any, notes: tuple[str, ...]) -> Sample:
    pairs, counts = np.unique(steps, axis=0, return_counts=True)
    return Sample(pairs, counts.astype(np.float64), float(len(steps)), labels, notes)
