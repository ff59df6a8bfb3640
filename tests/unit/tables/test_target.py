"""Shifts of a target, of the columns, and of what binds them."""

import json
import math

import numpy as np
import pytest
from scipy import special

import kullback as kl
from kullback.tables.pairs._pair_counts import CodedColumn, CountedPair
from kullback.tables.pairs._split_judgment import judge_splits
from kullback.tables.verdicts._statistics import Rules

FLIGHTS = [f"examples/data/flights-2013-h{half}.parquet" for half in (1, 2)]


def _table(polars, rng, rows, *, x=(0.5, 0.5), given=((0.7, 0.3), (0.2, 0.8))):
    column = rng.choice(2, rows, p=x)
    target = (rng.random(rows) < np.array(given)[column, 1]).astype(int)
    return polars.DataFrame({"x": [f"v{value}" for value in column], "y": [f"k{value}" for value in target]})


def _verdicts(split):
    parts = split.covariate, split.concept, split.label, split.given_target
    return [part.verdict for part in parts]


def test_alike_one_by_one_but_not_together(frame):
    bits = [0, 1] * 5000
    reference = frame(x=bits * 2, y=[value // 2 % 2 for value in range(20_000)])
    split = kl.compare(reference, frame(x=bits, y=bits), target="y").target["x"]
    assert split.joint.plugin == split.concept.plugin == split.given_target.plugin == 1  # ln 2 nats
    assert split.covariate.plugin == split.label.plugin == 0
    assert _verdicts(split) == ["similar", "shifted", "similar", "shifted"]
    assert split.concept_share > 0.99


def test_pure_concept_shift(require):
    rng = np.random.default_rng(1)
    polars = require("polars")
    before = _table(polars, rng, 20_000)
    after = _table(polars, rng, 20_000, given=((0.3, 0.7), (0.2, 0.8)))
    split = kl.compare(before, after, target="y").target["x"]
    truth = 0.5 * special.rel_entr([0.3, 0.7], [0.7, 0.3]).sum() / math.log(2)
    low, high = split.concept.interval
    assert low <= truth <= high
    assert _verdicts(split)[:2] == ["similar", "shifted"]
    assert split.slices[0].label == "v0"
    assert "where x is v0: y k" in split.headline


def test_pure_covariate_shift(require):
    rng = np.random.default_rng(2)
    polars = require("polars")
    before, after = _table(polars, rng, 20_000), _table(polars, rng, 20_000, x=(0.2, 0.8))
    split = kl.compare(before, after, target="y").target["x"]
    truth = special.rel_entr([0.2, 0.8], [0.5, 0.5]).sum() / math.log(2)
    assert split.covariate.interval[0] <= truth <= split.covariate.interval[1]
    # The target shifts along, as its law given x stays.
    assert _verdicts(split) == ["shifted", "similar", "shifted", "shifted"]
    assert split.headline.startswith("x v")


def test_pure_label_shift(require):
    rng = np.random.default_rng(3)
    polars = require("polars")
    before = _table(polars, rng, 20_000).rename({"x": "y", "y": "x"})
    after = _table(polars, rng, 20_000, x=(0.2, 0.8)).rename({"x": "y", "y": "x"})
    split = kl.compare(before, after, target="y").target["x"]
    assert split.label.verdict == "shifted"
    assert split.given_target.verdict == "similar"
    assert split.label_share > 0.95


@pytest.fixture(scope="module")
def flights():
    return kl.compare(*FLIGHTS, target="arr_delay", columns=["arr_delay", "carrier", "origin", "hour", "month", "year"])


def test_flights_add_up(flights):
    for split in flights.target:
        for one, other in ((split.covariate, split.concept), (split.label, split.given_target)):
            total = one.plugin + other.plugin
            assert split.joint.plugin == total == math.inf or split.joint.plugin == pytest.approx(total, rel=1e-12)
    assert {split.label.plugin for split in flights.target} == {flights.target.label.plugin}


def test_flights_by_polars(flights, require):
    polars = require("polars")
    split = flights.target["origin"]
    tables = [polars.read_parquet(path) for path in FLIGHTS]
    counts = [dict(table["origin"].value_counts().iter_rows()) for table in tables]
    assert {each.label: (each.reference, each.current) for each in split.slices} == {
        origin: (counts[0][origin], counts[1][origin]) for origin in counts[0]
    }
    added = math.fsum(each.contribution for each in split.slices)
    assert added == pytest.approx(split.concept.plugin, rel=1e-12)
    # NULL is a value of the target.
    assert "NULL" in flights.target.cells


def test_months_of_other_halves_are_named(flights):
    split = flights.target["month"]
    assert split.joint.plugin == split.covariate.plugin == math.inf
    assert split.covariate.debiased is None
    assert "infinite" in split.notes[0]
    assert split.concept.verdict == "inconclusive"


def test_what_cannot_be_split_is_named(flights):
    assert [each.name for each in flights.target.left_out] == ["year"]
    document = json.loads(flights.to_json())["target"]
    assert [column["name"] for column in document["columns"]] == [split.name for split in flights.target]
    with pytest.raises(KeyError, match="nope"):
        flights.target["nope"]


@pytest.mark.parametrize(
    ("target", "columns", "said"),
    [
        ("nope", None, "none of the compared columns"),
        ("year", ["year", "carrier"], "one value alone"),
        ("id", ["id", "carrier"], "nearly every value is distinct"),
        ("carrier", ["carrier", "year"], "nothing to split"),
    ],
)
def test_targets_that_cannot_be(target, columns, said, frame):
    tables = [
        frame(
            year=[2013] * 1000,
            carrier=["UA", "AA"] * 500,
            id=[f"{side}{row:05d}-{row * 7919 % 10_007}" for row in range(1000)],
        )
        for side in "rc"
    ]
    with pytest.raises(kl.InputError, match=said):
        kl.compare(*tables, target=target, columns=columns)


def test_a_target_of_many_values_is_cut(frame):
    rng = np.random.default_rng(4)
    tables = [
        frame(x=rng.integers(0, 3, 12_000), y=[f"t{min(int(value), 400)}" for value in rng.exponential(60, 12_000)])
        for _ in range(2)
    ]
    target = kl.compare(*tables, target="y", roles={"x": "category"}).target
    assert len(target.cells) == 20
    assert any("other" in label for label in target.cells)
    assert target["x"].concept.verdict != "shifted"


def test_weights_are_effective_rows(require):
    rng = np.random.default_rng(5)
    polars = require("polars")
    tables = [_table(polars, rng, 4000), _table(polars, rng, 4000, x=(0.4, 0.6))]
    plain = kl.compare(*tables, target="y").target["x"]
    tenfold = [table.with_columns(w=polars.lit(10.0)) for table in tables]
    weighted = kl.compare(*tenfold, target="y", weights="w").target["x"]
    assert weighted.concept.plugin == pytest.approx(plain.concept.plugin, rel=1e-12)
    assert weighted.concept.interval == pytest.approx(plain.concept.interval, rel=1e-9)


def test_units_widen_what_rows_flag(require):
    polars = require("polars")
    rng = np.random.default_rng(6)
    sides = []
    for side in "rc":
        units = np.repeat(np.arange(40), 100)
        given = rng.beta(3, 3, (40, 2))
        x = rng.integers(0, 2, 4000)
        y = rng.random(4000) < given[units, x]
        sides.append(polars.DataFrame({"unit": [f"{side}{unit}" for unit in units], "x": x, "y": y}))
    by_row = kl.compare(*(side.drop("unit") for side in sides), target="y").target["x"].concept
    by_unit = kl.compare(*sides, unit="unit", target="y").target["x"].concept
    assert by_unit.plugin == pytest.approx(by_row.plugin, rel=1e-12)
    assert by_unit.interval[1] - by_unit.interval[0] > 2 * (by_row.interval[1] - by_row.interval[0])
    assert by_unit.p_value > 0.01


def _counted(rng, name, changed):
    """A column that says the target with errors: more of them now, if the relation changed."""
    errors = (0.3, 0.5 if changed else 0.3)
    laws = [np.array([[1 - each, each], [each, 1 - each]]) / 2 for each in errors]
    sides = [rng.multinomial(2000, law.ravel()).reshape(2, 2).astype(float) for law in laws]
    return CountedPair(CodedColumn(name, "category", ("0", "1")), CodedColumn("y", "category", ("0", "1")), *sides)


@pytest.mark.parametrize("margin", [0.0, 0.0001])
def test_false_concept_shifts_are_rare_among_many_columns(margin):
    # 25 tables of 12 columns, of which two changed: the mean share of false calls is at most 5 % (standard error 2 %).
    rng = np.random.default_rng(7)
    shares = []
    for _ in range(25):
        counted = [_counted(rng, f"c{place:02d}", place < 2) for place in range(12)]
        found = judge_splits(counted, Rules(margin, 0.05, 0))
        shifted = {split.name for split in found if split.concept.verdict == "shifted"}
        assert {"c00", "c01"} <= shifted
        shares.append((len(shifted) - 2) / len(shifted))
    assert np.mean(shares) <= 0.05 + 0.06
