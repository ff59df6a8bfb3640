"""Predictions by group, read and checked: rows of classes, rows of probabilities, or a table of counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, is_array, library, numbers, printable
from kullback.decisions._grouped import Codes, Floats, Grouped
from kullback.decisions._labels import numbered

_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Entries:
    """What each unit was predicted, by group.

    Attributes:
        groups: Names of the groups.
        outcomes: Names of the outcomes.
        table: Predicted mass by group and outcome.
        mass: One row for each unit and group: mass by outcome; None where rows are independent and all of one outcome,
            so that the table says everything.
        group: Group of each of these rows, from 0.
        unit: Unit of each of these rows, from 0.
    """

    groups: tuple[str, ...]
    outcomes: tuple[str, ...]
    table: Floats
    mass: Floats | None = None
    group: Codes | None = None
    unit: Codes | None = None

    @property
    def grouped(self) -> Grouped:
        """The same without names."""
        return Grouped(self.table, self.table, self.mass, self.group, self.unit)


def read_entries(predictions: Any, groups: Any, labels: Any, unit: Any, /) -> list[tuple[str, Entries]]:
    """What was predicted, one `Entries` for each label, or a single one under the name "".

    Args:
        predictions: Classes or probabilities of rows, or a table of counts.
        groups: Group of each row; None for a table.
        labels: True class of each row, or None.
        unit: Unit of each row, or None where rows are independent.
    """
    if groups is None:
        if labels is not None or unit is not None:
            raise InputError("labels and unit belong to rows, but groups is missing. Give the group of each row.")
        return [("", _table(predictions))]
    mass, outcomes = _predictions(predictions)
    rows = len(mass)
    group, group_names = _codes(groups, rows, "groups")
    if len(group_names) < 2:
        raise InputError(f"groups holds one group, {group_names[0]}. Two or more are needed.")
    label, label_names = (np.zeros(rows, np.int64), ("",)) if labels is None else _codes(labels, rows, "labels")
    unit_code = None if unit is None else _codes(unit, rows, "unit")[0]
    hard = unit_code is None and bool(np.isin(mass, (0.0, 1.0)).all())
    found = []
    for place, name in enumerate(label_names):
        here = label == place
        table = _summed(mass[here], group[here], len(group_names))
        if hard:
            found.append((name, Entries(group_names, outcomes, table)))
            continue
        units = np.arange(int(here.sum())) if unit_code is None else np.unique(unit_code[here], return_inverse=True)[1]
        cells, which = np.unique(units * len(group_names) + group[here], return_inverse=True)
        grouped = _summed(mass[here], which, len(cells))
        found.append(
            (name, Entries(group_names, outcomes, table, grouped, cells % len(group_names), cells // len(group_names)))
        )
    return found


def _summed(mass: Floats, code: Codes, count: int) -> Floats:
    return np.stack([np.bincount(code, column, count) for column in mass.T], axis=1).astype(np.float64)


def _predictions(predictions: Any) -> tuple[Floats, tuple[str, ...]]:
    """Mass of each row by outcome, and the names of the outcomes."""
    names = getattr(predictions, "columns", None)
    array = _plain(predictions, "predictions")
    if array.ndim == 2 and array.dtype.kind in "biuf":
        mass = array.astype(np.float64)
        good = (mass >= 0).all(axis=1) & (np.abs(mass.sum(axis=1) - 1.0) <= _TOLERANCE)
        if not good.all() or not len(mass):
            row = int(np.argmin(good)) if len(mass) else 0
            shown = np.array2string(mass[row], precision=4, threshold=6) if len(mass) else "nothing"
            raise InputError(
                f"predictions holds {shown} in row {row}. Rows of probabilities that add up to 1 are needed, or one "
                "class for each row in an array of shape (rows,)."
            )
        outcomes = range(mass.shape[1]) if names is None else names
        return mass / mass.sum(axis=1, keepdims=True), tuple(_name(one) for one in outcomes)
    if array.ndim != 1 or not len(array):
        raise InputError(
            f"predictions has shape {array.shape}. Classes of shape (rows,) or probabilities of shape (rows, outcomes) "
            "are needed; for a table of counts leave groups out."
        )
    if array.dtype.kind == "f" and not (array == np.rint(array)).all():
        raise InputError(
            f"predictions holds {array[array != np.rint(array)][0]:g}, which is no class. For the chance of yes give "
            "both outcomes: an array of shape (rows, 2), 1 − p and p."
        )
    code, outcomes = _codes(array, len(array), "predictions")
    return np.eye(len(outcomes))[code], outcomes


def _codes(values: Any, rows: int, name: str) -> tuple[Codes, tuple[str, ...]]:
    """Values numbered from 0 in their order, and their names."""
    code, kinds = numbered(_plain(values, name), rows, name)
    return code, tuple(_name(one) for one in kinds)


def _plain(values: Any, name: str) -> NDArray[Any]:
    try:
        array = numbers(values) if library(values) == "torch" else np.asarray(values)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} cannot be read as an array ({error}). Give one value for each row.") from error
    return array


def _name(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return printable(str(int(value) if whole else value), 40)


def _table(counts: Any) -> Entries:
    """Counts by group and outcome: an array, a data frame, or a mapping of mappings."""
    if isinstance(counts, Mapping):
        names = tuple(counts)
        if not all(isinstance(row, Mapping) for row in counts.values()):
            raise InputError("predictions maps groups to something else than counts by outcome. Give a dict of dicts.")
        outcomes = tuple(dict.fromkeys(outcome for row in counts.values() for outcome in row))
        array = np.array([[row.get(outcome, 0) for outcome in outcomes] for row in counts.values()], dtype=np.float64)
    else:
        frame = not is_array(counts) and hasattr(counts, "columns") and hasattr(counts, "index")
        array = _plain(counts, "predictions")
        if array.ndim != 2 or array.dtype.kind not in "biuf":
            raise InputError(
                f"predictions has shape {array.shape}. Without groups a table of counts of shape (groups, outcomes) is "
                "needed; for rows give the group of each: group_divergence(predictions, groups)."
            )
        array = array.astype(np.float64)
        names = tuple(counts.index) if frame else tuple(range(array.shape[0]))
        outcomes = tuple(counts.columns) if frame else tuple(range(array.shape[1]))
    bad = ~(np.isfinite(array) & (array >= 0) & (array == np.rint(array)))
    if bad.any():
        raise InputError(
            f"the table of counts holds {array[bad][0]:g}. Whole numbers of at least 0 are needed; for probabilities "
            "give rows and their groups."
        )
    if array.shape[0] < 2 or array.shape[1] < 1 or not (array.sum(axis=1) > 0).all():
        raise InputError(
            f"the table of counts has shape {array.shape} with totals {array.sum(axis=1).tolist()[:6]}. Two groups or "
            "more are needed, each with a row at least."
        )
    return Entries(tuple(_name(one) for one in names), tuple(_name(one) for one in outcomes), array)
