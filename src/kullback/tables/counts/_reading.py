"""How a column is read: native types to kinds, and the one form in which both tables' values can be compared."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

Kind = Literal["numeric", "category", "boolean", "date", "datetime", "time", "duration", "unsupported"]
Image = Literal["float", "int", "huge", "text", "none"]

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_FLOATS = {"FLOAT", "DOUBLE", "UHUGEINT"}
_TEXT = {"VARCHAR", "UUID", "JSON"}
_STAMPS = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"}
_MOST_DIGITS = 38
_NULL = {"NULL", '"NULL"', "INTEGER_NULL"}
_INT64_DIGITS = 18


@dataclass(frozen=True)
class Reading:
    """The form in which a column is read: an order-preserving image of its values, or text.

    Attributes:
        kind: What the values are.
        image: `float` (float64), `int` (int64), `huge` (Python integers beyond 64 bits) or `text`.
        scale: Decimal digits behind the point: the value is the image / 10**scale.
        digits: Decimal digits before the point that the type can hold.
        unit: What one step of a temporal image is: `d`, `us` or `ns`.
        zoned: The image counts from an instant, so that time zones do not matter.
        lenient: Text read as numbers on request; what cannot be read counts as NaN.
    """

    kind: Kind
    image: Image
    scale: int = 0
    digits: int = 0
    unit: str = ""
    zoned: bool = False
    lenient: bool = False

    @property
    def ordered(self) -> bool:
        """True for values on a line, False for categories."""
        return self.image in ("float", "int", "huge")

    def show(self, value: float, digits: int = 6) -> str:
        """A value of the image as a person writes it; floats with so many digits."""
        if self.image == "float":
            return f"{value:.{digits}g}"
        number = int(value)
        if self.kind == "numeric":
            return str(Decimal(number).scaleb(-self.scale)) if self.scale else str(number)
        return _show_temporal(number, self.kind, self.unit, zoned=self.zoned)


UNSUPPORTED = Reading("unsupported", "none")
CATEGORY = Reading("category", "text")
NUMERIC_TEXT = Reading("numeric", "float", lenient=True)


def native_reading(native: str, /) -> Reading | None:
    """The reading of a DuckDB type taken by itself; None for a column of the null type, which fits any other."""
    name = native.upper()
    if name in _NULL:
        return None
    decimal = re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", name)
    if decimal:
        width, scale = int(decimal[1]), int(decimal[2])
        return Reading("numeric", "int" if width <= _INT64_DIGITS else "huge", scale=scale, digits=width - scale)
    if name.startswith("ENUM("):
        return CATEGORY
    return _SIMPLE.get(name, UNSUPPORTED)


_SIMPLE: dict[str, Reading] = {
    **dict.fromkeys(_INTEGERS, Reading("numeric", "int", digits=19)),
    "UBIGINT": Reading("numeric", "huge", digits=20),
    "HUGEINT": Reading("numeric", "huge", digits=39),
    **dict.fromkeys(_FLOATS, Reading("numeric", "float")),
    **dict.fromkeys(_TEXT, CATEGORY),
    **dict.fromkeys(_STAMPS, Reading("datetime", "int", unit="us")),
    "TIMESTAMP_NS": Reading("datetime", "int", unit="ns"),
    "TIMESTAMPTZ_NS": Reading("datetime", "int", unit="ns", zoned=True),
    "TIMESTAMP WITH TIME ZONE": Reading("datetime", "int", unit="us", zoned=True),
    "BOOLEAN": Reading("boolean", "text"),
    "DATE": Reading("date", "int", unit="d"),
    "TIME": Reading("time", "int", unit="us"),
    "TIME_NS": Reading("time", "int", unit="us"),
    "INTERVAL": Reading("duration", "int", unit="us"),
}


def common_reading(reference: Reading | None, current: Reading | None, /) -> Reading | None:
    """The reading that serves both sides; None if their kinds differ too much to be compared.

    Integers, decimals and floats meet in the narrowest form that holds both exactly (floats win: a float column has
    given up exactness already); dates meet timestamps; zoned timestamps are instants and meet only each other. A column
    of the null type takes the other side's reading.
    """
    if reference is None or current is None:
        return reference or current or CATEGORY
    if reference == current:
        return reference
    if reference.kind == current.kind == "numeric":
        return _common_numeric(reference, current)
    kinds = {reference.kind, current.kind}
    if kinds <= {"date", "datetime"} and reference.zoned == current.zoned:
        # Microseconds: nanoseconds reach from 1677 to 2262 only.
        return Reading("datetime", "int", unit="us", zoned=reference.zoned)
    return None


def _common_numeric(reference: Reading, current: Reading) -> Reading:
    scale, digits = max(reference.scale, current.scale), max(reference.digits, current.digits)
    if "float" in (reference.image, current.image) or (scale and scale + digits > _MOST_DIGITS):
        return Reading("numeric", "float")
    wide = "huge" in (reference.image, current.image) or reference.scale != current.scale
    return Reading("numeric", "huge" if wide else "int", scale=scale, digits=digits)


def sql_image(column: str, native: str, reading: Reading, /) -> str:
    """SQL for the image of a column: `column` is a quoted name, `native` its DuckDB type."""
    name = native.upper()
    if name in _NULL:
        return f"CAST(NULL AS {_SQL_TYPES[reading.image]})"
    if reading.image == "text":
        # JSON of mixed types: "n/a" is the text in the quotes.
        return f"json_extract_string({column}, '$')" if name == "JSON" else f"CAST({column} AS VARCHAR)"
    if reading.lenient and name in _TEXT:
        number = f"coalesce(TRY_CAST(trim({column}) AS DOUBLE), CAST('nan' AS DOUBLE))"
        return f"CASE WHEN {column} IS NOT NULL THEN {number} END"
    if reading.kind in ("date", "datetime", "time", "duration"):
        return _sql_temporal(column, name, reading)
    if reading.image == "float":
        return f"CAST({column} AS DOUBLE)"
    return _sql_scaled(column, name, reading)


_SQL_TYPES = {"float": "DOUBLE", "int": "BIGINT", "huge": "HUGEINT", "text": "VARCHAR", "none": "VARCHAR"}


def _sql_scaled(column: str, name: str, reading: Reading) -> str:
    target = _SQL_TYPES[reading.image]
    if reading.scale == 0 and not name.startswith("DECIMAL"):
        return f"CAST({column} AS {target})"
    decimal = re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", name)
    own_scale = int(decimal[2]) if decimal else 0
    # The digits of the printed number are its unscaled integer: exact at every width, where multiplying would overflow.
    digits = f"replace(CAST({column} AS VARCHAR), '.', '')" if own_scale else f"CAST({column} AS VARCHAR)"
    zeros = "0" * (reading.scale - own_scale)
    return f"CAST({digits} || '{zeros}' AS {target})" if zeros else f"CAST({digits} AS {target})"


def _sql_temporal(column: str, name: str, reading: Reading) -> str:
    if reading.kind == "date":
        day = f"CAST({column} AS DATE)"
        return f"CASE WHEN isfinite({day}) THEN date_diff('day', DATE '1970-01-01', {day}) END"
    if reading.unit == "ns":
        return f"epoch_ns({column})"
    if name == "INTERVAL":
        return f"epoch_us(CAST({column} AS INTERVAL))"
    if reading.kind == "datetime":
        return f"epoch_us(CAST({column} AS {'TIMESTAMPTZ' if reading.zoned else 'TIMESTAMP'}))"
    return f"epoch_us({column})"


def _show_temporal(number: int, kind: Kind, unit: str, *, zoned: bool) -> str:
    try:
        if kind == "date":
            return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
        micros = number // 1000 if unit == "ns" else number
        if kind == "duration":
            return str(timedelta(microseconds=micros))
        if kind == "time":
            return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).time().isoformat()
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    except OverflowError:
        return f"{number} {unit} from 1970-01-01"
    text = moment.replace(tzinfo=None).isoformat(sep=" ")
    if moment.time() == time():
        text = text[:10]
    return f"{text}Z" if zoned else text
