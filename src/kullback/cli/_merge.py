"""`kullback merge`."""

from pathlib import Path
from typing import Annotated

import typer

import kullback as kl
from kullback._core import printable
from kullback.cli import _options as shared


def merge(
    profiles: Annotated[
        list[Path], typer.Argument(metavar="PROFILE...", help="Profiles, or folders of them.", show_default=False)
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="F", help="File to write (JSON; compressed if it ends in .gz)."),
    ],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the whole is called.")] = None,
    suppress_below: shared.SuppressBelow = None,
    text_length: shared.TextLength = None,
    quiet: shared.Quiet = False,
) -> None:
    """Take profiles of parts together as the profile of the whole, without any rows."""
    shared.check_output(output, *profiles)
    made = kl.merge(profiles, name=name, suppress_below=suppress_below, text_length=text_length)
    made.save(output)
    if quiet:
        return
    typer.echo(f"{printable(repr(made), 200)}; written to {output} ({output.stat().st_size:,} bytes)")
    off = {column: share for column, share in made.uncertainty.items() if share > 0}
    if off:
        worst = max(off, key=lambda column: off[column])
        typer.echo(
            f"the profiles hold different cells: counts of {len(off)} of {len(made)} columns are not exact, at most by "
            f"{100 * off[worst]:.2g} % of the rows ({printable(worst, 50)}); profiles made with --like merge exactly"
        )
