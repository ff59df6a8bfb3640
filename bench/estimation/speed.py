"""Seconds of an estimate by neighbors, ours beside the packages, and what ours spends beyond the neighbor query."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.estimation import options
from bench.measure import Cost, measure, script
from bench.peers import HERE, Contender, python_of

CASES = tuple((n, d) for n in (10_000, 100_000) for d in (1, 2, 5, 10)) + tuple((1_000_000, d) for d in (1, 2, 3))
SCRIPT = "estimators_speed.py"
BASE, AUTO = "kullback, neighbors", "kullback, auto"
RACERS = (
    Contender(BASE, SCRIPT, ("kullback", "neighbors")),
    Contender(AUTO, SCRIPT, ("kullback", "auto")),
    Contender("infomeasure", SCRIPT, ("infomeasure", "kl"), "estimators"),
    Contender("npeet-plus", SCRIPT, ("npeet-plus", "kldiv"), "estimators"),
    Contender("universal-divergence", SCRIPT, ("universal-divergence", "k = 5"), "estimators"),
    Contender("divergence", SCRIPT, ("divergence", "knn"), "estimators"),
    Contender("dowhy", SCRIPT, ("dowhy", "knn"), "dowhy"),
)
LIMIT = 120.0
REPEATS = 3
LARGE = 1_000_000


@dataclass(frozen=True)
class Lap:
    """Of one racer in one case."""

    seconds: float
    cpu: float
    beyond: float
    peak_mb: float


def write_case(folder: Path, n: int, d: int) -> Path:
    """Normal rows, the second sample moved and wider."""
    rng = np.random.default_rng([n, d])
    path = folder / f"{n}-{d}.npz"
    np.savez(path, x=rng.normal(size=(n, d)), y=rng.normal(0.5, 1.2, size=(n, d)))
    return path


def lap(racer: Contender, path: Path, repeats: int, limit: float = LIMIT) -> Lap | str:
    """In a process of its own; a sentence where it did not arrive."""
    python = python_of(racer)
    if isinstance(python, str):
        return python
    cost = measure(
        script(str(python), str(HERE / racer.script), *racer.arguments, str(path), str(repeats)), limit=limit
    )
    if not isinstance(cost, Cost) or cost.answer is None:
        return cost if isinstance(cost, str) else "gave no answer"
    seconds = cost.answer["seconds"]
    return Lap(seconds, cost.answer["cpu"], 1 - cost.answer["query"] / seconds, cost.peak_mb)


def _cell(found: Lap | str, base: Lap | str, racer: Contender) -> str:
    if isinstance(found, str):
        return found.replace("did not finish in", "more than")
    text = " / ".join(f"{one:.3f}" if one < 10 else f"{one:.1f}" for one in (found.seconds, found.cpu))
    if racer.name == BASE or isinstance(base, str):
        return text
    return f"{text} ({found.seconds / base.seconds:.1f})"


def race(cases: Sequence[tuple[int, int]], racers: Sequence[Contender], repeats: int) -> str:
    """A line for each case: wall and CPU seconds, how many times the wall seconds of ours, and what ours uses."""
    heads = ["rows a side", "d", *(racer.name for racer in racers), "beyond the query", "peak MB of ours"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    late: set[tuple[str, int]] = set()
    with tempfile.TemporaryDirectory() as folder:
        for n, d in cases:
            path = write_case(Path(folder), n, d)
            laps: dict[str, Lap | str] = {}
            for racer in racers:
                if (racer.name, d) in late:
                    laps[racer.name] = "not tried"
                    continue
                laps[racer.name] = lap(racer, path, 1 if n >= LARGE else repeats)
                if isinstance(laps[racer.name], str):
                    late.add((racer.name, d))
            path.unlink()
            base = laps.get(BASE, "")
            own = ["", ""] if isinstance(base, str) else [f"{100 * base.beyond:.0f} %", f"{base.peak_mb:,.0f}"]
            cells = [_cell(laps[racer.name], base, racer) for racer in racers]
            lines.append(f"| {' | '.join([f'{n:,}', str(d), *cells, *own])} |")
            print(lines[-1], file=sys.stderr, flush=True)  # the table may take half an hour
    return "\n".join(lines)


def estimation_speed() -> str:
    """The table."""
    chosen = options.read()
    cases = [case for case in CASES if not chosen.quick or case[0] < 100_000]
    racers = [
        racer
        for racer in RACERS
        if not chosen.only or racer.name in chosen.only or racer.name.partition(",")[0] in chosen.only
    ]
    repeats = chosen.repeats or (1 if chosen.quick else REPEATS)
    head = (
        f"Wall / CPU seconds, the least of {repeats} (of 1 at {LARGE:,} rows), after a first estimate; in parentheses "
        f"wall seconds over those of {BASE}. Each contender in a process of its own, {LIMIT:g} s at most for all its "
        "estimates."
    )
    return f"{head}\n\n{race(cases, racers, repeats)}"
