"""The picture of a tilted law."""

from typing import Any

import numpy as np

from kullback._core import COLORS, new_picture


def draw(tilted: Any, /) -> Any:
    """Probabilities of q and p* over the points; densities as curves.

    Args:
        tilted: A `Tilted`.

    Returns:
        The figure.
    """
    figure = new_picture()
    axes = figure.subplots()
    if len(tilted.points) <= 60:
        axes.bar(tilted.points - 0.2, tilted.base, 0.4, color=COLORS[5], label="q")
        axes.bar(tilted.points + 0.2, tilted.probs, 0.4, color=COLORS[1], label="p*")
    else:
        seen = (tilted.base > 1e-9 * tilted.base.max()) | (tilted.probs > 1e-9 * tilted.probs.max())
        low, high = (tilted.points[seen][end] for end in (0, -1))
        edges = np.linspace(low, high, 81)
        for name, weights, color in (("q", tilted.base, COLORS[5]), ("p*", tilted.probs, COLORS[1])):
            axes.hist(tilted.points, edges, weights=weights, histtype="step", color=color, label=name, linewidth=1.8)
    axes.set_xlabel("outcome")
    axes.set_ylabel("probability")
    axes.set_title(f"D(p*‖q) = {tilted.value:.4g} nats")
    axes.legend()
    return figure
