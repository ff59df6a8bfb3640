"""What runs on Spark's workers: the kernel on Arrow batches.

Sent by value together with `_kernel`, so that workers need NumPy and pyarrow and nothing of ours. Hence no import of
other files of the package here, and plain values instead of its records.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback.tables.engines._kernel import (
    Bins,
    Grid,
    Values,
    bin_distinct,
    bin_values,
    cell_numbers,
    coarse_keys,
    merge_bins,
    refined_keys,
)

_DAY = 86_400_000_000
# Counts of several batches are held so long, one by one, before they are added up.
_HELD = 8192
# So many distinct texts of a column are held by a task; of columns with more, adding them up saves nothing.
_MOST_TEXTS = 100_000

Batches = Callable[[Iterable[Any]], Iterator[Any]]


def arrow_image(column: Any, image: str, scale: int, unit: str, /) -> tuple[Values, NDArray[np.bool_]]:
    """Image and NULL mask of an Arrow array."""
    import pyarrow as pa  # noqa: PLC0415 - optional, and present wherever Spark runs Python on Arrow batches

    missing = np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    if pa.types.is_null(column.type):
        return np.zeros(len(column), dtype={"float": np.float64, "int": np.int64, "huge": object}[image]), missing
    if image == "float":
        return np.asarray(column.cast(pa.float64()).fill_null(0.0), dtype=np.float64) + 0.0, missing
    if pa.types.is_decimal(column.type):
        whole = [0 if value is None else int(value.scaleb(scale)) for value in column.to_pylist()]
        return np.array(whole, dtype=object if image == "huge" else np.int64), missing
    if pa.types.is_date32(column.type):
        days = np.asarray(column.cast(pa.int32()).fill_null(0), dtype=np.int64)
        return days * _DAY if unit == "us" else days, missing
    steps = np.asarray(column.cast(pa.int64()).fill_null(0), dtype=np.int64)
    return (steps.astype(object) * 10**scale if image == "huge" else steps), missing


def bin_batches(columns: Sequence[tuple[str, int, str, list[Grid], bool]], /) -> Batches:
    """A function for ``mapInArrow`` that counts columns by bin, each partition once.

    Args:
        columns: For each its image, scale and unit, the grids that split its bins, and whether every distinct value has
            a bin of its own. A further column, if there is one, holds the weights.
    """

    def bins_of(batch: Any, index: int) -> Bins:
        image, scale, unit, grids, exact = columns[index]
        values, missing = arrow_image(batch.column(index), image, scale, unit)
        weights = _weights(batch, len(columns))
        if exact:
            return bin_distinct(values, missing, weights)
        keys = coarse_keys(values, missing)
        chosen = np.ones(len(keys), dtype=bool)
        for grid in grids:
            keys = refined_keys(values, keys, grid)
            chosen = keys >= 0
        return bin_values(values[chosen], keys[chosen], None if weights is None else weights[chosen])

    def count(batches: Iterable[Any]) -> Iterator[Any]:
        sums: list[_Sum] = [_Sum(merge_bins, lambda bins: len(bins.key)) for _ in columns]
        for batch in batches:
            for index, column in enumerate(columns):
                bins = bins_of(batch, index)
                if column[4]:
                    # Values of one bin are not to be taken together.
                    yield _bin_batch(index, column[0], bins)
                else:
                    sums[index].add(bins)
        for index, column in enumerate(columns):
            for bins in sums[index].whole():
                yield _bin_batch(index, column[0], bins)

    return count


class _Sum:
    """Counts of many batches, added up whenever enough are held."""

    def __init__(self, merge: Callable[[list[Any]], Any], size: Callable[[Any], int]) -> None:
        self._merge, self._size = merge, size
        self._parts: list[Any] = []
        self._held = 0
        self._most = _HELD

    def add(self, part: Any) -> int:
        """Add one; the number of counts held."""
        self._parts.append(part)
        self._held += self._size(part)
        if self._held > self._most:
            self._parts = [self._merge(self._parts)]
            self._held = self._size(self._parts[0])
            self._most = 2 * self._held + _HELD
        return self._held

    def whole(self) -> list[Any]:
        """The sum, if there is one; from here on it starts again."""
        parts, self._parts, self._held = self._parts, [], 0
        return [self._merge(parts)] if parts else []


def to_ordered(values: Values, /) -> NDArray[np.int64]:
    """Floats as integers in the same order."""
    return _flipped(values.astype(np.float64).view(np.int64))


def from_ordered(bits: NDArray[np.int64], /) -> NDArray[np.float64]:
    """The floats that `to_ordered` made integers of."""
    return _flipped(bits).view(np.float64)


def _flipped(bits: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(bits < 0, bits ^ np.int64(2**63 - 1), bits)


def _bin_batch(index: int, image: str, bins: Bins) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    huge = pa.decimal128(38, 0)
    nothing = pa.nulls(len(bins.key), huge)
    low, high = (to_ordered(bound) if image == "float" else bound for bound in (bins.low, bins.high))
    if image == "huge":
        bounds = [pa.array(np.zeros(len(low), dtype=np.int64))] * 2 + [
            pa.array(bound.tolist(), type=huge) for bound in (low, high)
        ]
    else:
        bounds = [pa.array(low, type=pa.int64()), pa.array(high, type=pa.int64()), nothing, nothing]
    weight = bins.count.astype(np.float64) if bins.weight is None else bins.weight
    arrays = [_repeated(index, len(bins.key)), pa.array(bins.key), pa.array(bins.count), *bounds]
    return pa.RecordBatch.from_arrays([*arrays, pa.array(bins.total), pa.array(weight)], names=list(BIN_NAMES))


BIN_NAMES = ("c", "k", "n", "low", "high", "huge_low", "huge_high", "total", "weight")


def _repeated(index: int, rows: int) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    return pa.array(np.full(rows, index, dtype=np.int32))


def _weights(batch: Any, columns: int) -> NDArray[np.float64] | None:
    return batch.column(columns).to_numpy(zero_copy_only=False) if batch.num_columns > columns else None


def text_batches(columns: int, /) -> Batches:
    """A function for ``mapInArrow`` that counts texts by column and text; a further column holds weights."""

    def count(batches: Iterable[Any]) -> Iterator[Any]:
        sums = [_Sum(_merged_texts, lambda table: int(table.num_rows)) for _ in range(columns)]
        for batch in batches:
            weights = _weights(batch, columns)
            for index, one in enumerate(sums):
                if one.add(_texts(batch.column(index), weights)) > _MOST_TEXTS:
                    yield from _text_batches(index, one.whole())
        for index, one in enumerate(sums):
            yield from _text_batches(index, one.whole())

    return count


def _texts(column: Any, weights: NDArray[np.float64] | None) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    masses = np.ones(len(column)) if weights is None else weights
    rows = np.ones(len(column), dtype=np.int64)
    return _merged_texts([pa.table({"x": column, "n": pa.array(masses), "r": pa.array(rows)})])


def _merged_texts(parts: list[Any]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    whole = pa.concat_tables(parts).group_by("x", use_threads=False).aggregate([("n", "sum"), ("r", "sum")])
    return pa.table({"x": whole["x"], "n": whole["n_sum"], "r": whole["r_sum"]})


def _text_batches(index: int, tables: list[Any]) -> Iterator[Any]:
    for table in tables:
        for part in table.combine_chunks().to_batches():
            yield part.add_column(0, "c", _repeated(index, part.num_rows))


def heaviest_texts(limits: list[int], /) -> Callable[[Any], Any]:
    """A function for ``applyInArrow`` that keeps the heaviest texts of each column, and what all others sum up to.

    Takes rows ``(c, x, n, r, d)``: a text `x` of column `c` with its weight, its rows, and one as the number of texts.
    A row without text and with `d` stands for others, one without both for NULL. Gives rows of the same form; done
    twice, on parts and on what remains of them, it comes to the same.
    """

    def heaviest(whole: Any) -> Any:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.compute as pc  # noqa: PLC0415

        texts = whole.filter(pc.is_valid(whole["x"]))
        texts = texts.sort_by([("c", "ascending"), ("n", "descending"), ("x", "ascending")])
        column = texts["c"].to_numpy()
        rank = np.arange(len(column)) - np.searchsorted(column, column)
        kept = pa.array(rank < np.array(limits)[column])
        others = pa.concat_tables([whole.filter(pc.is_null(whole["x"])), texts.filter(pc.invert(kept))])
        others = others.append_column("null", pc.is_null(others["d"])).group_by(["c", "null"], use_threads=False)
        sums = others.aggregate([("n", "sum"), ("r", "sum"), ("d", "sum")])
        nothing = pa.nulls(sums.num_rows, whole.schema.field("x").type)
        rest = [sums["c"], nothing, sums["n_sum"], sums["r_sum"], sums["d_sum"]]
        return pa.concat_tables([texts.filter(kept), pa.Table.from_arrays(rest, schema=whole.schema)])

    return heaviest


def heaviest_batches(limits: list[int], /) -> Batches:
    """The same for ``mapInArrow``, on whatever of the rows lies in a partition."""
    heaviest = heaviest_texts(limits)

    def count(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415

        held = _Sum(lambda parts: heaviest(pa.concat_tables(parts)), lambda table: int(table.num_rows))
        for batch in batches:
            held.add(pa.Table.from_batches([batch]))
        for table in held.whole():
            yield from table.combine_chunks().to_batches()

    return count


def crosstab_batches(axes: list[tuple[Any, ...]], sets: list[tuple[int, ...]], /) -> Batches:
    """A function for ``mapInArrow`` that counts by the cells of several columns, for each set of them.

    Args:
        axes: For each column ``("ordered", width, image, scale, unit, edges)``, ``("values", width, values)`` or
            ``("hash", width)``, the number of the cell itself.
        sets: Columns that are counted together.
    """
    places = [{value: place for place, value in enumerate(axis[2])} if axis[0] == "values" else {} for axis in axes]

    def coded(column: Any, axis: tuple[Any, ...], place: dict[str, int]) -> NDArray[np.int64]:
        if axis[0] == "ordered":
            return cell_numbers(*arrow_image(column, *axis[2:5]), axis[5])
        if axis[0] == "hash":
            return np.asarray(column, dtype=np.int64)
        found = column.dictionary_encode()
        others = len(place)
        known = np.array([place.get(text, others) for text in found.dictionary.to_pylist()] + [others + 1])
        return known[np.asarray(found.indices.fill_null(len(known) - 1), dtype=np.int64)].astype(np.int64)

    def merged(parts: list[Any]) -> Any:
        found, place = np.unique(np.concatenate([cells for cells, _ in parts]), return_inverse=True)
        return found, np.bincount(place, weights=np.concatenate([sums for _, sums in parts]))

    def count(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415

        held = [_Sum(merged, lambda part: len(part[0])) for _ in sets]
        for batch in batches:
            cells = [coded(batch.column(index), axis, places[index]) for index, axis in enumerate(axes)]
            weights = _weights(batch, len(axes))
            masses = np.ones(batch.num_rows) if weights is None else weights
            for one, chosen in zip(held, sets, strict=True):
                widths = [axes[index][1] for index in chosen]
                one.add(merged([(np.ravel_multi_index([cells[index] for index in chosen], widths), masses)]))
        for table, one in enumerate(held):
            for found, sums in one.whole():
                arrays = [_repeated(table, len(found)), pa.array(found), pa.array(sums)]
                yield pa.RecordBatch.from_arrays(arrays, names=["c", "cell", "n"])

    return count
