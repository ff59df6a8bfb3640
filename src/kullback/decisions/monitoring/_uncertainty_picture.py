"""What an ensemble does not know, drawn."""

from typing import TYPE_CHECKING, Any

import numpy as np

from kullback._core import COLORS, new_picture

if TYPE_CHECKING:
    from kullback.decisions.monitoring._uncertainty import UncertaintyReport


def uncertainty_picture(found: "UncertaintyReport", /) -> Any:
    """Epistemic against aleatoric uncertainty; beside it, where labels are known, frequency against confidence.

    Args:
        found: The report.

    Returns:
        A figure of matplotlib with one or two panels.
    """
    bits = np.log(2)
    score = found.score
    figure = new_picture(8.4 if score is not None else 4.6, 3.8)
    axes = figure.subplots(1, 2 if score is not None else 1, squeeze=False)[0]
    sides = ((found, COLORS[0], "in distribution"), (found.outliers, COLORS[1], "out of distribution"))
    for side, color, name in sides:
        if side is not None:
            axes[0].plot(side.aleatoric / bits, side.epistemic / bits, ".", color=color, alpha=0.5, ms=4, label=name)
    axes[0].set_xlabel("aleatoric: mean entropy of members, bits")
    axes[0].set_ylabel("epistemic: mean D(member‖mean), bits")
    axes[0].legend(fontsize=8)
    if score is not None:
        rows = np.arange(len(score.counts))
        top = score.forecasts.argmax(axis=1)
        axes[1].scatter(
            score.forecasts[rows, top], score.outcomes[rows, top], s=10 + 200 * score.shares, color=COLORS[0], alpha=0.7
        )
        axes[1].plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
        axes[1].set_xlabel("confidence of the mean prediction")
        axes[1].set_ylabel("share that was right")
        axes[1].set_title(f"miscalibration {score.miscalibration.bits:.3g} bits", fontsize=10)
    return figure
