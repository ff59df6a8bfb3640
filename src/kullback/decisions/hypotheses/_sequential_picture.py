"""Picture of a sequential test: what it decides and how many rows it takes, from null to alternative."""

from typing import Any

import numpy as np

from kullback._core import COLORS, new_picture

_POINTS = 33


def draw_sequential(test: Any, /) -> Any:
    """Operating characteristic on the left, mean number of rows on the right."""
    positions = np.linspace(0.0, 1.0, _POINTS)
    walks = [test.along(float(position)) for position in positions]
    figure = new_picture(8.4, 3.6)
    left, right = figure.subplots(1, 2)
    exact = [walk for _, walk in walks if walk is not None]
    if len(exact) == len(walks):
        left.plot(positions, [1 - walk.reject for walk in exact], color=COLORS[0], label="exact")
        right.plot(positions, [walk.rows for walk in exact], color=COLORS[0], label="exact")
    wald = [walk for walk, _ in walks if walk is not None]
    style = {"color": COLORS[1], "linestyle": "--", "label": "Wald's approximation"}
    if len(wald) == len(walks):
        left.plot(positions, [1 - walk.reject for walk in wald], **style)
        right.plot(positions, [walk.rows for walk in wald], **style)
    right.axhline(test.fixed_rows, color="0.5", linewidth=0.9, linestyle=":", label="fixed sample")
    left.set_ylabel("chance of accepting the null")
    right.set_ylabel("mean number of rows")
    right.set_ylim(bottom=0)
    for axis in (left, right):
        axis.set_xlabel("true law, from null (0) to alternative (1)")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    return figure
