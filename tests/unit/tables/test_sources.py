"""The same data in any form are counted the same, and as by hand."""

import json
from datetime import timedelta
from decimal import Decimal

import duckdb
import numpy as np
import pytest

import kullback as kl


def test_cells_are_those_counted_by_hand(name, samples, counted, by_hand):
    found = counted(name)
    for side, values in enumerate(samples):
        assert [cell[1 + side] for cell in found] == by_hand([cell[0] for cell in found], values[name].to_pylist())


def test_every_row_lies_in_one_cell(name, samples, counted):
    assert [sum(cell[side] for cell in counted(name)) for side in (1, 2)] == [table.num_rows for table in samples]


def test_cells_agree_between_forms(form, in_every_form, columns_of, counted, cells):
    wanted = columns_of(form)
    found = kl.compare(*in_every_form(form), columns=wanted)
    assert {column.name: cells(column) for column in found} == {name: counted(name) for name in wanted}


@pytest.mark.parametrize("name", ["uint64", "decimal38"])
@pytest.mark.parametrize(
    "form", ["parquet", "feather", "polars", "pandas_arrow", "pandas_numpy", "relation", "database"]
)
def test_wide_numbers_agree_between_forms(form, name, in_every_form, counted, cells):
    assert cells(kl.compare(*in_every_form(form), columns=[name])[name]) == counted(name)


def test_forms_mix(in_every_form, counted, cells):
    found = kl.compare(in_every_form("csv")[0], in_every_form("polars")[1], columns=["cauchy", "date", "place"])
    assert all(cells(column) == counted(column.name) for column in found)


def test_numpy_pandas_has_one_cell_for_nan_and_null(samples, counted):
    found = kl.compare(*(table.select(["special"]).to_pandas() for table in samples))["special"]
    apart = {label: counts for label, *counts in counted("special")}
    merged = {cell.label: [cell.reference, cell.current] for cell in found.cells}
    assert "NaN" not in merged
    assert merged["NULL"] == np.add(apart["NULL"], apart["NaN"]).tolist()


@pytest.mark.parametrize("rows", [600, 60_000])
@pytest.mark.parametrize("form", ["polars", "pandas", "parquet", "relation"])
def test_largest_floats(rows, form, require, tmp_path, by_hand):
    pyarrow = require("pyarrow")
    rng = np.random.default_rng(3)
    sides = [np.round(rng.uniform(-1.7, 1.7, rows), 4) * 1e308 for _ in "rc"]
    for side, values in enumerate(sides):
        values[:50] = -1e308 if side else 1e308
    sides = [np.array([float(f"{value:.6g}") for value in values]) for values in sides]
    tables = [pyarrow.table({"x": values}) for values in sides]
    if form == "polars":
        tables = [require("polars").from_arrow(table) for table in tables]
    elif form == "pandas":
        tables = [table.to_pandas() for table in tables]
    elif form == "relation":
        tables = [duckdb.connect().from_arrow(table) for table in tables]
    else:
        for side in (0, 1):
            require("pyarrow.parquet").write_table(tables[side], tmp_path / f"{side}.parquet")
        tables = [tmp_path / f"{side}.parquet" for side in (0, 1)]
    column = kl.compare(*tables)["x"]
    labels = [cell.label for cell in column.cells]
    assert [cell.reference for cell in column.cells] == by_hand(labels, sides[0].tolist())
    assert [cell.current for cell in column.cells] == by_hand(labels, sides[1].tolist())
    assert "inf" not in column.headline
    assert "nan" not in column.headline


def test_zones_of_the_same_instants(require):
    pyarrow = require("pyarrow")
    micros = np.arange(20_000) * 3_600_000_000 - 10**16
    sides = [
        pyarrow.table({"at": pyarrow.array(micros, pyarrow.timestamp("us", zone))}) for zone in ("UTC", "Asia/Tokyo")
    ]
    column = kl.compare(*sides)["at"]
    assert column.verdict == "similar"
    assert column.plugin == 0
    assert all(cell.reference == cell.current for cell in column.cells)


@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_units_of_the_same_times(unit, zone, require):
    pyarrow = require("pyarrow")
    seconds = pyarrow.array(np.arange(-500, 500) * 86_400, pyarrow.timestamp("s", zone))
    one, other = (pyarrow.table({"at": seconds.cast(pyarrow.timestamp(kind, zone))}) for kind in (unit, "us"))
    assert all(cell.reference == cell.current for cell in kl.compare(one, other)["at"].cells)


