"""What of an ordered column is drawn, and where: steps, stems, and what lies outside.

Cells are quantile cells of unequal width. A cell is a step over its own stretch of the axis, as high as its share over
its width; a value that stands alone is a stem, as high as its share. Far tails would squeeze all else into one line:
they are left out of the drawing and told beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kullback.tables.page._bars import Bar

# What lies outside at most, on each side, and by how much it must stretch the axis: the outermost cells of a large
# table hold little, the outermost one of a small table more.
_TAILS = ((0.02, 0.5), (0.15, 2.0))
# A value stands alone if it is so many times as dense as its neighbors, or so many steps of the grid away from them.
_ALONE = 4.0
# Cells that are so many times as far away as the rest is wide lie outside.
_FAR = 2.0
_FEWEST = 4
_NARROWEST = 1e-300


@dataclass(frozen=True, eq=False)
class Step:
    """A cell over its stretch of the axis."""

    bar: Bar
    left: float
    right: float

    @property
    def width(self) -> float:
        """Its stretch in the unit of the column."""
        return self.right - self.left

    def density(self, side: int, span: float) -> float:
        """Share of a side over the width, where an axis of that span has width one."""
        return self.bar.shares[side] / max(self.width / span, _NARROWEST)


@dataclass(frozen=True, eq=False)
class Stem:
    """A cell of one value."""

    bar: Bar
    at: float


@dataclass(frozen=True, eq=False)
class Shape:
    """Where everything is.

    Attributes:
        low: Left end of the axis.
        high: Right end, above it.
        steps: Cells that are areas, ascending.
        stems: Cells that are lines, ascending.
    """

    low: float
    high: float
    steps: list[Step]
    stems: list[Stem]

    @property
    def drawn(self) -> set[Bar]:
        """The cells that have a place."""
        return {step.bar for step in self.steps} | {stem.bar for stem in self.stems}


@dataclass(frozen=True, eq=False)
class _Cell:
    bar: Bar
    low: float
    high: float


def shape_of(bars: Sequence[Bar], /) -> Shape | None:
    """Where the cells of an ordered column are drawn; None if none of them has a place on an axis.

    Args:
        bars: The cells, ascending; those without bounds are outside.
    """
    placed = [_Cell(bar, bar.low, bar.high) for bar in bars if bar.low is not None and bar.high is not None]
    cells = _without_far(placed)
    # Nor is there an axis that reaches from one end of the numbers to the other.
    if not cells or cells[-1].high - cells[0].low == float("inf"):
        return None
    alone = _alone(cells)
    steps = _clipped(_steps([cell for cell in cells if cell not in alone], _grid(cells)))
    stems = [Stem(cell.bar, cell.low) for cell in alone]
    if any(step.width <= 0 for step in steps):
        # Whole numbers so large that floats cannot tell them apart.
        return None
    if steps:
        low, high = steps[0].left, steps[-1].right
        stems = [stem for stem in stems if low - (high - low) / 2 <= stem.at <= high + (high - low) / 2]
    ends = [*(edge for step in steps for edge in (step.left, step.right)), *(stem.at for stem in stems)]
    low, high = min(ends), max(ends)
    if low == high:
        low, high = low - (abs(low) / 2 or 1.0), high + (abs(high) / 2 or 1.0)
    return Shape(low, high, steps, stems)


def _without_far(cells: list[_Cell]) -> list[_Cell]:
    """Cells without those so far away that nothing else could be seen."""
    room = _TAILS[-1][0]
    while len(cells) > _FEWEST:
        gaps = cells[1].low - cells[0].high, cells[-1].low - cells[-2].high
        outermost, rest = (cells[0], cells[1:]) if gaps[0] > gaps[1] else (cells[-1], cells[:-1])
        room -= outermost.bar.pooled
        if room < 0 or max(gaps) <= _FAR * (rest[-1].high - rest[0].low):
            break
        cells = rest
    return cells


def _grid(cells: list[_Cell]) -> float:
    """The least distance between neighboring cells: one for whole numbers, next to nothing for others."""
    return min((after.low - before.high for before, after in pairwise(cells)), default=0.0)


def _alone(cells: list[_Cell]) -> list[_Cell]:
    if all(cell.low == cell.high for cell in cells):
        return cells
    if len(cells) == 1:
        return []
    grid = _grid(cells)
    span = cells[-1].high - cells[0].low
    dense = [max(step.density(side, span) for side in (0, 1)) for step in _steps(cells, grid)]
    found = []
    for place, cell in enumerate(cells):
        beside = [other for other in (place - 1, place + 1) if 0 <= other < len(cells)]
        gap = min(cells[max(place, other)].low - cells[min(place, other)].high for other in beside)
        if cell.low == cell.high and (
            gap > _ALONE * grid or dense[place] > _ALONE * max(dense[other] for other in beside)
        ):
            found.append(cell)
    return found


def _steps(cells: list[_Cell], grid: float) -> list[Step]:
    """Cells that meet halfway where nothing lies between them, and reach no further than their values allow."""
    halves = [(after.low - before.high) / 2 for before, after in pairwise(cells)]
    steps = []
    for cell, before, after in zip(cells, [grid / 2, *halves], [*halves, grid / 2], strict=False):
        reach = max(0.1 * (cell.high - cell.low), grid / 2)
        steps.append(Step(cell.bar, cell.low - min(reach, before), cell.high + min(reach, after)))
    return steps


def _clipped(steps: list[Step]) -> list[Step]:
    """Steps without the outermost ones that would take up most of the axis."""
    for first in (True, False):
        gone = 0.0
        while len(steps) > _FEWEST:
            outermost = steps[0 if first else -1]
            gone += outermost.bar.pooled
            rest = steps[-2].right - steps[1].left
            if not any(gone <= share and outermost.width > least * rest for share, least in _TAILS):
                break
            steps = steps[1:] if first else steps[:-1]
    return steps
