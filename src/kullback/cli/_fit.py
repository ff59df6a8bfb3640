"""`kullback fit`."""

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

import kullback as kl
from kullback._core import printable, write_picture
from kullback.cli import _options as shared
from kullback.tables import WEIGHTS, read_table

if TYPE_CHECKING:
    from kullback.fitting.likelihood import Selection

_CRITERIA = ("aic", "aicc", "bic", "tic")


def fit(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A table of rows, as for kullback compare.")],
    column: Annotated[
        str | None, typer.Option("--column", metavar="COL", help="Column to fit; not needed where there is one.")
    ] = None,
    families: Annotated[
        list[str] | None,
        typer.Option("--families", metavar="NAMES", help="all, or names such as gamma,weibull; commas or repeat."),
    ] = None,
    criterion: Annotated[str, typer.Option("--criterion", metavar="NAME", help=f"{', '.join(_CRITERIA)}.")] = "aic",
    where: shared.Where = None,
    roles: shared.Roles = None,
    weights: shared.Weights = None,
    nulls: shared.Nulls = None,
    nan_policy: Annotated[
        str, typer.Option("--nan-policy", metavar="WHAT", help="NaN and NULL: raise, or omit.")
    ] = "raise",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="F", help="Write a picture of data and fits (.png, .svg, .pdf).")
    ] = None,
) -> None:
    """Fit laws to a column by maximum likelihood and rank them by AIC.

    --families all takes every family that can have the data: masses for whole numbers, densities for other numbers,
    the shares of the labels for text.
    """
    from kullback.fitting.likelihood import select  # noqa: PLC0415 - other commands need none of it

    if criterion not in _CRITERIA:
        raise kl.InputError(f"--criterion {criterion} is not known. Choose from {', '.join(_CRITERIA)}.")
    if plot is not None:
        shared.check_output(plot, data)
    name, rows, kinds = _read(data, column, where, shared.roles_from(roles), weights, nulls)
    values, kind = rows[name], kinds[name]
    wanted: Any = shared.listed(families) or ["all"]
    if kind not in ("numeric", "category", "boolean"):
        raise kl.InputError(f"column {name!r} holds {kind}s. Laws are fitted to numbers, text and booleans.")
    if "all" in wanted:
        if len(wanted) > 1:
            raise kl.InputError(f"--families {','.join(wanted)}: all stands for itself. Give all, or names.")
        wanted = "all"
    elif kind != "numeric" and [one.lower() for one in wanted] != ["categorical"]:
        raise kl.InputError(
            f"column {name!r} holds text, which only Categorical has. Use --families categorical, or --as "
            f"{name}=numeric if it is numbers."
        )
    if nan_policy == "raise":
        _refuse_missing(values, name)
    given = rows[WEIGHTS] if weights is not None else None
    found = select(values, wanted, criterion=criterion, weights=given, nan_policy=nan_policy)
    if plot is not None:
        write_picture(found.plot(), plot)
    _show(found, data, name, json=json)


def _read(
    data: str,
    column: str | None,
    where: str | None,
    roles: dict[str, str],
    weights: str | None,
    nulls: list[str] | None,
) -> tuple[str, np.ndarray[Any, Any], dict[str, str]]:
    columns = None if column is None else [column]
    rows, kinds = read_table(data, columns=columns, where=where, roles=roles, weights=weights, nulls=nulls or ())
    if column is not None and column not in kinds:
        raise kl.InputError(f"{data!r} has no column {column!r} that can be read.")
    names = [one for one in kinds if one != weights or one == column]
    if len(names) != 1 and column is None:
        listed = ", ".join(printable(one, 40) for one in names[:10])
        raise kl.InputError(f"{data!r} has {len(names)} columns. Say which one: --column with one of {listed}.")
    return names[0] if column is None else column, rows, kinds


def _refuse_missing(values: np.ndarray[Any, Any], name: str) -> None:
    missing = sum(value is None for value in values) if values.dtype.kind == "O" else int(np.isnan(values).sum())
    if missing:
        raise kl.InputError(f"column {name!r} lacks {missing} of {len(values)} values. Use --nan-policy omit.")


def _show(found: "Selection", data: str, name: str, *, json: bool) -> None:
    if json:
        typer.echo(json_module.dumps({"data": data, "column": name} | found.to_dict(), ensure_ascii=False))
        return
    typer.echo(f"{printable(name, 60)} in {printable(data, 200)}")
    typer.echo(str(found))
    if found.best.fit is not None:
        typer.echo(str(found.best.fit))
