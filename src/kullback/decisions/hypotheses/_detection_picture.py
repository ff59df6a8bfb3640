"""Picture of a signal in noise."""

import math
from typing import Any

import numpy as np

from kullback._core import COLORS, new_picture
from kullback.decisions.hypotheses._error_picture import dress_roc


def draw_detection(found: Any, /) -> Any:
    """The mean of the looks with and without the signal, and the receiver operating characteristic."""
    figure = new_picture(8.4, 3.6)
    left, right = figure.subplots(1, 2)
    scales = [scale / math.sqrt(found.n) for scale in (found.scale, found.signal_scale)]
    low = min(0.0, found.mean) - 4 * max(scales)
    high = max(0.0, found.mean) + 4 * max(scales)
    x = np.linspace(low, high, 400)
    for name, center, scale, color in zip(("noise", "signal"), (0.0, found.mean), scales, COLORS, strict=False):
        density = np.exp(-0.5 * ((x - center) / scale) ** 2) / (scale * math.sqrt(2 * math.pi))
        left.plot(x, density, color=color, label=name)
        left.fill_between(x, density, color=color, alpha=0.15)
    left.set_xlabel("mean of the looks")
    left.set_ylabel("density")
    left.legend(fontsize=8)
    best = found.errors()
    right.plot(*found.roc, color=COLORS[0], label=f"d′ = {found.separation:.3g}, AUC = {found.auc:.3f}")
    right.plot([best.false_alarm], [1 - best.miss], "o", color=COLORS[1], label="least mean error")
    right.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle="--", label="chance")
    dress_roc(right)
    left.grid(alpha=0.3)
    return figure
