"""What whole units (days, users, stores, samples) say about the divergence of a column."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from kullback.inference import (
    DivergenceInterval,
    UnitShuffles,
    clustered_divergence,
    clustered_proportion_interval,
    unit_permutation_test,
    unit_shuffles,
)
from kullback.tables._messages import Message
from kullback.tables.counts._cells import Cells, coarser
from kullback.tables.counts._units import LEAST_UNITS, UnitCounts
from kullback.tables.verdicts._evidence import CHOSEN_GROUPS, PERMUTATIONS, Chosen, Groups, Halves

# By simulation: with fewer independent rows to a cell than this, units that are all of one kind are flagged too often.
_ROWS_PER_CELL, _ROWS_PER_FEW_CELLS = 8, 5
_LEVELS = (2, 4, 8, 16, 32)
_ROWS_PER_TESTED_CELL = 20


@dataclass(frozen=True, eq=False)
class UnitEvidence:
    """Units are independent, their rows depend on each other in any way.

    Attributes:
        current: Effective rows, shape ``(units, cells)``.
        reference: Likewise; the same unit in the same row.
        seed: Seed of the shuffles, which are the same for every column.
    """

    current: NDArray[np.float64]
    reference: NDArray[np.float64]
    seed: int

    def fitted(self, cells: Cells, /) -> Cells:
        """The finest interval cells that hold enough independent rows each."""
        fitting = cells
        for fitting in _from_finest(cells):
            number = len(fitting.group_labels)
            needed = number * (_ROWS_PER_FEW_CELLS if number <= 4 else _ROWS_PER_CELL)
            if self.certainty(fitting.groups) >= needed:
                break
        return fitting

    def divergence(self, groups: Groups, /) -> DivergenceInterval:
        """Debiased D(current‖reference) over groups of cells."""
        return clustered_divergence(_grouped(self.current, groups), _grouped(self.reference, groups)).interval

    def design_effect(self, groups: Groups, /) -> float:
        """How many times wider chance spreads than for as many independent rows."""
        return clustered_divergence(_grouped(self.current, groups), _grouped(self.reference, groups)).design_effect

    def certainty(self, groups: Groups, /) -> float:
        """Rows of the smaller side over the design effect."""
        rows = min(float(self.current.sum()), float(self.reference.sum()))
        return rows / max(self.design_effect(groups), 1.0) if rows else 0.0

    def within(self, chosen: Chosen, /) -> "UnitEvidence":
        """The evidence of some cells alone."""
        return UnitEvidence(self.current[:, chosen], self.reference[:, chosen], self.seed)

    @cached_property
    def _present(self) -> tuple[Chosen, Chosen]:
        return self.current.sum(axis=1) > 0, self.reference.sum(axis=1) > 0

    def halves(self, rng: np.random.Generator, /) -> Halves | None:
        """Whole units fall to either half."""
        if min(side.sum() for side in self._present) < 2 * LEAST_UNITS:
            return None
        first = np.zeros(len(self.current), dtype=bool)
        # Half of the units of one side alone, half of the other's, half of what both hold.
        kind = self._present[0] + 2 * self._present[1].astype(np.int64)
        for value in np.unique(kind):
            units = rng.permutation(np.flatnonzero(kind == value))
            first[units[: (len(units) + 1) // 2]] = True
        judged = UnitEvidence(self.current[~first], self.reference[~first], self.seed)
        rows = judged.certainty(np.arange(self.current.shape[1]))
        groups = max(2, min(CHOSEN_GROUPS, int(rows // _ROWS_PER_CELL)))
        return Halves(self.current[first].sum(axis=0), self.reference[first].sum(axis=0), judged, groups)

    def test(self, cells: Cells, rng: np.random.Generator, /) -> tuple[float, str]:  # noqa: ARG002
        """G with whole units exchanged between the sides."""
        smaller = min(float(self.current.sum()), float(self.reference.sum()))
        partitions = list(_partitions(cells, smaller))
        shuffles = _shuffles(*(side.tobytes() for side in self._present), self.seed)
        p_value = unit_permutation_test(self.current, self.reference, partitions, shuffles)
        return p_value, Message(
            "G over {cells}, {draws} permutations of units",
            cells=Message("nested halves" if cells.ordered else "the cells"),
            draws=f"{PERMUTATIONS:,}",
        )

    def share(self, chosen: Chosen, *, current: bool, confidence: float) -> tuple[float, float]:
        """Clopper-Pearson at the effective number of rows."""
        side = self.current if current else self.reference
        return clustered_proportion_interval(side[:, chosen].sum(axis=1), side.sum(axis=1), confidence=confidence)


def unit_evidence(counts: UnitCounts, factors: tuple[float, float], seed: int, /) -> UnitEvidence:
    """The evidence of a column counted by unit."""
    return UnitEvidence(counts.current * factors[1], counts.reference * factors[0], seed)


def _grouped(counts: NDArray[np.float64], groups: Groups) -> NDArray[np.float64]:
    grouped = np.zeros((int(groups.max()) + 1, len(counts)))
    np.add.at(grouped, groups, counts.T)
    return grouped.T


def _from_finest(cells: Cells) -> Iterable[Cells]:
    yield cells
    yield from coarser(cells)


def _partitions(cells: Cells, smaller: float) -> Iterable[Groups]:
    if not cells.ordered:
        yield np.arange(len(cells.labels))
        if len(cells.group_labels) < len(cells.labels):
            yield cells.groups
        return
    for place in np.flatnonzero(cells.special):
        yield (np.arange(len(cells.labels)) == place).astype(np.int64)
    for parts in _LEVELS:
        if parts <= max(2.0, smaller / _ROWS_PER_TESTED_CELL):
            groups = np.minimum((cells.ranks * parts).astype(np.int64), parts - 1)
            yield np.where(cells.special, parts, groups)


@lru_cache(maxsize=4)
def _shuffles(current: bytes, reference: bytes, seed: int) -> UnitShuffles:
    """The draws, made once for all columns: they depend only on which side holds which unit."""
    present = np.frombuffer(current, dtype=bool), np.frombuffer(reference, dtype=bool)
    return unit_shuffles(*present, draws=PERMUTATIONS, rng=np.random.default_rng(seed))
