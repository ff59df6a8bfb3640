"""The columns of a sample as an entropy takes them: labels to be counted, numbers that have a density."""

from dataclasses import dataclass

import numpy as np

from kullback._core import printable
from kullback.estimators._columns import Codes
from kullback.estimators._points import Floats
from kullback.estimators._rows import Rows
from kullback.estimators._ties import Ties, ties_of


@dataclass(frozen=True, eq=False)
class EntropyColumns:
    """Labels and numbers.

    Attributes:
        codes: The label of every row from 0, of all columns of labels together; 0 everywhere where there is none.
        numbers: Shape ``(n, a)``; a heavy value is one number in all rows of its label.
        weights: Weight of every row, adding up to 1.
        notes: What was seen in the columns.
    """

    codes: Codes
    numbers: Floats
    weights: Floats | None
    notes: tuple[str, ...]


def columns_of(rows: Rows, rng: np.random.Generator, /) -> EntropyColumns:
    """Look at the columns of a sample.

    Args:
        rows: The sample.
        rng: Generator for where in its step a rounded value lies.

    Returns:
        The columns.
    """
    labels, numbers, notes = list(rows.labels.T), [], []
    for place, name in enumerate(rows.names):
        values = rows.numbers[:, place]
        ties = ties_of(values, values[:0])
        shown = f"column {printable(name, 40)}" if len(rows.names) > 1 else "the column"
        if ties.kind == "constant":
            notes.append(f"{shown} has one value in all rows, which adds nothing")
            continue
        if ties.x is not None:
            labels.append(ties.x)
        if ties.kind != "categories":
            numbers.append(values if ties.kind != "rounded" else values + filling(rows.n, ties.step, rng))
        if ties.kind != "continuous":
            notes.append(_told(shown, ties))
    codes: Codes = np.zeros(rows.n, dtype=np.int64)
    if labels:
        codes = np.unique(np.stack(labels, axis=1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    stacked = np.stack(numbers, axis=1) if numbers else np.empty((rows.n, 0))
    return EntropyColumns(codes, stacked, rows.weights, tuple(notes))


def filling(n: int, step: float, rng: np.random.Generator, /) -> Floats:
    """Where in its step each of n rounded values lies, by chance."""
    return step * (rng.random(n) - 0.5)


def _told(shown: str, ties: Ties) -> str:
    if ties.kind == "rounded":
        return f"{shown} is rounded to steps of {ties.step:.4g}; each value is spread over its step"
    if ties.kind == "categories":
        told = f"{shown} repeats {len(ties.values)} values, which are counted"
        if ties.step in {0.0, 1.0}:
            return told
        return f"{told}; were they rounded from a density, its entropy would be ln {ties.step:.4g} nats more"
    heavy = ", ".join(f"{value:g}" for value in ties.values[1:4]) + (", …" if len(ties.values) > 4 else "")
    return f"{shown} repeats {heavy} beside values that differ; these are counted, the rest is measured"
