"""`kullback estimate`."""

import json as json_module
from pathlib import Path
from typing import Annotated, Any

import typer

import kullback as kl
from kullback._core import printable
from kullback.cli import _options as shared
from kullback.cli._progress import shown_progress
from kullback.estimators import METHODS, save_plot
from kullback.tables import WEIGHTS, read_rows

_POLICIES = ("raise", "omit", "category")


def estimate(
    x: Annotated[str, typer.Argument(metavar="X", help="What happens: a table of rows.")],
    y: Annotated[str, typer.Argument(metavar="Y", help="What was expected: a table with the same columns.")],
    method: Annotated[
        str, typer.Option("--method", metavar="NAME", help="auto, or one of those of kullback.estimators.")
    ] = "auto",
    columns: shared.Columns = None,
    exclude: shared.Exclude = None,
    where: shared.Where = None,
    roles: shared.Roles = None,
    weights: shared.Weights = None,
    nulls: shared.Nulls = None,
    nan_policy: Annotated[
        str, typer.Option("--nan-policy", metavar="WHAT", help=f"NaN and NULL: {', '.join(_POLICIES)}.")
    ] = "raise",
    confidence: Annotated[float, typer.Option(help="Level of the interval.")] = 0.95,
    bits: Annotated[bool, typer.Option("--bits", help="In bits rather than nats.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of what is simulated.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="F", help="Write a picture of where X differs (.png, .svg).")
    ] = None,
) -> None:
    """D(X‖Y) of the laws behind two tables of rows, all columns together, with its interval.

    Tables are given as to kullback compare. For each column by itself, use that.
    """
    if method not in METHODS:
        raise kl.InputError(f"--method {method} is not known. Choose from {', '.join(METHODS)}.")
    if plot is not None:
        shared.check_output(plot, x, y)
    one, two, skipped = read_rows(
        x,
        y,
        columns=shared.listed(columns),
        exclude=shared.listed(exclude) or (),
        where=where,
        roles=shared.roles_from(roles),
        weights=weights,
        nulls=nulls or (),
    )
    options: dict[str, Any] = {"weights": None if weights is None else WEIGHTS, "nan_policy": nan_policy}
    with shown_progress(quiet=False, doing="estimating") as progress:
        found = kl.estimate(
            one,
            two,
            method=method,
            confidence=confidence,
            base=2 if bits else None,
            rng=seed,
            progress=progress,
            **options,
        )
    if plot is not None:
        save_plot(found, one[[name for name in one.dtype.names or () if name != WEIGHTS]], plot)
    if json:
        typer.echo(json_module.dumps({"x": x, "y": y, "left_out": list(skipped)} | found.to_dict(), ensure_ascii=False))
        return
    typer.echo(str(found))
    if skipped:
        typer.echo(
            f"  left out, not in both tables or not of one type: {', '.join(printable(name, 60) for name in skipped)}"
        )
