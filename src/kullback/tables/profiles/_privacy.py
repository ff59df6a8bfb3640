"""What a profile leaves out so that no single row shows: rare values, bounds that are somebody's value, long texts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.tables._messages import Message
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._columns import ColumnCounts, Keys
from kullback.tables.counts._common_cells import after, before
from kullback.tables.counts._leaves import Leaves
from kullback.tables.counts._reading import Reading
from kullback.tables.engines._kernel import Values

_DAY = 86_400_000_000
# Steps of times that a person calls round, in microseconds.
_ROUND_TIMES = (_DAY, 3_600_000_000, 60_000_000, 1_000_000, 1_000, 1)
# Digits to which the least and the greatest value are rounded outward; steps for dates and for times.
_END_DIGITS = 2
_END_STEPS = {"d": 10, "us": _DAY, "ns": 1000 * _DAY}
_INT64 = np.iinfo(np.int64)


@dataclass(frozen=True)
class Privacy:
    """What a profile leaves out.

    Attributes:
        suppress_below: No value and no cell of fewer rows is kept by itself, and bounds of cells are round numbers.
        text_length: Texts are cut to so many characters.
    """

    suppress_below: int | None = None
    text_length: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no whole number from 1 on.

        Raises:
            InputError: If an option is none.
        """
        given: dict[str, Any] = self._fields()
        for name, value in given.items():
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise InputError(f"{name} is {value!r}; it must be a whole number from 1 on, or left out.")

    def to_dict(self) -> dict[str, Any]:
        """As it stands in the file; nothing where nothing was left out."""
        if self == Privacy():
            return {}
        return {"privacy": self._fields()}

    def _fields(self) -> dict[str, Any]:
        return {"suppress_below": self.suppress_below, "text_length": self.text_length}

    @classmethod
    def from_dict(cls, plain: dict[str, Any] | None, /) -> "Privacy":
        """From the file."""
        return cls() if plain is None else cls(plain["suppress_below"], plain["text_length"])

    def applied(self, column: ColumnCounts, /) -> ColumnCounts:
        """A column of one side, as far as it may be kept."""
        if self.text_length is not None:
            column = _shortened(column, self.text_length)
        return column if self.suppress_below is None else _suppressed(column, self.suppress_below)


def common_privacy(given: Sequence[Privacy], /) -> Privacy:
    """What all of several profiles have left out."""
    below = [privacy.suppress_below for privacy in given]
    length = [privacy.text_length for privacy in given]
    known = [value for value in below if value is not None]
    lengths = [value for value in length if value is not None]
    return Privacy(
        min(known) if len(known) == len(below) and known else None,
        # The shortest cut is made for all.
        min(lengths) if lengths else None,
    )


def cut_texts(categories: Categories, length: int | None, /) -> Categories:
    """Values cut to so many characters, with the counts of those that then agree added."""
    if length is None or (categories.longest is not None and categories.longest <= length):
        return categories
    place: dict[str, int] = {}
    into = np.array([place.setdefault(value[:length], len(place)) for value in categories.values], dtype=np.int64)
    counts = _added(categories.counts, into, len(place))
    values = list(place)
    pooled = counts.sum(axis=0)
    order = sorted(range(len(values)), key=lambda index: (-pooled[index], values[index].encode("utf-8", "replace")))
    unknown = None if categories.unknown is None else _added(categories.unknown, into, len(place))[:, order]
    if unknown is not None:
        unknown = np.minimum(unknown, categories.rest[:, None])
    listed = tuple(int((side > 0).sum()) for side in counts)
    complete = not categories.rest.any()
    return replace(
        categories,
        values=tuple(values[index] for index in order),
        counts=counts[:, order],
        distinct=listed if complete else categories.distinct,
        unknown=unknown,
        longest=length,
    )


def _added(counts: NDArray[np.float64], into: NDArray[np.int64], cells: int) -> NDArray[np.float64]:
    return np.array([np.bincount(into, weights=side, minlength=cells) for side in counts]).reshape(len(counts), -1)


def _shortened(column: ColumnCounts, length: int) -> ColumnCounts:
    body = column.body
    # Shapes end in the length of the text and are cut already.
    if not isinstance(body, Categories) or not any(len(value) > length for value in body.values):
        return column if not isinstance(body, Categories) else replace(column, body=replace(body, longest=length))
    note = Message("texts are cut to {length} characters; those that then agree are one", length=f"{length:,}")
    return replace(column, body=cut_texts(body, length), notes=[*column.notes, note])


def _suppressed(column: ColumnCounts, least: int) -> ColumnCounts:
    body, reading = column.body, column.reading
    note = Message("values and cells of fewer than {rows} rows are not kept by themselves", rows=f"{least:,}")
    notes = column.notes if note in column.notes or body is None else [*column.notes, note]
    if isinstance(body, Categories):
        return replace(column, body=_without_rare(body, least), notes=notes)
    if isinstance(body, Keys):
        return replace(column, body=_hidden_keys(body, least), notes=notes)
    if isinstance(body, Leaves) and reading is not None:
        if 0 < body.finite[0] < least:
            few = Message("fewer than {rows} rows have a value: nothing of it is kept", rows=f"{least:,}")
            return replace(column, reading=None, body=None, notes=[*column.notes, few])
        return replace(column, body=_hidden_cells(body, reading, least), notes=notes)
    return column


