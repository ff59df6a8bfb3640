"""From the counts of the columns to what is said of them."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from kullback._core import percent
from kullback.inference import (
    DivergenceInterval,
    benjamini_hochberg,
    contributions,
    divergence_interval,
    jensen_shannon,
    plugin,
)
from kullback.tables._messages import Message
from kullback.tables._results import Cell, ColumnResult, ValueShare, Verdict
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._cells import NAN, Cells, category_cells, make_cells
from kullback.tables.counts._columns import ColumnCounts, Keys
from kullback.tables.counts._leaves import Leaves
from kullback.tables.counts._texts import number_note
from kullback.tables.verdicts._evidence import Evidence, Groups, RowEvidence
from kullback.tables.verdicts._headline import category_headline, key_headline, ordered_headline
from kullback.tables.verdicts._uncertain import WidenedInterval, uncertain_evidence
from kullback.tables.verdicts._unit_evidence import unit_evidence

BIT = math.log(2.0)
# Cells, new values and gone values that are listed one by one.
_LISTED = 50
_LISTED_CELLS = 100
_ROWS_PER_LIGHT_CELL = 10


@dataclass(frozen=True)
class Rules:
    """By which the verdicts are made.

    Attributes:
        margin: Bits up to which a column counts as similar, if it has no margin of its own.
        alpha: False discovery rate, and one minus the confidence of the intervals.
        seed: Seed of the permutations.
        factors: Effective rows per unit of weight, for the reference and the current table.
        margins: Columns that have a margin of their own, in bits.
    """

    margin: float
    alpha: float
    seed: int
    factors: tuple[float, float] = (1.0, 1.0)
    margins: Mapping[str, float] = field(default_factory=dict)

    def margin_of(self, name: str, /) -> float:
        """Bits up to which the column of that name counts as similar."""
        return self.margins.get(name, self.margin)


@dataclass(frozen=True, eq=False)
class _Draft:
    """A column before the columns are judged together."""

    result: ColumnResult
    divergence: DivergenceInterval | None = None
    lower: DivergenceInterval | None = None
    # What the values merged into the interval's rest add to D at most; and the divergence over cells chosen by data.
    rest_bound: float = 0.0
    chosen: DivergenceInterval | None = None


def judge(columns: Iterable[ColumnCounts], rules: Rules, /) -> list[ColumnResult]:
    """Figures and verdicts of all columns, in their order."""
    drafts = [_draft(column, rules) for column in columns]
    margins = [math.nan if draft.result.p_margin is None else draft.result.p_margin for draft in drafts]
    adjusted = benjamini_hochberg(margins)
    tested = int((~np.isnan(adjusted)).sum())
    flagged = int((adjusted <= rules.alpha).sum())
    share = flagged / max(tested, 1)
    # The level at which one more column would have been flagged.
    level = rules.alpha * min(1.0, (flagged + 1) / max(tested, 1))
    return [_decide(draft, float(p), rules, share, level) for draft, p in zip(drafts, adjusted, strict=True)]


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
        cells = column.units.cells if column.units else make_cells(column.body, column.reading, factors=rules.factors)
        headline = ordered_headline(column.body, column.reading, cells)
    else:
        cells = column.units.cells if column.units else category_cells(column.body, factors=rules.factors)
        headline = category_headline(cells)
    if len(cells.labels) == 1 and not (isinstance(column.body, Leaves) and _spread(column.body)):
        always = Message("always {value}", value=cells.labels[0])
        result = replace(base, verdict="constant", plugin=0.0, plugin_reverse=0.0, jensen_shannon=0.0)
        return _Draft(replace(result, headline=always, cells=_listed(cells), method=Message("one value")))
    return _measure(replace(base, headline=headline), cells, column, rules)


def _spread(leaves: Leaves) -> bool:
    # A profile brings cells around its own in which nothing need lie.
    occupied = leaves.counts.sum(axis=0) > 0
    return int(occupied.sum()) > 1 or bool((leaves.low < leaves.high)[occupied].any())


def _measure(base: ColumnResult, cells: Cells, column: ColumnCounts, rules: Rules) -> _Draft:
    reference, current = _exact(cells.reference), _exact(cells.current)
    evidence = _evidence(column, cells, rules)
    cells = evidence.fitted(cells)
    divergence = evidence.divergence(cells.groups)
    raw = plugin(current, reference) / BIT
    rng = np.random.default_rng([rules.seed, *hashlib.sha256(column.name.encode("utf-8", "replace")).digest()[:8]])
    p_value, test = evidence.test(cells, rng)
    merged = not cells.ordered and len(cells.group_labels) < len(cells.labels)
    chosen = _chosen_interval(evidence, rng) if merged else None
    margin = rules.margin_of(column.name)
    p_margin = divergence.p_value(margin * BIT)
    if chosen is not None:
        # Two looks at the column, each worth half.
        p_margin = min(1.0, 2 * min(p_margin, chosen.p_value(margin * BIT)))
    infinite = math.isinf(raw)
    lower = evidence.divergence(_without_empty(cells)) if infinite else divergence
    notes = [*base.notes, *_reading_notes(column, cells)]
    unlisted = cells.truncated and not cells.ordered
    if infinite:
        missing = (reference == 0) & (current > 0)
        where = ", ".join(cells.labels[place] for place in np.flatnonzero(missing)[:3])
        share = percent(float(current[missing].sum() / current.sum()))
        notes.append(
            Message(
                "D(current‖reference) is infinite: {share} of the current rows lie where the reference has none "
                "({where})",
                share=Message("at least {share}", share=share) if unlisted else share,
                where=f"{where}, …" if missing.sum() > 3 else where,
            )
        )
    if unlisted:
        notes.append(
            Message(
                "counted by {cells}: merging values can only lower a divergence, and what the unlisted values add is "
                "unknown",
                cells=cells.description,
            )
        )
    if merged:
        notes.append(
            Message(
                "debiased figure and interval stand on {groups} of {cells} cells, light values merged: a lower bound "
                "of D",
                groups=f"{len(cells.group_labels):,}",
                cells=f"{len(cells.labels):,}",
            )
        )
    if isinstance(divergence, WidenedInterval):
        notes.append(_uncertainty_note(divergence, cells))
    new = _OneSided(cells, (cells.reference == 0) & (cells.current > 0), evidence, current=True, alpha=rules.alpha)
    gone = _OneSided(cells, (cells.current == 0) & (cells.reference > 0), evidence, current=False, alpha=rules.alpha)
    result = replace(
        base,
        plugin=raw,
        plugin_reverse=plugin(reference, current) / BIT,
        debiased=None if infinite else divergence.debiased / BIT,
        smoothed=divergence.debiased / BIT,
        jensen_shannon=jensen_shannon(current, reference) / BIT,
        # The unlisted values were chosen by looking at each side: no test of D = 0 holds for the rest.
        p_value=None if unlisted or cells.unknown is not None else p_value,
        margin=margin,
        p_margin=p_margin,
        design_effect=evidence.design_effect(cells.groups),
        new=new.listed(),
        gone=gone.listed(),
        new_mass=new.mass(),
        gone_mass=gone.mass(),
        cells=_listed(cells),
        interval_cells=_interval_cells(cells),
        uncertainty=_uncertainty(divergence),
        method=Message(
            "plug-in over {cells}; debiased with ½ added to each of {groups} cells; interval by {law}; p(D = 0) by "
            "{test}",
            cells=cells.description,
            groups=f"{len(cells.group_labels):,}",
            law=Message("scaled noncentral chi-squared" if column.units is None else "scaled noncentral F from units"),
            test=test,
        ),
        notes=tuple(notes),
    )
    return _Draft(result, divergence, lower, _rest_bound(cells, evidence, rules), chosen)


def _evidence(column: ColumnCounts, cells: Cells, rules: Rules) -> Evidence:
    if column.units is not None:
        return unit_evidence(column.units, rules.factors, rules.seed)
    if cells.unknown is not None:
        return uncertain_evidence(cells, rules.factors, rules.margin_of(column.name) * BIT)
    return RowEvidence(cells.current * rules.factors[1], cells.reference * rules.factors[0])


def _decide(draft: _Draft, adjusted: float, rules: Rules, share: float, level: float) -> ColumnResult:
    result, divergence = draft.result, draft.divergence
    if divergence is None or draft.lower is None:
        return result
    shifted = adjusted <= rules.alpha
    # Intervals of selected columns would cover too rarely at the plain level (Benjamini and Yekutieli 2005).
    confidence = 1 - rules.alpha * share if shifted else 1 - rules.alpha
    low, high = (bound / BIT for bound in draft.lower.bounds(confidence))
    if result.debiased is None:
        high = math.inf
    if shifted and draft.chosen is not None:
        found = draft.chosen.bounds(1 - rules.alpha * share / 2)[0] / BIT
        if found > low:
            # The change lies among light values: the merged cells do not show it, and nothing bounds it from above.
            low, high = found, math.inf
            result = replace(result, debiased=None)
    margin = rules.margin_of(result.name)
    verdict: Verdict = "inconclusive"
    could = None
    if shifted:
        verdict = "shifted"
    elif high + draft.rest_bound / BIT < margin:
        verdict = "similar"
    else:
        could = divergence.detectable(margin * BIT, alpha=level) / BIT
    return replace(result, verdict=verdict, interval=(low, high), p_adjusted=adjusted, could_have_seen=could)


def _uncertainty(divergence: DivergenceInterval) -> tuple[float, float] | None:
    """By how many bits D over the interval cells may lie below and above what the counts at hand say."""
    return (divergence.below / BIT, divergence.above / BIT) if isinstance(divergence, WidenedInterval) else None


def _uncertainty_note(divergence: WidenedInterval, cells: Cells) -> str:
    return Message(
        "the profiles hold different cells, so that counts are not exact: D over {groups} cells is at most {below} "
        "bits below and {above} bits above the debiased figure; the interval allows for it. Profiles on the same cells "
        "(--like), or of more cells (--cells), say more",
        groups=f"{len(cells.group_labels):,}",
        below=f"{divergence.below / BIT:.2g}",
        above=f"{divergence.above / BIT:.2g}",
    )


def _exact(counts: NDArray[np.float64]) -> NDArray[np.int64] | NDArray[np.float64]:
    """Whole counts as integers, whose products are formed exactly."""
    rounded = np.rint(counts)
    whole = np.array_equal(rounded, counts) and float(counts.max(initial=0.0)) < 2.0**62
    return rounded.astype(np.int64) if whole else counts


def _without_empty(cells: Cells) -> Groups:
    """Groups after those without reference rows joined the heaviest that has some: their divergence bounds D below."""
    reference, current = cells.grouped(cells.reference), cells.grouped(cells.current)
    empty = reference == 0
    if not empty.any() or empty.all():
        return cells.groups
    host = int(np.argmax(np.where(empty, -np.inf, reference + current)))
    _, groups = np.unique(np.where(empty[cells.groups], host, cells.groups), return_inverse=True)
    return groups.astype(np.int64)


def _rest_bound(cells: Cells, evidence: Evidence, rules: Rules) -> float:
    """Upper bound in nats of what the values merged into the interval's rest add to D, by the chain rule."""
    last = (cells.groups == len(cells.group_labels) - 1) & (cells.reference + cells.current > 0)
    if cells.ordered or last.sum() < 2:
        return 0.0
    # Cells of fewer rows say too little, and what is unlisted says nothing at all.
    rest, alone = evidence.within(last), np.arange(int(last.sum()))
    if cells.truncated or rest.certainty(alone) < _ROWS_PER_LIGHT_CELL * len(alone):
        return math.inf
    share = float(cells.current[last].sum() / cells.current.sum())
    return share * rest.divergence(alone).bounds(1 - rules.alpha)[1]


