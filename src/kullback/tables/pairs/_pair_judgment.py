"""From counts of pairs of columns to what is said of their dependence."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback._core import percent
from kullback.inference import plugin
from kullback.tables._messages import Message
from kullback.tables.pairs._pair_counts import CountedPair
from kullback.tables.pairs._pair_shifts import PairShift, PairShifts, PairTable
from kullback.tables.pairs._statements import Finding, Statement, judged
from kullback.tables.verdicts._statistics import BIT, Rules

Floats = NDArray[np.float64]
# Pairs whose counts are kept.
_TABLES = 12


@dataclass(frozen=True, eq=False)
class _Found:
    pair: CountedPair
    finding: Finding
    expected: Floats


def judge_pairs(
    counted: Iterable[CountedPair], rules: Rules, /, *, candidates: int = 0, notes: Sequence[str] = ()
) -> PairShifts:
    """What is said of the dependence of pairs of columns.

    Args:
        counted: Counts of each pair.
        rules: By which verdicts are made.
        candidates: Pairs that were looked at in all, if only the most promising are given: Benjamini-Hochberg is over
            all of them, so that choosing them costs nothing in honesty.
        notes: Remarks.

    Returns:
        The pairs, those whose dependence changed first.
    """
    found = [_Found(pair, *pair.effective(rules).interaction()) for pair in counted]
    candidates = max(candidates, len(found))
    margins = [max(rules.margin_of(each.pair.x.name), rules.margin_of(each.pair.y.name)) for each in found]
    statements = judged([each.finding for each in found], rules, margins, asked=candidates)
    order = sorted(range(len(found)), key=lambda place: _worst_first(statements[place], found[place]))
    return PairShifts(
        tuple(_shift(found[at], statements[at], table=place < _TABLES) for place, at in enumerate(order)),
        candidates,
        Message(
            "D of the current table from the reference fitted to the current margins, over cells of which the smaller "
            "side expects 10 rows, with ½ added to each; Benjamini-Hochberg over {candidates} pairs",
            candidates=f"{candidates:,}",
        ),
        tuple(notes),
    )


_ORDER = {"shifted": 0, "inconclusive": 1, "similar": 2}


def _worst_first(statement: Statement, found: _Found) -> tuple[int, bool, float, str, str]:
    # Those of too few rows to see anything come last.
    blind = statement.could_have_seen == math.inf
    return _ORDER[statement.verdict], blind, -statement.bits, found.pair.x.name, found.pair.y.name


def _shift(found: _Found, statement: Statement, *, table: bool) -> PairShift:
    current, reference = found.pair.tables
    before, after = (_information(side) for side in (reference, current))
    return PairShift(
        found.pair.x.name,
        found.pair.y.name,
        statement,
        plugin(current.ravel(), reference.ravel()) / BIT,
        (before, after),
        _headline(found, (before, after)) if statement.verdict == "shifted" else "",
        _table(found, current, reference) if table else None,
    )


def _information(counts: NDArray[np.int64] | Floats) -> float:
    """Mutual information in bits, less what chance adds to it."""
    kept = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0].astype(np.float64)
    total = kept.sum()
    apart = kept.sum(axis=1, keepdims=True) * kept.sum(axis=0, keepdims=True) / total
    bias = (kept.shape[0] - 1) * (kept.shape[1] - 1) / (2 * total)
    return max(0.0, float(special.rel_entr(kept, apart).sum() / total - bias)) / BIT


def _headline(found: _Found, information: tuple[float, float]) -> str:
    current = found.pair.tables[0]
    after, before = current / current.sum(), found.expected
    added = np.where(np.isnan(before), -1.0, special.kl_div(after, np.where(np.isnan(before), 1.0, before)))
    x, y = np.unravel_index(int(np.argmax(added)), added.shape)
    return Message(
        "mutual information {reference} → {current} bits; {x} {cell} with {y} {other}: {before} expected, {after} "
        "found",
        reference=f"{information[0]:.3g}",
        current=f"{information[1]:.3g}",
        x=found.pair.x.name,
        cell=found.pair.x.labels[x],
        y=found.pair.y.name,
        other=found.pair.y.labels[y],
        before=percent(float(before[x, y])),
        after=percent(float(after[x, y])),
    )


def _table(found: _Found, current: NDArray[np.int64] | Floats, reference: NDArray[np.int64] | Floats) -> PairTable:
    rows = float(current.sum())
    expected = [[None if np.isnan(cell) else float(cell) * rows for cell in row] for row in found.expected]
    return PairTable(
        found.pair.x.labels,
        found.pair.y.labels,
        tuple(tuple(float(cell) for cell in row) for row in reference),
        tuple(tuple(float(cell) for cell in row) for row in current),
        tuple(tuple(row) for row in expected),
    )
