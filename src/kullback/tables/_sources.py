"""From what the user has (a path, a frame, a relation) to a table that can be counted."""

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw

from kullback._core import InputError, MissingExtraError
from kullback.tables._csv import csv_scan, explain_csv_error, glob_literal, is_lost
from kullback.tables._duckdb import DuckTable
from kullback.tables._session import Session, quote_name, quote_text
from kullback.tables._table import Table

_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".duckdb": "duckdb",
    ".ddb": "duckdb",
    ".db": "duckdb",
}
_COMPRESSED = (".gz", ".zst")
KNOWN = "CSV, Parquet, JSON lines, Arrow/Feather, a folder or glob of one of these, or database.duckdb::table"


@dataclass(frozen=True)
class Options:
    """How rows are read.

    Attributes:
        where: SQL condition of the user; rows that do not meet it are left out.
        weights: Column of row weights.
        nulls: Texts that stand for NULL in CSV files, besides the empty field.
        split: Column and SQL condition on it that pick one side of a table split in two.
    """

    where: str | None = None
    weights: str | None = None
    nulls: tuple[str, ...] = ()
    split: tuple[str, str] | None = None

    @property
    def condition(self) -> str | None:
        """Everything that a row must meet, as SQL."""
        # The line break keeps a comment at the end of the user's condition from swallowing what follows.
        parts = [f"({self.where}\n)"] if self.where else []
        return " AND ".join([*parts, f"({self.split[1]})"] if self.split else parts) or None


def is_path(source: Any, /) -> bool:
    """Whether a source is a path rather than an object in memory."""
    return isinstance(source, (str, Path))


def source_paths(source: Any, /) -> list[Path]:
    """The files and folders that a source will read; nothing for objects in memory."""
    return _files(str(source)) if is_path(source) else []


def open_table(session: Session, source: Any, options: Options, /, *, name: str) -> Table:
    """Open a source.

    Args:
        session: Connection for whatever DuckDB reads.
        source: Path, data frame, DuckDB relation or PySpark DataFrame.
        options: Filter, weights, and what counts as NULL.
        name: What an object in memory is called; paths are called by themselves.

    Raises:
        InputError: If there is nothing there, or it cannot be read.
    """
    if is_path(source):
        return _open_path(session, str(source), options)
    if type(source).__name__ == "DuckDBPyRelation":
        return _open_relation(session, source, options, name)
    return _open_frame(session, source, options, name)


def _open_path(session: Session, source: str, options: Options) -> Table:
    if source.partition("::")[1]:
        return _open_database(session, source, options)
    files = _files(source)
    formats = {_format(path) for path in files}
    if len(formats) > 1:
        raise InputError(
            f"{source!r} holds files of several formats ({', '.join(sorted(formats))}). "
            f"Name one, as in '{source}/*.csv'."
        )
    kind = formats.pop()
    if kind == "duckdb":
        return _open_database(session, source, options)
    if kind == "arrow":
        return _open_frame(session, _read_arrow(files), options, source)
    if kind == "parquet":
        return _open_parquet(session, source, files, options)
    if kind == "csv":
        return _open_csv(session, source, files, options)
    listed = ", ".join(quote_text(glob_literal(path)) for path in files).replace("%", "%%")
    scan = f"read_json([{listed}], union_by_name = true, maximum_depth = 2%s)"
    try:
        return _stage(session, source, scan, options, names=[])
    except duckdb.Error as error:
        raise _explain_json(source, error) from None


def _open_csv(session: Session, source: str, files: list[Path], options: Options) -> Table:
    csv = csv_scan(session, files, options.nulls)
    try:
        try:
            return _stage(session, source, csv.sql, options, names=csv.names)
        except duckdb.Error as error:
            if not is_lost(error):
                raise
            plain = csv.rewrite()
            return _stage(session, source, plain.sql, options, names=csv.names)
    except duckdb.Error as error:
        raise explain_csv_error(source, error) from None


def _open_parquet(session: Session, source: str, files: list[Path], options: Options) -> Table:
    listed = ", ".join(quote_text(glob_literal(path)) for path in files)
    several = str(len(files) > 1).lower()
    # can_have_nan: without it DuckDB trusts the bounds in the footer, which know no NaN, and isnan() finds none.
    scan = f"read_parquet([{listed}], can_have_nan = true, union_by_name = {several}, hive_partitioning = {several})"
    names = _parquet_names(session, files[0], source) if len(files) == 1 else None
    try:
        return DuckTable(session, source, scan, names=names, where=options.condition, weights=options.weights)
    except duckdb.Error as error:
        raise _explain(source, "Parquet", error, options) from None


