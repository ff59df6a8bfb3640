"""A profile stands in for its table, on disk as in memory."""

import json
import pickle

import numpy as np
import pytest

import kullback as kl


def _table(frame, seed, shift=0.0, rows=6000):
    rng = np.random.default_rng(seed)
    return frame(
        x=rng.normal(shift, 1, rows),
        tail=rng.standard_cauchy(rows) * (1 + shift),
        few=rng.poisson(3 + shift, rows),
        whole=rng.integers(-(10**9), 10**9, rows),
        huge=rng.integers(0, 2**64 - 1, rows, dtype=np.uint64),
        text=rng.choice(list("abcd"), rows, p=np.array([4 + 4 * shift, 3, 2, 1]) / (10 + 4 * shift)),
        flag=rng.random(rows) < 0.3,
        gaps=[None if gap < 0.1 else float(gap) for gap in rng.random(rows).round(2)],
        special=rng.choice([np.nan, np.inf, -np.inf, 1.0], rows),
        key=[f"user-{number}" for number in rng.permutation(rows)],
        dense=rng.permutation(rows),
    )


@pytest.fixture
def tables(frame):
    return _table(frame, 1), _table(frame, 2, 0.3)


def _reread(profile, folder):
    profile.save(folder / "kept.json")
    return kl.Profile.load(folder / "kept.json")


def test_round_trip_gives_the_same_comparison(tables, tmp_path):
    kept = kl.profile(tables[0])
    direct = kl.compare(kept, tables[1]).to_json()
    again = _reread(kept, tmp_path)
    assert kl.compare(again, tables[1]).to_json() == direct
    assert kl.compare(tmp_path / "kept.json", tables[1]).to_json() == direct
    assert kl.compare(str(tmp_path / "kept.json"), tables[1]).to_json() == direct


def test_round_trip_is_stable(tables, tmp_path):
    kept = kl.profile(tables[0])
    kept.save(tmp_path / "one.json")
    kl.Profile.load(tmp_path / "one.json").save(tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"one.json", "two.json"}


def test_a_profile_is_strict_json_and_no_pickle(tables, tmp_path):
    _reread(kl.profile(tables[0]), tmp_path)

    def refuse(constant):
        raise AssertionError(constant)

    document = json.loads((tmp_path / "kept.json").read_text("ascii"), parse_constant=refuse)
    assert document["format"] == "kullback-profile"
    with pytest.raises((pickle.UnpicklingError, ValueError, KeyError, EOFError, IndexError)):
        pickle.loads((tmp_path / "kept.json").read_bytes())  # noqa: S301 - to see that it is none


def test_pickles_are_not_loaded(tmp_path, frame):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was loaded",))

    path = tmp_path / "trap.json"
    path.write_bytes(pickle.dumps(Trap()))
    for attempt in (
        lambda: kl.Profile.load(path),
        lambda: kl.compare(path, frame(a=[1])),
        lambda: kl.profile(frame(a=[1]), like=path),
    ):
        with pytest.raises(kl.InputError):
            attempt()


def test_profile_stays_small(frame, tmp_path):
    rng = np.random.default_rng(3)
    kl.profile(frame(x=rng.normal(size=200_000), y=rng.standard_cauchy(200_000))).save(tmp_path / "p.json")
    assert (tmp_path / "p.json").stat().st_size < 50_000


@pytest.mark.parametrize("rows", [6000, 60_000])
def test_close_to_table_against_table(rows, frame):
    before, after = (frame(x=np.random.default_rng(seed).normal(0.5 * seed, 1, rows)) for seed in (0, 1))
    direct, kept = kl.compare(before, after)["x"], kl.compare(kl.profile(before), after)["x"]
    assert kept.plugin == pytest.approx(direct.plugin, rel=0.1) or kept.plugin == np.inf
    assert kept.interval[0] == pytest.approx(direct.interval[0], rel=0.1)
    assert kept.verdict == direct.verdict == "shifted"


