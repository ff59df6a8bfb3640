"""What may follow the names of parts on the command line."""

import argparse
import os
import sys
from collections.abc import Sequence
from itertools import dropwhile


def read(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options, from the first argument that begins with two hyphens."""
    parser = argparse.ArgumentParser(prog="python -m bench PART …", allow_abbrev=False)
    parser.add_argument("--only", nargs="+", metavar="CONTENDER", help="these contenders; ours is kullback")
    parser.add_argument(
        "--problems", nargs="+", metavar="TEXT", help="problems whose name or kind has one of these texts"
    )
    parser.add_argument("--repeats", type=int, help="samples of each problem")
    parser.add_argument("--seed", type=int, default=0, help="another number draws other samples")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--method", default="auto", help="method of ours")
    parser.add_argument("--quick", action="store_true", help="a fifth of the repeats")
    given = sys.argv[1:] if arguments is None else arguments
    return parser.parse_args(list(dropwhile(lambda one: not one.startswith("--"), given)))
