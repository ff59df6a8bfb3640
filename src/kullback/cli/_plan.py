"""`kullback plan`."""

from typing import Annotated

import typer

import kullback as kl


def plan(
    bits: Annotated[float | None, typer.Option(metavar="BITS", help="A shift that is to be found.")] = None,
    rows: Annotated[int | None, typer.Option(metavar="N", help="Or the rows of the reference that there are.")] = None,
    cells: Annotated[int, typer.Option(help="Cells over which the divergence is taken.")] = 20,
    power: Annotated[float, typer.Option(help="Chance with which the shift is to be found.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Level of the test.")] = 0.05,
    margin: Annotated[float, typer.Option(metavar="BITS", help="What the shift must exceed; compare has 0.02.")] = 0.0,
    columns: Annotated[int, typer.Option(help="Columns looked at together.")] = 1,
    design_effect: Annotated[float, typer.Option(help="That of units, as compare prints it.")] = 1.0,
    ratio: Annotated[float, typer.Option(help="Current rows for each row of the reference.")] = 1.0,
) -> None:
    """How many rows a shift of so many bits needs; with --rows, which shift they would show."""
    options = {
        "cells": cells,
        "power": power,
        "alpha": alpha,
        "margin": margin,
        "columns": columns,
        "design_effect": design_effect,
        "ratio": ratio,
    }
    found = kl.plan(bits=bits, rows=rows, **options)  # type: ignore[call-overload]
    if rows is None:
        needed, shown = found, bits
    else:
        needed, shown = rows, found
    sides = "a side" if ratio == 1 else f"of the reference and {needed * ratio:,.0f} current ones"
    margins = f" above a margin of {margin:g}" if margin else ""
    together = f" among {columns:,} columns" if columns > 1 else ""
    assumed = "independent rows" if design_effect == 1 else f"a design effect of {design_effect:g}"
    typer.echo(
        f"{needed:,.0f} rows {sides} show a shift of {shown:.4g} bits{margins} over {cells:,} cells{together} "
        f"with a chance of {100 * power:g} %, at a level of {100 * alpha:g} %; assumes {assumed}"
    )
