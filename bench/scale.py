"""How a comparison grows with rows, columns and groups, beside peers and beside one bare pass over the data."""

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.data import make_pair
from bench.measure import Cost
from bench.peers import FLOORS, OURS, PEERS, Contender
from bench.speed import run

ROWS = (100_000, 1_000_000, 10_000_000, 30_000_000)
COLUMNS = (10, 100, 1_000, 5_000)
GROUPS = (1, 10, 100, 1_000)
# Seconds that a peer may take, and the values of a table beyond which none is asked: they hold it in memory.
LIMIT, MOST_VALUES = 240.0, 20_000_000
SCAN = FLOORS[0]
YDATA = Contender("ydata-profiling, minimal", "ydata_profiling.py", (), "ydata_profiling")
OTHERS = (*(peer for peer in PEERS if peer.name in ("evidently", "whylogs")), YDATA)
HEAD = "CPU s | peak MB | CPU / kullback | peak / kullback"


def rows() -> str:
    """Ten columns, 1e5 to 3e7 rows."""
    return _sizes([(many, 10) for many in ROWS])


def columns() -> str:
    """1e4 rows, 10 to 5,000 columns."""
    return _sizes([(10_000, many) for many in COLUMNS])


def groups() -> str:
    """1e6 rows, ten columns, 1 to 1,000 groups; peers have no groups, so kullback stands beside itself."""
    lines = ["| groups | CPU s | peak MB | CPU / one group |", "|---|---|---|---|"]
    alone: Cost | str = ""
    with tempfile.TemporaryDirectory() as folder:
        paths = make_pair(Path(folder), 1_000_000, 10)
        for many in GROUPS:
            grouped = [_with_groups(path, many) for path in paths]
            contender = OURS if many == 1 else Contender("kullback by groups", "ours_by.py")
            cost = run(contender, grouped, *([] if many == 1 else ["in_group"]), limit=LIMIT)
            alone = cost if many == 1 else alone
            lines.append(f"| {many:,} | {_figures(cost, alone, sides=1)} |")
    return "\n".join(lines)


def _sizes(sizes: list[tuple[int, int]]) -> str:
    lines = [f"| rows | columns | | {HEAD} |", f"|{'---|' * 7}"]
    for many_rows, many_columns in sizes:
        asked = OTHERS if many_rows * many_columns <= MOST_VALUES else ()
        with tempfile.TemporaryDirectory() as folder:
            paths = make_pair(Path(folder), many_rows, many_columns)
            ours = run(OURS, paths, limit=2 * LIMIT)
            costs = {OURS.name: ours} | {one.name: run(one, paths, limit=LIMIT) for one in (SCAN, *asked)}
        for name, cost in costs.items():
            lines.append(f"| {many_rows:,} | {many_columns:,} | {name} | {_figures(cost, ours)} |")
            print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


def _figures(cost: Cost | str, ours: Cost | str, *, sides: int = 2) -> str:
    """CPU seconds, peak memory, and both as ratios."""
    if isinstance(cost, str):
        return f"{cost} |{' |' * sides}"
    figures = f"{cost.cpu:.2f} | {cost.peak_mb:.0f}"
    if isinstance(ours, str):
        return f"{figures} |{' – |' * sides}".rstrip("|").rstrip()
    ratios = [f"{cost.cpu / ours.cpu:.2f}", f"{cost.peak_mb / ours.peak_mb:.2f}"]
    return " | ".join([figures, *ratios[:sides]])


def _with_groups(path: Path, many: int) -> Path:
    """The table with a column of so many groups, written by a process of its own."""
    target = path.with_name(f"{path.stem}-{many}.parquet")
    copy = (
        f"COPY (SELECT *, 'g' || (row_number() OVER () % {many}) AS in_group FROM '{path}') TO '{target}' "
        "(FORMAT parquet)"
    )
    subprocess.run([sys.executable, "-c", f"import duckdb; duckdb.sql({copy!r})"], check=True)
    return target
