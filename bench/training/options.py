"""What may follow the names of these parts on the command line."""

import argparse
import sys
from collections.abc import Sequence
from itertools import dropwhile


def read(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options, from the first argument that begins with two hyphens."""
    parser = argparse.ArgumentParser(prog="python -m bench PART …", allow_abbrev=False)
    parser.add_argument("--only", nargs="+", metavar="CONTENDER", help="whose names begin so; ours is kullback")
    parser.add_argument("--repeats", type=int, help="rounds of the race")
    parser.add_argument("--quick", action="store_true", help="small sizes, two rounds")
    given = sys.argv[1:] if arguments is None else arguments
    return parser.parse_args(list(dropwhile(lambda one: not one.startswith("--"), given)))


def choose(names: Sequence[str], only: Sequence[str] | None) -> list[str]:
    """Those whose names begin like one that was asked for; all if none was."""
    return [name for name in names if only is None or name.startswith(tuple(only))]
