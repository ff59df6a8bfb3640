"""A folder in which one file is broken: the error names that file; where files merely differ, a note says so."""

import numpy as np
import pytest

import kullback as kl

ODD = "part-13"


@pytest.fixture(scope="module")
def parts(require):
    """Twenty frames of three columns."""
    polars, rng = require("polars"), np.random.default_rng(0)
    return [
        polars.DataFrame(
            {"a": rng.normal(size=60), "b": rng.integers(0, 9, 60), "c": [f"t{v}" for v in rng.integers(0, 4, 60)]}
        )
        for _ in range(20)
    ]


@pytest.fixture
def folder(parts, tmp_path):
    """`folder("csv")` holds the parts in that form; the path of the odd one comes with it."""

    def write(form):
        home = tmp_path / "table"
        home.mkdir()
        for place, part in enumerate(parts):
            path = home / f"part-{place:02}.{form}"
            {"csv": part.write_csv, "parquet": part.write_parquet, "jsonl": part.write_ndjson}[form](path)
        return home, home / f"{ODD}.{form}"

    return write


def with_line(line, after=30):
    """Bytes with one more line."""

    def spoil(content):
        lines = content.splitlines(keepends=True)
        return b"".join([*lines[:after], line, *lines[after:]])

    return spoil


BROKEN = {
    "empty csv": ("csv", lambda _: b"", "0 bytes"),
    "rubbish csv": ("csv", lambda _: b"\x80\xff\x00" * 500, "UTF-8"),
    "too many fields": ("csv", with_line(b"1,2,3,4\n"), "line 31: 4 fields"),
    "latin-1": ("csv", with_line("1.5,2,é\n".encode("latin-1")), "line 31: the bytes are not UTF-8"),
    "open quote": ("csv", with_line(b'1.5,2,"t\n'), "line 31"),
    "no header": ("csv", lambda _: b"1.0,2,3\n" * 30, "part-00.csv"),
    "cut parquet": ("parquet", lambda content: content[: len(content) // 2], "Parquet"),
    "empty parquet": ("parquet", lambda _: b"", "0 bytes"),
    "spoilt page": ("parquet", lambda content: content[:40] + b"\xff" * 300 + content[340:], "read"),
    "broken object": ("jsonl", with_line(b'{"a": 1,\n'), "line 3"),
    "no objects": ("jsonl", lambda _: b"[1,2]\n" * 30, "no objects"),
    "latin-1 in json": ("jsonl", with_line('{"c":"é"}\n'.encode("latin-1")), "UTF-8"),
}


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_the_error_names_the_file(case, folder, parts):
    form, spoil, message = BROKEN[case]
    home, odd = folder(form)
    odd.write_bytes(spoil(odd.read_bytes()))
    with pytest.raises(kl.InputError, match=ODD) as caught:
        kl.compare(parts[0], home)
    assert message in str(caught.value)


@pytest.mark.parametrize("pattern", ["", "/*.csv"])
def test_a_link_to_nowhere_is_not_left_out(pattern, folder, parts):
    home, odd = folder("csv")
    odd.unlink()
    odd.symlink_to("nowhere")
    with pytest.raises(kl.InputError, match=f"{ODD}.*link"):
        kl.compare(parts[0], f"{home}{pattern}")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_lacking_column_is_null_there_and_said(form, folder, parts):
    home, odd = folder(form)
    part = parts[13].drop("c")
    part.write_csv(odd) if form == "csv" else part.write_parquet(odd)
    column = kl.compare(parts[0], home)["c"]
    assert next(cell.current for cell in column.cells if cell.label == "NULL") == 60
    assert f"1 of the 20 files of {home} lack this column ({odd.name})" in column.notes[0]


def test_a_type_of_one_file_alone_is_said(folder, parts):
    home, odd = folder("csv")
    odd.write_bytes(with_line(b"oops,2,t1\n")(odd.read_bytes()))
    note = kl.compare(parts[0], home, roles={"a": "category"})["a"].notes[0]
    assert f"VARCHAR in {odd.name}, DOUBLE in others; read as VARCHAR" in note


def test_a_column_without_values_in_one_file_stays_a_number(folder, parts):
    home, odd = folder("csv")
    odd.write_bytes(b"a,b,c\n" + b",2,t1\n" * 60)
    comparison = kl.compare(parts[0], home)
    assert comparison["a"].kind == "numeric"
    assert comparison.structure.retyped == ()


def test_each_file_has_its_own_dialect(folder, parts):
    home, odd = folder("csv")
    text = odd.read_bytes()
    odd.write_bytes(text.replace(b",", b";"))
    (home / "part-07.csv").write_text((home / "part-07.csv").read_text(), encoding="utf-16")
    comparison = kl.compare(parts[0], home)
    assert comparison.current.rows == 20 * 60
    assert not comparison.structure.changed


def test_whole_numbers_beyond_64_bits_stay_exact(tmp_path):
    home = tmp_path / "table"
    home.mkdir()
    for place in range(2):
        rows = "\n".join(str(10**21 + value % 3) for value in range(60))
        (home / f"{place}.csv").write_text(f"big\n{rows}\n")
    comparison = kl.compare(home / "0.csv", home, roles={"big": "numeric"})
    assert [cell.label for cell in comparison["big"].cells] == [str(10**21 + value) for value in range(3)]
