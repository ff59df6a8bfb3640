"""Fine ordered histograms by counting alone: the leaves from which every cell of a column is built.

A leaf is a run of values between the smallest and the largest one seen in it. Leaves that hold too many rows are split
further; a leaf whose two bounds agree is one value, exactly. Three passes over a column suffice, memory does not grow
with rows, and the same rows give the same leaves in every engine.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback.tables.counts._reading import Reading
from kullback.tables.engines._kernel import KEY_INFINITY, KEY_NAN, KEY_NULL, Bins, Grid, Values
from kullback.tables.engines._table import Table, steady

# A leaf heavier than this share of the pooled rows is split: the rank error of any edge stays below 0.0005.
_HEAVY = 1 / 2048
# Few leaves may be few values: then every leaf is split until single values stand alone.
_FEW = 64
_REFINEMENTS = 2
_FINENESS = 4
_MOST_PARTS = 8192


@dataclass(frozen=True, eq=False)
class Specials:
    """Rows of a side outside the order: NULL, NaN and the infinities."""

    null: float = 0.0
    nan: float = 0.0
    negative_infinity: float = 0.0
    positive_infinity: float = 0.0


@dataclass(frozen=True, eq=False)
class Leaves:
    """Counts of one or several sides on the same leaves.

    Attributes:
        low: Smallest value of each leaf, ascending, shape ``(leaves,)``.
        high: Largest value of each leaf.
        counts: Rows or weights, shape ``(sides, leaves)``.
        specials: What lies outside the order, one entry per side.
        totals: Sum of the finite values of each side (weights do not enter); NaN where it was not counted.
        finite: Finite rows of each side, unweighted.
        unknown: By how many rows or weights the count up to the end of a leaf may be off, shape ``(sides, leaves)``;
            None where all counts are exact.
    """

    low: Values
    high: Values
    counts: NDArray[np.float64]
    specials: tuple[Specials, ...]
    totals: tuple[float, ...]
    finite: tuple[int, ...]
    unknown: NDArray[np.float64] | None = None

    def side(self, index: int, /) -> "Leaves":
        """One side by itself."""
        alone = slice(index, index + 1)
        return Leaves(
            self.low,
            self.high,
            self.counts[alone],
            self.specials[alone],
            self.totals[alone],
            self.finite[alone],
            None if self.unknown is None else self.unknown[alone],
        )

    def turned(self) -> "Leaves":
        """The sides in the opposite order."""
        return replace(
            self,
            counts=self.counts[::-1],
            specials=self.specials[::-1],
            totals=self.totals[::-1],
            finite=self.finite[::-1],
            unknown=None if self.unknown is None else self.unknown[::-1],
        )


def fetched_leaves(sides: list[tuple[Values, NDArray[np.bool_], NDArray[np.float64] | None]], /) -> Leaves:
    """Leaves of columns held in memory (values, NULL mask, weights): every distinct value is one."""
    finite = []
    specials = []
    for values, missing, weights in sides:
        x = values.astype(np.float64)
        usable = np.isfinite(x) & ~missing
        finite.append((values[usable], None if weights is None else weights[usable]))
        mass = [_sum(chosen, weights) for chosen in (missing, np.isnan(x) & ~missing, x == -np.inf, x == np.inf)]
        specials.append(Specials(*mass))
    distinct, place = np.unique(np.concatenate([values for values, _ in finite]), return_inverse=True)
    counts = np.zeros((len(sides), len(distinct)))
    end = 0
    for index, (values, weights) in enumerate(finite):
        start, end = end, end + len(values)
        counts[index] = np.bincount(place[start:end], weights=weights, minlength=len(distinct))
    # From sorted distinct values, so that the order of the rows does not show in the last digits.
    exact = [np.bincount(np.searchsorted(distinct, values), minlength=len(distinct)) for values, _ in finite]
    with np.errstate(over="ignore", invalid="ignore"):
        totals = tuple(float((distinct.astype(np.float64) * rows).sum()) for rows in exact)
    return Leaves(distinct, distinct, counts, tuple(specials), totals, tuple(len(values) for values, _ in finite))


def rows_of(bins: Bins, /) -> tuple[Values, NDArray[np.bool_], NDArray[np.float64] | None]:
    """Rows (values, NULL mask, weights) in place of those that were counted by value, in the order of the values."""
    place = np.repeat(np.arange(len(bins.key)), bins.count)
    values, missing = bins.low[place], np.asarray(bins.key == KEY_NULL, dtype=bool)[place]
    if bins.weight is None:
        return values, missing, None
    weights = np.zeros(len(values))
    # The first row of a value weighs as much as all of them.
    weights[np.cumsum(bins.count) - bins.count] = bins.weight
    return values, missing, weights


def compressed(leaves: Leaves, most: int, /) -> Leaves:
    """At most about `most` leaves of equal weight, single values that are as heavy kept apart."""
    if len(leaves.low) <= most:
        return leaves
    pooled = leaves.counts.sum(axis=0)
    total = float(pooled.sum())
    run = np.floor((np.cumsum(pooled) - pooled / 2) / total * most)
    atom = np.asarray(leaves.low == leaves.high, dtype=bool) & (pooled >= total / most)
    starts = np.ones(len(run), dtype=bool)
    starts[1:] = (np.diff(run) > 0) | atom[1:] | atom[:-1]
    first = np.flatnonzero(starts)
    last = np.append(first[1:], len(run)) - 1
    counts = np.add.reduceat(leaves.counts, first, axis=1)
    unknown = None if leaves.unknown is None else leaves.unknown[:, last]
    return replace(leaves, low=leaves.low[first], high=leaves.high[last], counts=counts, unknown=unknown)


def _sum(chosen: NDArray[np.bool_], weights: NDArray[np.float64] | None) -> float:
    return float(chosen.sum() if weights is None else weights[chosen].sum())


def counted_leaves(sides: list[tuple[Table, int]], reading: Reading, /) -> Leaves:
    """Leaves of a column that stays where it is, by at most three passes over each side."""
    coarse = [table.coarse(position, reading) for table, position in sides]
    level = _merge(coarse)
    inside = np.abs(level.key) < KEY_INFINITY
    done: list[_Level] = []
    level = level.where(inside)
    pooled = float(level.rows.sum())
    grids: list[Grid] = []
    while True:
        split = level.splittable(pooled, few=len(level.key) + sum(len(part.key) for part in done) <= _FEW)
        if not split.any() or len(grids) == _REFINEMENTS:
            done.append(level)
            break
        done.append(level.where(~split))
        grids.append(_grid(level.where(split), pooled))
        level = _merge([table.refined(position, reading, grids) for table, position in sides])
    low = np.concatenate([part.low for part in done])
    order = np.argsort(low, kind="stable")
    return Leaves(
        low[order],
        np.concatenate([part.high for part in done])[order],
        np.concatenate([part.mass for part in done], axis=1)[:, order],
        tuple(bins_outside_order(side) for side in coarse),
        tuple(finite_total(side)[0] for side in coarse),
        tuple(finite_total(side)[1] for side in coarse),
    )


@dataclass(frozen=True, eq=False)
class _Level:
    """Bins of all sides on common keys; `rows` are pooled and unweighted, `mass` per side."""

    key: NDArray[np.int64]
    low: Values
    high: Values
    rows: NDArray[np.int64]
    mass: NDArray[np.float64]

    def where(self, chosen: NDArray[np.bool_]) -> "_Level":
        return _Level(self.key[chosen], self.low[chosen], self.high[chosen], self.rows[chosen], self.mass[:, chosen])

    def splittable(self, pooled: float, *, few: bool) -> NDArray[np.bool_]:
        open_ended = np.asarray(self.low < self.high, dtype=bool)
        return open_ended if few else open_ended & (self.rows > _HEAVY * pooled)


def _merge(bins: list[Bins]) -> _Level:
    keys = np.unique(np.concatenate([side.key for side in bins]))
    rows = np.zeros(len(keys), dtype=np.int64)
    mass = np.zeros((len(bins), len(keys)))
    low: Values = np.empty_like(bins[0].low, shape=len(keys))
    high: Values = np.empty_like(bins[0].high, shape=len(keys))
    seen = np.zeros(len(keys), dtype=bool)
    for index, side in enumerate(bins):
        place = np.searchsorted(keys, side.key)
        rows[place] += side.count
        mass[index, place] = _mass(side)
        known = seen[place]
        fresh, shared = place[~known], place[known]
        low[fresh], high[fresh] = side.low[~known], side.high[~known]
        with np.errstate(invalid="ignore"):  # bounds of the NaN bin
            low[shared] = np.minimum(low[shared], side.low[known])
            high[shared] = np.maximum(high[shared], side.high[known])
        seen[place] = True
    return _Level(keys, low, high, rows, mass)


def _grid(level: _Level, pooled: float) -> Grid:
    share = level.rows / max(pooled, 1.0)
    parts = np.ceil(_FINENESS * share / _HEAVY).astype(np.int64)
    parts = np.clip(np.maximum(parts, _MOST_PARTS // max(len(level.key), _FEW)), 2, _MOST_PARTS)
    if level.low.dtype == np.float64:
        width = level.high / parts - level.low / parts
    else:
        # Whole numbers: a step of one where that is fine enough, and never an empty one.
        span = np.array(
            [int(high) - int(low) + 1 for low, high in zip(level.low, level.high, strict=True)], dtype=object
        )
        parts = np.minimum(parts.astype(object), span).astype(np.int64)
        width = (span / parts).astype(np.float64)
    # A step that underflows would divide by zero; such neighbors stay together.
    width = np.where(width > 0, width, np.inf)
    start = np.concatenate([[0], np.cumsum(parts)[:-1]]).astype(np.int64)
    return Grid(level.key, level.low, width, parts, start)


def _mass(bins: Bins) -> NDArray[np.float64]:
    return bins.count.astype(np.float64) if bins.weight is None else bins.weight


def bins_outside_order(bins: Bins, /) -> Specials:
    """What a first pass found outside the order."""
    mass = dict(zip(bins.key.tolist(), _mass(bins).tolist(), strict=True))
    return Specials(
        mass.get(KEY_NULL, 0.0), mass.get(KEY_NAN, 0.0), mass.get(-KEY_INFINITY, 0.0), mass.get(KEY_INFINITY, 0.0)
    )


def finite_total(bins: Bins, /) -> tuple[float, int]:
    """Sum and number of the finite values that a first pass found."""
    inside = np.abs(bins.key) < KEY_INFINITY
    with np.errstate(over="ignore", invalid="ignore"):
        return steady(float(bins.total[inside].sum())), int(bins.count[inside].sum())


def finite_bounds(bins: Bins, /) -> tuple[float, float]:
    """Smallest and largest finite value that a first pass found; zeros if there is none."""
    inside = np.abs(bins.key) < KEY_INFINITY
    return (bins.low[inside].min(), bins.high[inside].max()) if inside.any() else (0, 0)
