"""Tables that the tests of `kullback.tables` share, and what a person would count in them by hand."""

import bisect
import math
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pytest

import kullback as kl

FEW, MANY = 600, 60_000  # below and above the number of rows up to which columns are fetched
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


@pytest.fixture
def frame(require) -> Callable[..., Any]:
    """`frame(x=[1, 2])` is a polars frame."""
    polars = require("polars")
    return lambda columns=None, **named: polars.DataFrame(named if columns is None else columns)


@pytest.fixture
def cells() -> Callable[[kl.ColumnResult], list[tuple[str, float, float]]]:
    """The cells of a column without their contributions."""
    return _cells


def _cells(column):
    return [(cell.label, cell.reference, cell.current) for cell in column.cells]


def six_digits(values: Any) -> np.ndarray:
    """Floats that six digits print exactly, so that a cell's label tells its bounds."""
    return np.array([float(f"{value:.6g}") for value in values])


def _sample(rows: int, seed: int, shift: float, pyarrow: Any) -> Any:
    rng = np.random.default_rng(seed)
    normal = six_digits(rng.normal(shift, 1, rows))
    special = np.where(rng.random(rows) < 0.1, rng.choice([np.nan, np.inf, -np.inf], rows), normal)
    missing = rng.random(rows) < 0.05 + shift / 10
    days = rng.integers(-20_000, 20_000, rows)
    micros = rng.integers(-(10**15), 10**15, rows)
    cents = rng.integers(-(10**9), 10**9, rows)
    names = np.array(["ATL", "ORD", "Ünïcode", "it's", "a;b", " padded "])
    codes = [f"{code:032x}"[:8] + "-0000-4000-8000-000000000000" for code in range(300)]

    def array(values, kind, mask=None):
        return pyarrow.array(values, kind, mask=mask, from_pandas=False)

    return pyarrow.table(
        {
            "normal": array(normal, pyarrow.float64()),
            "cauchy": array(six_digits(rng.standard_cauchy(rows) * (1 + shift)), pyarrow.float64()),
            "zero_inflated": array(np.where(rng.random(rows) < 0.4, 0.0, np.exp(normal).round(3)), pyarrow.float64()),
            "subnormal": array(rng.integers(-300, 300, rows) * 5e-324, pyarrow.float64()),
            "special": array(special, pyarrow.float64(), missing),
            "beyond_53_bits": array(2**53 + rng.integers(0, 2**20, rows), pyarrow.int64()),
            "uint64": array(2**63 + rng.integers(0, 2**40, rows).astype(np.uint64), pyarrow.uint64()),
            "decimal18": array([Decimal(int(c)).scaleb(-2) for c in cents], pyarrow.decimal128(18, 2), missing),
            "decimal38": array([Decimal(int(c) * 10**15 + 1).scaleb(-10) for c in cents], pyarrow.decimal128(38, 10)),
            "date": array([date(1970, 1, 1) + timedelta(days=int(d)) for d in days], pyarrow.date32(), missing),
            "stamp": array([EPOCH + timedelta(microseconds=int(m)) for m in micros], pyarrow.timestamp("us")),
            "instant": array(micros, pyarrow.timestamp("us", "UTC")),
            "time": array(micros % 86_400_000_000, pyarrow.time64("us")),
            "flag": array(rng.random(rows) < 0.5 + shift / 5, pyarrow.bool_(), missing),
            "place": array(rng.choice(names, rows), pyarrow.string(), missing).dictionary_encode(),
            "uuid": array(rng.choice(codes, rows), pyarrow.string()),
        }
    )


@pytest.fixture(scope="session", params=[FEW, MANY])
def samples(request, require) -> tuple[Any, Any]:
    """Two pyarrow tables with every kind of column, small enough to be fetched or counted where they are."""
    pyarrow = require("pyarrow")
    return _sample(request.param, 1, 0.0, pyarrow), _sample(request.param, 2, 0.3, pyarrow)


@pytest.fixture(scope="session")
def counted(samples) -> Callable[[str], list[tuple[str, float, float]]]:
    """The cells of a column of the samples, handed over as pyarrow tables."""
    return cache(lambda name: _cells(kl.compare(*(table.select([name]) for table in samples))[name]))


@pytest.fixture(scope="session")
def in_every_form(samples, require, tmp_path_factory) -> Callable[[str], tuple[Any, Any]]:
    """`in_every_form("csv")` gives the samples as two sources of that form."""
    folder = tmp_path_factory.mktemp("forms")

    def both(form: str) -> tuple[Any, Any]:
        return tuple(FORMS[form](table, folder / f"{form}{side}", require) for side, table in enumerate(samples))

    return both


