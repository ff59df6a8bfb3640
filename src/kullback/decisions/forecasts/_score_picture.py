"""The reliability diagram of a forecast score."""

from typing import TYPE_CHECKING, Any

import numpy as np

from kullback._core import COLORS, new_picture
from kullback.inference import proportion_interval

if TYPE_CHECKING:
    from kullback.decisions.forecasts._score import ForecastScore


def reliability_diagram(found: "ForecastScore", /) -> Any:
    """Observed frequency against forecast, bin by bin, over the share of the rows.

    Args:
        found: The score.

    Returns:
        A figure of matplotlib with two panels.
    """
    place = np.full(len(found.counts), 1) if found.binary else found.forecasts.argmax(axis=1)
    rows = np.arange(len(place))
    x, y = found.forecasts[rows, place], found.outcomes[rows, place]
    ends = np.array(
        [
            proportion_interval(share * count, count, confidence=found.confidence)
            for share, count in zip(y, np.maximum(found.counts, 1), strict=True)
        ]
    )
    figure = new_picture(5.2, 5.2)
    top, low = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    top.plot([0, 1], [0, 1], color="0.5", linewidth=1, label="calibrated")
    reach = np.clip(np.stack([y - ends[:, 0], ends[:, 1] - y]), 0, None)
    top.errorbar(x, y, yerr=reach, fmt="o", color=COLORS[0], capsize=2, label=f"bins, {100 * found.confidence:g} %")
    what = "outcome 1" if found.binary else "the likeliest outcome"
    top.set_ylabel(f"frequency of {what}")
    mis, res = found.miscalibration.bits, found.resolution.bits
    top.set_title(
        f"log score {found.bits:.3g} bits = {found.uncertainty.bits:.3g} uncertainty\n"
        f"− {res:.3g} resolution + {mis:.3g} miscalibration + {found.within.bits:.2g} within bins",
        fontsize=10,
    )
    top.legend(fontsize=8, loc="upper left")
    low.bar(x, found.shares, width=0.02, color=COLORS[1])
    low.set_ylabel("share of rows")
    low.set_xlabel(f"forecast chance of {what}")
    low.set_xlim(-0.02, 1.02)
    return figure