def _parquet_names(session: Session, path: Path, source: str) -> list[str]:
    """Top-level names from the footer, where DuckDB would rename those that differ by case alone."""
    try:
        nodes = session.rows(
            f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({quote_text(glob_literal(path))})"
        )
    except duckdb.Error as error:
        raise _explain(source, "Parquet", error, Options()) from None
    names: list[str] = []
    pending = 0
    for name, children in nodes[1:]:
        if pending == 0:
            names.append(name)
        else:
            pending -= 1
        pending += int(children)
    return names


def _stage(session: Session, source: str, scan: str, options: Options, *, names: list[str]) -> Table:
    """Parse a text format once into a columnar file, which is then read column by column."""
    staged = session.fresh_file(".parquet")
    try:
        _copy(session, scan % "", staged)
    except duckdb.ConversionException:
        # A value far down the file does not fit the type that its beginning suggested: look at all of it.
        _copy(session, scan % ", sample_size = -1", staged)
    staged_scan = f"read_parquet({quote_text(str(staged))}, can_have_nan = true)"
    try:
        return DuckTable(
            session, source, staged_scan, names=names or None, where=options.condition, weights=options.weights
        )
    except duckdb.Error as error:
        raise _explain(source, "a table", error, options) from None


def _copy(session: Session, scan: str, staged: Path) -> None:
    session.connection.execute(f"COPY (SELECT * FROM {scan}) TO {quote_text(str(staged))} (FORMAT parquet)")


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
        raise _explain(path, "a DuckDB file", error, options) from None
    matching = [pair for pair in found if table in (pair[1], f"{pair[0]}.{pair[1]}")] if table else found
    if len(matching) != 1:
        have = ", ".join(f"{schema}.{name}" if schema != "main" else name for schema, name in found) or "no table"
        raise InputError(f"{path!r} has {have}: name one of them as {path}::TABLE.")
    schema, name = matching[0]
    scan = ".".join(quote_name(part) for part in (database, schema, name))
    try:
        return DuckTable(session, source, scan, where=options.condition, weights=options.weights)
    except duckdb.Error as error:
        raise _explain(source, "a table", error, options) from None


def _open_relation(session: Session, relation: Any, options: Options, name: str) -> Table:
    # The relation lives on the caller's connection: one pass brings it over, and cures relations on Parquet files in
    # which DuckDB overlooks NaN.
    staged = session.fresh_file(".parquet")
    try:
        relation.write_parquet(str(staged))
        scan = f"read_parquet({quote_text(str(staged))}, can_have_nan = true)"
        return DuckTable(session, name, scan, where=options.condition, weights=options.weights)
    except duckdb.Error as error:
        raise _explain(name, "a DuckDB relation", error, options) from None


