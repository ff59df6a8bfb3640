"""Windows of time or of numbers: where they begin, and what they are called."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.tables.counts._reading import Reading
from kullback.tables.engines._kernel import Values

# More windows than this are refused: a line of so many points shows nothing that wider windows would not.
MOST_WINDOWS = 4_000
_DAY = 86_400
_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": _DAY, "w": 7 * _DAY}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
FUNCTIONS = {
    "year": "1y",
    "quarter": "1q",
    "month": "1mo",
    "week": "1w",
    "day": "1d",
    "hour": "1h",
    "minute": "1min",
    "weekday": "1d",
}
_AUTOMATIC = ("1y", "1q", "1mo", "1w", "1d", "6h", "1h", "10min", "1min", "10s", "1s")
_ENOUGH = 12
# The first Monday of the calendar in which days are counted.
_MONDAY = 4
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, eq=False)
class Windows:
    """Neighboring windows that together hold all values.

    Attributes:
        starts: Smallest value that each may hold, in steps of the image, and where the last one ends.
        labels: What they are called.
        starts_shown: Where each begins, as a person writes it.
        ends_shown: Where each ends; the end does not belong to it.
        width: Their width as it is written: `1mo`, `6h`, `100`.
    """

    starts: list[Any]
    labels: tuple[str, ...]
    starts_shown: tuple[str, ...]
    ends_shown: tuple[str, ...]
    width: str

    def edges(self, reading: Reading, /) -> Values:
        """What separates them, as the largest value of each but the last."""
        inner = self.starts[1:-1]
        if reading.image == "float":
            return np.nextafter(np.array(inner, dtype=np.float64), -np.inf)
        return np.array([start - 1 for start in inner], dtype=object if reading.image == "huge" else np.int64)


def make_windows(reading: Reading, every: str | None, low: Any, high: Any, /) -> Windows:
    """Windows from `low` to `high`, both values of the image.

    Args:
        reading: How the values are read.
        every: Their width: `1d`, `6h`, `2w`, `3mo` on the calendar, or a number; None for one that gives about a dozen
            or more, for times alone.
        low: Smallest value.
        high: Largest value.

    Raises:
        InputError: If the width does not fit the values, or gives too many windows.
    """
    if every is None:
        every = next((width for width in _AUTOMATIC if _fits(reading, width, low, high)), _AUTOMATIC[-1])
    starts = []
    for start in _starts(reading, every, low, high):
        starts.append(start)
        if len(starts) > MOST_WINDOWS + 1:
            span = f"{reading.show(low)} to {reading.show(high)}"
            raise InputError(f"every={every!r} gives more than {MOST_WINDOWS:,} windows from {span}: take wider ones.")
    shown = tuple(_shown(reading, start) for start in starts)
    labels = tuple(_label(reading, every, *ends) for ends in pairwise(shown))
    return Windows(starts, labels, shown[:-1], shown[1:], every)


def _fits(reading: Reading, width: str, low: Any, high: Any) -> bool:
    try:
        starts = _starts(reading, width, low, high)
        return sum(1 for _, _ in zip(range(_ENOUGH + 1), starts, strict=False)) > _ENOUGH
    except InputError:
        return False


def _starts(reading: Reading, every: str, low: Any, high: Any) -> Iterator[Any]:
    if reading.kind == "numeric":
        yield from _numeric_starts(reading, every, low, high)
        return
    number, unit = _parsed(every)
    if unit in _MONTHS:
        yield from _month_starts(reading, number * _MONTHS[unit], low, high, every)
        return
    tick = _ticks_per_day(reading)
    step, rest = divmod(number * _SECONDS[unit] * tick, _DAY)
    if rest or not step:
        raise InputError(f"every={every!r} is finer than a column of kind {reading.kind}: take days or more.")
    anchor = _MONDAY * tick if unit == "w" else 0
    start = (int(low) - anchor) // step * step + anchor
    while start <= int(high):
        yield start
        start += step
    yield start


def _month_starts(reading: Reading, months: int, low: Any, high: Any, every: str) -> Iterator[Any]:
    if reading.kind not in ("date", "datetime"):
        raise InputError(f"every={every!r} is a width on the calendar, but the column is of kind {reading.kind}.")
    tick = _ticks_per_day(reading)
    month = _month_of(int(low) // tick) // months * months
    while (start := _first_day(month) * tick) <= int(high):
        yield start
        month += months
    yield start


def _month_of(day: int) -> int:
    return int(np.datetime64(day, "D").astype("datetime64[M]").astype(np.int64))


def _first_day(month: int) -> int:
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))


def _ticks_per_day(reading: Reading) -> int:
    return {"d": 1, "us": _DAY * 10**6, "ns": _DAY * 10**9}[reading.unit]


def _parsed(every: str) -> tuple[int, str]:
    found = re.fullmatch(r"\s*(\d+)\s*(s|min|h|d|w|mo|q|y)\s*", every)
    if found is None or int(found[1]) == 0:
        raise InputError(
            f"every is {every!r}; for times it must be a whole number of s, min, h, d, w, mo, q or y, as in '1d', "
            "'6h' or '3mo'."
        )
    return int(found[1]), found[2]


def _numeric_starts(reading: Reading, every: str, low: Any, high: Any) -> Iterator[Any]:
    step = _step(reading, every)
    place = math.floor(low / step)
    # A float step may round the first start above the smallest value.
    while place * step > low:
        place -= 1
    while (start := place * step) <= high:
        yield start
        place += 1
    yield start


def _step(reading: Reading, every: str) -> Any:
    try:
        width = Decimal(every)
    except InvalidOperation:
        width = Decimal(0)
    if not width.is_finite() or width <= 0:
        raise InputError(f"every is {every!r}; for a column of numbers it must be a positive number, as in '100'.")
    if reading.image == "float":
        return float(width)
    step = width.scaleb(reading.scale)
    if step != step.to_integral_value():
        raise InputError(f"every={every!r} is finer than the column, whose numbers have {reading.scale} digits.")
    return int(step)


def _shown(reading: Reading, start: Any) -> str:
    # That instants are in UTC is said once for all windows.
    return reading.show(start, 12).removesuffix("Z")


def _label(reading: Reading, every: str, start: str, end: str) -> str:
    """The calendar's own name where there is one."""
    if reading.kind == "numeric":
        return f"[{start}, {end})"
    short = {"1y": 4, "1mo": 7}.get(every)
    if short is not None:
        return start[:short]
    if every == "1q":
        return f"{start[:4]}-Q{(int(start[5:7]) + 2) // 3}"
    return start


def weekdays(windows: Windows, reading: Reading, /) -> list[int]:
    """The day of the week of each day, Monday as 0."""
    tick = _ticks_per_day(reading)
    return [(start // tick - _MONDAY) % 7 for start in windows.starts[:-1]]
