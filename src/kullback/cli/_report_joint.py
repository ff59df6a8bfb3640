"""What a terminal or a pipe shows of whole rows and of the segments that hold their shift."""

import math

from kullback._core import percent, printable
from kullback.tables.rows._segments import Segments
from kullback.tables.rows._whole_rows import JointShift

_LONGEST, _LONGEST_NOTE = 80, 300
_ROWS, _COLUMNS, _CELL = 3, 8, 16


def joint_lines(joint: JointShift | None, /) -> list[str]:
    """The divergence of whole rows and a few rows that look like the other side.

    Args:
        joint: What was found; None if it was not asked for.
    """
    if joint is None:
        return []
    low, high = joint.interval
    doubt = "" if joint.reliable else ", a lower bound"
    rows = f"{joint.current_rows:,} current rows and {joint.reference_rows:,} of the reference"
    chance = f"p = {joint.p_value:.2g}" if joint.p_value else "p below 1e-300"
    seen = f"{chance}, from {rows}"
    lines = [
        "",
        f"whole rows: D(current‖reference) = {_bits(joint.bits)} bits [{_bits(low)}, {_bits(high)}]{doubt}, {seen}",
    ]
    if joint.best_column is not None and joint.best_bits is not None:
        lines.append(f"best single column: {printable(joint.best_column, _LONGEST)}, {_bits(joint.best_bits)} bits")
    lines += [printable(note, _LONGEST_NOTE) for note in joint.notes]
    names = ", ".join(printable(name, _CELL) for name in joint.shown[:_COLUMNS])
    lines.append(f"current rows most like the reference (--json has more), {names}:")
    for row in joint.current.like_other[:_ROWS]:
        values = ", ".join("NULL" if value is None else printable(value, _CELL) for value in row.values[:_COLUMNS])
        lines.append(f"  {row.log_ratio:+.2f} bits  {values}")
    return lines


def segment_lines(found: Segments | None, /) -> list[str]:
    """Why whole rows differ, and a line for each segment.

    Args:
        found: The segments; None if they were not asked for.
    """
    if found is None:
        return []
    lines = ["", f"why: {printable(found.text, _LONGEST_NOTE)}"]
    for segment in found.segments:
        low, high = segment.interval
        lines.append(
            f"  {printable(str(segment), _LONGEST_NOTE)}: {percent(segment.share)} of the bits "
            f"[{percent(low)}, {percent(high)}], rows {percent(segment.reference)} → {percent(segment.current)}, "
            f"{_bits(segment.within)} bits within"
        )
    return lines + [printable(note, _LONGEST_NOTE) for note in found.notes]


def _bits(figure: float) -> str:
    return "inf" if math.isinf(figure) else f"{max(figure, 0.0):.4f}"
