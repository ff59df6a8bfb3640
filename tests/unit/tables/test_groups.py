"""Groups and windows: what is held against what, and which of it is called shifted."""

import itertools
import json
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.spatial import distance

import kullback as kl


def rows_of(rng, rows, groups, *, odd=None, shift=0.0):
    """Groups of equal law, but for one."""
    group = rng.integers(0, groups, rows)
    moved = np.where(group == odd, shift, 0.0) if odd is not None else 0.0
    return {
        "g": [f"g{each:03d}" for each in group],
        "x": rng.normal(moved, 1.0, rows),
        "c": rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2]),
    }


@pytest.fixture
def stores(frame):
    return lambda seed, **options: frame(rows_of(np.random.default_rng(seed), 12_000, 12, **options))


def test_one_group_of_one_table_differs_from_the_rest(stores):
    comparison = kl.compare(stores(1, odd=3, shift=1.0), by="g")
    breakdown = comparison.by
    assert (breakdown.kind, breakdown.against, comparison.verdict) == ("groups", "rest", "shifted")
    labels = [group.label for group in breakdown.groups]
    column = breakdown["x"]
    assert [label for label, cell in zip(labels, column.cells, strict=True) if cell.verdict == "shifted"] == ["g003"]
    assert labels[column.worst] == "g003"
    assert comparison["x"].headline.startswith("g003: ")
    assert comparison["c"].verdict in ("similar", "inconclusive")
    assert "g" not in {each.name for each in comparison.columns}


def test_a_group_beside_the_rest_is_the_same_as_a_table_split_in_two(stores):
    table = stores(2, odd=0, shift=0.7)
    breakdown = kl.compare(table, by="g").by
    labels = [group.label for group in breakdown.groups]
    cell = breakdown["c"].cells[labels.index("g000")]
    split = kl.compare(table.filter(table["g"] != "g000"), table.filter(table["g"] == "g000"), columns=["c"])["c"]
    assert cell.debiased == pytest.approx(split.debiased, rel=1e-5)


def test_each_group_beside_itself_before(stores):
    breakdown = kl.compare(stores(3), stores(4, odd=2, shift=1.0), by="g").by
    assert breakdown.against == "same"
    shifted = [
        (column.name, group.label)
        for column in breakdown.columns
        for group, cell in zip(breakdown.groups, column.cells, strict=True)
        if cell.verdict == "shifted"
    ]
    assert shifted == [("x", "g002")]


def test_a_named_group_is_the_reference(stores):
    breakdown = kl.compare(stores(5, odd=4, shift=1.0), by="g", against="g004").by
    place = breakdown.reference_group
    assert breakdown.groups[place].label == "g004"
    verdicts = [cell.verdict for cell in breakdown["x"].cells]
    assert verdicts[place] == "undefined"
    assert verdicts.count("shifted") == 11


def test_null_is_a_group_and_says_so(frame):
    rng = np.random.default_rng(8)
    key = rng.choice(["a", "b", None], 6_000)
    table = frame(g=key, x=rng.normal(size=6_000) + 2.0 * np.array([each is None for each in key]))
    breakdown = kl.compare(table, by="g").by
    assert [group.label for group in breakdown.groups][-1] == "NULL"
    assert "group of their own" in breakdown.notes[0]
    assert breakdown.groups[breakdown["x"].worst].label == "NULL"


def days(rng, windows, *, change=None, rows=300):
    when = [date(2024, 1, 1) + timedelta(days=each) for each in range(windows) for _ in range(rows)]
    moved = np.repeat([0.0 if change is None or each < change else 0.8 for each in range(windows)], rows)
    return {"when": when, "x": rng.normal(moved, 1.0), "c": rng.choice(["a", "b"], windows * rows)}


def test_a_planted_change_is_found_among_days(frame):
    rng = np.random.default_rng(9)
    before, after = frame(days(rng, 5)), frame(days(rng, 40, change=23))
    breakdown = kl.compare(before, after, by="when", every="1d").by
    assert (breakdown.kind, breakdown.against, len(breakdown.groups)) == ("windows", "reference", 40)
    (change,) = breakdown["x"].changes
    assert breakdown.groups[change.place].label == "2024-01-24"
    assert change.interval[0] <= 23 <= change.interval[1]
    assert breakdown["c"].changes == ()
    assert [cell.verdict == "shifted" for cell in breakdown["x"].cells] == [place >= 23 for place in range(40)]


