"""Questions of one kind about many columns of a Spark DataFrame, each kind in one job; only counts come back."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback.tables.counts._reading import Reading
from kullback.tables.engines._axes import Axis, HashAxis, OrderedAxis, ValueAxis
from kullback.tables.engines._kernel import Bins
from kullback.tables.engines._spark_worker import (
    BIN_NAMES,
    bin_batches,
    crosstab_batches,
    from_ordered,
    heaviest_batches,
    heaviest_texts,
    text_batches,
)
from kullback.tables.engines._table import SHAPE_LENGTH, SHAPE_STEPS, ValueCounts
from kullback.tables.engines._together import BinQuestion, CellQuestion, DistinctQuestion, SharedQuestion, TextQuestion

_BIN_SCHEMA = (
    "c int, k bigint, n bigint, low bigint, high bigint, huge_low decimal(38,0), huge_high decimal(38,0), "
    "total double, weight double"
)
_BOUNDS = ["low", "high", "huge_low", "huge_high"]
_SUMS = {"n": "sum", "low": "min", "high": "max", "huge_low": "min", "huge_high": "max"}
_SUMS |= {"total": "sum", "weight": "sum"}
_TEXT_SCHEMA = "c int, x string, n double, r bigint"


def functions() -> Any:
    """Spark's functions on columns."""
    return import_module("pyspark.sql.functions")


def image_column(position: int, reading: Reading, native: str, /) -> Any:
    """A column as workers are to get it: as it is, as text, or, text that is to be read as numbers, as these."""
    f = functions()
    column = f.col(f"c{position}")
    if reading.image == "text":
        return column.cast("string")
    if reading.lenient and native == "VARCHAR":
        number = f.coalesce(f.trim(column).try_cast("double"), f.lit(float("nan")))
        return f.when(column.isNotNull(), number)
    return column


