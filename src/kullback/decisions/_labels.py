"""A column of labels numbered from 0."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.decisions._grouped import Codes


def numbered(values: NDArray[Any], rows: int, name: str, /) -> tuple[Codes, list[Any]]:
    """Labels numbered from 0 in their order, and the labels.

    Args:
        values: One label for each row, numbers or anything with a text.
        rows: How many rows there are.
        name: What messages call the column.

    Raises:
        InputError: There are more or fewer of them, or one is missing.
    """
    if values.shape != (rows,):
        raise InputError(f"{name} has shape {values.shape} and there are {rows} rows. Give one value for each row.")
    if values.dtype.kind == "O":
        missing = [place for place, one in enumerate(values.tolist()) if one is None or one != one]  # noqa: PLR0124 - NaN
        values = values.astype(str)
    else:
        missing = np.flatnonzero(np.isnan(values)).tolist() if values.dtype.kind == "f" else []
    if missing:
        raise InputError(
            f"{name} is missing in row {missing[0]}. Leave such rows out, or give them a name of their own."
        )
    kinds, code = np.unique(values, return_inverse=True)
    return code.astype(np.int64), kinds.tolist()
