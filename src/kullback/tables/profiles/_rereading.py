"""Counts that were read in one way, as those of another that holds the values too."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from kullback.tables.counts._categories import Categories
from kullback.tables.counts._columns import ColumnCounts, Keys
from kullback.tables.counts._leaves import Leaves, Specials
from kullback.tables.counts._reading import Reading

_DAY = 86_400_000_000


def counts_as_read(column: ColumnCounts, reading: Reading, /) -> Leaves | Categories | Keys | None:
    """The counts of a column in another reading, which holds its values exactly."""
    body, own = column.body, column.reading
    if isinstance(body, Categories) and reading.ordered and not body.values and not body.rest.any():
        # A column of nothing but NULL fits any.
        nothing: Any = np.zeros(0, dtype={"float": np.float64, "int": np.int64, "huge": object}[reading.image])
        return Leaves(nothing, nothing, np.zeros((1, 0)), (Specials(null=float(body.missing[0])),), (0.0,), (0,))
    if not isinstance(body, Leaves) or own is None or own == reading:
        return body
    convert = conversion(own, reading)
    factor = 10.0 ** (reading.scale - own.scale) if reading.image != "float" else 10.0**-own.scale
    if reading.kind == "datetime" and own.unit == "d":
        factor = float(_DAY)
    return replace(
        body,
        low=convert(body.low),
        high=convert(body.high),
        totals=tuple(total * factor for total in body.totals),
    )


def conversion(own: Reading, reading: Reading, /) -> Callable[[Any], Any]:
    """How images of one reading become those of another, which holds the values too."""
    if reading.image == "float":
        divisor = 10.0**own.scale
        return lambda values: values.astype(np.float64) / divisor
    if reading.kind == "datetime":
        factor = _DAY if own.unit == "d" else 1
        divisor_whole = 1000 if own.unit == "ns" else 1
        return lambda values: values * factor // divisor_whole
    whole = 10 ** (reading.scale - own.scale)
    if reading.image == "huge":
        return lambda values: values.astype(object) * whole
    return lambda values: values * whole
