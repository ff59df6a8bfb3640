"""The options of `compare` and `profile`."""

import numpy as np
import pytest

import kullback as kl


@pytest.fixture
def pair(frame):
    rng = np.random.default_rng(1)
    return [
        frame(
            x=rng.normal(shift, 1, 3000),
            code=rng.integers(0, 5, 3000),
            day=rng.choice(["mon", "tue"], 3000),
            extra_a=rng.normal(size=3000),
            extra_b=rng.normal(size=3000),
        )
        for shift in (0, 0.5)
    ]


def _names(comparison):
    return {column.name for column in comparison}


def test_columns_and_exclude(pair):
    assert _names(kl.compare(*pair, columns=["x", "extra_*"])) == {"x", "extra_a", "extra_b"}
    assert _names(kl.compare(*pair, exclude=["extra_?", "x"])) == {"code", "day"}
    assert _names(kl.compare(*pair, columns=["extra_*"], exclude=["*_a"])) == {"extra_b"}


def test_a_column_alone_has_the_same_figures(pair):
    assert kl.compare(*pair, columns=["x"])["x"].plugin == kl.compare(*pair)["x"].plugin


def test_brackets_of_a_name_are_not_a_pattern(frame):
    table = frame({"x[0]": [1] * 30, "x0": [2] * 30})
    assert _names(kl.compare(table, table, columns=["x[0]"])) == {"x[0]"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": ["nope"]}, "nope"),
        ({"exclude": ["nope_*"]}, "nope"),
        ({"columns": ["x"], "exclude": ["x"]}, "no column"),
        ({"columns": []}, "no column"),
        ({"roles": {"nope": "category"}}, "nope"),
        ({"roles": {"x": "nonsense"}}, "nonsense"),
        ({"where": "nope > 3"}, "nope"),
        ({"where": "x >"}, "x >"),
        ({"where": "x > 0; DROP TABLE t"}, "DROP"),
        ({"where": "1 = 1) UNION (SELECT 1"}, "UNION"),
        ({"where": "x > 1e9"}, "no rows"),
        ({"where": "CAST(day AS INTEGER) = 1"}, "day"),
        ({"where": "error('boom')"}, "boom"),
        ({"where": "x"}, None),
        ({"weights": "nope"}, "nope"),
        ({"weights": "day"}, "weights"),
        ({"weights": "x"}, "weights"),
        ({"margin": -0.1}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"margin": float("inf")}, "margin"),
        ({"alpha": 0}, "alpha"),
        ({"alpha": 1}, "alpha"),
        ({"alpha": float("nan")}, "alpha"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"margin": "0.1"}, "margin"),
        ({"alpha": None}, "alpha"),
        ({"split_by": "day", "reference_value": "mon"}, "split_by"),
        ({"reference_value": "mon"}, "split_by"),
        ({"current_value": "mon"}, "split_by"),
    ],
    ids=str,
)
def test_options_that_cannot_be_used(options, message, pair):
    if message is None:  # a number as a condition: the engine may take it
        kl.compare(*pair, **options)
        return
    with pytest.raises(kl.InputError, match=message):
        kl.compare(*pair, **options)


@pytest.mark.parametrize("option", ["columns", "exclude"])
def test_a_text_where_a_list_is_needed_is_one_name_or_refused(option, frame):
    table = frame({"xy": [1] * 30, "x": [2] * 30, "y": [3] * 30, "z": [4] * 30})
    try:
        found = _names(kl.compare(table, table, **{option: "xy"}))
    except kl.InputError:
        return
    assert found == {"columns": {"xy"}, "exclude": {"x", "y", "z"}}[option]


def test_a_text_where_a_list_of_nulls_is_needed_is_one_text_or_refused(tmp_path, cells):
    (tmp_path / "a.csv").write_text("t\n" + "NA\nN\nx\n" * 30)
    try:
        found = cells(kl.compare(tmp_path / "a.csv", tmp_path / "a.csv", nulls="NA")["t"])
    except kl.InputError:
        return
    assert sorted(found) == [("N", 30, 30), ("NULL", 30, 30), ("x", 30, 30)]


