"""Who estimates, and how each is asked: ours and plain neighbors here, packages in environments of their own."""

import math
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from bench.estimation.problems import Problem, all_problems
from bench.measure import measure, script
from bench.peers import HERE, Contender, python_of

OURS, PLAIN = "kullback", "plain k-NN, k = 5"
SCRIPT = "estimators.py"
PEERS = (
    Contender("infomeasure", SCRIPT, ("infomeasure",), "estimators"),
    Contender("npeet-plus", SCRIPT, ("npeet-plus",), "estimators"),
    Contender("universal-divergence", SCRIPT, ("universal-divergence",), "estimators"),
    Contender("divergence", SCRIPT, ("divergence",), "estimators"),
    Contender("dowhy", SCRIPT, ("dowhy",), "dowhy"),
)
NAMES = (OURS, PLAIN, *(peer.name for peer in PEERS))
# What a package may try on a kind of problem.
FITTING = {
    "line": ("neighbors",),
    "space": ("neighbors",),
    "discrete": ("counts",),
    "tied": ("neighbors", "counts"),
    "mixed": ("neighbors",),
}
LIMIT = 1800.0
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Answer:
    """Of one pair of samples: the estimate or the text of the refusal, and seconds.

    The interval, `reliable` and the method's name are ours alone.
    """

    value: float | str
    seconds: float = math.nan
    interval: tuple[float, float] = (math.nan, math.nan)
    reliable: bool = True
    method: str = ""


# By problem, by method, an answer to each seed.
Answers = dict[str, dict[str, list[Answer]]]


@dataclass(frozen=True)
class Given:
    """What a contender answered; `failure` says why there is nothing."""

    version: str
    answers: Answers
    failure: str = ""


def as_numbers(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Texts as codes that both samples share, frames as arrays."""
    if hasattr(x, "columns"):
        sides = [as_numbers(x[name].to_numpy(), y[name].to_numpy()) for name in x.columns]
        left, right = (np.column_stack(some) for some in zip(*sides, strict=True))
        return left, right
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype.kind in "fiu":
        return x, y
    _, codes = np.unique(np.concatenate([x, y]).astype(str), return_inverse=True)
    return codes[: len(x)], codes[len(x) :]


def plain_neighbors(x: Any, y: Any, k: int = 5) -> float:
    """Log ratios of the distances to the k-th neighbors, as Wang, Kulkarni and Verdú (2009) have it."""
    x, y = (np.asarray(side, dtype=np.float64).reshape(len(side), -1) for side in as_numbers(x, y))
    n, d = x.shape
    own, across = (cKDTree(side).query(x, [rank])[0][:, 0] for side, rank in ((x, k + 1), (y, k)))
    with np.errstate(all="ignore"):
        return float(d * np.mean(np.log(across / own)) + math.log(len(y) / (n - 1)))


def ask_ours(x: Any, y: Any, method: str = "auto", seed: int = 0) -> Answer:
    """The public function, with the method that it chooses."""
    from kullback.estimators import estimate  # noqa: PLC0415 - after the process has started

    began = time.perf_counter()
    try:
        found = estimate(x, y, rng=seed, method=method)
    except Exception as refusal:  # noqa: BLE001 - counted and shown
        return Answer(f"{type(refusal).__name__}: {refusal}"[:200], time.perf_counter() - began, reliable=False)
    seconds = time.perf_counter() - began
    low, high = found.interval
    return Answer(float(found.value), seconds, (float(low), float(high)), bool(found.reliable), found.method)


def ask_plain(x: Any, y: Any) -> Answer:
    """Plain neighbors."""
    began = time.perf_counter()
    value = plain_neighbors(x, y)
    return Answer(value, time.perf_counter() - began)


# The name of a problem, a seed, and other numbers of rows than its own.
Job = tuple[str, int] | tuple[str, int, tuple[int, int]]


def ask_one(job: Job, *, contender: str, method: str = "auto") -> Answer:
    """One pair of samples, in a process of the pool."""
    name, seed, *sizes = job
    x, y = all_problems()[name].samples(seed, *(sizes[0] if sizes else ()))
    return ask_ours(x, y, method, seed) if contender == OURS else ask_plain(x, y)


@contextmanager
def pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes side by side with a thread each; not by fork, for whoever calls may hold threads."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        with ProcessPoolExecutor(jobs, mp_context=get_context("forkserver")) as running:
            yield running
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def ask_here(contender: str, problems: Sequence[Problem], seeds: Sequence[int], jobs: int, method: str) -> Given:
    """Ours or plain neighbors."""
    work = [(problem.name, seed) for problem in problems for seed in seeds]
    with pool(jobs) as running:
        found = list(running.map(partial(ask_one, contender=contender, method=method), work))
    answers: Answers = {problem.name: {method: []} for problem in problems}
    for (name, _), answer in zip(work, found, strict=True):
        answers[name][method].append(answer)
    return Given(contender, answers)


def write_samples(folder: Path, problems: Sequence[Problem], seeds: Iterable[int]) -> dict[str, str]:
    """Files for the packages: which problem each stem is of."""
    stems = {}
    for place, problem in enumerate(problems):
        for seed in seeds:
            stem = f"{place:03}-{seed:06}"
            x, y = as_numbers(*problem.samples(seed))
            np.savez(folder / stem, x=x, y=y, kinds=FITTING[problem.kind])
            stems[stem] = problem.name
    return stems


def ask_peer(peer: Contender, folder: Path, stems: Mapping[str, str], limit: float = LIMIT) -> Given:
    """A package, in one process for all samples."""
    python = python_of(peer)
    if isinstance(python, str):
        return Given(peer.name, {}, python)
    command = script(str(python), str(HERE / peer.script), *peer.arguments, str(folder))
    cost = measure(command, limit=limit, environment=ONE_THREAD)
    if isinstance(cost, str) or cost.answer is None:
        return Given(peer.name, {}, cost if isinstance(cost, str) else "gave no answer")
    answers: Answers = {name: {} for name in stems.values()}
    for stem, by_method in cost.answer["answers"].items():
        for method, (value, seconds) in by_method.items():
            answers[stems[stem]].setdefault(method, []).append(Answer(value, seconds))
    return Given(cost.answer["version"], answers)


def ask_all(
    names: Sequence[str], problems: Sequence[Problem], seeds: Sequence[int], jobs: int, method: str = "auto"
) -> dict[str, Given]:
    """Every contender named, on the same samples."""
    given = {name: ask_here(name, problems, seeds, jobs, method) for name in (OURS, PLAIN) if name in names}
    peers = [peer for peer in PEERS if peer.name in names]
    if not peers:
        return given
    for peer in peers:
        python_of(peer)  # one after the other: some share an environment that is made on first use
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as running:
        stems = write_samples(Path(folder), problems, seeds)
        found = running.map(lambda peer: ask_peer(peer, Path(folder), stems), peers)
        return given | dict(zip((peer.name for peer in peers), found, strict=True))
