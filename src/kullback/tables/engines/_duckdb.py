"""Counting with DuckDB: files, in-memory frames and relations alike."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback.tables.counts._reading import CATEGORY, Reading, sql_image
from kullback.tables.engines._axes import Axis, HashAxis, ValueAxis, worth_staging
from kullback.tables.engines._kernel import KEY_INFINITY, KEY_NAN, KEY_NULL, KEY_ONE, OCTAVE, Bins, Grid, Values
from kullback.tables.engines._sampling import repeated, sample_sql
from kullback.tables.engines._session import Session, quote_name, quote_text
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


class DuckTable:
    """A table that DuckDB can scan.

    Attributes:
        name: What the user called it.
        rows: Number of rows after the filter.
        columns: Its columns under their exact names.
        weight: Sum of the weights, or the rows.
        effective_rows: Kish's effective number of rows.
        unit: Position of the texts of the units; None without units.
    """

    def __init__(
        self,
        session: Session,
        name: str,
        scan: str,
        *,
        names: list[str] | None = None,
        natives: list[str] | None = None,
        where: str | None = None,
        weights: str | None = None,
        unit: tuple[str, ...] = (),
    ) -> None:
        """Describe and count the table.

        Args:
            session: Connection that can run `scan`.
            name: What the user called it.
            scan: SQL that stands behind FROM.
            names: Exact column names by position, where SQL cannot carry them (empty, duplicate).
            natives: Types by position, where the scan holds them in another form.
            where: SQL condition on rows.
            weights: Name of the column of row weights, which is then left out of `columns`.
            unit: Names of the columns that together name a unit of rows, likewise.
        """
        self.name = name
        # Where an error may come from, if the table is made of files that are read again and again.
        self.files: tuple[Path, ...] = ()
        self.session = session
        # What stands behind FROM. Not a query of all columns, which every question would pay by the table's width.
        self._source = f"{scan} WHERE {where}" if where else scan
        described = session.describe(self._source)
        sql_names = [name for name, _ in described]
        if names is None or len(names) != len(described):
            names = sql_names
        self._natives = natives or [native for _, native in described]
        self._expressions = [quote_name(name) for name in sql_names]
        self.columns = offered_columns(names, self._natives, weights=weights, unit=unit)
        self.unit = self._take_unit(names, unit) if unit else None
        self.rows = int(session.rows(f"SELECT count(*) FROM {self._source}")[0][0])
        self.weight = self.effective_rows = float(self.rows)
        self.parallel = session.threads
        self._weights = None if weights is None else self._check_weights(names, weights)

    def _take_unit(self, names: list[str], unit: tuple[str, ...]) -> int:
        places = unit_places(self.name, unit, names)
        texts = [sql_image(self._expressions[place], self._natives[place], CATEGORY) for place in places]
        # A NULL in any part leaves the unit NULL.
        self._expressions.append(f"({' || chr(31) || '.join(texts)})")
        self._natives = [*self._natives, "VARCHAR"]
        return len(self._expressions) - 1

    def _check_weights(self, names: list[str], weights: str) -> str:
        column = f"TRY_CAST({self._expressions[weight_place(self.name, weights, names)]} AS DOUBLE)"
        total, squares, bad = self._weigh(column)
        if bad or (self.rows and not total):
            raise bad_weights_error(self.name, weights, bad)
        if not self.rows:
            return column
        self.effective_rows = steady(total**2 / squares)
        return self._rounded(column, weight_quantum(total))

    def _weigh(self, column: str) -> tuple[float, float, int]:
        """Sum and sum of squares of a column of weights, and how many of them are none."""
        total, squares, bad = self.session.rows(
            "SELECT sum(w), sum(w * w), count(*) FILTER (w IS NULL OR NOT isfinite(w) OR w < 0) "
            f"FROM (SELECT {column} AS w FROM {self._source})"
        )[0]
        return float(total or 0.0), float(squares or 0.0), int(bad)

    def _rounded(self, column: str, quantum: float) -> str:
        rounded = f"(round({column} / {quantum!r}) * {quantum!r})"
        self.weight = float(self.session.rows(f"SELECT sum({rounded}) FROM {self._source}")[0][0] or 0.0)
        return rounded

    def _select(self, position: int, reading: Reading) -> str:
        image = sql_image(self._expressions[position], self._natives[position], reading)
        weight = f", {self._weights} AS w" if self._weights else ""
        return f"SELECT {image} AS x{weight} FROM {self._source}"

    @property
    def _sum(self) -> str:
        return "CAST(sum(w) AS DOUBLE)" if self._weights else "CAST(count(*) AS DOUBLE)"

    def _arrays(self, sql: str, parameters: Any = None) -> dict[str, Any]:
        fetched: dict[str, Any] = self.session.connection.execute(sql, parameters).fetchnumpy()
        return fetched

    def fetch(self, wanted: list[tuple[int, Reading]], /) -> Fetched:
        """Images of several columns and the weights of the rows."""
        parts = []
        for index, (position, reading) in enumerate(wanted):
            image = sql_image(self._expressions[position], self._natives[position], reading)
            parts.append(f"{_fetchable(image, reading)} AS c{index}")
        if self._weights:
            parts.append(f"{self._weights} AS w")
        fetched = self._arrays(f"SELECT {', '.join(parts)} FROM {self._source}") if parts else {}
        columns = [_image(fetched[f"c{index}"], reading) for index, (_, reading) in enumerate(wanted)]
        return Fetched(columns, np.asarray(fetched["w"], dtype=np.float64) if self._weights else None)

    def sample(self, wanted: list[tuple[int, Reading]], size: int, seed: str, /) -> Fetched:
        """At most `size` whole rows, chosen by what they hold; rows that are not chosen never leave the engine."""
        images = [
            _fetchable(sql_image(self._expressions[position], self._natives[position], reading), reading)
            for position, reading in wanted
        ]
        readings = [reading for _, reading in wanted]
        fetched = self._arrays(sample_sql(self._source, images, readings, self._weights, size, seed))
        columns = [_image(fetched[f"c{index}"], reading) for index, reading in enumerate(readings)]
        weights = np.asarray(fetched["w"], dtype=np.float64) if self._weights else None
        return repeated(Fetched(columns, weights), np.asarray(fetched["copies"], dtype=np.int64))

    def coarse(self, position: int, reading: Reading, /) -> Bins:
        """Bins of an ordered column, sixteen to the octave."""
        return self._bins(
            f"SELECT x, {_coarse_key(reading)} AS k{self._carry} FROM ({self._select(position, reading)})", reading
        )

    def refined(self, position: int, reading: Reading, grids: list[Grid], /) -> Bins:
        """Bins of an ordered column after the splits of `grids`."""
        sql = f"SELECT x, {_coarse_key(reading)} AS k{self._carry} FROM ({self._select(position, reading)})"
        parameters: dict[str, Any] = {}
        kind = {"float": "DOUBLE", "int": "BIGINT", "huge": "HUGEINT"}[reading.image]
        for index, grid in enumerate(grids):
            low = [str(value) for value in grid.low] if reading.image == "huge" else grid.low.tolist()
            columns = {"k": grid.key, "width": grid.width, "parts": grid.parts, "start": grid.start}
            parameters |= {f"{name}{index}": array.tolist() for name, array in columns.items()} | {f"low{index}": low}
            table = (
                f"SELECT unnest(CAST($k{index} AS BIGINT[])) AS k, unnest(CAST($low{index} AS {kind}[])) AS low, "
                f"unnest(CAST($width{index} AS DOUBLE[])) AS width, unnest(CAST($parts{index} AS BIGINT[])) AS parts, "
                f"unnest(CAST($start{index} AS BIGINT[])) AS start"
            )
            step = "CAST(floor(CAST(x - low AS DOUBLE) / width) AS BIGINT)"
            sql = f"SELECT x, start + least({step}, parts - 1) AS k{self._carry} FROM ({sql}) JOIN ({table}) USING (k)"
        return self._bins(sql, reading, parameters)

    @property
    def _carry(self) -> str:
        return ", w" if self._weights else ""

    def _bins(self, sql: str, reading: Reading, parameters: Any = None) -> Bins:
        bound = "CAST({}(x) AS VARCHAR)" if reading.image == "huge" else "{}(x)"
        weight = ", sum(w) AS weight" if self._weights else ""
        fetched = self._arrays(
            f"SELECT k, count(*) AS n, {bound.format('min')} AS low, {bound.format('max')} AS high, "
            f"fsum(CAST(x AS DOUBLE)) AS total{weight} FROM ({sql}) GROUP BY k",
            parameters,
        )
        key = np.ma.filled(np.ma.asarray(fetched["k"]).astype(np.int64), KEY_NULL)
        order = np.argsort(key)
        low, _ = _image(fetched["low"], reading)
        high, _ = _image(fetched["high"], reading)
        total = np.ma.filled(np.ma.asarray(fetched["total"], dtype=np.float64), 0.0)
        return Bins(
            key[order],
            np.asarray(fetched["n"], dtype=np.int64)[order],
            low[order],
            high[order],
            total[order],
            np.asarray(fetched["weight"], dtype=np.float64)[order] if self._weights else None,
        )

    def histogram(self, position: int, reading: Reading, edges: Values, /) -> NDArray[np.float64]:
        """Finite values by given cells."""
        finite = "isfinite(x)" if reading.image == "float" else "x IS NOT NULL"
        fetched = self._arrays(
            f"SELECT {_tree(reading, edges, 'x')} AS cell, {self._sum} AS n FROM ({self._select(position, reading)}) "
            f"WHERE {finite} GROUP BY ALL"
        )
        counts = np.zeros(len(edges) + 1)
        np.add.at(counts, np.asarray(fetched["cell"], dtype=np.int64), np.asarray(fetched["n"], dtype=np.float64))
        return counts

    def heaviest(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:
        """The `limit` heaviest distinct texts."""
        return self._value_counts(self._select(position, reading), limit)

    def shapes(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:
        """The `limit` heaviest shapes of a text column."""
        shape = "x"
        for pattern, stand_in in SHAPE_STEPS:
            shape = f"regexp_replace({shape}, '{pattern}', '{stand_in}', 'g')"
        shape = f"left({shape}, {SHAPE_LENGTH}) || ' · ' || length(x)"
        sql = self._select(position, reading)
        return self._value_counts(f"SELECT {shape} AS x{self._carry} FROM ({sql})", limit)

    def _value_counts(self, sql: str, limit: int) -> ValueCounts:
        # One pass and one grouping, which spills to disk if it must.
        listed = self.session.rows(
            f"WITH g AS MATERIALIZED (SELECT x, {self._sum} AS n, count(*) AS r FROM ({sql}) GROUP BY x), "
            f"top AS (SELECT x, n FROM g WHERE x IS NOT NULL ORDER BY n DESC, x LIMIT {limit}) "
            "SELECT x, n, NULL, NULL, NULL FROM top UNION ALL "
            "SELECT NULL, sum(n) FILTER (x IS NULL), sum(r) FILTER (x IS NOT NULL), sum(n) FILTER (x IS NOT NULL), "
            "count(x) FROM g"
        )
        _, missing, rows, total, distinct = next(row for row in listed if row[4] is not None)
        # A union keeps no order.
        kept = sorted(
            (row for row in listed if row[4] is None), key=lambda row: (-row[1], row[0].encode("utf-8", "replace"))
        )
        return ValueCounts(
            tuple(row[0] for row in kept),
            np.array([row[1] for row in kept], dtype=np.float64),
            float(missing or 0.0),
            int(rows or 0),
            float(total or 0.0),
            int(distinct),
        )

    def occurrences(self, position: int, reading: Reading, values: list[str], /) -> NDArray[np.float64]:
        """Rows of each of the given texts."""
        found = dict(
            self.session.rows(
                f"SELECT x, {self._sum} FROM ({self._select(position, reading)}) "
                f"WHERE x IN (SELECT unnest(CAST($values AS VARCHAR[]))) GROUP BY x",
                {"values": values},
            )
        )
        return np.array([found.get(value, 0.0) for value in values], dtype=np.float64)

    def crosstabs(self, axes: Sequence[Axis], sets: Sequence[tuple[int, ...]], /) -> list[NDArray[np.float64]]:
        """Rows by the cells of several columns at once: for each set of axes an array of their widths."""
        staged = self._staged_codes(axes) if worth_staging(sets) else None
        tables = []
        for chosen in sets:
            coded, parameters = self._coded(axes, chosen) if staged is None else (f"FROM {staged}", {})
            names = ", ".join(f"k{axis}" for axis in chosen)
            fetched = self._arrays(f"SELECT {names}, {self._sum} AS n FROM ({coded}) GROUP BY ALL", parameters)
            table = np.zeros(tuple(axes[axis].width for axis in chosen))
            cells = tuple(np.asarray(fetched[f"k{axis}"], dtype=np.int64) for axis in chosen)
            np.add.at(table, cells, np.asarray(fetched["n"], dtype=np.float64))
            tables.append(table)
        return tables

    def _staged_codes(self, axes: Sequence[Axis]) -> str:
        """The cells of all rows in a file, for SQL to read."""
        staged = quote_text(str(self.session.fresh_file(".parquet")))
        coded, parameters = self._coded(axes, range(len(axes)))
        self.session.connection.execute(f"COPY ({coded}) TO {staged} (FORMAT parquet)", parameters)
        return f"read_parquet({staged})"

    def _coded(self, axes: Sequence[Axis], chosen: Iterable[int]) -> tuple[str, dict[str, Any]]:
        """The rows as numbers of cells, in a column `k` with the number of each axis."""
        chosen = list(dict.fromkeys(chosen))
        images, cells, joins = [], [], []
        parameters: dict[str, Any] = {}
        for place in chosen:
            axis = axes[place]
            reading = CATEGORY if isinstance(axis, HashAxis) else axis.reading
            image = sql_image(self._expressions[axis.position], self._natives[axis.position], reading)
            images.append(f"{image} AS x{place}")
            cells.append(f"CAST({_cell_of(axis, place)} AS INTEGER) AS k{place}")
            if isinstance(axis, ValueAxis):
                parameters |= {f"values{place}": list(axis.values), f"others{place}": len(axis.values)}
                listed = f"unnest(CAST($values{place} AS VARCHAR[])) AS x{place}, unnest(range($others{place}))"
                joins.append(f"LEFT JOIN (SELECT {listed} AS place{place}) USING (x{place})")
        if self._weights:
            images.append(f"{self._weights} AS w")
        rows = f"(SELECT {', '.join(images)} FROM {self._source}) {' '.join(joins)}"
        return f"SELECT {', '.join(cells)}{self._carry} FROM {rows}", parameters

    def distinct(self, position: int, reading: Reading, /) -> int:
        """Number of distinct values, NULL apart."""
        return self._count_distinct(self._select(position, reading))

    def _count_distinct(self, sql: str) -> int:
        # A grouped sub-query spills to disk where count(DISTINCT …) would hold every value in memory.
        return int(self.session.rows(f"SELECT count(x) FROM (SELECT x FROM ({sql}) GROUP BY x)")[0][0])

    def shared(self, other: Table, position: int, other_position: int, reading: Reading, /) -> int | None:
        """Distinct values that the other table holds too."""
        if not isinstance(other, DuckTable) or other.session is not self.session:
            return None
        mine, theirs = self._select(position, reading), other._select(other_position, reading)  # noqa: SLF001
        distinct = f"SELECT x FROM ({mine}) WHERE x IS NOT NULL GROUP BY x"
        sql = f"SELECT count(*) FROM ({distinct}) SEMI JOIN ({theirs}) USING (x)"
        return int(self.session.rows(sql)[0][0])


def _coarse_key(reading: Reading) -> str:
    x = "x" if reading.image == "float" else "CAST(x AS DOUBLE)"
    special = ""
    if reading.image == "float":
        special = f"WHEN isnan(x) THEN {KEY_NAN} WHEN isinf(x) THEN CAST(sign(x) AS BIGINT) * {KEY_INFINITY} "
    octave = f"CAST(floor({OCTAVE} * log2(abs({x}))) AS BIGINT)"
    return (
        f"CASE WHEN x IS NULL THEN {KEY_NULL} {special}WHEN x = 0 THEN 0 "
        f"ELSE CAST(sign({x}) AS BIGINT) * ({KEY_ONE} + {octave}) END"
    )


def _fetchable(image: str, reading: Reading) -> str:
    # NumPy has no 128-bit integers: these travel as text.
    return f"CAST({image} AS VARCHAR)" if reading.image == "huge" else image


def _tree(reading: Reading, edges: Values, x: str) -> str:
    kind = {"float": "DOUBLE", "int": "BIGINT", "huge": "HUGEINT"}[reading.image]
    # A balanced tree of comparisons: exact, without memory, and of logarithmic cost per row.
    return _cell_tree([f"CAST('{edge!s}' AS {kind})" for edge in edges.tolist()], 0, x)


def _cell_tree(edges: list[str], first: int, x: str) -> str:
    if not edges:
        return str(first)
    middle = len(edges) // 2
    below, above = _cell_tree(edges[:middle], first, x), _cell_tree(edges[middle + 1 :], first + middle + 1, x)
    return f"CASE WHEN {x} <= {edges[middle]} THEN {below} ELSE {above} END"


def _cell_of(axis: Axis, place: int) -> str:
    """The number of the cell of image `x` with the number of the axis."""
    x = f"x{place}"
    if isinstance(axis, HashAxis):
        return f"CAST('0x' || left(md5({x}), 8) AS BIGINT) % {axis.buckets}"
    if isinstance(axis, ValueAxis):
        others = len(axis.values)
        return f"CASE WHEN {x} IS NULL THEN {others + 1} ELSE coalesce(place{place}, {others}) END"
    after = len(axis.edges) + 1
    special = ""
    if axis.reading.image == "float":
        special = (
            f"WHEN isnan({x}) THEN {after + 1} WHEN {x} = '-inf'::DOUBLE THEN {after + 2} "
            f"WHEN {x} = 'inf'::DOUBLE THEN {after + 3} "
        )
    return f"CASE WHEN {x} IS NULL THEN {after} {special}ELSE {_tree(axis.reading, axis.edges, x)} END"


def _image(fetched: Any, reading: Reading) -> tuple[Values, NDArray[np.bool_]]:
    missing = np.ma.getmaskarray(fetched).copy()
    data = np.ma.getdata(fetched)
    if reading.image == "text":
        return data, missing | np.array([value is None for value in data], dtype=bool)
    if reading.image == "huge":
        missing |= np.array([value is None for value in data], dtype=bool)
        return np.array(
            [0 if gone else int(value) for value, gone in zip(data, missing, strict=True)] or [], dtype=object
        ), missing
    if reading.image == "int":
        return np.where(missing, 0, data).astype(np.int64), missing
    # A zero has one sign here, as it has one value in SQL.
    return np.where(missing, 0.0, data).astype(np.float64) + 0.0, missing
