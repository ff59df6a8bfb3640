"""What repeated values in a column of numbers mean: categories, rounding, or heavy values among continuous ones."""

import math
from dataclasses import dataclass

import numpy as np

from kullback.estimators._columns import Codes
from kullback.estimators._points import Floats

_FEW_TIES = 0.02  # share of rows that repeat a value, below which repeats mean nothing
_FILLED = 8.0  # rows for each value, from which on values can be counted one by one
_HEAVY, _LEAST = 0.01, 5  # share and number of rows that make a value heavy
_SMOOTH = 4.5  # standard deviations between the count of a value and that of its neighbors
_GRID = 1e-6  # how far values may lie off a grid, in its steps


@dataclass(frozen=True, eq=False)
class Ties:
    """A column as the estimators take it.

    Attributes:
        kind: "continuous"; "constant"; "categories" to be counted; "rounded" with a grid to be filled; "atoms" with
            heavy values that are categories beside a continuous rest.
        x: Codes of the rows of x: the value, or for atoms the heavy value, 0 for the rest.
        y: The same for y.
        values: What the codes stand for; for atoms the first is None.
        step: The grid that all values lie on; 0 where there is none.
    """

    kind: str
    x: Codes | None = None
    y: Codes | None = None
    values: tuple[float | None, ...] = ()
    step: float = 0.0


def ties_of(x: Floats, y: Floats, /) -> Ties:
    """Look at one column of both samples.

    Args:
        x: Values of shape ``(n,)``.
        y: Values of shape ``(m,)``.

    Returns:
        What its repeats mean.
    """
    pooled = np.concatenate([x, y])
    values, codes, counts = np.unique(pooled, return_inverse=True, return_counts=True)
    rows, kinds = len(pooled), len(values)
    if kinds == 1:
        return Ties("constant")
    # Repeats within a sample: rows that both samples share say nothing about the law.
    often = np.stack([np.bincount(codes[: len(x)], minlength=kinds), np.bincount(codes[len(x) :], minlength=kinds)])
    repeats = np.maximum(often - 1, 0).sum(axis=0)
    if repeats.sum() <= _FEW_TIES * rows:
        return Ties("continuous")
    if heavy := _atoms(values, codes, repeats, len(x)):
        return heavy
    step = _step(values)
    if rows < _FILLED * kinds and step and _is_smooth(values, counts, step):
        return Ties("rounded", step=step)
    # Whole numbers without order are codes of something.
    if rows >= _FILLED * kinds or (step >= 1.0 and float(values[0]).is_integer()):
        return Ties("categories", codes[: len(x)], codes[len(x) :], tuple(values.tolist()), step)
    return Ties("continuous")


def _atoms(values: Floats, codes: Codes, repeats: Codes, n: int) -> Ties | None:
    """Heavy values with a rest that hardly repeats; None where there is no such thing."""
    least = max(_LEAST, _HEAVY * len(codes))
    heavy = repeats + 1 >= least
    rest = int((~heavy[codes]).sum())
    if not heavy.any() or rest < least or int(repeats[~heavy].sum()) > _FEW_TIES * rest:
        return None
    names = np.zeros(len(values), dtype=np.int64)
    names[heavy] = np.arange(1, int(heavy.sum()) + 1)
    found = names[codes]
    return Ties("atoms", found[:n], found[n:], (None, *values[heavy].tolist()))


def _step(values: Floats) -> float:
    """The grid that all values lie on; 0 where there is none."""
    gaps = np.diff(values)
    step = float(gaps.min())
    if not step > 0:
        return 0.0
    places = (values - values[0]) / step
    if places[-1] > 2.0**40:
        return 0.0
    return step if float(np.abs(places - np.round(places)).max()) < max(_GRID, 1e-9 * places[-1]) else 0.0


def _is_smooth(values: Floats, counts: Codes, step: float) -> bool:
    """Whether the count of a value is that of its neighbors on the grid but for chance, as under a smooth density."""
    places = np.round((values - values[0]) / step).astype(np.int64)
    size = int(places[-1]) + 1
    if size > 64 * len(values):  # hardly a neighbor anywhere: nothing speaks against order
        return bool(counts.max() <= max(_LEAST, 4.0 * math.sqrt(counts.mean())))
    full = np.zeros(size + 2)
    full[places + 1] = counts
    near = 0.5 * (full[:-2] + full[2:])
    spread = np.sqrt(full[1:-1] * 0.5 + near + 1.0)
    return bool(np.max(np.abs(full[1:-1] - near) / spread) < _SMOOTH)
