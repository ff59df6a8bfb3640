"""The same answer from Spark as from DuckDB, on the same rows."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kullback as kl
from kullback.tables.counts._reading import native_reading
from kullback.tables.engines import _kernel, _spark, _spark_worker
from kullback.tables.engines._kernel import Grid

DATA = Path(__file__).parents[2] / "examples" / "data"
H1, H2 = str(DATA / "flights-2013-h1.parquet"), str(DATA / "flights-2013-h2.parquet")

pytestmark = [
    pytest.mark.spark,
    # PySpark 4.3 warns of pandas 3, which is not used here.
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def spark(require: Any) -> Iterator[Any]:
    require("java")
    require("pyspark")
    require("pyarrow")
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession  # noqa: PLC0415

        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            # What runs for seconds gains nothing from Java's second compiler.
            .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.session.timeZone", "America/New_York")
            .getOrCreate()
        )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def figures(comparison: kl.Comparison) -> list[dict[str, Any]]:
    # Names and notes tell the engines' own spelling of types; every figure and every cell must agree.
    return [
        {name: value for name, value in column.items() if name != "notes"} for column in comparison.to_dict()["columns"]
    ]


# Below and above the rows up to which every value is counted: both ways of counting.
@pytest.mark.parametrize(
    "where",
    ["day <= 2", None],
    ids=["every value", "refined"],
)
def test_spark_counts_as_duckdb_does(spark: Any, where: str | None) -> None:
    frames = spark.read.parquet(H1), spark.read.parquet(H2)
    columns = ["carrier", "tailnum", "dep_delay", "distance", "time_hour"]
    found = kl.compare(*frames, where=where, columns=columns)
    assert figures(found) == figures(kl.compare(H1, H2, where=where, columns=columns))


def test_types_that_need_care(spark: Any) -> None:
    made = spark.sql(
        "SELECT id, cast(id % 7 AS decimal(10,2)) / 4 AS money, cast(id % 5 AS decimal(38,0)) + 1e20BD AS huge, "
        "date_add(DATE '1969-12-25', cast(id % 11 AS int)) AS day, id % 3 = 0 AS flag, "
        "CASE WHEN id % 10 = 0 THEN NULL WHEN id % 10 = 1 THEN double('NaN') ELSE cast(id % 4 AS double) END AS x, "
        "TIMESTAMP '2020-01-01 00:00:00' + make_interval(0, 0, 0, 0, cast(id % 24 AS int)) AS moment, "
        "array(id) AS nested, concat('user-', id) AS name, cast(NULL AS void) AS nothing FROM range(3000)"
    )
    found = kl.compare(made, made)
    verdicts = {column.name: column.verdict for column in found}
    assert verdicts.pop("nested") == "undefined"
    assert (verdicts.pop("id"), verdicts.pop("name"), verdicts.pop("nothing")) == ("key", "key", "constant")
    assert set(verdicts.values()) <= {"similar", "inconclusive"}
    cells = {cell.label: cell.reference for cell in found["x"].cells}
    assert (cells["NULL"], cells["NaN"]) == (300, 300)
    assert [cell.label for cell in found["day"].cells][:2] == ["1969-12-25", "1969-12-26"]
    assert found["huge"].cells[0].label == "100000000000000000000"


def test_weights_and_filters(spark: Any) -> None:
    made = spark.sql("SELECT id % 4 AS x, 1 + id % 4 AS w, id FROM range(1000)")
    found = kl.compare(made, made, weights="w", where="id < 400", exclude=["id"])
    assert [cell.reference for cell in found["x"].cells] == [100, 200, 300, 400]
    with pytest.raises(kl.InputError, match="filter"):
        kl.compare(made, made, where="id <")
    with pytest.raises(kl.InputError, match="finite numbers"):
        kl.compare(made, made.selectExpr("x", "-w AS w", "id"), weights="w")


def test_a_profile_against_spark(spark: Any) -> None:
    stored = kl.profile(H1, columns=["distance", "carrier"])
    found = kl.compare(stored, spark.read.parquet(H2))
    assert figures(found) == figures(kl.compare(stored, H2))


def test_workers_need_nothing_of_ours(require: Any, tmp_path: Path) -> None:
    require("pyspark")
    require("pyarrow")
    from pyspark import cloudpickle  # noqa: PLC0415

    for module in (_kernel, _spark_worker):
        cloudpickle.register_pickle_by_value(module)
    grid = Grid(np.array([0]), np.array([0.0]), np.array([1.0]), np.array([2]), np.array([0]))
    sent = tmp_path / "sent.pickle"
    sent.write_bytes(cloudpickle.dumps(_spark_worker.bin_batches([("float", 0, "", [grid], False)])))
    program = (
        "import pickle, sys\n"
        "sys.modules['kullback'] = None\n"
        "import pyarrow as pa\n"
        f"count = pickle.load(open({str(sent)!r}, 'rb'))\n"
        "print(next(count([pa.RecordBatch.from_arrays([pa.array([0.0, None])], names=['x'])])).num_rows)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("1", 0), done.stderr


def test_units_are_counted_as_in_duckdb(spark, require, tmp_path):
    polars = require("polars")
    flights = polars.read_parquet(H1).filter(polars.col("month") < 5)
    flights = flights.select("month", "day", "dep_delay", "carrier", "time_hour", "flight")
    halves = [flights.filter(polars.col("day") % 2 == side) for side in (0, 1)]
    paths = [str(tmp_path / f"{side}.parquet") for side in range(2)]
    for half, path in zip(halves, paths, strict=True):
        half.write_parquet(path)
    frames = [spark.read.parquet(path) for path in paths]
    # Days are few and named; flights are many and hashed.
    for unit, columns in ((["month", "day"], ["dep_delay", "carrier"]), ("flight", ["dep_delay"])):
        here = kl.compare(*paths, unit=unit, columns=columns)
        there = kl.compare(*frames, unit=unit, columns=columns)
        assert there.units == here.units
        assert figures(there) == figures(here)


def jobs_of(spark: Any, **options: Any) -> int:
    tally = spark.sparkContext._jsc.sc().dagScheduler()
    before = tally.numTotalJobs()
    columns = [f"id % {place + 7} AS n{place}" for place in range(options.pop("columns") // 2)]
    columns += [f"concat('v', id % {place + 3}) AS t{place}" for place in range(len(columns))]
    kl.compare(*(spark.range(60_000).selectExpr(*columns) for _ in range(2)), **options)
    return int(tally.numTotalJobs() - before)


def test_forty_columns_take_as_many_jobs_as_four(spark: Any) -> None:
    assert jobs_of(spark, columns=40) == jobs_of(spark, columns=4) < 40


def test_no_rows_are_collected(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(_spark.SparkTable, "fetch")
    made = spark.sql("SELECT id % 9 AS few, id / 7 AS many, concat('user-', id) AS name FROM range(1000)")
    assert {column.name: column.verdict for column in kl.compare(made, made)}["name"] == "key"


def test_texts_are_read_as_numbers_on_request(spark: Any) -> None:
    made = spark.sql("SELECT CASE WHEN id % 4 = 0 THEN 'n/a' ELSE concat(' ', id % 4) END AS x FROM range(100)")
    found = kl.compare(made, made, roles={"x": "numeric"})["x"]
    assert {cell.label: cell.reference for cell in found.cells} == {"1": 25, "2": 25, "3": 25, "NaN": 25}


def test_one_table_is_split_in_sparks_own_sql(spark: Any) -> None:
    made = spark.sql("SELECT id % 9 AS x, CASE WHEN id % 3 = 0 THEN 'it\\'s' END AS `a``b` FROM range(900)")
    found = kl.compare(made, split_by="a`b", reference_value="it's")
    assert (found.reference.rows, found.current.rows) == (300, 600)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_text_files_get_the_types_of_duckdb(spark: Any, require: Any, form: str, tmp_path: Path) -> None:  # noqa: ARG001
    polars = require("polars")
    i = np.arange(300)
    columns = {
        "a.b": i,
        "x": i / 7,
        "flag": i % 2 == 0,
        "day": np.datetime64("2020-01-01") + i % 40,
        "text": [f'it\'s, "quoted"\n{row % 3}' if row % 5 else None for row in i],
    }
    made = polars.DataFrame(columns)
    folder = tmp_path / "a {b} [c]"
    folder.mkdir()
    paths = [str(folder / f"{side}.{form}") for side in range(2)]
    for side, path in enumerate(paths):
        half = made.filter(polars.col("a.b") % 3 != side)
        (half.write_csv if form == "csv" else half.write_ndjson)(path)
    assert figures(kl.compare(*paths, engine="spark")) == figures(kl.compare(*paths))


def test_a_session_that_was_found_is_left_alone(spark: Any) -> None:
    with pytest.raises(kl.InputError, match="already"):
        kl.compare(H1, H2, engine="spark", master="local[1]")
    kl.compare(H1, H2, engine="spark", columns=["origin"])
    assert spark.range(3).count() == 3


def test_whole_rows_are_sampled_by_what_they_hold(spark: Any) -> None:
    """The order of rows and their partitions do not matter; equal rows, NULL and all rows of a small table are kept."""
    rng = np.random.default_rng(1)
    rows = list(zip(rng.normal(size=300).tolist(), rng.choice(["a", "b", None], 300).tolist(), strict=True))
    rows += rows[:30]
    frames = [spark.createDataFrame(each, "x double, g string") for each in (rows, rows[::-1])]
    shifted = frames[0].selectExpr("x + 1.0 AS x", "g")
    joints = [kl.compare(frame, shifted, joint=True).joint for frame in (frames[0], frames[1].repartition(3))]
    assert joints[0].to_dict() == joints[1].to_dict()
    assert joints[0].reference_rows == len(rows)
    assert joints[0].p_value < 1e-6
    table = _spark.SparkTable(frames[0], name="x", where=None, weights=None)
    wanted = [(column.position, native_reading(column.native)) for column in table.columns]
    values, _ = table.sample(wanted, 100, "0").columns[0]
    assert len(values) == 100
    assert set(values.tolist()) <= {row[0] for row in rows}
