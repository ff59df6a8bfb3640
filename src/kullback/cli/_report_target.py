"""What a terminal or a pipe shows of shifts of a target and of what binds the columns to it."""

import math
from collections.abc import Iterator

from kullback._core import printable
from kullback.tables import ColumnSplit, Statement, TargetShift

_COLUMNS = 40
_LONGEST = 32


def target_lines(target: TargetShift | None, /) -> list[str]:
    """The target by itself, and a line for each column: what shifted, the input, the relation, or the target.

    Args:
        target: What was found; None if no target was named.
    """
    if target is None:
        return []
    name = _name(target.name)
    lines = ["", f"target {name}: label shift D({name}) {_figure(target.label)}; {printable(target.headline, 80)}"]
    lines += _aligned(list(_rows(target, name)))
    hidden = len(target.columns) - _COLUMNS
    if hidden > 0:
        lines.append(f"… and {hidden:,} more columns: --json keeps them")
    if target.left_out:
        shown = ", ".join(_name(each.name) for each in target.left_out[:20])
        lines.append(f"not split: {shown}{', …' if len(target.left_out) > 20 else ''}")
    return lines


def _rows(target: TargetShift, name: str) -> Iterator[tuple[str, ...]]:
    yield (
        "column x",
        f"D(x, {name})",
        "covariate D(x)",
        f"concept D({name}|x)",
        f"x given target D(x|{name})",
        "where",
    )
    for column in target.columns[:_COLUMNS]:
        yield (
            _name(column.name),
            *(_figure(part) for part in _parts(column)),
            printable(column.headline),
        )


def _name(name: str) -> str:
    return printable(name, _LONGEST) or "(no name)"


def _parts(column: ColumnSplit) -> tuple[Statement, ...]:
    return column.joint, column.covariate, column.concept, column.given_target


def _figure(part: Statement) -> str:
    return f"{_bits(part.bits)} [{_bits(part.interval[0])}, {_bits(part.interval[1])}] {part.verdict}"


def _bits(figure: float) -> str:
    return "inf" if math.isinf(figure) else f"{max(figure, 0.0):.4f}"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
