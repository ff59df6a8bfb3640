"""A race in one process: every contender once a round, each round begun by another."""

import time
from collections.abc import Sequence
from textwrap import shorten
from typing import Any

from bench.training.losses import Side, Step, draw, make
from bench.training.sizes import Size


def race(names: Sequence[str], size: Size, direction: str, repeats: int) -> dict[str, dict[str, Any]]:
    """For each name the seconds of its first call and of each round, or its failure."""
    inputs = draw(size)
    steps: dict[str, Step] = {}
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            steps[name] = make(name, direction)
            found[name] = {"first": _seconds(steps[name], inputs), "rounds": []}
        except Exception as error:  # noqa: BLE001 - a peer may fail in any way, and the others still run
            steps.pop(name, None)
            found[name] = {"failure": message(error)}
    order = list(steps)
    for _ in range(repeats):
        for name in order:
            found[name]["rounds"].append(_seconds(steps[name], inputs))
        order = order[1:] + order[:1]
    return found


def _seconds(step: Step, inputs: tuple[Side, Side]) -> float:
    began = time.perf_counter()
    step(*inputs)
    return time.perf_counter() - began


def message(error: Exception) -> str:
    """The first line of what an error says, for a cell."""
    text = next(iter(str(error).strip().splitlines()), "")
    return shorten(f"{type(error).__name__}: {text}".replace("|", "/"), 70, placeholder=" …", break_on_hyphens=False)
