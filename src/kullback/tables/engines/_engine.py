"""Which engine counts tables that lie in files: DuckDB unless told otherwise; and how much it may take."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kullback._core import InputError
from kullback.tables.engines._table import Table

ENGINES = ("duckdb", "spark", "polars")
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_LEAST = 64 * 2**20


class Engine(Protocol):
    """Something other than DuckDB that opens files as tables."""

    def open(self, session: Any, source: str, options: Any, /) -> Table:
        """A path as a table."""

    def close(self) -> None:
        """Give back what was started for it."""


@dataclass(frozen=True)
class Resources:
    """What counts tables in files, and what it may take.

    Attributes:
        engine: One of `ENGINES`.
        master: Where Spark runs; None for the session that is there, or this machine.
        threads: Threads, or cores of Spark; None for all.
        memory: Bytes; None for the engine's own rule.
    """

    engine: str = "duckdb"
    master: str | None = None
    threads: int | None = None
    memory: int | None = None


def resources_from(engine: Any, master: Any, threads: Any, memory_limit: Any, /) -> Resources:
    """The engine and its limits as the user gave them, each checked.

    Raises:
        InputError: If one of them cannot be, or they do not go together.
    """
    if engine not in ENGINES:
        raise InputError(f"engine is {engine!r}; it must be one of {', '.join(ENGINES)}.")
    if master is not None and engine != "spark":
        raise InputError(f"master={master!r} says where Spark runs, but the engine is {engine}: add engine='spark'.")
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise InputError(f"threads is {threads!r}; it must be a whole number, 1 or more.")
    if engine == "polars" and (threads is not None or memory_limit is not None):
        raise InputError(
            "polars takes no limits once it is loaded: set POLARS_MAX_THREADS before Python starts, or use "
            "engine='duckdb'."
        )
    return Resources(engine, master, threads, None if memory_limit is None else _bytes(memory_limit))


def _bytes(text: Any) -> int:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]I?B)\s*", str(text).upper())
    if found is None:
        raise InputError(f"memory_limit is {text!r}; it must be a number with its unit, as in '512MB' or '2GB'.")
    limit = int(float(found[1]) * _UNITS[found[2]])
    if limit < _LEAST:
        raise InputError(f"memory_limit is {text!r}; at least 64 MiB are needed to count a column.")
    return limit


def is_url(source: Any, /) -> bool:
    """Whether a path names a place that only a cluster reads."""
    return isinstance(source, (str, Path)) and re.match(r"^[A-Za-z][A-Za-z0-9+.-]+://", str(source)) is not None
