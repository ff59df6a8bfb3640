"""One side of a mutual information: numbers as scores of their ranks, labels and heavy values as codes."""

from dataclasses import dataclass

import numpy as np

from kullback._core import printable
from kullback.estimators._columns import Codes
from kullback.estimators._points import Floats
from kullback.estimators._rows import Rows
from kullback.estimators._scores import rank_scores
from kullback.estimators._ties import Ties, ties_of


@dataclass(frozen=True, eq=False)
class Side:
    """What neighbors and counts take.

    Attributes:
        scores: Normal scores of the columns of numbers, shape ``(n, a)``; 0 for heavy values.
        codes: The label of every row from 0, of all columns of labels together; None where there is none.
        ordered: The values behind the codes as scores, where they are numbers of one column; None elsewhere.
        notes: What was seen in the columns.
    """

    scores: Floats
    codes: Codes | None
    ordered: Floats | None
    notes: tuple[str, ...]

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.scores)

    @property
    def is_constant(self) -> bool:
        """Whether no column varies."""
        return self.codes is None and self.scores.shape[1] == 0

    @property
    def is_labels(self) -> bool:
        """Whether there are labels only."""
        return self.codes is not None and self.scores.shape[1] == 0


def side_of(rows: Rows, name: str, rng: np.random.Generator, /) -> Side:
    """Look at the columns of one side.

    Args:
        rows: The side.
        name: Its name in notes.
        rng: Generator for the order of ties.

    Returns:
        The side as neighbors take it.
    """
    scores: list[Floats] = []
    labels = [column for column in rows.labels.T if np.any(column != column[0])]
    constant = rows.labels.shape[1] - len(labels)
    ordered, notes = None, []
    for place, column_name in enumerate(rows.names):
        values = rows.numbers[:, place]
        ties = ties_of(values, values[:0])
        shown = f"column {printable(column_name, 40)} of {name}" if rows.numbers.shape[1] > 1 else name
        if ties.kind == "constant":
            constant += 1
        elif ties.x is None:
            scores.append(rank_scores(values[:, None], rng)[:, 0])
            told = f"{shown} is rounded; equal values are put in an order by chance"
            notes += [told] if ties.kind == "rounded" else []
        else:
            labels.append(ties.x)
            notes.append(_told(shown, ties))
            if ties.kind == "atoms":
                scores.append(_rest_scores(values, ties.x, rng))
            else:
                ordered = rank_scores(values[:, None], rng)
    if constant:
        notes.append(f"{constant} constant columns of {name} left out")
    numbers = np.stack(scores, axis=1) if scores else np.empty((rows.n, 0))
    return Side(numbers, _one_code(labels), ordered if len(labels) == 1 and not scores else None, tuple(notes))


def _told(shown: str, ties: Ties) -> str:
    if ties.kind == "categories":
        return f"{shown} repeats {len(ties.values)} values, which are taken as labels"
    heavy = ", ".join(f"{value:g}" for value in ties.values[1:4]) + (", …" if len(ties.values) > 4 else "")
    return f"{shown} repeats {heavy} beside values that differ; these are labels, the rest is measured"


def _rest_scores(values: Floats, codes: Codes, rng: np.random.Generator) -> Floats:
    scores = np.zeros(len(values))
    rest = codes == 0
    scores[rest] = rank_scores(values[rest, None], rng)[:, 0]
    return scores


def _one_code(labels: list[Codes]) -> Codes | None:
    if not labels:
        return None
    rows = labels[0] if len(labels) == 1 else np.stack(labels, axis=1)
    codes: Codes = np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return codes
