"""From leaves and categories to the cells on which a column's figures stand."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback.inference._independence import LEAST_EXPECTED
from kullback.tables._messages import Message
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._leaves import Leaves
from kullback.tables.counts._reading import Reading
from kullback.tables.engines._kernel import Values

# Cells of an ordered column at most, and the rows of the smaller side that each needs.
MOST_CELLS = 64
_ROWS_PER_CELL = 20
# The interval of a small table uses fewer, larger cells, as its correction for bias overshoots on light ones. Large
# tables can afford all 64: the rows that the smaller side needs for each number of cells.
MOST_INTERVAL_CELLS = 20
_ORDERED_INTERVAL_CELLS = ((64, 12_800), (32, 6_400), (16, 800), (8, 400), (4, 200))
# Beyond the 19 heaviest categories, those of which the smaller side expects this many rows have a cell of their own.
_ROWS_PER_HEAVY_CATEGORY = 200
# What is tried where units leave less certainty than rows would.
_FEWER_INTERVAL_CELLS = (32, 16, 8, 4, 2)
_LONGEST_LABEL = 200
# A light value on one side alone keeps a cell of its own if chance would do that this rarely.
_NEW_OR_GONE = 1e-3
_DIGITS = (6, 8, 10, 12, 15, 17)

_SPECIAL = NULL, NAN, NEGATIVE, POSITIVE = "NULL", "NaN", "-inf", "+inf"


@dataclass(frozen=True, eq=False)
class Cells:
    """Counts of both sides over the same cells.

    Attributes:
        labels: What is in each cell.
        low: Smallest value of each ordered cell, special ones apart; empty for categories.
        high: Largest value of each ordered cell, likewise.
        reference: Rows or weights of the reference.
        current: Rows or weights of the current table.
        special: True for NULL, NaN and the infinities.
        ranks: Pooled mid-rank of each ordered cell; zeros for categories.
        groups: The interval cell that each cell belongs to.
        group_labels: Labels of the interval cells.
        ordered: Whether the cells have an order.
        truncated: Distinct values that were merged into a rest, so that figures are lower bounds.
        description: How the cells were made.
        divisor: What `low` and `high` are divided by to give the values shown.
        unknown: By how many rows the count up to the end of an ordered cell, or the count of a category at the cost of
            the rest, may be off, shape ``(2, cells)``; None where all counts are exact.
    """

    labels: list[str]
    low: Values
    high: Values
    reference: NDArray[np.float64]
    current: NDArray[np.float64]
    special: NDArray[np.bool_]
    ranks: NDArray[np.float64]
    groups: NDArray[np.int64]
    group_labels: list[str]
    ordered: bool
    truncated: bool
    description: str
    divisor: int = 1
    unknown: NDArray[np.float64] | None = None

    @property
    def rest(self) -> int:
        """Place of the cell of all unlisted categories."""
        return len(self.labels) - 1 - int(bool(self.special.any()))

    @property
    def bounds(self) -> list[tuple[float, float] | tuple[None, None]]:
        """Smallest and largest value of each cell as numbers: dates in days, other times in microseconds."""
        ends = iter(
            (float(low / self.divisor), float(high / self.divisor))
            for low, high in zip(self.low, self.high, strict=True)
        )
        return [(None, None) if special or not self.ordered else next(ends) for special in self.special]

    @property
    def edges(self) -> Values:
        """What separates the ordered cells: cell i ends with edge i, the last one holds what lies above all edges."""
        return self.high[:-1]

    @property
    def special_places(self) -> list[int]:
        """Which of NULL, NaN, -inf and +inf the special cells of an ordered column are, by number."""
        return [_SPECIAL.index(label) for label, special in zip(self.labels, self.special, strict=True) if special]

    def grouped(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Counts by interval cell."""
        return np.bincount(self.groups, weights=counts, minlength=len(self.group_labels)).astype(np.float64)


