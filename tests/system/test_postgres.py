"""Tables in PostgreSQL, read once as an Arrow stream from a real server, count as files do."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

import kullback as kl

DATA = Path(__file__).parents[2] / "examples" / "data"
H1, H2 = str(DATA / "flights-2013-h1.parquet"), str(DATA / "flights-2013-h2.parquet")


def program(name: str) -> str:
    """Where a program of the server is; Debian keeps them out of the path."""
    return str(max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), default=shutil.which(name)))


@pytest.fixture(scope="module")
def server(require: Any) -> Iterator[str]:
    require("postgres")
    require("adbc_driver_postgresql")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    # Not below pytest's folder, which is closed to others: the server refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="kullback-test-"))
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:
        known = pwd.getpwnam("postgres")
        os.chown(folder, known.pw_uid, known.pw_gid)
        owner = {"user": known.pw_uid, "group": known.pw_gid}

    def run(name: str, *arguments: str) -> None:
        command = [program(name), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **owner)

    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    try:
        run("initdb", "-A", "trust", "-U", "reader", "--no-sync")
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        yield f"postgresql://reader@127.0.0.1:{port}/postgres"
        run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_query_is_compared_as_the_file_is(server: str, require: Any) -> None:
    driver, parquet = require("adbc_driver_postgresql.dbapi"), require("pyarrow.parquet")
    columns = ["carrier", "dest", "tailnum", "dep_delay", "distance", "day"]
    with ExitStack() as stack:
        loading, *reading = [stack.enter_context(driver.connect(server)) for _ in range(3)]
        for name, path in (("before", H1), ("after", H2)):
            with loading.cursor() as cursor:
                cursor.adbc_ingest(name, parquet.read_table(path, columns=columns))
        loading.commit()
        streams = []
        for name, connection in zip(("before", "after"), reading, strict=True):
            cursor = stack.enter_context(connection.cursor())
            cursor.execute(f"SELECT * FROM {name}")  # noqa: S608 - names of ours
            streams.append(cursor.fetch_record_batch())
        found = kl.compare(*streams)
    figures = [
        [(one.name, one.plugin, one.interval) for one in side] for side in (found, kl.compare(H1, H2, columns=columns))
    ]
    assert figures[0] == figures[1]
