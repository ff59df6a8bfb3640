"""The evidence of monitors over time."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kullback._core import COLORS, new_picture, printable

if TYPE_CHECKING:
    from kullback.decisions.monitoring._watch import Watch

_LINES = 6


def evidence_picture(watches: "dict[str, Watch]", /) -> Any:
    """Evidence in bits against looks, with the line of the alarm and the looks at which it rang.

    Args:
        watches: Monitors by name.

    Returns:
        A figure of matplotlib; of more than six monitors those with most evidence.
    """
    bits = math.log(2)
    figure = new_picture()
    axis = figure.subplots()
    shown = sorted(watches, key=lambda name: -max(watches[name].history, default=0.0))[:_LINES]
    for color, name in zip(COLORS, shown, strict=False):
        found = watches[name]
        heights = np.array([0.0, *found.history]) / bits
        heights[np.isinf(heights)] = np.nan
        axis.plot(range(len(heights)), heights, color=color, label=printable(name, 24) or None)
        alarm = found.evidence.alarm_look
        if alarm is not None:
            place = heights[alarm] if np.isfinite(heights[alarm]) else found.needed / bits
            axis.plot(alarm, place, marker="v", color=color, markersize=9)
    first = watches[shown[0]]
    axis.axhline(first.needed / bits, color="0.3", linestyle="--", linewidth=1, label="alarm")
    axis.set_xlabel("looks")
    axis.set_ylabel("evidence, bits")
    axis.set_title(first.evidence.promise, fontsize=10)
    axis.legend(fontsize=8)
    return figure
