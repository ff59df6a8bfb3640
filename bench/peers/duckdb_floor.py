"""The least that reading both tables costs in DuckDB: every column added up, of texts their lengths."""

import sys

import duckdb

for path in sys.argv[1:3]:
    scan = f"read_parquet('{path}')"
    relation = duckdb.sql(f"SELECT * FROM {scan}")
    kinds = zip(relation.columns, map(str, relation.types), strict=True)
    sums = [f"sum(length({name}))" if kind == "VARCHAR" else f"sum({name})" for name, kind in kinds]
    for first in range(0, len(sums), 500):
        duckdb.sql(f"SELECT {', '.join(sums[first : first + 500])} FROM {scan}").fetchall()
