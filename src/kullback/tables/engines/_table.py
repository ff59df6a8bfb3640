"""What a backend answers: the columns of a table, and how many rows fall where. The only part that touches rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.tables.counts._reading import CATEGORY, Reading
from kullback.tables.engines._axes import Axis, HashAxis, ValueAxis
from kullback.tables.engines._kernel import Bins, Grid, Values


@dataclass(frozen=True)
class Column:
    """A column as a table declares it: its place, exact name, native type in DuckDB's spelling, and remarks."""

    position: int
    name: str
    native: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class ValueCounts:
    """Counts of distinct texts, heaviest first, ties by their bytes.

    Attributes:
        values: Distinct texts, without NULL.
        counts: Rows (or summed weights) of each.
        missing: Rows (or weights) that are NULL.
        rows: Rows without NULL, those of unlisted values included (unweighted).
        total: Rows or weights without NULL, those of unlisted values included.
        distinct: Number of distinct values, the unlisted included.
    """

    values: tuple[str, ...]
    counts: NDArray[np.float64]
    missing: float
    rows: int
    total: float
    distinct: int


class Fetched(NamedTuple):
    """Columns in memory, all in one order of rows.

    Attributes:
        columns: Image (texts as objects) and NULL mask of each column.
        weights: Weight of every row; None without weights.
    """

    columns: list[tuple[Values, NDArray[np.bool_]]]
    weights: NDArray[np.float64] | None


@dataclass(frozen=True, eq=False)
class UnitKey:
    """Which rows of a table belong together, as rows of an array: one for each unit, or for each hash of units.

    Attributes:
        groups: Number of groups over both tables.
        codes: The group of each unit by its text; None where units are hashed.
        buckets: Into how many groups the units of this table are hashed.
        offset: The first of these.
    """

    groups: int
    codes: dict[str, int] | None
    buckets: int = 0
    offset: int = 0

    def axis(self, position: int) -> ValueAxis | HashAxis:
        """Along what a table whose units stand in that column is counted."""
        if self.codes is not None:
            return ValueAxis(position, CATEGORY, tuple(self.codes))
        return HashAxis(position, self.buckets)

    def by_group(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Counts along `axis` (their first) as counts by group."""
        if self.codes is not None:
            return counts[: self.groups]
        filled = np.zeros((self.groups, *counts.shape[1:]))
        filled[self.offset : self.offset + self.buckets] = counts
        return filled


def offered_columns(
    names: Sequence[str], natives: Sequence[str], /, *, weights: str | None, unit: tuple[str, ...]
) -> tuple[Column, ...]:
    """The columns of a table that are compared: not its weights, nor what names its units."""
    return tuple(
        Column(position, name, native)
        for position, (name, native) in enumerate(zip(names, natives, strict=True))
        if name != weights and name not in unit
    )


def unit_places(table: str, unit: tuple[str, ...], names: list[str], /) -> list[int]:
    """Where the columns stand by which rows are to be taken together.

    Raises:
        InputError: If the table lacks one of them.
    """
    for name in unit:
        if name not in names:
            raise InputError(
                f"{table!r} has no column {name!r} to take rows together as units. Its columns: {_listed(names)}."
            )
    return [names.index(name) for name in unit]


def weight_place(table: str, weights: str, names: list[str], /) -> int:
    """Where the column of row weights stands.

    Raises:
        InputError: If the table lacks it.
    """
    if weights not in names:
        raise InputError(f"{table!r} has no column {weights!r} to weigh its rows. Its columns: {_listed(names)}.")
    return names.index(weights)


def bad_weights_error(table: str, weights: str, bad: int, /) -> InputError:
    """That so many values of a column are no weights."""
    return InputError(
        f"The weights {weights!r} of {table!r} must be finite numbers, none negative, with a positive sum: {bad} rows "
        "have something else. Filter these rows with `where`."
    )


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names[:20])


class Table(Protocol):
    """A table that can be counted. `position` is that of a column, `reading` how its values are to be taken."""

    name: str
    rows: int
    columns: tuple[Column, ...]
    # Total weight and Kish's effective number of rows; both equal `rows` without weights.
    weight: float
    effective_rows: float
    # How many columns the engine counts side by side.
    parallel: int
    # Position under which the texts of the units are read; None where rows are independent. Not among the columns.
    unit: int | None

    def fetch(self, wanted: list[tuple[int, Reading]], /) -> "Fetched":
        """Images of several columns and the weights of the rows; for small tables."""

    def sample(self, wanted: list[tuple[int, Reading]], size: int, seed: str, /) -> "Fetched":
        """At most `size` whole rows, chosen by what they hold and not by their order (see `_sampling`)."""

    def coarse(self, position: int, reading: Reading, /) -> Bins:
        """Bins of an ordered column, sixteen to the octave."""

    def refined(self, position: int, reading: Reading, grids: list[Grid], /) -> Bins:
        """Bins of an ordered column after the splits of `grids`, applied one after the other."""

    def histogram(self, position: int, reading: Reading, edges: Values, /) -> NDArray[np.float64]:
        """Finite values by given cells: cell i is (edges[i - 1], edges[i]], the last one lies above all edges."""

    def heaviest(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:
        """The `limit` heaviest distinct texts."""

    def occurrences(self, position: int, reading: Reading, values: list[str], /) -> NDArray[np.float64]:
        """Rows of each of the given texts."""

    def distinct(self, position: int, reading: Reading, /) -> int:
        """Number of distinct values, NULL apart."""

    def shapes(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:
        """The `limit` heaviest shapes of a text column (see `SHAPE_STEPS`)."""

    def crosstabs(self, axes: Sequence[Axis], sets: Sequence[tuple[int, ...]], /) -> list[NDArray[np.float64]]:
        """Rows (or weights) by the cells of several columns at once: for each set of axes an array of their widths."""

    def shared(self, other: "Table", position: int, other_position: int, reading: Reading, /) -> int | None:
        """Distinct values that the other table holds too; None where the two cannot be joined."""


def weight_quantum(total: float, /) -> float:
    """The power of two to whose multiples weights are rounded before they are summed.

    Sums of such multiples are exact, so their order, which engines do not promise, does not matter. A weight changes by
    less than one part in 2**52 of the total.
    """
    return 2.0 ** (math.frexp(total)[1] - 52) if total > 0 else 1.0


def steady(value: float, /) -> float:
    """A sum in floating point without the last digits, which depend on its order."""
    return float(f"{value:.12g}")


# The shape of a text: runs of digits become 9, of small letters a, of capitals A, of other letters x, and the length
# follows. In this order, as a digit must not be taken for a letter of an earlier step.
SHAPE_STEPS = (
    (r"[0-9]+", "9"),
    (r"[a-z]+", "a"),
    (r"[A-Z]+", "A"),
    (r"[^\x00-\x7F]+", "x"),
)
# Longer skeletons are cut, so that free text does not make a shape of its own for every row.
SHAPE_LENGTH = 24
