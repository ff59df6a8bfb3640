"""Where an axis has marks, and what they say."""

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

Mark = tuple[float, str]

# Marks at most, and the letters that fit beside each other on a phone, two of space to each mark.
_MOST, _LETTERS = 7, 46
_SECOND = 1_000_000
_MINUTE, _HOUR, _DAY = 60 * _SECOND, 3600 * _SECOND, 86_400 * _SECOND
_STEPS = (
    *(count * _SECOND for count in (1, 2, 5, 10, 15, 30)),
    *(count * _MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * _HOUR for count in (1, 2, 3, 6, 12)),
    *(count * _DAY for count in (1, 2, 7, 14)),
)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12_000, 24_000)
# What is too short for whole seconds, and what is too long for days without their year.
_SHORT, _LONG = 2 * _SECOND, 60 * _DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENDS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
# Microseconds between which there is a calendar.
_FIRST, _LAST = ((end - _EPOCH) / timedelta(microseconds=1) for end in _ENDS)


def axis_marks(low: float, high: float, kind: str, /) -> list[Mark]:
    """Some round values between two, ascending, each with its label.

    Args:
        low: Left end: a number, days (of a date) or microseconds since 1970-01-01 or midnight.
        high: Right end, above it.
        kind: Kind of the column.
    """
    unit = _DAY if kind == "date" else 1
    if kind == "numeric" or not _FIRST < low * unit < high * unit < _LAST:
        return _numbers(low, high)
    if kind == "duration":
        return _lengths(low, high)
    return [(at / unit, label) for at, label in _calendar(low * unit, high * unit, of_day=kind == "time")]


def _fitting(steps: Iterable[float], marks: Callable[[float], list[Mark]]) -> list[Mark]:
    """The marks of the finest step whose labels fit beside each other."""
    found: list[Mark] = []
    for step in steps:
        found = marks(step)
        if len(found) <= _MOST and sum(len(label) + 2 for _, label in found) <= _LETTERS:
            break
    return found


def _numbers(low: float, high: float, sign: str = "") -> list[Mark]:
    span = high / _MOST - low / _MOST
    power = 10.0 ** math.floor(math.log10(span)) if math.isfinite(span) else 0.0
    if power == 0:
        # As wide as numbers go, or as narrow.
        return [(low, f"{low:.4g}{sign}"), (high, f"{high:.4g}{sign}")]
    steps = [size * power * scale for scale in (1, 10) for size in (1, 2, 5)]
    return _fitting(steps, lambda step: _round_numbers(low, high, step, sign))


def _round_numbers(low: float, high: float, step: float, sign: str) -> list[Mark]:
    first = math.ceil(low / step)
    # One more than fits shows that the step is too fine.
    places = [(first + index) * step for index in range(_MOST + 1)]
    largest = max(abs(low), abs(high))
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    # As many digits as tell one mark from the next.
    form = f",.{digits}f" if digits <= 6 and largest < 1e7 else f".{math.ceil(math.log10(largest / step)) + 1}g"
    # Adding zero takes the sign off it.
    return [(at, f"{at + 0.0:{form}}{sign}") for at in places if at <= high]


def _lengths(low: float, high: float) -> list[Mark]:
    units = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"), (_SECOND, "s"))
    size, sign = next((unit for unit in units if high - low >= 2 * unit[0]), units[-1])
    return [(at * size, label) for at, label in _numbers(low / size, high / size, f" {sign}")]


def _calendar(low: float, high: float, *, of_day: bool) -> list[Mark]:
    if high - low < _SHORT:
        return [(at, _moment(at).strftime("%H:%M:%S.%f")) for at in (low, high)]
    if high - low < _LONG:
        steps = [step for step in _STEPS if (high - low) / step <= _MOST]
        form = "%H:%M" if of_day or _moment(low).date() == _moment(high).date() else "%m-%d %H:%M"
        return _fitting(steps, lambda step: _moments(low, high, int(step), form))
    return _fitting(_MONTHS, lambda months: _months(low, high, int(months)))


def _moments(low: float, high: float, step: int, form: str) -> list[Mark]:
    if form == "%H:%M" and step < _MINUTE:
        form = "%H:%M:%S"
    elif form != "%H:%M" and step >= _DAY:
        form = "%m-%d"
    places = range(-math.floor(-low / step), math.floor(high / step) + 1)
    return [(float(place * step), _moment(place * step).strftime(form)) for place in places]


def _months(low: float, high: float, months: int) -> list[Mark]:
    begin, end = _moment(low), _moment(high)
    first, last = begin.year * 12 + begin.month - 1, end.year * 12 + end.month - 1
    marks: list[Mark] = []
    # The first year that a calendar here can hold is 1.
    for index in range(max(-(-first // months) * months, 12), last + 1, months):
        day = datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)
        at = (day - _EPOCH) / timedelta(microseconds=1)
        if low <= at <= high:
            marks.append((at, f"{day.year:04}" if months % 12 == 0 else f"{day.year:04}-{day.month:02}"))
    return marks


def _moment(micros: float) -> datetime:
    return _EPOCH + timedelta(microseconds=int(micros))
