"""How two kinds of scores lie, and how well a threshold tells them apart."""

from typing import TYPE_CHECKING, Any

import numpy as np

from kullback._core import COLORS, new_picture

if TYPE_CHECKING:
    from kullback.decisions.monitoring._ood_report import OODReport


def separation_picture(found: "OODReport", /) -> Any:
    """Histograms of the scores beside the curve of rows found against false alarms.

    Args:
        found: The report.

    Returns:
        A figure of matplotlib with two panels.
    """
    figure = new_picture(8.4, 3.6)
    left, right = figure.subplots(1, 2)
    both = np.concatenate([found.scores_in, found.scores_out])
    edges = np.histogram_bin_edges(both[np.isfinite(both)], bins=40)
    for scores, color, name in (
        (found.scores_in, COLORS[0], "in distribution"),
        (found.scores_out, COLORS[1], "out of distribution"),
    ):
        left.hist(np.clip(scores, edges[0], edges[-1]), edges, density=True, color=color, alpha=0.6, label=name)
    left.axvline(found.threshold, color="0.2", linestyle="--", linewidth=1, label=f"keeps {100 * found.kept:g} %")
    left.set_xlabel("score (higher: more out of distribution)")
    left.set_ylabel("density")
    left.legend(fontsize=8)
    steps = np.unique(both)
    flagged_in, flagged_out = (
        1 - np.searchsorted(side, steps, "left") / len(side) for side in (found.scores_in, found.scores_out)
    )
    right.plot([0, *flagged_in[::-1]], [0, *flagged_out[::-1]], color=COLORS[0], label=f"AUROC {found.auroc.value:.3f}")
    right.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    right.set_xlabel("in-distribution rows flagged, share")
    right.set_ylabel("out-of-distribution rows found, share")
    right.legend(fontsize=8, loc="lower right")
    return figure
