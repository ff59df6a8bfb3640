"""The checks without a GPU, at toy size: values, gradients, chunks, memory."""

import torch

from bench.training_gpu.accuracy import Errors, errors, truth
from bench.training_gpu.memory import slope
from bench.training_gpu.problems import REGIMES, TOY, Problem, draw
from bench.training_gpu.providers import eager, ours

DIRECTIONS = ("forward", "reverse", "jeffreys", "js", "skew")
CHUNKS = (1, 7, 16, 64, 1000)
# A chunk smaller than the tokens, so that memory could grow with them.
CHUNK = 16
LIMITS = {"far": (1e-5, 1e-4), "near": (1e-3, 1e-3)}
HEADS = (
    "direction",
    "regime",
    "kullback: loss / hidden / weight",
    "torch eager",
    "chunks differ by",
    "bytes per token",
    "",
)


def check() -> bool:
    """Print a line for each direction and regime; whether all hold."""
    print(f"{TOY}, float32: relative errors against float64\n")
    print(f"| {' | '.join(HEADS)} |\n{'|---' * len(HEADS)}|")
    held = [_line(direction, regime) for direction in DIRECTIONS for regime in REGIMES]
    print("\nno GPU: checks only")
    return all(held)


def _line(direction: str, regime: str) -> bool:
    problem = draw(TOY, regime, device="cpu", dtype=torch.float32)
    exact = truth(problem, direction)
    found = errors(ours(direction), problem, exact)
    differ = max(_worst(errors(ours(direction, chunk), problem, _doubled(problem, direction))) for chunk in CHUNKS)
    grows = slope(ours(direction, CHUNK), problem)
    # A row of logits in float32 has 4 V bytes, and no tenth of it may stay for each token.
    failed = {
        "error": not found.within(*LIMITS[regime]),
        "chunks": not differ < LIMITS[regime][1],
        "memory": not grows < 0.4 * TOY.vocabulary,
    }
    verdict = ", ".join(name for name, bad in failed.items() if bad)
    others = errors(eager(direction), problem, exact)
    cells = (
        direction,
        regime,
        found,
        others,
        f"{differ:.0e}",
        f"{grows:.0f}",
        f"FAILED: {verdict}" if verdict else "holds",
    )
    print(f"| {' | '.join(map(str, cells))} |", flush=True)
    return not verdict


def _doubled(problem: Problem, direction: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Our answer in one piece, to compare with."""
    loss, hidden, weight = ours(direction)(problem)
    return loss.double(), hidden.double(), weight.double()


def _worst(found: Errors) -> float:
    return max(found.loss, found.hidden, found.weight)