def count_bins(
    frame: Any, natives: dict[int, str], questions: Sequence[BinQuestion], /, *, weighted: bool
) -> list[Bins]:
    """Bins of ordered columns."""
    f = functions()
    columns = []
    for question in questions:
        reading = question.reading
        columns.append((reading.image, reading.scale, reading.unit, list(question.grids), question.exact))
    images = [image_column(one.position, one.reading, natives[one.position]) for one in questions]
    counted = _selected(frame, images, weighted=weighted).mapInArrow(bin_batches(columns), _BIN_SCHEMA)
    # Bins that are values are told apart by them.
    key = ["c", "k", *(_BOUNDS if any(question.exact for question in questions) else [])]
    sums = [getattr(f, step)(name).alias(name) for name, step in _SUMS.items() if name not in key]
    found = counted.groupBy(*key).agg(*sums).select(*BIN_NAMES).toArrow()
    found = found.sort_by([("c", "ascending"), ("k", "ascending")])
    column = found["c"].to_numpy()
    ends = np.searchsorted(column, np.arange(len(questions) + 1))
    return [
        _bins(found.slice(start, end - start), question.reading.image, weighted=weighted)
        for question, start, end in zip(questions, ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]


def _bins(found: Any, image: str, *, weighted: bool) -> Bins:
    prefix = "huge_" if image == "huge" else ""
    low, high = (_bounds(found[f"{prefix}{name}"], image) for name in ("low", "high"))
    weight = found["weight"].to_numpy() if weighted else None
    return Bins(found["k"].to_numpy(), found["n"].to_numpy(), low, high, found["total"].to_numpy(), weight)


def _bounds(column: Any, image: str) -> NDArray[Any]:
    if image == "huge":
        return np.array([int(value) for value in column.to_pylist()], dtype=object)
    bounds: NDArray[np.int64] = column.to_numpy()
    return from_ordered(bounds) if image == "float" else bounds


def count_texts(
    frame: Any, natives: dict[int, str], questions: Sequence[TextQuestion], /, *, weighted: bool
) -> list[ValueCounts]:
    """The heaviest texts, or shapes of texts."""
    f = functions()
    texts = [image_column(one.position, one.reading, natives[one.position]) for one in questions]
    texts = [_shape(text) if one.shaped else text for text, one in zip(texts, questions, strict=True)]
    limits = [question.limit for question in questions]
    counted = _selected(frame, texts, weighted=weighted).mapInArrow(text_batches(len(texts)), _TEXT_SCHEMA)
    counted = counted.groupBy("c", "x").agg(f.sum("n").alias("n"), f.sum("r").alias("r"))
    counted = counted.withColumn("d", f.when(f.col("x").isNotNull(), f.lit(1).cast("bigint")))
    schema = f"{_TEXT_SCHEMA}, d bigint"
    # First where the texts lie, so that few of them travel to be ranked with the others of their column.
    heaviest = counted.mapInArrow(heaviest_batches(limits), schema)
    rows = heaviest.groupBy("c").applyInArrow(heaviest_texts(limits), schema).toArrow().to_pylist()
    found: list[list[dict[str, Any]]] = [[] for _ in questions]
    for row in rows:
        found[row["c"]].append(row)
    return [_value_counts(rows) for rows in found]


def _value_counts(rows: list[dict[str, Any]]) -> ValueCounts:
    listed = sorted((row for row in rows if row["x"] is not None), key=lambda row: (-row["n"], _bytes(row["x"])))
    missing = sum(row["n"] for row in rows if row["x"] is None and row["d"] is None)
    counted = [row for row in rows if row["d"] is not None]
    return ValueCounts(
        tuple(row["x"] for row in listed),
        np.array([row["n"] for row in listed], dtype=np.float64),
        float(missing),
        sum(row["r"] for row in counted),
        float(sum(row["n"] for row in counted)),
        sum(row["d"] for row in counted),
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _shape(text: Any) -> Any:
    f = functions()
    shape = text
    for pattern, stand_in in SHAPE_STEPS:
        shape = f.regexp_replace(shape, pattern, stand_in)
    return f.concat(f.substring(shape, 1, SHAPE_LENGTH), f.lit(" · "), f.length(text).cast("string"))


def count_cells(
    frame: Any, natives: dict[int, str], questions: Sequence[CellQuestion], /, *, weighted: bool
) -> list[list[NDArray[np.float64]]]:
    """Tables of counts by the cells of several columns."""
    f = functions()
    # An axis that several questions share, such as the units, is coded once.
    places: dict[Any, int] = {}
    axes: list[Axis] = []
    sets: list[tuple[int, ...]] = []
    for question in questions:
        own = []
        for axis in question.axes:
            place = places.setdefault(_axis_key(axis), len(axes))
            axes += [axis] if place == len(axes) else []
            own.append(place)
        sets += [tuple(own[index] for index in chosen) for chosen in question.sets]
    columns = [_axis_column(axis, natives) for axis in axes]
    count = crosstab_batches([_plain(axis) for axis in axes], sets)
    counted = _selected(frame, columns, weighted=weighted).mapInArrow(count, "c int, cell bigint, n double")
    found = counted.groupBy("c", "cell").agg(f.sum("n").alias("n")).toArrow()
    tables = [np.zeros(tuple(axes[axis].width for axis in chosen)) for chosen in sets]
    for table, cell, n in zip(*(found[name].to_pylist() for name in ("c", "cell", "n")), strict=True):
        tables[table].flat[cell] = n
    answers = iter(tables)
    return [[next(answers) for _ in question.sets] for question in questions]


def _axis_key(axis: Axis) -> Any:
    if isinstance(axis, ValueAxis):
        return axis.position, axis.reading, axis.values
    return (axis.position, axis.buckets) if isinstance(axis, HashAxis) else id(axis)


def _axis_column(axis: Axis, natives: dict[int, str]) -> Any:
    if not isinstance(axis, HashAxis):
        return image_column(axis.position, axis.reading, natives[axis.position])
    f = functions()
    text = f.col(f"c{axis.position}").cast("string")
    return f.conv(f.substring(f.md5(text), 1, 8), 16, 10).cast("bigint") % axis.buckets


def _plain(axis: Axis) -> tuple[Any, ...]:
    """An axis as workers, who know no records of ours, take it."""
    if isinstance(axis, OrderedAxis):
        return "ordered", axis.width, axis.reading.image, axis.reading.scale, axis.reading.unit, axis.edges
    return ("values", axis.width, axis.values) if isinstance(axis, ValueAxis) else ("hash", axis.width)


def count_distinct(frame: Any, questions: Sequence[DistinctQuestion], /) -> list[int]:
    """Numbers of distinct values."""
    f = functions()
    # One column after the other within the job: each row is sent as often as there are columns.
    columns = dict.fromkeys(question.position for question in questions)
    counts = frame.agg(*(f.countDistinct(f.col(f"c{position}")).alias(f"c{position}") for position in columns))
    found = counts.collect()[0]
    return [int(found[f"c{question.position}"]) for question in questions]


def count_shared(frame: Any, other: Any, questions: Sequence[SharedQuestion], /) -> list[int]:
    """Numbers of distinct values that both frames hold."""
    f = functions()
    sides = []
    for side, table in ((1, frame), (2, other)):
        places = [one.position if side == 1 else one.other_position for one in questions]
        texts = _selected(table, [f.col(f"c{place}").cast("string") for place in places], weighted=False)
        counted = texts.mapInArrow(text_batches(len(places)), _TEXT_SCHEMA).where("x IS NOT NULL")
        sides.append(counted.select("c", "x", f.lit(side).alias("s")))
    both = sides[0].union(sides[1]).groupBy("c", "x").agg(f.bit_or("s").alias("s")).where("s = 3")
    found = {row["c"]: row["n"] for row in both.groupBy("c").agg(f.count(f.lit(1)).alias("n")).collect()}
    return [int(found.get(index, 0)) for index in range(len(questions))]


def _selected(frame: Any, columns: list[Any], *, weighted: bool) -> Any:
    named = [column.alias(f"x{index}") for index, column in enumerate(columns)]
    return frame.select(*named, *(["w"] if weighted else []))
