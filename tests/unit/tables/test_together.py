"""Columns counted together, with a table in memory in place of an engine in which every question is a job."""

from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest

from kullback.tables.counts._alignment import Selection, align
from kullback.tables.counts._counting import count_columns
from kullback.tables.engines._kernel import bin_distinct, bin_values, coarse_keys, merge_bins
from kullback.tables.engines._memory import MemoryTable
from kullback.tables.engines._session import Session
from kullback.tables.engines._together import (
    AnsweredQuestions,
    BinQuestion,
    CellQuestion,
    DistinctQuestion,
    TextQuestion,
    count_together,
)
from kullback.tables.sources._sources import Options, open_tables

FEW, MANY = 600, 51_000  # below and above the rows up to which every value is counted


class Together(AnsweredQuestions):
    """A table in memory that answers many questions at once, and remembers how often it was asked."""

    def __init__(self, table, wanted):
        self._memory = MemoryTable(table, wanted)
        self.name, self.rows, self.columns, self.unit = table.name, table.rows, table.columns, None
        self.weight = self.effective_rows = table.weight
        self.parallel, self.batch = 1, 100
        self.jobs = Counter()

    def answer(self, questions):
        self.jobs[type(questions[0])] += 1
        return [self._one(question) for question in questions]

    def _one(self, question):
        memory = self._memory
        if isinstance(question, BinQuestion):
            if question.exact:
                return bin_distinct(*memory.column(question.position))
            return memory.refined(question.position, question.reading, list(question.grids))
        if isinstance(question, TextQuestion):
            count = memory.shapes if question.shaped else memory.heaviest
            return count(question.position, question.reading, question.limit)
        if isinstance(question, CellQuestion):
            return memory.crosstabs(question.axes, question.sets)
        if isinstance(question, DistinctQuestion):
            return memory.distinct(question.position, question.reading)
        return memory.shared(question.other._memory, question.position, question.other_position, question.reading)


@pytest.fixture
def count(frame):
    """Counts of so many columns of two frames, as DuckDB and as a table of all questions makes them; and its jobs."""

    def both(columns, rows):
        rng = np.random.default_rng(7)
        frames = []
        for side in range(2):
            kinds = {
                0: rng.normal(side, 1, rows),
                1: rng.integers(0, 50 + side, rows),
                2: rng.choice(list("abc"), rows),
            }
            kinds[3] = np.array([f"user-{side}-{place}" for place in range(rows)])
            frames.append(frame({f"x{place}": kinds[place % 4] for place in range(columns)}))
        with Session() as session:
            tables = open_tables(session, [(one, Options(), "t") for one in frames])
            plans, _ = align(tables[0].columns, tables[1].columns, Selection(None, (), None))
            plain = list(count_columns(tables, plans))
            wanted = [(plan.positions[0], plan.reading) for plan in plans]
            asked = [Together(table, wanted) for table in tables]
            return plain, list(count_columns(asked, plans)), asked[0].jobs + asked[1].jobs

    return both


@pytest.mark.parametrize("rows", [FEW, MANY], ids=["every value", "refined"])
def test_counts_do_not_depend_on_how_questions_are_answered(count, rows):
    plain, together, _ = count(4, rows)
    for one, other in zip(plain, together, strict=True):
        assert (one.name, one.notes, type(one.body)) == (other.name, other.notes, type(other.body))
        np.testing.assert_equal(asdict(other.body), asdict(one.body))


def test_forty_columns_take_as_many_jobs_as_four(count):
    assert count(40, FEW)[2] == count(4, FEW)[2]


def test_an_error_of_the_engine_leaves_nobody_waiting(frame):
    class Broken(Together):
        def answer(self, questions):  # noqa: ARG002
            raise ConnectionError("gone")

    with Session() as session:
        (table,) = open_tables(session, [(frame(x=[1, 2]), Options(), "t")])
        broken = Broken(table, [])
    with pytest.raises(ConnectionError, match="gone"):
        count_together([broken], [0, 1, 2], lambda sides, place: sides[0].distinct(place, None), lambda done: None)  # noqa: ARG005


def test_an_error_of_one_column_comes_out_after_the_others_are_done(frame):
    with Session() as session:
        (table,) = open_tables(session, [(frame(x=[1, 2]), Options(), "t")])

    done = []

    def count_one(sides, plan):  # noqa: ARG001
        if plan == 1:
            raise ZeroDivisionError
        done.append(plan)

    with pytest.raises(ZeroDivisionError):
        count_together([table], [0, 1, 2], count_one, lambda done: None)  # noqa: ARG005
    assert sorted(done) == [0, 2]


def test_bins_of_parts_add_up_to_the_bins_of_the_whole():
    rng = np.random.default_rng(3)
    values, weights = rng.integers(-1000, 1000, 5000) / 8, rng.integers(0, 9, 5000) / 4
    keys = coarse_keys(values, rng.random(5000) < 0.1)
    whole = bin_values(values, keys, weights)
    parts = merge_bins([bin_values(values[part], keys[part], weights[part]) for part in np.split(np.arange(5000), 10)])
    for name, column in vars(whole).items():
        np.testing.assert_array_equal(vars(parts)[name], column)
