"""What is held against what: groups against the rest, windows against those before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._counting import ColumnPlan, Progress
from kullback.tables.engines._table import Table
from kullback.tables.groups._group_cells import SideCounts
from kullback.tables.groups._group_counts import group_sizes, pair_groups
from kullback.tables.groups._group_judging import Pairs
from kullback.tables.groups._group_matrix import heaviest_groups
from kullback.tables.groups._grouping import Grouping
from kullback.tables.verdicts._statistics import Rules

AGAINST = ("rest", "reference", "same", "previous")


@dataclass(frozen=True, eq=False)
class GroupWork:
    """What a breakdown starts from.

    Attributes:
        tables: The table; before it the reference, if there is one.
        plans: Place and reading of each column.
        columns: The counts of each column, in the order of the plans.
        rules: By which verdicts are made.
        progress: Called while columns are counted.
    """

    tables: tuple[Table, ...]
    plans: tuple[ColumnPlan, ...]
    columns: tuple[ColumnCounts, ...]
    rules: Rules
    progress: Progress | None = None


@dataclass(frozen=True, eq=False)
class Holding:
    """What is held against what.

    Attributes:
        work: The tables and their columns.
        grouping: How rows fall into groups.
        against: What each group is held against: a word of `AGAINST`, or `group`.
        reference_group: With `group`, which one.
        rolling: So many windows are taken together.
        rows: Rows of each group of the current table, as they are counted.
        reference_rows: Likewise of the reference, where each group is held against the same one.
        matrix_groups: The groups of the matrix.
        previous: The window before each; -1 where there is none.
    """

    work: GroupWork
    grouping: Grouping
    against: str
    reference_group: int | None
    rolling: int
    rows: NDArray[np.float64]
    reference_rows: NDArray[np.float64] | None
    matrix_groups: tuple[int, ...]
    previous: NDArray[np.int64]

    def rolled(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each window with those before it; empty where there are too few."""
        if self.rolling == 1:
            return counts
        sums = np.cumsum(counts, axis=0)
        sums[self.rolling :] -= sums[: -self.rolling].copy()
        sums[: self.rolling - 1] = 0
        return sums

    def members(self, group: int) -> list[int]:
        """The groups as counted that a group stands for."""
        return list(range(group - self.rolling + 1, group + 1))

    def pairs(self, counted: SideCounts, reference: SideCounts) -> Pairs:
        """The groups of a column beside what they are held against.

        Args:
            counted: The column by group of the current table.
            reference: Likewise of the reference, or the whole reference as one group; else as `counted`.
        """
        groups = np.arange(len(counted.cells))
        current = replace(counted, cells=self.rolled(counted.cells), outside=self.rolled(counted.outside))
        compared = self.rolled(self.rows) > 0
        if self.against == "rest":
            return Pairs(current, _repeated(counted.total(), len(groups)) - current, compared)
        if self.against == "reference":
            return Pairs(current, reference.taken(np.array([0])), compared)
        if self.against == "same":
            whole = replace(reference, cells=self.rolled(reference.cells), outside=self.rolled(reference.outside))
            return Pairs(current, whole, compared)
        if self.against == "previous":
            return Pairs(current, current.taken(self.previous), compared & (self.previous >= 0))
        return Pairs(
            current, current.taken(np.array([self.reference_group])), compared & (groups != self.reference_group)
        )

    def two_sided(self, column: ColumnCounts, reference: ColumnCounts, group: int) -> ColumnCounts:
        """A column of a group and its reference as two sides, to be judged like any other."""
        return pair_groups((reference, self._reference_groups(group)), (column, self.members(group)))

    def _reference_groups(self, group: int) -> Sequence[int]:
        """Which sides of the reference's counts a group is held against."""
        own = self.members(group)
        if self.against == "rest":
            return [other for other in range(len(self.rows)) if other not in own]
        if self.against == "reference":
            return [0]
        if self.against == "same":
            return own
        if self.against == "previous":
            return self.members(int(self.previous[group]))
        return self.members(self.reference_group or 0)

    def sizes_of_references(self) -> list[float | None]:
        """Rows of what each group is held against; None where it is held against nothing."""
        rows = self.rolled(self.rows)
        if self.against == "rest":
            return [float(self.rows.sum() - each) for each in rows]
        if self.against == "reference":
            return [float(self.work.tables[0].weight)] * len(rows)
        if self.against == "same" and self.reference_rows is not None:
            return [float(each) for each in self.rolled(self.reference_rows)]
        if self.against == "previous":
            return [None if place < 0 else float(rows[place]) for place in self.previous]
        held = self.reference_group
        return [None if group == held or held is None else float(rows[held]) for group in range(len(rows))]


def hold(work: GroupWork, grouping: Grouping, rolling: int | None, against: str | None, /) -> Holding:
    """Decide what is held against what.

    Args:
        work: The tables and their columns.
        grouping: How rows fall into groups.
        rolling: So many windows are taken together.
        against: What was asked for; None for what suits the tables.

    Raises:
        InputError: If these do not fit each other.
    """
    sizes = group_sizes(work.tables[-1], grouping, side=len(work.tables) - 1)
    steps = _steps(rolling, grouping, len(sizes))
    held, group = _against(work, grouping, against)
    reference = group_sizes(work.tables[0], grouping) if held == "same" else None
    previous = np.full(len(sizes), -1, dtype=np.int64)
    occupied = np.flatnonzero(sizes > 0)
    previous[occupied[1:]] = occupied[:-1]
    if steps > 1:
        # Windows that overlap share rows: the one before is the last without any in common.
        previous = np.where(np.arange(len(sizes)) >= 2 * steps - 1, np.arange(len(sizes)) - steps, -1)
    return Holding(work, grouping, held, group, steps, sizes, reference, heaviest_groups(sizes), previous)


def _steps(rolling: object, grouping: Grouping, groups: int) -> int:
    if rolling is None:
        return 1
    if not isinstance(rolling, int) or isinstance(rolling, bool) or not 1 <= rolling <= groups:
        raise InputError(f"rolling is {rolling!r}; it must be a whole number from 1 to the {groups:,} windows.")
    if grouping.kind != "windows":
        raise InputError(
            f"rolling={rolling} takes windows together, but by={grouping.by!r} gives groups: leave it out."
        )
    return rolling


def _against(work: GroupWork, grouping: Grouping, against: str | None) -> tuple[str, int | None]:
    windows, two = grouping.kind == "windows", len(work.tables) == 2
    if against is None:
        if not two:
            return ("previous" if windows else "rest"), None
        return ("reference" if windows or grouping.axes[0] is None else "same"), None
    if against not in AGAINST:
        return "group", _named_group(grouping, against)
    if against in ("reference", "same") and not two:
        raise InputError(f"against={against!r} needs two tables, but one came: use rest, previous or a group's value.")
    if against == "previous" and not windows:
        raise InputError(
            f"against='previous' needs windows, but by={grouping.by!r} gives groups: use rest or a group's value."
        )
    return against, None


def _named_group(grouping: Grouping, against: str) -> int:
    if against in grouping.labels:
        return grouping.labels.index(against)
    known = ", ".join(repr(str(label)) for label in grouping.labels[:10])
    more = f" and {len(grouping.labels) - 10:,} more" if len(grouping.labels) > 10 else ""
    raise InputError(
        f"against is {against!r}; it must be one of {', '.join(AGAINST)}, or a group of {grouping.by!r}: {known}{more}."
    )


def _repeated(one: SideCounts, times: int) -> SideCounts:
    return one.taken(np.zeros(times, dtype=np.int64))
