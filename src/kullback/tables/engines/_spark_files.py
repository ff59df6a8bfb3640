"""Files that Spark reads, with the names and the types that DuckDB gives them."""

import os
import re
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

from kullback._core import InputError, MissingExtraError
from kullback.tables.engines._engine import is_url
from kullback.tables.engines._session import Session, glob_literal, quote_text
from kullback.tables.engines._spark import SparkTable, first_line
from kullback.tables.sources._csv import csv_scan, explain_csv_error
from kullback.tables.sources._files import common_format, find_files
from kullback.tables.sources._sources import Options

# Seconds until a master that does not answer is taken as not there.
_PATIENCE = 10
_PORTS = {"spark": 7077, "sc": 15002}
# What texts of CSV and JSON are cast to; whatever is not here stays text.
_CASTS = {
    "BIGINT": "bigint",
    "INTEGER": "int",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
_NESTED = ("[]", "STRUCT(", "MAP(")


class SparkFiles:
    """A Spark session that reads files; stopped in the end if it was made here, left alone if it was found."""

    def __init__(self, master: str | None, /, *, threads: int | None, memory: int | None) -> None:
        """Find a session or make one.

        Args:
            master: ``local[2]``, ``spark://host:port``, ``sc://host:port`` (Spark Connect) and so on; None for the
                session of this program, or this machine.
            threads: Cores at most.
            memory: Bytes of each executor; of the whole if Spark runs on this machine.

        Raises:
            InputError: If it cannot be reached or started.
        """
        try:
            sessions: Any = import_module("pyspark.sql").SparkSession
        except ImportError:
            raise MissingExtraError("the Spark engine needs PySpark: pip install 'kullback[spark]'.") from None
        found = sessions.getActiveSession()
        if found is not None:
            _check_same(found, master)
        else:
            _check_reachable(master)
        self._made = found is None
        self.spark: Any = _made(sessions, master, threads, memory) if found is None else found

    def open(self, session: Session, source: str, options: Options, /) -> SparkTable:
        """A path as a table.

        Raises:
            InputError: If Spark cannot read it.
        """
        try:
            frame = self._read(session, source, options)
            return SparkTable(
                frame, name=source, where=options.spark_condition, weights=options.weights, unit=options.unit
            )
        except import_module("pyspark.errors").PySparkException as error:
            raise InputError(f"Spark cannot read {source!r}: {first_line(error)}") from error

    def close(self) -> None:
        """Stop the session if it was made here."""
        if self._made:
            self.spark.stop()

    def _read(self, session: Session, source: str, options: Options) -> Any:
        if is_url(source):
            # Spark finds the files, and only Parquet says what is in them.
            return self.spark.read.option("mergeSchema", "true").parquet(source)
        files = find_files(source)
        kind = "duckdb" if "::" in source else common_format(files, source)
        if kind == "parquet":
            return self._parquet(source, files)
        if kind == "csv":
            return self._csv(session, source, files, options)
        if kind == "json":
            return self._json(session, source, files)
        raise InputError(
            f"Spark reads Parquet, CSV and JSON lines, but {source!r} is a file of {kind}. Use engine='duckdb'."
        )

    def _parquet(self, source: str, files: list[Path]) -> Any:
        reader = self.spark.read.option("mergeSchema", str(len(files) > 1).lower())
        folder = Path(source).expanduser().absolute()
        if folder.is_dir():
            # So that folders such as year=2013 become columns.
            reader = reader.option("basePath", _uri(folder))
        return reader.parquet(*map(_uri, files))

    def _csv(self, session: Session, source: str, files: list[Path], options: Options) -> Any:
        try:
            scan = csv_scan(session, files, options.nulls)
            described = session.describe(scan.sql())
        except duckdb.Error as error:
            raise explain_csv_error(source, error) from None
        if scan.skip:
            raise InputError(
                f"{source!r} has {scan.skip} lines above its header, which Spark cannot leave out: use engine='duckdb'."
            )
        names = scan.names or [name for name, _ in described]
        schema = ", ".join(f"c{place} string" for place in range(len(described)))
        # Whole files, as a text in quotes may hold a line break; and a broken line is an error, not a row of NULL.
        reader = self.spark.read.options(
            sep=scan.delimiter, quote='"', escape='"', header=scan.named, multiLine=True, mode="FAILFAST"
        )
        frame = reader.option("encoding", scan.encoding or "UTF-8").schema(schema).csv([_uri(path) for path in files])
        return _cast(frame, names, [native for _, native in described], ("", *options.nulls))

    def _json(self, session: Session, source: str, files: list[Path]) -> Any:
        listed = ", ".join(quote_text(glob_literal(path)) for path in files)
        try:
            described = session.describe(
                f"read_json([{listed}], union_by_name = true, maximum_depth = 2, sample_size = -1)"
            )
        except duckdb.Error as error:
            raise InputError(f"cannot read {source!r} as JSON lines: {first_line(error)}") from None
        types = import_module("pyspark.sql.types")
        schema = types.StructType([types.StructField(name, types.StringType()) for name, _ in described])
        frame = self.spark.read.option("mode", "FAILFAST").schema(schema).json([_uri(path) for path in files])
        return _cast(frame, [name for name, _ in described], [native for _, native in described], ())


def _cast(frame: Any, names: list[str], natives: list[str], nulls: tuple[str, ...]) -> Any:
    """Columns of text as what DuckDB takes them for."""
    f = import_module("pyspark.sql.functions")
    frame = frame.toDF(*(f"c{place}" for place in range(len(names))))
    columns = []
    for place, native in enumerate(natives):
        text = f.col(f"c{place}")
        text = f.when(~text.isin(*nulls), text) if nulls else text
        if native.startswith(_NESTED[1:]) or native.endswith(_NESTED[0]):
            text = f.array(text)
        columns.append(text.cast(_CASTS[native]) if native in _CASTS else text)
    return frame.select(*columns).toDF(*names)


def _uri(path: Path) -> str:
    """A path in which characters that Hadoop takes for a pattern stand for themselves."""
    return "file:" + re.sub(r"([\\*?\[\]{}])", r"\\\1", str(path))


def _check_same(found: Any, master: str | None) -> None:
    if master is None or master.startswith("sc://") or not hasattr(found, "sparkContext"):
        return
    here = found.sparkContext.master
    if here != master:
        raise InputError(
            f"this program has a Spark session on {here!r} already, and there can be one only: stop it, or leave "
            f"master={master!r} out."
        )


def _check_reachable(master: str | None) -> None:
    """Whether somebody listens there: Spark itself would try for minutes."""
    kind, _, rest = (master or "local").partition("://")
    if not re.match(r"(local|yarn|k8s|spark|sc)\b", kind):
        raise InputError(f"master is {master!r}; it must be of the form spark://host:port, sc://host:port or local[2].")
    if kind not in _PORTS:
        return
    reasons = []
    for place in re.split(r"[/;]", rest)[0].split(","):
        host, _, port = place.partition(":")
        if not host or (port and not port.isdigit()):
            raise InputError(
                f"master is {master!r}; it must name a host and a port, as in {kind}://host:{_PORTS[kind]}."
            )
        try:
            socket.create_connection((host, int(port or _PORTS[kind])), timeout=_PATIENCE).close()
        except (OSError, OverflowError) as error:
            reasons.append(str(error))
        else:
            return
    raise InputError(f"no Spark answers at {master!r}: {'; '.join(reasons)}. Is it running, and is the port right?")


def _made(sessions: Any, master: str | None, threads: int | None, memory: int | None) -> Any:
    if master is None:
        master = f"local[{threads or '*'}]"
    builder = sessions.builder
    for name, value in _settings(master, threads, memory).items():
        builder = builder.config(name, value)
    builder = builder.remote(master) if master.startswith("sc://") else builder.master(master)
    try:
        spark = builder.getOrCreate()
    except Exception as error:
        # Java that is missing, a package that Spark Connect needs, a master that is none: Spark has no common error.
        raise InputError(f"cannot start Spark on {master!r}: {first_line(error)}") from error
    if not master.startswith("sc://"):
        spark.sparkContext.setLogLevel("ERROR")
    return spark


def _settings(master: str, threads: int | None, memory: int | None) -> dict[str, str]:
    """Settings of a session: as exact about names and times as DuckDB is."""
    settings = {"spark.sql.session.timeZone": "UTC", "spark.sql.caseSensitive": "true"}
    if master.startswith("sc://"):
        return settings
    settings |= {"spark.app.name": "kullback", "spark.ui.showConsoleProgress": "false"}
    here = master.startswith("local")
    if here:
        settings["spark.pyspark.python"] = os.environ.get("PYSPARK_PYTHON", sys.executable)
    elif threads is not None:
        settings["spark.cores.max"] = str(threads)
    if memory is not None:
        settings[f"spark.{'driver' if here else 'executor'}.memory"] = f"{memory // 2**20}m"
    return settings
