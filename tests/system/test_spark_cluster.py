"""A real Spark cluster on this machine: a master and two workers, one of which dies in the middle of a job."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

pytestmark = pytest.mark.spark

FILES = 36  # of the table that is counted when a worker dies, each of them a task
PATIENCE = 120
QUICK = "-XX:TieredStopAtLevel=1"
SETTINGS = (
    "spark.executor.memory=600m",
    "spark.executor.cores=1",
    "spark.driver.host=127.0.0.1",
    "spark.driver.bindAddress=127.0.0.1",
    "spark.ui.enabled=false",
    # What runs for seconds gains nothing from the second compiler.
    f"spark.driver.extraJavaOptions={QUICK}",
    f"spark.executor.extraJavaOptions={QUICK}",
    # One file, one task.
    "spark.sql.files.maxPartitionBytes=4000000",
    "spark.sql.files.openCostInBytes=4000000",
    "spark.sql.shuffle.partitions=2",
)


class Cluster(NamedTuple):
    master: str
    workers: list[subprocess.Popen[bytes]]
    environment: dict[str, str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(answers: Any, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        # The page of the master speaks before its JSON does.
        with contextlib.suppress(OSError, ValueError):
            if answers():
                return
        time.sleep(0.2)
    pytest.fail(f"Spark did not come up: {log.read_text()[-2000:]}")


@contextlib.contextmanager
def started(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:
        yield process
    finally:
        # A group of its own, so that nothing that it started outlives it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def environment(require: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    require("java")
    require("pyarrow")
    pyspark = require("pyspark")
    return {
        **os.environ,
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(tmp_path_factory.mktemp("spark")),
        "SPARK_DAEMON_MEMORY": "128m",
        "SPARK_DAEMON_JAVA_OPTS": QUICK,
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": " ".join(f"--conf {setting}" for setting in SETTINGS) + " pyspark-shell",
    }


@pytest.fixture(scope="module")
def cluster(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    program = f"{environment['SPARK_HOME']}/bin/spark-class"
    port, page = free_port(), free_port()
    deploy = "org.apache.spark.deploy"
    common = [program, f"{deploy}.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "700m"]
    master = [program, f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]

    def workers_alive() -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=5) as answer:
            return int(json.load(answer)["aliveworkers"])

    with contextlib.ExitStack() as stack:
        leader = stack.enter_context(started(master, environment, folder / "master.log"))
        workers = []
        for name in ("one", "two"):
            ports = ["--port", str(free_port()), "--webui-port", str(free_port()), "--work-dir", str(folder / name)]
            command = [*common, *ports, f"spark://127.0.0.1:{port}"]
            workers.append(stack.enter_context(started(command, environment, folder / f"{name}.log")))
        wait_until(lambda: workers_alive() == 2, leader, folder / "master.log")
        yield Cluster(f"spark://127.0.0.1:{port}", workers, environment)


@pytest.fixture(scope="module")
def tables(require: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """Two of one file each and one of many, with more rows than those of which every value is counted."""
    pa, parquet = require("pyarrow"), require("pyarrow.parquet")
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(1)
    for side, shift, files in (("before", 0.0, 1), ("after", 0.1, 1), ("split", 0.2, FILES)):
        (folder / side).mkdir()
        for index in range(files):
            rows = 54_000 // files
            x, place = rng.normal(shift, 1, rows), rng.choice(["ATL", "ORD", "JFK"], rows)
            parquet.write_table(pa.table({"x": x, "place": place}), folder / side / f"{index:02}.parquet")
    return str(folder / "before"), str(folder / "after"), str(folder / "split")


def compared(*arguments: str, environment: dict[str, str] | None = None) -> Any:
    command = [sys.executable, "-m", "kullback", "compare", *arguments, "--json", "-"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_cluster_counts_as_duckdb_does(cluster: Cluster, tables: tuple[str, str, str]) -> None:
    spark = ["--engine", "spark", "--master", cluster.master]
    assert compared(*tables[:2], *spark, environment=cluster.environment) == compared(*tables[:2])


# Kills the worker once some tasks of a stage are done and many are not, and says when that was.
DRIVER = """
import json, os, signal, sys, threading, time
import kullback as kl
from pyspark.sql import SparkSession
before, after, master, pid = sys.argv[1:]
session = SparkSession.builder.master(master).getOrCreate()
session.sparkContext.setLogLevel("OFF")
tracker, killed = session.sparkContext.statusTracker(), []

def counting():
    # Jobs of the first passes only tell how many rows there are.
    return len(tracker.getJobIdsForGroup()) > 4

def watch():
    while not killed:
        for stage in tracker.getActiveStageIds() if counting() else ():
            info = tracker.getStageInfo(stage)
            if info is not None and info.numTasks >= 36 and 3 <= info.numCompletedTasks <= info.numTasks - 5:
                os.kill(int(pid), signal.SIGKILL)
                killed.append((info.numCompletedTasks, info.numTasks))
                return
        time.sleep(0.01)

threading.Thread(target=watch, daemon=True).start()
found = kl.compare(before, after, engine="spark")
assert killed, "the job was over before the worker could be killed"
# The session was there before and is left alone.
assert session.range(3).count() == 3
print(found.to_json())
"""


def test_a_worker_that_dies_changes_no_count(cluster: Cluster, tables: tuple[str, str, str]) -> None:
    command = [sys.executable, "-c", DRIVER, *tables[1:], cluster.master, str(cluster.workers[1].pid)]
    done = subprocess.run(command, env=cluster.environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert cluster.workers[1].wait(10) == -signal.SIGKILL
    assert json.loads(done.stdout) == compared(*tables[1:])


def test_spark_connect_counts_as_duckdb_does(
    require: Any, environment: dict[str, str], tables: tuple[str, str, str], tmp_path: Path
) -> None:
    for module in ("grpc", "grpc_status", "google.rpc", "zstandard"):
        require(module)
    port = free_port()
    command = [f"{environment['SPARK_HOME']}/bin/spark-submit", "--master", "local[2]"]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    for setting in (f"spark.connect.grpc.binding.port={port}", *SETTINGS):
        command += ["--conf", setting]
    # The server is a daemon too, with the heap of one, but counts as a driver, which refuses to live on less.
    its = environment | {"SPARK_DAEMON_MEMORY": "600m"}
    log = tmp_path / "connect.log"
    with started([*command, "spark-internal"], its, log) as server:
        wait_until(lambda: socket.create_connection(("127.0.0.1", port), timeout=1).close() is None, server, log)
        spark = ["--engine", "spark", "--master", f"sc://127.0.0.1:{port}"]
        assert compared(*tables[:2], *spark, environment=environment) == compared(*tables[:2])
