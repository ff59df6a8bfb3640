"""The race on a GPU: a table for each shape."""

from collections.abc import Sequence

import torch

from bench.training_gpu import providers as known
from bench.training_gpu.accuracy import Errors, errors, truth
from bench.training_gpu.memory import MIB, extra_bytes, slope
from bench.training_gpu.problems import REGIMES, Problem, Shape, draw
from bench.training_gpu.timing import milliseconds

# Rows that are checked against float64.
SLICE = 256
GOAL = 1.25
# What a racer may fail with, torch's out of memory among them, without ending the race.
FAILURES = (RuntimeError, TypeError, ValueError)
HEADS = (
    "",
    "ms",
    "ms / floor",
    "extra MiB",
    "MiB per token",
    *(f"error, {one}: loss / hidden / weight" for one in REGIMES),
)


def race(shapes: Sequence[Shape], direction: str, rounds: int) -> bool:
    """Print the tables; whether all checks of ours hold."""
    held = [_one(shape, direction, rounds) for shape in shapes]
    return all(held)


def _one(shape: Shape, direction: str, rounds: int) -> bool:
    print(f"\n#### {shape}, {direction}, bfloat16: {shape.flops / 1e12:.1f} TFLOP\n", flush=True)
    torch.compiler.reset()  # else it gives up after a few shapes
    racers = known.providers(direction)
    found = _errors(shape, direction, racers)
    problem = draw(shape, "far", device="cuda", dtype=torch.bfloat16)
    space = {name: _space(name, provider, problem) for name, provider in racers.items()}
    times = milliseconds({name: racers[name] for name, one in space.items() if one is not None}, problem, rounds)
    known.forget()
    print(f"| {' | '.join(HEADS)} |\n{'|---' * len(HEADS)}|")
    for name, took in times.items():
        extra, grows = (one / MIB for one in space[name] or (0.0, 0.0))
        cells = (name, f"{took:.2f}", f"{took / times[known.FLOOR]:.2f}", f"{extra:.0f}", f"{grows:.4f}", *found[name])
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
    return _holds(found[known.OURS], times)


def _errors(shape: Shape, direction: str, racers: dict[str, known.Provider]) -> dict[str, list[Errors | str]]:
    """Of each racer in both regimes."""
    found: dict[str, list[Errors | str]] = {name: [] for name in racers}
    for regime in REGIMES:
        small = draw(shape, regime, device="cuda", dtype=torch.bfloat16).rows(SLICE)
        exact = truth(small, direction)
        for name, provider in racers.items():
            try:
                found[name].append("" if name == known.FLOOR else errors(provider, small, exact))
            except FAILURES as error:
                found[name].append(type(error).__name__)
        torch.cuda.empty_cache()
    return found


def _space(name: str, provider: known.Provider, problem: Problem) -> tuple[float, float] | None:
    """Extra bytes, and how many for each token; None where it cannot run."""
    try:
        return extra_bytes(provider, problem), slope(provider, problem)
    except FAILURES as error:
        print(f"{name}: {type(error).__name__}", flush=True)
        torch.cuda.empty_cache()
        return None


def _holds(found: Sequence[Errors | str], times: dict[str, float]) -> bool:
    """Values and gradients must be right; speed is reported."""
    right = known.OURS in times and all(isinstance(one, Errors) and one.within(1e-3, 1e-2) for one in found)
    if not right:
        print("CHECK FAILED: kullback is more than 0.1 % off in the loss or 1 % in a gradient, or it did not run")
    elif times[known.OURS] > GOAL * times[known.FLOOR]:
        print(f"goal missed: more than {GOAL} times the four products")
    return right
