"""The records of a comparison by a target: how D(x, y) splits for each column x and the target y."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kullback._core import printable
from kullback.tables.formats._plain import plain_count, plain_number
from kullback.tables.pairs._statements import Statement


@dataclass(frozen=True, eq=False)
class Slice:
    """The rows with one value (or range) of a column, and how the target changed among them.

    Attributes:
        label: The value.
        reference: Rows or weight of the reference.
        current: Rows or weight of the current table.
        contribution: What it adds to the plug-in of D(y|x) in bits; None where the reference has no such row.
        headline: What changed most in the target there.
    """

    label: str
    reference: float
    current: float
    contribution: float | None
    headline: str

    def to_dict(self) -> dict[str, Any]:
        """The slice as plain data."""
        return {
            "label": self.label,
            "reference": plain_count(self.reference),
            "current": plain_count(self.current),
            "contribution": plain_number(self.contribution),
            "headline": self.headline,
        }


@dataclass(frozen=True, eq=False)
class ColumnSplit:
    """D(x, y) of a column x and the target y, split in both orders: D(x) + D(y|x) and D(y) + D(x|y).

    Attributes:
        name: The column x.
        kind: What its values are.
        joint: D(x, y).
        covariate: D(x), the shift of the column.
        concept: D(y|x), the shift of the target given the column.
        label: D(y), the shift of the target.
        given_target: D(x|y), the shift of the column given the target.
        concept_share: Share of D(y|x) in D(x) + D(y|x), of the debiased figures; None where nothing is left of either.
        label_share: Share of D(y) in D(y) + D(x|y) likewise.
        headline: Which slice did it, in words.
        slices: The values of the column, those that add most to D(y|x) first.
        notes: Remarks.
    """

    name: str
    kind: str
    joint: Statement
    covariate: Statement
    concept: Statement
    label: Statement
    given_target: Statement
    concept_share: float | None
    label_share: float | None
    headline: str
    slices: tuple[Slice, ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """The verdicts and figures of both orders."""
        parts = (("covariate", self.covariate), ("concept", self.concept), ("given target", self.given_target))
        return f"<{printable(self.name)}: {'; '.join(f'{name} {part!r}' for name, part in parts)}>"

    def to_dict(self) -> dict[str, Any]:
        """The split as plain data."""
        return {
            "name": self.name,
            "kind": self.kind,
            "joint": self.joint.to_dict(),
            "covariate": self.covariate.to_dict(),
            "concept": self.concept.to_dict(),
            "label": self.label.to_dict(),
            "given_target": self.given_target.to_dict(),
            "concept_share": plain_number(self.concept_share),
            "label_share": plain_number(self.label_share),
            "headline": self.headline,
            "slices": [each.to_dict() for each in self.slices],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, eq=False)
class LeftOut:
    """A column of which nothing is said here, and why."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class TargetShift:
    """How the divergence of each column and the target splits into shifts of either and of what binds them.

    Attributes:
        name: The target y.
        kind: What its values are.
        cells: Labels of the cells of the target.
        label: D(y) over these cells.
        headline: What changed most in the target by itself.
        columns: The splits: those with a concept shift first, the largest first.
        left_out: Columns that have no distribution, or one value alone.
        method: How the figures were made.
    """

    name: str
    kind: str
    cells: tuple[str, ...]
    label: Statement
    headline: str
    columns: tuple[ColumnSplit, ...]
    left_out: tuple[LeftOut, ...]
    method: str

    def __iter__(self) -> Iterator[ColumnSplit]:
        """The splits, concept shifts first."""
        return iter(self.columns)

    def __len__(self) -> int:
        """Number of columns that were split."""
        return len(self.columns)

    def __getitem__(self, name: str) -> ColumnSplit:
        """The split of the column of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(column.name for column in self.columns[:20])
        raise KeyError(f"no column called {name!r} was split by the target; there are {known}")

    def to_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        return {
            "name": self.name,
            "kind": self.kind,
            "cells": list(self.cells),
            "label": self.label.to_dict(),
            "headline": self.headline,
            "columns": [column.to_dict() for column in self.columns],
            "left_out": [{"name": each.name, "reason": each.reason} for each in self.left_out],
            "method": self.method,
        }
