"""Counts of samples, read and checked: one row for each sample, or one for each cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, library, numbers, printable
from kullback.decisions._grouped import Codes, Floats
from kullback.decisions._labels import numbered


@dataclass(frozen=True, eq=False)
class Samples:
    """Counts by sample and taxon, the group and the unit of each sample.

    Attributes:
        counts: Shape ``(samples, taxa)``.
        taxa: Names of the taxa.
        group: Group of each sample, from 0.
        groups: Names of the groups.
        unit: Unit of each sample, from 0; the sample itself where none was given.
    """

    counts: Floats
    taxa: tuple[str, ...]
    group: Codes
    groups: tuple[str, ...]
    unit: Codes


def read_samples(counts: Any, group: Any, sample: Any, unit: Any, category: Any, taxa: Any, /) -> Samples:
    """Bring a table or arrays in.

    Args:
        counts: Table or array, one row for each sample, or one for each cell with `category`.
        group: Name of a column, or one value for each row.
        sample: The same for the sample that rows belong to, or None.
        unit: The same for the unit that samples belong to, or None.
        category: The same for the category of each cell; None where rows hold counts.
        taxa: Names or a pattern of the columns that hold counts, or None.
    """
    columns = _columns(counts)
    group_values = _column(counts, columns, group, "group")
    rows = len(group_values)
    if columns is None:
        counts = _even(counts)
    if category is not None or (columns is None and np.ndim(counts) == 1):
        cells = counts if category is None else _column(counts, columns, category, "category")
        code, names = _codes(np.asarray(cells), rows, "category" if category is not None else "counts")
        table = np.zeros((rows, len(names)))
        table[np.arange(rows), code] = 1.0
        # Cells are no samples: without a column of them each group is one.
        sample = group_values if sample is None else sample
    else:
        used = {one for one in (group, sample, unit) if isinstance(one, str)}
        table, names = _wide(counts, columns, taxa, used, rows)
    group_code, group_names = _codes(group_values, rows, "group")
    if len(group_names) < 2:
        raise InputError(f"group holds one group, {group_names[0]}. Two or more are needed.")
    unit_code = None if unit is None else _codes(_column(counts, columns, unit, "unit"), rows, "unit")[0]
    if sample is not None:
        sample_code, _ = _codes(_column(counts, columns, sample, "sample"), rows, "sample")
        # A sample with rows in two groups is two samples of one unit.
        units = sample_code if unit_code is None else unit_code
        _, first, which = np.unique(sample_code * len(group_names) + group_code, return_index=True, return_inverse=True)
        table = _added(table, which, len(first))
        group_code, unit_code = group_code[first], units[first]
    kept = table.sum(axis=1) > 0
    if not kept.all():
        raise InputError(f"row {int(np.argmin(kept))} has no counts at all. Leave out samples without reads.")
    seen = table.sum(axis=0) > 0
    unit_code = np.arange(len(table)) if unit_code is None else np.unique(unit_code, return_inverse=True)[1]
    taxa_names = tuple(name for name, here in zip(names, seen.tolist(), strict=True) if here)
    return Samples(table[:, seen], taxa_names, group_code, group_names, unit_code)


def _added(table: Floats, which: Codes, count: int) -> Floats:
    found = np.zeros((count, table.shape[1]))
    np.add.at(found, which, table)
    return found


def _columns(counts: Any) -> list[str] | None:
    """Names of the columns of a table; None for an array."""
    if isinstance(counts, Mapping):
        return list(counts)
    if hasattr(counts, "columns") and not library(counts):
        return list(counts.columns)
    return None


def _column(counts: Any, columns: list[str] | None, given: Any, name: str) -> NDArray[Any]:
    if isinstance(given, str):
        if columns is None:
            raise InputError(f"{name} = {given!r} names a column, but counts is no table. Give one value for each row.")
        if given not in columns:
            shown = ", ".join(repr(one) for one in columns[:10])
            raise InputError(f"{name} = {given!r} is no column of counts. It has {shown}{', …' * (len(columns) > 10)}.")
        return np.asarray(counts[given])
    array = np.asarray(given)
    if array.ndim != 1 or not len(array):
        raise InputError(f"{name} has shape {array.shape}. One value for each row is needed, or the name of a column.")
    return array


def _even(counts: Any) -> NDArray[Any]:
    try:
        return numbers(counts) if library(counts) == "torch" else np.asarray(counts)
    except ValueError:
        raise InputError("counts has rows of different lengths. Counts of shape (samples, taxa) are needed.") from None


def _wide(
    counts: Any, columns: list[str] | None, taxa: Any, used: set[str], rows: int
) -> tuple[Floats, tuple[str, ...]]:
    if columns is None:
        array = np.asarray(counts)
        names = range(array.shape[1]) if array.ndim == 2 else range(0)
        listed = tuple(str(one) for one in (names if taxa is None else taxa))
    else:
        listed = _taxa(columns, taxa, used)
        array = np.stack([np.asarray(counts[name]) for name in listed], axis=1) if listed else np.zeros((rows, 0))
    if array.ndim != 2 or array.shape[0] != rows or array.shape[1] != len(listed) or array.shape[1] < 1:
        raise InputError(
            f"counts has shape {array.shape}, group has {rows} values and there are {len(listed)} names of taxa. "
            "Counts of shape (samples, taxa) are needed, with the group of each sample."
        )
    if array.dtype.kind not in "biuf":
        text = next((name for place, name in enumerate(listed) if not _is_number(array[0, place])), listed[0])
        raise InputError(
            f"the column {text!r} holds no counts. Say which columns do: taxa=[...] or a pattern, taxa='asv_*'."
        )
    array = array.astype(np.float64)
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        row, place = np.argwhere(bad)[0].tolist()
        raise InputError(
            f"counts holds {array[row, place]} for {listed[place]} in row {row}. Finite numbers from 0 on are needed."
        )
    return array, tuple(printable(name, 40) for name in listed)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number)


def _taxa(columns: list[str], taxa: Any, used: set[str]) -> tuple[str, ...]:
    if taxa is None:
        return tuple(one for one in columns if one not in used)
    if isinstance(taxa, str):
        found = tuple(one for one in columns if fnmatchcase(one, taxa))
    else:
        found = tuple(taxa) if isinstance(taxa, Sequence) else ()
    missing = [one for one in found if one not in columns]
    if not found or missing:
        came = f"{missing[0]!r} is no column" if missing else "no column fits"
        raise InputError(f"taxa = {taxa!r}: {came}. Columns are {', '.join(map(repr, columns[:10]))}, ….")
    return found


def _codes(values: NDArray[Any], rows: int, name: str) -> tuple[Codes, tuple[str, ...]]:
    code, kinds = numbered(values, rows, name)
    return code, tuple(printable(str(one), 40) for one in kinds)
