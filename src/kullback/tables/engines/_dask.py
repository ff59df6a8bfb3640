"""Counting with Dask: every partition is counted where it is, and only counts come back."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import duckdb
import numpy as np

from kullback._core import InputError
from kullback.tables.counts._reading import Reading
from kullback.tables.engines._duckdb import DuckTable
from kullback.tables.engines._kernel import Bins, bin_values, coarse_keys
from kullback.tables.engines._session import Session, quote_name
from kullback.tables.engines._table import (
    Fetched,
    Table,
    ValueCounts,
    bad_weights_error,
    steady,
    weight_place,
    weight_quantum,
)
from kullback.tables.engines._together import (
    AnsweredQuestions,
    BinQuestion,
    CellQuestion,
    DistinctQuestion,
    SharedQuestion,
    TextQuestion,
)
from kullback.tables.sources._frames import scannable

# Columns counted side by side.
_COLUMNS = 100
# Values of a partition that are listed: all.
_ALL = 2**62


@dataclass(frozen=True)
class _Rows:
    """How the rows of a partition are read: by everything that is known of the whole."""

    where: str | None
    weights: str | None
    unit: tuple[str, ...]
    quantum: float | None = None


class DaskTable(AnsweredQuestions):
    """A DataFrame of Dask, whose partitions are frames of pandas.

    Attributes:
        name: What the user called it.
        rows: Number of rows after the filter.
        columns: Its columns under their exact names.
        weight: Sum of the weights, or the rows.
        effective_rows: Kish's effective number of rows.
        unit: Position of the texts of the units; None without units.
    """

    def __init__(
        self, frame: Any, *, name: str, where: str | None, weights: str | None, unit: tuple[str, ...] = ()
    ) -> None:
        """Count the rows.

        Args:
            frame: The DataFrame.
            name: What it is called.
            where: SQL condition on rows, in DuckDB's dialect.
            weights: Column of row weights, which is then left out of `columns`.
            unit: Names of the columns that together name a unit of rows, likewise.
        """
        self.name = name
        self.parallel = 1
        self.batch = _COLUMNS
        self._dask = import_module("dask")
        self._parts = frame.to_delayed()
        self._rows = _Rows(where, weights, unit)
        with Session(threads=1) as session:
            # What can be told without a row: names, types, and what is wrong with them.
            try:
                described = _Part(session, frame._meta, self._rows, name)  # noqa: SLF001 - what Dask calls its schema
            except duckdb.Error as error:
                raise InputError(
                    f"cannot apply the filter {where!r} to {name!r}: {str(error).splitlines()[0]}"
                ) from None
            self.columns, self.unit = described.columns, described.unit
        sizes = np.array(self._each(_sizes, self._rows), dtype=np.float64).reshape(-1, 4).sum(axis=0)
        self.rows = int(sizes[0])
        self.weight = self.effective_rows = float(self.rows)
        if weights is not None:
            self._take_weights(weights, *sizes[1:].tolist())

    def _take_weights(self, weights: str, total: float, squares: float, bad: float) -> None:
        if bad or (self.rows and not total):
            raise bad_weights_error(self.name, weights, int(bad))
        if self.rows:
            self.effective_rows = steady(total**2 / squares)
            self._rows = _Rows(self._rows.where, weights, self._rows.unit, weight_quantum(total))
            self.weight = float(sum(self._each(_total, self._rows)))

    def _each(self, step: Any, *arguments: Any) -> list[Any]:
        """What a function makes of each partition, one job for all."""
        task = self._dask.delayed(step)
        found: tuple[list[Any], ...] = self._dask.compute([task(part, *arguments, self.name) for part in self._parts])
        return found[0]

    def fetch(self, wanted: list[tuple[int, Reading]], /) -> Fetched:
        """Images of several columns and the weights of the rows."""
        parts = self._each(_fetched, self._rows, wanted)
        columns = [
            (
                np.concatenate([part.columns[place][0] for part in parts]),
                np.concatenate([part.columns[place][1] for part in parts]),
            )
            for place in range(len(wanted))
        ]
        weights = None if parts[0].weights is None else np.concatenate([part.weights for part in parts])
        return Fetched(columns, weights)

    def sample(self, wanted: list[tuple[int, Reading]], size: int, seed: str, /) -> Fetched:  # noqa: ARG002
        """Whole rows are not to be had."""
        raise InputError(
            f"{self.name!r} is a Dask DataFrame, of which kullback takes counts alone: for joint and why write it "
            "to Parquet and compare the files."
        )

    def answer(self, questions: Sequence[Any], /) -> list[Any]:
        """The answers to questions of one kind, in their order; one job."""
        if isinstance(questions[0], SharedQuestion):
            return [self._shared(question) for question in questions]
        parts = self._each(_answers, self._rows, list(questions))
        return [
            _combined(question, [part[place] for part in parts], weighted=self._rows.weights is not None)
            for place, question in enumerate(questions)
        ]

    def _shared(self, question: SharedQuestion) -> int | None:
        if not isinstance(question.other, DaskTable):
            return None
        mine = self.heaviest(question.position, question.reading, _ALL)
        theirs = question.other.heaviest(question.other_position, question.reading, _ALL)
        return len(set(mine.values) & set(theirs.values))


class _Part(DuckTable):
    """A partition; what is right for its weights is for the whole to say."""

    sums: tuple[float, float, int] = (0.0, 0.0, 0)

    def __init__(self, session: Session, part: Any, rows: _Rows, name: str) -> None:
        self._quantum = rows.quantum
        frame, names = scannable(part)
        scan = quote_name(session.register(frame))
        super().__init__(session, name, scan, names=names, where=rows.where, weights=rows.weights, unit=rows.unit)

    def _check_weights(self, names: list[str], weights: str) -> str:
        column = f"TRY_CAST({self._expressions[weight_place(self.name, weights, names)]} AS DOUBLE)"
        if self._quantum is not None:
            return self._rounded(column, self._quantum)
        self.sums = self._weigh(column)
        return column


def _sizes(part: Any, rows: _Rows, name: str) -> tuple[float, ...]:
    """Rows; sum of the weights, of their squares, and how many are none."""
    with Session(threads=1) as session:
        table = _Part(session, part, rows, name)
        return (float(table.rows), *table.sums)


def _total(part: Any, rows: _Rows, name: str) -> float:
    with Session(threads=1) as session:
        return _Part(session, part, rows, name).weight


def _fetched(part: Any, rows: _Rows, wanted: list[tuple[int, Reading]], name: str) -> Fetched:
    with Session(threads=1) as session:
        return _Part(session, part, rows, name).fetch(wanted)


def _answers(part: Any, rows: _Rows, questions: list[Any], name: str) -> list[Any]:
    with Session(threads=1) as session:
        table = _Part(session, part, rows, name)
        return [_answer(table, question) for question in questions]


def _answer(table: Table, question: Any) -> Any:
    """What a partition knows; of texts everything, as the heaviest of the whole may be light in every part."""
    if isinstance(question, BinQuestion) and question.exact:
        return _valued(table.fetch([(question.position, question.reading)]))
    if isinstance(question, BinQuestion):
        return table.refined(question.position, question.reading, list(question.grids))
    if isinstance(question, CellQuestion):
        return table.crosstabs(question.axes, question.sets)
    if isinstance(question, TextQuestion) and question.shaped:
        return table.shapes(question.position, question.reading, _ALL)
    return table.heaviest(question.position, question.reading, _ALL)


def _valued(fetched: Fetched) -> Bins:
    """Bins of a column, one for every distinct value; NULL has one too."""
    ((values, missing),) = fetched.columns
    _, place = np.unique(values, return_inverse=True)
    bins = bin_values(values, np.where(missing, -1, place), fetched.weights)
    return replace(bins, key=coarse_keys(bins.low, bins.key < 0))


def _combined(question: Any, parts: list[Any], *, weighted: bool) -> Any:
    if isinstance(question, BinQuestion) and question.exact:
        # Whoever asks for values takes them as often as they come.
        return _beside(parts, weighted=weighted)
    if isinstance(question, BinQuestion):
        return _merged_bins(parts, weighted=weighted)
    if isinstance(question, CellQuestion):
        return [sum(tables) for tables in zip(*parts, strict=True)]
    if isinstance(question, DistinctQuestion):
        return len({value for part in parts for value in part.values})
    return _merged_texts(parts, question.limit)


def _merged_texts(parts: list[ValueCounts], limit: int) -> ValueCounts:
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(dict(zip(part.values, part.counts.tolist(), strict=True)))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0].encode("utf-8", "replace")))[:limit]
    return ValueCounts(
        tuple(value for value, _ in ranked),
        np.array([count for _, count in ranked], dtype=np.float64),
        math.fsum(part.missing for part in parts),
        sum(part.rows for part in parts),
        math.fsum(part.total for part in parts),
        len(counts),
    )


def _beside(parts: list[Bins], *, weighted: bool) -> Bins:
    fields = ("key", "count", "low", "high", "total", *(("weight",) if weighted else ()))
    return Bins(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))


def _merged_bins(parts: list[Bins], *, weighted: bool) -> Bins:
    bins = _beside(parts, weighted=weighted)
    order = np.argsort(bins.key, kind="stable")
    key, first = np.unique(bins.key[order], return_index=True)
    if not len(key):
        return bins
    # Beside NaN and NULL, whose bins carry no bounds, no comparison here meets NaN.
    with np.errstate(invalid="ignore", over="ignore"):
        return Bins(
            key,
            np.add.reduceat(bins.count[order], first),
            np.minimum.reduceat(bins.low[order], first),
            np.maximum.reduceat(bins.high[order], first),
            np.add.reduceat(bins.total[order], first),
            None if bins.weight is None else np.add.reduceat(bins.weight[order], first),
        )