def test_plugin_over_a_profile_of_shifted_normals_is_close(frame):
    # The current rows lie inside the range of the profile, so that both figures are finite.
    rng = np.random.default_rng(4)
    before = rng.normal(0, 1, 20_000)
    after = rng.normal(0.3, 1, 20_000).clip(before.min(), before.max())
    direct, kept = (
        kl.compare(frame(x=before), frame(x=after))["x"],
        kl.compare(kl.profile(frame(x=before)), frame(x=after))["x"],
    )
    assert kept.plugin == pytest.approx(direct.plugin, rel=0.1)
    assert kept.debiased == pytest.approx(direct.debiased, rel=0.1)


def test_unchanged_data_are_similar_to_a_profile(frame):
    sides = [_table(frame, seed, rows=20_000) for seed in (5, 6)]
    comparison = kl.compare(kl.profile(sides[0]), sides[1])
    assert "shifted" not in {column.verdict for column in comparison}
    assert {comparison[name].verdict for name in ("few", "text", "flag", "special")} == {"similar"}
    assert comparison["key"].verdict == comparison["dense"].verdict == "key"


@pytest.mark.parametrize("rows", [6000, 60_000])
def test_like_gives_the_same_as_the_table(rows, frame, tmp_path):
    before, after = _table(frame, 7, rows=rows), _table(frame, 8, 0.3, rows=rows)
    kept = kl.profile(before)
    direct = kl.compare(kept, after)
    paired = kl.compare(kept, _reread(kl.profile(after, like=kept), tmp_path))
    for column in direct:
        other = paired[column.name]
        assert (other.verdict, other.plugin, other.interval) == (column.verdict, column.plugin, column.interval), (
            column.name
        )
        assert [(cell.label, cell.reference, cell.current) for cell in other.cells] == [
            (cell.label, cell.reference, cell.current) for cell in column.cells
        ], column.name


def test_like_takes_a_path(tables, tmp_path):
    kept = _reread(kl.profile(tables[0], columns=["few"]), tmp_path)
    other = kl.profile(tables[1], like=str(tmp_path / "kept.json"), columns=["few"])
    assert kl.compare(kept, other)["few"].plugin == kl.compare(kept, tables[1], columns=["few"])["few"].plugin


@pytest.mark.parametrize("rows", [200, 60_000])
@pytest.mark.parametrize("kind", ["few", "whole", "huge"])
def test_counts_on_the_cells_of_a_profile(kind, rows, frame, by_hand):
    before, after = (_table(frame, seed, rows=rows).select(kind) for seed in (9, 10))
    values = [frame_.to_series().to_list() for frame_ in (before, after)]
    column = kl.compare(kl.profile(before), after)[kind]
    assert sum(cell.current for cell in column.cells) == sum(cell.reference for cell in column.cells) == rows
    plain = [cell for cell in column.cells if cell.reference]
    assert [cell.reference for cell in plain] == by_hand([cell.label for cell in plain], values[0])


def test_a_new_sentinel_does_not_hide_in_an_old_cell(frame):
    rng = np.random.default_rng(11)
    values = rng.normal(0, 1000, 5000)
    column = kl.compare(kl.profile(frame(x=values)), frame(x=np.where(np.arange(5000) < 500, -99_999.0, values)))["x"]
    assert column.verdict == "shifted"
    assert column.plugin == np.inf
    assert column.new_mass.share >= 0.1


@pytest.mark.parametrize("value", [-(2**63), 2**63 - 1, 1.7976931348623157e308, -1.7976931348623157e308, 5e-324])
def test_profiles_at_the_ends_of_the_range(value, frame, tmp_path):
    table = frame(x=[value, type(value)(0)] * 50)
    column = kl.compare(_reread(kl.profile(table), tmp_path), table)["x"]
    assert sorted((cell.reference, cell.current) for cell in column.cells if cell.reference) == [(50, 50), (50, 50)]
    assert column.plugin == 0


def test_weights_and_filter_enter_a_profile(frame):
    table = frame(x=["a", "b"] * 50, w=[1, 3] * 50, n=range(100))
    kept = kl.profile(table, where="n < 50", weights="w")
    assert (kept.rows, kept.weight) == (50, 100)
    assert kept.effective_rows == pytest.approx(100**2 / (25 + 25 * 9))
    assert set(kept) == {"x", "n"}
    assert len(kept) == 2
    assert "50 rows" in repr(kept)