def test_windows_of_one_table_are_held_against_the_one_before(frame):
    rng = np.random.default_rng(10)
    comparison = kl.compare(frame(days(rng, 20, change=12)), by="when", every="1d")
    verdicts = [cell.verdict for cell in comparison.by["x"].cells]
    assert comparison.by.against == "previous"
    assert verdicts[0] == "undefined"
    assert [place for place, verdict in enumerate(verdicts) if verdict == "shifted"] == [12]
    assert comparison["x"].headline.startswith("2024-01-13: ")


def test_rolling_windows_take_several_together(frame):
    rng = np.random.default_rng(11)
    breakdown = kl.compare(frame(days(rng, 20, rows=50)), by="when", every="1d", rolling=5).by
    assert [group.rows for group in breakdown.groups] == [0.0] * 4 + [250.0] * 16
    assert (breakdown.groups[9].start, breakdown.groups[9].end) == ("2024-01-06", "2024-01-11")
    # The window before shares no day with it.
    assert [cell.verdict == "undefined" for cell in breakdown["x"].cells] == [place < 9 for place in range(20)]


def test_gaps_stay_and_the_window_before_a_gap_is_the_last_one_with_rows(frame):
    rng = np.random.default_rng(12)
    table = days(rng, 9)
    kept = [not 3 <= (day - date(2024, 1, 1)).days < 6 for day in table["when"]]
    table = frame({name: list(itertools.compress(column, kept)) for name, column in table.items()})
    breakdown = kl.compare(table, by="day(when)").by
    assert [group.rows for group in breakdown.groups[3:6]] == [0.0] * 3
    assert [cell.verdict for cell in breakdown["x"].cells[3:6]] == ["undefined"] * 3
    assert breakdown.groups[6].reference_rows == 300.0


def test_a_date_without_a_width_gets_one_and_says_which(frame):
    breakdown = kl.compare(frame(days(np.random.default_rng(13), 40, rows=20)), by="when").by
    assert breakdown.every == "1d"
    assert "windows of 1d" in breakdown.notes[0]


def test_the_matrix_is_what_scipy_says_for_many_rows(frame):
    """Without noise to take off: three groups of known shares."""
    shares = {"a": [60, 30, 10], "b": [30, 60, 10], "c": [10, 30, 60]}
    table = {"g": [], "c": []}
    for name, counts in shares.items():
        for value, count in zip("xyz", counts, strict=True):
            table["g"] += [name] * (200 * count)
            table["c"] += [value] * (200 * count)
    matrix = kl.compare(frame(table), by="g").by.matrix
    for one, two in itertools.combinations(range(3), 2):
        names = [list(shares)[place] for place in (one, two)]
        expected = distance.jensenshannon(shares[names[0]], shares[names[1]], base=2) ** 2
        assert matrix.values[one, two] == pytest.approx(expected, abs=2e-4)
    assert abs(matrix.order.index(0) - matrix.order.index(1)) == 1
    assert [merge[3] for merge in matrix.linkage] == [2, 3]


def test_equal_groups_are_no_distance_apart_on_average(stores):
    matrix = kl.compare(stores(14), by="g").by.matrix
    # Without taking the bias off, 16 cells of 1,000 rows a group would be 0.0054 bits apart, and the mean 0.003.
    assert matrix.values[np.triu_indices(12, 1)].mean() < 1e-3


def test_a_thousand_groups(frame):
    rng = np.random.default_rng(15)
    comparison = kl.compare(frame(rows_of(rng, 60_000, 1_000, odd=7, shift=3.0)), by="g")
    breakdown = comparison.by
    assert len(breakdown.groups) == 1_000
    assert len(breakdown.matrix.groups) == 60
    flagged = {
        group.label
        for group, cell in zip(breakdown.groups, breakdown["x"].cells, strict=True)
        if cell.verdict == "shifted"
    }
    assert flagged == {"g007"}