@pytest.mark.parametrize("form", ["pyarrow", "polars", "pandas", "feather", "relation", "database"])
def test_durations(form, require, tmp_path, cells):
    pyarrow = require("pyarrow")
    steps = [[timedelta(microseconds=int(m)) for m in np.arange(400) % modulus - 5] for modulus in (40, 30)]
    plain = [pyarrow.table({"took": pyarrow.array(values, pyarrow.duration("us"))}) for values in steps]
    tables = plain
    if form == "polars":
        tables = [require("polars").from_arrow(table) for table in plain]
    elif form == "pandas":
        tables = [table.to_pandas() for table in plain]
    elif form == "feather":
        tables = [tmp_path / f"{side}.feather" for side in (0, 1)]
        for table, path in zip(plain, tables, strict=True):
            require("pyarrow.feather").write_feather(table, path)
    elif form == "relation":
        tables = [duckdb.connect().from_arrow(table) for table in plain]
    elif form == "database":
        tables = [f"{tmp_path}/{side}.duckdb::t" for side in (0, 1)]
        for table, path in zip(plain, tables, strict=True):
            with duckdb.connect(path.removesuffix("::t")) as connection:
                connection.register("samples", table)
                connection.execute("CREATE TABLE t AS FROM samples")
    column = kl.compare(*tables)["took"]
    assert column.kind == "duration"
    assert [(cell.reference, cell.current) for cell in column.cells] == [
        (sum(step == value for step in steps[0]), sum(step == value for step in steps[1]))
        for value in sorted({*steps[0]})
    ]
    assert len(cells(column)) == 40


def test_whole_numbers_of_128_bits_in_a_relation(cells):
    big = "170141183460469231731687303715884105000::HUGEINT"
    sides = [duckdb.connect().sql(f"SELECT {big} + i % {n} AS x FROM range(100) t(i)") for n in (2, 4)]  # noqa: S608 - our own names
    column = kl.compare(*sides)["x"]
    assert [counts for _, *counts in cells(column)] == [[50, 25], [50, 25], [0, 25], [0, 25]]


def test_uuid_type_is_text(tmp_path, frame, cells):
    code = "12345678-1234-4234-8234-1234567890ab"
    with duckdb.connect(str(tmp_path / "u.duckdb")) as connection:
        connection.execute(f"CREATE TABLE t AS SELECT '{code}'::UUID AS u FROM range(30)")  # noqa: S608 - our own names
    column = kl.compare(f"{tmp_path}/u.duckdb", frame(u=[code] * 20 + ["other"] * 10))["u"]
    assert sorted(cells(column)) == [(code, 30, 20), ("other", 0, 10)]


def test_enum_against_text(frame, require, cells):
    polars = require("polars")
    before = frame(u=["a", "b"] * 50)
    after = before.with_columns(polars.col("u").cast(polars.Enum(["b", "a"])))
    comparison = kl.compare(before, after)
    assert cells(comparison["u"]) == [("a", 50, 50), ("b", 50, 50)]
    assert not comparison.structure.retyped


def test_decimal_widths_meet_exactly(require, cells):
    pyarrow = require("pyarrow")
    value = Decimal("1234567890.12")
    sides = [
        pyarrow.table({"x": pyarrow.array([value] * 50, pyarrow.decimal128(*size))}) for size in ((18, 2), (38, 10))
    ]
    column = kl.compare(*sides)["x"]
    assert [counts for _, *counts in cells(column)] == [[50, 50]]
    assert column.verdict == "constant"


def test_decimals_too_wide_to_meet(require):
    # 10**35 with eight more digits has no place in 128 bits: any answer or a clear error, no crash of the engine.
    pyarrow = require("pyarrow")
    sides = [
        pyarrow.table({"x": pyarrow.array([Decimal(number)] * 50, pyarrow.decimal128(38, scale))})
        for number, scale in ((10**35, 2), (1, 10))
    ]
    try:
        column = kl.compare(*sides)["x"]
    except kl.InputError:
        return
    assert column.verdict == "shifted"


