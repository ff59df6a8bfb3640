"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from kullback import InputError

Columns = Annotated[
    list[str] | None,
    typer.Option("--columns", metavar="NAMES", help="Only these, by name or pattern; commas or repeat."),
]
Exclude = Annotated[list[str] | None, typer.Option("--exclude", metavar="NAMES", help="Not these, likewise.")]
Where = Annotated[
    str | None, typer.Option("--where", metavar="SQL", help='Only rows that meet this: "distance > 500".')
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--as", metavar="COL=ROLE", help="Take a column as category, numeric, key or ignore; repeat."),
]
Unit = Annotated[
    list[str] | None,
    typer.Option(
        "--unit", metavar="COL", help="What is independent where rows are not: days, users, stores; commas or repeat."
    ),
]
Weights = Annotated[str | None, typer.Option("--weights", metavar="COL", help="Column of row weights.")]
Nulls = Annotated[
    list[str] | None, typer.Option("--null", metavar="TEXT", help="Text that means NULL in CSV files; repeat.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


def check_output(output: str | Path, *inputs: str | Path | None) -> None:
    """Refuse, before any work, to write where nothing can be written or where an input lies."""
    target = Path(output).absolute()
    if target.is_dir():
        raise InputError(f"cannot write {str(output)!r}: it is a folder.")
    if not target.parent.is_dir():
        raise InputError(f"cannot write {str(output)!r}: the folder {str(target.parent)!r} does not exist.")
    if any(source is not None and Path(source).absolute() == target for source in inputs):
        raise InputError(f"cannot write {str(output)!r}: it is one of the inputs.")


def listed(values: list[str] | None, /) -> list[str] | None:
    """Names given one by one or separated by commas."""
    if not values:
        return None
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def roles_from(pairs: list[str] | None, /) -> dict[str, str]:
    """``COL=ROLE`` pairs as a mapping."""
    roles = {}
    for pair in pairs or []:
        name, mark, role = pair.rpartition("=")
        if not mark or not name:
            raise InputError(f"--as {pair} is not of the form COL=ROLE, as in --as zip=category.")
        roles[name] = role
    return roles
