"""What an exact divergence costs, beside the line of NumPy that people write, SciPy and torch, in one process."""

import math
import sys
import time
from collections.abc import Callable, Mapping

import numpy as np
from scipy import special, stats

import kullback as kl
from bench.accuracy.libraries import TORCH
from bench.measure import measure, script
from bench.peers import ROOT

REPEATS = 15
SECONDS = 0.02  # a repeat is at least so long
LIMIT = 600.0
LAWS, BATCHES, DIMENSIONS = ("Normal", "Gamma", "MultivariateNormal, 10 dimensions"), (1, 100_000), 10
Arrays = tuple[np.ndarray, np.ndarray]
Work = Callable[[], object]


def best(works: Mapping[str, Work], repeats: int = REPEATS, seconds: float = SECONDS) -> dict[str, float]:
    """The least seconds of each work, the works taking turns."""
    times = {name: _times(work, seconds) for name, work in works.items()}
    least = dict.fromkeys(works, math.inf)
    for _ in range(repeats):
        for name, work in works.items():
            began = time.perf_counter()
            for _ in range(times[name]):
                work()
            least[name] = min(least[name], (time.perf_counter() - began) / times[name])
    return least


def _times(work: Work, seconds: float) -> int:
    """How often a work is done for a repeat to be long enough; the first time, which may compile, does not count."""
    work()
    began = time.perf_counter()
    work()
    return max(1, math.ceil(seconds / max(time.perf_counter() - began, 1e-9)))


def arrays() -> dict[str, Arrays]:
    """Pairs of probability arrays, the last axis of outcomes."""
    rng = np.random.default_rng(0)
    many, few = 1_000_000, 10
    p, q = (rng.dirichlet(np.ones(many)) for _ in range(2))
    with_zeros = np.where(rng.random(many) < 0.3, 0.0, p)
    small = tuple(rng.dirichlet(np.ones(few)) for _ in range(2))
    rows = tuple(rng.dirichlet(np.ones(few), 100_000) for _ in range(2))
    return {
        "1,000,000 independent": (p, q),
        "1,000,000, near by 1e-9": (p, _nudged(rng, p, 1e-9)),
        "1,000,000, near by 1e-3": (p, _nudged(rng, p, 1e-3)),
        "1,000,000, 30 % zeros in p": (with_zeros / with_zeros.sum(), q),
        "1,000,000 independent, float32": (p.astype(np.float32), q.astype(np.float32)),
        "10": (small[0], small[1]),
        "100,000 rows of 10": (rows[0], rows[1]),
    }


def _nudged(rng: np.random.Generator, p: np.ndarray, gap: float) -> np.ndarray:
    q = p * (1 + gap * rng.standard_normal(p.shape))
    return q / q.sum()


def contenders(p: np.ndarray, q: np.ndarray) -> dict[str, Work]:
    """Ours first; NumPy's is left out where it would give NaN."""
    works: dict[str, Work] = {
        "kullback": lambda: kl.divergence(p, q),
        "np.sum(p*np.log(p/q))": lambda: np.sum(p * np.log(p / q), axis=-1),
        "scipy.special.rel_entr": lambda: special.rel_entr(p, q).sum(axis=-1),
        "scipy.stats.entropy": lambda: stats.entropy(p, q, axis=-1),
    }
    if not p.all():
        del works["np.sum(p*np.log(p/q))"]
    return works


def arrays_table(repeats: int = REPEATS) -> str:
    """Seconds of kullback, and how many times each other's seconds these are."""
    others = ("np.sum(p*np.log(p/q))", "scipy.special.rel_entr", "scipy.stats.entropy")
    lines = [f"| arrays | kullback | {' | '.join(f'kullback / {name}' for name in others)} |"]
    lines.append("|---" * (len(others) + 2) + "|")
    for title, (p, q) in arrays().items():
        least = best(contenders(p, q), repeats)
        ratios = (f"{least['kullback'] / least[name]:.2f}" if name in least else "–" for name in others)
        lines.append(f"| {title} | {_seconds(least['kullback'])} | {' | '.join(ratios)} |")
    return "\n".join(lines)


def _seconds(seconds: float) -> str:
    return f"{1e3 * seconds:.2f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.1f} µs"


def parameters(name: str, batch: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Of one side of a pair of laws."""
    shape = () if batch == 1 else (batch,)
    positive = [np.exp(0.5 * rng.standard_normal(shape)) for _ in range(2)]
    if name == "Normal":
        return {"loc": rng.standard_normal(shape), "scale": positive[0]}
    if name == "Gamma":
        return {"concentration": positive[0], "rate": positive[1]}
    factors = np.tril(0.3 * rng.standard_normal((*shape, DIMENSIONS, DIMENSIONS)), -1)
    diagonal = np.exp(0.3 * rng.standard_normal((*shape, DIMENSIONS)))[..., None] * np.eye(DIMENSIONS)
    return {"loc": rng.standard_normal((*shape, DIMENSIONS)), "scale_tril": factors + diagonal}


def laws_table(repeats: int = REPEATS) -> str:
    """Laws made beforehand: ours of NumPy arrays, ours reading torch's objects, and torch's own divergence."""
    import torch  # noqa: PLC0415 - absent in most environments
    from torch import distributions  # noqa: PLC0415

    torch.set_num_threads(1)  # kullback uses one
    heads = [
        "batch",
        "kullback, its own laws",
        "kullback, torch's laws",
        "torch",
        "own / torch",
        "torch's laws / torch",
    ]
    lines = [f"| laws, torch {torch.__version__} | {' | '.join(heads)} |"]
    lines.append("|---" * (len(heads) + 1) + "|")
    for title in LAWS:
        name = title.partition(",")[0]
        for batch in BATCHES:
            rng = np.random.default_rng(0)
            sides = [parameters(name, batch, rng) for _ in range(2)]
            ours = [getattr(kl.families, name)(**side) for side in sides]
            theirs = [
                getattr(distributions, name)(**{key: torch.as_tensor(value) for key, value in side.items()})
                for side in sides
            ]
            works: dict[str, Work] = {
                "own": lambda ours=ours: kl.divergence(*ours),
                "read": lambda theirs=theirs: kl.divergence(*theirs),
                "torch": lambda theirs=theirs: distributions.kl_divergence(*theirs),
            }
            least = best(works, repeats)
            figures = " | ".join(_seconds(least[key]) for key in works)
            ratios = " | ".join(f"{least[key] / least['torch']:.2f}" for key in ("own", "read"))
            lines.append(f"| {title} | {batch:,} | {figures} | {ratios} |")
    return "\n".join(lines)


def exact() -> str:
    """Both tables; the second in a process that has torch."""
    return f"{arrays_table()}\n\n{_with_torch()}"


def _with_torch() -> str:
    python = TORCH.python()
    if isinstance(python, str):
        return python
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    cost = measure(script(str(python), __file__), limit=LIMIT, environment=path)
    return cost if isinstance(cost, str) else str((cost.answer or {}).get("table"))


if __name__ == "__main__":
    import json

    sys.stdout.write(json.dumps({"table": laws_table()}) + "\n")
