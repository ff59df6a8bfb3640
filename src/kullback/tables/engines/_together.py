"""Columns counted side by side, whose questions are answered together: for engines in which every question is a job.

Each column is counted in a thread of its own, by the same functions as everywhere. A thread that asks the table waits;
once all of them wait, the table answers everything that was asked, in one job for each kind of question.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from kullback.tables.counts._reading import Reading
from kullback.tables.engines._axes import Axis, OrderedAxis, ValueAxis
from kullback.tables.engines._kernel import Bins, Grid, Values
from kullback.tables.engines._table import Column, Fetched, Table, ValueCounts

Plan = TypeVar("Plan")
Counted = TypeVar("Counted")


@dataclass(frozen=True, eq=False)
class BinQuestion:
    """Bins of an ordered column: after the splits of `grids`, or, if `exact`, one for every distinct value."""

    position: int
    reading: Reading
    grids: tuple[Grid, ...] = ()
    exact: bool = False


@dataclass(frozen=True, eq=False)
class TextQuestion:
    """The `limit` heaviest distinct texts of a column, or of their shapes."""

    position: int
    reading: Reading
    limit: int
    shaped: bool = False


@dataclass(frozen=True, eq=False)
class CellQuestion:
    """Rows by the cells of several columns at once, for each set of axes."""

    axes: tuple[Axis, ...]
    sets: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class DistinctQuestion:
    """Number of distinct values of a column, NULL apart."""

    position: int
    reading: Reading


@dataclass(frozen=True, eq=False)
class SharedQuestion:
    """Distinct values of a column that a column of another table holds too."""

    other: Table
    position: int
    other_position: int
    reading: Reading


Question = BinQuestion | TextQuestion | CellQuestion | DistinctQuestion | SharedQuestion


class BatchTable(Table, Protocol):
    """A table that answers many questions of one kind at once."""

    # How many columns are counted side by side, so that what they send back fits into memory.
    batch: int

    def answer(self, questions: Sequence[Any], /) -> list[Any]:
        """The answers to questions of one kind, in their order."""

    def values(self, position: int, reading: Reading, /) -> Bins:
        """Bins of an ordered column of a small table, one for every distinct value."""


class Questions(ABC):
    """The questions of a `Table`, each put as a record."""

    @abstractmethod
    def ask(self, question: Question, /) -> Any:
        """Put one question."""

    def coarse(self, position: int, reading: Reading, /) -> Bins:
        """Bins of an ordered column, sixteen to the octave."""
        bins: Bins = self.ask(BinQuestion(position, reading))
        return bins

    def refined(self, position: int, reading: Reading, grids: list[Grid], /) -> Bins:
        """Bins of an ordered column after the splits of `grids`."""
        bins: Bins = self.ask(BinQuestion(position, reading, tuple(grids)))
        return bins

    def values(self, position: int, reading: Reading, /) -> Bins:
        """Bins of an ordered column of a small table, one for every distinct value."""
        bins: Bins = self.ask(BinQuestion(position, reading, exact=True))
        return bins

    def histogram(self, position: int, reading: Reading, edges: Values, /) -> NDArray[np.float64]:
        """Finite values by given cells."""
        return self.crosstabs([OrderedAxis(position, reading, edges)], [(0,)])[0][: len(edges) + 1]

    def heaviest(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:
        """The `limit` heaviest distinct texts."""
        counts: ValueCounts = self.ask(TextQuestion(position, reading, limit))
        return counts

    def shapes(self, position: int, reading: Reading, limit: int, /) -> ValueCounts:
        """The `limit` heaviest shapes of a text column."""
        counts: ValueCounts = self.ask(TextQuestion(position, reading, limit, shaped=True))
        return counts

    def occurrences(self, position: int, reading: Reading, values: list[str], /) -> NDArray[np.float64]:
        """Rows of each of the given texts."""
        return self.crosstabs([ValueAxis(position, reading, tuple(values))], [(0,)])[0][: len(values)]

    def crosstabs(self, axes: Sequence[Axis], sets: Sequence[tuple[int, ...]], /) -> list[NDArray[np.float64]]:
        """Rows by the cells of several columns at once: for each set of axes an array of their widths; one job."""
        tables: list[NDArray[np.float64]] = self.ask(CellQuestion(tuple(axes), tuple(sets)))
        return tables

    def distinct(self, position: int, reading: Reading, /) -> int:
        """Number of distinct values, NULL apart."""
        return int(self.ask(DistinctQuestion(position, reading)))

    def shared(self, other: Table, position: int, other_position: int, reading: Reading, /) -> int | None:
        """Distinct values that the other table holds too; None where the two cannot be joined."""
        other = other.table if isinstance(other, AskedTable) else other
        found: int | None = self.ask(SharedQuestion(other, position, other_position, reading))
        return found


class AnsweredQuestions(Questions):
    """The questions of a table that answers many at once, put one by one."""

    @abstractmethod
    def answer(self, questions: Sequence[Any], /) -> list[Any]:
        """The answers to questions of one kind, in their order."""

    def ask(self, question: Question, /) -> Any:
        """Answer one question by itself."""
        return self.answer([question])[0]


class AskedTable(Questions):
    """A table as the threads see it: what they ask waits at the desk. It remembers what a column asks twice."""

    def __init__(self, table: BatchTable, desk: "_Desk", *, exact: bool) -> None:
        """Stand before a table; `exact` if it is so small that every value is to be counted."""
        self.exact = exact
        self.table = table
        self.name = table.name
        self.rows = table.rows
        self.columns: tuple[Column, ...] = table.columns
        self.weight = table.weight
        self.effective_rows = table.effective_rows
        self.parallel = table.parallel
        self.unit = table.unit
        self._desk = desk
        self._known: dict[Any, Any] = {}

    def fetch(self, wanted: list[tuple[int, Reading]], /) -> Fetched:
        """Images of several columns and the weights of the rows."""
        return self.table.fetch(wanted)

    def sample(self, wanted: list[tuple[int, Reading]], size: int, seed: str, /) -> Fetched:
        """At most `size` whole rows, chosen by what they hold."""
        return self.table.sample(wanted, size, seed)

    def ask(self, question: Question, /) -> Any:
        """Wait for the answer to one question."""
        key = _repeatable(question)
        if key in self._known:
            return self._known[key]
        answer = self._desk.ask(self.table, question)
        if key is not None:
            self._known[key] = answer
        if isinstance(question, TextQuestion) and not question.shaped:
            self._known[DistinctQuestion, question.position, question.reading] = answer.distinct
        return answer


def _repeatable(question: Question) -> Any:
    """What stands for a question that the same column may ask again."""
    if isinstance(question, DistinctQuestion) or (isinstance(question, BinQuestion) and not question.grids):
        return type(question), question.position, question.reading
    return None


class _Desk:
    """Where threads put their questions, and one other answers them."""

    def __init__(self, workers: int) -> None:
        self._changed = threading.Condition()
        self._workers = workers
        self._waiting: list[tuple[BatchTable, Question, Future[Any]]] = []
        self._closed = False

    def ask(self, table: BatchTable, question: Question) -> Any:
        answer: Future[Any] = Future()
        with self._changed:
            if self._closed:
                answer.cancel()
            self._waiting.append((table, question, answer))
            self._changed.notify()
        return answer.result()

    def leave(self) -> None:
        with self._changed:
            self._workers -= 1
            self._changed.notify()

    def serve(self, advance: Callable[[int], None]) -> None:
        """Answer until nobody is left; tell after each round how many workers are."""
        asked: list[tuple[BatchTable, Question, Future[Any]]] = []
        try:
            while asked := self._asked():
                for table, kind in dict.fromkeys((table, type(question)) for table, question, _ in asked):
                    same = [one for one in asked if one[0] is table and type(one[1]) is kind]
                    answers = table.answer([question for _, question, _ in same])
                    for (_, _, waiting), answer in zip(same, answers, strict=True):
                        waiting.set_result(answer)
                advance(self._workers)
        finally:
            # After an error nobody may wait for ever.
            with self._changed:
                self._closed = True
                for _, _, waiting in (*asked, *self._waiting):
                    waiting.cancel()

    def _asked(self) -> list[tuple[BatchTable, Question, Future[Any]]]:
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) == self._workers)
            asked, self._waiting = self._waiting, []
            return asked


def count_together(
    tables: Sequence[Table],
    plans: Sequence[Plan],
    count: Callable[[Sequence[Table], Plan], Counted],
    advance: Callable[[int], None],
    /,
    *,
    exact: bool = False,
) -> list[Counted]:
    """Apply `count` to every plan, all at the same time.

    Args:
        tables: Of which those that can, answer many questions at once.
        plans: One for each column.
        count: What is done with each.
        advance: Called after each round of answers with the number of columns that are done.
        exact: Whether the tables are so small that every value is to be counted.

    Returns:
        What `count` gave for each plan, in their order.
    """
    desk = _Desk(len(plans))
    sides: list[Table] = [AskedTable(table, desk, exact=exact) if is_batched(table) else table for table in tables]

    def attend(plan: Plan) -> Counted:
        try:
            return count(sides, plan)
        finally:
            desk.leave()

    with ThreadPoolExecutor(max_workers=max(len(plans), 1)) as pool:
        counted = [pool.submit(attend, plan) for plan in plans]
        desk.serve(lambda left: advance(len(plans) - left))
    return [one.result() for one in counted]


def is_batched(table: Any, /) -> TypeGuard[BatchTable]:
    """Whether a table answers many questions at once."""
    return hasattr(table, "answer")
