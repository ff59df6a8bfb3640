"""The picture of a coding cost."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kullback._core import COLORS, new_picture, printable

if TYPE_CHECKING:
    from kullback.decisions.coding._cost import CodingCost

_MOST = 30


def drawn(cost: "CodingCost", /) -> Any:
    """A bar for each symbol, the dearest first."""
    extra = cost.extra / math.log(2.0)
    order = np.argsort(-extra, kind="stable")[:_MOST].tolist()
    names = [printable(str(cost.labels[place]), 12) if cost.labels else str(place) for place in order]
    heights = [extra[place] if math.isfinite(extra[place]) else 0.0 for place in order]
    figure = new_picture(max(4.5, 1.6 + 0.26 * len(order)), 3.4)
    axis = figure.subplots()
    axis.bar(range(len(order)), heights, color=COLORS[0])
    axis.set_xticks(range(len(order)), [name.replace("$", r"\$") for name in names], fontsize=8)
    axis.set_xlabel("symbol, dearest first")
    axis.set_ylabel("adds to D(p‖q), bits per symbol")
    axis.set_title(f"H(p) + D(p‖q) = {cost.entropy / math.log(2.0):.4g} + {cost.divergence / math.log(2.0):.4g} bits")
    return figure
