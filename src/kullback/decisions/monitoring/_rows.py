"""Rows that come in units."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.decisions.monitoring._cells import read_column


def one_per_unit(rows: Any, unit: Any, /, *, seed: int) -> NDArray[Any]:
    """One row of each unit, drawn at random: units are independent, so these rows are.

    Args:
        rows: A column.
        unit: Names of the units, one for each row.
        seed: Of the draw.

    Returns:
        As many values as there are units.

    Raises:
        InputError: The lengths differ.
    """
    values, names = read_column(rows, "batch"), read_column(unit, "unit")
    if len(values) != len(names):
        raise InputError(f"unit has {len(names)} entries, the batch {len(values)} rows. One for each row is needed.")
    order = np.random.default_rng(seed).permutation(len(values))
    first = np.unique(names[order].astype(str), return_index=True)[1]
    return values[order[first]]
