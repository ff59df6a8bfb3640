"""`kullback history` and `kullback alerts`, and the part of `kullback compare` that needs a history."""

from pathlib import Path
from typing import Annotated, Any

import typer

import kullback as kl
from kullback._core import printable
from kullback.cli import _options as shared
from kullback.cli._progress import shown_progress

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the history.")]


def compare_today(
    reference: str | None, current: str | None, history: Path | None, options: dict[str, Any], /, *, record: bool
) -> kl.Comparison:
    """What `kullback compare` compares: two tables, or with a history the current one with the windows before it."""
    if history is None:
        if record:
            raise kl.InputError("--record keeps a window in a history: add --history DIR.")
        return kl.compare(reference, current, **options)
    if current is None:
        reference, current = None, reference
    if not record:
        return kl.compare(reference, current, history=history, **options)
    window = options.pop("window")
    return kl.History(history).record(current, window, reference=reference, **options)


def history(
    folder: Folder,
    tables: Annotated[list[str], typer.Argument(metavar="TABLE...", help="Tables, one for each window.")],
    window: Annotated[
        str | None, typer.Option("--window", metavar="NAME", help="What the window is called; else as its file is.")
    ] = None,
    columns: shared.Columns = None,
    exclude: shared.Exclude = None,
    roles: shared.Roles = None,
    where: shared.Where = None,
    weights: shared.Weights = None,
    nulls: shared.Nulls = None,
    quiet: shared.Quiet = False,
) -> None:
    """Keep the profiles of tables in DIR, as the windows of a history that kullback compare --history DIR looks at.

    Windows are ordered by name: call them by their date, as in 2013-05-01. One of the same name is replaced.
    """
    if window is not None and len(tables) > 1:
        raise kl.InputError(f"--window names one window, but {len(tables)} tables came: call the files by their dates.")
    kept = kl.History(folder)
    with shown_progress(quiet=quiet) as progress:
        for table in tables:
            kept.add(
                table,
                window,
                columns=shared.listed(columns),
                exclude=shared.listed(exclude) or (),
                roles=shared.roles_from(roles),
                where=where,
                weights=weights,
                nulls=nulls or (),
                progress=progress,
            )
    if not quiet:
        typer.echo(printable(repr(kept), 300))


def alerts(
    folder: Folder,
    accept: Annotated[
        str | None, typer.Option("--accept", metavar="COLUMN", help="Accept the open alert of this column.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="With --accept: why.")] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Print those that are over, too.")] = False,
) -> None:
    """The open alerts of a history, or one of them accepted: then its windows count as part of the past."""
    if not folder.is_dir():
        raise kl.InputError(f"there is no folder {str(folder)!r} with a history.")
    if (accept is None) != (reason is None):
        raise kl.InputError("--accept COLUMN and --reason TEXT go together.")
    kept = kl.History(folder)
    if accept is not None and reason is not None:
        typer.echo(kept.accept(accept, reason=reason).message)
        return
    shown = (*(kept.past_alerts if show_all else ()), *kept.alerts)
    for alert in shown:
        typer.echo(alert.message)
    if not shown:
        typer.echo("no alert is open")