def test_where_filters_both_sides(pair, require, cells):
    polars = require("polars")
    found = kl.compare(*pair, where="x > 0 AND day = 'mon' -- and so on")
    kept = [table.filter((polars.col("x") > 0) & (polars.col("day") == "mon")) for table in pair]
    for column in kl.compare(*kept):
        assert cells(found[column.name]) == cells(column)
    assert found.reference.rows == kept[0].height


def test_where_knows_names_that_differ_by_case_alone(frame):
    table = frame(A=[1, 2] * 20, a=[3, 4] * 20)
    found = kl.compare(table, table, where='"A" = 1')
    assert found["a"].headline == "always 3"


@pytest.mark.parametrize("rows", [2000, 60_000])
@pytest.mark.parametrize("role", ["category", "numeric", "key", "ignore"])
def test_roles(role, rows, frame):
    rng = np.random.default_rng(2)
    sides = [frame(code=rng.integers(0, 30, rows), other=[1] * rows) for _ in "rc"]
    comparison = kl.compare(*sides, roles={"code": role})
    if role == "ignore":
        assert _names(comparison) == {"other"}
        return
    column = comparison["code"]
    assert (column.verdict == "key") == (role == "key")
    if role != "key":
        assert column.kind == role
        assert sorted(cell.label for cell in column.cells) == sorted(map(str, range(30)))


def test_text_taken_as_numbers(frame, cells):
    texts = ["1", " 2 ", "1e3", "x", None] * 20
    column = kl.compare(frame(x=texts), frame(x=texts), roles={"x": "numeric"})["x"]
    assert column.kind == "numeric"
    assert cells(column) == [(label, 20, 20) for label in ("1", "2", "1000", "NULL", "NaN")]


def test_roles_bring_retyped_columns_together(frame, cells):
    before, after = frame(x=[1, 2] * 30), frame(x=["1", "2"] * 30)
    for role in ("category", "numeric"):
        assert sorted(cells(kl.compare(before, after, roles={"x": role})["x"])) == [("1", 30, 30), ("2", 30, 30)]


def test_dense_numbers_taken_as_numeric_are_no_key(frame):
    column = kl.compare(frame(x=range(3000)), frame(x=range(1500, 4500)), roles={"x": "numeric"})["x"]
    assert column.verdict == "shifted"


def _replicated(frame, rng, rows, shift):
    table = {
        "w": rng.integers(0, 4, rows),
        "x": np.round(rng.normal(shift, 1, rows), 3),
        "few": rng.binomial(5, 0.4 + shift / 4, rows),
        "text": rng.choice(list("abc"), rows),
    }
    times = np.repeat(np.arange(rows), table["w"])
    return frame(table), frame({name: values[times] for name, values in table.items() if name != "w"})


@pytest.mark.parametrize("rows", [3000, 60_000])
def test_integer_weights_count_as_repeated_rows(rows, frame):
    rng = np.random.default_rng(3)
    sides = [_replicated(frame, rng, rows, shift) for shift in (0, 0.4)]
    weighted, repeated = kl.compare(*(side[0] for side in sides), weights="w"), kl.compare(*(side[1] for side in sides))
    assert _names(weighted) == {"x", "few", "text"}
    for name in ("few", "text"):
        assert {cell.label: (cell.reference, cell.current) for cell in weighted[name].cells} == {
            cell.label: (cell.reference, cell.current) for cell in repeated[name].cells
        }
        assert weighted[name].plugin == pytest.approx(repeated[name].plugin, rel=1e-12)
    assert sum(cell.reference for cell in weighted["x"].cells) == sides[0][1].height
    assert weighted["x"].plugin == pytest.approx(repeated["x"].plugin, rel=0.1)
    values = sides[0][0]["w"].to_numpy().astype(float)
    assert weighted.reference.effective_rows == pytest.approx(values.sum() ** 2 / (values**2).sum())


