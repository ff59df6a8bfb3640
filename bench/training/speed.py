"""The table of seconds: a process for each size and direction, in which all take turns."""

import sys
import tempfile
from collections.abc import Sequence
from statistics import median
from typing import Any

from bench.training import options
from bench.training.ask import ask, pins
from bench.training.sizes import COMPILED, DIRECTIONS, FLOOR, FUSED, LIGER, NAIVE, THREADS, Size

Case = tuple[Size, str]
CASES: tuple[Case, ...] = (
    (Size(512, 32_768, 512), "forward"),
    (Size(2048, 32_768, 512), "forward"),
    *((Size(1024, 32_768, dtype=dtype), direction) for dtype in ("float32", "bfloat16") for direction in DIRECTIONS),
)
QUICK: tuple[Case, ...] = ((Size(128, 4096, 64), "forward"), (Size(128, 4096), "js"))
REPEATS = 5
NAMES = (*FUSED, FLOOR)


def training_speed() -> str:
    """The table."""
    chosen = options.read()
    repeats = chosen.repeats or (2 if chosen.quick else REPEATS)
    return table(QUICK if chosen.quick else CASES, repeats, chosen.only)


def table(cases: Sequence[Case], repeats: int, only: Sequence[str] | None = None) -> str:
    """A line for each case."""
    names = options.choose(NAMES, only)
    compiles = [name for name in (COMPILED, LIGER) if name in names]
    heads = ["rows x vocabulary (x width)", "direction", *names, *(f"first call: {name}" for name in compiles)]
    lines = [f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|"]
    with tempfile.TemporaryDirectory() as compiled:
        for size, direction in cases:
            able = [name for name in names if name in size.contenders or (name == FLOOR and size.width)]
            job = {"kind": "speed", "names": able, "size": size, "direction": direction, "repeats": repeats}
            lines.append(line(size, direction, names, ask(job, able, compiled)))
            print(lines[-1], file=sys.stderr, flush=True)
    return f"{_note(repeats)}\n\n" + "\n".join(lines)


def line(size: Size, direction: str, names: Sequence[str], answer: dict[str, dict[str, Any]] | str) -> str:
    """Of one case; where the process failed, its message for all."""
    found = {name: {"failure": answer} for name in names} if isinstance(answer, str) else answer
    base = found.get(NAIVE, {}).get("rounds")
    first = [found.get(name, {}).get("first") for name in (COMPILED, LIGER) if name in names]
    cells = [_cell(found.get(name), base, name) for name in names]
    return f"| {' | '.join([str(size), direction, *cells, *('–' if one is None else f'{one:.1f}' for one in first)])} |"


def _cell(one: dict[str, Any] | None, base: list[float] | None, name: str) -> str:
    if one is None:
        return "–"
    if "failure" in one:
        return str(one["failure"])
    text = f"{median(one['rounds']):.3f} / {min(one['rounds']):.3f}"
    return f"{text} ({median(one['rounds']) / median(base):.2f})" if base and name != NAIVE else text


def _note(repeats: int) -> str:
    return (
        f"Seconds of one forward and backward pass with T = 2, median / least of {repeats} rounds after a first call; "
        "in parentheses the median over that of naive. One process for each line, all contenders once a round, each "
        f"round begun by another; {THREADS} threads (torch.set_num_threads). First calls "
        "compile into one cache, empty before the first line. 4 products: "
        "both logits and both gradients, nothing else. Liger: its chunks have 1,024 rows by default; of logits it has "
        f"Triton kernels, which need a GPU, and what is timed is the formula of its chunked loss. {pins()}."
    )
