"""Pictures of tests: chances of detection against chances of false alarm."""

from typing import Any

import numpy as np

from kullback._core import COLORS, new_picture


def draw_roc(test: Any, /) -> Any:
    """The receiver operating characteristic of a most powerful test, and where the test lies on it."""
    figure = new_picture(4.6, 4.2)
    axis = figure.subplots()
    axis.plot(*test.roc, color=COLORS[0], label="most powerful tests")
    axis.plot([test.size], [test.power], "o", color=COLORS[1], label=f"level {test.alpha:g}, n = {test.n:,}")
    axis.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle="--", label="chance")
    dress_roc(axis)
    return figure


def dress_roc(axis: Any, /) -> None:
    """Labels of a receiver operating characteristic."""
    axis.set_xlim(-0.02, 1.02)
    axis.set_ylim(-0.02, 1.02)
    axis.set_xlabel("chance of a false alarm")
    axis.set_ylabel("chance of a detection")
    axis.set_xticks(np.linspace(0, 1, 6))
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, loc="lower right")
