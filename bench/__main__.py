"""``make bench``: what a comparison costs, beside what reading the same tables costs at least.

Every figure is a process of its own: wall seconds, CPU seconds, and peak memory in MB, the least of three rounds in
which the contenders take turns. Peers: `floor`, one pass of DuckDB that adds up every column of both tables (for texts
their lengths); `by hand`, the script that people write: pandas, thirty equal bins or value counts, scipy.stats.entropy.
"""

import json
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ROUNDS = 3
CASES = {
    "1e6 rows x 20 columns": (1_000_000, 20),
    "1e7 rows x 10 columns": (10_000_000, 10),
    "1e3 rows x 5,000 columns": (1_000, 5_000),
}
CONTENDERS = {
    "kullback": "import kullback as kl; kl.compare(*paths)",
    "floor": """
import duckdb
for path in paths:
    scan = f"read_parquet('{path}')"
    columns = [row[:2] for row in duckdb.sql(f"DESCRIBE SELECT * FROM {scan}").fetchall()]
    sums = [f"sum(length({name}))" if kind == "VARCHAR" else f"sum({name})" for name, kind in columns]
    for first in range(0, len(sums), 500):
        duckdb.sql(f"SELECT {', '.join(sums[first:first + 500])} FROM {scan}").fetchall()
""",
    "by hand": """
import numpy as np, pandas as pd, scipy.stats
before, after = (pd.read_parquet(path) for path in paths)
for name in before:
    if pd.api.types.is_numeric_dtype(before[name]):
        edges = np.histogram_bin_edges(pd.concat([before[name], after[name]]), 30)
        p, q = (np.histogram(side[name], edges)[0] for side in (after, before))
    else:
        p, q = after[name].value_counts().align(before[name].value_counts(), fill_value=0)
    scipy.stats.entropy(p, q)
""",
}
MEASURE = """
import json, resource, sys, time
paths = sys.argv[1:]
began = time.perf_counter()
{body}
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


def make_table(path: Path, rows: int, columns: int, seed: int) -> None:
    """Normal, Cauchy and zero-inflated numbers, counts, small and large sets of texts, in equal parts."""
    kinds = [
        "sqrt(-2 * ln(random())) * cos(2 * pi() * random())",
        "tan(pi() * (random() - 0.5))",
        "CASE WHEN random() < 0.3 THEN 0 ELSE exp(3 * random()) END",
        "CAST(floor(random() * 1000) AS BIGINT)",
        "'k' || CAST(floor(random() * 10) AS INTEGER)",
        "'v' || CAST(floor(random() * 5000) AS INTEGER)",
    ]
    parts = ", ".join(f"{kinds[index % len(kinds)]} AS c{index}" for index in range(columns))
    # In a process of its own: the peak memory of a child counts from that of its parent.
    program = (
        "import duckdb, sys\nwith duckdb.connect() as connection:\n"
        "    connection.execute('SET enable_progress_bar = false')\n    connection.execute(sys.stdin.read())"
    )
    copy = f"SELECT setseed({seed / 100}); COPY (SELECT {parts} FROM range({rows})) TO '{path}' (FORMAT parquet)"
    subprocess.run([sys.executable, "-c", program], input=copy, text=True, check=True)


def measure(body: str, paths: list[Path]) -> list[float]:
    """Wall seconds, CPU seconds and peak MB of a script in a process of its own."""
    program = MEASURE.replace("{body}", body)
    done = subprocess.run([sys.executable, "-c", program, *map(str, paths)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Print a table for each case."""
    print(f"{platform.platform()}, Python {platform.python_version()}, {datetime.now(UTC).date()}, make bench\n")
    with tempfile.TemporaryDirectory() as folder:
        for case, (rows, columns) in CASES.items():
            paths = [Path(folder) / f"{rows}-{columns}-{seed}.parquet" for seed in (1, 2)]
            for seed, path in enumerate(paths, 1):
                make_table(path, rows, columns, seed)
            rounds = [{name: measure(body, paths) for name, body in CONTENDERS.items()} for _ in range(ROUNDS)]
            size = sum(path.stat().st_size for path in paths) / 1e6
            print(f"{case}, two tables of {size:.0f} MB Parquet together\n")
            print("| | wall s | CPU s | peak MB | CPU / floor |\n|---|---|---|---|---|")
            best = {name: np.min([turn[name] for turn in rounds], axis=0) for name in CONTENDERS}
            for name, (wall, cpu, peak) in best.items():
                print(f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {cpu / best['floor'][1]:.1f} |")
            print()
            for path in paths:
                path.unlink()


if __name__ == "__main__":
    main()
