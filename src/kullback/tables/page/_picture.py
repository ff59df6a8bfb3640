"""The drawing of an ordered column: two distributions over one axis, and below it where the bits come from.

Everything is placed in percent of the width, so that letters keep their size on any screen.
"""

import math

from kullback._core import percent
from kullback.tables.page._axes import axis_marks
from kullback.tables.page._figures import place_text
from kullback.tables.page._shape import Shape
from kullback.tables.page._words import Words

# Heights in pixels: of the plot, and of the strip below the letters of the axis.
_TOP, _PLOT, _LETTERS, _STRIP = 14, 150, 24, 24
_FLOOR = _TOP + _PLOT
# The plot leaves this many percent free on either side, and has so many units across.
_SIDE, _UNITS = 2.0, 1000
# Marks nearer to an edge have their letters on the inner side.
_EDGE = 7.0
_MANY_STEMS = 40
_HALF_STEM = 3


def draw(shape: Shape, kind: str, say: Words, /) -> str:
    """An ordered column as SVG.

    Args:
        shape: What is drawn, and where.
        kind: Kind of the column, for the letters of the axis.
        say: The language.
    """
    parts = (_axis(shape, kind), _areas(shape), _lines(shape), _sources(shape))
    return f'<svg class=picture role=img aria-label="{say("both distributions")}">{"".join(parts)}</svg>'


def _place(shape: Shape, value: float) -> float:
    """Where a value lies, from 0 to 1."""
    return (value - shape.low) / (shape.high - shape.low)


def _percent(shape: Shape, value: float) -> str:
    return f"{place_text(_SIDE + (100 - 2 * _SIDE) * _place(shape, value))}%"


def _frame(y: int, height: int, content: str) -> str:
    return (
        f'<svg x="{_SIDE:g}%" y={y} width="{100 - 2 * _SIDE:g}%" height={height} viewBox="0 0 {_UNITS} {height}" '
        f"preserveAspectRatio=none>{content}</svg>"
    )


def _axis(shape: Shape, kind: str) -> str:
    parts = [f'<line class=x x1="{_SIDE:g}%" x2="{100 - _SIDE:g}%" y1={_FLOOR} y2={_FLOOR} />']
    for value, label in axis_marks(shape.low, shape.high, kind):
        at = _SIDE + (100 - 2 * _SIDE) * _place(shape, value)
        anchor = " class=start" if at < _EDGE else " class=end" if at > 100 - _EDGE else ""
        x = f"{place_text(at)}%"
        parts.append(
            f'<line class=x x1="{x}" x2="{x}" y1={_FLOOR} y2={_FLOOR + 4} />'
            f'<text x="{x}" y={_FLOOR + 17}{anchor}>{label}</text>'
        )
    return "".join(parts)


def _areas(shape: Shape) -> str:
    if not shape.steps:
        return ""
    highest = max(step.density(side, shape.high - shape.low) for step in shape.steps for side in (0, 1))
    paths = [_path(shape, side, highest) for side in (0, 1)]
    return _frame(_TOP, _PLOT, f'<path class=r d="{paths[0]}"/><path class=c d="{paths[1]}"/>')


def _path(shape: Shape, side: int, highest: float) -> str:
    """A line along the tops of the steps, down to the floor where nothing is."""
    drawn: list[str] = []
    end: float | None = None
    for step in shape.steps:
        left, right = (round(_UNITS * _place(shape, edge), 1) for edge in (step.left, step.right))
        top = place_text(_PLOT * (1 - step.density(side, shape.high - shape.low) / highest))
        if end is None:
            drawn.append(f"M{place_text(left)} {_PLOT}")
        elif left > end:
            drawn.append(f"V{_PLOT}H{place_text(left)}")
        drawn.append(f"V{top}H{place_text(right)}")
        end = right
    return f"{''.join(drawn)}V{_PLOT}"


def _lines(shape: Shape) -> str:
    """Stems with heads: those of the reference a little to the left, those of the current table to the right."""
    if not shape.stems:
        return ""
    highest = max(share for stem in shape.stems for share in stem.bar.shares)
    many = len(shape.stems) > _MANY_STEMS
    groups = []
    for side, name in enumerate("rc"):
        drawn = []
        for stem in shape.stems:
            share = stem.bar.shares[side]
            if not share:
                continue
            x, y = _percent(shape, stem.at), place_text(_FLOOR - _PLOT * share / highest)
            drawn.append(f'<line x1="{x}" x2="{x}" y1={_FLOOR} y2={y} />')
            if not many:
                drawn.append(f'<circle cx="{x}" cy={y} r=3 />')
        shift = (1 if many else 3) * (2 * side - 1)
        groups.append(f'<g class={name} transform="translate({shift})">{"".join(drawn)}</g>')
    height = f'<text class=height x="{_SIDE:g}%" y=9>{percent(highest)}</text>'
    grid = f'<line class=grid x1="{_SIDE:g}%" x2="{100 - _SIDE:g}%" y1={_TOP} y2={_TOP} />'
    return grid + height + "".join(groups)


def _sources(shape: Shape) -> str:
    """A strip as high as what each cell adds."""
    most = max((bar.contribution for bar in shape.drawn if math.isfinite(bar.contribution)), default=0.0)
    drawn = [_source(shape, step.left, step.right, step.bar.contribution, most) for step in shape.steps]
    half = (shape.high - shape.low) * _HALF_STEM / _UNITS
    drawn += [_source(shape, stem.at - half, stem.at + half, stem.bar.contribution, most) for stem in shape.stems]
    return _frame(_FLOOR + _LETTERS, _STRIP, f"<g class=a>{''.join(drawn)}</g>")


def _source(shape: Shape, left: float, right: float, bits: float, most: float) -> str:
    height = _STRIP if math.isinf(bits) else _STRIP * bits / most if most > 0 else 0.0
    if height < 0.5:
        return ""
    start, end = (_UNITS * _place(shape, edge) for edge in (left, right))
    return (
        f"<rect x={place_text(start)} width={place_text(end - start)} y={place_text(_STRIP - height)} "
        f"height={place_text(height)} />"
    )
