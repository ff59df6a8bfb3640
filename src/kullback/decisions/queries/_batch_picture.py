"""The picture of a batch: what its labels tell together, point by point."""

from typing import TYPE_CHECKING, Any

import numpy as np

from kullback._core import COLORS, new_picture

if TYPE_CHECKING:
    from kullback.decisions.queries._batch import Batch

_CHOSEN, _TOP, _SUM, *_ = COLORS


def drawn(batch: "Batch", /) -> Any:
    """Joint information against the number of points, of the batch and of the largest scores."""
    places = np.arange(1, len(batch.indices) + 1)
    figure = new_picture(5.6, 3.6)
    axis = figure.subplots()
    axis.plot(places, np.cumsum(batch.scores), color=_SUM, linestyle=":", label="sum of the scores of the batch")
    for joint, error, color, marker, label in (
        (batch.information, batch.stderr, _CHOSEN, "o", "batch, together"),
        (batch.top_information, batch.top_stderr, _TOP, "s", "largest scores, together"),
    ):
        axis.errorbar(places, joint, 1.96 * error, color=color, marker=marker, markersize=4, label=label)
    axis.axhline(
        np.log(batch.members), color="0.4", linewidth=0.8, linestyle="--", label="log members: no more to tell"
    )
    axis.set_ylim(0.0, 1.25 * max(float(np.log(batch.members)), float(batch.information[-1])))
    axis.set_xlabel("points labelled together")
    axis.set_ylabel("I(labels; model), nats")
    axis.legend(fontsize=8, frameon=False)
    return figure