def test_equal_weights_change_nothing_but_the_scale(pair, require):
    polars = require("polars")
    plain = kl.compare(*pair)
    weighted = kl.compare(*(table.with_columns(w=polars.lit(0.25)) for table in pair), weights="w")
    for column in plain:
        assert weighted[column.name].verdict == column.verdict
        assert weighted[column.name].plugin == pytest.approx(column.plugin, rel=1e-12)
        assert weighted[column.name].interval == pytest.approx(column.interval, rel=1e-9)


def test_weights_stay_with_their_rows(require, tmp_path, cells):
    # Many small row groups are read by several threads, in whatever order.
    pyarrow, parquet = require("pyarrow"), require("pyarrow.parquet")
    value = np.arange(40_000) % 40
    table = pyarrow.table({"x": value, "w": value + 1})
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=500)
    expected = [(str(index), 1000 * (index + 1), 1000 * (index + 1)) for index in range(40)]
    for _ in range(5):
        assert cells(kl.compare(tmp_path / "t.parquet", tmp_path / "t.parquet", weights="w")["x"]) == expected


@pytest.mark.parametrize(
    "weights", [[-1.0, 2.0], [float("nan"), 1.0], [float("inf"), 1.0], [None, 1.0], [0.0, 0.0], ["a", "b"]], ids=str
)
def test_weights_that_cannot_be_used(weights, frame):
    with pytest.raises(kl.InputError, match="weights"):
        kl.compare(frame(x=[1, 2], w=weights), frame(x=[1, 2], w=[1, 2]), weights="w")


def test_rows_of_no_weight_do_not_count(frame, cells):
    sides = [frame(x=["a"] * 30 + ["b"] * 30, w=[1] * 30 + [0] * 30) for _ in "rc"]
    assert [cell for cell in cells(kl.compare(*sides, weights="w")["x"]) if any(cell[1:])] == [("a", 30, 30)]


def test_split_by(pair, require, cells):
    polars = require("polars")
    one = polars.concat(
        [table.with_columns(side=polars.lit(name)) for table, name in zip(pair, ("before", "af'ter"), strict=True)]
    )
    found = kl.compare(one, split_by="side", reference_value="before")
    named = kl.compare(one, split_by="side", reference_value="before", current_value="af'ter")
    for column in kl.compare(*pair):
        assert cells(found[column.name]) == cells(named[column.name]) == cells(column)
    assert "side" not in _names(found)
    assert found.reference.rows == 3000


def test_split_by_leaves_null_to_the_current_side(frame):
    table = frame(side=["a"] * 30 + [None] * 20 + ["b"] * 10, x=[1] * 60)
    assert kl.compare(table, split_by="side", reference_value="a").current.rows == 30
    assert kl.compare(table, split_by="side", reference_value="a", current_value="b").current.rows == 10


def test_split_by_number_date_and_flag(frame, require):
    polars = require("polars")
    table = frame(n=[1, 2] * 30, flag=[True, False] * 30, x=[1] * 60)
    table = table.with_columns(day=polars.col("n").cast(polars.Int32).cast(polars.Date))
    for by, value in (("n", "1"), ("flag", "true"), ("day", "1970-01-02")):
        assert kl.compare(table, split_by=by, reference_value=value).reference.rows == 30


def test_split_by_with_where(frame):
    table = frame(side=["a", "b"] * 50, x=range(100))
    found = kl.compare(table, split_by="side", reference_value="a", where="x < 50 OR x > 90")
    assert (found.reference.rows, found.current.rows) == (29, 30) or found.reference.rows + found.current.rows == 59


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split_by": "side"}, "reference_value"),
        ({"split_by": "nope", "reference_value": "a"}, "nope"),
        ({"split_by": "side", "reference_value": "zzz"}, "no rows"),
        ({"split_by": "side", "reference_value": "a", "current_value": "zzz"}, "no rows"),
        ({}, "two"),
    ],
    ids=str,
)
def test_splits_that_cannot_be_made(options, message, frame):
    with pytest.raises(kl.InputError, match=message):
        kl.compare(frame(side=["a", "b"] * 10, x=[1] * 20), **options)


