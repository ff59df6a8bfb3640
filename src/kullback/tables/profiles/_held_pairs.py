"""Splits by a target and changes of dependence where a side is a profile: from the pairs that it holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.tables._messages import Message
from kullback.tables._results import ColumnResult
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._counting import ColumnPlan
from kullback.tables.engines._table import Table
from kullback.tables.pairs._conditional import check_target, why_left_out
from kullback.tables.pairs._dependence import checked_most, named_pairs
from kullback.tables.pairs._pair_counts import CodedColumn, CountedPair
from kullback.tables.pairs._pair_judgment import judge_pairs
from kullback.tables.pairs._pair_shifts import PairShifts
from kullback.tables.pairs._split_judgment import judge_splits
from kullback.tables.pairs._splits import LeftOut, TargetShift
from kullback.tables.profiles._kept_pairs import KeptCells, count_cells
from kullback.tables.profiles._profile import Profile
from kullback.tables.verdicts._statistics import Rules

Floats = NDArray[np.float64]
Names = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Beside:
    """What `compare` has in hand once the columns are judged, if at least one side is a profile.

    Attributes:
        sides: The reference and the current side.
        plans: Place of each compared column.
        columns: The counts of each, in the order of the plans.
        results: What was said of each, in the same order.
        rules: By which verdicts are made.
    """

    sides: tuple[Table | Profile, Table | Profile]
    plans: tuple[ColumnPlan, ...]
    columns: tuple[ColumnCounts, ...]
    results: tuple[ColumnResult, ...]
    rules: Rules

    @cached_property
    def profiles(self) -> tuple[Profile, ...]:
        """The sides that are profiles."""
        return tuple(side for side in self.sides if isinstance(side, Profile))

    @cached_property
    def verdicts(self) -> dict[str, str]:
        """The verdict on each column."""
        return {result.name: result.verdict for result in self.results}

    @cached_property
    def cells(self) -> dict[str, KeptCells]:
        """The cells of each column that all profiles hold alike, in the reading in which the sides are compared."""
        found = {}
        for column in self.columns:
            own = [profile.pairs.cells.get(column.name) for profile in self.profiles]
            read = [None if cells is None else cells.as_read(column.reading) for cells in own]
            known = [cells for cells in read if cells is not None]
            if len(known) == len(read) and all(cells.alike(known[0]) for cells in known):
                found[column.name] = known[0]
        return found

    def lacking(self, x: str, y: str) -> Profile | None:
        """A profile that does not hold the pair."""
        return next((profile for profile in self.profiles if profile.pairs.of(x, y) is None), None)

    def counted(self, pairs: Sequence[Names]) -> list[CountedPair]:
        """The counts of pairs that are held on cells alike, without cells that no row is in."""
        both = zip(pairs, self._counts(0, pairs), self._counts(1, pairs), strict=True)
        return [_occupied(names, (self._coded(names[0]), self._coded(names[1])), *sides) for names, *sides in both]

    def _counts(self, place: int, pairs: Sequence[Names]) -> list[Floats]:
        side = self.sides[place]
        if isinstance(side, Profile):
            return [np.asarray(side.pairs.of(x, y)) for x, y in pairs]
        axes = {
            plan.name: self.cells[plan.name].axis(plan.positions[place])
            for plan in self.plans
            if plan.name in self.cells
        }
        return list(count_cells(side, [(axes[x], axes[y]) for x, y in pairs]))

    def _coded(self, name: str) -> CodedColumn:
        return CodedColumn(name, self.cells[name].reading.kind, self.cells[name].labels)


def split_held(beside: Beside, target: str, /) -> TargetShift:
    """Split D(x, y) of the target y and every column x that the profiles hold with it.

    Raises:
        InputError: If the target is not among the compared columns, or no profile holds it, or not on the same cells.
    """
    check_target(target, beside.verdicts, beside.verdicts)
    others = [name for name in beside.verdicts if name != target]
    held = [name for name in others if beside.lacking(name, target) is None]
    if not held:
        raise _missing_target(beside, target, others)
    alike = [name for name in held if target in beside.cells and name in beside.cells]
    if not alike:
        raise _apart(beside, held[0], target)
    counted = beside.counted([(name, target) for name in alike])
    # The target has the same cells in every pair.
    check_target(target, beside.verdicts, [target] if len(counted[0].y.labels) > 1 else [])
    split = [pair for pair in counted if len(pair.x.labels) > 1]
    if not split:
        raise InputError(f"no column besides the target {target!r} has a distribution: nothing to split.")
    reasons = {name: _why_not(beside, name, target) for name in others}
    known = {pair.x.name for pair in split}
    return judge_splits(split, beside.rules, [LeftOut(name, reasons[name]) for name in others if name not in known])


def changed_held(beside: Beside, pairs: bool | int | Sequence[Names], /) -> PairShifts:  # noqa: FBT001
    """Which of the pairs that the profiles hold changed their dependence.

    Raises:
        InputError: If `pairs` is none of what it can be, or names a pair that a profile does not hold on these cells.
    """
    if isinstance(pairs, (bool, int)):
        most = checked_most(pairs)
        held = _all_held(beside)
        # All are judged, so that choosing the first of them costs nothing in honesty.
        shifts = judge_pairs(_with_distribution(beside.counted(held)), beside.rules)
        return replace(shifts, pairs=shifts.pairs[:most])
    chosen = named_pairs(pairs)
    for x, y in chosen:
        _check_held(beside, x, y)
    return judge_pairs(_with_distribution(beside.counted(chosen)), beside.rules)


def _all_held(beside: Beside) -> list[Names]:
    listed = beside.profiles[0].pairs.counts
    held = [(x, y) for x, y in listed if beside.lacking(x, y) is None and {x, y} <= beside.verdicts.keys()]
    if not held:
        named = "; ".join(f"{profile.name!r} holds {profile.pairs.listing}" for profile in beside.profiles)
        raise InputError(
            f"there is no pair of columns that can be compared: {named}. Make the profile again with "
            "pairs=[('carrier', 'origin')] (--pair carrier,origin), or give both tables themselves."
        )
    alike = [(x, y) for x, y in held if x in beside.cells and y in beside.cells]
    if not alike:
        raise _apart(beside, *held[0])
    return alike


def _check_held(beside: Beside, x: str, y: str) -> None:
    for name in (x, y):
        if name not in beside.verdicts:
            raise InputError(
                f"pairs names {name!r}, which is none of the compared columns: take columns that have a distribution."
            )
    lacking = beside.lacking(x, y)
    if lacking is not None:
        raise InputError(
            f"the profile {lacking.name!r} does not hold {x!r} with {y!r}; it holds {lacking.pairs.listing}. Make it "
            f"again with pairs=[({x!r}, {y!r})], or give both tables themselves."
        )
    if x not in beside.cells or y not in beside.cells:
        raise _apart(beside, x, y)


def _with_distribution(counted: Sequence[CountedPair]) -> list[CountedPair]:
    return [pair for pair in counted if len(pair.x.labels) > 1 and len(pair.y.labels) > 1]


def _occupied(names: Names, coded: tuple[CodedColumn, CodedColumn], reference: Floats, current: Floats) -> CountedPair:
    """A pair without the cells that no row of either side is in."""
    both = (reference > 0) | (current > 0)
    kept = np.flatnonzero(both.any(axis=1)), np.flatnonzero(both.any(axis=0))
    x, y = (
        replace(column, name=name, labels=tuple(column.labels[place] for place in places.tolist()))
        for name, column, places in zip(names, coded, kept, strict=True)
    )
    return CountedPair(x, y, reference[np.ix_(*kept)], current[np.ix_(*kept)])


def _missing_target(beside: Beside, target: str, others: Sequence[str]) -> InputError:
    without = (each for each in beside.profiles if all(each.pairs.of(name, target) is None for name in others))
    lacking = next(without, beside.profiles[-1])
    return InputError(
        f"the profile {lacking.name!r} does not hold {target!r} with other columns; it holds {lacking.pairs.listing}. "
        f"Make it again with target={target!r} (kullback profile --target), or give both tables themselves."
    )


def _apart(beside: Beside, x: str, y: str) -> InputError:
    if len(beside.profiles) < 2:
        return InputError(
            f"{x!r} with {y!r} cannot be compared: the type of one of them has changed since the profile was made."
        )
    first, second = (profile.name for profile in beside.profiles)
    return InputError(
        f"the profiles {first!r} and {second!r} hold {x!r} with {y!r} on different cells: make the second one on the "
        "cells of the first (kl.profile(table, like=first, …), kullback profile TABLE --like FIRST …)."
    )


def _why_not(beside: Beside, name: str, target: str) -> str:
    verdict = beside.verdicts[name]
    if verdict in ("key", "constant", "undefined"):
        return Message(why_left_out(verdict))
    if beside.lacking(name, target) is not None:
        return Message("a profile does not hold it together with the target")
    if name not in beside.cells:
        return Message("the two profiles hold it on different cells")
    return Message(why_left_out("constant"))
