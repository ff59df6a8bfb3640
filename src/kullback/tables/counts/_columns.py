"""The counts of one column on one or two sides: what a backend gives and statistics take."""

from dataclasses import dataclass, field, replace

from kullback.tables.counts._categories import Categories
from kullback.tables.counts._leaves import Leaves
from kullback.tables.counts._reading import Reading
from kullback.tables.counts._units import UnitCounts


@dataclass(frozen=True, eq=False)
class Keys:
    """What is kept of a column in which nearly every value is distinct.

    Attributes:
        rows: Rows without NULL of each side.
        distinct: Distinct values of each side.
        missing: Rows that are NULL of each side.
        low: Smallest value of each side where keys are whole numbers, else None.
        high: Largest value of each side, likewise.
        shared: Distinct values that both sides hold; None where that cannot be known.
        shapes: Shapes of the texts; None for whole numbers.
    """

    rows: tuple[int, ...]
    distinct: tuple[int, ...]
    missing: tuple[float, ...]
    low: tuple[int, ...] | None
    high: tuple[int, ...] | None
    shared: int | None
    shapes: Categories | None

    def side(self, index: int, /) -> "Keys":
        """One side by itself."""
        alone = slice(index, index + 1)
        return Keys(
            self.rows[alone],
            self.distinct[alone],
            self.missing[alone],
            None if self.low is None else self.low[alone],
            None if self.high is None else self.high[alone],
            None,
            None if self.shapes is None else self.shapes.side(index),
        )

    def turned(self) -> "Keys":
        """The sides in the opposite order."""
        return replace(
            self,
            rows=self.rows[::-1],
            distinct=self.distinct[::-1],
            missing=self.missing[::-1],
            low=None if self.low is None else self.low[::-1],
            high=None if self.high is None else self.high[::-1],
            shapes=None if self.shapes is None else self.shapes.turned(),
        )


@dataclass(frozen=True, eq=False)
class ColumnCounts:
    """Everything that is known of a column.

    Attributes:
        name: Shown name, unique within the comparison.
        natives: Native type on each side.
        reading: How the values were taken; None where the sides cannot be compared.
        body: The counts; None where there is nothing to count (nested types, types that do not meet).
        notes: Remarks for the reader.
        units: The counts by unit; None where rows are independent or the column has no distribution.
    """

    name: str
    natives: tuple[str, ...]
    reading: Reading | None
    body: Leaves | Categories | Keys | None
    notes: list[str] = field(default_factory=list)
    units: UnitCounts | None = None
