"""The least that reading both tables costs in polars: every column added up, of texts their lengths."""

import sys

import polars as pl

for path in sys.argv[1:3]:
    texts = pl.selectors.string()
    pl.scan_parquet(path).select(texts.str.len_bytes().sum(), (~texts).sum()).collect(engine="streaming")