class _Stream:
    """Shows DuckDB an Arrow stream alone, so that it asks for no library by the frame's type."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._frame.__arrow_c_stream__(requested_schema)


def _open_frame(session: Session, source: Any, options: Options, name: str) -> Table:
    try:
        frame = nw.from_native(_unique_names(source)[0])
    except TypeError:
        raise InputError(
            f"cannot read a {type(source).__module__}.{type(source).__qualname__} as a table. Known: {KNOWN}; "
            "data frames of pandas, polars, pyarrow, PySpark and whatever else narwhals knows; DuckDB relations."
        ) from None
    if frame.implementation.is_pyspark() or frame.implementation.is_pyspark_connect():
        from kullback.tables._spark import SparkTable  # noqa: PLC0415 - Spark is asked for only where a frame is Spark's

        return SparkTable(frame.to_native(), name=name, where=options.condition, weights=options.weights)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    names = _unique_names(source)[1] or list(frame.columns)
    plain = len({column.lower() for column in frame.columns}) == len(frame.columns) and all(frame.columns)
    if not plain:
        frame = frame.rename({column: f"c{index}" for index, column in enumerate(frame.columns)})
    try:
        view = session.register(_arrow(frame))
        return DuckTable(session, name, quote_name(view), names=names, where=options.condition, weights=options.weights)
    except duckdb.Error as error:
        raise _explain(name, "a data frame", error, options) from None


def _unique_names(source: Any) -> tuple[Any, list[str] | None]:
    """A pandas frame with repeated or non-text column names gets positional ones; the data are shared."""
    columns = getattr(source, "columns", None)
    if type(source).__module__.partition(".")[0] != "pandas" or columns is None:
        return source, None
    names = [str(column) for column in columns]
    if len(set(names)) == len(names) and all(isinstance(column, str) for column in columns):
        return source, None
    return source.set_axis([f"c{index}" for index in range(len(names))], axis=1), names


def _arrow(frame: Any) -> Any:
    """The frame as something that DuckDB scans without a copy."""
    native = frame.to_native()
    if frame.implementation.is_pandas() and find_spec("pyarrow") is not None:
        return _pandas_to_arrow(native)
    if frame.implementation.is_pandas() or frame.implementation.is_pyarrow():
        return native
    if find_spec("pyarrow") is not None:
        return frame.to_arrow()
    return _Stream(native)


def _pandas_to_arrow(native: Any) -> Any:
    pyarrow = import_module("pyarrow")
    columns = {}
    for name in native.columns:
        try:
            columns[name] = pyarrow.Array.from_pandas(native[name])
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError):
            # Objects of several types have no Arrow type: they are compared as text.
            columns[name] = pyarrow.Array.from_pandas(native[name].map(str, na_action="ignore"))
    return pyarrow.table(columns)


def _read_arrow(files: list[Path]) -> Any:
    if find_spec("pyarrow") is None:
        if find_spec("polars") is None:
            raise MissingExtraError(
                f"{str(files[0])!r} is an Arrow file, which needs pyarrow: pip install 'kullback[arrow]'."
            )
        polars = import_module("polars")
        return polars.concat([polars.read_ipc(path) for path in files])
    pyarrow, ipc = import_module("pyarrow"), import_module("pyarrow.ipc")
    tables = []
    for path in files:
        mapped = pyarrow.memory_map(str(path))
        try:
            tables.append(ipc.open_file(mapped).read_all())
        except pyarrow.ArrowInvalid:
            try:
                mapped.seek(0)
                tables.append(ipc.open_stream(mapped).read_all())
            except pyarrow.ArrowInvalid:
                raise InputError(
                    f"cannot read {str(path)!r} as Arrow: it is neither an Arrow file nor an Arrow stream."
                ) from None
    return pyarrow.concat_tables(tables, promote_options="default")


def _files(source: str) -> list[Path]:
    source = source.partition("::")[0]
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+://", source):
        raise InputError(
            f"{source!r} is a URL, and kullback reads no network. Download it first, or pass a data frame."
        )
    path = Path(source).expanduser().absolute()
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file() and _known(file) and not _hidden(file, path))
        if not found:
            raise InputError(f"the folder {source!r} holds no table. Known formats: {KNOWN}.")
        return found
    if path.exists():
        return [path]
    # Not Path.glob: it takes no absolute pattern.
    matches = glob.glob(source, recursive=True) if glob.has_magic(source) else []  # noqa: PTH207
    files = sorted(Path(match).absolute() for match in matches if Path(match).is_file())
    if not files:
        raise InputError(f"there is no file {source!r}.{_nearby(path)}")
    return files


def _nearby(path: Path) -> str:
    if not path.parent.is_dir():
        return f" The folder {str(path.parent)!r} does not exist."
    alike = sorted(file.name for file in path.parent.iterdir() if _known(file))[:8]
    return f" Beside it are: {', '.join(alike)}." if alike else ""


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)


def _known(file: Path) -> bool:
    return _suffix(file) in _FORMATS


def _suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _format(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(12)
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror or error}.") from None
    suffix = _suffix(path)
    # The content decides where it is unmistakable, so that a wrong ending does no harm.
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"ARROW1"):
        return "arrow"
    if start[8:12] == b"DUCK":
        return "duckdb"
    if suffix in _FORMATS:
        if not start:
            raise InputError(f"{str(path)!r} is empty: 0 bytes.")
        return _FORMATS[suffix]
    raise InputError(f"cannot tell the format of {str(path)!r} from its name. Known formats: {KNOWN}.")


def _explain_json(name: str, error: duckdb.Error) -> InputError:
    first = str(error).splitlines()[0]
    return InputError(
        f"cannot read {name!r} as JSON lines: {first.partition(': ')[2] or first} One object per line is needed."
    )


def _explain(name: str, what: str, error: duckdb.Error, options: Options) -> InputError:
    first = str(error).splitlines()[0]
    refused = isinstance(error, (duckdb.BinderException, duckdb.ParserException, duckdb.ConversionException))
    if refused and options.split is not None and f'"{options.split[0]}" not found' in first:
        known = re.search(r"Candidate bindings: (.*)", str(error))
        return InputError(
            f"{name!r} has no column {options.split[0]!r} to split by. Near it: {known[1] if known else '–'}."
        )
    if refused and options.where is not None:
        return InputError(
            f"cannot apply the filter {options.where!r} to {name!r}: {first} "
            "It must be an SQL condition on columns, as in \"dest = 'ATL' AND distance > 500\"."
        )
    return InputError(f"cannot read {name!r} as {what}: {first}")


def open_tables(session: Session, sources: Sequence[tuple[Any, Options, str]], /) -> list[Table]:
    """Open several sources and lock the connection to what they need."""
    session.lock([path for source, _, _ in sources for path in source_paths(source)])
    return [open_table(session, source, options, name=name) for source, options, name in sources]