def _chosen_interval(evidence: Evidence, rng: np.random.Generator) -> DivergenceInterval | None:
    """The divergence over a few groups of cells that half of the rows suggest, judged on the other half.

    Light values cannot be judged one by one, and merged blindly they hide what changed among them. Sorted by how much
    likelier each is on the current side in a random half of the rows, they fall into groups that differ most; the other
    half has not seen the choice, so the divergence over the groups is an honest lower bound of D.
    """
    halves = evidence.halves(rng)
    if halves is None:
        return None
    shown = halves.current, halves.reference
    sizes = [max(float(half.sum()), 1.0) for half in shown]
    likelier = (shown[0] + 0.5) / sizes[0] / ((shown[1] + 0.5) / sizes[1])
    order = np.argsort(likelier, kind="stable")
    mass = (shown[0] / sizes[0] + shown[1] / sizes[1])[order]
    ranks = (np.cumsum(mass) - mass / 2) / max(float(mass.sum()), 1e-300)
    groups = np.empty(len(order), dtype=np.int64)
    groups[order] = np.minimum((ranks * halves.groups).astype(np.int64), halves.groups - 1)
    # No group may be empty.
    _, groups = np.unique(groups, return_inverse=True)
    return halves.judged.divergence(groups.astype(np.int64))


