"""What a stream is held against: a law, counts, or a sample of its own finite size."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kullback._core import InputError, is_array, numbers
from kullback.decisions.monitoring._cells import Cells, label_of, learned_cells, outcome_cells, read_column
from kullback.decisions.monitoring._law_cells import law_cells
from kullback.decisions.monitoring._process import Null
from kullback.divergences._inputs import is_labelled, is_law
from kullback.estimators._points import Floats

GIVEN = ("auto", "probs", "counts", "sample")
_TOLERANCE = 1e-6
# A quarter of the reference, but no more than so many rows for each cell, chooses the cells.
_CHOOSING = 50
_LEAST_ROWS = 8


def read_reference(
    reference: Any, /, *, given: str, cells: int, categories: Any, rng: np.random.Generator
) -> tuple[Cells, Null]:
    """Cells and null of a reference.

    Args:
        reference: Probabilities, a law, counts or a sample.
        given: One of `GIVEN`.
        cells: Categories or stretches of numbers at most.
        categories: All categories, or ends of the stretches, where they are known without looking at the sample.
        rng: Deals rows into those that choose cells and those that are counted.

    Returns:
        The cells and the null.

    Raises:
        InputError: It is none of these.
    """
    if given not in GIVEN:
        raise InputError(f"given = {given!r} is not known. Choose from {', '.join(GIVEN)}.")
    kind = _kind(reference) if given == "auto" else given
    if kind == "law":
        return law_cells(reference, cells)
    if kind == "probs":
        return _of_probs(reference)
    rows = _repeated(reference) if kind == "counts" else read_column(reference, "reference")
    if len(rows) < _LEAST_ROWS:
        raise InputError(f"The reference has {len(rows)} rows. At least {_LEAST_ROWS} are needed.")
    if categories is not None:
        chosen = _given_cells(categories)
        return chosen, _sampled(chosen, rows)
    # Cells that the counted rows had chosen themselves would not be multinomial: other rows choose them.
    order = rng.permutation(len(rows))
    choosing = min(len(rows) // 4, _CHOOSING * cells)
    chosen = learned_cells(rows[order[:choosing]], cells)
    return chosen, _sampled(chosen, rows[order[choosing:]])


def _sampled(cells: Cells, rows: Any) -> Null:
    return Null.sampled(cells.count(rows, "reference"), ordered=cells.kind == "numbers")


def _kind(reference: Any) -> str:
    if is_labelled(reference):
        values = np.array([float(value) for _, value in reference.items()]) if _scalars(reference) else np.array([])
        if isinstance(reference, Mapping) or _is_probs(values):
            return "probs" if _is_probs(values) else "counts"
        return "sample"
    if is_law(reference) or not (is_array(reference) or isinstance(reference, list | tuple) or _is_column(reference)):
        return "law"
    values = read_column(reference, "reference")
    numeric = all(isinstance(one, float) for one in map(label_of, values[:1000].tolist()))
    return "probs" if numeric and _is_probs(values.astype(np.float64)) else "sample"


def _is_column(value: Any) -> bool:
    return hasattr(value, "to_numpy")


def _scalars(reference: Any) -> bool:
    return all(isinstance(value, int | float | np.number) for _, value in reference.items())


def _is_probs(values: Floats) -> bool:
    return len(values) > 1 and bool((values >= 0).all()) and abs(float(values.sum()) - 1) <= _TOLERANCE


def _of_probs(reference: Any) -> tuple[Cells, Null]:
    labelled = is_labelled(reference)
    try:
        probs = np.array([value for _, value in reference.items()]) if labelled else numbers(reference)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"given = 'probs', but the reference is {type(reference).__name__} without numbers."
        ) from error
    if probs.ndim != 1 or not _is_probs(probs):
        raise InputError(
            f"The reference adds up to {probs.sum():.6g} over {probs.size} outcomes. Probabilities that add up to 1 "
            "are needed; for counts or a sample pass given='counts' or given='sample'."
        )
    cells = outcome_cells([label for label, _ in reference.items()] if labelled else len(probs))
    # What the law does not know, the rest and missing rows, it says cannot happen.
    return cells, Null.known(np.append(probs / probs.sum(), [0.0, 0.0]))


def _given_cells(categories: Any) -> Cells:
    labels = [label_of(one) for one in read_column(categories, "categories").tolist()]
    if len(labels) < 2 or len(set(labels)) < len(labels) or None in labels:
        raise InputError(
            f"categories holds {len(labels)} values. At least two, each once and none missing, are needed."
        )
    return Cells("categories", tuple(label for label in labels if label is not None))


def _repeated(reference: Any) -> Any:
    """Counts as rows, so that they can be dealt."""
    items = list(reference.items()) if hasattr(reference, "items") else list(enumerate(np.asarray(reference).tolist()))
    bad = [number for _, number in items if not (float(number) >= 0 and float(number) == int(number))]
    if bad:
        raise InputError(f"The reference holds {bad[0]!r}. Whole numbers of rows, or probabilities that add up to 1.")
    labels = np.empty(len(items), dtype=object)
    labels[:] = [label_of(label) for label, _ in items]
    return np.repeat(labels, [int(number) for _, number in items])
