"""Files and objects that cannot be read give one helpful InputError, and crooked ones are read right."""

import contextlib
import os
import re

import numpy as np
import pytest

import kullback as kl

GOOD = b"a,b\n" + b"1,x\n2,y\n" * 20


@pytest.fixture
def write(tmp_path):
    def make(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


BAD = {
    "empty csv": ("t.csv", b"", "empty"),
    "empty parquet": ("t.parquet", b"", "empty"),
    "empty jsonl": ("t.jsonl", b"", "empty"),
    "blank csv": ("t.csv", b"\n", "empty"),
    "header only": ("t.csv", b"a,b\n", "no rows"),
    "header only without newline": ("t.csv", b"a,b", "no rows"),
    "text in parquet": ("t.parquet", GOOD, "Parquet"),
    "text in feather": ("t.feather", GOOD, "Arrow"),
    "text in duckdb": ("t.duckdb", GOOD * 100, "DuckDB"),
    "text in json": ("t.jsonl", GOOD, "JSON"),
    "broken json line": ("t.jsonl", b'{"a": 1}\n' * 30 + b'{"a": \n', "JSON"),
    "magic alone": ("t.parquet", b"PAR1", "Parquet"),
    "magic and rubbish": ("t.parquet", b"PAR1" + b"\x00\xff" * 500 + b"PAR1", "Parquet"),
    "arrow magic alone": ("t.arrow", b"ARROW1\x00\x00", "Arrow"),
    "unknown ending": ("t.xlsx", b"PK\x03\x04", "format"),
    "no ending": ("t", GOOD, "format"),
    "too many fields": ("t.csv", GOOD + b"1,2,3\n", "line 42"),
    "too few fields": ("t.csv", GOOD + b"1\n" + GOOD[4:], "line 42"),
    "unclosed quote": ("t.csv", GOOD + b'1,"x\n2,y\n', "quote"),
    "unclosed quote in header": ("t.csv", b'a,"b\n1,2\n', "quote"),
    "latin-1": ("t.csv", GOOD + "3,é\n".encode("latin-1"), "UTF-8"),
    "latin-1 header": ("t.csv", "é,b\n1,2\n".encode("latin-1"), "UTF-8"),
    "not gzip": ("t.csv.gz", GOOD, "t.csv.gz"),
    "not zstd": ("t.csv.zst", GOOD, "t.csv.zst"),
    "zeros": ("t.csv", b"\x00" * 5000, "t.csv"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_bad_files(case, write, frame):
    name, content, message = BAD[case]
    path = write(content, name)
    for attempt in (
        lambda: kl.compare(path, frame(a=[1])),
        lambda: kl.compare(frame(a=[1]), str(path)),
        lambda: kl.profile(path),
    ):
        with pytest.raises(kl.InputError, match=message) as caught:
            attempt()
        assert name in str(caught.value)


def test_line_of_a_malformed_row_in_a_large_file(write):
    path = write(b"a,b\n" + b"1,x\n" * 50_000 + b"1,x,y\n" + b"1,x\n" * 50_000)
    with pytest.raises(kl.InputError, match=r"line 50,?002"):
        kl.profile(path)


def test_missing_sources(tmp_path, frame):
    table = frame(a=[1])
    (tmp_path / "near.csv").write_bytes(GOOD)
    (tmp_path / "empty").mkdir()
    for source, message in (
        (tmp_path / "missing.csv", "near.csv"),
        (tmp_path / "nowhere" / "missing.csv", "does not exist"),
        (f"{tmp_path}/*.parquet", "no file"),
        (tmp_path / "empty", "holds no table"),
        (f"{tmp_path}/missing.duckdb::t", r"no .*file"),
    ):
        with pytest.raises(kl.InputError, match=message):
            kl.compare(source, table)


def test_mixed_formats(tmp_path, frame):
    (tmp_path / "a.csv").write_bytes(GOOD)
    frame(a=[1]).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(kl.InputError, match=r"csv.*parquet"):
        kl.profile(tmp_path)


def test_files_of_a_folder_that_do_not_fit(tmp_path, frame):
    frame(a=[1]).write_parquet(tmp_path / "a.parquet")
    frame(a=["x"]).write_parquet(tmp_path / "b.parquet")
    try:
        kl.profile(tmp_path)
    except kl.InputError as error:
        assert "parquet" in str(error)  # noqa: PT017 - reading both as text is right as well


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_forbidden_file(write, frame):
    path = write(GOOD)
    path.chmod(0)
    with pytest.raises(kl.InputError, match="ermission"):
        kl.compare(path, frame(a=[1]))


@pytest.mark.parametrize(
    "url", ["https://example.org/t.csv", "s3://bucket/t.parquet", "http://localhost/t.csv", "file:///tmp/t.csv"]
)
def test_urls(url, frame):
    with pytest.raises(kl.InputError, match=r"URL|no file"):
        kl.compare(url, frame(a=[1]))


@pytest.mark.parametrize(
    "source",
    [3, 2.5, None, {"a": [1]}, [[1, 2]], np.ones((3, 2)), object(), b"t.csv", int],
    ids=lambda source: type(source).__name__,
)
def test_objects_that_are_no_tables(source, frame):
    with pytest.raises(kl.InputError):
        kl.compare(source, frame(a=[1]))
    with pytest.raises(kl.InputError, match="Known"):
        kl.profile(source)


def test_series_are_no_tables(require):
    for source in (require("pandas").Series([1]), require("polars").Series([1]), require("pyarrow").array([1])):
        with pytest.raises(kl.InputError):
            kl.profile(source)


def test_frames_without_rows_or_columns(require):
    polars, pandas, pyarrow = require("polars"), require("pandas"), require("pyarrow")
    for source in (polars.DataFrame(), pandas.DataFrame(), pandas.DataFrame(index=[1, 2]), pyarrow.table({})):
        with pytest.raises(kl.InputError):
            kl.profile(source)
    for source in (
        polars.DataFrame({"a": []}),
        pandas.DataFrame({"a": []}),
        pyarrow.table({"a": pyarrow.array([], "int64")}),
    ):
        with pytest.raises(kl.InputError, match="no rows"):
            kl.profile(source)
        with pytest.raises(kl.InputError, match="no rows"):
            kl.compare(polars.DataFrame({"a": [1]}), source)


def test_nothing_in_common(frame):
    with pytest.raises(kl.InputError, match=r"no column in common.*'a'.*'b'"):
        kl.compare(frame(a=[1]), frame(b=[1]))


def test_lazy_frame_of_a_missing_file(require, frame, tmp_path):
    with pytest.raises(kl.InputError):
        kl.compare(require("polars").scan_parquet(tmp_path / "missing.parquet"), frame(a=[1]))


def test_relation_that_fails(frame, require):
    relation = require("duckdb").connect().sql("SELECT CAST('x' || i AS INTEGER) AS a FROM range(5) t(i)")
    with pytest.raises(kl.InputError, match="relation"):
        kl.compare(relation, frame(a=[1]))


def test_texts_that_utf8_cannot_hold(require):
    table = require("pandas").DataFrame({"a": require("pandas").Series(["a\ud800", "b"] * 20, dtype=object)})
    with contextlib.suppress(kl.InputError):
        assert sum(cell.reference for cell in kl.compare(table, table)["a"].cells) == 40


def test_whole_numbers_of_any_size_in_pandas(require):
    table = require("pandas").DataFrame({"a": require("pandas").Series([2**80, 1] * 20, dtype=object)})
    with contextlib.suppress(kl.InputError):
        assert [cell.reference for cell in kl.compare(table, table)["a"].cells] == [20, 20]


@pytest.mark.parametrize("where", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("compression", ["zstd", "snappy", "none"])
@pytest.mark.parametrize("rows", [20_000, 400_000])
def test_damaged_pages_of_parquet(rows, compression, where, require, tmp_path):
    path = tmp_path / "t.parquet"
    rng = np.random.default_rng(1)
    table = require("pyarrow").table({"n": rng.integers(0, 9, rows) * 1000, "t": rng.choice(["one", "two"], rows)})
    require("pyarrow.parquet").write_table(table, path, compression=compression, use_dictionary=False)
    content = bytearray(path.read_bytes())
    start = int(len(content) * where)
    content[start : start + 400] = b"\xff" * 400
    path.write_bytes(content)
    try:
        kl.compare(path, path)
    except kl.InputError as error:
        assert "t.parquet" in str(error)  # noqa: PT017 - the damage may lie where nothing is checked


def test_truncated_parquet(frame, tmp_path):
    path = tmp_path / "t.parquet"
    frame(a=range(5000)).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(kl.InputError, match=re.escape("t.parquet")):
        kl.profile(path)


def test_late_change_of_type_makes_text(write, frame):
    path = write("a\n" + "1\n" * 30_000 + "n/a\n" + "2\n" * 100)
    comparison = kl.compare(frame(a=[1] * 100), path)
    assert comparison["a"].verdict == "undefined"
    assert comparison.structure.retyped == (("a", "BIGINT", "VARCHAR"),)
    cells = {cell.label: cell.current for cell in kl.compare(path, path)["a"].cells}
    assert cells == {"1": 30_000, "2": 100, "n/a": 1}


def test_late_fractions_make_floats(write, cells):
    path = write("a\n" + "1\n" * 30_000 + "2.5\n" * 1000)
    assert cells(kl.compare(path, path)["a"]) == [("1", 30_000, 30_000), ("2.5", 1000, 1000)]


@pytest.mark.parametrize(
    ("usual", "late"),
    [
        ("2020-01-01", "2020-01-01 13:00:00"),
        ("true", "1"),
        ("10:00:00", "2020-01-01 10:00:00"),
        ("1", "9223372036854775808"),
    ],
)
def test_late_values_of_wider_types_are_kept_apart(usual, late, write):
    path = write("a\n" + f"{usual}\n" * 30_000 + f"{late}\n" * 1000)
    assert sorted(cell.reference for cell in kl.compare(path, path)["a"].cells) == [1000, 30_000]


@pytest.mark.parametrize(("late", "label"), [('"n/a"', "n/a"), ("2.5", "2.5"), ("null", "NULL"), ("true", "true")])
def test_late_change_of_type_in_json(late, label, write):
    path = write('{"a": 1}\n' * 30_000 + f'{{"a": {late}}}\n' * 1000, "t.jsonl")
    found = {cell.label: cell.reference for cell in kl.compare(path, path)["a"].cells}
    assert found == {"1": 30_000, label: 1000}


def test_late_time_without_fraction_in_json(write):
    path = write('{"a": "2020-01-01 10:00:00.5"}\n' * 30_000 + '{"a": "2020-01-01 11:00:00"}\n' * 1000, "t.jsonl")
    assert sorted(cell.reference for cell in kl.compare(path, path)["a"].cells) == [1000, 30_000]


def test_late_field_in_json(write):
    path = write('{"a": 1}\n' * 30_000 + '{"a": 1, "b": 2}\n' * 1000, "t.jsonl")
    assert {cell.label: cell.reference for cell in kl.compare(path, path)["b"].cells} == {"2": 1000, "NULL": 30_000}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings(encoding, write, cells):
    path = write(("näme,b\n" + "ä,1\nö,2\n" * 30).encode(encoding))
    try:
        comparison = kl.compare(path, path)
    except kl.InputError as error:
        assert encoding == "utf-16-le"
        assert "UTF-8" in str(error)  # noqa: PT017
        return
    assert sorted(cells(comparison["näme"])) == [("ä", 30, 30), ("ö", 30, 30)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_dialects(delimiter, end, write, cells):
    rows = ["a,b", '1,"x, ""y"";|\t"', "2,"] * 1 + ['1,"x, ""y"";|\t"', "2,"] * 29
    text = end.join(row.replace(",", delimiter, 1) for row in rows) + end
    comparison = kl.compare(write(text), write(text, "u.csv"))
    assert cells(comparison["a"]) == [("1", 30, 30), ("2", 30, 30)]
    assert {counts for _, *counts in map(tuple, cells(comparison["b"])) for counts in [tuple(counts)]} == {(30, 30)}
    assert any('x, "y"' in cell.label for cell in comparison["b"].cells)


def test_newlines_in_fields(write, cells):
    text = 'a,b\n1,"one\ntwo"\n2,three\n'
    path = write(text + '1,"one\ntwo"\n2,three\n' * 29)
    assert cells(kl.compare(path, path)["a"]) == [("1", 30, 30), ("2", 30, 30)]
    assert sum(cell.reference for cell in kl.compare(path, path)["b"].cells) == 60


def test_numbers_in_csv(write, cells):
    path = write("f,i,special\n" + "0.1,9007199254740993,nan\n1e-320,-9223372036854775808,inf\n-1e300,0,\n" * 20)
    comparison = kl.compare(path, path)
    assert [cell[0] for cell in cells(comparison["f"])] == ["-1e+300", f"{1e-320:.6g}", "0.1"]
    assert [cell[0] for cell in cells(comparison["i"])] == ["-9223372036854775808", "0", "9007199254740993"]
    assert [cell[0] for cell in cells(comparison["special"])] == ["NULL", "NaN", "+inf"]


def test_a_file_without_header(write):
    path = write("1,2\n3,4\n" * 30)
    assert sum(cell.reference for cell in kl.compare(path, path).columns[0].cells) == 60


def test_long_lines(write, cells):
    path = write("a,b\n" + f"1,{'x' * 100_000}\n" * 20)
    assert cells(kl.compare(path, path)["a"]) == [("1", 20, 20)]


def test_labels_of_awkward_texts_stay_apart(write):
    path = write('t\n"NULL"\n" a"\na\n' * 1 + '"NULL"\n" a"\na\n' * 29)
    labels = [cell.label for cell in kl.compare(path, path)["t"].cells]
    assert len(labels) == len(set(labels)) == 3
