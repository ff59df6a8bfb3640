"""The engines beside DuckDB, each loaded only where it is asked for."""

from kullback._core import InputError
from kullback.tables.engines._engine import Engine, Resources
from kullback.tables.engines._session import Session
from kullback.tables.engines._table import Table
from kullback.tables.sources._files import common_format, find_files
from kullback.tables.sources._sources import Options


def open_session(resources: Resources, /) -> Session:
    """A session in which files are counted by the engine that was asked for.

    Raises:
        InputError: If Spark cannot be reached or started.
    """
    return Session(threads=resources.threads, memory=resources.memory, engine=_engine(resources))


def _engine(resources: Resources) -> Engine | None:
    """What opens files in place of DuckDB; None if DuckDB does."""
    if resources.engine == "spark":
        from kullback.tables.engines._spark_files import SparkFiles  # noqa: PLC0415 - only where Spark is asked for

        return SparkFiles(resources.master, threads=resources.threads, memory=resources.memory)
    return _PolarsFiles() if resources.engine == "polars" else None


class _PolarsFiles:
    """Files scanned by polars."""

    def open(self, session: Session, source: str, options: Options, /) -> Table:  # noqa: ARG002
        from kullback.tables.engines._polars import PolarsTable, scan_files  # noqa: PLC0415 - likewise

        if "::" in source:
            raise InputError(f"polars reads no DuckDB file: use engine='duckdb' for {source!r}.")
        files = find_files(source)
        frame = scan_files([str(path) for path in files], common_format(files, source), nulls=options.nulls)
        table: Table = PolarsTable(
            frame, name=source, where=options.condition, weights=options.weights, unit=options.unit
        )
        return table

    def close(self) -> None:
        """Nothing was started."""
