"""What the rows of a column say about its divergence, whatever is taken as independent."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kullback.inference import (
    DivergenceInterval,
    divergence_interval,
    nested_g_test,
    proportion_interval,
    two_sample_g_test,
)
from kullback.tables._messages import Message
from kullback.tables.counts._cells import Cells

PERMUTATIONS = 999
# Groups that half of the rows suggest, and on which the other half is judged.
CHOSEN_GROUPS = 8

Groups = NDArray[np.int64]
Chosen = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Halves:
    """A column's rows split in two at random: what one half shows, and the other half as evidence.

    Attributes:
        current: Rows of the first half by cell, current table.
        reference: Likewise, reference.
        judged: The second half.
        groups: Number of groups on which the second half can be judged.
    """

    current: NDArray[np.float64]
    reference: NDArray[np.float64]
    judged: "Evidence"
    groups: int


class Evidence(Protocol):
    """Counts of both sides by cell, and how chance moves them."""

    def fitted(self, cells: Cells, /) -> Cells:
        """The cells with interval cells as fine as the evidence carries."""

    def divergence(self, groups: Groups, /) -> DivergenceInterval:
        """Debiased D(current‖reference) over groups of cells."""

    def design_effect(self, groups: Groups, /) -> float | None:
        """How many times wider chance spreads than for as many independent rows; None where rows are independent."""

    def certainty(self, groups: Groups, /) -> float:
        """As many independent rows of the smaller side would say as much."""

    def within(self, chosen: Chosen, /) -> "Evidence":
        """The evidence of some cells alone."""

    def halves(self, rng: np.random.Generator, /) -> Halves | None:
        """Two halves that know nothing of each other; None if there is too little to split."""

    def test(self, cells: Cells, rng: np.random.Generator, /) -> tuple[float, str]:
        """P-value of D = 0 and the name of the test."""

    def share(self, chosen: Chosen, *, current: bool, confidence: float) -> tuple[float, float]:
        """Interval of the share of some cells on one side."""


@dataclass(frozen=True, eq=False)
class RowEvidence:
    """Rows are independent.

    Attributes:
        current: Effective rows by cell.
        reference: Likewise.
    """

    current: NDArray[np.float64]
    reference: NDArray[np.float64]

    def fitted(self, cells: Cells, /) -> Cells:
        """The cells as they are: they were made by the number of rows."""
        return cells

    def divergence(self, groups: Groups, /) -> DivergenceInterval:
        """Debiased D(current‖reference) over groups of cells."""
        return divergence_interval(
            np.bincount(groups, weights=self.current).astype(np.float64),
            np.bincount(groups, weights=self.reference).astype(np.float64),
        )

    def design_effect(self, groups: Groups, /) -> None:
        """There is none."""

    def certainty(self, groups: Groups, /) -> float:  # noqa: ARG002
        """Rows of the smaller side."""
        return min(float(self.current.sum()), float(self.reference.sum()))

    def within(self, chosen: Chosen, /) -> "RowEvidence":
        """The evidence of some cells alone."""
        return RowEvidence(self.current[chosen], self.reference[chosen])

    def halves(self, rng: np.random.Generator, /) -> Halves | None:
        """Every row falls to either half by the toss of a coin."""
        whole = [np.rint(side).astype(np.int64) for side in (self.current, self.reference)]
        first = [rng.binomial(side, 0.5) for side in whole]
        second = [(side - half).astype(np.float64) for side, half in zip(whole, first, strict=True)]
        shown = [half.astype(np.float64) for half in first]
        return Halves(shown[0], shown[1], RowEvidence(second[0], second[1]), CHOSEN_GROUPS)

    def test(self, cells: Cells, rng: np.random.Generator, /) -> tuple[float, str]:
        """G along the order, or over the categories."""
        if cells.ordered:
            return nested_g_test(self.current, self.reference, cells.ranks, cells.special), Message(
                "G over nested halves"
            )
        p_value, test = two_sample_g_test(self.current, self.reference, draws=PERMUTATIONS, rng=rng)
        return p_value, Message(test)

    def share(self, chosen: Chosen, *, current: bool, confidence: float) -> tuple[float, float]:
        """Clopper-Pearson."""
        side = self.current if current else self.reference
        return proportion_interval(float(side[chosen].sum()), float(side.sum()), confidence=confidence)
