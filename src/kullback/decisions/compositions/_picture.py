"""The picture of a comparison of compositions: what each taxon adds, and its share in each group."""

from typing import TYPE_CHECKING, Any

import numpy as np

from kullback._core import COLORS, new_picture

if TYPE_CHECKING:
    from kullback.decisions.compositions._record import CompositionComparison


def drawn(found: "CompositionComparison", most: int, /) -> Any:
    """Contributions with intervals on the left, shares of the groups on the right, the largest on top."""
    order = np.argsort(-found.contributions, kind="stable")[:most]
    places = np.arange(len(order))[::-1]
    figure = new_picture(9.0, max(2.8, 1.2 + 0.28 * len(order)))
    left, right = figure.subplots(1, 2, sharey=True)
    parts, ends = found.contributions[order] / np.log(2.0), found.contribution_intervals[order] / np.log(2.0)
    left.hlines(places, ends[:, 0], ends[:, 1], color=COLORS[1])
    left.plot(parts, places, "o", color=COLORS[1], markersize=4)
    left.set_yticks(places, [found.taxa[place].replace("$", r"\$") for place in order.tolist()], fontsize=8)
    left.set_xlim(left=0.0)
    left.set_xlabel(f"adds to the divergence between groups, bits, {100 * found.confidence:g} % interval", fontsize=9)
    height = 0.8 / len(found.groups)
    for place, name in enumerate(found.groups):
        shift = (len(found.groups) / 2 - place - 0.5) * height
        color = COLORS[(place + 2) % len(COLORS)] if place else COLORS[0]
        right.barh(
            places + shift, 100 * found.shares[place, order], height, color=color, label=name.replace("$", r"\$")
        )
    right.set_xlabel("mean share, %", fontsize=9)
    right.legend(fontsize=8, frameon=False, loc="lower right")
    low, high = (end / np.log(2.0) for end in found.interval)
    title = f"between groups {found.bits:.3g} bits [{low:.2g}, {high:.2g}]"
    chance = "one unit a group: descriptive" if found.p_value is None else f"p = {found.p_value:.2g}"
    figure.suptitle(f"{title}, within groups {found.within / np.log(2.0):.3g} bits, {chance}", fontsize=10)
    return figure
