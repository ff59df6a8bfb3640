"""From counts of columns with a target to what is said of their shifts."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kullback._core import percent
from kullback.inference import chain_rule, slice_contributions
from kullback.tables._messages import Message
from kullback.tables.pairs._pair_counts import CountedPair
from kullback.tables.pairs._splits import ColumnSplit, LeftOut, Slice, TargetShift
from kullback.tables.pairs._statements import Finding, Statement, judged
from kullback.tables.verdicts._statistics import BIT, Rules

Floats = NDArray[np.float64]
_LISTED_CELLS = 3


def judge_splits(counted: Sequence[CountedPair], rules: Rules, /, left_out: Sequence[LeftOut] = ()) -> TargetShift:
    """What is said of D(x, y) of several columns x and one target y.

    Each kind of statement (D(x, y), D(x), D(y|x), D(x|y)) is judged over all columns together, so that among those
    called shifted of each kind at most a share of alpha is false on average. The target by itself is one statement.

    Args:
        counted: Counts of each column x with the target y; at least one.
        rules: By which verdicts are made.
        left_out: Columns that cannot be split.

    Returns:
        The splits, concept shifts first.
    """
    found = [_findings(pair, rules) for pair in counted]
    margins = [rules.margin_of(pair.x.name) for pair in counted]
    label = judged([found[0][2]], rules, [rules.margin_of(counted[0].y.name)])[0]
    joint, covariate, concept, given_target = (
        judged([findings[kind] for findings in found], rules, margins) for kind in (0, 1, 3, 4)
    )
    splits = [
        _split(pair, (joint[place], covariate[place], concept[place], label, given_target[place]))
        for place, pair in enumerate(counted)
    ]
    target = counted[0].y
    current, reference = counted[0].tables
    return TargetShift(
        target.name,
        target.kind,
        target.labels,
        label,
        _moved(target.labels, reference.sum(axis=0), current.sum(axis=0)),
        tuple(sorted(splits, key=_worst_first)),
        tuple(left_out),
        Message(
            "plug-in over the cells of both columns; debiased with ½ added to each group of cells of which the smaller "
            "side expects 10 rows; interval by scaled noncentral {law}",
            law=Message("chi-squared" if counted[0].current.ndim == 2 else "F from units"),
        ),
    )


def _findings(pair: CountedPair, rules: Rules) -> tuple[Finding, ...]:
    """D(x, y), D(x), D(y), D(y|x) and D(x|y)."""
    parts, ways = chain_rule(*pair.tables), pair.effective(rules)
    turned = ways.turned
    return (
        ways.joint(parts.joint),
        ways.margin(parts.x),
        turned.margin(parts.y),
        ways.conditional(parts.y_given_x),
        turned.conditional(parts.x_given_y),
    )


def _split(pair: CountedPair, parts: tuple[Statement, ...]) -> ColumnSplit:
    joint, covariate, concept, label, given_target = parts
    slices = _slices(pair, infinite=concept.debiased is None)
    return ColumnSplit(
        pair.x.name,
        pair.x.kind,
        joint,
        covariate,
        concept,
        label,
        given_target,
        _share(covariate, concept),
        _share(given_target, label),
        _headline(pair, slices, covariate, concept),
        slices,
        _notes(pair, joint),
    )


def _share(one: Statement, other: Statement) -> float | None:
    """Share of the second part in both."""
    first, second = max(one.bits, 0.0), max(other.bits, 0.0)
    if math.isinf(first) or math.isinf(second) or first + second == 0:
        return None
    return second / (first + second)


def _slices(pair: CountedPair, *, infinite: bool) -> tuple[Slice, ...]:
    """The slices, those that add most first; of a few rows without a counterpart only where D(y|x) as a whole is so."""
    current, reference = pair.tables
    added = slice_contributions(current, reference) / BIT
    rows = [
        Slice(
            label,
            float(reference[place].sum()),
            float(current[place].sum()),
            float(added[place]) if reference[place].sum() > 0 or current[place].sum() == 0 else None,
            _moved(pair.y.labels, reference[place], current[place]),
        )
        for place, label in enumerate(pair.x.labels)
    ]
    most = (
        math.inf
        if infinite
        else max((row.contribution or 0.0 for row in rows if row.contribution != math.inf), default=0.0)
    )
    return tuple(sorted(rows, key=lambda row: -_rank(row, most)))


def _rank(row: Slice, most: float) -> float:
    added = row.contribution or 0.0
    return added if added <= most else 0.0


def _moved(labels: Sequence[str], reference: Floats | NDArray[np.int64], current: Floats | NDArray[np.int64]) -> str:
    """The cell whose share moved most."""
    if reference.sum() <= 0 or current.sum() <= 0:
        return ""
    before, after = reference / reference.sum(), current / current.sum()
    place = int(np.argmax(np.abs(after - before)))
    shares = percent(float(before[place])), percent(float(after[place]))
    return Message("{value}: {before} → {after}", value=labels[place], before=shares[0], after=shares[1])


def _headline(pair: CountedPair, slices: tuple[Slice, ...], covariate: Statement, concept: Statement) -> str:
    current, reference = pair.tables
    if concept.verdict == "shifted":
        worst, total = slices[0], math.fsum(each.contribution or 0.0 for each in slices)
        if math.isfinite(worst.contribution or 0.0):
            total = math.fsum(each.contribution or 0.0 for each in slices if each.contribution != math.inf)
        parts = {"column": pair.x.name, "slice": worst.label, "target": pair.y.name, "change": worst.headline}
        if not math.isfinite(total):
            return Message("where {column} is {slice}, {target} {change}", **parts)
        share = percent((worst.contribution or 0.0) / total)
        return Message("{share} of it where {column} is {slice}: {target} {change}", share=share, **parts)
    if covariate.verdict == "shifted":
        change = _moved(pair.x.labels, reference.sum(axis=1), current.sum(axis=1))
        return Message("{column} {change}", column=pair.x.name, change=change)
    return ""


def _notes(pair: CountedPair, joint: Statement) -> tuple[str, ...]:
    if math.isfinite(joint.plugin):
        return ()
    current, reference = pair.tables
    missing = (reference == 0) & (current > 0)
    places = list(zip(*np.nonzero(missing), strict=True))
    worst = sorted(places, key=lambda place: -current[place])[:_LISTED_CELLS]
    where = "; ".join(f"{pair.x.labels[x]} with {pair.y.labels[y]}" for x, y in worst)
    return (
        Message(
            "D(current‖reference) is infinite: {share} of the current rows lie where the reference has none ({where})",
            share=percent(float(current[missing].sum() / current.sum())),
            where=f"{where}; …" if len(places) > _LISTED_CELLS else where,
        ),
    )


_ORDER = {"shifted": 0, "inconclusive": 1, "similar": 2}


def _worst_first(split: ColumnSplit) -> tuple[int, float, int, float, str]:
    order = _ORDER[split.concept.verdict], -split.concept.bits
    return (*order, _ORDER[split.covariate.verdict], -split.covariate.bits, split.name)
