"""Pairs of columns that a profile holds: they answer what the tables themselves would."""

import json
import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from scipy import special

import kullback as kl

SCHEMA = Path(__file__).parents[3] / "docs" / "reference" / "profile.schema.json"
ROWS = 3000
COLUMNS = ("late", "amount", "day", "place", "flag", "gaps")


@pytest.fixture(scope="module")
def tables(require) -> tuple[Any, Any]:
    polars = require("polars")
    return tuple(_table(polars, seed, shift) for seed, shift in ((1, 0.0), (2, 0.4)))


def _table(polars: Any, seed: int, shift: float) -> Any:
    rng = np.random.default_rng(seed)
    late = np.where(rng.random(ROWS) < 0.3 + shift / 4, "yes", "no")
    amount = rng.normal(shift * (late == "yes"), 1, ROWS)
    return polars.DataFrame(
        {
            "late": late,
            "amount": amount,
            "day": [
                date(2024, 1, 1) + timedelta(days=int(number)) for number in rng.integers(0, 40 + 20 * shift, ROWS)
            ],
            "place": [f"p{value}" for value in rng.zipf(1.6, ROWS).clip(max=30)],
            "flag": rng.random(ROWS) < 0.5,
            "gaps": [None if gap < 0.1 else math.nan if gap < 0.2 else gap for gap in rng.random(ROWS)],
            "always": ["a"] * ROWS,
            "key": [f"user-{number}" for number in rng.permutation(ROWS)],
            "weight": 0.25 + rng.integers(0, 3, ROWS) / 2,
        }
    )


@pytest.fixture(scope="module")
def kept(tables) -> kl.Profile:
    return kl.profile(tables[0], target="late", pairs=[("day", "place")], exclude=["weight"])


def _place(value: Any, cells: dict[str, Any], width: int) -> int:
    """In which cell of a saved profile a value lies, by nothing but the format's description."""
    if "values" in cells:
        text = str(value).lower() if isinstance(value, bool) else value
        listed = cells["values"]
        return width - 1 if text is None else listed.index(text) if text in listed else width - 2
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return len(cells["edges"]) + (1 if value is None else 2)
    number = (value - date(1970, 1, 1)).days if isinstance(value, date) else value
    return sum(number > edge for edge in cells["edges"])


def _by_hand(table: Any, pair: dict[str, Any], cells: dict[str, Any]) -> Any:
    counts = np.zeros(np.shape(pair["counts"]))
    for x, y in table.select(pair["x"], pair["y"]).rows():
        counts[_place(x, cells[pair["x"]], counts.shape[0]), _place(y, cells[pair["y"]], counts.shape[1])] += 1
    return counts


def _saved(profile: kl.Profile, folder: Path) -> dict[str, Any]:
    profile.save(folder / "kept.json")
    document = json.loads((folder / "kept.json").read_text("utf-8"))
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    return document["pairs"]


@pytest.fixture
def saved(kept, tmp_path) -> dict[str, Any]:
    return _saved(kept, tmp_path)


def _cells(saved: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each for each in saved["cells"]}


def test_counts_are_those_by_hand(saved, tables):
    assert [(pair["x"], pair["y"]) for pair in saved["counts"]] == [
        *((name, "late") for name in COLUMNS[1:]),
        ("day", "place"),
    ]
    for pair in saved["counts"]:
        np.testing.assert_array_equal(pair["counts"], _by_hand(tables[0], pair, _cells(saved)))
    assert max(len(each.get("edges", each.get("values"))) for each in saved["cells"]) < 20


def _bits(reference, current):
    p, q = current / current.sum(), reference / reference.sum()
    return special.rel_entr(p, q).sum() / math.log(2)


def test_splits_are_those_of_the_tables_on_the_same_cells(kept, saved, tables):
    split = kl.compare(kept, tables[1], target="late").target
    assert {column.name for column in split} == set(COLUMNS[1:])
    for pair in saved["counts"][:-1]:
        reference, current = (_by_hand(table, pair, _cells(saved)) for table in tables)
        column = split[pair["x"]]
        assert column.joint.plugin == pytest.approx(_bits(reference, current), rel=1e-13)
        assert column.covariate.plugin == pytest.approx(_bits(reference.sum(axis=1), current.sum(axis=1)), rel=1e-13)
        assert column.label.plugin == pytest.approx(_bits(reference.sum(axis=0), current.sum(axis=0)), rel=1e-13)
    assert split["amount"].concept.verdict == "shifted"
    assert split["flag"].concept.verdict != "shifted"
    assert {each.name: each.reason for each in split.left_out} == {
        "always": "it has one value alone",
        "key": "nearly every value is distinct",
    }


