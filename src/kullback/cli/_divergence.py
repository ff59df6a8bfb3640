"""`kullback divergence`."""

import csv
import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer

import kullback as kl
from kullback.adapters import parse


def divergence(
    p: Annotated[str, typer.Argument(metavar="P", help='What happens: a law as "normal(0,1)", or a CSV file.')],
    q: Annotated[str, typer.Argument(metavar="Q", help="What was expected, the same.")],
    bits: Annotated[bool, typer.Option("--bits", help="Only the figure in bits.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="How the figure came about.")] = False,
    normalize: Annotated[bool, typer.Option("--normalize", help="Files hold weights or counts.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """D(P‖Q) of two laws, or of the probabilities in two files: a number a line, or a label and a number."""
    found = kl.explain(_read(p), _read(q), normalize=normalize)
    if as_json:
        names = ("value", "reverse", "error")
        figures = {name: _figure(getattr(found, name)) for name in names}
        typer.echo(json.dumps({"p": p, "q": q, "unit": "nats", **figures, "rung": found.rung, "cause": found.cause}))
    elif explain:
        typer.echo(str(found))
    elif math.isinf(found.value):
        typer.echo(f"D(p‖q) = inf: {found.cause}")
    elif bits:
        typer.echo(f"D(p‖q) = {found.bits:.10g} bits")
    else:
        typer.echo(f"D(p‖q) = {found.value:.10g} nats = {found.bits:.10g} bits")


def _figure(value: float) -> float | str:
    return value if math.isfinite(value) else "inf"


def _read(text: str) -> Any:
    """A file of probabilities if there is one of that name, else a law."""
    path = Path(text)
    try:
        is_file = path.is_file()
    except (OSError, ValueError):  # a text that can be no file name
        is_file = False
    if is_file:
        return _probabilities(path)
    if path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        raise kl.InputError(f"There is no file {text!r}. Give a CSV file, or a law such as normal(0,1).")
    return parse(text)


def _probabilities(path: Path) -> Any:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [
                (reader.line_num, row) for reader in [csv.reader(file)] for row in reader if any(map(str.strip, row))
            ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise kl.InputError(f"{path} cannot be read as CSV in UTF-8: {error}. Convert it first.") from error
    if rows and _number(rows[0][1][-1]) is None:
        rows = rows[1:]  # a header
    if not rows:
        raise kl.InputError(f"{path} holds no numbers. A number a line is needed, or a label and a number.")
    if len(rows) == 1 and len(rows[0][1]) > 2:
        return [_needed(path, rows[0][0], field) for field in rows[0][1]]
    widths = {len(row) for _, row in rows}
    if widths == {1}:
        return [_needed(path, line, row[0]) for line, row in rows]
    if widths == {2}:
        return _labelled(path, rows)
    line = next(line for line, row in rows if len(row) != len(rows[0][1]) or len(row) > 2)
    raise kl.InputError(
        f"{path}, line {line}: a number a line is needed, or a label and a number. Cut other columns away."
    )


def _labelled(path: Path, rows: list[tuple[int, list[str]]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for line, (label, field) in rows:
        if label in found:
            raise kl.InputError(f"{path}, line {line}: the label {label!r} comes twice. Add its numbers up.")
        found[label] = _needed(path, line, field)
    return found


def _needed(path: Path, line: int, field: str) -> float:
    value = _number(field)
    if value is None:
        raise kl.InputError(f"{path}, line {line}: {field!r} is no number. A number is needed. Correct the line.")
    return value


def _number(field: str) -> float | None:
    try:
        return float(field)
    except ValueError:
        return None
