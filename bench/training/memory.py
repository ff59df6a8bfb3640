"""The table of memory: each contender in a process of its own."""

import sys
import tempfile
from collections.abc import Sequence

from bench.training import options
from bench.training.ask import ask, pins
from bench.training.sizes import FUSED, NAIVE, THREADS, Size

SIZES = (
    Size(2048, 32_768, 512),
    Size(2048, 131_072, 512),
    Size(2048, 32_768, 2048, "bfloat16"),
    Size(8192, 32_768),
    Size(8192, 32_768, dtype="bfloat16"),
)
QUICK = (Size(256, 8192, 64, "bfloat16"), Size(512, 8192))
_MIB = 2**20

Peak = dict[str, float] | str


def training_memory() -> str:
    """The table."""
    chosen = options.read()
    return table(QUICK if chosen.quick else SIZES, chosen.only)


def table(sizes: Sequence[Size], only: Sequence[str] | None = None) -> str:
    """A line for each size."""
    names = options.choose(FUSED, only)
    lines = [_head(names)]
    apart = 0.0
    with tempfile.TemporaryDirectory() as compiled:
        for size in sizes:
            able = [name for name in names if name in size.contenders]
            jobs = [{"kind": "memory", "name": name, "size": size, "direction": "forward"} for name in able]
            found = {job["name"]: ask(job, [job["name"]], compiled) for job in jobs}
            read = [one for one in found.values() if isinstance(one, dict)]
            apart = max([apart, *(abs(one["seen"] / one["mark"] - 1.0) for one in read)])
            lines.append(line(size, names, found))
            print(lines[-1], file=sys.stderr, flush=True)
    return f"{_note(apart)}\n\n" + "\n".join(lines)


def _head(names: Sequence[str]) -> str:
    heads = ["rows x vocabulary (x width)", *names, "gradients alone"]
    return f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|"


def line(size: Size, names: Sequence[str], found: dict[str, Peak]) -> str:
    """Of one size; in parentheses how many times less than the naive loss."""
    base = found.get(NAIVE)
    cells = [_cell(found.get(name, "–"), base, name) for name in names]
    return f"| {' | '.join([str(size), *cells, f'{size.gradient_bytes / _MIB:,.0f}'])} |"


def _cell(one: Peak, base: Peak | None, name: str) -> str:
    if isinstance(one, str):
        return one
    text = f"{one['mark'] / _MIB:,.0f}"
    return f"{text} ({base['mark'] / one['mark']:.1f})" if isinstance(base, dict) and name != NAIVE else text


def _note(apart: float) -> str:
    return (
        "MiB that one forward and backward pass needs above its inputs, gradients included: D(teacher‖student) with "
        f"T = 2, {THREADS} threads. The kernel's high-water mark of a process of its own, reset before the pass, after "
        "a pass on a few rows (of the whole size where code is compiled for it); a thread that read the resident size "
        f"every 2 ms saw the same to {100 * apart:.0f} %. In parentheses: how many times less than naive. {pins()}."
    )
