"""Who counts: DuckDB, memory, polars, Dask and Spark behind the same questions.

Where is what: `_table` says what is asked and `_axes` along what; `_kernel` is the arithmetic, shared value for value;
`_session` is the locked-down DuckDB behind `_duckdb`; `_together` lets engines in which every question is a job answer
many at once; `_engine` chooses, within what `_resources` finds.
"""
