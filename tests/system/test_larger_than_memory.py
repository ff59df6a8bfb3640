"""Tables larger than the memory they may use, and work that is cut short, as processes of their own."""

import os
import signal
import subprocess
import sys
import time

import pytest

COMPARE = """
import sys
import kullback as kl
comparison = kl.compare(*sys.argv[1:3], memory_limit=sys.argv[3])
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(comparison.current.rows, peak)
"""
PROGRAM = "from kullback.cli import main; main()"
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for the peak of its memory")


def write_csv(path, rows, duckdb):
    """Numbers, whole numbers, texts, dates and a key: 60 bytes a row."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.execute("SELECT setseed(0.5)").fetchall()
        connection.sql(
            "SELECT random() AS x, CAST(1000 * random() AS INTEGER) AS n, 'v' || CAST(9000 * random() AS INTEGER) AS t,"
            " DATE '2024-01-01' + CAST(365 * random() AS INTEGER) AS day, i AS key,"
            " CASE WHEN random() < .9 THEN random() END AS gaps FROM range(?) AS rows(i)",
            params=[rows],
        ).write_csv(str(path))
    return str(path)


def peak_of(paths, limit):
    """Rows of the current table and peak memory in megabytes of a comparison."""
    done = subprocess.run(
        [sys.executable, "-c", COMPARE, *paths, limit], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    rows, kilobytes = done.stdout.split()
    return int(rows), int(kilobytes) / 1024


@LINUX
@pytest.mark.slow
def test_memory_does_not_grow_with_rows(tmp_path, require):
    duckdb = require("duckdb")
    small, large = (write_csv(tmp_path / f"{rows}.csv", rows, duckdb) for rows in (250_000, 1_000_000))
    assert os.path.getsize(large) > 60e6  # noqa: PTH202 - one figure
    _, least = peak_of([small, small], "128MB")
    rows, most = peak_of([small, large], "128MB")
    assert rows == 1_000_000
    assert most < 1.2 * least


@LINUX
@pytest.mark.slow
def test_ten_million_distinct_texts_in_half_a_gigabyte(tmp_path, require):
    path = str(tmp_path / "t.parquet")
    with require("duckdb").connect() as connection:
        connection.sql(
            "SELECT CASE WHEN i < 2500000 THEN 'heavy ' || CAST(i % 2000 AS VARCHAR) ELSE 'value ' || i END"
            " AS text FROM range(12500000) AS rows(i)"
        ).write_parquet(path)
    _, peak = peak_of([path, path], "512MB")
    # The limit, and the 200 MB for all that are not pages of DuckDB that docs/reference/limits.md reckons with.
    assert peak < 512 + 200


@pytest.fixture
def running(tmp_path, require):
    """`running(signal)` stops a comparison while it counts; gives its exit code and what is left in its folders."""
    table = write_csv(tmp_path / "t.csv", 300_000, require("duckdb"))
    room, out = tmp_path / "room", tmp_path / "out"
    room.mkdir()
    out.mkdir()
    (out / "o.json").write_text("old")

    def stop(number):
        program = subprocess.Popen(
            [
                sys.executable,
                "-c",
                PROGRAM,
                "compare",
                table,
                table,
                "--json",
                out / "o.json",
                "--html",
                out / "o.html",
            ],
            env=os.environ | {"TMPDIR": str(room)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Once there is a columnar copy, the work is under way.
        for _ in range(3000):
            if list(room.rglob("*.parquet")):
                break
            time.sleep(0.01)
        program.send_signal(number)
        return program.wait(timeout=60), list(room.iterdir()), sorted(file.name for file in out.iterdir())

    yield stop
    assert (out / "o.json").read_text() == "old"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_comparison_leaves_nothing_behind(number, code, running):
    ended, room, out = running(number)
    assert ended == code
    assert room == []
    assert out == ["o.json"]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_killed_comparison_leaves_the_old_answer(running):
    ended, _, out = running(signal.SIGKILL)
    assert ended == -signal.SIGKILL
    assert out == ["o.json"]
