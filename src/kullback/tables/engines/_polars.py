"""Counting with polars: lazy frames and files that polars scans, by its streaming engine."""

import hashlib
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, MissingExtraError
from kullback.tables.counts._reading import CATEGORY, Reading
from kullback.tables.engines._axes import Axis, HashAxis, OrderedAxis
from kullback.tables.engines._kernel import Bins, Grid, Values, cell_numbers, coarse_keys
from kullback.tables.engines._sampling import repeated
from kullback.tables.engines._table import (
    SHAPE_LENGTH,
    SHAPE_STEPS,
    Fetched,
    Table,
    ValueCounts,
    bad_weights_error,
    offered_columns,
    steady,
    unit_places,
    weight_place,
    weight_quantum,
)

_NATIVES = {
    "Int8": "TINYINT",
    "Int16": "SMALLINT",
    "Int32": "INTEGER",
    "Int64": "BIGINT",
    "Int128": "HUGEINT",
    "UInt8": "UTINYINT",
    "UInt16": "USMALLINT",
    "UInt32": "UINTEGER",
    "UInt64": "UBIGINT",
    "Float16": "FLOAT",
    "Float32": "FLOAT",
    "Float64": "DOUBLE",
    "String": "VARCHAR",
    "Categorical": "VARCHAR",
    "Enum": "VARCHAR",
    "Boolean": "BOOLEAN",
    "Date": "DATE",
    "Time": "TIME_NS",
    "Duration": "INTERVAL",
    "Null": "NULL",
}
_DAY = 86_400_000_000


