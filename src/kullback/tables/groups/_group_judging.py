"""From the counts of columns by group to the verdict of every column of every group."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback.inference import DivergenceInterval, benjamini_hochberg, divergence_interval, divergence_intervals
from kullback.tables._results import Verdict
from kullback.tables.groups._group_cells import PairCells, SideCounts, pair_cells
from kullback.tables.groups._groups import GroupCell
from kullback.tables.verdicts._statistics import BIT, Rules

_ROWS_PER_LIGHT_CELL = 10


@dataclass(frozen=True, eq=False)
class Pairs:
    """A column's groups beside their references.

    Attributes:
        current: The current side of each pair.
        reference: The reference of each, or one row for all.
        compared: Which groups are compared: False where there is nothing to compare with.
    """

    current: SideCounts
    reference: SideCounts
    compared: NDArray[np.bool_]

    def usable(self) -> NDArray[np.int64]:
        """Groups of which both sides have rows."""
        rows = self.current.all.sum(axis=1), self.reference.all.sum(axis=1)
        return np.flatnonzero(self.compared & (rows[0] > 0) & (rows[1] > 0))

    def constant(self, groups: NDArray[np.int64], /) -> NDArray[np.bool_]:
        """Of which groups both sides hold nothing but one value."""
        pooled = self.current.taken(groups).all + self.reference_of(groups).all
        one: NDArray[np.bool_] = (pooled > 0).sum(axis=1) == 1
        places = np.argmax(pooled, axis=1)
        single = np.append(self.current.single, np.ones(pooled.shape[1] - len(self.current.single), dtype=bool))
        constant: NDArray[np.bool_] = one & single[places]
        return constant

    def reference_of(self, groups: NDArray[np.int64], /) -> SideCounts:
        """The references of some groups."""
        return self.reference if len(self.reference.cells) == 1 else self.reference.taken(groups)


@dataclass(eq=False)
class GroupDraft:
    """A column by group before all are judged together.

    Attributes:
        groups: Groups that can be compared.
        divergences: The divergence of each of these.
        lowers: What bounds it below where it is infinite; else the same.
        infinite: Whether the reference lacks a cell that the group holds.
        p_margins: p(D ≤ margin) of each.
        rest_bounds: What values merged into a rest add at most, in nats.
        headlines: What changed most, by group, for the clearest.
        margin: Bits up to which a group counts as similar.
        constant: Whether both sides hold one and the same value.
    """

    groups: NDArray[np.int64]
    divergences: list[DivergenceInterval]
    lowers: list[DivergenceInterval]
    infinite: NDArray[np.bool_]
    p_margins: NDArray[np.float64]
    rest_bounds: list[float]
    headlines: dict[int, str]
    margin: float
    constant: NDArray[np.bool_]

    def clearest(self, level: float, most: int, /) -> list[int]:
        """Groups whose p-value is at most `level`, farthest first; the one with the least p-value if there is none."""
        if not len(self.groups):
            return []
        figures = np.array([each.debiased for each in self.divergences])
        order = [int(place) for place in np.argsort(-figures, kind="stable") if self.p_margins[place] <= level]
        places = order[:most] or [int(np.lexsort((-figures, self.p_margins))[0])]
        return [int(self.groups[place]) for place in places]


def draft_groups(pairs: Pairs, rules: Rules, /, *, margin: float) -> GroupDraft:
    """Divergence and p-value of a column in every group.

    Args:
        pairs: The column's groups beside their references.
        rules: By which verdicts are made.
        margin: Bits up to which a group counts as similar.
    """
    groups = pairs.usable()
    cells = pair_cells(pairs.current.taken(groups), pairs.reference_of(groups), rules.factors)
    divergences = divergence_intervals(cells.current, cells.reference)
    infinite = ((cells.reference == 0) & (cells.current > 0)).any(axis=1)
    # Where a side is all of one kind its spread looks like none, and p-values of small groups come out too small: the
    # spread is taken as that of equal sides at least.
    p_margins = [replace(each, scale=max(each.scale, 1.0)).p_value(margin * BIT) for each in divergences]
    return GroupDraft(
        groups,
        divergences,
        _bounded_below(cells, infinite, divergences),
        infinite,
        np.array(p_margins, dtype=np.float64),
        _rest_bounds(cells, pairs, groups, rules, [_near(each, margin, rules) for each in divergences]),
        {},
        margin,
        pairs.constant(groups),
    )


def decide_groups(drafts: list[GroupDraft], groups: int, rules: Rules, /) -> list[tuple[GroupCell, ...]]:
    """Verdicts of all columns of all groups together.

    Args:
        drafts: The columns.
        groups: Number of groups.
        rules: By which verdicts are made.
    """
    adjusted = benjamini_hochberg(np.concatenate([draft.p_margins for draft in drafts]) if drafts else [])
    share = float((adjusted <= rules.alpha).sum()) / max(len(adjusted), 1)
    decided, start = [], 0
    for draft in drafts:
        own = adjusted[start : start + len(draft.groups)]
        start += len(own)
        cells: list[GroupCell] = [GroupCell("undefined")] * groups
        for place, group in enumerate(draft.groups.tolist()):
            cells[group] = _cell(draft, place, float(own[place]), rules, share)
        decided.append(tuple(cells))
    return decided


def _cell(draft: GroupDraft, place: int, adjusted: float, rules: Rules, share: float) -> GroupCell:
    if draft.constant[place]:
        return GroupCell("constant", 0.0, 0.0)
    shifted = adjusted <= rules.alpha
    confidence = 1 - rules.alpha * share if shifted else 1 - rules.alpha
    low, high = (bound / BIT for bound in draft.divergences[place].bounds(confidence))
    infinite = bool(draft.infinite[place])
    if infinite:
        low, high = max(low, draft.lowers[place].bounds(confidence)[0] / BIT), math.inf
    verdict: Verdict = "shifted" if shifted else "inconclusive"
    if not shifted and high + draft.rest_bounds[place] / BIT < draft.margin:
        verdict = "similar"
    figure = draft.divergences[place].debiased / BIT
    headline = draft.headlines.get(int(draft.groups[place]), "") if shifted else ""
    return GroupCell(verdict, None if infinite else figure, figure, (low, high), adjusted, headline)


def _bounded_below(
    cells: PairCells, infinite: NDArray[np.bool_], divergences: list[DivergenceInterval]
) -> list[DivergenceInterval]:
    """Where the reference lacks cells, they join its heaviest: the divergence of what is merged bounds D below."""
    places = np.flatnonzero(infinite)
    current, reference = cells.current[places].copy(), cells.reference[places].copy()
    empty = reference == 0
    host = np.argmax(np.where(empty, -1.0, reference + current), axis=1)
    current[np.arange(len(places)), host] += np.where(empty, current, 0.0).sum(axis=1)
    current[empty] = 0.0
    merged = dict(zip(places.tolist(), divergence_intervals(current, reference), strict=True))
    return [merged.get(place, divergence) for place, divergence in enumerate(divergences)]


def _near(divergence: DivergenceInterval, margin: float, rules: Rules) -> bool:
    """Whether nothing but what is merged could keep a group from being similar."""
    return divergence.debiased < margin * BIT and divergence.bounds(1 - rules.alpha)[1] < margin * BIT


def _rest_bounds(
    cells: PairCells,
    pairs: Pairs,
    groups: NDArray[np.int64],
    rules: Rules,
    near: list[bool],
) -> list[float]:
    """What merged light values may hide; only where the rest of the column could pass for similar."""
    bounds = [0.0] * len(groups)
    references = pairs.reference_of(groups)
    for place in np.flatnonzero(cells.merged):
        bounds[place] = math.inf
        if near[place]:
            one = np.array([groups[place]])
            reference = references.taken(np.array([place if len(references.cells) > 1 else 0]))
            bounds[place] = _rest_bound(pairs.current.taken(one), reference, rules)
    return bounds


def _rest_bound(current: SideCounts, reference: SideCounts, rules: Rules) -> float:
    if current.outside[0, 0] or reference.outside[0, 0]:
        return math.inf
    p, q = current.cells[0] * rules.factors[1], reference.cells[0] * rules.factors[0]
    pooled = p + q
    light = np.argsort(-pooled, kind="stable")[len(pair_cells(current, reference, rules.factors).current[0]) - 2 :]
    light = light[pooled[light] > 0]
    if min(p.sum(), q.sum()) < _ROWS_PER_LIGHT_CELL * len(light) or not p[light].sum() or not q[light].sum():
        return math.inf
    return float(p[light].sum() / p.sum()) * divergence_interval(p[light], q[light]).bounds(1 - rules.alpha)[1]


Headline = Callable[[int], str]


def add_headlines(draft: GroupDraft, headline: Headline, level: float, most: int, /) -> None:
    """Say what changed most in the clearest groups."""
    for group in draft.clearest(level, most):
        draft.headlines[group] = headline(group)