def test_split_by_error_names_the_column_and_not_a_filter_of_ours(frame):
    with pytest.raises(kl.InputError) as caught:
        kl.compare(frame(side=["a"], x=[1]), split_by="nope", reference_value="a")
    assert "CAST" not in str(caught.value)


def test_split_by_knows_names_that_differ_by_case_alone(frame):
    table = frame(A=["u", "v"] * 20, a=[3, 4] * 20)
    assert kl.compare(table, split_by="A", reference_value="u").reference.rows == 20


def test_split_value_of_another_type_is_taken_or_refused(frame):
    table = frame(n=[1, 2] * 30, x=[1] * 60)
    try:
        rows = kl.compare(table, split_by="n", reference_value=1).reference.rows
    except kl.InputError:
        return
    assert rows == 30


def test_a_profile_cannot_be_split(frame):
    kept = kl.profile(frame(side=["a", "b"] * 30, x=[1] * 60))
    with pytest.raises(kl.InputError):
        kl.compare(kept, split_by="side", reference_value="a")


def test_nulls_of_csv(tmp_path, cells):
    (tmp_path / "a.csv").write_text("n,t\n" + "1,NA\n-,b\n,?\n" * 20)
    comparison = kl.compare(tmp_path / "a.csv", tmp_path / "a.csv", nulls=["NA", "-"])
    assert comparison["n"].kind == "numeric"
    assert cells(comparison["n"]) == [("1", 20, 20), ("NULL", 40, 40)]
    assert sorted(cells(comparison["t"])) == [("?", 20, 20), ("NULL", 20, 20), ("b", 20, 20)]


def test_margin_decides(pair):
    assert kl.compare(*pair, columns=["x"])["x"].verdict == "shifted"
    assert kl.compare(*pair, columns=["x"], margin=1)["x"].verdict == "similar"


def test_seed_only_moves_permutations(frame):
    rng = np.random.default_rng(4)
    sides = [frame(x=[f"v{value}" for value in rng.integers(0, 300 + more, 600)]) for more in (0, 40)]
    one, same, other = (kl.compare(*sides, seed=seed)["x"] for seed in (1, 1, 2))
    assert one.p_value == same.p_value != other.p_value
    assert one.plugin == other.plugin
    assert one.verdict == other.verdict


@pytest.mark.parametrize("rows", [100, 60_000])
def test_progress_is_told(rows, frame):
    seen = []
    table = frame(a=[1] * rows, b=[2] * rows, c=[3] * rows)
    kl.compare(table, table, progress=lambda *step: seen.append(step))
    done = [step[0] for step in seen]
    assert done == sorted(done)
    assert {step[1] for step in seen} == {3}
    assert {step[2] for step in seen} == {"a", "b", "c"}


@pytest.mark.parametrize("rows", [3000, 60_000])
def test_two_runs_are_identical(rows, require, tmp_path):
    pyarrow, parquet = require("pyarrow"), require("pyarrow.parquet")
    rng = np.random.default_rng(5)
    for side in "rc":
        columns = {
            "x": rng.standard_cauchy(rows),
            "text": rng.choice([f"v{index}" for index in range(20)], rows),
            "key": [f"user{index}" for index in rng.permutation(rows)],
            "w": rng.random(rows),
        }
        parquet.write_table(pyarrow.table(columns), tmp_path / f"{side}.parquet", row_group_size=1000)
    for options in ({}, {"weights": "w"}):
        runs = [kl.compare(tmp_path / "r.parquet", tmp_path / "c.parquet", **options).to_json() for _ in range(2)]
        assert runs[0] == runs[1], options


def test_a_table_against_itself(pair, require):
    polars = require("polars")
    for column in kl.compare(pair[0], pair[0].sample(fraction=1, shuffle=True, seed=1)):
        assert column.plugin == column.plugin_reverse == column.jensen_shannon == 0
    assert isinstance(pair[0], polars.DataFrame)