def make_cells(body: Leaves | Categories, reading: Reading, /, *, factors: tuple[float, float]) -> Cells:
    """Cells of a column.

    Args:
        body: Counts of both sides.
        reading: How values are shown.
        factors: Effective rows per unit of weight, for each side.
    """
    if isinstance(body, Leaves):
        return ordered_cells(body, reading, factors=factors)
    return category_cells(body, factors=factors)


def ordered_cells(leaves: Leaves, reading: Reading, /, *, factors: tuple[float, float]) -> Cells:
    """Cells of an ordered column: every value if they are few, else pooled quantiles with heavy atoms apart.

    Args:
        leaves: Counts of both sides.
        reading: How values are shown.
        factors: Effective rows per unit of weight, for each side.
    """
    effective = leaves.counts * np.array(factors)[:, None]
    occupied = effective.sum(axis=0) > 0
    low, high, counts = leaves.low[occupied], leaves.high[occupied], leaves.counts[:, occupied]
    effective = effective[:, occupied]
    single = np.asarray(low == high, dtype=bool)
    sizes = effective.sum(axis=1)
    smaller = float(sizes.min())
    few = len(low) <= MOST_CELLS and bool(single.all())
    runs = np.arange(len(low)) if few else _quantile_runs(effective.sum(axis=0), single, _power_of_two(smaller))
    runs = _merge_light(runs, effective)
    first = np.flatnonzero(np.diff(runs, prepend=-1))
    last = np.append(first, len(runs))[1:] - 1
    cell_counts = np.add.reduceat(counts, first, axis=1) if len(first) else np.zeros((2, 0))
    pooled = np.add.reduceat(effective.sum(axis=0), first) if len(first) else np.zeros(0)
    ranks = (np.cumsum(pooled) - pooled / 2) / max(float(pooled.sum()), 1.0)
    show = show_edges(reading, low[first], high[last])
    labels = [
        show(low[start]) if low[start] == high[end] else f"{show(low[start])} … {show(high[end])}"
        for start, end in zip(first, last, strict=True)
    ]
    groups, group_labels = _ordered_groups(labels, ranks, smaller)
    singles = few and len(first) == len(low)
    description = Message(
        "{count} distinct values" if singles else "{count} cells at pooled quantiles", count=f"{len(labels):,}"
    )
    names, special_counts = _special_cells(leaves)
    return Cells(
        labels + names,
        low[first],
        high[last],
        np.append(cell_counts[0], special_counts[0]),
        np.append(cell_counts[1], special_counts[1]),
        np.arange(len(labels) + len(names)) >= len(labels),
        np.append(ranks, np.zeros(len(names))),
        np.append(groups, len(group_labels) + np.arange(len(names))).astype(np.int64),
        group_labels + names,
        ordered=True,
        truncated=not singles,
        description=description,
        divisor=1000 if reading.unit == "ns" else 10**reading.scale,
        unknown=None if leaves.unknown is None else _padded(leaves.unknown[:, occupied][:, last], len(names)),
    )


def category_cells(categories: Categories, /, *, factors: tuple[float, float]) -> Cells:
    """Cells of a column of texts: each value, what is unlisted, and NULL.

    Args:
        categories: Counts of both sides.
        factors: Effective rows per unit of weight, for each side.
    """
    # A text that reads like one of our own labels is quoted, so that no two cells look alike.
    labels = [text_label(value) for value in categories.values]
    counts = categories.counts
    special = np.zeros(len(labels), dtype=bool)
    truncated = bool((categories.rest > 0).any())
    if truncated:
        others = max(categories.distinct) - len(categories.values)
        labels.append(
            Message("all other values ({count} or more distinct)", count=f"{others:,}")
            if others > 0
            else Message("all other values")
        )
        counts, special = np.column_stack([counts, categories.rest]), np.append(special, False)
    if (categories.missing > 0).any():
        labels.append(NULL)
        counts, special = np.column_stack([counts, categories.missing]), np.append(special, True)
    effective = counts * np.array(factors)[:, None]
    groups, group_labels = _category_groups(labels, effective, rest=len(categories.values) if truncated else None)
    kept = Message(
        "the {count} heaviest values and the rest" if truncated else "{count} values",
        count=f"{len(categories.values):,}",
    )
    nothing = np.zeros(0)
    return Cells(
        labels,
        nothing,
        nothing,
        counts[0],
        counts[1],
        special,
        np.zeros(len(labels)),
        groups,
        group_labels,
        ordered=False,
        truncated=truncated,
        description=kept,
        unknown=None
        if categories.unknown is None
        else _padded(categories.unknown, len(labels) - len(categories.values)),
    )


