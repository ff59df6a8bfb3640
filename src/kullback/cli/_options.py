"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from kullback import InputError

# Under which heads a command lists its options.
COLUMNS, ROWS, OUTPUT = "Columns", "Rows", "Output"
TIME, DEEPER, RULES = "Groups and time", "Deeper", "Rules"
ENGINE = "Engine"

Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        metavar="NAMES",
        help="Only these, by name or pattern; commas or repeat.",
        rich_help_panel=COLUMNS,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="NAMES", help="Not these, likewise.", rich_help_panel=COLUMNS),
]
Where = Annotated[
    str | None,
    typer.Option("--where", metavar="SQL", help='Only rows that meet this: "distance > 500".', rich_help_panel=ROWS),
]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--as",
        metavar="COL=ROLE",
        help="Take a column as category, numeric, key or ignore; repeat.",
        rich_help_panel=COLUMNS,
    ),
]
Unit = Annotated[
    list[str] | None,
    typer.Option(
        "--unit",
        metavar="COL",
        help="What is independent where rows are not: days, users, stores; commas or repeat.",
        rich_help_panel=ROWS,
    ),
]
Weights = Annotated[
    str | None, typer.Option("--weights", metavar="COL", help="Column of row weights.", rich_help_panel=ROWS)
]
Nulls = Annotated[
    list[str] | None,
    typer.Option("--null", metavar="TEXT", help="Text that means NULL in CSV files; repeat.", rich_help_panel=ROWS),
]
SuppressBelow = Annotated[
    int | None,
    typer.Option(
        "--suppress-below",
        metavar="N",
        help="Keep no value and no cell of fewer rows; round the bounds of cells.",
        rich_help_panel=OUTPUT,
    ),
]
TextLength = Annotated[
    int | None,
    typer.Option("--text-length", metavar="N", help="Cut texts to so many characters.", rich_help_panel=OUTPUT),
]
Engine = Annotated[
    str,
    typer.Option("--engine", metavar="NAME", help="What counts: duckdb, spark or polars.", rich_help_panel=ENGINE),
]
Master = Annotated[
    str | None,
    typer.Option(
        "--master", metavar="URL", help="Where Spark runs: spark://host:7077, sc://host:15002.", rich_help_panel=ENGINE
    ),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", metavar="N", help="Threads, or cores of Spark, at most.", rich_help_panel=ENGINE),
]
MemoryLimit = Annotated[
    str | None,
    typer.Option("--memory-limit", metavar="SIZE", help="Memory of the engine: 512MB, 2GB.", rich_help_panel=ENGINE),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.", rich_help_panel=OUTPUT)]


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


def margins_from(texts: list[str] | None, /) -> tuple[float | None, dict[str, float]]:
    """``BITS`` as the margin of all columns, ``COL=BITS`` as those of some."""
    bits, margins = None, {}
    for text in texts or []:
        name, mark, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise InputError(
                f"--margin {text} is not of the form BITS or COL=BITS, as in --margin 0.02 --margin price=0.05."
            ) from None
        if mark:
            margins[name] = value
        else:
            bits = value
    return bits, margins
