"""From what the user has (a path, a frame, a relation) to a table that can be counted."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from kullback._core import InputError
from kullback.tables.engines._duckdb import DuckTable
from kullback.tables.engines._engine import is_url
from kullback.tables.engines._session import Session, glob_literal, quote_name, quote_text
from kullback.tables.engines._table import Table
from kullback.tables.sources._csv import csv_scan, explain_csv_error, is_lost
from kullback.tables.sources._files import common_format, find_files
from kullback.tables.sources._frames import is_dask, is_spark, is_stream, read_arrow, scannable, written
from kullback.tables.sources._mixed_files import csv_parts, with_remarks

_COLUMNS_AT_ONCE = 50


@dataclass(frozen=True)
class Split:
    """One side of a table split in two: the rows in which the text of a column is, or is not, a value."""

    column: str
    value: str
    equal: bool

    @property
    def sql(self) -> str:
        """The condition for DuckDB and polars."""
        return f"CAST({quote_name(self.column)} AS VARCHAR) {self._sign} {quote_text(self.value)}"

    @property
    def spark_sql(self) -> str:
        """The condition for Spark, where double quotes are for texts."""
        name = "`" + self.column.replace("`", "``") + "`"
        text = "'" + self.value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return f"CAST({name} AS STRING) {self._sign} {text}"

    @property
    def _sign(self) -> str:
        return "=" if self.equal else "IS DISTINCT FROM"


@dataclass(frozen=True)
class Options:
    """How rows are read.

    Attributes:
        where: SQL condition of the user; rows that do not meet it are left out.
        weights: Column of row weights.
        unit: Columns that together name a unit of rows.
        nulls: Texts that stand for NULL in CSV files, besides the empty field.
        split: What picks one side of a table split in two.
    """

    where: str | None = None
    weights: str | None = None
    unit: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    split: Split | None = None

    @property
    def condition(self) -> str | None:
        """Everything that a row must meet, as SQL of DuckDB and polars."""
        return self._joined(None if self.split is None else self.split.sql)

    @property
    def spark_condition(self) -> str | None:
        """The same as SQL of Spark."""
        return self._joined(None if self.split is None else self.split.spark_sql)

    def _joined(self, split: str | None) -> str | None:
        # The line break keeps a comment at the end of the user's condition from swallowing what follows.
        parts = [f"({self.where}\n)"] if self.where else []
        return " AND ".join([*parts, f"({split})"] if split else parts) or None


def is_path(source: Any, /) -> bool:
    """Whether a source is a path rather than an object in memory."""
    return isinstance(source, (str, Path))


def open_tables(session: Session, sources: Sequence[tuple[Any, Options, str]], /) -> list[Table]:
    """Open several sources, and lock the connection to what they need before any of it is read.

    Args:
        session: Connection for whatever DuckDB reads.
        sources: Path, data frame, DuckDB relation or PySpark DataFrame; how it is to be read; and what an object in
            memory is called (paths are called by themselves).

    Raises:
        InputError: If there is nothing there, or it cannot be read.
    """
    paths = [source for source, _, _ in sources if is_path(source)]
    if session.engine is not None:
        paths = [path for path in paths if not is_url(path)]
    session.lock([path for source in paths for path in find_files(str(source))])
    return [_open(session, source, options, name) for source, options, name in sources]


def _open(session: Session, source: Any, options: Options, name: str) -> Table:
    if is_path(source):
        if session.engine is not None:
            return session.engine.open(session, str(source), options)
        return _open_path(session, str(source), options)
    if type(source).__name__ == "DuckDBPyRelation":
        return _open_relation(session, source, options, name)
    if is_spark(source):
        from kullback.tables.engines._spark import SparkTable  # noqa: PLC0415 - Spark is asked for only where a frame is Spark's

        return SparkTable(source, name=name, where=options.spark_condition, weights=options.weights, unit=options.unit)
    if is_dask(source):
        from kullback.tables.engines._dask import DaskTable  # noqa: PLC0415 - likewise

        return DaskTable(source, name=name, where=options.condition, weights=options.weights, unit=options.unit)
    return _open_frame(session, source, options, name)


def _open_path(session: Session, source: str, options: Options) -> Table:
    if source.partition("::")[1]:
        return _open_database(session, source, options)
    files = find_files(source)
    kind = common_format(files, source)
    if kind == "duckdb":
        return _open_database(session, source, options)
    if kind == "arrow":
        return _open_frame(session, read_arrow(files), options, source)
    if kind == "parquet":
        return _open_parquet(session, source, files, options)
    if kind == "csv":
        return _open_csv(session, source, files, options)
    return _open_json(session, source, files, options)


def _open_json(session: Session, source: str, files: list[Path], options: Options) -> Table:
    try:
        staged, natives = _stage(session, _json_scan(files))
        if [name for name, _ in session.describe(staged)] == ["json"]:
            _check_objects(session, files)
        natives = _recognize_times(session, staged, natives)
    except duckdb.Error as error:
        raise _explain_json(source, error) from None
    return _table(session, source, staged, options, "JSON lines", natives=natives)


def _json_scan(files: list[Path]) -> str:
    listed = ", ".join(quote_text(glob_literal(path)) for path in files)
    # A type guessed from the first rows alone would round, cut or drop what comes later.
    return f"read_json([{listed}], union_by_name = true, maximum_depth = 2, sample_size = -1)"


def _check_objects(session: Session, files: list[Path]) -> None:
    """Values that are no objects turn the whole table into one column called json."""
    for path in files:
        if [name for name, _ in session.describe(_json_scan([path]))] == ["json"]:
            raise InputError(
                f"cannot read {str(path)!r} as JSON lines: it holds values that are no objects. One object per line is "
                "needed."
            )


def _open_csv(session: Session, source: str, files: list[Path], options: Options) -> Table:
    if len(files) > 1:
        return _open_csv_files(session, source, files, options)
    try:
        csv = csv_scan(session, files, options.nulls)
        try:
            staged, natives = _stage(session, csv.sql())
        except duckdb.Error as error:
            if not is_lost(error):
                raise
            staged, natives = _stage(session, csv.rewritten().sql())
    except duckdb.Error as error:
        raise _explain_room(source, error) or explain_csv_error(source, error) from None
    return _table(session, source, staged, options, "CSV", names=csv.names, natives=natives)


def _open_csv_files(session: Session, source: str, files: list[Path], options: Options) -> Table:
    """One file after the other, so that an error names the one that is broken."""
    scans, parts = csv_parts(session, files, options.nulls)
    staged = []
    for path, (csv, kinds) in zip(files, scans, strict=True):
        try:
            try:
                staged.append(_stage_file(session, csv.typed_sql(kinds))[0])
            except duckdb.Error as error:
                if not is_lost(error):
                    raise
                staged.append(_stage_file(session, csv.rewritten().typed_sql(kinds))[0])
        except duckdb.Error as error:
            raise _explain_room(str(path), error) or explain_csv_error(str(path), error) from None
    listed = ", ".join(quote_text(str(path)) for path in staged)
    scan = f"read_parquet([{listed}], can_have_nan = true, union_by_name = true)"
    read_as = {name.lower(): kind for _, sniffed in scans for name, kind in sniffed.kinds.items()}
    # What no column of Parquet holds exactly was staged as text.
    natives = [
        read_as[name.lower()] if read_as[name.lower()] == "HUGEINT" else native
        for name, native in session.describe(scan)
    ]
    table = _table(session, source, scan, options, "CSV", natives=natives)
    table.columns = with_remarks(table.columns, source, parts)
    return table


def _open_parquet(session: Session, source: str, files: list[Path], options: Options) -> Table:
    listed = ", ".join(quote_text(glob_literal(path)) for path in files)
    several = str(len(files) > 1).lower()
    # can_have_nan: without it DuckDB trusts the bounds in the footer, which know no NaN, and isnan() finds none.
    scan = f"read_parquet([{listed}], can_have_nan = true, union_by_name = {several}, hive_partitioning = {several})"
    if len(files) == 1:
        names = _parquet_names(session, files[0], source, scan)
        return _table(session, source, scan, options, "Parquet", names=names)
    parts = {path: _parquet_types(session, path) for path in files}
    table = _table(session, source, scan, options, "Parquet")
    table.files = tuple(files)
    table.columns = with_remarks(table.columns, source, parts)
    return table


def _parquet_types(session: Session, path: Path) -> dict[str, str | None]:
    try:
        return dict(session.describe(f"read_parquet({quote_text(glob_literal(path))}, hive_partitioning = true)"))
    except duckdb.Error as error:
        raise explain_engine_error(str(path), "Parquet", error) from None


def _parquet_names(session: Session, path: Path, source: str, scan: str) -> list[str] | None:
    """Top-level names from the footer, where DuckDB would rename those that differ by case alone."""
    try:
        renamed = [name.lower() for name, _ in session.describe(scan)]
        nodes = session.rows(
            f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({quote_text(glob_literal(path))})"
        )
    except duckdb.Error as error:
        raise explain_engine_error(source, "Parquet", error) from None
    names: list[str] = []
    pending = 0
    for name, children in nodes[1:]:
        if pending == 0:
            names.append(name)
        else:
            pending -= 1
        pending += int(children)
    # DuckDB appends to a name that it changes; anything else would be names in another order.
    alike = [changed.startswith(name.lower()) for changed, name in zip(renamed, names, strict=False)]
    return names if len(names) == len(renamed) and all(alike) else None


def _open_database(session: Session, source: str, options: Options) -> Table:
    path, _, table = source.partition("::")
    if not Path(path).is_file():
        raise InputError(f"there is no DuckDB file {path!r}.")
    database = session.fresh_name()
    try:
        session.connection.execute(f"ATTACH {quote_text(path)} AS {quote_name(database)} (READ_ONLY)")
        found = session.rows(
            "SELECT schema_name, name FROM ("
            "SELECT database_name, schema_name, table_name AS name FROM duckdb_tables() UNION ALL "
            "SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE NOT internal) "
            "WHERE database_name = ? ORDER BY ALL",
            [database],
        )
    except duckdb.Error as error:
        raise explain_engine_error(path, "a DuckDB file", error) from None
    matching = [pair for pair in found if table in (pair[1], f"{pair[0]}.{pair[1]}")] if table else found
    if len(matching) != 1:
        have = ", ".join(f"{schema}.{name}" if schema != "main" else name for schema, name in found) or "no table"
        raise InputError(f"{path!r} has {have}: name one of them as {path}::TABLE.")
    schema, name = matching[0]
    scan = ".".join(quote_name(part) for part in (database, schema, name))
    return _table(session, source, scan, options, "a table")


def _open_relation(session: Session, relation: Any, options: Options, name: str) -> Table:
    # The relation lives on the caller's connection: one pass brings it over, and cures relations on Parquet files in
    # which DuckDB overlooks NaN.
    staged = session.fresh_file(".parquet")
    try:
        natives = [str(kind) for kind in relation.types]
        columns = [_portable(quote_name(column), kind) for column, kind in zip(relation.columns, natives, strict=True)]
        relation.project(", ".join(columns)).write_parquet(str(staged))
    except duckdb.Error as error:
        raise explain_engine_error(name, "a DuckDB relation", error) from None
    scan = f"read_parquet({quote_text(str(staged))}, can_have_nan = true)"
    return _table(session, name, scan, options, "a DuckDB relation", natives=natives)


def _open_frame(session: Session, source: Any, options: Options, name: str) -> Table:
    if is_stream(source):
        return _open_stream(session, source, options, name)
    frame, names = scannable(written(source, session.fresh_file(".arrow")))
    try:
        scan = quote_name(session.register(frame))
    except duckdb.Error as error:
        raise explain_engine_error(name, "a data frame", error) from None
    return _table(session, name, scan, options, "a data frame", names=names)


def _open_stream(session: Session, source: Any, options: Options, name: str) -> Table:
    # Rows that come once are written down once, to be read column by column; memory does not grow with them.
    try:
        staged, natives = _stage(session, quote_name(session.register(source)))
    except duckdb.Error as error:
        raise explain_engine_error(name, "an Arrow stream", error) from None
    return _table(session, name, staged, options, "an Arrow stream", natives=natives)


def _stage(session: Session, scan: str) -> tuple[str, list[str]]:
    """Parse a text format once into a columnar file, which is then read column by column."""
    staged, natives = _stage_file(session, scan)
    return f"read_parquet({quote_text(str(staged))}, can_have_nan = true)", natives


def _stage_file(session: Session, scan: str) -> tuple[Path, list[str]]:
    staged = session.fresh_file(".parquet")
    described = session.describe(scan)
    columns = ", ".join(_portable(quote_name(name), native) for name, native in described)
    session.connection.execute(f"COPY (SELECT {columns} FROM {scan}) TO {quote_text(str(staged))} (FORMAT parquet)")
    return staged, [native for _, native in described]


def _recognize_times(session: Session, staged: str, natives: list[str]) -> list[str]:
    """Types with texts that are all points in time named as such.

    DuckDB takes JSON texts for times only if all are written alike, with a fraction of a second or without.
    """
    texts = [index for index, native in enumerate(natives) if native == "VARCHAR"]
    if not texts:
        return natives
    names = [name for name, _ in session.describe(staged)]
    questions = []
    for column in (quote_name(names[index]) for index in texts):
        written = f"regexp_full_match({column}, '\\d{{4}}-\\d\\d-\\d\\d[ T].*')"
        looks = f"{written} AND TRY_CAST({column} AS TIMESTAMPTZ) IS NOT NULL"
        zoned = f"regexp_matches({column}, '(Z|[+-]\\d\\d(:?\\d\\d)?)$')"
        questions += [f"count({column}), count(*) FILTER ({looks}), count(*) FILTER ({looks} AND {zoned})"]
    # A query over thousands of columns costs by the square of their number.
    batches = [questions[start : start + _COLUMNS_AT_ONCE] for start in range(0, len(questions), _COLUMNS_AT_ONCE)]
    answers = chain.from_iterable(session.rows(f"SELECT {', '.join(batch)} FROM {staged}")[0] for batch in batches)
    found = list(natives)
    for index, rows, times, zoned_times in zip(texts, answers, answers, answers, strict=True):
        if rows and times == rows and zoned_times in (0, rows):
            found[index] = "TIMESTAMP WITH TIME ZONE" if zoned_times else "TIMESTAMP"
    return found


def _portable(column: str, native: str) -> str:
    """A column as Parquet can hold it: 128-bit integers would turn into floats, negative intervals are refused."""
    return f"CAST({column} AS VARCHAR) AS {column}" if native in ("HUGEINT", "UHUGEINT", "INTERVAL") else column


def _table(
    session: Session,
    source: str,
    scan: str,
    options: Options,
    what: str,
    *,
    names: list[str] | None = None,
    natives: list[str] | None = None,
) -> DuckTable:
    try:
        return DuckTable(
            session,
            source,
            scan,
            names=names,
            natives=natives,
            where=options.condition,
            weights=options.weights,
            unit=options.unit,
        )
    except duckdb.Error as error:
        raise _explain_condition(source, error, options) or explain_engine_error(source, what, error) from None


def explain_count_error(tables: Sequence[Table], error: duckdb.Error, /) -> InputError:
    """An error that came up while tables were counted: it names the very file, where one of several is broken."""
    for table in (one for one in tables if isinstance(one, DuckTable)):
        for path in table.files:
            try:
                table.session.rows(
                    f"SELECT max(hash(part)) FROM read_parquet({quote_text(glob_literal(path))}) AS part"
                )
            except duckdb.Error as found:
                return explain_engine_error(str(path), "Parquet", found)
    return explain_engine_error(" or ".join(table.name for table in tables), "a table", error)


def explain_engine_error(name: str, what: str, error: duckdb.Error, /) -> InputError:
    """An error of the engine as one sentence."""
    return _explain_room(name, error) or InputError(f"cannot read {name!r} as {what}: {_first_line(error)}")


def _explain_room(name: str, error: duckdb.Error) -> InputError | None:
    """What to do where memory or the disk is full."""
    if "No space left" in str(error) or "max_temp_directory_size" in str(error):
        return InputError(
            f"the disk is full: {name!r} needs room in {tempfile.gettempdir()!r} for a columnar copy of text and for "
            "what does not fit in memory. Free some, or set TMPDIR to a folder with room."
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return InputError(
            f"the memory does not suffice for {name!r}: {_first_line(error)} Allow more, or take fewer threads."
        )
    return None


def _explain_condition(name: str, error: duckdb.Error, options: Options) -> InputError | None:
    """What is wrong with the filter or the split, if that is what the engine complains of."""
    if not isinstance(error, (duckdb.BinderException, duckdb.ParserException, duckdb.ConversionException)):
        return None
    first = _first_line(error)
    if options.split is not None and f'"{options.split.column}" not found' in first:
        known = re.search(r"Candidate bindings: (.*)", str(error))
        return InputError(
            f"{name!r} has no column {options.split.column!r} to split by. Near it: {known[1] if known else '–'}."
        )
    if options.where is None:
        return None
    return InputError(
        f"cannot apply the filter {options.where!r} to {name!r}: {first} "
        "It must be an SQL condition on columns, as in \"dest = 'ATL' AND distance > 500\"."
    )


def _explain_json(name: str, error: duckdb.Error) -> InputError:
    first = _first_line(error)
    return _explain_room(name, error) or InputError(
        f"cannot read {name!r} as JSON lines: {first.partition(': ')[2] or first} One object per line is needed."
    )


def _first_line(error: duckdb.Error) -> str:
    return next((line for line in str(error).splitlines() if line), type(error).__name__)
