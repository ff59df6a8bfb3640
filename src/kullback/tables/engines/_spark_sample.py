"""The sample of whole rows of `_sampling`, by Spark: the same idea with Spark's own hash."""

from importlib import import_module
from typing import Any


def sample_frame(frame: Any, columns: list[str], size: int, seed: str, /) -> Any:
    """At most `size` rows of a DataFrame, whatever its partitions and their order.

    Args:
        frame: The DataFrame, with columns that Spark can refer to by plain names.
        columns: Those that make a row.
        size: Rows to choose.
        seed: Text that goes into every hash.

    Returns:
        A table of Arrow with these columns and `copies`, in the order of the hashes.
    """
    f: Any = import_module("pyspark.sql.functions")
    # A hash passes over NULL: whether there is one is hashed too.
    parts = [part for name in columns for part in (f.col(name).isNull(), f.col(name))]
    hashed = frame.select(*columns, f.xxhash64(f.lit(seed), *parts).alias("h"))
    counted = hashed.groupBy("h").agg(f.count(f.lit(1)).alias("n"))
    copies = counted.select("h", f.explode(f.sequence(f.lit(1), f.col("n"))).alias("k"))
    drawn = copies.select("h", f.xxhash64(f.lit(seed), "h", "k").alias("u")).orderBy("u", "h").limit(size)
    chosen = drawn.groupBy("h").agg(f.count(f.lit(1)).alias("copies"), f.min("u").alias("u"))
    kept = hashed.join(f.broadcast(chosen), "h").groupBy("h")
    values = [f.first(name).alias(name) for name in (*columns, "copies", "u")]
    return kept.agg(*values).orderBy("u", "h").select(*columns, "copies").toArrow()
