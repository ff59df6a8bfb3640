"""Milliseconds on a GPU: all providers in turn, the cache emptied before each call, the median of many rounds."""

from statistics import median

import torch

from bench.training_gpu.problems import Problem
from bench.training_gpu.providers import Provider

WARM, ROUNDS = 3, 20
# More than the second cache of any GPU of today.
_CACHE = 2**28


def milliseconds(providers: dict[str, Provider], problem: Problem, rounds: int = ROUNDS) -> dict[str, float]:
    """The median of each."""
    cache = torch.empty(_CACHE, dtype=torch.int8, device="cuda")
    taken: dict[str, list[float]] = {name: [] for name in providers}
    for turn in range(WARM + rounds):
        for name, provider in providers.items():
            found = _once(provider, problem, cache)
            if turn >= WARM:
                taken[name].append(found)
    return {name: median(laps) for name, laps in taken.items()}


def _once(provider: Provider, problem: Problem, cache: torch.Tensor) -> float:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    cache.zero_()
    start.record()
    provider(problem)
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end))
