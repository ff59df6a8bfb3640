"""Counting with Spark: the kernel runs on Arrow batches where the rows are, and only counts come back."""

import re
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from kullback._core import InputError, MissingExtraError
from kullback.tables.counts._reading import Reading
from kullback.tables.engines import _kernel, _spark_worker
from kullback.tables.engines._sampling import repeated
from kullback.tables.engines._spark_jobs import count_bins, count_cells, count_distinct, count_shared, count_texts
from kullback.tables.engines._spark_sample import sample_frame
from kullback.tables.engines._spark_worker import arrow_image
from kullback.tables.engines._table import (
    Fetched,
    bad_weights_error,
    offered_columns,
    steady,
    unit_places,
    weight_place,
    weight_quantum,
)
from kullback.tables.engines._together import (
    AnsweredQuestions,
    BinQuestion,
    CellQuestion,
    DistinctQuestion,
    SharedQuestion,
    TextQuestion,
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
# Columns counted side by side: some ten thousand counts of each come back, 50 bytes each.
_COLUMNS = 100


class SparkTable(AnsweredQuestions):
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
            said = f"cannot apply the filter {where!r} to {name!r}" if where else f"Spark cannot read {name!r}"
            raise InputError(f"{said}: {first_line(error)}") from None
        self._natives = {position: _native(kind) for position, kind in enumerate(types)}
        self.columns = offered_columns(names, list(self._natives.values()), weights=weights, unit=unit)
        self.unit = self._take_unit(names, unit) if unit else None
        self.weight = self.effective_rows = float(self.rows)
        self._weight_column: str | None = None
        if weights is not None:
            self._take_weights(names, weights)
        self.parallel = 1
        self.batch = _COLUMNS
        self._fetched: Any = None

    def _take_unit(self, names: list[str], unit: tuple[str, ...]) -> int:
        texts = [self._sql.col(f"c{place}").cast("string") for place in unit_places(self.name, unit, names)]
        # A NULL in any part leaves the unit NULL.
        separated = [part for text in texts for part in (self._sql.lit("\x1f"), text)][1:]
        self.frame = self.frame.withColumn(f"c{len(names)}", self._sql.concat(*separated))
        self._natives[len(names)] = "VARCHAR"
        return len(names)

    def _take_weights(self, names: list[str], weights: str) -> None:
        column = self._sql.col(f"c{weight_place(self.name, weights, names)}").try_cast("double")
        self._weight_column = "w"
        self.frame = self.frame.withColumn("w", column)
        w = self._sql.col("w")
        bad = self._sql.sum((w.isNull() | self._sql.isnan(w) | (w < 0)).cast("bigint"))
        total, squares, bad_rows = self.frame.agg(self._sql.sum(w), self._sql.sum(w * w), bad).collect()[0]
        if bad_rows or (self.rows and not total):
            raise bad_weights_error(self.name, weights, bad_rows)
        if self.rows:
            self.effective_rows = steady(float(total) ** 2 / float(squares))
            quantum = weight_quantum(float(total))
            self.frame = self.frame.withColumn("w", self._sql.round(w / quantum) * quantum)
            self.weight = float(self.frame.agg(self._sql.sum(w)).collect()[0][0])

    def fetch(self, wanted: list[tuple[int, Reading]], /) -> Fetched:
        """Images of several columns and the weights of the rows."""
        return self._images(self._collected(), wanted)

    def sample(self, wanted: list[tuple[int, Reading]], size: int, seed: str, /) -> Fetched:
        """At most `size` whole rows, chosen by what they hold; two jobs."""
        names = list(dict.fromkeys(f"c{position}" for position, _ in wanted))
        names += [self._weight_column] if self._weight_column else []
        table = sample_frame(self.frame, names, size, seed)
        return repeated(self._images(table, wanted), np.asarray(table.column("copies").to_numpy(), dtype=np.int64))

    def _images(self, table: Any, wanted: list[tuple[int, Reading]]) -> Fetched:
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

    def answer(self, questions: Sequence[Any], /) -> list[Any]:
        """The answers to questions of one kind, in their order; one job.

        Raises:
            InputError: If Spark cannot read what it counts.
        """
        if isinstance(questions[0], SharedQuestion) and not self._joins(questions[0].other):
            return [None] * len(questions)
        try:
            return self._counted(questions)
        except self._errors as error:
            raise InputError(f"Spark cannot count {self.name!r}: {first_line(error)}") from error

    def _counted(self, questions: Sequence[Any]) -> list[Any]:
        weighted = self._weight_column is not None
        kind = type(questions[0])
        if kind is BinQuestion:
            return count_bins(self.frame, self._natives, questions, weighted=weighted)
        if kind is TextQuestion:
            return count_texts(self.frame, self._natives, questions, weighted=weighted)
        if kind is CellQuestion:
            return count_cells(self.frame, self._natives, questions, weighted=weighted)
        if kind is DistinctQuestion:
            return count_distinct(self.frame, questions)
        return count_shared(self.frame, questions[0].other.frame, questions)

    def _joins(self, other: Any) -> bool:
        return isinstance(other, SparkTable) and other.frame.sparkSession is self.frame.sparkSession


def first_line(error: Exception, /) -> str:
    """What an error says first."""
    return next((line for line in str(error).splitlines() if line), type(error).__name__)


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