def _without_rare(categories: Categories, least: int) -> Categories:
    counts = categories.counts[0]
    kept = (counts >= least) | (counts == 0)
    rest = float(categories.rest[0] + counts[~kept].sum())
    for place in np.argsort(counts, kind="stable"):
        # Few rows in the rest would show what was suppressed.
        if not 0 < rest < least:
            break
        if kept[place] and counts[place] > 0:
            kept[place] = False
            rest += float(counts[place])
    return replace(
        categories,
        values=tuple(value for value, stays in zip(categories.values, kept, strict=True) if stays),
        counts=categories.counts[:, kept],
        rest=np.array([rest]),
        unknown=None if categories.unknown is None else categories.unknown[:, kept],
    )


def _hidden_keys(keys: Keys, least: int) -> Keys:
    reading = Reading("numeric", "huge")
    return replace(
        keys,
        low=None if keys.low is None else (int(_outward(keys.low[0], reading, up=False)),),
        high=None if keys.high is None else (int(_outward(keys.high[0], reading, up=True)),),
        shapes=None if keys.shapes is None else _without_rare(keys.shapes, least),
    )


def _hidden_cells(leaves: Leaves, reading: Reading, least: int) -> Leaves:
    """Cells of enough rows each, without gaps, with round ends; values that have enough rows stay what they are."""
    if not len(leaves.low):
        return leaves
    first = _heavy_runs(leaves.counts[0], least)
    last = np.append(first[1:], len(leaves.low)) - 1
    counts = np.add.reduceat(leaves.counts, first, axis=1)
    low, high = leaves.low[first], leaves.high[last]
    alone = np.asarray(low == high, dtype=bool) & (counts[0] >= least)
    ends = high.tolist()
    following = before(low[1:]).tolist()
    for place in np.flatnonzero(~alone[:-1]).tolist():
        ends[place] = _roundest(ends[place], following[place], reading)
    if not alone[-1]:
        ends[-1] = _outward(ends[-1], reading, up=True)
    hidden_high = _like(ends, high)
    hidden_low = _like([low[0], *after(hidden_high[:-1]).tolist()], low)
    if not alone[0]:
        hidden_low[0] = _outward(low[0], reading, up=False)
    hidden_low[alone] = low[alone]
    unknown = None if leaves.unknown is None else leaves.unknown[:, last]
    return replace(leaves, low=hidden_low, high=hidden_high, counts=counts, unknown=unknown)


def _heavy_runs(counts: NDArray[np.float64], least: int) -> NDArray[np.int64]:
    """Where runs begin that hold no rows at all, or enough."""
    starts, held = [0], 0.0
    for place, count in enumerate(counts.tolist()):
        if place and (held >= least or (held == 0 and count >= least)):
            starts.append(place)
            held = 0.0
        held += count
    if 0 < held < least and len(starts) > 1:
        starts.pop()
    return np.array(starts, dtype=np.int64)


def _like(values: list[Any], stored: Values) -> Values:
    array: Values = np.empty_like(stored, shape=len(values))
    array[:] = values
    return array


def _roundest(least: Any, most: Any, reading: Reading) -> Any:
    """The roundest value from `least` to `most`."""
    if least <= 0 <= most and not reading.unit:
        return type(least)(0)
    if reading.image == "float":
        top = math.floor(math.log10(max(abs(least), abs(most)))) + 1
        for exponent in range(top, top - 18, -1):
            value = _multiple(least, exponent, up=True)
            if least <= value <= most:
                return value
        return least
    steps = {"d": (1,), "us": _ROUND_TIMES, "ns": tuple(1000 * step for step in _ROUND_TIMES)}.get(
        reading.unit, tuple(10**exponent for exponent in range(38, -1, -1))
    )
    rounded = (-(-least // step) * step for step in steps)
    return next((value for value in rounded if least <= value <= most), least)


def _multiple(value: float, exponent: int, *, up: bool) -> float:
    """The next multiple of a power of ten, as the decimal number that it is."""
    ratio = value / 10.0**exponent if exponent > -300 else value * 10.0**-exponent
    return float(f"{math.ceil(ratio) if up else math.floor(ratio)}e{exponent}")


def _outward(value: Any, reading: Reading, *, up: bool) -> Any:
    """The next round value above or below, so coarse that it is nobody's own."""
    if value == 0 and not reading.unit:
        return value
    if reading.image == "float":
        rounded = _multiple(value, math.floor(math.log10(abs(value))) - _END_DIGITS + 1, up=up)
        return rounded if math.isfinite(rounded) else value
    step = _END_STEPS.get(reading.unit) or 10 ** max(len(str(abs(int(value)))) - _END_DIGITS, 0)
    whole = -(-int(value) // step) * step if up else int(value) // step * step
    if reading.image == "int":
        whole = min(max(whole, int(_INT64.min)), int(_INT64.max))
    return whole
