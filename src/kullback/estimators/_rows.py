"""One sample, or two that are observed row by row together: their columns, with the rows that are complete."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.estimators._columns import Codes, named_columns, read_columns
from kullback.estimators._points import Floats, read_weights

_POLICIES = ("raise", "omit")


@dataclass(frozen=True, eq=False)
class Rows:
    """The columns of one sample.

    Attributes:
        numbers: Shape ``(n, a)``.
        labels: Codes of shape ``(n, b)``.
        names: Names of the columns of numbers.
        label_names: Names of the columns of labels.
        weights: Weight of every row, adding up to 1; None where rows weigh the same.
        notes: What was done while reading.
    """

    numbers: Floats
    labels: Codes
    names: tuple[str, ...]
    label_names: tuple[str, ...]
    weights: Floats | None = None
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.numbers)

    def distinct(self) -> Codes:
        """Every distinct row as a category, shape ``(n,)``."""
        together = np.concatenate([self.numbers, self.labels], axis=1)
        return np.unique(together, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def read_rows(x: Any, /, *, weights: Any = None, nan_policy: str = "raise", least: int = 1) -> Rows:
    """One sample of any kind.

    Args:
        x: Array of shape ``(n,)`` or ``(n, d)``, a list, a Series or a data frame.
        weights: Weight of every row.
        nan_policy: What to do about rows with NaN or NULL: "raise" an error or "omit" them.
        least: Rows that must be left.

    Returns:
        The columns.

    Raises:
        InputError: It is no sample, or too few rows are left.
    """
    (rows,) = _read([(x, "x")], weights, nan_policy, least)
    return rows


def read_row_pairs(
    x: Any, y: Any, /, *, weights: Any = None, nan_policy: str = "raise", least: int = 1
) -> tuple[Rows, Rows]:
    """Two samples whose rows belong together: a row that is not complete in one is left out of both.

    Args:
        x: Array of shape ``(n,)`` or ``(n, d)``, a list, a Series or a data frame.
        y: The same of as many rows.
        weights: Weight of every row.
        nan_policy: What to do about rows with NaN or NULL: "raise" an error or "omit" them.
        least: Rows that must be left.

    Returns:
        The columns of both; weights and notes are with the first.

    Raises:
        InputError: They are no samples, have unequal numbers of rows, or too few rows are left.
    """
    left, right = _read([(x, "x"), (y, "y")], weights, nan_policy, least)
    return left, right


def _read(sides: list[tuple[Any, str]], weights: Any, nan_policy: str, least: int) -> list[Rows]:
    if nan_policy not in _POLICIES:
        raise InputError(f"nan_policy = {nan_policy!r} is not known. Choose from {', '.join(map(repr, _POLICIES))}.")
    named = [named_columns(value, name) for value, name in sides]
    sizes = [len(next(iter(columns.values()))) for columns in named]
    if len(set(sizes)) > 1:
        raise InputError(
            f"x has {sizes[0]} rows and y has {sizes[1]}. Row i of both must be one observation. Give equally many; "
            "for the divergence of two samples use kl.estimate(x, y)."
        )
    read = [read_columns(value, value, nan_policy="omit") for value, _ in sides]
    kept = [
        np.ones(size, dtype=bool) if side.x_kept is None else side.x_kept
        for side, size in zip(read, sizes, strict=True)
    ]
    for mask, (_, name) in zip(kept, sides, strict=True):
        if nan_policy == "raise" and not mask.all():
            raise InputError(
                f"{name} holds NaN or NULL in {int((~mask).sum())} rows, first in row {int(np.argmin(mask))}. "
                "nan_policy='omit' leaves these rows out."
            )
    complete = np.logical_and.reduce(kept)
    weighing, _ = read_weights((weights, None), sizes[0], sizes[0])
    used = complete if weighing is None else complete & (weighing > 0)
    if used.sum() < least:
        raise InputError(f"{int(used.sum())} complete rows are left of {sizes[0]}. At least {least} are needed.")
    notes = () if complete.all() else (f"{int((~complete).sum())} rows hold NaN or NULL and are left out",)
    found = [
        Rows(side.x[used[mask]], side.x_labels[used[mask]], side.names, side.label_names)
        for side, mask in zip(read, kept, strict=True)
    ]
    shares = None if weighing is None else weighing[used] / weighing[used].sum()
    return [replace(found[0], weights=shares, notes=notes), *found[1:]]
