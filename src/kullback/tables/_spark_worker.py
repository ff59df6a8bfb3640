"""What runs on Spark's workers: the kernel on Arrow batches.

Sent by value together with `_kernel`, so that workers need NumPy and pyarrow and nothing of ours. Hence no import of
other files of the package here, and plain values instead of its records.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback.tables._kernel import (
    Grid,
    Values,
    bin_values,
    cell_numbers,
    coarse_keys,
    histogram,
    refined_keys,
)

_DAY = 86_400_000_000


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


def bin_batches(image: str, scale: int, unit: str, grids: list[Grid], /) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """A function for ``mapInArrow`` that counts batches by bin."""

    def count(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415

        bound = {"float": pa.float64(), "int": pa.int64(), "huge": pa.decimal128(38, 0)}[image]
        for batch in batches:
            values, missing = arrow_image(batch.column(0), image, scale, unit)
            weights = batch.column(1).to_numpy(zero_copy_only=False) if batch.num_columns > 1 else None
            keys = coarse_keys(values, missing)
            chosen = np.ones(len(keys), dtype=bool)
            for grid in grids:
                keys = refined_keys(values, keys, grid)
                chosen = keys >= 0
            bins = bin_values(values[chosen], keys[chosen], None if weights is None else weights[chosen])
            yield pa.RecordBatch.from_arrays(
                [
                    pa.array(bins.key),
                    pa.array(bins.count),
                    pa.array(bins.low.tolist(), type=bound),
                    pa.array(bins.high.tolist(), type=bound),
                    pa.array(bins.total),
                    pa.array(bins.count.astype(np.float64) if bins.weight is None else bins.weight),
                ],
                names=["k", "n", "low", "high", "total", "weight"],
            )

    return count


def histogram_batches(image: str, scale: int, unit: str, edges: Values, /) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """A function for ``mapInArrow`` that counts batches by given cells."""

    def count(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415

        for batch in batches:
            values, missing = arrow_image(batch.column(0), image, scale, unit)
            weights = batch.column(1).to_numpy(zero_copy_only=False) if batch.num_columns > 1 else None
            counts = histogram(values, missing, edges, weights)
            cells = pa.array(range(len(counts)), type=pa.int64())
            yield pa.RecordBatch.from_arrays([cells, pa.array(counts)], names=["cell", "n"])

    return count


def crosstab_batches(
    axes: list[tuple[Any, ...]], sets: list[tuple[int, ...]], /
) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """A function for ``mapInArrow`` that counts batches by the cells of several columns, for each set of columns.

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

    def count(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415

        for batch in batches:
            cells = [coded(batch.column(index), axis, places[index]) for index, axis in enumerate(axes)]
            weights = batch.column(len(axes)).to_numpy(zero_copy_only=False) if batch.num_columns > len(axes) else None
            for table, chosen in enumerate(sets):
                flat = np.ravel_multi_index([cells[index] for index in chosen], [axes[index][1] for index in chosen])
                found, inverse = np.unique(flat, return_inverse=True)
                sums = np.bincount(inverse, weights=weights).astype(np.float64)
                yield pa.RecordBatch.from_arrays(
                    [pa.array(np.full(len(found), table, dtype=np.int64)), pa.array(found), pa.array(sums)],
                    names=["t", "cell", "n"],
                )

    return count