def test_few_values_give_the_split_of_the_tables_themselves(frame):
    rng = np.random.default_rng(3)
    sides = [
        frame(x=rng.integers(0, 5, 2000), y=rng.choice(list("abc"), 2000, p=shares))
        for shares in ([0.5, 0.3, 0.2], [0.3, 0.3, 0.4])
    ]
    direct = kl.compare(*sides, target="y", pairs=[("x", "y")])
    by_profile = kl.compare(kl.profile(sides[0], target="y"), sides[1], target="y", pairs=True)
    one, other = (
        [getattr(made.target["x"], name) for name in PARTS] + [made.pairs["x", "y"].dependence]
        for made in (direct, by_profile)
    )
    assert [part.verdict for part in one] == [part.verdict for part in other]
    for part, same in zip(one, other, strict=True):
        assert (part.plugin, *part.interval) == pytest.approx((same.plugin, *same.interval), rel=1e-9)


PARTS = ("joint", "covariate", "concept", "label", "given_target")


def test_either_side_or_both_may_be_a_profile(kept, tables):
    wanted = {"target": "late", "pairs": [("place", "day")]}
    before, after = (table.drop("weight") for table in tables)
    later = kl.profile(after, like=kept, target="late", pairs=[("day", "place")])
    said = [kl.compare(*sides, **wanted).to_dict() for sides in ((kept, after), (kept, later), (before, later))]
    for part in ("target", "pairs"):
        assert said[0][part] == said[1][part] == said[2][part]


def test_cells_come_from_the_profile_that_it_is_like_even_if_that_has_no_pairs(tables):
    grid = kl.profile(tables[0])
    one, other = (kl.profile(table, like=grid, target="late") for table in tables)
    assert kl.compare(one, other, target="late").target["amount"].concept.verdict == "shifted"


def test_saved_and_loaded_it_says_the_same(kept, tables, tmp_path):
    for name in ("one.json", "two.json.gz"):
        kept.save(tmp_path / name)
        again = kl.Profile.load(tmp_path / name)
        again.save(tmp_path / "again.json")
        said = kl.compare(again, tables[1], target="late").target.to_dict()
        assert said == kl.compare(kept, tables[1], target="late").target.to_dict()
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "one.json").read_bytes()


def test_parts_merge_to_the_whole(kept, tables):
    parts = [tables[0][:700], tables[0][700:1500], tables[0][1500:]]
    profiles = [kl.profile(part, like=kept, target="late", pairs=[("place", "day")]) for part in parts]
    whole = kl.merge(profiles)
    assert not whole.pairs.notes
    assert len(whole.pairs.counts) == len(kept.pairs.counts)
    for x, y in kept.pairs.counts:
        np.testing.assert_array_equal(whole.pairs.of(x, y), kept.pairs.of(x, y))


def test_pairs_on_other_cells_are_dropped_with_a_note(kept, tables, tmp_path):
    other = kl.profile(tables[1], target="late", exclude=["weight"])
    merged = kl.merge([kept, other])
    assert ("flag", "late") in merged.pairs.counts
    assert ("amount", "late") not in merged.pairs.counts
    assert "amount with late" in merged.pairs.notes[0]
    assert _saved(merged, tmp_path)["notes"] == list(merged.pairs.notes)
    with pytest.raises(kl.InputError, match="dropped in merging"):
        kl.compare(merged, tables[1], target="day")


def test_suppressed_profiles_hold_no_pairs(kept, tables):
    with pytest.raises(kl.InputError, match="do not go together"):
        kl.profile(tables[0], target="late", suppress_below=5)
    with pytest.raises(kl.InputError, match="do not go together"):
        kl.profile(tables[0], pairs=[("late", "day")], text_length=3)
    for options in ({"suppress_below": 5}, {"text_length": 3}):
        assert not kl.merge([kept], **options).pairs.counts


def test_weights_count_as_they_do_in_tables(tables):
    sides = [table.select("late", "flag", "weight") for table in tables]
    options = {"weights": "weight", "columns": ["late", "flag"], "target": "late"}
    direct = kl.compare(*sides, **options).target["flag"]
    by_profile = kl.compare(kl.profile(sides[0], **options), sides[1], **options).target["flag"]
    assert by_profile.joint.plugin == pytest.approx(direct.joint.plugin, rel=1e-12)
    assert by_profile.joint.interval == pytest.approx(direct.joint.interval, rel=1e-9)