def _padded(unknown: NDArray[np.float64], more: int) -> NDArray[np.float64]:
    """With so many cells more whose counts are exact."""
    return np.column_stack([unknown, np.zeros((len(unknown), more))])


def text_label(value: str, /) -> str:
    """A text as the label of a cell: cut if long, quoted if it reads like one of our own labels."""
    if len(value) > _LONGEST_LABEL:
        return Message("{value}… ({count} characters)", value=value[:_LONGEST_LABEL], count=f"{len(value):,}")
    return repr(value) if value.strip() != value or value in ("", NULL) else value


def show_edges(reading: Reading, low: Values, high: Values, /) -> Callable[[float], str]:
    """How edges are written: with as many digits as it takes to tell them apart."""
    edges = np.unique(np.concatenate([low, high]))
    digits = next(
        (count for count in _DIGITS if len({reading.show(edge, count) for edge in edges}) == len(edges)), _DIGITS[-1]
    )
    return lambda edge: reading.show(edge, digits)


def _power_of_two(smaller: float) -> int:
    cells = 2
    while cells < MOST_CELLS and 2 * cells <= smaller / _ROWS_PER_CELL:
        cells *= 2
    return cells


def _quantile_runs(pooled: NDArray[np.float64], single: NDArray[np.bool_], cells: int) -> NDArray[np.int64]:
    total = float(pooled.sum())
    ranks = (np.cumsum(pooled) - pooled / 2) / total
    dyadic = np.floor(ranks * cells)
    atom = single & (pooled >= total / cells)
    starts = np.ones(len(pooled), dtype=bool)
    starts[1:] = (np.diff(dyadic) > 0) | atom[1:] | atom[:-1]
    return np.cumsum(starts) - 1


def _one_sided(effective: NDArray[np.float64], chance: float) -> NDArray[np.bool_]:
    """Where one side has nothing, and shuffling all rows would leave it empty with less than `chance`."""
    sizes = effective.sum(axis=1)
    if sizes.min() <= 0:
        return np.zeros(effective.shape[1], dtype=bool)
    share = sizes / sizes.sum()
    # All m rows of a value fall to one side with chance share**m.
    log_chance = np.where(effective[1] == 0, effective[0] * np.log(share[0]), effective[1] * np.log(share[1]))
    found: NDArray[np.bool_] = (effective == 0).any(axis=0) & (log_chance < np.log(chance))
    return found


def _merge_light(runs: NDArray[np.int64], effective: NDArray[np.float64]) -> NDArray[np.int64]:
    """Join runs of which the smaller side expects fewer than five rows to the lighter of their neighbors.

    Runs that one side alone holds, beyond chance, stay: they are new or gone.
    """
    sizes = effective.sum(axis=1)
    if not len(runs) or sizes.min() <= 0:
        return runs
    share = float(sizes.min() / sizes.sum())
    sides = np.array([np.bincount(runs, weights=side) for side in effective])
    mass = sides.sum(axis=0).tolist()
    stays = _one_sided(sides, _NEW_OR_GONE).tolist()
    members = [[index] for index in range(len(mass))]
    while len(mass) > 1:
        place = min(range(len(mass)), key=lambda index: math.inf if stays[index] else mass[index])
        if stays[place] or mass[place] * share >= LEAST_EXPECTED:
            break
        beside = [other for other in (place - 1, place + 1) if 0 <= other < len(mass)]
        into = min(beside, key=lambda index: (stays[index], mass[index]))
        left, right = min(place, into), max(place, into)
        mass[left] += mass.pop(right)
        members[left] += members.pop(right)
        gone = stays.pop(right)
        stays[left] = stays[left] or gone
    renamed = np.empty(len(set(runs.tolist())), dtype=np.int64)
    for index, run in enumerate(members):
        renamed[run] = index
    return renamed[runs]