def test_far_dates_against_nanoseconds(frame, require):
    polars = require("polars")
    far = frame(at=["9999-12-31"] * 100).with_columns(polars.col("at").str.to_datetime(time_unit="us"))
    near = frame(at=["2020-01-01"] * 100).with_columns(polars.col("at").str.to_datetime(time_unit="ns"))
    assert kl.compare(near, far)["at"].verdict == "shifted"


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ", "DATE"])
@pytest.mark.parametrize("rows", [100, 60_000])
def test_infinite_times(rows, kind, tmp_path):
    with duckdb.connect(str(tmp_path / "t.duckdb")) as connection:
        values = f"CASE WHEN i % 2 = 0 THEN 'infinity'::{kind} ELSE '2020-01-01'::{kind} END"
        connection.execute(f"CREATE TABLE t AS SELECT {values} AS at FROM range({rows}) t(i)")  # noqa: S608 - our own names
    column = kl.compare(f"{tmp_path}/t.duckdb", f"{tmp_path}/t.duckdb")["at"]
    assert column.plugin == 0
    assert sum(cell.reference for cell in column.cells) == rows


def test_folder_of_parquet_is_one_table(tmp_path, cells, frame):
    for part in range(3):
        frame(x=[part] * 100).write_parquet(tmp_path / f"{part}.parquet")
    whole = frame(x=[0] * 100 + [1] * 100 + [2] * 100)
    for source in (tmp_path, f"{tmp_path}/*.parquet"):
        assert cells(kl.compare(source, whole)["x"]) == [("0", 100, 100), ("1", 100, 100), ("2", 100, 100)]


def test_characters_of_patterns_in_file_names(tmp_path, frame, cells):
    path = tmp_path / "a[1]*?{b}.csv"
    frame(x=["u"] * 5 + ["v"] * 6).write_csv(path)
    assert cells(kl.compare(path, path)["x"]) == [("v", 6, 6), ("u", 5, 5)]


def test_json_array_and_lines_agree(tmp_path, cells):
    rows = [{"x": index % 3, "y": "ab"[index % 2]} for index in range(90)]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    (tmp_path / "b.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    comparison = kl.compare(tmp_path / "a.json", tmp_path / "b.jsonl")
    assert cells(comparison["x"]) == [("0", 30, 30), ("1", 30, 30), ("2", 30, 30)]
    assert cells(comparison["y"]) == [("a", 45, 45), ("b", 45, 45)]


def test_compressed_csv(tmp_path, require, frame, cells):
    gzip = require("gzip")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"x\n" + b"1\n2\n" * 50))
    assert cells(kl.compare(tmp_path / "a.csv.gz", frame(x=[1, 2] * 50))["x"]) == [("1", 50, 50), ("2", 50, 50)]


def test_wrong_ending_does_no_harm(tmp_path, frame, cells):
    frame(x=[1, 2] * 50).write_parquet(tmp_path / "a.csv")
    assert cells(kl.compare(tmp_path / "a.csv", frame(x=[1, 2] * 50))["x"]) == [("1", 50, 50), ("2", 50, 50)]


@pytest.mark.parametrize("form", ["polars", "pandas", "pyarrow"])
def test_frames_are_not_modified(form, require):
    pyarrow = require("pyarrow")
    table = pyarrow.table({"A": [1.0, None, 3.0], "b": ["x", None, "y"]})
    source = {
        "polars": lambda: require("polars").from_arrow(table),
        "pandas": table.to_pandas,
        "pyarrow": lambda: table,
    }
    given, kept = source[form](), source[form]()
    kl.compare(given, given)
    assert given.equals(kept)
    assert list(given.columns)[:1] == list(kept.columns)[:1]


def test_a_callers_variables_are_not_read(frame, tmp_path):
    secret = frame(x=[1])
    assert secret is not None
    with pytest.raises(kl.InputError):
        kl.compare(frame(x=[1]), frame(x=[1]), where="x IN (SELECT x FROM secret)")
    (tmp_path / "other.csv").write_text("x\n1\n")
    with pytest.raises(kl.InputError):
        kl.compare(frame(x=[1]), frame(x=[1]), where=f"x IN (SELECT x FROM read_csv('{tmp_path}/other.csv'))")  # noqa: S608 - our own names


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_thousands_of_columns_keep_their_order(require, tmp_path, form):
    # Engines hand the names of very many columns over in blocks; a block out of place would swap whole columns.
    polars = require("polars")
    table = polars.DataFrame({f"c{index}": [str(index) if index % 3 else index] * 2 for index in range(3000)})
    path = tmp_path / f"wide.{form}"
    {"parquet": table.write_parquet, "csv": table.write_csv, "jsonl": table.write_ndjson}[form](path)
    for _ in range(2):
        comparison = kl.compare(str(path), str(path), roles={f"c{index}": "category" for index in range(3000)})
        assert comparison.counts["constant"] == 3000
        assert {column.headline for column in comparison} == {f"always {index}" for index in range(3000)}
        assert all(column.headline == f"always {column.name[1:]}" for column in comparison)
