"""`kullback profile`."""

from pathlib import Path
from typing import Annotated

import typer

import kullback as kl
from kullback.cli import _options as shared
from kullback.cli._progress import shown_progress


def profile(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Table to profile.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="F", help="File to write (JSON).")],
    like: Annotated[
        Path | None, typer.Option("--like", metavar="F", help="Count on the cells of this profile.")
    ] = None,
    columns: shared.Columns = None,
    exclude: shared.Exclude = None,
    where: shared.Where = None,
    roles: shared.Roles = None,
    weights: shared.Weights = None,
    nulls: shared.Nulls = None,
    quiet: shared.Quiet = False,
) -> None:
    """Keep the counts of TABLE in a small file that stands in for it: kullback compare F TABLE."""
    shared.check_output(output, table)
    with shown_progress(quiet=quiet) as progress:
        made = kl.profile(
            table,
            like=like,
            columns=shared.listed(columns),
            exclude=shared.listed(exclude) or (),
            where=where,
            roles=shared.roles_from(roles),
            weights=weights,
            nulls=nulls or (),
            progress=progress,
        )
    made.save(output)
    if not quiet:
        typer.echo(f"{made!r}; written to {output} ({output.stat().st_size:,} bytes)")
