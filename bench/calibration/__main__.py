"""``make calibrate``: how often `kl.compare` is wrong, by simulation through the public function alone.

Every figure is a share of independent columns in percent with its binomial standard error. A share that misses its goal
by more than two standard errors is bold.
"""

import argparse
import os
import platform
import time
from datetime import UTC, datetime

from bench.calibration import parts, splits, units, whole_rows
from bench.calibration.replicates import Runner

PARTS = parts.PARTS | units.PARTS | splits.PARTS | whole_rows.PARTS


def main() -> None:
    """Print a table for each part."""
    parser = argparse.ArgumentParser(prog="make calibrate ARGS=…", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="these parts")
    parser.add_argument("--quick", action="store_true", help="one column in fifty, to see that it works")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    given = parser.parse_args()
    run = Runner(given.jobs, 0.02 if given.quick else 1.0)
    date = datetime.now(UTC).date()
    print(
        f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}, {date}, make calibrate\n"
    )
    for name in given.only:
        began = time.perf_counter()
        print(f"### {PARTS[name].__doc__}\n\n{PARTS[name](run)}\n\n{time.perf_counter() - began:.0f} s\n", flush=True)


if __name__ == "__main__":
    main()
