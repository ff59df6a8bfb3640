"""A column as a few cells, for whatever is counted along several columns at once."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback.tables.counts._categories import Categories
from kullback.tables.counts._cells import Cells, coarser, make_cells
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._leaves import Leaves
from kullback.tables.counts._units import column_axis, occupied_cells
from kullback.tables.engines._axes import Axis, OrderedAxis


@dataclass(frozen=True, eq=False)
class Coding:
    """A column as a few cells.

    Attributes:
        column: Its counts on both sides.
        axes: Along what each table counts it.
        labels: What is in each cell.
        places: The cell for each step of the axes; -1 for steps that no row takes.
    """

    column: ColumnCounts
    axes: tuple[Axis, ...]
    labels: list[str]
    places: NDArray[np.int64]

    def folded(self, counts: NDArray[np.float64], dimension: int, /) -> NDArray[np.float64]:
        """Counts along the axis as counts along the labels, in one dimension of several."""
        moved = np.moveaxis(counts, dimension, 0)
        inside = self.places >= 0
        sums = np.zeros((len(self.labels), *moved.shape[1:]))
        np.add.at(sums, self.places[inside], moved[inside])
        return np.moveaxis(sums, 0, dimension)


def code_column(
    column: ColumnCounts, positions: tuple[int, ...], /, *, factors: tuple[float, float], most: int
) -> Coding | None:
    """A column as at most `most` cells; None if it has no distribution, or one value alone.

    Args:
        column: Its counts on both sides.
        positions: Its place in each table.
        factors: Effective rows per unit of weight, for each side.
        most: Cells at most; NULL, NaN and the infinities of an ordered column may come on top.
    """
    body, reading = column.body, column.reading
    if reading is None or not isinstance(body, (Leaves, Categories)):
        return None
    if isinstance(body, Categories):
        body = heaviest_categories(body, most)
    cells = make_cells(body, reading, factors=factors)
    if len(cells.group_labels) > most:
        cells = next((fewer for fewer in coarser(cells) if _plain(fewer) <= most), cells)
    if len(cells.group_labels) < 2:
        return None
    axes = tuple(column_axis(position, reading, body, cells) for position in positions)
    places = np.full(axes[0].width, -1, dtype=np.int64)
    places[occupied_cells(body, cells)] = cells.groups
    return Coding(column, axes, [str(label) for label in cells.group_labels], places)


def thinned(coding: Coding, /) -> Coding:
    """The same cells along axes that have no finer ones."""
    if not isinstance(coding.axes[0], OrderedAxis):
        return coding
    cuts = np.flatnonzero(np.diff(coding.places[: len(coding.axes[0].edges) + 1]) != 0)
    axes = tuple(replace(axis, edges=axis.edges[cuts]) for axis in coding.axes if isinstance(axis, OrderedAxis))
    ordered = coding.places[np.append(cuts, len(coding.axes[0].edges))]
    return replace(coding, axes=axes, places=np.append(ordered, coding.places[len(coding.axes[0].edges) + 1 :]))


def _plain(cells: Cells) -> int:
    return len(cells.group_labels) - (int(cells.special.sum()) if cells.ordered else 0)


def heaviest_categories(body: Categories, most: int, /) -> Categories:
    """The heaviest values one by one, so that each has a cell, and all others together."""
    room = most - int((body.missing > 0).any())
    if len(body.values) + int((body.rest > 0).any()) <= room:
        return body
    kept = slice(0, max(room - 1, 1))
    rest = body.rest + body.counts[:, kept.stop :].sum(axis=1)
    return Categories(body.values[kept], body.counts[:, kept], rest, body.missing, body.rows, body.distinct)
