"""Counting in NumPy: the bins of the engine, on arrays in memory.

The same arithmetic as the SQL in `_duckdb`, value for value, for tables small enough to be fetched, for engines that
run Python on batches, and as an oracle in tests.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64] | NDArray[np.int64] | NDArray[np.object_]

# Bins per octave of the first pass, and the keys of what lies outside the order.
OCTAVE = 16
KEY_ONE = 20_000
KEY_NAN = 99_998
KEY_INFINITY = 99_997
# NULL has no key in SQL; this one stands for it in arrays.
KEY_NULL = 99_999


@dataclass(frozen=True, eq=False)
class Bins:
    """Counts by bin, with the smallest and the largest value that fell into each.

    Attributes:
        key: Bin numbers, shape ``(bins,)``, in ascending order.
        count: Rows per bin.
        low: Smallest value in each bin (of no meaning where the key is NULL, NaN or infinite).
        high: Largest value in each bin.
        total: Sum of the values in each bin.
        weight: Sum of the row weights in each bin; None without weights.
    """

    key: NDArray[np.int64]
    count: NDArray[np.int64]
    low: Values
    high: Values
    total: NDArray[np.float64]
    weight: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class Grid:
    """How the values of chosen bins are split further: ``start + floor((x - low) / width)``, at most `parts` ways."""

    key: NDArray[np.int64]
    low: Values
    width: NDArray[np.float64]
    parts: NDArray[np.int64]
    start: NDArray[np.int64]


def coarse_keys(values: Values, missing: NDArray[np.bool_], /) -> NDArray[np.int64]:
    """Sixteen bins to the octave, in the order of the values."""
    x = values.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        octave = np.floor(OCTAVE * np.log2(np.abs(x)))
    finite = np.isfinite(octave)
    key = np.where(finite, np.sign(x) * (KEY_ONE + np.where(finite, octave, 0.0)), 0.0).astype(np.int64)
    key[np.isinf(x)] = (np.sign(x[np.isinf(x)]) * KEY_INFINITY).astype(np.int64)
    key[np.isnan(x)] = KEY_NAN
    key[missing] = KEY_NULL
    return key


def refined_keys(values: Values, keys: NDArray[np.int64], grid: Grid, /) -> NDArray[np.int64]:
    """Keys one step finer; -1 for values whose bin is not split."""
    place = np.searchsorted(grid.key, keys)
    place[place == len(grid.key)] = 0
    inside = grid.key[place] == keys
    finer = np.full(len(keys), -1, dtype=np.int64)
    place = place[inside]
    steps = np.floor((values[inside] - grid.low[place]).astype(np.float64) / grid.width[place]).astype(np.int64)
    finer[inside] = grid.start[place] + np.minimum(steps, grid.parts[place] - 1)
    return finer


def bin_values(values: Values, keys: NDArray[np.int64], weights: NDArray[np.float64] | None = None, /) -> Bins:
    """Count values by key."""
    key, place, count = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.argsort(place, kind="stable")
    first = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int64)
    grouped = values[order]
    if len(grouped) == 0:
        return Bins(key, count, values[:0], values[:0], np.zeros(0), None if weights is None else np.zeros(0))
    # Beside NaN and NULL, whose bins carry no bounds, no comparison here meets NaN.
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = np.minimum.reduceat(grouped, first), np.maximum.reduceat(grouped, first)
        total = np.bincount(place, weights=values.astype(np.float64), minlength=len(key)).astype(np.float64)
    weight = None
    if weights is not None:
        weight = np.bincount(place, weights=weights, minlength=len(key)).astype(np.float64)
    return Bins(key, count.astype(np.int64), low, high, total, weight)


def merge_bins(parts: list[Bins], /) -> Bins:
    """Several counts by key as one."""
    keys = np.concatenate([part.key for part in parts])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, dtype=int)

    def joined(columns: list[NDArray[Any]], step: np.ufunc) -> NDArray[Any]:
        column: NDArray[Any] = np.concatenate(columns)[order]
        with np.errstate(invalid="ignore", over="ignore"):
            return step.reduceat(column, first) if len(first) else column

    weights = [part.weight for part in parts if part.weight is not None]
    return Bins(
        keys[first],
        joined([part.count for part in parts], np.add),
        joined([part.low for part in parts], np.minimum),
        joined([part.high for part in parts], np.maximum),
        joined([part.total for part in parts], np.add),
        joined(weights, np.add) if weights else None,
    )


def bin_distinct(values: Values, missing: NDArray[np.bool_], weights: NDArray[np.float64] | None = None, /) -> Bins:
    """A bin for every distinct value, under its coarse key; what lies outside the order has one each."""
    distinct, place = np.unique(values, return_inverse=True)
    bins = bin_values(values, np.where(missing, len(distinct), place), weights)
    return replace(bins, key=coarse_keys(bins.low, bins.key == len(distinct)))


def cell_numbers(values: Values, missing: NDArray[np.bool_], edges: Values, /) -> NDArray[np.int64]:
    """The cell of each row: those of `histogram`, then one for each of NULL, NaN, -inf and +inf."""
    x = values.astype(np.float64)
    cells = np.zeros(len(x), dtype=np.int64)
    finite = np.isfinite(x) & ~missing
    cells[finite] = np.searchsorted(edges, values[finite], side="left")
    for step, chosen in enumerate((missing, np.isnan(x) & ~missing, x == -np.inf, x == np.inf), 1):
        cells[chosen] = len(edges) + step
    return cells


def histogram(
    values: Values,
    missing: NDArray[np.bool_],
    edges: Values,
    weights: NDArray[np.float64] | None = None,
    /,
) -> NDArray[np.float64]:
    """Finite values by cell: cell i is (edges[i - 1], edges[i]], the last one lies above all edges."""
    finite = np.isfinite(values.astype(np.float64)) & ~missing
    place = np.searchsorted(edges, values[finite], side="left")
    inside = None if weights is None else weights[finite]
    return np.bincount(place, weights=inside, minlength=len(edges) + 1).astype(np.float64)
