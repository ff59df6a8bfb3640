"""Data frames in memory as something that DuckDB scans without a copy; nothing foreign is imported to recognize one."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import narwhals as nw

from kullback._core import InputError, MissingExtraError
from kullback.tables.sources._files import KNOWN


class Stream:
    """Shows DuckDB an Arrow stream alone, so that it asks for no library by the frame's type."""

    def __init__(self, frame: Any) -> None:
        """Wrap whatever can export a stream."""
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The stream."""
        return self._frame.__arrow_c_stream__(requested_schema)


def is_spark(source: Any, /) -> bool:
    """Whether a source is a PySpark DataFrame, classic or Connect."""
    return _library(source) == "pyspark" and type(source).__name__ == "DataFrame"


def is_dask(source: Any, /) -> bool:
    """Whether a source is a DataFrame of Dask."""
    return _library(source) == "dask" and type(source).__name__ == "DataFrame"


def is_stream(source: Any, /) -> bool:
    """Whether a source gives its rows once: an Arrow stream, as databases and readers hand out."""
    return _library(source) == "pyarrow" and type(source).__name__ == "RecordBatchReader"


def written(source: Any, path: Path, /) -> Any:
    """A lazy frame of polars, computed once into a file that is mapped into memory; any other source as it is.

    Raises:
        InputError: If the plan of the frame cannot be computed.
    """
    if _library(source) != "polars" or type(source).__name__ != "LazyFrame":
        return source
    try:
        source.sink_ipc(path)
    except Exception as error:
        # Whatever a lazy plan meets when it runs: a file that is gone, a column that never was.
        raise InputError(
            f"cannot compute the lazy frame: {type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error
    return read_arrow([path])


def scannable(source: Any, /) -> tuple[Any, list[str]]:
    """What DuckDB can scan in place of a data frame, and the exact names of its columns.

    Raises:
        InputError: If the source is no data frame.
    """
    if _library(source) == "pyarrow" and type(source).__name__ == "Table":
        # Before narwhals, which takes no repeated names.
        return _readable(source), list(source.column_names)
    if _library(source) == "pyarrow":
        return scannable(_arrow_table(source))
    if _library(source) == "pandas" and type(source).__name__ == "DataFrame":
        names = [str(name) for name in source.columns]
        positional = source.set_axis([f"c{index}" for index in range(len(names))], axis=1)
        if find_spec("pyarrow"):
            # Under their own names again, which conditions on rows speak of.
            return _pandas_to_arrow(positional).rename_columns(names), names
        return (source.set_axis(names, axis=1) if len(set(names)) == len(names) else positional), names
    try:
        frame = nw.from_native(source)
    except TypeError:
        raise InputError(
            f"cannot read a {type(source).__module__}.{type(source).__qualname__} as a table. Known: {KNOWN}; "
            "data frames of pandas, polars, pyarrow, PySpark and whatever else narwhals knows; DuckDB relations."
        ) from None
    if isinstance(frame, nw.LazyFrame):
        try:
            frame = frame.collect()
        except Exception as error:
            # Whatever a lazy plan meets when it runs: a file that is gone, a column that never was.
            raise InputError(
                f"cannot compute the lazy frame: {type(error).__name__}: {str(error).splitlines()[0]}"
            ) from error
    names = list(frame.columns)
    if not find_spec("pyarrow"):
        return Stream(frame.to_native()), names
    try:
        return _readable(frame.to_arrow()), names
    except import_module("pyarrow").ArrowException as error:
        raise InputError(
            f"cannot turn the data frame into Arrow: {error}. Cast or drop the column that has no Arrow type."
        ) from None


def read_arrow(files: list[Path], /) -> Any:
    """Arrow files or streams, memory-mapped, as one table of pyarrow, or of polars where only that is installed.

    Raises:
        InputError: If a file is neither.
        MissingExtraError: If neither library is installed.
    """
    if find_spec("pyarrow") is None:
        if find_spec("polars") is None:
            raise MissingExtraError(
                f"{str(files[0])!r} is an Arrow file, which needs pyarrow: pip install 'kullback[arrow]'."
            )
        polars = import_module("polars")
        return polars.concat([polars.read_ipc(path) for path in files])
    return import_module("pyarrow").concat_tables([_read_one(path) for path in files], promote_options="default")


def _read_one(path: Path) -> Any:
    pa, ipc = import_module("pyarrow"), import_module("pyarrow.ipc")
    mapped = pa.memory_map(str(path))
    for reader in (ipc.open_file, ipc.open_stream):
        mapped.seek(0)
        try:
            return reader(mapped).read_all()
        except (pa.ArrowInvalid, OSError):
            continue
    raise InputError(
        f"cannot read {str(path)!r} as Arrow: it is neither an Arrow file nor an Arrow stream, or damaged."
    )


def _library(source: Any) -> str:
    return type(source).__module__.partition(".")[0]


def _pandas_to_arrow(native: Any) -> Any:
    pa = import_module("pyarrow")
    columns = {}
    for name in native.columns:
        try:
            columns[name] = pa.Array.from_pandas(native[name])
        except (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError, ValueError):
            # Objects of several types, whole numbers beyond 64 bits and damaged text have no Arrow type: as text.
            plain = native[name].astype(object)
            columns[name] = pa.Array.from_pandas(plain.map(_as_text, na_action="ignore"))
    return _readable(pa.table(columns))


def _arrow_table(source: Any) -> Any:
    """A batch, a reader or a data set of pyarrow as a table."""
    for step in ("to_table", "read_all"):
        if hasattr(source, step):
            return getattr(source, step)()
    if type(source).__name__ == "RecordBatch":
        return import_module("pyarrow").Table.from_batches([source])
    raise InputError(f"cannot read a pyarrow.{type(source).__name__} as a table: give a Table, RecordBatch or Dataset.")


def _readable(table: Any) -> Any:
    """DuckDB reads every type of Arrow that matters but half floats, which single ones hold exactly."""
    pa = import_module("pyarrow")
    for place, column in enumerate(table.schema):
        if pa.types.is_float16(column.type):
            table = table.set_column(place, column.with_type(pa.float32()), table.column(place).cast(pa.float32()))
    return table


def _as_text(value: Any) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")
