"""The picture of a comparison of groups: shares of the outcomes, and the divergence of every pair."""

from typing import TYPE_CHECKING, Any

import numpy as np

from kullback._core import COLORS, new_picture

if TYPE_CHECKING:
    from kullback.decisions.fairness._record import GroupDivergence

_MOST = 20


def drawn(found: "GroupDivergence", /) -> Any:
    """Bars of the outcomes beside intervals of the pairs, the clearest difference on top."""
    pairs = sorted(found.pairs, key=lambda one: (one.p_adjusted, -one.debiased))[:_MOST]
    figure = new_picture(10.0, max(3.4, 1.2 + 0.3 * len(pairs)))
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.3))
    rows, shares = _rows(found)
    start = np.zeros(len(rows))
    for place, outcome in enumerate(found.outcomes):
        color = COLORS[place % len(COLORS)]
        left.barh(range(len(rows)), shares[:, place], left=start, color=color, label=_text(outcome))
        start = start + shares[:, place]
    left.set_yticks(range(len(rows)), rows, fontsize=8)
    left.set_ylim(-0.5, len(rows) + 0.9)
    left.set_xlabel("mean prediction, share")
    left.legend(fontsize=8, frameon=False, ncols=min(len(found.outcomes), 4), loc="upper center")
    places = np.arange(len(pairs))[::-1]
    for place, one in zip(places.tolist(), pairs, strict=True):
        color = COLORS[1] if one.p_adjusted <= 1.0 - found.confidence else COLORS[0]
        right.plot(one.interval, (place, place), color=color)
        right.plot(max(one.debiased, 0.0), place, marker="o", markersize=4, color=color)
    right.set_yticks(places, [_text(_name(one)) for one in pairs], fontsize=8)
    right.set_xlim(left=0.0)
    right.set_xlabel(f"divergence, nats, debiased, {100 * found.confidence:g} % interval")
    right.set_title(f"orange: adjusted p ≤ {1.0 - found.confidence:.2g}", fontsize=9)
    return figure


def _name(pair: Any) -> str:
    return f"D({pair.first}‖{pair.second})" + (f" | {pair.label}" if pair.label else "")


def _rows(found: "GroupDivergence") -> tuple[list[str], Any]:
    if not found.labels:
        return [_text(name) for name in found.groups], found.shares
    rows = [_text(f"{name} | {label}") for label in found.labels for name in found.groups]
    return rows, found.shares.reshape(len(rows), -1)


def _text(name: str) -> str:
    return name.replace("$", r"\$")
