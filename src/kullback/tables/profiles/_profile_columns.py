"""The columns of a profile as plain data, and back."""

import math
from collections.abc import Sized
from dataclasses import asdict
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from kullback.tables.counts._categories import Categories
from kullback.tables.counts._columns import ColumnCounts, Keys
from kullback.tables.counts._leaves import Leaves, Specials
from kullback.tables.counts._reading import Image, Kind, Reading
from kullback.tables.engines._kernel import Values

# JSON readers of other languages keep whole numbers exact up to here.
_SAFE_INTEGER = 2**53
_UNITS = ("", "d", "us", "ns")
_MOST_DIGITS = 38


def write_column(column: ColumnCounts, /) -> dict[str, Any]:
    """What is known of a column of one side as plain data."""
    reading = None if column.reading is None else asdict(column.reading)
    plain: dict[str, Any] = {
        "name": column.name,
        "native": column.natives[0],
        "reading": reading,
        "notes": column.notes,
    }
    body = column.body
    if isinstance(body, Leaves):
        plain["ordered"] = {
            "low": write_values(body.low),
            "high": write_values(body.high),
            "counts": write_counts(body.counts[0]),
            "total": body.totals[0] if math.isfinite(body.totals[0]) else None,
            "finite": body.finite[0],
            **asdict(body.specials[0]),
            **_write_unknown(body.unknown),
        }
    elif isinstance(body, Categories):
        plain["categories"] = _write_categories(body)
    elif isinstance(body, Keys):
        plain["key"] = {
            "rows": body.rows[0],
            "distinct": body.distinct[0],
            "missing": body.missing[0],
            "low": None if body.low is None else _write_whole(body.low[0]),
            "high": None if body.high is None else _write_whole(body.high[0]),
            "shapes": None if body.shapes is None else _write_categories(body.shapes),
        }
    return plain


def _write_categories(body: Categories) -> dict[str, Any]:
    return {
        "values": list(body.values),
        "counts": write_counts(body.counts[0]),
        "rest": float(body.rest[0]),
        "missing": float(body.missing[0]),
        "rows": body.rows[0],
        "distinct": body.distinct[0],
        **_write_unknown(body.unknown),
        **({} if body.longest is None else {"longest": body.longest}),
    }


def _write_unknown(unknown: NDArray[np.float64] | None) -> dict[str, Any]:
    return {} if unknown is None else {"unknown": write_counts(unknown[0])}


def write_counts(counts: NDArray[np.float64], /) -> list[float | int]:
    """Counts as plain data: whole ones as whole numbers."""
    return [int(count) if count.is_integer() else count for count in counts.tolist()]


def write_values(values: Values, /) -> list[float | int | str]:
    """Bounds of cells as plain data."""
    if values.dtype == np.float64:
        return [float(value) for value in values]
    return [_write_whole(int(value)) for value in values]


def _write_whole(value: int) -> int | str:
    return value if abs(value) <= _SAFE_INTEGER else str(value)


def read_column(plain: dict[str, Any], weight: float, /) -> ColumnCounts:
    """A column from plain data, whose counts have to add up to the weight of the table.

    Raises:
        ValueError: If something is not as it was written; or any other error of plain data that are not.
    """
    reading = None if plain["reading"] is None else _read_reading(plain["reading"])
    body: Leaves | Categories | Keys | None = None
    if "ordered" in plain and reading is not None:
        body = _read_leaves(plain["ordered"], reading)
    elif "categories" in plain:
        body = _read_categories(plain["categories"])
    elif "key" in plain:
        key = plain["key"]
        body = Keys(
            (int(size(key["rows"])),),
            (int(size(key["distinct"])),),
            (size(key["missing"]),),
            None if key["low"] is None else (int(key["low"]),),
            None if key["high"] is None else (int(key["high"]),),
            None,
            None if key["shapes"] is None else _read_categories(key["shapes"]),
        )
    counted = _total(body)
    if counted is not None and not math.isclose(counted, weight, rel_tol=1e-6):
        raise ValueError(f"column {plain['name']!r} counts {counted:g} of {weight:g} rows")
    return ColumnCounts(
        str(plain["name"]), (str(plain["native"]),), reading, body, [str(note) for note in plain["notes"]]
    )


