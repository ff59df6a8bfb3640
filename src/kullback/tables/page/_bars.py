"""Cells as rows of bars: the share of each side, and what the cell adds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kullback._core import percent
from kullback.tables._messages import Message
from kullback.tables.page._figures import bits_text, number, place_text
from kullback.tables.page._words import Words

LONGEST_LABEL = 40
# Categories that the JSON lists before one cell for the rest.
_LISTED = 100


@dataclass(frozen=True, eq=False)
class Bar:
    """A cell of the JSON with its shares.

    Attributes:
        label: What is in it.
        rows: Rows or weight of the reference and of the current table.
        shares: The same as shares of each table.
        contribution: What it adds to D(current‖reference) in bits.
        low: Smallest value; None for what has no place on an axis.
        high: Largest value, likewise.
        rest: Whether it stands for many cells that are not listed.
    """

    label: str
    rows: tuple[float, float]
    shares: tuple[float, float]
    contribution: float
    low: float | None = None
    high: float | None = None
    rest: bool = False

    @property
    def pooled(self) -> float:
        """Mean of the two shares."""
        return (self.shares[0] + self.shares[1]) / 2


def bars_of(cells: Sequence[Mapping[str, Any]], /) -> list[Bar]:
    """Cells of the JSON, in their order."""
    # An empty side has no shares; zero stands for them.
    totals = [math.fsum(cell[side] for cell in cells) or 1.0 for side in ("reference", "current")]
    bars = []
    for place, cell in enumerate(cells):
        rows = float(cell["reference"]), float(cell["current"])
        bars.append(
            Bar(
                cell["label"],
                rows,
                (rows[0] / totals[0], rows[1] / totals[1]),
                number(cell["contribution"]) or 0.0,
                cell.get("low"),
                cell.get("high"),
                rest=place == _LISTED == len(cells) - 1,
            )
        )
    return bars


def worst_first(bars: Sequence[Bar], /) -> list[Bar]:
    """Bars by what they add; those that add the same by their rows; what is not listed last."""
    return sorted(bars, key=lambda bar: (bar.rest, -bar.contribution, -bar.pooled))


def merged(bars: Sequence[Bar], /) -> Bar:
    """Several cells as one."""
    several = len(bars) if not any(bar.rest for bar in bars) else None
    return Bar(
        Message("all other cells") if several is None else Message("{count} other cells", count=f"{several:,}"),
        (math.fsum(bar.rows[0] for bar in bars), math.fsum(bar.rows[1] for bar in bars)),
        (math.fsum(bar.shares[0] for bar in bars), math.fsum(bar.shares[1] for bar in bars)),
        math.fsum(bar.contribution for bar in bars),
        rest=True,
    )


def bar_rows(bars: Sequence[Bar], say: Words, /, *, rest: Bar | None = None, adding: bool = True) -> str:
    """A table with a row for each cell: its label, two bars, two shares, and a bar of what it adds.

    Args:
        bars: The cells; the widest bar is the greatest share among them.
        say: The language.
        rest: All other cells as one, for which there are figures but no bars.
        adding: Whether to show what the cells add.
    """
    widest = max((share for bar in bars for share in bar.shares), default=0.0)
    most = max((bar.contribution for bar in bars if math.isfinite(bar.contribution)), default=0.0)
    rows = []
    for bar in bars if rest is None else (*bars, rest):
        row = f"<tr><th scope=row>{say.shown(bar.label, LONGEST_LABEL)}<td>"
        if bar is not rest:
            drawn = _bar("r", bar.shares[0], widest, 0) + _bar("c", bar.shares[1], widest, 9)
            row += f"<svg aria-hidden=true>{drawn}</svg>"
        row += f"<td>{percent(bar.shares[0])} → <b>{percent(bar.shares[1])}</b>"
        if adding:
            row += f"<td>{bits_text(bar.contribution)}<td>"
            if bar is not rest:
                row += f"<svg aria-hidden=true>{_bar('a', min(bar.contribution, most or 1.0), most, 4)}</svg>"
        rows.append(row)
    heads = [say("cell"), "", say("share of rows"), *([say("adds, bits"), ""] if adding else [])]
    head = "".join(f"<th scope=col>{text}" if text else "<td>" for text in heads)
    return f"<table class=bars><thead><tr>{head}<tbody>{''.join(rows)}</table>"


def _bar(name: str, value: float, widest: float, y: int) -> str:
    if value <= 0:
        return ""
    # What is there is seen, however little it is.
    width = max(100 * value / widest, 0.5) if widest > 0 else 100.0
    return f"<rect class={name} width={place_text(width)}% height=7 y={y} />"