def test_new_values_fall_into_the_outermost_cells(frame):
    kept = kl.profile(frame(x=[1, 2, 3, 4] * 300, y=["a", "b", "b", "b"] * 300), target="y")
    split = kl.compare(kept, frame(x=[-5, 9] * 300, y=["b", "new"] * 300), target="y").target["x"]
    held = {each.label: each.current for each in split.slices}
    assert held == {"≤ 1": 300, "2": 0, "3": 0, "> 3": 300}
    assert split.label.plugin == math.inf


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target": "nowhere"}, "none of the kept columns"),
        ({"target": "key"}, "has no distribution"),
        ({"target": "always"}, "has no distribution"),
        ({"pairs": [("late", "nowhere")]}, "pairs names 'nowhere'"),
        ({"pairs": True}, "the pairs that it is told"),
        ({"pairs": 3}, "the pairs that it is told"),
        ({"pairs": "ab"}, "two different names"),
        ({"pairs": [("late", "late")]}, "two different names"),
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_refused(tables, options, said):
    with pytest.raises(kl.InputError, match=said):
        kl.profile(tables[0], **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target": "key"}, "does not hold 'key' with other columns; it holds 'amount' with 'late'"),
        ({"target": "nowhere"}, "none of the compared columns"),
        ({"pairs": [("amount", "flag")]}, "does not hold 'amount' with 'flag'; it holds"),
        ({"pairs": [("amount", "nowhere")]}, "none of the compared columns"),
        ({"pairs": -1}, "from 1 on"),
        ({"by": "late"}, "need both tables themselves"),
        ({"joint": True}, "need both tables themselves"),
        ({"why": True}, "need both tables themselves"),
        ({"target": "late", "unit": "day"}, "holds no units"),
    ],
    ids=str,
)
def test_what_is_not_held_is_said(kept, tables, options, said):
    with pytest.raises(kl.InputError, match=said):
        kl.compare(kept, tables[1], **options)


def test_profiles_on_other_cells_are_not_compared(kept, tables):
    other = kl.profile(tables[1], columns=["late", "amount", "day"], target="late", pairs=[("late", "day")])
    with pytest.raises(kl.InputError, match="on different cells: make the second one on the cells of the first"):
        kl.compare(kept, other, target="late")
    with pytest.raises(kl.InputError, match="on different cells"):
        kl.compare(kept, other, pairs=[("amount", "late")])
    with pytest.raises(kl.InputError, match="holds no pairs of columns"):
        kl.compare(kl.profile(tables[0]), other, pairs=True)


def test_a_changed_type_is_left_out(kept, require):
    polars = require("polars")
    changed = _table(polars, 5, 0.0).with_columns(polars.col("amount").cast(polars.String))
    split = kl.compare(kept, changed, target="late", exclude=["weight"]).target
    assert {each.name: each.reason for each in split.left_out}["amount"] == "the two sides cannot be compared"
    # Whole days are compared as moments where the other side has moments.
    assert "flag" in {column.name for column in split}


def test_so_many_pairs_at_most(kept, tables):
    every = kl.compare(kept, tables[1], pairs=True).pairs
    first = kl.compare(kept, tables[1], pairs=2).pairs
    assert len(every) == first.candidates == 6
    assert [pair.to_dict() for pair in first] == [pair.to_dict() for pair in every][:2]


def test_damaged_pairs_are_refused(kept, tmp_path):
    _saved(kept, tmp_path)
    path = tmp_path / "kept.json"
    document = json.loads(path.read_text("utf-8"))
    for damage in (
        lambda pairs: pairs["counts"][0]["counts"].pop(),
        lambda pairs: pairs["counts"][0]["counts"][0].__setitem__(0, 10**6),
        lambda pairs: pairs["counts"][0].update(x="nowhere"),
        lambda pairs: pairs["cells"][0].pop("name"),
        lambda pairs: next(each for each in pairs["cells"] if "edges" in each)["edges"].reverse(),
    ):
        damaged = json.loads(json.dumps(document))
        damage(damaged["pairs"])
        path.write_text(json.dumps(damaged), "utf-8")
        with pytest.raises(kl.InputError, match="is damaged"):
            kl.Profile.load(path)


def test_every_reading_has_cells(samples, tmp_path):
    kept = kl.profile(samples[0], target="flag", exclude=["uuid"])
    _saved(kept, tmp_path)
    split = kl.compare(kl.Profile.load(tmp_path / "kept.json"), samples[1], target="flag", exclude=["uuid"]).target
    assert {column.name for column in split} == set(samples[0].column_names) - {"flag", "uuid"}
    for column in split:
        assert sum(each.current for each in column.slices) == samples[1].num_rows
