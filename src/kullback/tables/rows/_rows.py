"""Whole rows of two tables in memory, for what needs more than counts."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.tables.counts._alignment import Selection, align, plan_one
from kullback.tables.counts._counting import ColumnPlan
from kullback.tables.counts._reading import UNSUPPORTED, Reading
from kullback.tables.engines._session import Session
from kullback.tables.engines._table import Fetched, Table
from kullback.tables.sources._sources import Options, explain_engine_error, open_tables

WEIGHTS = "kullback weights"
"""Name of the column of row weights in what `read_rows` returns."""


def read_rows(
    x: Any,
    y: Any,
    /,
    *,
    columns: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    where: str | None = None,
    roles: Mapping[str, str] | None = None,
    weights: str | None = None,
    nulls: Sequence[str] = (),
) -> tuple[NDArray[Any], NDArray[Any], tuple[str, ...]]:
    """Read the columns that two tables share, each with one type for both sides.

    Args:
        x: Path or object, as `compare` takes it.
        y: The same.
        columns: Names or patterns of columns to keep.
        exclude: Names or patterns to leave out.
        where: SQL condition on rows.
        roles: Column name to "category", "numeric" or "ignore".
        weights: Name of the column of row weights.
        nulls: Texts that mean NULL in CSV files.

    Returns:
        Two structured arrays with the same fields, in the order of rows that the engine gives them (sorted by all
        columns, so that it is always the same): floats (NaN for NULL) or objects (text, None for NULL); the weights
        last, as `WEIGHTS`; and the names of columns that were left out because the other table lacks them or their
        types do not meet.

    Raises:
        InputError: A table cannot be read, or no column is left.
    """
    selection = Selection(None if columns is None else tuple(columns), tuple(exclude), roles)
    options = Options(where, weights, nulls=tuple(nulls))
    with Session() as session:
        left, right = open_tables(session, [(x, options, "x"), (y, options, "y")])
        plans, structure = align(left.columns, right.columns, selection)
        usable = [plan for plan in plans if plan.reading is not None and plan.reading != UNSUPPORTED]
        if not usable:
            raise InputError(
                f"{left.name!r} and {right.name!r} share no column that can be read. Name the same columns."
            )
        skipped = (*structure.removed, *structure.added, *(plan.name for plan in plans if plan not in usable))
        sides = [_rows(table, usable, side) for side, table in enumerate((left, right))]
    return sides[0], sides[1], skipped


def read_table(
    x: Any,
    /,
    *,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    roles: Mapping[str, str] | None = None,
    weights: str | None = None,
    nulls: Sequence[str] = (),
) -> tuple[NDArray[Any], dict[str, str]]:
    """Read columns of one table.

    Args:
        x: Path or object, as `compare` takes it.
        columns: Names or patterns of columns to keep.
        where: SQL condition on rows.
        roles: Column name to "category" or "numeric".
        weights: Name of the column of row weights.
        nulls: Texts that mean NULL in CSV files.

    Returns:
        A structured array as `read_rows` gives it, and the kind of each column by name: "numeric", "category",
        "boolean", "date" and so on.

    Raises:
        InputError: The table cannot be read, or has no such column.
    """
    selection = Selection(None if columns is None else tuple(columns), (), roles)
    with Session() as session:
        (table,) = open_tables(session, [(x, Options(where, weights, nulls=tuple(nulls)), "x")])
        plans = plan_one(table.columns, selection)
        usable = [plan for plan in plans if plan.reading is not None and plan.reading != UNSUPPORTED]
        if not usable:
            raise InputError(f"{table.name!r} has no such column that can be read. Name a column of numbers or text.")
        kinds = {plan.name: str(plan.reading.kind) for plan in usable if plan.reading is not None}
        return _rows(table, usable, 0), kinds


def _rows(table: Table, plans: list[ColumnPlan], side: int) -> NDArray[Any]:
    wanted = [(plan.positions[side], plan.reading) for plan in plans if plan.reading is not None]
    try:
        fetched: Fetched = table.fetch(wanted)
    except duckdb.Error as error:
        raise explain_engine_error(table.name, "a table", error) from None
    arrays = [_values(*column, reading) for column, (_, reading) in zip(fetched.columns, wanted, strict=True)]
    names = [plan.name for plan in plans]
    if fetched.weights is not None:
        names.append(WEIGHTS)
        arrays.append(fetched.weights)
    rows = np.empty(len(arrays[0]), dtype=[(name, array.dtype) for name, array in zip(names, arrays, strict=True)])
    for name, array in zip(names, arrays, strict=True):
        rows[name] = array
    return rows[np.lexsort([_sortable(array) for array in arrays])]


def _values(image: NDArray[Any], missing: NDArray[np.bool_], reading: Reading) -> NDArray[Any]:
    if reading.image == "text":
        values: NDArray[Any] = np.array(image, dtype=object)
        values[missing] = None
        return values
    scaled = image.astype(np.float64) / 10.0**reading.scale
    return np.where(missing, np.nan, scaled)


def _sortable(array: NDArray[Any]) -> NDArray[Any]:
    """Keys that sort: text with its missing values first."""
    if array.dtype.kind != "O":
        return array
    return np.array(["" if value is None else f"+{value}" for value in array.tolist()], dtype=np.str_)
