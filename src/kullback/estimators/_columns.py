"""Whatever came, as columns of numbers and columns of labels that both samples share."""

from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, library
from kullback.estimators._points import Floats, device_of, read_weights

Codes = NDArray[np.int64]

_POLICIES = ("raise", "omit", "category")


@dataclass(frozen=True, eq=False)
class Columns:
    """Two samples, column by column.

    Attributes:
        x: Numbers of the first sample, shape ``(n, a)``.
        y: Numbers of the second, shape ``(m, a)``.
        x_labels: Labels of the first as codes, shape ``(n, b)``; every column counts from 0, one code for one label.
        y_labels: Labels of the second, coded alike, shape ``(m, b)``.
        names: Names of the columns of numbers.
        label_names: Names of the columns of labels.
        labels: What each code stands for, by column.
        x_weights: Weight of each row of x, adding up to 1; None where rows weigh the same.
        y_weights: The same for y.
        notes: What was done while reading.
        x_kept: Which rows of x as it came are here: a mask.
        device: Device of torch that x came from; None for the CPU.
    """

    x: Floats
    y: Floats
    x_labels: Codes
    y_labels: Codes
    names: tuple[str, ...]
    label_names: tuple[str, ...] = ()
    labels: tuple[tuple[Any, ...], ...] = ()
    x_weights: Floats | None = None
    y_weights: Floats | None = None
    notes: tuple[str, ...] = ()
    x_kept: NDArray[np.bool_] | None = None
    device: str | None = None

    @property
    def n(self) -> int:
        """Rows of x."""
        return len(self.x)

    @property
    def m(self) -> int:
        """Rows of y."""
        return len(self.y)


def read_columns(x: Any, y: Any, /, *, weights: Any = None, nan_policy: str = "raise") -> Columns:
    """Two samples of any kind, checked and brought together.

    Args:
        x: Array of shape ``(n,)`` or ``(n, d)`` of any array library, a list, a Series or a data frame.
        y: The same kind of thing with the same columns; those of data frames are matched by name.
        weights: Pair of weights for the rows of x and of y, or the name of the column of both frames that holds them.
        nan_policy: What to do about NaN and NULL: "raise" an error, "omit" the row, or take it as a "category".

    Returns:
        The columns.

    Raises:
        InputError: They are no samples, or do not fit each other.
    """
    if nan_policy not in _POLICIES:
        raise InputError(f"nan_policy = {nan_policy!r} is not known. Choose from {', '.join(map(repr, _POLICIES))}.")
    left, right = named_columns(x, "x"), named_columns(y, "y")
    if isinstance(weights, str):
        weights = tuple(_popped(side, weights, name) for side, name in ((left, "x"), (right, "y")))
    _check_names(left, right)
    n, m = (len(next(iter(side.values()))) for side in (left, right))
    weighing = read_weights(weights, n, m)
    for name, size in (("x", n), ("y", m)):
        if not size:
            raise InputError(f"{name} has no rows. At least one is needed.")
    numbers: dict[str, tuple[Floats, Floats]] = {}
    codes: dict[str, tuple[Codes, Codes, tuple[Any, ...]]] = {}
    for name in left:
        pair = _as_numbers(left[name], right[name], name)
        if pair is None:
            codes[name] = _coded(left[name], right[name], name)
        else:
            numbers[name] = pair
    return replace(_gathered(numbers, codes, weighing, nan_policy, (n, m)), device=device_of(x))


def named_columns(value: Any, name: str) -> dict[str, Any]:
    """The columns of a sample by name; arrays have theirs numbered."""
    if library(value) == "torch":
        value = value.detach().cpu().numpy()
    frame = None if isinstance(value, list | tuple | np.ndarray) else _frame(value, name)
    if frame is not None:
        if not frame.columns:
            raise InputError(f"{name} is a data frame without columns. At least one is needed.")
        return {column: frame.get_column(column) for column in frame.columns}
    if isinstance(value, np.ndarray) and value.dtype.names:
        return {column: value[column] for column in value.dtype.names}
    if isinstance(value, np.ma.MaskedArray):  # what is masked is missing
        numeric = value.dtype.kind in "iuf"
        values = np.ma.getdata(value).astype(np.float64 if numeric else object)
        values[np.ma.getmaskarray(value)] = np.nan if numeric else None
        value = values
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InputError(f"{name} cannot be read as a sample ({error}). Give rows of equal length.") from error
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] == 0:
        raise InputError(f"{name} has shape {np.shape(value)}. A sample has shape (n,) or (n, d), rows first.")
    return {str(column): array[:, column] for column in range(array.shape[1])}


def _frame(value: Any, name: str) -> Any:
    """A narwhals frame from a data frame or Series of any library; None from anything else."""
    try:
        known = nw.from_native(value, allow_series=True)
    except TypeError:
        return None
    if isinstance(known, nw.LazyFrame):
        try:
            known = known.collect()
        except Exception as error:
            raise InputError(f"{name} is a lazy frame that cannot be computed: {error}") from error
    return known.to_frame() if isinstance(known, nw.Series) else known


