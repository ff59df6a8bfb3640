"""Pictures of a capacity and of a rate-distortion curve."""

import math
from typing import Any

import numpy as np

from kullback._core import COLORS, new_picture


def draw_capacity(found: Any, /) -> Any:
    """Shares of the inputs as bars, and the divergence of every row from the output law beside the capacity."""
    figure = new_picture(7.6, 3.4)
    left, right = figure.subplots(1, 2)
    places = np.arange(len(found.inputs))
    left.bar(places, found.inputs, color=COLORS[0])
    left.set_ylabel("share of the input")
    right.plot(places, found.divergences / math.log(2), "o", color=COLORS[1], markersize=4, label="D(row‖output)")
    right.axhline(found.bits, color=COLORS[0], linewidth=1.2, label=f"capacity {found.bits:.4g} bits")
    right.set_ylabel("bits")
    right.set_ylim(bottom=0)
    right.legend(fontsize=8)
    for axis in (left, right):
        axis.set_xlabel("input")
        axis.grid(alpha=0.3)
    return figure


def draw_distortion(curve: Any, /) -> Any:
    """Rate in bits against distortion."""
    figure = new_picture(5.0, 3.6)
    axis = figure.subplots()
    axis.plot(curve.distortions, curve.rates / math.log(2), color=COLORS[0])
    axis.set_xlabel("mean distortion D")
    axis.set_ylabel("rate R(D), bits a symbol")
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.3)
    return figure
