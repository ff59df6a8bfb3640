"""`kullback compare`."""

import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

import kullback as kl
from kullback.cli import _options as shared
from kullback.cli._progress import shown_progress
from kullback.cli._report import print_report

_LANGUAGES = ("en", "zh")
_FAIL_ON = ("shift", "structure", "inconclusive")


def compare(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="What was expected: a table or a profile.")],
    current: Annotated[str | None, typer.Argument(metavar="[CURRENT]", help="What happened.")] = None,
    split_by: Annotated[
        str | None, typer.Option("--split-by", metavar="COL", help="Split one table in two by this column.")
    ] = None,
    reference_value: Annotated[
        str | None, typer.Option("--reference", metavar="VALUE", help="With --split-by: value of the reference rows.")
    ] = None,
    current_value: Annotated[
        str | None,
        typer.Option("--current", metavar="VALUE", help="With --split-by: value of the current rows [all others]."),
    ] = None,
    columns: shared.Columns = None,
    exclude: shared.Exclude = None,
    where: shared.Where = None,
    roles: shared.Roles = None,
    weights: shared.Weights = None,
    unit: shared.Unit = None,
    nulls: shared.Nulls = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="COL", help="Part the rows: by groups, or windows: month(when).")
    ] = None,
    every: Annotated[
        str | None, typer.Option("--every", metavar="WIDTH", help="With --by: windows of this width: 1d, 6h, 2w, 100.")
    ] = None,
    rolling: Annotated[
        int | None, typer.Option("--rolling", metavar="N", help="With windows: take N together, moved on by one.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="WHAT", help="With --by: rest, reference, same, previous, or the value of a group."
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="COL", help="Split shifts of each column and COL: label, covariate, concept."),
    ] = None,
    pairs: Annotated[
        int | None, typer.Option("--pairs", metavar="N", help="Look for changed dependence among N pairs at most.")
    ] = None,
    joint: Annotated[bool, typer.Option("--joint", help="Also estimate the divergence of whole rows.")] = False,
    margin: Annotated[float, typer.Option(metavar="BITS", help="Divergence up to which a column is similar.")] = 0.02,
    alpha: Annotated[float, typer.Option(help="False discovery rate; 1 − confidence.")] = 0.05,
    seed: Annotated[int, typer.Option(help="Seed of the permutations.")] = 0,
    json: Annotated[str | None, typer.Option("--json", metavar="F", help="Write JSON; - for standard output.")] = None,
    html: Annotated[
        str | None, typer.Option("--html", metavar="F", help="Write a page to read and send on; - likewise.")
    ] = None,
    lang: Annotated[
        str, typer.Option("--lang", metavar="LANG", help=f"Language of the page: {' or '.join(_LANGUAGES)}.")
    ] = "en",
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="WHAT", help=f"Exit 1 on any of {', '.join(_FAIL_ON)}; commas.")
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Print every column, not the worst 40 alone.")] = False,
    cells: Annotated[
        int, typer.Option(metavar="N", min=0, help="For each shifted column, print the N cells that add most.")
    ] = 0,
    quiet: shared.Quiet = False,
) -> None:
    """Which columns changed from REFERENCE to CURRENT, by how many bits, how sure, and what did it.

    Tables: CSV (.gz, .zst), Parquet, JSON lines, Arrow/Feather, a folder or glob of them, database.duckdb::table, or a
    file that `kullback profile` wrote.
    """
    triggers = _triggers(fail_on)
    _check_outputs((json, html), (reference, current))
    if lang not in _LANGUAGES:
        raise kl.InputError(f"--lang {lang} is unknown; use {' or '.join(_LANGUAGES)}.")
    with shown_progress(quiet=quiet) as progress:
        comparison = kl.compare(
            reference,
            current,
            split_by=split_by,
            reference_value=reference_value,
            current_value=current_value,
            columns=shared.listed(columns),
            exclude=shared.listed(exclude) or (),
            where=where,
            roles=shared.roles_from(roles),
            weights=weights,
            unit=shared.listed(unit),
            nulls=nulls or (),
            by=by,
            every=every,
            rolling=rolling,
            against=against,
            target=target,
            pairs=pairs or False,
            joint=joint,
            margin=margin,
            alpha=alpha,
            seed=seed,
            progress=progress,
        )
    for output, write in ((json, comparison.to_json), (html, partial(comparison.to_html, lang=lang))):
        if output == "-":
            sys.stdout.buffer.write((write().rstrip("\n") + "\n").encode("utf-8", "backslashreplace"))
            sys.stdout.buffer.flush()
        elif output is not None:
            write(output)
    if "-" not in (json, html) and not quiet:
        print_report(comparison, every=show_all, cells=cells)
    failed = {
        "shift": comparison.counts["shifted"] > 0,
        "inconclusive": comparison.counts["inconclusive"] > 0,
        "structure": comparison.structure.changed,
    }
    if any(failed[trigger] for trigger in triggers):
        raise typer.Exit(1)


def _check_outputs(outputs: Sequence[str | None], inputs: Sequence[str | None]) -> None:
    given = [output for output in outputs if output is not None]
    if len(set(given)) < len(given):
        raise kl.InputError(f"--json and --html both want to write to {given[0]!r}; give them different files.")
    for output in given:
        if output != "-":
            shared.check_output(output, *inputs)


def _triggers(fail_on: str | None) -> list[str]:
    triggers = shared.listed([fail_on] if fail_on else None) or []
    for trigger in triggers:
        if trigger not in _FAIL_ON:
            raise kl.InputError(f"--fail-on {trigger} is unknown; use {', '.join(_FAIL_ON)}, separated by commas.")
    return triggers
