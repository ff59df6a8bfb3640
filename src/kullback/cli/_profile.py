"""`kullback profile`."""

from pathlib import Path
from typing import Annotated, Any

import typer

import kullback as kl
from kullback import InputError
from kullback._core import printable
from kullback.cli import _options as shared
from kullback.cli._progress import shown_progress
from kullback.tables import profile_each


def profile(
    tables: Annotated[
        list[str],
        typer.Argument(metavar="TABLE...", help="Table to profile; of several, each by itself.", show_default=False),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="F",
            help="File to write (JSON; compressed if it ends in .gz); of several tables, a folder.",
        ),
    ],
    like: Annotated[
        Path | None, typer.Option("--like", metavar="F", help="Count on the cells of this profile.")
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help="A profile for each file of the folder or pattern TABLE, on shared cells.")
    ] = False,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="COL", help="Keep a profile of each group too: a column, or month(when)."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="COL", help="Count this column with every other too: compare --target."),
    ] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Option("--pair", metavar="COL,COL", help="Count these two columns together: compare --pairs; repeat."),
    ] = None,
    cells: Annotated[
        int | None, typer.Option("--cells", metavar="N", help="Cells that an ordered column keeps. [default: 256]")
    ] = None,
    suppress_below: shared.SuppressBelow = None,
    text_length: shared.TextLength = None,
    columns: shared.Columns = None,
    exclude: shared.Exclude = None,
    where: shared.Where = None,
    roles: shared.Roles = None,
    weights: shared.Weights = None,
    nulls: shared.Nulls = None,
    engine: shared.Engine = "duckdb",
    master: shared.Master = None,
    threads: shared.Threads = None,
    memory_limit: shared.MemoryLimit = None,
    quiet: shared.Quiet = False,
) -> None:
    """Keep the counts of TABLE in a small file that stands in for it: kullback compare F TABLE."""
    options: dict[str, Any] = {
        "like": like,
        "columns": shared.listed(columns),
        "exclude": shared.listed(exclude) or (),
        "where": where,
        "roles": shared.roles_from(roles),
        "weights": weights,
        "nulls": nulls or (),
        "by": by,
        "target": target,
        "pairs": [_pair(text) for text in pairs or []],
        "cells": cells,
        "suppress_below": suppress_below,
        "text_length": text_length,
        "engine": engine,
        "master": master,
        "threads": threads,
        "memory_limit": memory_limit,
    }
    if each or len(tables) > 1:
        _profile_each(tables, output, options, quiet=quiet)
        return
    shared.check_output(output, tables[0])
    with shown_progress(quiet=quiet) as progress:
        made = kl.profile(tables[0], progress=progress, **options)
    made.save(output)
    if not quiet:
        typer.echo(f"{printable(repr(made), 200)}; written to {output} ({output.stat().st_size:,} bytes)")


def _pair(text: str) -> tuple[str, str]:
    first, mark, second = text.partition(",")
    if not mark or not first.strip() or not second.strip():
        raise InputError(f"--pair {text} is not of the form COL,COL, as in --pair carrier,origin.")
    return first.strip(), second.strip()


def _profile_each(tables: list[str], output: Path, options: dict[str, Any], *, quiet: bool) -> None:
    if output.exists() and not output.is_dir():
        raise InputError(f"{str(output)!r} is a file: profiles of several tables go into a folder, as in -o profiles/.")
    with shown_progress(quiet=quiet) as progress:
        written = profile_each(tables, output, progress=progress, **options)
    if not quiet:
        size = sum(path.stat().st_size for path in written)
        typer.echo(f"{len(written)} profiles written to {output} ({size:,} bytes)")