def _reading_notes(column: ColumnCounts, cells: Cells) -> list[str]:
    """What a reader of text should know about how it was taken."""
    if column.reading is not None and column.reading.lenient and NAN in cells.labels:
        place = cells.labels.index(NAN)
        shares = [percent(float(side[place] / side.sum())) for side in (cells.reference, cells.current)]
        return [
            Message(
                "texts that are no numbers count as NaN: {reference} of the reference, {current} of the current rows",
                reference=shares[0],
                current=shares[1],
            )
        ]
    if isinstance(column.body, Categories) and column.reading is not None and column.reading.kind == "category":
        return number_note(column.name, column.body.values, column.body.counts.sum(axis=0))
    return []


def _listed(cells: Cells) -> tuple[Cell, ...]:
    reference, current = _exact(cells.reference), _exact(cells.current)
    bits = contributions(current, reference) / BIT
    rows = [
        Cell(*row, *bounds)
        for *row, bounds in zip(
            cells.labels, cells.reference.tolist(), cells.current.tolist(), bits.tolist(), cells.bounds, strict=True
        )
    ]
    if cells.ordered or len(rows) <= _LISTED_CELLS:
        return tuple(rows)
    order = np.argsort(-bits, kind="stable")
    kept, rest = order[:_LISTED_CELLS], order[_LISTED_CELLS:]
    remainder = Cell(
        Message("{count} other cells", count=f"{len(rest):,}"),
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
    evidence: Evidence
    current: bool
    alpha: float

    @property
    def _counts(self) -> NDArray[np.float64]:
        return self.cells.current if self.current else self.cells.reference

    def mass(self) -> ValueShare:
        return self._share(None, np.flatnonzero(self.chosen))

    def listed(self) -> tuple[ValueShare, ...]:
        places = np.flatnonzero(self.chosen)
        places = places[np.argsort(-self._counts[places], kind="stable")]
        shares = [self._share(self.cells.labels[place], np.array([place])) for place in places[:_LISTED]]
        if len(places) > _LISTED:
            shares.append(self._share(None, places[_LISTED:]))
        return tuple(shares)

    def _share(self, value: str | None, places: NDArray[np.int64]) -> ValueShare:
        count, total = float(self._counts[places].sum()), float(self._counts.sum())
        chosen = np.zeros(len(self._counts), dtype=bool)
        chosen[places] = True
        bounds = self.evidence.share(chosen, current=self.current, confidence=1 - self.alpha)
        return ValueShare(value, count, count / total, bounds)


def _key_result(base: ColumnResult, keys: Keys) -> ColumnResult:
    headline, notes = key_headline(keys)
    result = replace(
        base,
        verdict="key",
        headline=headline,
        notes=(*base.notes, *notes),
        method=Message("key: uniqueness and overlap"),
    )
    if keys.shapes is None or min(keys.rows) == 0:
        return result
    cells = category_cells(keys.shapes, factors=(1.0, 1.0))
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
        method=Message("key: uniqueness, overlap and the divergence of the shapes of the texts"),
    )
