"""The cells that rows are counted in: categories, stretches of numbers, and what was never seen."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, is_array, numbers

Labels = tuple[float | str, ...]
REST, MISSING = "other", "missing"


@dataclass(frozen=True, eq=False)
class Cells:
    """How the rows of a column become counts.

    Attributes:
        kind: "outcomes" for codes 0, 1, … of a known law, "categories", or "numbers".
        labels: Categories in order; the rest and missing rows have cells of their own behind them.
        edges: Ends of the stretches of numbers; below, above and missing are cells of their own.
    """

    kind: str
    labels: Labels = ()
    edges: tuple[float, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """One name for each cell."""
        if self.kind == "numbers":
            inner = [f"[{low:.4g}, {high:.4g})" for low, high in zip(self.edges, self.edges[1:], strict=False)]
            # The largest value seen belongs to the last stretch.
            inner = [*inner[:-1], *(one.replace(")", "]") for one in inner[-1:])]
            return (f"below {self.edges[0]:.4g}", *inner, f"above {self.edges[-1]:.4g}", MISSING)
        return (*map(_name, self.labels), REST, MISSING)

    def count(self, rows: Any, name: str = "batch", /) -> NDArray[np.int64]:
        """Counts of the rows in each cell.

        Args:
            rows: A column: array, list, Series.
            name: Name of the argument for errors.

        Returns:
            Whole numbers, one for each of `names`.

        Raises:
            InputError: Numbers were expected and something else came.
        """
        values = read_column(rows, name)
        if self.kind == "numbers":
            return self._count_numbers(values, name)
        found = tally(values)
        counts = [found.pop(label, 0) for label in self.labels]
        missing = found.pop(None, 0)
        return np.array([*counts, sum(found.values()), missing], dtype=np.int64)

    def count_labelled(self, counts: Any, /) -> NDArray[np.int64]:
        """The same from counts: a mapping from label to count, or one count for each label in order."""
        if hasattr(counts, "items"):
            found = {label_of(label): _whole(number) for label, number in counts.items()}
        elif len(counts) == len(self.labels):
            found = dict(zip(self.labels, map(_whole, counts), strict=True))
        else:
            raise InputError(
                f"counts has {len(counts)} entries, the reference {len(self.labels)} categories. Give one count for "
                "each, or a mapping from label to count."
            )
        if self.kind == "numbers":
            raise InputError("counts came, but the reference is a sample of numbers. Give the numbers themselves.")
        missing = found.pop(None, 0)
        inside = [found.pop(label, 0) for label in self.labels]
        return np.array([*inside, sum(found.values()), missing], dtype=np.int64)

    def _count_numbers(self, values: NDArray[Any], name: str) -> NDArray[np.int64]:
        """Counts of numbers between the edges."""
        try:
            plain = (
                values if values.dtype.kind in "iufb" else [np.nan if one is None else one for one in values.tolist()]
            )
            array = np.array(plain, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"{name} holds values that are no numbers, the reference holds numbers.") from error
        known = array[~np.isnan(array)]
        places = np.searchsorted(self.edges, known, side="right")
        # The largest value seen belongs to the last stretch.
        places = np.where(known == self.edges[-1], len(self.edges) - 1, places)
        counts = np.bincount(places, minlength=len(self.edges) + 1)
        return np.append(counts, len(array) - len(known)).astype(np.int64)


def outcome_cells(labels: Any, /) -> Cells:
    """Cells of a law over so many outcomes, or over labels.

    Args:
        labels: The number of outcomes 0, 1, …, or their labels.

    Returns:
        The cells.
    """
    names = [float(one) for one in range(labels)] if isinstance(labels, int) else [label_of(one) for one in labels]
    return Cells("outcomes", tuple(one for one in names if one is not None))


def learned_cells(rows: Any, most: int, /) -> Cells:
    """Cells chosen by rows of the reference that are counted nowhere.

    Args:
        rows: A column.
        most: Categories at most, or stretches of numbers.

    Returns:
        Categories where there are few distinct values or the values are no numbers, otherwise stretches of numbers.
    """
    values = read_column(rows, "reference")
    common = [(label, count) for label, count in tally(values).most_common() if label is not None]
    if len(common) > most and all(isinstance(label, float) for label, _ in common):
        known = np.array([label for label, count in common for _ in range(count)], dtype=np.float64)
        edges = np.unique(np.quantile(known[np.isfinite(known)], np.linspace(0.0, 1.0, most + 1)))
        return Cells("numbers", edges=tuple(edges.tolist()))
    return Cells("categories", tuple(label for label, _ in sorted(common[:most], key=lambda one: str(one[0]))))


def read_column(rows: Any, name: str, /) -> NDArray[Any]:
    """A column as an array of one dimension.

    Args:
        rows: Array, list or Series.
        name: Name of the argument for errors.

    Returns:
        Numbers as floats, anything else as objects.

    Raises:
        InputError: It has more dimensions, or none.
    """
    if is_array(rows) and not isinstance(rows, np.ndarray):
        rows = numbers(rows)
    try:
        values = np.asarray(rows.to_numpy() if hasattr(rows, "to_numpy") else rows)
    except ValueError:
        raise InputError(f"{name} has rows of different lengths. One column, of shape (rows,), is needed.") from None
    if isinstance(rows, list | tuple):
        values = np.array([*rows, None], dtype=object)[:-1]  # what NumPy would turn into text stays what it is
    if values.ndim != 1:
        raise InputError(f"{name} has shape {values.shape}. One column, of shape (rows,), is needed.")
    return values


def tally(values: NDArray[Any], /) -> Counter[Any]:
    """How often each label is there; None stands for missing ones.

    Args:
        values: A column, see `read_column`.

    Returns:
        Counts by label.
    """
    if values.dtype.kind == "O":
        return Counter(map(label_of, values.tolist()))
    kinds, counts = np.unique(values, return_counts=True)
    return Counter(dict(zip(map(label_of, kinds.tolist()), counts.tolist(), strict=True)))


def label_of(value: Any, /) -> float | str | None:
    """A value as it is counted: truth values, numbers and text are told apart; None and NaN are missing."""
    if isinstance(value, list | tuple | dict | np.ndarray):
        raise InputError(f"A column holds {type(value).__name__} values. Numbers, text or truth values are needed.")
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT are not themselves
        return None
    if isinstance(value, bool | np.bool_):
        return f"{bool(value)}"
    if isinstance(value, int | float | np.number):
        return float(value)
    return str(value)


def _name(label: float | str) -> str:
    return f"{label:g}" if isinstance(label, float) else str(label)


def _whole(number: Any) -> int:
    value = float(number)
    if not (value >= 0 and value == int(value)):
        raise InputError(f"counts holds {number!r}. Whole numbers of rows are needed.")
    return int(value)