def test_what_the_reference_group_lacks_is_infinite(frame):
    table = frame(g=["a"] * 2_000 + ["b"] * 2_000, c=["x"] * 2_000 + ["x", "y"] * 1_000)
    breakdown = kl.compare(table, by="g", against="a").by
    cell = breakdown["c"].cells[1]
    assert (cell.verdict, cell.debiased, cell.interval[1]) == ("shifted", None, float("inf"))


def test_a_column_of_one_value_is_constant(frame):
    comparison = kl.compare(frame(g=["a", "b"] * 500, one=[1] * 1_000, c=["x", "y", "y", "x"] * 250), by="g")
    assert comparison["one"].verdict == "constant"
    assert comparison["one"].headline.endswith("100 % → 100 %") or "always" in comparison["one"].headline
    assert {cell.verdict for cell in comparison.by["one"].cells} == {"constant"}


def test_margins_of_columns_hold_in_groups(stores):
    table = stores(16, odd=3, shift=1.0)
    assert kl.compare(table, by="g", margin={"x": 5.0})["x"].verdict == "similar"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"against": "tomorrow"}, "must be one of rest, reference, same, previous, or a group"),
        ({"against": "same"}, "needs two tables"),
        ({"against": "previous"}, "needs windows"),
        ({"rolling": 3}, "gives groups: leave it out"),
        ({"unit": "c"}, "leave unit out"),
        ({"target": "c"}, "target compares two tables"),
    ],
)
def test_what_does_not_fit_says_why(stores, options, said):
    with pytest.raises(kl.InputError, match=said):
        kl.compare(stores(17), by="g", **options)


def test_windows_as_many_as_there_are(frame):
    table = frame(days(np.random.default_rng(18), 5, rows=20))
    with pytest.raises(kl.InputError, match="from 1 to the 5 windows"):
        kl.compare(table, by="when", every="1d", rolling=6)


def test_a_profile_has_no_groups(stores):
    with pytest.raises(kl.InputError, match="no rows"):
        kl.compare(kl.profile(stores(19)), by="g")


def test_the_json_says_it_all(stores, frame):
    changed = frame(days(np.random.default_rng(20), 30, change=12))
    for comparison in (kl.compare(stores(20, odd=1, shift=2.0), by="g"), kl.compare(changed, by="when", every="1d")):
        document = json.loads(comparison.to_json())["by"]
        assert document["verdict"] == "shifted"
        assert all(len(column["cells"]) == len(document["groups"]) for column in document["columns"])
        counted = [cell["verdict"] for column in document["columns"] for cell in column["cells"]]
        assert {verdict: counted.count(verdict) for verdict in document["counts"]} == document["counts"]


def test_hostile_names_are_inert_on_the_page(frame):
    bad = "<script>alert(1)</script>\x1b[31m\u202e\"'"
    rng = np.random.default_rng(21)
    table = frame({"g": [bad, "b"] * 2_000, bad: rng.choice(["x", "y"], 4_000), "z": np.arange(4_000) % 2})
    page = kl.compare(table, by="g").to_html()
    section = page[page.index("id=groups") :]
    assert "<script>alert" not in section
    assert "\x1b" not in section
    assert "\u202e" not in section


def test_the_page_stays_small(frame):
    """250 groups or windows of 32 columns, more than are drawn: at most 300 kB for the section."""
    rng = np.random.default_rng(22)
    part = rng.integers(0, 250, 6_000)
    columns = {f"x{place}": rng.choice(["a", "b", "c"], 6_000) for place in range(30)} | {
        "y": part % 7,
        "z": part // 50,
    }
    names = [f"group number {each}" for each in part]
    when = [date(2020, 1, 1) + timedelta(days=int(each)) for each in part]
    for by, key in (("g", names), ("day(g)", when)):
        page = kl.compare(frame({"g": key, **columns}), by=by).to_html()
        assert len(page[page.index("id=groups") : page.index("</main>")].encode()) < 300_000


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_tells_the_worst_group(stores, lang):
    page = kl.compare(stores(23, odd=5, shift=2.0), by="g").to_html(lang=lang)
    section = page[page.index("id=groups") :]
    assert "g005" in section
    assert ("哪些彼此相近" if lang == "zh" else "Which are alike") in section
