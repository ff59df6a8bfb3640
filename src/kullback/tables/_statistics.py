"""From the counts of the columns to what is said of them."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback._core import percent
from kullback.inference import (
    DivergenceInterval,
    benjamini_hochberg,
    contributions,
    divergence_interval,
    jensen_shannon,
    nested_g_test,
    plugin,
    proportion_interval,
    two_sample_g_test,
)
from kullback.tables._cells import Cells, category_cells, ordered_cells
from kullback.tables._columns import ColumnCounts, Keys
from kullback.tables._comparison import Cell, ColumnResult, ValueShare, Verdict
from kullback.tables._headline import category_headline, key_headline, ordered_headline
from kullback.tables._leaves import Leaves

BIT = math.log(2.0)
# Cells, new values and gone values that are listed one by one.
_LISTED = 50
_LISTED_CELLS = 100
PERMUTATIONS = 999


@dataclass(frozen=True)
class Rules:
    """By which the verdicts are made.

    Attributes:
        margin: Bits up to which a column counts as similar.
        alpha: False discovery rate, and one minus the confidence of the intervals.
        seed: Seed of the permutations.
        factors: Effective rows per unit of weight, for the reference and the current table.
    """

    margin: float
    alpha: float
    seed: int
    factors: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, eq=False)
class _Draft:
    """A column before the columns are judged together."""

    result: ColumnResult
    divergence: DivergenceInterval | None = None
    lower: DivergenceInterval | None = None
    within_rest: float = 0.0


def judge(columns: Sequence[ColumnCounts], rules: Rules, /) -> list[ColumnResult]:
    """Figures and verdicts of all columns, in their order."""
    drafts = [_draft(column, rules) for column in columns]
    margins = [math.nan if draft.result.p_margin is None else draft.result.p_margin for draft in drafts]
    adjusted = benjamini_hochberg(margins)
    tested = int((~np.isnan(adjusted)).sum())
    flagged = int((adjusted <= rules.alpha).sum())
    return [
        _decide(draft, float(p), rules, share=flagged / max(tested, 1))
        for draft, p in zip(drafts, adjusted, strict=True)
    ]


def _draft(column: ColumnCounts, rules: Rules) -> _Draft:
    kind = column.reading.kind if column.reading else "unsupported"
    base = ColumnResult(column.name, kind, "undefined", notes=tuple(column.notes))
    if column.body is None:
        return _Draft(base)
    if isinstance(column.body, Keys):
        return _Draft(_key_result(base, column.body))
    if isinstance(column.body, Leaves):
        if column.reading is None:
            return _Draft(base)
        cells = ordered_cells(column.body, column.reading, factors=rules.factors)
        headline = ordered_headline(column.body, column.reading, cells)
    else:
        cells = category_cells(column.body)
        headline = category_headline(cells)
    if len(cells.labels) == 1 and not (isinstance(column.body, Leaves) and _spread(column.body)):
        result = replace(base, verdict="constant", plugin=0.0, plugin_reverse=0.0, jensen_shannon=0.0)
        return _Draft(replace(result, headline=f"always {cells.labels[0]}", cells=_listed(cells), method="one value"))
    return _measure(replace(base, headline=headline), cells, column, rules)


def _spread(leaves: Leaves) -> bool:
    return len(leaves.low) > 1 or bool((leaves.low < leaves.high).any())


def _measure(base: ColumnResult, cells: Cells, column: ColumnCounts, rules: Rules) -> _Draft:
    reference, current = _exact(cells.reference), _exact(cells.current)
    effective = cells.reference * rules.factors[0], cells.current * rules.factors[1]
    grouped = cells.grouped(effective[0]), cells.grouped(effective[1])
    divergence = divergence_interval(grouped[1], grouped[0])
    raw = plugin(current, reference) / BIT
    rng = np.random.default_rng([rules.seed, *hashlib.sha256(column.name.encode("utf-8", "replace")).digest()[:8]])
    if cells.ordered:
        p_value = nested_g_test(effective[1], effective[0], cells.ranks, cells.special)
        test = "G over nested halves"
    else:
        p_value, test = two_sample_g_test(effective[1], effective[0], draws=PERMUTATIONS, rng=rng)
    infinite = math.isinf(raw)
    lower = _merged_interval(*grouped) if infinite else divergence
    notes = list(base.notes)
    if infinite:
        missing = (reference == 0) & (current > 0)
        where = ", ".join(cells.labels[place] for place in np.flatnonzero(missing)[:3])
        share = float(current[missing].sum() / current.sum())
        notes.append(
            f"D(current‖reference) is infinite: {percent(share)} of the current rows lie where the reference has none "
            f"({where}{', …' if missing.sum() > 3 else ''})"
        )
    if cells.truncated and not cells.ordered:
        notes.append(f"counted by {cells.description}: merging values can only lower a divergence")
    new = _OneSided(cells, (cells.reference == 0) & (cells.current > 0), cells.current, rules.factors[1], rules.alpha)
    gone = _OneSided(
        cells, (cells.current == 0) & (cells.reference > 0), cells.reference, rules.factors[0], rules.alpha
    )
    result = replace(
        base,
        plugin=raw,
        plugin_reverse=plugin(reference, current) / BIT,
        debiased=None if infinite else divergence.debiased / BIT,
        jensen_shannon=jensen_shannon(current, reference) / BIT,
        p_value=p_value,
        p_margin=divergence.p_value(rules.margin * BIT),
        new=new.listed(),
        gone=gone.listed(),
        new_mass=new.mass(),
        gone_mass=gone.mass(),
        cells=_listed(cells),
        interval_cells=_interval_cells(cells),
        method=(
            f"plug-in over {cells.description}; debiased with ½ added to each of {len(cells.group_labels)} cells; "
            f"interval by scaled noncentral chi-squared; p(D = 0) by {test}"
        ),
        notes=tuple(notes),
    )
    return _Draft(result, divergence, lower, _within_rest(cells, effective))


def _decide(draft: _Draft, adjusted: float, rules: Rules, *, share: float) -> ColumnResult:
    result, divergence = draft.result, draft.divergence
    if divergence is None or draft.lower is None:
        return result
    shifted = adjusted <= rules.alpha
    # Intervals of selected columns would cover too rarely at the plain level (Benjamini and Yekutieli 2005).
    confidence = 1 - rules.alpha * share if shifted else 1 - rules.alpha
    low, high = (bound / BIT for bound in draft.lower.bounds(confidence))
    if result.debiased is None:
        high = math.inf
    verdict: Verdict = "inconclusive"
    could = None
    if shifted:
        verdict = "shifted"
    elif high < rules.margin and draft.within_rest / BIT < rules.margin:
        verdict = "similar"
    else:
        could = divergence.detectable(rules.margin * BIT, alpha=rules.alpha) / BIT
    return replace(result, verdict=verdict, interval=(low, high), p_adjusted=adjusted, could_have_seen=could)


def _exact(counts: NDArray[np.float64]) -> NDArray[np.int64] | NDArray[np.float64]:
    """Whole counts as integers, whose products are formed exactly."""
    rounded = np.rint(counts)
    whole = np.array_equal(rounded, counts) and float(counts.max(initial=0.0)) < 2.0**62
    return rounded.astype(np.int64) if whole else counts


def _merged_interval(reference: NDArray[np.float64], current: NDArray[np.float64]) -> DivergenceInterval:
    """The interval after cells without reference rows join the lightest that has some: a lower bound of D."""
    empty = reference == 0
    if not empty.any() or empty.all():
        return divergence_interval(current, reference)
    host = int(np.argmin(np.where(empty, np.inf, reference)))
    merged_reference, merged_current = reference[~empty], current.copy()
    merged_current[host] += current[empty].sum()
    return divergence_interval(merged_current[~empty], merged_reference)


def _within_rest(cells: Cells, effective: tuple[NDArray[np.float64], NDArray[np.float64]]) -> float:
    """What the values merged into the interval's rest add to D, in nats, debiased; zero where nothing was merged."""
    last = cells.groups == len(cells.group_labels) - 1
    if cells.ordered or last.sum() < 2:
        return 0.0
    reference, current = effective[0][last], effective[1][last]
    occupied = (reference + current) > 0
    reference, current = reference[occupied], current[occupied]
    if len(reference) < 2 or min(reference.sum(), current.sum()) <= 0:
        return 0.0
    inside = divergence_interval(current, reference)
    return max(0.0, inside.debiased) * float(current.sum() / effective[1].sum())


