"""Bytes that a call needs beyond what it was given and what it gives back."""

import torch

from bench.training_gpu.problems import Problem
from bench.training_gpu.providers import Provider

MIB = 2.0**20


def extra_bytes(provider: Provider, problem: Problem) -> float:
    """The peak of one call, less the answer."""
    provider(problem)  # what is made once is not its memory
    peak = _peak_on_gpu if problem.hidden.is_cuda else _peak_on_cpu
    return peak(provider, problem) - sum(one.nbytes for one in (problem.hidden, problem.weight))


def slope(provider: Provider, problem: Problem) -> float:
    """Extra bytes per token, between half of the tokens and all."""
    count = len(problem.hidden)
    half = problem.rows(count // 2)
    return (extra_bytes(provider, problem) - extra_bytes(provider, half)) / (count - count // 2)


def _peak_on_gpu(provider: Provider, problem: Problem) -> float:
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    provider(problem)
    torch.cuda.synchronize()
    return float(torch.cuda.max_memory_allocated() - before)


def _peak_on_cpu(provider: Provider, problem: Problem) -> float:
    """By the allocator's own records: the resident size of a process is too coarse for a toy."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as records:
        provider(problem)
    events = [one for one in records.profiler.kineto_results.events() if one.name() == "[memory]"]
    now = peak = 0
    for one in sorted(events, key=lambda one: one.start_ns()):
        now += one.nbytes()
        peak = max(peak, now)
    return float(peak)
