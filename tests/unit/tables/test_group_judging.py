"""Verdicts of many groups: false alarms and coverage by simulation on counts."""

import math

import numpy as np
import pytest

from kullback.tables.groups._group_cells import SideCounts
from kullback.tables.groups._group_judging import Pairs, decide_groups, draft_groups
from kullback.tables.verdicts._statistics import Rules

GROUPS, ROWS, COLUMNS = 150, 15_000, 3
LAWS = {
    "one value in a thousand": ([0.989, 0.01, 0.001], False),
    "sixty categories": (1 / np.arange(1, 61), False),
    "an atom and a tail": ([0.9, *[0.1 / 40] * 40], True),
    "numbers": (np.ones(256), True),
}


def beside_the_rest(counts, *, ordered):
    counts = np.asarray(counts, dtype=np.float64)
    single = np.ones(counts.shape[1], dtype=bool)
    current = SideCounts(counts, np.zeros((len(counts), 4 if ordered else 2)), ordered, single)
    rest = current.taken(np.arange(len(counts)))
    rest = SideCounts(counts.sum(axis=0) - counts, rest.outside, ordered, single)
    return Pairs(current, rest, np.ones(len(counts), dtype=bool))


def flagged(rng, law, *, ordered, margin):
    """Cells called shifted among groups of very unequal size and one law."""
    law = np.asarray(law) / np.sum(law)
    sizes = rng.multinomial(ROWS, rng.dirichlet(np.full(GROUPS, 0.5)))
    rules = Rules(margin, 0.05, 0)
    drafts = [
        draft_groups(beside_the_rest([rng.multinomial(n, law) for n in sizes], ordered=ordered), rules, margin=margin)
        for _ in range(COLUMNS)
    ]
    return sum(cell.verdict == "shifted" for cells in decide_groups(drafts, GROUPS, rules) for cell in cells)


@pytest.mark.parametrize("margin", [0.0, 0.02])
@pytest.mark.parametrize("law", LAWS)
def test_equal_groups_raise_no_alarm(law, margin):
    """Without any shift a table with a flagged cell is a false alarm: at most 5 % of tables, so 2 of 8 at most."""
    rng = np.random.default_rng(1)
    shares, ordered = LAWS[law]
    assert sum(flagged(rng, shares, ordered=ordered, margin=margin) > 0 for _ in range(8)) <= 2


@pytest.mark.parametrize("rows", [400, 4_000])
def test_intervals_of_groups_cover(rows):
    """95 % intervals of D(group‖rest) over six categories: 400 of them, give or take 3.3 standard errors."""
    rng = np.random.default_rng(2)
    rest, law = np.array([0.3, 0.25, 0.2, 0.15, 0.06, 0.04]), np.array([0.2, 0.25, 0.2, 0.2, 0.1, 0.05])
    truth = float(np.sum(law * np.log2(law / rest)))
    counts = rng.multinomial(rows, law, size=400)
    single = np.ones(6, dtype=bool)
    current = SideCounts(counts.astype(float), np.zeros((400, 2)), ordered=False, single=single)
    reference = SideCounts(
        rng.multinomial(50 * rows, rest, size=400).astype(float), np.zeros((400, 2)), ordered=False, single=single
    )
    rules = Rules(100.0, 0.05, 0)
    draft = draft_groups(Pairs(current, reference, np.ones(400, dtype=bool)), rules, margin=100.0)
    (cells,) = decide_groups([draft], 400, rules)
    covered = np.mean([low <= truth <= high for low, high in (cell.interval for cell in cells)])
    assert abs(covered - 0.95) < 3.3 * math.sqrt(0.95 * 0.05 / 400)


def test_small_groups_of_one_kind_are_not_certain():
    """Twelve rows of one of two equal values are no clearer than a run of twelve tosses: 2 · 2⁻¹²."""
    counts = np.array([[12, 0], [5_000, 5_012]])
    draft = draft_groups(beside_the_rest(counts, ordered=False), Rules(0.0, 0.05, 0), margin=0.0)
    assert draft.p_margins[0] > 2 * 0.5**12 / 2