def _total(body: Leaves | Categories | Keys | None) -> float | None:
    if isinstance(body, Leaves):
        return float(body.counts.sum() + sum(asdict(body.specials[0]).values()))
    if isinstance(body, Categories):
        return float(body.counts.sum() + body.rest.sum() + body.missing.sum())
    return None


def _read_reading(plain: dict[str, Any]) -> Reading:
    reading = Reading(**plain)
    if reading.kind not in get_args(Kind) or reading.image not in get_args(Image) or reading.unit not in _UNITS:
        raise ValueError(f"unknown reading {plain!r}")
    if reading.scale not in range(_MOST_DIGITS + 1) or reading.digits not in range(_MOST_DIGITS + 2):
        raise ValueError(f"scale {reading.scale!r} is not between 0 and {_MOST_DIGITS}")
    return reading


def size(value: Any, /, least: float = 0.0) -> float:
    """A count from plain data.

    Raises:
        ValueError: If it is none, or smaller than it can be.
    """
    number = float(value)
    if not least <= number < math.inf:
        raise ValueError(f"{value!r} is no count")
    return number


def _read_counts(values: list[Any]) -> NDArray[np.float64]:
    counts = np.array(values, dtype=np.float64)
    if counts.ndim != 1 or not np.all((counts >= 0) & (counts < np.inf)):
        raise ValueError(f"counts must be finite numbers, none negative: {str(values)[:100]}")
    return counts.reshape(1, -1)


def _read_leaves(plain: dict[str, Any], reading: Reading) -> Leaves:
    low, high = read_values(plain["low"], reading), read_values(plain["high"], reading)
    counts = _read_counts(plain["counts"])
    if not len(low) == len(high) == counts.shape[1] or not _ascending(low, high):
        raise ValueError("cells of an ordered column must ascend, with a count each")
    specials = Specials(*(size(plain[name]) for name in ("null", "nan", "negative_infinity", "positive_infinity")))
    total = math.inf if plain["total"] is None else float(plain["total"])
    return Leaves(low, high, counts, (specials,), (total,), (int(size(plain["finite"])),), _read_unknown(plain, low))


def _ascending(low: Values, high: Values) -> bool:
    return bool(np.all(low <= high)) and bool(np.all(high[:-1] < low[1:]))


def read_values(plain: list[Any], reading: Reading, /) -> Values:
    """Bounds of cells from plain data.

    Raises:
        ValueError: If they are none.
    """
    if reading.image == "float":
        values = np.array(plain, dtype=np.float64)
        if values.ndim != 1:
            raise ValueError("bounds of cells must be a list of numbers")
        return values
    whole = [int(value) for value in plain]
    return np.array(whole, dtype=object if reading.image == "huge" else np.int64)


def _read_categories(plain: dict[str, Any]) -> Categories:
    values = tuple(str(value) for value in plain["values"])
    counts = _read_counts(plain["counts"])
    if counts.shape[1] != len(values):
        raise ValueError("every value needs a count")
    longest = plain.get("longest")
    return Categories(
        values,
        counts,
        np.array([size(plain["rest"])]),
        np.array([size(plain["missing"])]),
        (int(size(plain["rows"])),),
        (int(size(plain["distinct"])),),
        _read_unknown(plain, values),
        None if longest is None else int(size(longest, least=1)),
    )


def _read_unknown(plain: dict[str, Any], cells: Sized) -> NDArray[np.float64] | None:
    if "unknown" not in plain:
        return None
    unknown = _read_counts(plain["unknown"])
    if unknown.shape[1] != len(cells):
        raise ValueError("what is unknown needs a number for every count")
    return unknown
