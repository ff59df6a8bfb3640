"""The log likelihood ratio of observed rows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.decisions.hypotheses._inputs import are_arrays, one_law
from kullback.decisions.hypotheses._outcomes import Floats, Outcomes, outcomes_of_arrays
from kullback.divergences._inputs import is_labelled
from kullback.estimators._law_records import open_record


def row_ratios(null: Any, alternative: Any, /) -> Callable[[Any], Floats]:
    """Rows to log alternative - log null of each; infinite where one of them has no mass there.

    Args:
        null: Row of probabilities, labelled or not, or a law.
        alternative: The same.

    Returns:
        Function of rows (labels, indices or points, first axis the rows); it raises where a row is impossible under
        both.
    """
    if are_arrays(null, alternative, ("null", "alternative")):
        outcomes = outcomes_of_arrays(null, alternative, ("null", "alternative"))
        table = _table(outcomes, named=is_labelled(null))

        def look_up(rows: Any) -> Floats:
            found = [table.get(row) for row in np.atleast_1d(np.asarray(rows, dtype=object)).tolist()]
            if None in found:
                raise _impossible(np.atleast_1d(np.asarray(rows, dtype=object))[found.index(None)])
            return np.array(found, dtype=np.float64)

        return look_up
    left, right = open_record(one_law(null, "null")), open_record(one_law(alternative, "alternative"))
    if left.log_prob is None or right.log_prob is None:
        raise InputError(f"{null!r} and {alternative!r}: a law has no log density. Give laws with log_prob.")
    ask_left, ask_right, size = left.log_prob, right.log_prob, len(left.shape or ())

    def ask(rows: Any) -> Floats:
        points = np.asarray(rows, dtype=np.float64)
        points = points[None] if points.ndim == size else points
        with np.errstate(all="ignore"):
            logs = _inside(left, points, ask_left(points)), _inside(right, points, ask_right(points))
            ratio = logs[1] - logs[0]
        if np.isnan(ratio).any():
            raise _impossible(points[np.isnan(ratio)][0])
        return np.asarray(ratio)

    return ask


def _inside(law: Any, points: Floats, logs: Floats) -> Floats:
    if points.ndim > 1:
        return logs
    return np.where((points >= law.low) & (points <= law.high), logs, -np.inf)


def _table(outcomes: Outcomes, *, named: bool) -> dict[Any, float]:
    labels = outcomes.labels if named else [int(label) for label in outcomes.labels]
    return dict(zip(labels, outcomes.log_ratio.tolist(), strict=True))


def _impossible(row: Any) -> InputError:
    return InputError(
        f"A row is {row!r}, which neither hypothesis allows. Rows that are labels or indices of outcomes, or points "
        "where one of the laws has mass, are needed."
    )
