"""Many independent columns through `kl.compare`, in processes side by side."""

import math
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TypeVar

import numpy as np
import pyarrow as pa

import kullback as kl
from bench.calibration.laws import Law

Job, Done = TypeVar("Job"), TypeVar("Done")

# Values of one table that are drawn at a time.
_AT_ONCE = 4_000_000
_MOST_COLUMNS = 250


@dataclass(frozen=True)
class Trial:
    """One column: what is kept of its result."""

    verdict: str
    p_value: float
    p_margin: float
    debiased: float
    interval: tuple[float, float]
    cells: tuple[kl.ColumnResult, ...]
    method: str


@dataclass(frozen=True)
class Rate:
    """A share of trials with its binomial standard error."""

    hits: int
    trials: int

    @property
    def share(self) -> float:
        return self.hits / self.trials

    @property
    def error(self) -> float:
        return math.sqrt(max(self.share * (1 - self.share), 1 / self.trials) / self.trials)

    def __str__(self) -> str:
        return f"{100 * self.share:.1f} ± {100 * self.error:.1f}"

    def within(self, low: float, high: float) -> bool:
        """Whether the goal may be met: the share is not outside it by more than two standard errors."""
        return low - 2 * self.error <= self.share <= high + 2 * self.error


def rate(trials: list[Trial], hit: Callable[[Trial], bool]) -> Rate:
    return Rate(sum(map(hit, trials)), len(trials))


def trial(column: kl.ColumnResult) -> Trial:
    nan = math.nan
    return Trial(
        column.verdict,
        nan if column.p_value is None else column.p_value,
        nan if column.p_margin is None else column.p_margin,
        nan if column.smoothed is None else column.smoothed,
        column.interval or (nan, nan),
        tuple(cell.label for cell in column.interval_cells),
        column.method,
    )


def columns(count: int, rows: int) -> Iterator[int]:
    """How many columns to draw at a time."""
    size = max(1, min(_MOST_COLUMNS, _AT_ONCE // rows))
    for start in range(0, count, size):
        yield min(size, count - start)


def _batch(job: tuple[Law, Law, int, int, int, list[int], dict]) -> list[Trial]:
    reference, current, n, m, number, seed, options = job
    rng = np.random.default_rng(seed)
    names = [f"c{index}" for index in range(number)]
    tables = [pa.table({name: law.draw(rng, rows) for name in names}) for law, rows in ((reference, n), (current, m))]
    if pa.types.is_string(tables[0].schema.field(0).type):
        options = {"roles": dict.fromkeys(names, "category"), **options}
    return [trial(column) for column in kl.compare(*tables, seed=seed[-1], **options)]


class Runner:
    """Runs trials on several processes and says on standard error how far it is."""

    def __init__(self, jobs: int, share: float) -> None:
        # Not by fork: whoever calls may hold threads.
        self.pool = ProcessPoolExecutor(jobs, mp_context=get_context("forkserver"))
        self.fraction = share

    def count(self, wanted: int) -> int:
        """Fewer replicates in a quick run."""
        return max(4, int(wanted * self.fraction))

    def trials(
        self,
        reference: Law,
        current: Law,
        n: int,
        count: int,
        *,
        m: int | None = None,
        seed: list[int],
        **options: object,
    ) -> list[Trial]:
        """Independent columns of `n` reference and `m` current rows."""
        m = n if m is None else m
        batches = enumerate(columns(self.count(count), max(n, m)))
        jobs = [(reference, current, n, m, size, [*seed, place], options) for place, size in batches]
        done = [found for batch in self.map(_batch, jobs) for found in batch]
        print(f"  {reference.name}, {n:,} rows: {len(done):,} columns", file=sys.stderr, flush=True)
        return done

    def map(self, function: Callable[[Job], Done], jobs: Iterable[Job]) -> Iterator[Done]:
        """Apply a function to jobs in processes side by side, in their order."""
        return self.pool.map(function, jobs)
