"""Pairs of columns whose dependence changed."""

import json
import math

import numpy as np
import pytest
from scipy import special
from sklearn.metrics import mutual_info_score

import kullback as kl
from kullback.tables.pairs import _dependence
from kullback.tables.pairs._pair_counts import CodedColumn, CountedPair
from kullback.tables.pairs._pair_judgment import judge_pairs
from kullback.tables.verdicts._statistics import Rules

ROWS = 6000


@pytest.fixture
def tables(frame):
    """Eight columns: in the current table c1 follows c0, and c5 shifts by itself."""
    rng = np.random.default_rng(1)
    sides = []
    for current in (False, True):
        columns = {f"c{place}": rng.integers(0, 3, ROWS) for place in range(8)}
        if current:
            columns["c1"] = np.where(rng.random(ROWS) < 0.5, columns["c0"], columns["c1"])
            columns["c5"] = np.minimum(columns["c5"], 1)
        sides.append(frame({name: [f"v{value}" for value in values] for name, values in columns.items()}))
    return sides


def test_fair_bits_that_became_equal(frame):
    bits = [0, 1] * 5000
    reference = frame(x=bits * 2, y=[value // 2 % 2 for value in range(20_000)])
    pair = kl.compare(reference, frame(x=bits, y=bits), pairs=True).pairs["y", "x"]
    low, high = pair.dependence.interval
    assert pair.joint == 1  # ln 2 nats
    assert low <= 1 <= high
    assert pair.information == pytest.approx((0, 1), abs=1e-3)
    assert "25 % expected, 50 % found" in pair.headline or "25 % expected, 0 % found" in pair.headline


def test_the_pair_that_changed_is_found(tables):
    found = kl.compare(*tables, pairs=True).pairs
    assert (len(found), found.candidates, found.shifted) == (28, 28, 1)
    worst = found.pairs[0]
    assert {worst.x, worst.y} == {"c0", "c1"}
    # Independent laws before; now half of the rows are equal. The margins stay uniform.
    p = np.full((3, 3), 1 / 18) + np.eye(3) / 6
    truth = special.rel_entr(p, np.full((3, 3), 1 / 9)).sum() / math.log(2)
    assert worst.dependence.interval[0] <= truth <= worst.dependence.interval[1]
    after = mutual_info_score(tables[1]["c0"], tables[1]["c1"]) / math.log(2)
    assert worst.information[1] == pytest.approx(after - 4 / (2 * ROWS) / math.log(2), rel=1e-9)
    # A shift of one column is none of its dependence.
    assert found["c5", "c0"].dependence.verdict == "similar"


def test_the_screen_keeps_what_changed(tables):
    found = kl.compare(*tables, pairs=3).pairs
    assert (len(found), found.candidates, found.shifted) == (3, 28, 1)
    assert {found.pairs[0].x, found.pairs[0].y} == {"c0", "c1"}
    assert "3 of 28 pairs" in found.notes[0]
    # Those left out count: the p-value is that of 28 questions.
    assert found.pairs[0].dependence.p_adjusted >= 28 * found.pairs[0].dependence.p_margin * (1 - 1e-9)


def test_named_pairs_alone(tables):
    found = kl.compare(*tables, pairs=[("c0", "c1"), ["c2", "c3"]]).pairs
    assert {(pair.x, pair.y) for pair in found} == {("c0", "c1"), ("c2", "c3")}
    with pytest.raises(KeyError, match="c7"):
        found["c0", "c7"]


def test_numbers_and_null_in_the_screen(frame):
    rng = np.random.default_rng(3)
    sides = []
    for current in (False, True):
        x, y, z = rng.normal(size=(3, ROWS))
        y = 0.8 * x + 0.6 * y if current else y
        z = [None if value > 1.5 else value for value in z]
        sides.append(frame(x=x, y=y, z=z, t=[f"k{value}" for value in rng.integers(0, 5, ROWS)]))
    found = kl.compare(*sides, pairs=2).pairs
    assert {found.pairs[0].x, found.pairs[0].y} == {"x", "y"}
    assert found.pairs[0].dependence.verdict == "shifted"


def test_screened_counts_are_those_of_the_columns(tables, monkeypatch):
    # Six columns at a time hold the same tables as two.
    monkeypatch.setattr(_dependence, "MOST_PAIRS", 27)
    screened = kl.compare(*tables, pairs=True).pairs
    whole = kl.compare(*tables, pairs=28).pairs
    kept = {(pair.x, pair.y): pair.dependence.plugin for pair in screened}
    assert len(kept) == 27
    assert all(whole[names].dependence.plugin == pytest.approx(figure) for names, figure in kept.items())


@pytest.mark.parametrize(
    "pairs", [-1, "c0", [("c0",)], [("c0", "c0")], [("c0", "nope")], ["c0", "c1"], [("c0", 1)], 2.5], ids=str
)
def test_pairs_that_cannot_be(tables, pairs):
    with pytest.raises(kl.InputError, match="pairs"):
        kl.compare(*tables, pairs=pairs)


def test_units_widen_what_rows_flag(frame):
    rng = np.random.default_rng(4)
    sides = []
    for side in "rc":
        units = np.repeat(np.arange(40), 100)
        odds = rng.beta(3, 3, 40)
        x = rng.integers(0, 2, 4000)
        y = np.where(rng.random(4000) < odds[units], x, 1 - x)
        sides.append(frame(unit=[f"{side}{unit}" for unit in units], x=x, y=y))
    by_row = kl.compare(*(side.drop("unit") for side in sides), pairs=True).pairs["x", "y"].dependence
    by_unit = kl.compare(*sides, unit="unit", pairs=[("x", "y")]).pairs["x", "y"].dependence
    assert by_unit.plugin == pytest.approx(by_row.plugin, rel=1e-9)
    assert by_unit.interval[1] > by_row.interval[1]


def test_json_of_the_worst(tables):
    document = json.loads(kl.compare(*tables, pairs=True).to_json())["pairs"]
    table = document["pairs"][0]["table"]
    assert sum(map(sum, table["current"])) == ROWS
    expected = np.array(table["expected"], dtype=float)
    # The expected table has the margins of the current one, up to the ½ added to each cell.
    assert expected.sum(axis=0) == pytest.approx(np.array(table["current"]).sum(axis=0), rel=1e-3)
    assert [pair["table"] is None for pair in document["pairs"]] == [False] * 12 + [True] * 16


def test_too_few_rows_are_said(frame):
    found = kl.compare(frame(x=[0, 1] * 8, y=[0, 1, 1, 0] * 4), frame(x=[0, 1] * 8, y=[0, 1] * 8), pairs=True)
    assert {pair.dependence.verdict for pair in found.pairs} <= {"inconclusive"}


def test_false_pairs_are_rare_among_many():
    # 25 tables of 20 pairs, two of which changed: the mean share of false calls is at most 5 % (standard error 2 %).
    rng = np.random.default_rng(9)
    shares = []
    for _ in range(25):
        counted = []
        for place in range(20):
            tied = (0.5, 0.8 if place < 2 else 0.5)
            laws = [np.array([[each, 1 - each], [1 - each, each]]).ravel() / 2 for each in tied]
            sides = [rng.multinomial(1500, law).reshape(2, 2).astype(float) for law in laws]
            names = (CodedColumn(f"{name}{place:02d}", "category", ("0", "1")) for name in "xy")
            counted.append(CountedPair(*names, *sides))
        found = {pair.x for pair in judge_pairs(counted, Rules(0.0, 0.05, 0)) if pair.dependence.verdict == "shifted"}
        assert {"x00", "x01"} <= found
        shares.append((len(found) - 2) / len(found))
    assert np.mean(shares) <= 0.05 + 0.06