def _ordered_groups(
    labels: list[str], ranks: NDArray[np.float64], smaller: float
) -> tuple[NDArray[np.int64], list[str]]:
    if len(labels) <= MOST_INTERVAL_CELLS and len(labels) * 10 <= smaller:
        return np.arange(len(labels)), labels
    return _dyadic_groups(
        labels, ranks, next((size for size, needed in _ORDERED_INTERVAL_CELLS if needed <= smaller), 2)
    )


def _dyadic_groups(labels: list[str], ranks: NDArray[np.float64], cells: int) -> tuple[NDArray[np.int64], list[str]]:
    raw = np.minimum((ranks * cells).astype(np.int64), cells - 1)
    _, groups = np.unique(raw, return_inverse=True)
    group_labels = []
    for group in range(int(groups.max(initial=-1)) + 1):
        inside = np.flatnonzero(groups == group)
        first, last = labels[inside[0]], labels[inside[-1]]
        group_labels.append(first if first == last else f"{first.split(' … ')[0]} … {last.split(' … ')[-1]}")
    return groups.astype(np.int64), group_labels


def _category_groups(
    labels: list[str], effective: NDArray[np.float64], *, rest: int | None
) -> tuple[NDArray[np.int64], list[str]]:
    if len(labels) <= MOST_INTERVAL_CELLS:
        return np.arange(len(labels)), labels
    pooled, sizes = effective.sum(axis=0), effective.sum(axis=1)
    order = np.argsort(-pooled, kind="stable")
    if rest is not None:
        order = order[order != rest]
    heavy = int((pooled[order] * (sizes.min() / sizes.sum()) >= _ROWS_PER_HEAVY_CATEGORY).sum())
    if heavy == len(labels):
        return np.arange(len(labels)), labels
    return _heaviest_groups(labels, order[: max(heavy, MOST_INTERVAL_CELLS - 1)])


def _heaviest_groups(labels: list[str], kept: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[str]]:
    heaviest = np.sort(kept)
    groups = np.full(len(labels), len(heaviest), dtype=np.int64)
    groups[heaviest] = np.arange(len(heaviest))
    return groups, [labels[place] for place in heaviest] + [
        Message("{count} lighter values", count=f"{len(labels) - len(heaviest):,}")
    ]


def coarser(cells: Cells, /) -> Iterator[Cells]:
    """The same cells with fewer and fewer interval cells, down to two."""
    plain = ~cells.special if cells.ordered else np.ones(len(cells.labels), dtype=bool)
    pooled = cells.reference / cells.reference.sum() + cells.current / cells.current.sum()
    for most in _FEWER_INTERVAL_CELLS:
        if most >= len(cells.group_labels):
            continue
        if cells.ordered:
            labels = [label for label, kept in zip(cells.labels, plain, strict=True) if kept]
            names = [label for label, kept in zip(cells.labels, plain, strict=True) if not kept]
            groups, group_labels = _dyadic_groups(labels, cells.ranks[plain], most)
            groups = np.append(groups, len(group_labels) + np.arange(len(names))).astype(np.int64)
            group_labels = group_labels + names
        else:
            groups, group_labels = _heaviest_groups(cells.labels, np.argsort(-pooled, kind="stable")[: most - 1])
        yield replace(cells, groups=groups, group_labels=group_labels)


def _special_cells(leaves: Leaves) -> tuple[list[str], NDArray[np.float64]]:
    names, counts = [], []
    for name, field in ((NULL, "null"), (NAN, "nan"), (NEGATIVE, "negative_infinity"), (POSITIVE, "positive_infinity")):
        pair = [getattr(side, field) for side in leaves.specials]
        if sum(pair) > 0:
            names.append(name)
            counts.append(pair)
    return names, np.array(counts, dtype=np.float64).reshape(-1, 2).T
