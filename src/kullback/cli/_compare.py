"""`kullback compare`."""

from pathlib import Path
from typing import Annotated

import typer

import kullback as kl
from kullback._core import printable
from kullback.cli import _options as shared
from kullback.cli._config import merged, read_settings
from kullback.cli._fail_on import TRIGGERS, has_failed, triggers_from
from kullback.cli._formats import FORMATS, LANGUAGES, outputs_from, write_outputs
from kullback.cli._history import compare_today
from kullback.cli._progress import shown_progress
from kullback.cli._report import print_report


def compare(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="What was expected: a table or a profile.")],
    current: Annotated[str | None, typer.Argument(metavar="[CURRENT]", help="What happened.")] = None,
    columns: shared.Columns = None,
    exclude: shared.Exclude = None,
    roles: shared.Roles = None,
    where: shared.Where = None,
    weights: shared.Weights = None,
    unit: shared.Unit = None,
    nulls: shared.Nulls = None,
    split_by: Annotated[
        str | None,
        typer.Option(
            "--split-by", metavar="COL", help="Split one table in two by this column.", rich_help_panel=shared.ROWS
        ),
    ] = None,
    reference_value: Annotated[
        str | None,
        typer.Option(
            "--reference",
            metavar="VALUE",
            help="With --split-by: value of the reference rows.",
            rich_help_panel=shared.ROWS,
        ),
    ] = None,
    current_value: Annotated[
        str | None,
        typer.Option(
            "--current",
            metavar="VALUE",
            help="With --split-by: value of the current rows; else all others.",
            rich_help_panel=shared.ROWS,
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="COL",
            help="Part the rows: by groups, or windows: month(when).",
            rich_help_panel=shared.TIME,
        ),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(
            "--every",
            metavar="WIDTH",
            help="With --by: windows of this width: 1d, 6h, 2w, 100.",
            rich_help_panel=shared.TIME,
        ),
    ] = None,
    rolling: Annotated[
        int | None,
        typer.Option(
            "--rolling",
            metavar="N",
            help="With windows: take N together, moved on by one.",
            rich_help_panel=shared.TIME,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="WHAT",
            help="With --by: rest, reference, same, previous, or the value of a group.",
            rich_help_panel=shared.TIME,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="COL",
            help="Split shifts of each column and COL: label, covariate, concept.",
            rich_help_panel=shared.DEEPER,
        ),
    ] = None,
    pairs: Annotated[
        int | None,
        typer.Option(
            "--pairs",
            metavar="N",
            help="Look for changed dependence among N pairs at most.",
            rich_help_panel=shared.DEEPER,
        ),
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            "--history",
            metavar="DIR",
            help="Hold the one table given against past windows; of two, the first is a fixed reference.",
            rich_help_panel=shared.TIME,
        ),
    ] = None,
    season: Annotated[
        str | None,
        typer.Option(
            "--season",
            metavar="NAME",
            help="With --history: past windows of the same weekday, hour or month.",
            rich_help_panel=shared.TIME,
        ),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(
            "--window",
            metavar="NAME",
            help="With --history: what the current window is called, as in 2013-05-01; else as its file is.",
            rich_help_panel=shared.TIME,
        ),
    ] = None,
    record: Annotated[
        bool,
        typer.Option(
            "--record",
            help="With --history: keep the window in DIR and bring its alerts up to date.",
            rich_help_panel=shared.TIME,
        ),
    ] = False,
    joint: Annotated[
        bool,
        typer.Option("--joint", help="Also estimate the divergence of whole rows.", rich_help_panel=shared.DEEPER),
    ] = False,
    why: Annotated[
        bool,
        typer.Option("--why", help="Also look for few segments of rows that hold it.", rich_help_panel=shared.DEEPER),
    ] = False,
    margin: Annotated[
        list[str] | None,
        typer.Option(
            "--margin",
            metavar="BITS",
            help="Divergence up to which a column is similar (0.02); COL=BITS for one or a pattern; repeat.",
            rich_help_panel=shared.RULES,
        ),
    ] = None,
    alpha: Annotated[
        float, typer.Option(help="False discovery rate; 1 − confidence.", rich_help_panel=shared.RULES)
    ] = 0.05,
    seed: Annotated[int, typer.Option(help="Seed of the permutations.", rich_help_panel=shared.RULES)] = 0,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="WHAT",
            help=f"Exit 1 on any of {', '.join(TRIGGERS)}; commas or repeat.",
            rich_help_panel=shared.RULES,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="F",
            help="Options kept in a file; else kullback.toml here.",
            rich_help_panel=shared.RULES,
        ),
    ] = None,
    no_config: Annotated[
        bool, typer.Option("--no-config", help="Look for no such file.", rich_help_panel=shared.RULES)
    ] = False,
    form: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help=f"Print {', '.join(FORMATS)}; NAME=F writes a file; repeat.",
            rich_help_panel=shared.OUTPUT,
        ),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option("--json", metavar="F", help="Write JSON; - for standard output.", rich_help_panel=shared.OUTPUT),
    ] = None,
    html: Annotated[
        str | None,
        typer.Option(
            "--html", metavar="F", help="Write a page to read and send on; - likewise.", rich_help_panel=shared.OUTPUT
        ),
    ] = None,
    lang: Annotated[
        str,
        typer.Option(
            "--lang",
            metavar="LANG",
            help=f"Language of the page: {' or '.join(LANGUAGES)}.",
            rich_help_panel=shared.OUTPUT,
        ),
    ] = "en",
    show_all: Annotated[
        bool,
        typer.Option("--all", help="Print every column, not the worst 40 alone.", rich_help_panel=shared.OUTPUT),
    ] = False,
    cells: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="For each shifted column, print the N cells that add most.",
            rich_help_panel=shared.OUTPUT,
        ),
    ] = 0,
    engine: shared.Engine = "duckdb",
    master: shared.Master = None,
    threads: shared.Threads = None,
    memory_limit: shared.MemoryLimit = None,
    quiet: shared.Quiet = False,
) -> None:
    """Which columns changed from REFERENCE to CURRENT, by how many bits, how sure, and what did it.

    Tables: CSV (.gz, .zst), Parquet, JSON lines, Arrow/Feather, a folder or glob of them, database.duckdb::table, or a
    file that `kullback profile` wrote. Options may be kept in kullback.toml; those given here win.
    """
    settings = read_settings(config, look=not no_config)
    options = merged(
        context,
        settings,
        {
            "columns": shared.listed(columns),
            "exclude": shared.listed(exclude) or (),
            "where": where,
            "roles": shared.roles_from(roles),
            "weights": weights,
            "unit": shared.listed(unit),
            "nulls": nulls or (),
            "split_by": split_by,
            "reference_value": reference_value,
            "current_value": current_value,
            "by": by,
            "every": every,
            "rolling": rolling,
            "against": against,
            "target": target,
            "pairs": False if pairs is None else pairs,
            "joint": joint,
            "why": why,
            "alpha": alpha,
            "seed": seed,
            "engine": engine,
            "master": master,
            "threads": threads,
            "memory_limit": memory_limit,
            "season": season,
            "window": window,
        },
    )
    output = merged(
        context,
        settings,
        {
            "fail_on": shared.listed(fail_on) or [],
            "form": form or [],
            "lang": lang,
            "show_all": show_all,
            "cells": cells,
            "quiet": quiet,
        },
    )
    triggers = triggers_from(output["fail_on"])
    if output["lang"] not in LANGUAGES:
        raise kl.InputError(f"--lang {lang} is unknown; use {' or '.join(LANGUAGES)}.")
    source = None if settings.path is None else str(settings.path)
    outputs = outputs_from(output["form"], json, html, (reference, current, source))
    if source and not output["quiet"]:
        typer.echo(f"kullback: options from {printable(source)}", err=True)
    margins = settings.margins(*shared.margins_from(margin))
    with shown_progress(quiet=output["quiet"]) as progress:
        everything = options | {"margin": margins, "progress": progress}
        comparison = compare_today(reference, current, history, everything, record=record)

    def show() -> None:
        if not output["quiet"]:
            print_report(comparison, every=output["show_all"], cells=output["cells"])

    failed = has_failed(comparison, triggers)
    write_outputs(comparison, outputs, lang=output["lang"], fail_on=triggers, show=show)
    if failed:
        raise typer.Exit(1)