def _popped(side: dict[str, Any], column: str, name: str) -> Any:
    if column not in side or len(side) == 1:
        raise InputError(f"{name} has no column {column!r} of weights beside others. It has {', '.join(side)}.")
    return np.asarray(plain_values(side.pop(column)), dtype=np.float64)


def _check_names(left: dict[str, Any], right: dict[str, Any]) -> None:
    if len(left) == len(right) == 1:
        right[next(iter(left))] = right.pop(next(iter(right)))  # one column each: they belong together
    missing = [name for name in left if name not in right], [name for name in right if name not in left]
    if missing[0] or missing[1]:
        if all(name.isdecimal() for name in [*left, *right]):
            raise InputError(f"x has {len(left)} columns and y has {len(right)}. The same columns are needed.")
        lacks = [
            f"{side} lacks {', '.join(map(repr, names[:5]))}"
            for side, names in zip("yx", missing, strict=True)
            if names
        ]
        raise InputError(f"the columns differ: {'; '.join(lacks)}. Name the same columns in both.")


def plain_values(column: Any) -> NDArray[Any]:
    """A column as an array of NumPy; dates as numbers of nanoseconds would have them."""
    if isinstance(column, np.ndarray):
        return column
    if column.dtype.is_temporal():
        return _times(column)
    if column.dtype.is_numeric() or column.dtype == nw.Boolean:
        if column.null_count():
            return np.asarray(column.cast(nw.Float64).to_numpy(), dtype=np.float64)
        return np.asarray(column.to_numpy())
    return np.array(column.to_list(), dtype=object)


def _times(column: Any) -> NDArray[Any]:
    values = np.array([None if value is None else value for value in column.to_list()], dtype=object)
    kind = "timedelta64[us]" if column.dtype == nw.Duration else "datetime64[us]"
    if column.dtype == nw.Time:
        return np.array([np.nan if t is None else t.hour * 3600 + t.minute * 60 + t.second + t.microsecond / 1e6
                         for t in values.tolist()])  # fmt: skip
    return np.array([None if value is None else _naive(value) for value in values.tolist()], dtype=kind)


def _naive(value: Any) -> Any:
    """A time without its zone, in UTC."""
    offset = value.utcoffset() if hasattr(value, "utcoffset") else None
    return value if offset is None else value.replace(tzinfo=None) - offset


def _as_numbers(left: Any, right: Any, name: str) -> tuple[Floats, Floats] | None:
    """Both sides of a column as floats; None where they are labels."""
    pair = plain_values(left), plain_values(right)
    kinds = {array.dtype.kind for array in pair}
    if kinds <= {"m", "M"} and len(kinds) == 1:
        return _since(*pair)
    if kinds & {"m", "M"}:
        raise InputError(f"column {name}: one side holds times and the other does not. Give both the same type.")
    if kinds <= {"i", "u", "f"}:
        return pair[0].astype(np.float64), pair[1].astype(np.float64)
    if kinds <= {"i", "u", "f", "O"} and all(_is_numeric(array) for array in pair):
        one, two = (np.array([np.nan if v is None else v for v in array.tolist()], dtype=np.float64) for array in pair)
        return one, two
    return None


def _since(x: NDArray[Any], y: NDArray[Any]) -> tuple[Floats, Floats]:
    """Times as seconds since the first of all, so that no digits are lost."""
    known = np.concatenate([x[~np.isnat(x)], y[~np.isnat(y)]])
    first = known.min() if known.size else x[:1]
    one, two = ((side - first) / np.timedelta64(1, "s") for side in (x, y))
    return one, two


def _is_numeric(array: NDArray[Any]) -> bool:
    if array.dtype.kind != "O":
        return True
    values = [value for value in array.tolist() if value is not None]
    # Decimals and fractions turn into floats as well.
    return bool(values) and all(
        not isinstance(value, bool | str | bytes) and hasattr(value, "__float__") for value in values
    )


def _coded(left: Any, right: Any, name: str) -> tuple[Codes, Codes, tuple[Any, ...]]:
    """Labels of both sides as codes in order of first appearance; -1 where a label is missing."""
    table: dict[Any, int] = {}
    sides = []
    kinds = set()
    for column in (left, right):
        codes = np.empty(len(column), dtype=np.int64)
        for row, value in enumerate(plain_values(column).tolist()):
            if value is None or value != value or type(value).__name__ in {"NAType", "NaTType"}:  # noqa: PLR0124
                codes[row] = -1
                continue
            kinds.add(_label_kind(value, name))
            codes[row] = table.setdefault(value, len(table))
        sides.append(codes)
    if len(kinds) > 1:
        raise InputError(
            f"column {name} mixes {' and '.join(sorted(kinds))}. One type is needed: all numbers or all text."
        )
    return sides[0], sides[1], tuple(table)


