"""Counting in memory: a table of fetched arrays that answers the same questions as an engine."""

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback.tables.counts._reading import CATEGORY, Reading
from kullback.tables.engines._axes import Axis, HashAxis, OrderedAxis
from kullback.tables.engines._kernel import (
    Bins,
    Grid,
    Values,
    bin_values,
    cell_numbers,
    coarse_keys,
    histogram,
    refined_keys,
)
from kullback.tables.engines._sampling import sample_fetched
from kullback.tables.engines._table import SHAPE_LENGTH, SHAPE_STEPS, Column, Fetched, Table, ValueCounts

_SHAPE_STEPS = [(re.compile(pattern), stand_in) for pattern, stand_in in SHAPE_STEPS]


class MemoryTable:
    """Fetched columns of a table, by their positions.

    The engine of small tables, and the oracle by which the others are tested.
    """

    def __init__(self, table: Table, wanted: list[tuple[int, Reading]]) -> None:
        """Fetch the images of the wanted columns."""
        self.name = table.name
        self.rows = table.rows
        self.columns: tuple[Column, ...] = table.columns
        self.weight = table.weight
        self.effective_rows = table.effective_rows
        self.parallel = 1
        self.unit = table.unit
        if self.unit is not None:
            wanted = [*wanted, (self.unit, CATEGORY)]
        arrays, self._weights = table.fetch(wanted)
        self._arrays = {position: array for (position, _), array in zip(wanted, arrays, strict=True)}

    def column(self, position: int) -> tuple[Values, NDArray[np.bool_], NDArray[np.float64] | None]:
        """Image, NULL mask and weights of a column."""
        return (*self._arrays[position], self._weights)

    def fetch(self, wanted: list[tuple[int, Reading]], /) -> Fetched:
        """Images of several columns and the weights of the rows."""
        return Fetched([self._arrays[position] for position, _ in wanted], self._weights)

    def sample(self, wanted: list[tuple[int, Reading]], size: int, seed: str, /) -> Fetched:
        """At most `size` whole rows, chosen by what they hold."""
        return sample_fetched(self.fetch(wanted), [reading for _, reading in wanted], size, seed)

    def coarse(self, position: int, reading: Reading, /) -> Bins:
        """Bins of an ordered column, sixteen to the octave."""
        return self.refined(position, reading, [])

    def refined(self, position: int, reading: Reading, grids: list[Grid], /) -> Bins:  # noqa: ARG002
        """Bins of an ordered column after the splits of `grids`."""
        values, missing = self._arrays[position]
        keys = coarse_keys(values, missing)
        chosen = np.ones(len(keys), dtype=bool)
        for grid in grids:
            keys = refined_keys(values, keys, grid)
            chosen = keys >= 0
        weights = None if self._weights is None else self._weights[chosen]
        return bin_values(values[chosen], keys[chosen], weights)

    def histogram(self, position: int, reading: Reading, edges: Values, /) -> NDArray[np.float64]:  # noqa: ARG002
        """Finite values by given cells."""
        return histogram(*self._arrays[position], edges, self._weights)

    def heaviest(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:  # noqa: ARG002
        """The `limit` heaviest distinct texts."""
        values, missing = self._arrays[position]
        return self._value_counts(values, missing, limit)

    def shapes(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:  # noqa: ARG002
        """The `limit` heaviest shapes of a text column."""
        values, missing = self._arrays[position]
        shapes = [None if gone else _shape(value) for value, gone in zip(values, missing, strict=True)]
        return self._value_counts(np.array(shapes, dtype=object), missing, limit)

    def _value_counts(self, values: NDArray[Any], missing: NDArray[np.bool_], limit: int) -> ValueCounts:
        weights = np.ones(len(values)) if self._weights is None else self._weights
        counts: dict[str, float] = defaultdict(float)
        for value, weight in zip(values[~missing].tolist(), weights[~missing].tolist(), strict=True):
            counts[value] += weight
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0].encode("utf-8", "surrogatepass")))[:limit]
        return ValueCounts(
            tuple(value for value, _ in ranked),
            np.array([count for _, count in ranked], dtype=np.float64),
            float(weights[missing].sum()),
            int((~missing).sum()),
            float(weights[~missing].sum()),
            len(counts),
        )

    def occurrences(self, position: int, reading: Reading, values: list[str], /) -> NDArray[np.float64]:
        """Rows of each of the given texts."""
        found = self.heaviest(position, reading, self.rows)
        counts = dict(zip(found.values, found.counts.tolist(), strict=True))
        return np.array([counts.get(value, 0.0) for value in values], dtype=np.float64)

    def crosstabs(self, axes: Sequence[Axis], sets: Sequence[tuple[int, ...]], /) -> list[NDArray[np.float64]]:
        """Rows by the cells of several columns at once: for each set of axes an array of their widths."""
        coded = [self._coded(axis) for axis in axes]
        tables = []
        for chosen in sets:
            shape = tuple(axes[axis].width for axis in chosen)
            flat = np.ravel_multi_index([coded[axis] for axis in chosen], shape)
            counted = np.bincount(flat, weights=self._weights, minlength=math.prod(shape))
            tables.append(counted.reshape(shape).astype(np.float64))
        return tables

    def _coded(self, axis: Axis) -> NDArray[np.int64]:
        """The cell of each row."""
        values, missing = self._arrays[axis.position]
        if isinstance(axis, OrderedAxis):
            return cell_numbers(values, missing, axis.edges)
        if isinstance(axis, HashAxis):
            place = {text: _hashed(text) % axis.buckets for text in set(values.tolist())}
            return np.fromiter((place[text] for text in values), dtype=np.int64, count=len(values))
        others = len(axis.values)
        place = {value: index for index, value in enumerate(axis.values)}
        cells = np.fromiter((place.get(text, others) for text in values), dtype=np.int64, count=len(values))
        cells[missing] = others + 1
        return cells

    def distinct(self, position: int, reading: Reading, /) -> int:  # noqa: ARG002
        """Number of distinct values, NULL apart."""
        values, missing = self._arrays[position]
        return len(set(values[~missing].tolist()))

    def shared(self, other: Table, position: int, other_position: int, reading: Reading, /) -> int | None:
        """Distinct values that the other table holds too."""
        mine, missing = self._arrays[position]
        theirs, other_missing = other.fetch([(other_position, reading)]).columns[0]
        return len(set(mine[~missing].tolist()) & set(theirs[~other_missing].tolist()))


def _hashed(text: str) -> int:
    return int(hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:8], 16)


def _shape(text: str) -> str:
    shape = text
    for pattern, stand_in in _SHAPE_STEPS:
        shape = pattern.sub(stand_in, shape)
    return f"{shape[:SHAPE_LENGTH]} · {len(text)}"