def _parquet(table, path, require) -> str:
    require("pyarrow.parquet").write_table(table, f"{path}.parquet")
    return f"{path}.parquet"


def _csv(table, path, require) -> str:
    require("pyarrow.csv").write_csv(table.select(AS_TEXT["csv"]), f"{path}.csv")
    return f"{path}.csv"


def _jsonl(table, path, require) -> str:
    require("polars").from_arrow(table.select(AS_TEXT["jsonl"])).write_ndjson(f"{path}.jsonl")
    return f"{path}.jsonl"


def _feather(table, path, require) -> str:
    require("pyarrow.feather").write_feather(table, f"{path}.feather")
    return f"{path}.feather"


def _relation(table, path, require) -> Any:  # noqa: ARG001
    connection = duckdb.connect()
    connection.register("samples", table)
    return connection.table("samples")


def _database(table, path, require) -> str:  # noqa: ARG001
    with duckdb.connect(f"{path}.duckdb") as connection:
        connection.register("samples", table)
        connection.execute("CREATE OR REPLACE TABLE kept AS FROM samples")
    return f"{path}.duckdb::kept"


def _arrow_pandas(table, path, require) -> Any:  # noqa: ARG001
    return table.to_pandas(types_mapper=require("pandas").ArrowDtype)


FORMS: dict[str, Callable[..., Any]] = {
    "parquet": _parquet,
    "csv": _csv,
    "jsonl": _jsonl,
    "feather": _feather,
    "polars": lambda table, path, require: require("polars").from_arrow(table),  # noqa: ARG005
    "lazy": lambda table, path, require: require("polars").from_arrow(table).lazy(),  # noqa: ARG005
    "pandas_arrow": _arrow_pandas,
    "pandas_numpy": lambda table, path, require: table.to_pandas(),  # noqa: ARG005
    "relation": _relation,
    "database": _database,
}
# Text forms have no types: decimals come as floats, JSON knows no NaN.
WIDE = ("uint64", "decimal38")
_TYPELESS = (
    "normal",
    "cauchy",
    "zero_inflated",
    "subnormal",
    "beyond_53_bits",
    "date",
    "stamp",
    "flag",
    "place",
    "uuid",
)
AS_TEXT = {"csv": [*_TYPELESS, "special", "time"], "jsonl": list(_TYPELESS)}


@pytest.fixture(params=[*_TYPELESS, "special", *WIDE, "decimal18", "instant", "time"])
def name(request) -> str:
    """Every column of the samples."""
    return request.param


@pytest.fixture(params=sorted(FORMS))
def form(request) -> str:
    return request.param


@pytest.fixture
def columns_of() -> Callable[[str], list[str]]:
    """The columns of up to 64 bits that a form can carry without loss."""
    every = [*_TYPELESS, "special", "decimal18", "instant", "time"]
    # NumPy-backed pandas has one sign for NaN and NULL, as is documented.
    lossy = {"pandas_numpy": [name for name in every if name != "special"], **AS_TEXT}
    return lambda form: lossy.get(form, every)


@pytest.fixture
def by_hand() -> Callable[[list[str], list[Any]], list[int]]:
    """Rows of a Python list in each cell, by nothing but the cells' labels."""
    return _by_hand


def _by_hand(labels: list[str], values: list[Any]) -> list[int]:
    rest = Counter(_special(value) for value in values)
    usable = [value for value in values if _special(value) is None]
    if isinstance(usable[0], (str, bool)):
        texts = Counter(str(value).lower() if isinstance(value, bool) else value for value in usable)
        known = {repr(text) if text.strip() != text else text: count for text, count in texts.items()}
        return [rest[label] if label == "NULL" else known.get(label, 0) for label in labels]
    usable.sort()
    counts = []
    for label in labels:
        if label in ("NULL", "NaN", "-inf", "+inf"):
            counts.append(rest[label])
            continue
        low, _, high = label.partition(" … ")
        bounds = [_parse(text, type(usable[0])) for text in (low, high or low)]
        counts.append(bisect.bisect_right(usable, bounds[1]) - bisect.bisect_left(usable, bounds[0]))
    return counts


def _special(value: Any) -> str | None:
    if value is None:
        return "NULL"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{value:+}"
    return None


def _parse(text: str, kind: type) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
        return moment.replace(tzinfo=UTC) if text.endswith("Z") else moment
    return kind.fromisoformat(text) if kind in (date, time) else kind(text)