def test_types_meet_in_a_profile(frame, require):
    polars = require("polars")
    kept = kl.profile(frame(x=[1, 2] * 50, y=["a", "b"] * 50))
    other = frame(x=[1.0, 2.5] * 50, y=["a", "b"] * 50)
    comparison = kl.compare(kept, other.with_columns(polars.col("y").cast(polars.Categorical)))
    assert comparison["x"].plugin == np.inf
    assert comparison["y"].plugin == 0
    assert kl.compare(kept, frame(x=["1", "2"] * 50))["x"].verdict == "undefined"


def _document(**changed):
    plain = {"format": "kullback-profile", "schema": 1, "name": "t", "rows": 1, "weight": 1, "effective_rows": 1}
    return json.dumps(plain | {"columns": []} | changed, separators=(",", ":"))


BAD = {
    "missing": None,
    "empty": "",
    "text": "hello",
    "other json": '{"a": 1}',
    "a list": "[1, 2]",
    "a number": "3",
    "begins right": '{"format":"kullback-profile"',
    "no columns": '{"format":"kullback-profile","schema":1}',
    "newer": _document(schema=3),
    "columns that are none": _document(columns=[7]),
    "no number of rows": _document(rows="x"),
    "endless rows": _document(rows=1e999),
    "rows that are none": _document(rows=float("nan")),
    "very deep": '{"format":"kullback-profile","schema":1,"columns":' + "[" * 100_000,
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_files_that_are_no_profiles(case, tmp_path, frame):
    path = tmp_path / "p.json"
    if BAD[case] is not None:
        path.write_text(BAD[case])
    with pytest.raises(kl.InputError, match=r"p\.json"):
        kl.Profile.load(path)
    with pytest.raises(kl.InputError, match=r"p\.json"):
        kl.profile(frame(a=[1]), like=path)


def test_a_newer_schema_says_what_to_do(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(BAD["newer"])
    with pytest.raises(kl.InputError, match=r"schema 3.*version"):
        kl.Profile.load(path)


def _places(plain, path=()):
    if isinstance(plain, (dict, list)):
        for key, value in list(plain.items() if isinstance(plain, dict) else enumerate(plain[:3])):
            yield (*path, key)
            yield from _places(value, (*path, key))


@pytest.mark.parametrize("damage", [None, -1, 1e400, float("nan"), "x", [], {}, "1" * 30, [[1]], 10**30], ids=repr)
def test_any_damage_is_an_input_error_or_does_no_harm(damage, frame, tmp_path):
    table = frame(x=[1.5, 2.5] * 30, n=[1, 5, None] * 20, t=["a", "b"] * 30, key=[f"k{index}" for index in range(60)])
    kl.profile(table).save(tmp_path / "p.json")
    text = (tmp_path / "p.json").read_text()
    failed = {}
    for place in _places(json.loads(text)):
        if place[-1] == "scale":  # a power of ten that takes forever: see below
            continue
        document = json.loads(text)
        inner = document
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = damage
        (tmp_path / "p.json").write_text(json.dumps(document, separators=(",", ":")))
        try:
            loaded = kl.Profile.load(tmp_path / "p.json")
            if damage is not None:
                kl.compare(loaded, table)
        except kl.InputError:
            pass
        except Exception as error:  # noqa: BLE001 - that is what this test is about
            failed[place] = repr(error)[:100]
    assert not failed


def test_a_scale_beyond_any_decimal_is_damage(frame, tmp_path):
    kl.profile(frame(n=[1, 5, 9] * 20)).save(tmp_path / "p.json")
    text = (tmp_path / "p.json").read_text()
    assert '"scale":0' in text
    (tmp_path / "p.json").write_text(text.replace('"scale":0', '"scale":1000000000000'))
    with pytest.raises(kl.InputError, match="damaged"):
        kl.Profile.load(tmp_path / "p.json")


def test_a_constant_column_is_constant_against_its_profile(frame):
    for table in (frame(x=[2.5] * 40), frame(x=[7] * 40), frame(x=["a"] * 40)):
        assert kl.compare(kl.profile(table), table)["x"].verdict == "constant"
    other = kl.compare(kl.profile(frame(x=[2.5] * 400)), frame(x=[3.5] * 400))["x"]
    assert other.verdict == "shifted"
