"""``make bench``: what a comparison costs and what it answers, beside named peers on the same tables.

Every figure is a process of its own: wall seconds, CPU seconds and peak memory in MB, the least of three rounds (of one
for peers). Peers have environments of their own, made on first use. `ARGS="speed"` runs one part, `coverage` runs
only if named. Parts on estimates, training, fits and decisions take options: `ARGS="estimation --only kullback"`.
"""

import os
import platform
import sys
from datetime import UTC, datetime
from itertools import takewhile

from bench.accuracy.tally import accuracy
from bench.answers import CONTENDERS, answers
from bench.decisions.figures import decisions
from bench.estimation.accuracy import estimation
from bench.estimation.coverage import coverage
from bench.estimation.speed import estimation_speed
from bench.exact import exact
from bench.fitting.figures import fitting
from bench.flights import flights
from bench.history import history
from bench.peers import version_of
from bench.scale import columns, groups, rows
from bench.speed import race, scaling
from bench.training.accuracy import training_accuracy
from bench.training.memory import training_memory
from bench.training.rollouts import rollouts
from bench.training.speed import training_speed

PARTS = {
    "speed": race,
    "scaling": scaling,
    "scale-rows": rows,
    "scale-columns": columns,
    "scale-groups": groups,
    "answers": answers,
    "flights": flights,
    "history": history,
    "accuracy": accuracy,
    "exact": exact,
    "estimation": estimation,
    "estimation-speed": estimation_speed,
    "coverage": coverage,
    "training-memory": training_memory,
    "training-speed": training_speed,
    "training-accuracy": training_accuracy,
    "rollouts": rollouts,
    "fitting": fitting,
    "decisions": decisions,
}
WITH_OPTIONS = (
    "estimation",
    "estimation-speed",
    "coverage",
    "training-memory",
    "training-speed",
    "training-accuracy",
    "rollouts",
    "fitting",
    "decisions",
)


def main() -> None:
    """Print the tables."""
    wanted = list(takewhile(lambda one: not one.startswith("--"), sys.argv[1:]))
    if len(wanted) < len(sys.argv) - 1 and not (wanted and set(wanted) <= set(WITH_OPTIONS)):
        sys.exit(f"only {', '.join(WITH_OPTIONS)} take options, after their names")
    wanted = wanted or [name for name in PARTS if name != "coverage"]
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
