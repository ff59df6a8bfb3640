"""Columns of many light values: what merging them must not hide."""

import json

import numpy as np
import pytest

import kullback as kl


@pytest.fixture
def texts(frame):
    """`texts(low, high, rows)` gives a frame of texts drawn evenly from a range of numbers."""
    rng = np.random.default_rng(7)
    return lambda low, high, rows: frame(a=[f"v{value}" for value in rng.integers(low, high, rows)])


@pytest.mark.parametrize(
    ("low", "high"), [(500, 1500), (1000, 2000), (0, 500)], ids=["half new", "all new", "half gone"]
)
def test_a_change_among_light_values_is_found(low, high, texts):
    column = kl.compare(texts(0, 1000, 20_000), texts(low, high, 20_000))["a"]
    assert column.verdict == "shifted"
    # Half of the mass moved to or from values of its own: at least half a bit by any account.
    assert column.interval[0] > 0.5


def test_no_change_among_light_values_is_not_found(texts):
    found = [kl.compare(texts(0, 1000, 20_000), texts(0, 1000, 20_000))["a"].verdict for _ in range(20)]
    assert "shifted" not in found


def test_unlisted_values_are_never_similar(frame):
    rng = np.random.default_rng(1)
    common = rng.integers(0, 10_000, 60_000)
    sides = [
        np.where(rng.random(60_000) < 0.2, 20_000 + 50_000 * side + rng.integers(0, 40_000, 60_000), common)
        for side in (0, 1)
    ]
    column = kl.compare(*(frame(a=[f"v{value}" for value in side]) for side in sides))["a"]
    assert column.verdict != "similar"
    assert column.p_value is None


@pytest.mark.parametrize("bits", [0.03, 0.05])
def test_similar_is_not_said_above_the_margin(bits, frame):
    rng = np.random.default_rng(2)
    tilt = np.sqrt(2 * bits * np.log(2))
    chances = np.tile([1 + tilt, 1 - tilt], 50) / 100
    before, after = (rng.choice(100, 20_000, p=p) for p in (np.full(100, 0.01), chances))
    assert kl.compare(frame(a=before.astype(str)), frame(a=after.astype(str)))["a"].verdict != "similar"


def test_infinity_stands_beside_a_finite_figure(frame):
    column = kl.compare(frame(a=["x", "y"] * 500), frame(a=["x", "y"] * 490 + ["z"] * 20))["a"]
    assert (column.debiased, column.plugin) == (None, float("inf"))
    assert 0 < column.smoothed < 1
    assert json.loads(kl.compare(frame(a=["x"]), frame(a=["x"])).to_json())["columns"][0]["name"] == "a"


def test_new_numbers_beyond_chance_have_a_cell_of_their_own(frame):
    before, after = [0, 1] * 5000, [0, 1] * 4990 + [7] * 20
    column = kl.compare(frame(a=before), frame(a=after))["a"]
    assert [share.value for share in column.new] == ["7"]


def test_edges_are_written_so_that_they_differ(frame):
    values = 1.6e9 + np.random.default_rng(3).normal(size=3000)
    labels = [cell.label for cell in kl.compare(frame(a=values), frame(a=values + 1))["a"].cells]
    assert len(set(labels)) == len(labels)


def test_nulls_in_keys_are_told(frame):
    ids = [f"id-{index}" for index in range(1000)]
    column = kl.compare(frame(a=ids), frame(a=[name if index % 2 else None for index, name in enumerate(ids)]))["a"]
    assert column.verdict == "key"
    assert column.headline.startswith("NULL 0 % → 50 %")


def test_texts_that_are_numbers_get_a_hint(frame):
    numbers = [f"{value:,.2f}" for value in np.random.default_rng(4).lognormal(7, 1, 2000)]
    assert any("--as a=numeric" in note for note in kl.compare(frame(a=numbers), frame(a=numbers))["a"].notes)
    codes = [f"{index % 90:05d}" for index in range(2000)]
    assert not any("--as" in note for note in kl.compare(frame(a=codes), frame(a=codes))["a"].notes)


def test_dates_written_day_first_stay_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("d,x\n" + "".join(f"{1 + index % 12:02d}.{1 + index % 5:02d}.20,1\n" for index in range(500)))
    assert kl.compare(path, path)["d"].kind == "category"


def test_what_stands_above_a_header_is_skipped(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("sep=;\n\na;b\n" + "1;2\n" * 30)
    assert [column.name for column in kl.compare(path, path)] == ["a", "b"]


def test_links_and_brackets_in_paths(tmp_path):
    home = tmp_path / "[Q3] data"
    home.mkdir()
    (home / "a.csv").write_text("a\n" + "1\n2\n" * 30)
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.csv"
    link.symlink_to(home / "a.csv")
    assert kl.compare(home / "a.csv", link)["a"].plugin == 0
