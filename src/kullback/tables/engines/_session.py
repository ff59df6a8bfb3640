"""A locked-down DuckDB connection with a folder for what spills."""

import os
import re
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from kullback.tables.engines._engine import Engine
from kullback.tables.engines._resources import memory_limit

# Nothing may be fetched, loaded or picked up from the caller's variables behind anybody's back.
_SAFE = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "allow_community_extensions": "false",
    "preserve_insertion_order": "false",
}
_FEW_FILES = 20


class Session:
    """Owns the database and the temporary folder; close it to give both back. Every thread gets a cursor of its own."""

    def __init__(self, *, threads: int | None = None, memory: int | None = None, engine: Engine | None = None) -> None:
        """Open the connection.

        Args:
            threads: Threads of DuckDB; all by default.
            memory: Bytes that DuckDB may use before it spills; by default by what there is.
            engine: What opens files in place of DuckDB; closed with the session.
        """
        self.engine = engine
        self._folder = tempfile.TemporaryDirectory(prefix="kullback-", ignore_cleanup_errors=True)
        # DuckDB's own limit, four fifths of the machine, overlooks control groups and everybody else who needs memory.
        limits = {"temp_directory": self._folder.name, "memory_limit": f"{(memory or memory_limit()) // 2**20}MiB"}
        self._database = duckdb.connect(config={**_SAFE, **limits})
        # So that a zoned timestamp reads the same on every machine.
        self._database.execute("SET GLOBAL TimeZone = 'UTC'")
        if threads is not None:
            self._database.execute(f"SET threads = {int(threads)}")
        self.threads: int = self._database.execute("SELECT current_setting('threads')").fetchall()[0][0]
        self._local = threading.local()
        # One for every worker and one for the caller, made before the configuration is locked: of long queries DuckDB
        # draws a bar on its own accord, and each cursor has to be told not to.
        self._cursors = [self._database.cursor() for _ in range(self.threads + 1)]
        for cursor in self._cursors:
            cursor.execute("SET enable_progress_bar = false")
        self._free = list(self._cursors)
        self._objects: dict[str, Any] = {}
        self._names = 0

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The cursor of this thread."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            if not self._free:
                self._free.append(self._database.cursor())
                self._cursors.append(self._free[0])
            cursor = self._local.cursor = self._free.pop()
            # What is registered belongs to a cursor.
            for name, scanned in self._objects.items():
                cursor.register(name, scanned)
        return cursor

    def register(self, scanned: Any) -> str:
        """Let SQL scan an object in memory; the name under which it does."""
        name = self.fresh_name()
        self._objects[name] = scanned
        self.connection.register(name, scanned)
        return name

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close on leaving."""
        self.close()
        # DuckDB answers a signal that comes during a query with an error of its own.
        if isinstance(error, RuntimeError) and str(error) == "Query interrupted":
            raise KeyboardInterrupt from None

    def close(self) -> None:
        """Close the connection and remove the temporary folder."""
        for cursor in self._cursors:
            cursor.close()
        self._database.close()
        self._folder.cleanup()
        if self.engine is not None:
            self.engine.close()

    def interrupt(self) -> None:
        """Stop whatever is running on any thread."""
        for cursor in self._cursors:
            cursor.interrupt()

    def fresh_name(self) -> str:
        """A name for a view or a file that is not taken."""
        self._names += 1
        return f"kullback_{self._names}"

    def fresh_file(self, suffix: str) -> Path:
        """A path in the temporary folder that is not taken."""
        return Path(self._folder.name) / f"{self.fresh_name()}{suffix}"

    def lock(self, paths: Iterable[Path]) -> None:
        """From here on only the given files or folders and the temporary one can be read, and no setting can change."""
        paths = list(paths)
        if len(paths) <= _FEW_FILES:
            # Wide files have long footers, which are else read for every query; those of many files would fill memory.
            self.connection.execute("SET parquet_metadata_cache = true")
        # Where a link leads is allowed too, and a folder both as it is written and as a pattern that stands for itself.
        targets = [place for path in paths for place in (path, path.resolve())]
        homes = [place if place.is_dir() else place.parent for place in targets]
        folders = {self._folder.name, *(spelled for home in homes for spelled in (str(home), glob_literal(home)))}
        allowed = ", ".join(quote_text(os.path.join(folder, "")) for folder in sorted(folders))  # noqa: PTH118
        self.connection.execute(f"SET allowed_directories = [{allowed}]")
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")

    def rows(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Run a query and fetch its rows."""
        return self.connection.execute(sql, parameters).fetchall()

    def describe(self, scan: str) -> list[tuple[str, str]]:
        """Names and types of the columns of what stands behind FROM, in their order.

        Not by DESCRIBE: its rows lose their order beyond 2,048 columns where several threads collect them.
        """
        relation = self.connection.sql(f"SELECT * FROM {scan}")
        return list(zip(relation.columns, map(str, relation.types), strict=True))


def quote_name(name: str, /) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str, /) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def glob_literal(path: Path, /) -> str:
    """A path in which characters that DuckDB takes for a pattern stand for themselves."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))
