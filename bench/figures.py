"""Parts that are made of several figures: their options, their tables and their clock."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import dropwhile
from typing import TypeVar

T = TypeVar("T")


def read(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options, from the first argument that begins with two hyphens."""
    parser = argparse.ArgumentParser(prog="python -m bench PART …", allow_abbrev=False)
    parser.add_argument("--only", nargs="+", metavar="FIGURE", help="figures whose names begin so")
    parser.add_argument("--quick", action="store_true", help="few cases")
    given = sys.argv[1:] if arguments is None else arguments
    return parser.parse_args(list(dropwhile(lambda one: not one.startswith("--"), given)))


def show(figures: Mapping[str, Callable[..., str]]) -> str:
    """The figures that were asked for, each below its name."""
    given = read()
    wanted = [name for name in figures if given.only is None or name.startswith(tuple(given.only))]
    if not wanted:
        sys.exit(f"there is no figure {given.only[0]!r}; choose from {', '.join(figures)}")
    return "\n\n".join(f"#### {name}\n\n{figures[name](quick=given.quick)}" for name in wanted)


def grid(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and the CPU seconds of this process that it took."""
    began = time.process_time()
    found = call()
    return found, time.process_time() - began


def versions(*names: str) -> str:
    """Of packages in this environment."""
    return ", ".join(f"{name} {version(name)}" for name in names)
