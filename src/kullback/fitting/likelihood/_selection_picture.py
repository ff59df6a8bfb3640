"""Pictures of selections: how much weight each model has, and how the best look against the data."""

from typing import Any

from kullback._core import COLORS, new_picture, percent, printable
from kullback.fitting.likelihood._fit_picture import draw_data, draw_law
from kullback.fitting.likelihood._selection import Selection

_MOST, _LINES = 12, 3


def draw_selection(made: Selection, /) -> Any:
    """Bars of the difference to the best, and the data against the three best.

    Args:
        made: The selection.
    """
    fits = [one for one in made.candidates if one.fit is not None and one.fit.sample.points.ndim == 1]
    figure = new_picture(9.6 if fits else 5.4, 3.8)
    left, right = figure.subplots(1, 2) if fits else (figure.subplots(), None)
    _bars(left, made)
    if right is not None and fits[0].fit is not None:
        draw_data(right, fits[0].fit.law, fits[0].fit.sample, fits[0].fit.labels)
        for one, color in zip(fits[:_LINES], COLORS[1:], strict=False):
            if one.fit is not None:
                draw_law(right, one.fit.law, one.fit.sample, color, printable(one.name, 30))
        right.legend(frameon=False, fontsize=8)
    return figure


def _bars(axes: Any, made: Selection) -> None:
    shown = made.candidates[:_MOST][::-1]
    worst = max((one.delta for one in shown if one.delta < float("inf")), default=1.0) or 1.0
    lengths = [min(one.delta, 1.2 * worst) for one in shown]
    axes.barh([printable(one.name, 28) for one in shown], lengths, color=COLORS[0], height=0.65)
    for row, (one, length) in enumerate(zip(shown, lengths, strict=True)):
        axes.text(length + 0.015 * worst, row, percent(one.weight), va="center", fontsize=8)
    axes.set_xlim(0.0, 1.25 * max(lengths) or 1.0)
    axes.spines[["top", "right"]].set_visible(False)
    title = made.criterion.upper().replace("AICC", "AICc")
    axes.set_xlabel(f"{title} above the best (nats × 2); weight beside the bar")
    axes.tick_params(labelsize=8)