def _listed(cells: Cells) -> tuple[Cell, ...]:
    reference, current = _exact(cells.reference), _exact(cells.current)
    bits = contributions(current, reference) / BIT
    rows = [
        Cell(*row)
        for row in zip(cells.labels, cells.reference.tolist(), cells.current.tolist(), bits.tolist(), strict=True)
    ]
    if cells.ordered or len(rows) <= _LISTED_CELLS:
        return tuple(rows)
    order = np.argsort(-bits, kind="stable")
    kept, rest = order[:_LISTED_CELLS], order[_LISTED_CELLS:]
    remainder = Cell(
        f"{len(rest):,} other cells",
        float(cells.reference[rest].sum()),
        float(cells.current[rest].sum()),
        math.fsum(bits[rest].tolist()),
    )
    return (*(rows[place] for place in kept), remainder)


def _interval_cells(cells: Cells) -> tuple[Cell, ...]:
    reference, current = cells.grouped(cells.reference), cells.grouped(cells.current)
    bits = contributions(_exact(current), _exact(reference)) / BIT
    return tuple(
        Cell(*row) for row in zip(cells.group_labels, reference.tolist(), current.tolist(), bits.tolist(), strict=True)
    )


@dataclass(frozen=True, eq=False)
class _OneSided:
    """The cells that one side alone holds."""

    cells: Cells
    chosen: NDArray[np.bool_]
    counts: NDArray[np.float64]
    factor: float
    alpha: float

    def mass(self) -> ValueShare:
        return self._share(None, float(self.counts[self.chosen].sum()))

    def listed(self) -> tuple[ValueShare, ...]:
        places = np.flatnonzero(self.chosen)
        places = places[np.argsort(-self.counts[places], kind="stable")]
        shares = [self._share(self.cells.labels[place], float(self.counts[place])) for place in places[:_LISTED]]
        if len(places) > _LISTED:
            shares.append(self._share(None, float(self.counts[places[_LISTED:]].sum())))
        return tuple(shares)

    def _share(self, value: str | None, count: float) -> ValueShare:
        total = float(self.counts.sum())
        bounds = proportion_interval(count * self.factor, total * self.factor, confidence=1 - self.alpha)
        return ValueShare(value, count, count / total, bounds)


def _key_result(base: ColumnResult, keys: Keys) -> ColumnResult:
    headline, notes = key_headline(keys)
    result = replace(
        base, verdict="key", headline=headline, notes=(*base.notes, *notes), method="key: uniqueness and overlap"
    )
    if keys.shapes is None or min(keys.rows) == 0:
        return result
    cells = category_cells(keys.shapes)
    reference, current = _exact(cells.reference), _exact(cells.current)
    raw = plugin(current, reference) / BIT
    divergence = divergence_interval(cells.grouped(cells.current), cells.grouped(cells.reference))
    return replace(
        result,
        plugin=raw,
        plugin_reverse=plugin(reference, current) / BIT,
        debiased=None if math.isinf(raw) else divergence.debiased / BIT,
        jensen_shannon=jensen_shannon(current, reference) / BIT,
        cells=_listed(cells),
        interval_cells=_interval_cells(cells),
        method="key: uniqueness, overlap and the divergence of the shapes of the texts",
    )
