"""Columns in which nearly every value is distinct: how they are recognized, and what is counted of them."""

import numpy as np

from kullback.tables.counts._categories import counted_shapes
from kullback.tables.counts._columns import Keys
from kullback.tables.counts._leaves import Leaves, bins_outside_order, finite_bounds, finite_total
from kullback.tables.counts._reading import Reading
from kullback.tables.engines._table import Table

# A column is a key if this share of its values is distinct, and there are enough of them to tell.
_SHARE = 0.95
_ROWS = 20


def seems_text_key(rows: int, distinct: int, /) -> bool:
    """Whether texts with so many distinct values are a key."""
    return rows >= _ROWS and distinct >= _SHARE * rows


def is_whole_key(sides: list[tuple[Table, int]], reading: Reading, leaves: Leaves, /) -> bool:
    """Whether whole numbers are all distinct and dense on every side."""
    if reading.kind != "numeric" or reading.image == "float" or reading.scale or not len(leaves.low):
        return False
    for index, rows in enumerate(leaves.finite):
        inside = leaves.counts[index] > 0
        if rows < _ROWS or not inside.any():
            return False
        low, high = leaves.low[inside], leaves.high[inside]
        room = np.array([int(last) - int(first) + 1 for first, last in zip(low, high, strict=True)])
        # More rows than there is room for distinct values: no need to look at the rows again. Bounds of leaves are
        # pooled, so the room may seem a little larger than it is, never smaller.
        widest, narrowest = int(high[-1]) - int(low[0]) + 1, int(low[-1]) - int(high[0]) + 1
        if rows > widest or narrowest >= 2 * rows:
            return False
        weighted = sides[index][0].weight != sides[index][0].rows
        if not weighted and (leaves.counts[index][inside] > room).any():
            return False
    # The exact question last, as it is the dear one.
    if any(table.distinct(place, reading) != rows for (table, place), rows in zip(sides, leaves.finite, strict=True)):
        return False
    bounds = [finite_bounds(table.coarse(position, reading)) for table, position in sides]
    return all(int(high) - int(low) < 2 * rows for (low, high), rows in zip(bounds, leaves.finite, strict=True))


def whole_keys(sides: list[tuple[Table, int]], reading: Reading, /) -> Keys:
    """Count a column of whole numbers as a key."""
    coarse = [table.coarse(position, reading) for table, position in sides]
    bounds = [finite_bounds(bins) for bins in coarse]
    return Keys(
        tuple(finite_total(bins)[1] for bins in coarse),
        tuple(table.distinct(position, reading) for table, position in sides),
        tuple(bins_outside_order(bins).null for bins in coarse),
        tuple(int(low) for low, _ in bounds),
        tuple(int(high) for _, high in bounds),
        _shared(sides, reading),
        None,
    )


def text_keys(sides: list[tuple[Table, int]], reading: Reading, /) -> Keys:
    """Count a column of texts as a key."""
    shapes = counted_shapes(sides, reading)
    distinct = tuple(table.distinct(position, reading) for table, position in sides)
    missing = tuple(float(rows) for rows in shapes.missing)
    return Keys(shapes.rows, distinct, missing, None, None, _shared(sides, reading), shapes)


def _shared(sides: list[tuple[Table, int]], reading: Reading) -> int | None:
    if len(sides) == 1:
        return None
    (reference, position), (current, other_position) = sides
    return current.shared(reference, other_position, position, reading)