def _label_kind(value: Any, name: str) -> str:
    if isinstance(value, bool | np.bool_):
        return "booleans"
    if isinstance(value, str | bytes):
        return "text"
    if isinstance(value, int | float | np.number):
        return "numbers"
    raise InputError(
        f"column {name} holds {type(value).__name__} objects, such as {str(value)[:40]!r}. Numbers, text, booleans or "
        "times are needed. Take the column apart first."
    )


def _gathered(
    numbers: dict[str, tuple[Floats, Floats]],
    codes: dict[str, tuple[Codes, Codes, tuple[Any, ...]]],
    weights: tuple[Floats | None, Floats | None],
    nan_policy: str,
    sizes: tuple[int, int],
) -> Columns:
    keep = [np.ones(size, dtype=bool) for size in sizes]
    for name, pair in numbers.items():
        if any(np.isinf(side).any() for side in pair):
            raise InputError(f"column {name} holds infinite values. Finite numbers are needed. Drop or cap these rows.")
        keep = _settled(name, [np.isnan(side) for side in pair], keep, nan_policy)
    for name, (*sides, _) in codes.items():
        keep = _settled(name, [side < 0 for side in sides], keep, nan_policy)
    dropped = [int((~mask).sum()) for mask in keep]
    told = f"{dropped[0]} rows of x and {dropped[1]} of y hold NaN or NULL and are left out"
    keep = [mask if one is None else mask & (one > 0) for mask, one in zip(keep, weights, strict=True)]
    for name, mask in zip("xy", keep, strict=True):
        if not mask.any():
            raise InputError(f"no row of {name} is left: each holds NaN or NULL, or weighs nothing. Fill some in.")
    numbers, codes = _missing_numbers(numbers, codes, keep)
    kept = [None if w is None else w[mask] / w[mask].sum() for w, mask in zip(weights, keep, strict=True)]
    x, y = (_stacked([pair[side] for pair in numbers.values()], keep[side], np.float64) for side in (0, 1))
    one, two = (_stacked([pair[side] for pair in codes.values()], keep[side], np.int64) for side in (0, 1))
    one, two, tables = _missing_labels(one, two, tuple(table for *_, table in codes.values()))
    notes = (told,) if any(dropped) else ()
    return Columns(x, y, one, two, tuple(numbers), tuple(codes), tables, kept[0], kept[1], notes, keep[0])


def _missing_numbers(
    numbers: dict[str, tuple[Floats, Floats]],
    codes: dict[str, tuple[Codes, Codes, tuple[Any, ...]]],
    keep: list[NDArray[np.bool_]],
) -> tuple[dict[str, tuple[Floats, Floats]], dict[str, tuple[Codes, Codes, tuple[Any, ...]]]]:
    """Where numbers are missing in rows that stay: a column of labels that says so, and one number for all of them."""
    filled, known = {}, dict(codes)
    for name, (one, two) in numbers.items():
        gaps = np.isnan(one) & keep[0], np.isnan(two) & keep[1]
        if any(gap.any() for gap in gaps):
            known[f"{name} is missing"] = gaps[0].astype(np.int64), gaps[1].astype(np.int64), ("present", "missing")
            present = np.concatenate([one, two])
            present = present[~np.isnan(present)]
            fill = float(present.min()) if present.size else 0.0
            one, two = (np.where(np.isnan(side), fill, side) for side in (one, two))  # noqa: PLW2901 - the same columns
        filled[name] = one, two
    return filled, known


def _settled(
    name: str, gaps: list[NDArray[np.bool_]], keep: list[NDArray[np.bool_]], nan_policy: str
) -> list[NDArray[np.bool_]]:
    """Rows that are left after the policy for missing values was applied to one column."""
    if not any(gap.any() for gap in gaps) or nan_policy == "category":
        return keep
    if nan_policy == "raise":
        counts = " and ".join(f"{int(gap.sum())} of {side}" for gap, side in zip(gaps, "xy", strict=True) if gap.any())
        raise InputError(
            f"column {name} has NaN or NULL in {counts} rows. Say what they mean: nan_policy='omit' leaves the rows "
            "out, 'category' takes missing as a value of its own."
        )
    return [mask & ~gap for mask, gap in zip(keep, gaps, strict=True)]


def _stacked(columns: list[Any], keep: NDArray[np.bool_], dtype: Any) -> Any:
    if not columns:
        return np.empty((int(keep.sum()), 0), dtype=dtype)
    return np.stack([column[keep] for column in columns], axis=1).astype(dtype)


def _missing_labels(
    one: Codes, two: Codes, tables: tuple[tuple[Any, ...], ...]
) -> tuple[Codes, Codes, tuple[tuple[Any, ...], ...]]:
    named = list(tables)
    for column, table in enumerate(tables):
        if (one[:, column] < 0).any() or (two[:, column] < 0).any():
            named[column] = (*table, None)
            for side in (one, two):
                side[side[:, column] < 0, column] = len(table)
    return one, two, tuple(named)
