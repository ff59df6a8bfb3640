"""Counting with Spark: the kernel runs on Arrow batches where the rows are, and only counts come back."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, MissingExtraError
from kullback.tables import _kernel, _spark_worker
from kullback.tables._axes import Axis, OrderedAxis, ValueAxis
from kullback.tables._kernel import Bins, Grid, Values
from kullback.tables._reading import Reading
from kullback.tables._spark_worker import arrow_image, bin_batches, crosstab_batches, histogram_batches
from kullback.tables._table import (
    SHAPE_LENGTH,
    SHAPE_STEPS,
    Column,
    Fetched,
    Table,
    ValueCounts,
    missing_unit_error,
    steady,
    weight_quantum,
    weights_error,
)

# Spark's types in DuckDB's spelling.
_NATIVES = {
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ntz": "TIMESTAMP",
    "interval day to second": "INTERVAL",
    "void": "NULL",
}
_BOUNDS = {"float": "double", "int": "bigint", "huge": "decimal(38,0)"}


class SparkTable:
    """A PySpark DataFrame.

    Attributes:
        name: What the user called it.
        rows: Number of rows after the filter.
        columns: Its columns under their exact names.
        weight: Sum of the weights, or the rows.
        effective_rows: Kish's effective number of rows.
        unit: Position of the texts of the units; None without units.
    """

    def __init__(
        self, frame: Any, *, name: str, where: str | None, weights: str | None, unit: tuple[str, ...] = ()
    ) -> None:
        """Count the rows.

        Args:
            frame: The DataFrame; classic Spark or Spark Connect.
            name: What it is called.
            where: SQL condition on rows, in Spark's dialect.
            weights: Column of row weights, which is then left out of `columns`.
            unit: Names of the columns that together name a unit of rows, likewise.
        """
        self.name = name
        self._sql = import_module("pyspark.sql.functions")
        try:
            cloudpickle = import_module("pyspark.cloudpickle")
            import_module("pyarrow")
        except ImportError:
            raise MissingExtraError(
                "counting with Spark needs pyarrow on the driver: pip install 'kullback[spark]'."
            ) from None
        for module in (_kernel, _spark_worker):
            cloudpickle.register_pickle_by_value(module)
        self._errors: Any = import_module("pyspark.errors").PySparkException
        names, types = list(frame.columns), [kind for _, kind in frame.dtypes]
        try:
            if where:
                frame = frame.where(where)
            # By position: names with dots, backticks or quotes break expressions.
            self.frame = frame.toDF(*(f"c{index}" for index in range(len(names))))
            self.rows = int(self.frame.count())
        except self._errors as error:
            raise InputError(f"cannot apply the filter {where!r} to {name!r}: {str(error).splitlines()[0]}") from None
        self.columns = tuple(
            Column(position, shown, _native(kind))
            for position, (shown, kind) in enumerate(zip(names, types, strict=True))
            if shown != weights and shown not in unit
        )
        self.unit = self._take_unit(names, unit) if unit else None
        self.weight = self.effective_rows = float(self.rows)
        self._weight_column: str | None = None
        if weights is not None:
            self._take_weights(names, weights)
        self.parallel = 1
        self._fetched: Any = None

    def _take_unit(self, names: list[str], unit: tuple[str, ...]) -> int:
        absent = [name for name in unit if name not in names]
        if absent:
            raise missing_unit_error(self.name, absent[0], names)
        texts = [self._sql.col(f"c{names.index(name)}").cast("string") for name in unit]
        # A NULL in any part leaves the unit NULL.
        separated = [part for text in texts for part in (self._sql.lit("\x1f"), text)][1:]
        self.frame = self.frame.withColumn(f"c{len(names)}", self._sql.concat(*separated))
        return len(names)

    def _take_weights(self, names: list[str], weights: str) -> None:
        if weights not in names:
            raise weights_error(self.name, weights, names)
        column = self._sql.col(f"c{names.index(weights)}").try_cast("double")
        self._weight_column = "w"
        self.frame = self.frame.withColumn("w", column)
        w = self._sql.col("w")
        bad = self._sql.sum((w.isNull() | self._sql.isnan(w) | (w < 0)).cast("bigint"))
        total, squares, bad_rows = self.frame.agg(self._sql.sum(w), self._sql.sum(w * w), bad).collect()[0]
        if bad_rows or (self.rows and not total):
            raise weights_error(self.name, weights, names, bad_rows)
        if self.rows:
            self.effective_rows = steady(float(total) ** 2 / float(squares))
            quantum = weight_quantum(float(total))
            self.frame = self.frame.withColumn("w", self._sql.round(w / quantum) * quantum)
            self.weight = float(self.frame.agg(self._sql.sum(w)).collect()[0][0])

    def fetch(self, wanted: list[tuple[int, Reading]], /) -> Fetched:
        """Images of several columns and the weights of the rows."""
        table = self._collected()
        images = []
        for position, reading in wanted:
            column = table.column(f"c{position}").combine_chunks()
            if reading.image == "text":
                texts = np.array(_texts(column), dtype=object)
                images.append((texts, np.array([text is None for text in texts], dtype=bool)))
            else:
                images.append(arrow_image(column, reading.image, reading.scale, reading.unit))
        if self._weight_column is None:
            return Fetched(images, None)
        return Fetched(images, np.asarray(table.column("w").to_numpy(), dtype=np.float64))

    def _collected(self) -> Any:
        # One job for all columns: the order of rows may differ from job to job.
        if self._fetched is None:
            known = [f"c{column.position}" for column in self.columns if column.native != "UNSUPPORTED"]
            known += [] if self.unit is None else [f"c{self.unit}"]
            self._fetched = self.frame.select(*known, *([self._weight_column] if self._weight_column else [])).toArrow()
        return self._fetched

    def coarse(self, position: int, reading: Reading, /) -> Bins:
        """Bins of an ordered column, sixteen to the octave."""
        return self.refined(position, reading, [])

    def refined(self, position: int, reading: Reading, grids: list[Grid], /) -> Bins:
        """Bins of an ordered column after the splits of `grids`."""
        bound = _BOUNDS[reading.image]
        schema = f"k bigint, n bigint, low {bound}, high {bound}, total double, weight double"
        rows = (
            self._counted(position, bin_batches(reading.image, reading.scale, reading.unit, grids), schema)
            .groupBy("k")
            .agg(*(getattr(self._sql, step)(name).alias(name) for name, step in _COMBINE))
            .collect()
        )
        ordered = sorted(rows, key=lambda row: row["k"])
        kind: Any = {"float": np.float64, "int": np.int64, "huge": object}[reading.image]
        empty = 0.0 if reading.image == "float" else 0

        def bounds(name: str) -> Values:
            values = [empty if row[name] is None else row[name] for row in ordered]
            return np.array([int(value) for value in values] if reading.image != "float" else values, dtype=kind)

        return Bins(
            np.array([row["k"] for row in ordered], dtype=np.int64),
            np.array([row["n"] for row in ordered], dtype=np.int64),
            bounds("low"),
            bounds("high"),
            np.array([row["total"] or 0.0 for row in ordered], dtype=np.float64),
            None if self._weight_column is None else np.array([row["weight"] for row in ordered], dtype=np.float64),
        )

    def histogram(self, position: int, reading: Reading, edges: Values, /) -> NDArray[np.float64]:
        """Finite values by given cells."""
        count = histogram_batches(reading.image, reading.scale, reading.unit, edges)
        counted = self._counted(position, count, "cell bigint, n double")
        counts = np.zeros(len(edges) + 1)
        for row in counted.groupBy("cell").agg(self._sql.sum("n").alias("n")).collect():
            counts[row["cell"]] = row["n"]
        return counts

    def _counted(self, position: int, count: Callable[[Iterable[Any]], Iterator[Any]], schema: str) -> Any:
        columns = [self._sql.col(f"c{position}").alias("x")]
        if self._weight_column is not None:
            columns.append(self._sql.col("w"))
        return self.frame.select(*columns).mapInArrow(count, schema)

    def heaviest(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:
        """The `limit` heaviest distinct texts."""
        return self._value_counts(self._texts(position, reading), limit)

    def shapes(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:
        """The `limit` heaviest shapes of a text column."""
        x = self._sql.col("x")
        shape = x
        for pattern, stand_in in SHAPE_STEPS:
            shape = self._sql.regexp_replace(shape, pattern, stand_in)
        length = self._sql.length(x).cast("string")
        shape = self._sql.concat(self._sql.substring(shape, 1, SHAPE_LENGTH), self._sql.lit(" · "), length)
        return self._value_counts(self._texts(position, reading).withColumn("x", shape), limit)

    def _texts(self, position: int, reading: Reading) -> Any:
        del reading
        weight = self._sql.col("w") if self._weight_column else self._sql.lit(1.0)
        return self.frame.select(self._sql.col(f"c{position}").cast("string").alias("x"), weight.alias("m"))

    def _value_counts(self, texts: Any, limit: int) -> ValueCounts:
        f = self._sql
        counted = texts.groupBy("x").agg(f.sum("m").alias("n"), f.count(f.lit(1)).alias("r"))
        listed = counted.where("x IS NOT NULL").orderBy(f.col("n").desc(), f.col("x").asc()).limit(limit).collect()
        missing, rows, total, distinct = counted.agg(
            f.sum(f.when(f.col("x").isNull(), f.col("n"))),
            f.sum(f.when(f.col("x").isNotNull(), f.col("r"))),
            f.sum(f.when(f.col("x").isNotNull(), f.col("n"))),
            f.count("x"),
        ).collect()[0]
        return ValueCounts(
            tuple(row["x"] for row in listed),
            np.array([row["n"] for row in listed], dtype=np.float64),
            float(missing or 0.0),
            int(rows or 0),
            float(total or 0.0),
            int(distinct),
        )

    def occurrences(self, position: int, reading: Reading, values: list[str], /) -> NDArray[np.float64]:
        """Rows of each of the given texts."""
        texts = self._texts(position, reading)
        rows = texts.where(self._sql.col("x").isin(values)).groupBy("x").agg(self._sql.sum("m").alias("n")).collect()
        found = {row["x"]: row["n"] for row in rows}
        return np.array([found.get(value, 0.0) for value in values], dtype=np.float64)

    def crosstabs(self, axes: Sequence[Axis], sets: Sequence[tuple[int, ...]], /) -> list[NDArray[np.float64]]:
        """Rows by the cells of several columns at once: for each set of axes an array of their widths; one job."""
        columns = [self._axis_column(axis).alias(f"x{place}") for place, axis in enumerate(axes)]
        if self._weight_column is not None:
            columns.append(self._sql.col("w"))
        count = crosstab_batches([_plain(axis) for axis in axes], list(sets))
        counted = self.frame.select(*columns).mapInArrow(count, "t bigint, cell bigint, n double")
        tables = [np.zeros(tuple(axes[axis].width for axis in chosen)) for chosen in sets]
        for row in counted.groupBy("t", "cell").agg(self._sql.sum("n").alias("n")).collect():
            tables[row["t"]].flat[row["cell"]] = row["n"]
        return tables

    def _axis_column(self, axis: Axis) -> Any:
        column = self._sql.col(f"c{axis.position}")
        if isinstance(axis, OrderedAxis):
            return column
        if isinstance(axis, ValueAxis):
            return column.cast("string")
        hashed = self._sql.conv(self._sql.substring(self._sql.md5(column), 1, 8), 16, 10).cast("bigint")
        return hashed % axis.buckets

    def distinct(self, position: int, reading: Reading, /) -> int:
        """Number of distinct values, NULL apart."""
        del reading
        column = f"c{position}"
        return int(self.frame.select(column).where(f"{column} IS NOT NULL").distinct().count())

    def shared(self, other: Table, position: int, other_position: int, reading: Reading, /) -> int | None:
        """Distinct values that the other table holds too."""
        if not isinstance(other, SparkTable) or other.frame.sparkSession is not self.frame.sparkSession:
            return None
        mine = self._texts(position, reading).select("x").where("x IS NOT NULL").distinct()
        theirs = SparkTable._texts(other, other_position, reading).select("x").where("x IS NOT NULL").distinct()
        return int(mine.intersect(theirs).count())


def _plain(axis: Axis) -> tuple[Any, ...]:
    """An axis as workers, who know no records of ours, take it."""
    if isinstance(axis, OrderedAxis):
        return "ordered", axis.width, axis.reading.image, axis.reading.scale, axis.reading.unit, axis.edges
    return ("values", axis.width, axis.values) if isinstance(axis, ValueAxis) else ("hash", axis.width)


_COMBINE = (("n", "sum"), ("low", "min"), ("high", "max"), ("total", "sum"), ("weight", "sum"))


def _native(kind: str) -> str:
    decimal = re.fullmatch(r"decimal\((\d+),(\d+)\)", kind)
    if decimal:
        return f"DECIMAL({decimal[1]},{decimal[2]})"
    if kind.startswith(("varchar", "char")):
        return "VARCHAR"
    return _NATIVES.get(kind, kind.upper() if kind.startswith(("array", "map", "struct")) else "UNSUPPORTED")


def _texts(column: Any) -> list[str | None]:
    if str(column.type) == "bool":
        return [None if value is None else str(value).lower() for value in column.to_pylist()]
    return [None if value is None else str(value) for value in column.to_pylist()]
