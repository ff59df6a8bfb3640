"""Which engine counts files, and how much it may take."""

import socket

import pytest

import kullback as kl
from kullback.tables.engines._engine import resources_from
from kullback.tables.engines._engines import open_session


@pytest.fixture
def paths(frame, tmp_path):
    found = [str(tmp_path / f"{side}.parquet") for side in range(2)]
    for side, path in enumerate(found):
        frame(x=[side, 1, 2, 3] * 50, place=["ATL", "ORD"] * 100).write_parquet(path)
    return found


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "sparc"}, "must be one of duckdb, spark, polars"),
        ({"engine": "duckdb", "master": "local[2]"}, "add engine='spark'"),
        ({"threads": 0}, "1 or more"),
        ({"threads": True}, "1 or more"),
        ({"memory_limit": "2"}, "a number with its unit"),
        ({"memory_limit": "1MB"}, "at least 64 MiB"),
        ({"engine": "polars", "threads": 2}, "POLARS_MAX_THREADS"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_read(options, said):
    with pytest.raises(kl.InputError, match=said):
        kl.compare("absent.parquet", "absent.parquet", **options)
    with pytest.raises(kl.InputError, match=said):
        kl.profile("absent.parquet", **options)


@pytest.mark.parametrize(
    ("text", "size"),
    [("512MB", 512_000_000), ("2GB", 2_000_000_000), ("1.5 gib", 1_610_612_736), ("70000KB", 70_000_000)],
)
def test_sizes_of_memory(text, size):
    assert resources_from("duckdb", None, None, text).memory == size


def test_duckdb_keeps_to_its_limits():
    with open_session(resources_from("duckdb", None, 1, "256MiB")) as session:
        assert session.threads == 1
        assert session.rows("SELECT current_setting('memory_limit')") == [("256.0 MiB",)]


def test_polars_counts_files_as_duckdb_does(paths, cells):
    here, there = kl.compare(*paths), kl.compare(*paths, engine="polars")
    assert [cells(there[name]) for name in ("x", "place")] == [cells(here[name]) for name in ("x", "place")]


@pytest.mark.parametrize("kind", ["spark", "sc"])
def test_a_master_that_is_not_there(require, paths, kind):
    require("pyspark")
    with socket.socket() as taken:
        # Bound and not listening: whoever knocks is refused.
        taken.bind(("127.0.0.1", 0))
        master = f"{kind}://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(kl.InputError, match=f"no Spark answers at '{master}'"):
            kl.compare(*paths, engine="spark", master=master)


@pytest.mark.parametrize("master", ["bogus", "spark://", "sc://host:port"])
def test_a_master_that_is_none(require, paths, master):
    require("pyspark")
    with pytest.raises(kl.InputError, match="master is"):
        kl.compare(*paths, engine="spark", master=master)