class PolarsTable:
    """A lazy frame of polars.

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
            frame: A LazyFrame.
            name: What it is called.
            where: SQL condition on rows, in polars' dialect.
            weights: Column of row weights, which is then left out of `columns`.
            unit: Names of the columns that together name a unit of rows, likewise.
        """
        self.name = name
        self.parallel = 1
        self._pl = pl = _polars()
        try:
            schema = frame.collect_schema()
            if where:
                frame = frame.filter(pl.sql_expr(where))
            names = list(schema.names())
            # By position: a name such as ^x$ would be a pattern.
            self._frame = frame.select(pl.nth(place).alias(f"c{place}") for place in range(len(names)))
            self.rows = int(self._frame.select(pl.len()).collect(engine="streaming").item())
        except pl.exceptions.PolarsError as error:
            said = f"cannot apply the filter {where!r} to {name!r}" if where else f"cannot read {name!r} with polars"
            raise InputError(f"{said}: {str(error).splitlines()[0]}") from None
        self._types = list(schema.dtypes())
        self.columns = offered_columns(names, [_native(kind) for kind in self._types], weights=weights, unit=unit)
        self.unit = self._take_unit(names, unit) if unit else None
        self.weight = self.effective_rows = float(self.rows)
        self._weighted = weights is not None
        if weights is not None:
            self._take_weights(names, weights)

    def _take_unit(self, names: list[str], unit: tuple[str, ...]) -> int:
        texts = [self._image(place, CATEGORY) for place in unit_places(self.name, unit, names)]
        # A NULL in any part leaves the unit NULL.
        self._frame = self._frame.with_columns(self._pl.concat_str(texts, separator="\x1f").alias(f"c{len(names)}"))
        self._types.append(self._pl.String)
        return len(names)

    def _take_weights(self, names: list[str], weights: str) -> None:
        pl = self._pl
        w = pl.col(f"c{weight_place(self.name, weights, names)}").cast(pl.Float64, strict=False)
        bad = (w.is_null() | ~w.is_finite() | (w < 0)).sum().alias("bad")
        total, squares, wrong = self._collected(
            self._frame.select(w.sum().alias("w"), (w * w).sum().alias("s"), bad)
        ).row(0)
        if wrong or (self.rows and not total):
            raise bad_weights_error(self.name, weights, int(wrong))
        if self.rows:
            self.effective_rows = steady(float(total) ** 2 / float(squares))
            quantum = weight_quantum(float(total))
            w = (w / quantum).round(mode="half_away_from_zero") * quantum
        self._frame = self._frame.with_columns(w.alias("w"))
        if self.rows:
            self.weight = float(self._collected(self._frame.select(pl.col("w").sum())).item())

    def _collected(self, plan: Any) -> Any:
        return plan.collect(engine="streaming")

    def _image(self, position: int, reading: Reading) -> Any:
        """The image of a column as an expression."""
        return _image_of(self._pl, self._pl.col(f"c{position}"), self._types[position], reading)

    def _select(self, position: int, reading: Reading) -> Any:
        """The rows of a column: its image `x` and what each row counts, `m`."""
        counts = self._pl.col("w") if self._weighted else self._pl.lit(1.0)
        return self._frame.select(self._image(position, reading).alias("x"), counts.alias("m"))

    def fetch(self, wanted: list[tuple[int, Reading]], /) -> Fetched:
        """Images of several columns and the weights of the rows."""
        images = [self._image(*one).alias(f"x{index}") for index, one in enumerate(wanted)]
        found = self._collected(self._frame.select(*images, *(["w"] if self._weighted else [])))
        columns = [_arrays(found[f"x{index}"], reading.image) for index, (_, reading) in enumerate(wanted)]
        return Fetched(columns, found["w"].to_numpy() if self._weighted else None)

    def sample(self, wanted: list[tuple[int, Reading]], size: int, seed: str, /) -> Fetched:
        """At most `size` whole rows, chosen by what they hold; the hash is polars' own, so DuckDB chooses others."""
        pl = self._pl
        number = int.from_bytes(hashlib.md5(seed.encode(), usedforsecurity=False).digest()[:8], "big")
        images = [self._image(*one).alias(f"x{index}") for index, one in enumerate(wanted)]
        names = [f"x{index}" for index in range(len(wanted))] + (["w"] if self._weighted else [])
        rows = self._frame.select(*images, *(["w"] if self._weighted else []))
        rows = rows.with_columns(pl.struct(names).hash(number).alias("h"))
        again = pl.when(pl.col("k") == 0).then(pl.col("h")).otherwise(pl.struct("h", "k").hash(number))
        copies = rows.group_by("h").agg(pl.len().cast(pl.Int64).alias("n"))
        copies = copies.select("h", pl.int_ranges("n").alias("k")).explode("k").with_columns(again.alias("u"))
        chosen = copies.sort("u", "h").head(size).group_by("h").agg(pl.len().alias("copies"), pl.col("u").min())
        picked = rows.join(chosen, on="h").group_by("h").agg(pl.col(*names, "copies", "u").first()).sort("u", "h")
        found = self._collected(picked)
        columns = [_arrays(found[f"x{index}"], reading.image) for index, (_, reading) in enumerate(wanted)]
        fetched = Fetched(columns, found["w"].to_numpy() if self._weighted else None)
        return repeated(fetched, found["copies"].to_numpy().astype(np.int64))

    def coarse(self, position: int, reading: Reading, /) -> Bins:
        """Bins of an ordered column, sixteen to the octave."""
        return self.refined(position, reading, [])

    def refined(self, position: int, reading: Reading, grids: list[Grid], /) -> Bins:
        """Bins of an ordered column after the splits of `grids`."""
        pl, x = self._pl, self._pl.col("x")
        rows = self._select(position, reading).with_columns(
            _mapped(pl, x, reading, coarse_keys).alias("k"),
        )
        for grid in grids:
            low = pl.Series("low", grid.low.tolist(), dtype=_types(pl)[reading.image])
            split = {"k": grid.key, "width": grid.width, "parts": grid.parts, "start": grid.start}
            step = ((x - pl.col("low")).cast(pl.Float64) / pl.col("width")).floor().cast(pl.Int64)
            finer = pl.col("start") + pl.min_horizontal(step, pl.col("parts") - 1)
            rows = rows.join(pl.LazyFrame(split).with_columns(low), on="k").select("x", "m", finer.alias("k"))
        total = x.cast(pl.Float64).sum().alias("total")
        found = self._collected(
            rows.group_by("k").agg(
                pl.len().alias("n"), x.min().alias("low"), x.max().alias("high"), total, pl.col("m").sum()
            )
        ).sort("k")
        return Bins(
            found["k"].to_numpy(),
            found["n"].to_numpy().astype(np.int64),
            _arrays(found["low"], reading.image)[0],
            _arrays(found["high"], reading.image)[0],
            found["total"].to_numpy(),
            found["m"].to_numpy() if self._weighted else None,
        )

    def histogram(self, position: int, reading: Reading, edges: Values, /) -> NDArray[np.float64]:
        """Finite values by given cells."""
        (counts,) = self.crosstabs([OrderedAxis(position, reading, edges)], [(0,)])
        return counts[: len(edges) + 1]

    def heaviest(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:
        """The `limit` heaviest distinct texts."""
        return self._value_counts(self._select(position, reading), limit)

    def shapes(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:
        """The `limit` heaviest shapes of a text column."""
        x = self._pl.col("x")
        shape = x
        for pattern, stand_in in SHAPE_STEPS:
            shape = shape.str.replace_all(pattern, stand_in)
        shape = shape.str.slice(0, SHAPE_LENGTH) + " · " + x.str.len_chars().cast(self._pl.String)
        return self._value_counts(self._select(position, reading).with_columns(shape.alias("x")), limit)

    def _value_counts(self, rows: Any, limit: int) -> ValueCounts:
        pl, x, n, r = self._pl, self._pl.col("x"), self._pl.col("n"), self._pl.col("r")
        counted = rows.group_by("x").agg(pl.col("m").sum().alias("n"), pl.len().alias("r"))
        known = counted.filter(x.is_not_null())
        listed, whole = pl.collect_all(
            [
                known.sort("n", "x", descending=[True, False]).head(limit),
                counted.select(
                    n.filter(x.is_null()).sum().alias("missing"),
                    r.filter(x.is_not_null()).sum().alias("rows"),
                    n.filter(x.is_not_null()).sum().alias("total"),
                    x.is_not_null().sum().alias("distinct"),
                ),
            ],
            engine="streaming",
        )
        missing, present, total, distinct = whole.row(0)
        return ValueCounts(
            tuple(listed["x"]), listed["n"].to_numpy(), float(missing), int(present), float(total), int(distinct)
        )

    def occurrences(self, position: int, reading: Reading, values: list[str], /) -> NDArray[np.float64]:
        """Rows of each of the given texts."""
        pl = self._pl
        wanted = pl.Series(values, dtype=pl.String)
        rows = self._select(position, reading).filter(pl.col("x").is_in(wanted.implode()))
        found = dict(self._collected(rows.group_by("x").agg(pl.col("m").sum())).iter_rows())
        return np.array([found.get(value, 0.0) for value in values], dtype=np.float64)

    def crosstabs(self, axes: Sequence[Axis], sets: Sequence[tuple[int, ...]], /) -> list[NDArray[np.float64]]:
        """Rows by the cells of several columns at once: for each set of axes an array of their widths; one scan."""
        pl = self._pl
        codes = [self._code(axis).alias(f"k{place}") for place, axis in enumerate(axes)]
        coded = self._frame.select(*codes, (pl.col("w") if self._weighted else pl.lit(1.0)).alias("m"))
        plans = [coded.group_by(f"k{axis}" for axis in chosen).agg(pl.col("m").sum()) for chosen in sets]
        tables = []
        for chosen, found in zip(sets, pl.collect_all(plans, engine="streaming"), strict=True):
            table = np.zeros(tuple(axes[axis].width for axis in chosen))
            table[tuple(found[f"k{axis}"].to_numpy() for axis in chosen)] = found["m"].to_numpy()
            tables.append(table)
        return tables

    def _code(self, axis: Axis) -> Any:
        """The cell of each row along an axis, as an expression."""
        pl = self._pl
        if isinstance(axis, HashAxis):
            place = _hash_place(axis.buckets)
            return self._image(axis.position, CATEGORY).map_batches(
                lambda texts: pl.Series([place(text) for text in texts], dtype=pl.Int64),
                return_dtype=pl.Int64,
                is_elementwise=True,
            )
        image = self._image(axis.position, axis.reading)
        if isinstance(axis, OrderedAxis):
            edges = axis.edges
            return _mapped(pl, image, axis.reading, lambda values, missing: cell_numbers(values, missing, edges))
        others = len(axis.values)
        if not others:
            return pl.when(image.is_null()).then(1).otherwise(0)
        known = image.replace_strict(list(axis.values), list(range(others)), default=others, return_dtype=pl.Int64)
        return pl.when(image.is_null()).then(others + 1).otherwise(known)

    def distinct(self, position: int, reading: Reading, /) -> int:
        """Number of distinct values, NULL apart."""
        x = self._pl.col("x")
        return int(self._collected(self._select(position, reading).select(x.drop_nulls().n_unique())).item())

    def shared(self, other: Table, position: int, other_position: int, reading: Reading, /) -> int | None:
        """Distinct values that the other table holds too."""
        if not isinstance(other, PolarsTable):
            return None
        mine = self._select(position, reading).select("x").drop_nulls().unique()
        theirs = other._select(other_position, reading).select("x")  # noqa: SLF001
        return int(self._collected(mine.join(theirs, on="x", how="semi").select(self._pl.len())).item())


def scan_files(paths: Sequence[str], kind: str, /, *, nulls: Sequence[str] = ()) -> Any:
    """Files as a lazy frame of polars.

    Args:
        paths: Files of one layout.
        kind: parquet, csv, json or arrow.
        nulls: Texts that stand for NULL in CSV files, besides the empty field.

    Raises:
        InputError: If polars cannot scan that kind.
    """
    pl = _polars()
    if kind == "parquet":
        return pl.scan_parquet(list(paths), missing_columns="insert", extra_columns="ignore")
    if kind == "csv":
        # Guessed from all rows: a type guessed from the first alone fails, or rounds, what comes later.
        return pl.scan_csv(list(paths), null_values=["", *nulls], try_parse_dates=True, infer_schema_length=None)
    if kind == "json":
        return pl.scan_ndjson(list(paths), infer_schema_length=None)
    if kind == "arrow":
        return pl.scan_ipc(list(paths))
    raise InputError(f"polars reads no {kind} file: use engine='duckdb'.")


def _polars() -> Any:
    try:
        return import_module("polars")
    except ImportError:
        raise MissingExtraError("the polars engine needs polars: pip install 'kullback[polars]'.") from None


def _native(kind: Any) -> str:
    name = str(kind.base_type())
    if name == "Decimal":
        return f"DECIMAL({kind.precision},{kind.scale})"
    if name == "Datetime":
        nano = kind.time_unit == "ns"
        if kind.time_zone is not None:
            return "TIMESTAMPTZ_NS" if nano else "TIMESTAMP WITH TIME ZONE"
        return "TIMESTAMP_NS" if nano else "TIMESTAMP"
    return _NATIVES.get(name, str(kind))


def _types(pl: Any) -> dict[str, Any]:
    return {"float": pl.Float64, "int": pl.Int64, "huge": pl.Int128, "text": pl.String}


def _image_of(pl: Any, column: Any, kind: Any, reading: Reading) -> Any:
    target = _types(pl)[reading.image]
    if kind == pl.Null or reading.image == "text":
        return column.cast(target)
    if reading.lenient and kind in (pl.String, pl.Categorical, pl.Enum):
        number = column.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False).fill_null(float("nan"))
        return pl.when(column.is_not_null()).then(number)
    if reading.kind in ("date", "datetime", "time", "duration"):
        return _temporal(pl, column, kind, reading)
    if reading.image == "float":
        return column.cast(pl.Float64)
    scale = kind.scale if kind == pl.Decimal else 0
    whole = column.reinterpret(dtype=pl.Int128) if kind == pl.Decimal else column.cast(pl.Int128)
    return (whole * 10 ** (reading.scale - scale) if reading.scale > scale else whole).cast(target)


def _temporal(pl: Any, column: Any, kind: Any, reading: Reading) -> Any:
    if kind == pl.Date:
        days = column.to_physical().cast(pl.Int64)
        return days * _DAY if reading.unit == "us" else days
    if reading.unit == "d":
        return column.dt.date().to_physical().cast(pl.Int64)
    if kind == pl.Time:
        return column.to_physical() // 1000
    return column.dt.cast_time_unit(reading.unit).to_physical()


def _mapped(
    pl: Any, image: Any, reading: Reading, step: Callable[[Values, NDArray[np.bool_]], NDArray[np.int64]]
) -> Any:
    """A step of the kernel on the image of a column, part by part."""
    return image.map_batches(
        lambda part: pl.Series(step(*_arrays(part, reading.image))), return_dtype=pl.Int64, is_elementwise=True
    )


def _arrays(column: Any, image: str) -> tuple[Values, NDArray[np.bool_]]:
    missing = np.asarray(column.is_null().to_numpy(), dtype=bool)
    if image == "text":
        return np.array(column.to_list(), dtype=object), missing
    if image == "huge":
        return np.array([0 if value is None else value for value in column.to_list()] or [], dtype=object), missing
    filled = column.fill_null(0).to_numpy()
    # A zero has one sign here, as it has one value in SQL.
    return filled.astype(np.float64) + 0.0 if image == "float" else filled.astype(np.int64), missing


def _hash_place(buckets: int) -> Callable[[str], int]:
    def place(text: str) -> int:
        hashed = hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False)
        return int(hashed.hexdigest()[:8], 16) % buckets

    return place
