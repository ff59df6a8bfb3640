"""Counts of distinct texts on one or several sides: exact up to a limit, beyond it the heaviest and the rest."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback.tables.counts._reading import Reading
from kullback.tables.engines._table import Table, ValueCounts

# Distinct values that are kept one by one, pooled over the sides.
CATEGORY_LIMIT = 10_000


@dataclass(frozen=True, eq=False)
class Categories:
    """Counts of one or several sides on the same values, heaviest first.

    Attributes:
        values: Distinct texts, without NULL.
        counts: Rows or weights, shape ``(sides, values)``.
        rest: Rows or weights of all unlisted values, one per side.
        missing: Rows or weights that are NULL, one per side.
        rows: Rows without NULL, unweighted, one per side.
        distinct: Distinct values of each side, the unlisted included; at least so many where counts were merged.
        unknown: Rows or weights of each listed value that may be counted in the rest, shape ``(sides, values)``; None
            where all counts are exact.
        longest: Characters after which values were cut; None where they are whole.
    """

    values: tuple[str, ...]
    counts: NDArray[np.float64]
    rest: NDArray[np.float64]
    missing: NDArray[np.float64]
    rows: tuple[int, ...]
    distinct: tuple[int, ...]
    unknown: NDArray[np.float64] | None = None
    longest: int | None = None

    def side(self, index: int, /) -> "Categories":
        """One side by itself."""
        alone = slice(index, index + 1)
        return Categories(
            self.values,
            self.counts[alone],
            self.rest[alone],
            self.missing[alone],
            self.rows[alone],
            self.distinct[alone],
            None if self.unknown is None else self.unknown[alone],
            self.longest,
        )

    def turned(self) -> "Categories":
        """The sides in the opposite order."""
        return replace(
            self,
            counts=self.counts[::-1],
            rest=self.rest[::-1],
            missing=self.missing[::-1],
            rows=self.rows[::-1],
            distinct=self.distinct[::-1],
            unknown=None if self.unknown is None else self.unknown[::-1],
        )


def counted_categories(sides: list[tuple[Table, int]], reading: Reading, /) -> Categories:
    """Count a text column of one or several tables."""
    found = [table.heaviest(position, reading, CATEGORY_LIMIT) for table, position in sides]
    candidates = sorted({value for side in found for value in side.values})
    counts = []
    for (table, position), side in zip(sides, found, strict=True):
        known = dict(zip(side.values, side.counts.tolist(), strict=True))
        unknown = [value for value in candidates if value not in known]
        # Beyond the limit a value outside the list may still occur: ask for it.
        if unknown and side.distinct > len(side.values):
            known |= dict(zip(unknown, table.occurrences(position, reading, unknown).tolist(), strict=True))
        counts.append([known.get(value, 0.0) for value in candidates])
    return _combine(candidates, np.array(counts, dtype=np.float64).reshape(len(sides), -1), found)


def counted_shapes(sides: list[tuple[Table, int]], reading: Reading, /, *, limit: int = 200) -> Categories:
    """Count the shapes of a text column; all beyond the heaviest of each side are one rest."""
    found = [table.shapes(position, reading, limit) for table, position in sides]
    common = {value for side in found for value in side.values}
    if any(side.distinct > len(side.values) for side in found):
        common = set.intersection(*(set(side.values) for side in found))
    candidates = sorted(common)
    counts = np.zeros((len(sides), len(candidates)))
    for index, side in enumerate(found):
        known = dict(zip(side.values, side.counts.tolist(), strict=True))
        counts[index] = [known.get(value, 0.0) for value in candidates]
    return _combine(candidates, counts, found)


def _combine(candidates: list[str], counts: NDArray[np.float64], found: list[ValueCounts]) -> Categories:
    pooled = counts.sum(axis=0)
    order = sorted(
        range(len(candidates)), key=lambda place: (-pooled[place], candidates[place].encode("utf-8", "replace"))
    )
    kept = order[:CATEGORY_LIMIT]
    counts = counts[:, kept]
    totals = np.array([side.total for side in found])
    rest = totals - counts.sum(axis=1)
    # Sums of weights may miss zero by rounding; whole counts never do.
    rest[np.abs(rest) <= 1e-9 * np.maximum(totals, 1.0)] = 0.0
    return Categories(
        tuple(candidates[place] for place in kept),
        counts,
        rest,
        np.array([side.missing for side in found]),
        tuple(side.rows for side in found),
        tuple(side.distinct for side in found),
    )
