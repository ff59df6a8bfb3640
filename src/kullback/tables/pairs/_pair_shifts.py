"""The records of a comparison of pairs of columns: whose dependence changed, and by how much."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kullback._core import printable
from kullback.tables.formats._plain import plain_count, plain_number
from kullback.tables.pairs._statements import Statement


@dataclass(frozen=True, eq=False)
class PairTable:
    """The rows of two columns together.

    Attributes:
        x_labels: Cells of the first column.
        y_labels: Cells of the second column.
        reference: Rows or weight of the reference, a row for each cell of the first column.
        current: Likewise of the current table.
        expected: Rows of the current table, had it the dependence of the reference; None for cells of too few rows.
    """

    x_labels: tuple[str, ...]
    y_labels: tuple[str, ...]
    reference: tuple[tuple[float, ...], ...]
    current: tuple[tuple[float, ...], ...]
    expected: tuple[tuple[float | None, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        """The table as plain data."""
        return {
            "x_labels": list(self.x_labels),
            "y_labels": list(self.y_labels),
            "reference": [[plain_count(cell) for cell in row] for row in self.reference],
            "current": [[plain_count(cell) for cell in row] for row in self.current],
            "expected": [[plain_number(cell) for cell in row] for row in self.expected],
        }


@dataclass(frozen=True, eq=False)
class PairShift:
    """How much the dependence of two columns changed.

    Attributes:
        x: The first column.
        y: The second column.
        dependence: D of the current table from the reference fitted to the current margins: what of D(x, y) neither
            column by itself explains. Zero where all odds ratios are the same.
        joint: Plug-in of D(x, y) in bits, for information.
        information: Mutual information of the two columns in bits, reference and current, less its bias.
        headline: Which cells did it, in words.
        table: The counts; None for all but the worst pairs.
    """

    x: str
    y: str
    dependence: Statement
    joint: float
    information: tuple[float, float]
    headline: str
    table: PairTable | None = None

    def __repr__(self) -> str:
        """The verdict with its figure."""
        return f"<{printable(self.x)} and {printable(self.y)}: {self.dependence!r}>"

    def to_dict(self) -> dict[str, Any]:
        """The pair as plain data."""
        return {
            "x": self.x,
            "y": self.y,
            "dependence": self.dependence.to_dict(),
            "joint": plain_number(self.joint),
            "information": list(self.information),
            "headline": self.headline,
            "table": None if self.table is None else self.table.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class PairShifts:
    """Pairs of columns, those whose dependence changed first.

    Attributes:
        pairs: The pairs that were judged.
        candidates: Pairs that were looked at in all: all count in the adjustment of the p-values.
        method: How the figures were made.
        notes: Remarks.
    """

    pairs: tuple[PairShift, ...]
    candidates: int
    method: str
    notes: tuple[str, ...] = ()

    @property
    def shifted(self) -> int:
        """Number of pairs whose dependence changed."""
        return sum(pair.dependence.verdict == "shifted" for pair in self.pairs)

    def __iter__(self) -> Iterator[PairShift]:
        """The pairs, worst first."""
        return iter(self.pairs)

    def __len__(self) -> int:
        """Number of judged pairs."""
        return len(self.pairs)

    def __getitem__(self, names: tuple[str, str]) -> PairShift:
        """The pair of two columns, in either order."""
        for pair in self.pairs:
            if {pair.x, pair.y} == set(names):
                return pair
        raise KeyError(f"the columns {names!r} were not judged as a pair")

    def to_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        return {
            "judged": len(self.pairs),
            "candidates": self.candidates,
            "shifted": self.shifted,
            "pairs": [pair.to_dict() for pair in self.pairs],
            "method": self.method,
            "notes": list(self.notes),
        }
