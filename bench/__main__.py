"""``make bench``: what a comparison costs and what it answers, beside named peers on the same tables.

Every figure is a process of its own: wall seconds, CPU seconds and peak memory in MB, the least of three rounds (of one
for peers). Peers have environments of their own, made on first use. `ARGS="speed"` runs one part.
"""

import os
import platform
import sys
from datetime import UTC, datetime

from bench.accuracy.tally import accuracy
from bench.answers import CONTENDERS, answers
from bench.exact import exact
from bench.flights import flights
from bench.peers import version_of
from bench.speed import race, scaling

PARTS = {
    "speed": race,
    "scaling": scaling,
    "answers": answers,
    "flights": flights,
    "accuracy": accuracy,
    "exact": exact,
}


def main() -> None:
    """Print the tables."""
    wanted = sys.argv[1:] or list(PARTS)
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        sys.exit(f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}")
    date = datetime.now(UTC).date()
    print(f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}, {date}, make bench")
    print(f"{', '.join(dict.fromkeys(map(version_of, CONTENDERS)))}\n")
    for name in wanted:
        print(f"### {name}\n\n{PARTS[name]()}\n", flush=True)


if __name__ == "__main__":
    main()
