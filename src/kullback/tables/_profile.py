"""A profile: what is kept of a table, small and without its rows, and its file."""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.tables._categories import Categories
from kullback.tables._columns import ColumnCounts, Keys
from kullback.tables._kernel import Values
from kullback.tables._leaves import Leaves, Specials
from kullback.tables._reading import Image, Kind, Reading

FORMAT = "kullback-profile"
SCHEMA = 1
# JSON readers of other languages keep whole numbers exact up to here.
_SAFE_INTEGER = 2**53
_UNITS = ("", "d", "us", "ns")
_MOST_DIGITS = 38


@dataclass(frozen=True, eq=False)
class Profile:
    """Counts of every column of a table: stands in for the table in `compare`.

    Ordered columns are kept as some 256 cells of about equal weight whose bounds are values of the table, texts as the
    counts of up to 10,000 distinct values, keys as their number and shapes. No row is kept, but values are: a profile
    of confidential data is confidential.

    Attributes:
        name: What the table was called.
        rows: Its rows.
        weight: Sum of its row weights, or its rows.
        effective_rows: Kish's effective number of rows.
        columns: The counts of its columns.
    """

    name: str
    rows: int
    weight: float
    effective_rows: float
    columns: tuple[ColumnCounts, ...]

    def __iter__(self) -> Iterator[str]:
        """The names of the columns."""
        return (column.name for column in self.columns)

    def __len__(self) -> int:
        """Number of columns."""
        return len(self.columns)

    def __repr__(self) -> str:
        """Name, rows and columns."""
        return f"Profile of {self.name!r}: {self.rows:,} rows, {len(self.columns)} columns"

    def save(self, path: str | Path, /) -> None:
        """Write the profile as JSON (UTF-8); the format is described in the documentation."""
        document = {
            "format": FORMAT,
            "schema": SCHEMA,
            "name": self.name,
            "rows": self.rows,
            "weight": self.weight,
            "effective_rows": self.effective_rows,
            "columns": [_write_column(column) for column in self.columns],
        }
        text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        target = Path(path)
        # Written beside and moved, so that an interrupted save leaves no half-written profile.
        partial = target.with_name(target.name + ".partial")
        try:
            partial.write_text(text + "\n", encoding="utf-8")
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | Path, /) -> "Profile":
        """Read a profile that `save` wrote.

        Raises:
            InputError: If the file is missing, is no profile, or comes from a newer version.
        """
        try:
            document = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"cannot read the profile {str(path)!r}: {error.strerror or error}.") from None
        except (ValueError, RecursionError):
            raise InputError(
                f"{str(path)!r} is not a profile: it is not valid JSON. Make one with kullback profile TABLE -o F."
            ) from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise InputError(f"{str(path)!r} is not a profile. Make one with kullback profile TABLE -o F.")
        if document.get("schema") != SCHEMA:
            raise InputError(
                f"the profile {str(path)!r} has schema {document.get('schema')!r}, this version reads {SCHEMA}. "
                "Make it again, or install the version of kullback that wrote it."
            )
        try:
            sizes = [_size(document[field], least=1e-300) for field in ("rows", "weight", "effective_rows")]
            columns = tuple(_read_column(column, sizes[1]) for column in document["columns"])
            return cls(str(document["name"]), int(sizes[0]), sizes[1], sizes[2], columns)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
            raise InputError(
                f"the profile {str(path)!r} is damaged: {type(error).__name__}: {error}. Make it again."
            ) from None


def is_profile_file(path: Path, /) -> bool:
    """Whether a file begins as profiles do."""
    try:
        with path.open("rb") as file:
            return file.read(64).startswith(f'{{"format":"{FORMAT}"'.encode())
    except OSError:
        return False


def _write_column(column: ColumnCounts) -> dict[str, Any]:
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
            "low": _write_values(body.low),
            "high": _write_values(body.high),
            "counts": _write_counts(body.counts[0]),
            "total": body.totals[0] if math.isfinite(body.totals[0]) else None,
            "finite": body.finite[0],
            **asdict(body.specials[0]),
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
        "counts": _write_counts(body.counts[0]),
        "rest": float(body.rest[0]),
        "missing": float(body.missing[0]),
        "rows": body.rows[0],
        "distinct": body.distinct[0],
    }


def _write_counts(counts: NDArray[np.float64]) -> list[float | int]:
    return [int(count) if count.is_integer() else count for count in counts.tolist()]


def _write_values(values: Values) -> list[float | int | str]:
    if values.dtype == np.float64:
        return [float(value) for value in values]
    return [_write_whole(int(value)) for value in values]


def _write_whole(value: int) -> int | str:
    return value if abs(value) <= _SAFE_INTEGER else str(value)


def _read_column(plain: dict[str, Any], weight: float) -> ColumnCounts:
    reading = None if plain["reading"] is None else _read_reading(plain["reading"])
    body: Leaves | Categories | Keys | None = None
    if "ordered" in plain and reading is not None:
        body = _read_leaves(plain["ordered"], reading)
    elif "categories" in plain:
        body = _read_categories(plain["categories"])
    elif "key" in plain:
        key = plain["key"]
        body = Keys(
            (int(_size(key["rows"])),),
            (int(_size(key["distinct"])),),
            (_size(key["missing"]),),
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


def _size(value: Any, least: float = 0.0) -> float:
    number = float(value)
    if not least <= number < math.inf:
        raise ValueError(f"{value!r} is no count")
    return number


def _read_counts(values: list[Any]) -> NDArray[np.float64]:
    return np.array([[_size(value) for value in values]], dtype=np.float64).reshape(1, -1)


def _read_leaves(plain: dict[str, Any], reading: Reading) -> Leaves:
    low, high = _read_values(plain["low"], reading), _read_values(plain["high"], reading)
    counts = _read_counts(plain["counts"])
    if not len(low) == len(high) == counts.shape[1] or not _ascending(low, high):
        raise ValueError("cells of an ordered column must ascend, with a count each")
    specials = Specials(*(_size(plain[name]) for name in ("null", "nan", "negative_infinity", "positive_infinity")))
    total = math.inf if plain["total"] is None else float(plain["total"])
    return Leaves(low, high, counts, (specials,), (total,), (int(_size(plain["finite"])),))


def _ascending(low: Values, high: Values) -> bool:
    return bool(np.all(low <= high)) and bool(np.all(high[:-1] < low[1:]))


def _read_values(plain: list[Any], reading: Reading) -> Values:
    if reading.image == "float":
        return np.array([float(value) for value in plain], dtype=np.float64)
    whole = [int(value) for value in plain]
    return np.array(whole, dtype=object if reading.image == "huge" else np.int64)


def _read_categories(plain: dict[str, Any]) -> Categories:
    values = tuple(str(value) for value in plain["values"])
    counts = _read_counts(plain["counts"])
    if counts.shape[1] != len(values):
        raise ValueError("every value needs a count")
    return Categories(
        values,
        counts,
        np.array([_size(plain["rest"])]),
        np.array([_size(plain["missing"])]),
        (int(_size(plain["rows"])),),
        (int(_size(plain["distinct"])),),
    )
