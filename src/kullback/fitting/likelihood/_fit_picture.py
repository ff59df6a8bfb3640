"""Pictures of fits: the data as bars, the law as points or a line."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import COLORS, new_picture, printable
from kullback.fitting.likelihood._density import is_mass, log_density
from kullback.fitting.likelihood._sample import Sample

Floats = NDArray[np.float64]
_MOST_BARS, _FINE = 60, 600


def draw_fit(law: Any, sample: Sample, labels: tuple[Any, ...] | None, /) -> Any:
    """The data and one law.

    Args:
        law: What was fitted, a law of numbers.
        sample: The data.
        labels: What the outcomes stand for.
    """
    figure = new_picture()
    axes = figure.subplots()
    draw_data(axes, law, sample, labels)
    draw_law(axes, law, sample, COLORS[1], f"{type(law).__name__}, fitted")
    axes.legend(frameon=False)
    return figure


def draw_data(axes: Any, law: Any, sample: Sample, labels: tuple[Any, ...] | None = None, /) -> None:
    """Bars of the shares of outcomes, or a histogram of density."""
    axes.spines[["top", "right"]].set_visible(False)
    if is_mass(law) and (labels or not _is_long(sample)):
        tallied = sample.tallied()
        values, shares = tallied.points[:_MOST_BARS], tallied.shares()[:_MOST_BARS]
        axes.bar(values, shares, width=0.8, color=COLORS[0], alpha=0.45, label="data")
        axes.set(xlabel="value", ylabel="probability")
        if labels:
            axes.set_xticks(values, [printable(str(labels[int(value)]), 12) for value in values])
        return
    low, high = np.quantile(sample.points, [0.002, 0.998])
    inside = (sample.points >= low) & (sample.points <= high)
    weights = sample.shares()
    bins = int(np.clip(np.ceil(2.0 * len(sample.points) ** (1 / 3)), 8, 80))
    heights, edges = np.histogram(sample.points[inside], bins=bins, weights=weights[inside])
    axes.stairs(heights / np.diff(edges), edges, fill=True, color=COLORS[0], alpha=0.35, label="data")
    axes.set(xlabel="value", ylabel="probability per unit of value" if is_mass(law) else "density per unit of value")


def _is_long(sample: Sample) -> bool:
    """Whether outcomes are too many for a bar each."""
    return bool(np.ptp(sample.points) > _MOST_BARS)


def draw_law(axes: Any, law: Any, sample: Sample, color: str, label: str, /) -> None:
    """Points of a mass function, a line where there are many of them, or the line of a density."""
    if is_mass(law) and not _is_long(sample):
        points = np.arange(float(sample.points.min()), float(sample.points.max()) + 1.0)
        axes.plot(points, np.exp(log_density(law, points)), "o-", color=color, markersize=4, linewidth=0.8, label=label)
        return
    low, high = np.quantile(sample.points, [0.002, 0.998])
    points = np.linspace(low, high, _FINE)
    if is_mass(law):
        points = np.unique(np.rint(points))
    with np.errstate(all="ignore"):
        axes.plot(points, np.exp(log_density(law, points)), color=color, linewidth=1.6, label=label)
