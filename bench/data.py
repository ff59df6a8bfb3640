"""The tables that are raced on, written as Parquet by processes of their own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

KINDS = (
    "sqrt(-2 * ln(random())) * cos(2 * pi() * random())",
    "tan(pi() * (random() - 0.5))",
    "CASE WHEN random() < 0.3 THEN 0 ELSE exp(3 * random()) END",
    "CAST(floor(random() * 1000) AS BIGINT)",
    "'k' || CAST(floor(random() * 10) AS INTEGER)",
    "'v' || CAST(floor(random() * 5000) AS INTEGER)",
)
HOSTILE = "</script><script>alert(1)</script>"
SHIFTS = ("location", "spread", "tail", "skew", "count", "zeros", "text", "nulls", "new", "many")


def make_table(path: Path, rows: int, columns: int, seed: int) -> Path:
    """Normal, Cauchy and zero-inflated numbers, counts, small and large sets of texts, in equal parts."""
    parts = ", ".join(f"{KINDS[index % len(KINDS)]} AS c{index}" for index in range(columns))
    # In a process of its own: the peak memory of a child counts from that of its parent.
    program = (
        "import duckdb, sys\nwith duckdb.connect() as connection:\n"
        "    connection.execute('SET enable_progress_bar = false')\n    connection.execute(sys.stdin.read())"
    )
    copy = f"SELECT setseed({seed / 100}); COPY (SELECT {parts} FROM range({rows})) TO '{path}' (FORMAT parquet)"
    subprocess.run([sys.executable, "-c", program], input=copy, text=True, check=True)
    return path


def make_pair(folder: Path, rows: int, columns: int) -> list[Path]:
    """Two tables of the same law."""
    return [make_table(folder / f"{rows}-{columns}-{seed}.parquet", rows, columns, seed) for seed in (1, 2)]


def shifted_table(rows: int, seed: int, *, shifted: bool) -> dict[str, pa.Array]:
    """Twenty columns in pairs of which one shifts and its twin, of the same law, does not."""
    rng = np.random.default_rng(seed)
    by = float(shifted)
    columns = {}
    for twin in (True, False):
        step = by if twin else 0.0
        name = "shifted" if twin else "same"
        ends = np.array([0.5 - 0.15 * step, 0.8 - 0.1 * step])
        columns |= {
            f"{name}_location": pa.array(rng.normal(0.3 * step, 1, rows)),
            f"{name}_spread": pa.array(rng.normal(0, 1 + 0.3 * step, rows)),
            f"{name}_tail": pa.array(rng.standard_cauchy(rows) * (1 + 0.5 * step)),
            f"{name}_skew": pa.array(rng.lognormal(0, 1 + 0.25 * step, rows)),
            f"{name}_count": pa.array(rng.poisson(4 + step, rows)),
            f"{name}_zeros": pa.array(np.where(rng.random(rows) < 0.3 + 0.15 * step, 0.0, rng.exponential(1, rows))),
            f"{name}_text": pa.array(np.array(["a", "b", "c"])[np.searchsorted(ends, rng.random(rows))]),
            f"{name}_nulls": pa.array(rng.normal(0, 1, rows), mask=rng.random(rows) < 0.1 + 0.2 * step),
            f"{name}_new": pa.array(np.where(rng.random(rows) < 0.05 * step, "new", rng.choice(["x", "y"], rows))),
            f"{name}_many": pa.array([f"v{value}" for value in _many(rng, rows, step)]),
        }
    return columns


def _many(rng: np.random.Generator, rows: int, step: float) -> np.ndarray:
    """A thousand texts, of which the first half grows by half."""
    first = rng.random(rows) < 0.5 + 0.25 * step
    return np.where(first, rng.integers(0, 500, rows), rng.integers(500, 1000, rows))


def write_pair(folder: Path, name: str, tables: list[dict[str, pa.Array]]) -> list[Path]:
    """Two tables of arrays as files."""
    paths = [folder / f"{name}-{side}.parquet" for side in (1, 2)]
    for path, table in zip(paths, tables, strict=True):
        pq.write_table(pa.table(table), path)
    return paths


def unchanged_categories(rows: int, categories: int, columns: int, seed: int) -> dict[str, pa.Array]:
    """Columns of even categories."""
    rng = np.random.default_rng([seed, categories])
    names = np.array([f"k{index}" for index in range(categories)])
    return {f"c{index}": pa.array(rng.choice(names, rows)) for index in range(columns)}


def cauchy_twins(rows: int, seed: int, *, shifted: bool) -> dict[str, pa.Array]:
    """Two Cauchy columns, of which the scale of one grows by a fifth: D is .0083 nats, .0120 bits."""
    rng = np.random.default_rng([3, seed])
    scale = 1.2 if shifted else 1.0
    return {"wider": pa.array(scale * rng.standard_cauchy(rows)), "same": pa.array(rng.standard_cauchy(rows))}
