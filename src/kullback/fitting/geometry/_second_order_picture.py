"""The expansion of a divergence, drawn."""

from typing import Any

import numpy as np

from kullback._core import COLORS, new_picture


def draw(found: Any, /) -> Any:
    """The quadratic form and both exact divergences along the step, to both sides."""
    shares = np.linspace(-1.0, 1.0, 81)
    curves = found.along(shares)
    figure = new_picture()
    axes = figure.subplots()
    axes.plot(shares, curves["forward"], color=COLORS[0], label="D(p‖p+h)")
    axes.plot(shares, curves["reverse"], color=COLORS[1], label="D(p+h‖p)")
    axes.plot(shares, curves["second order"], color="black", linestyle="--", label="½ hᵀFh")
    axes.axvspan(-found.reach, found.reach, color=COLORS[2], alpha=0.12, label=f"within {found.tolerance:.0%}")
    axes.set(xlabel="multiple of the step", ylabel="nats", title=repr(found.law))
    axes.legend(frameon=False)
    return figure
