"""Sharp edges: where x fills a box and y reaches out of it, the part outside is a plain share."""

import math
from dataclasses import dataclass, replace

import numpy as np

from kullback.estimators._points import Floats, Points

_TAIL = 0.05  # share of x that is looked at behind each edge
# How much more of the range of x than its share it may take: edges of uniform laws pass in 82 to 98 % of cases, tails
# of normal ones in 3 % at 100 rows and never from 300 on.
_FEW, _MANY = 60, 200
_NARROW, _WIDE = 1.4, 1.8
_ENOUGH = 20  # rows of y inside
# Share of y outside, and multiple of what equal laws leave there, below which nothing is done.
_WORTH, _CHANCE = 0.02, 4.0


@dataclass(frozen=True, eq=False)
class Nested:
    r"""The samples with y cut to the box of x.

    With p inside a box B, $D(p \,\|\, q) = -\log q(B) + D(p \,\|\, q(\cdot \mid B))$ holds exactly.

    Attributes:
        points: x, and the rows of y inside.
        offset: -log of the share of y inside, in nats.
        variance: Of that.
        sides: Edges at which y was cut.
    """

    points: Points
    offset: float = 0.0
    variance: float = 0.0
    sides: int = 0


def nested(points: Points, /) -> Nested:
    """Cut y to the box of x at the sides where x ends sharply; at a sharp edge neighbors see the density wrongly.

    Args:
        points: The samples.

    Returns:
        The samples inside and the exact part outside; as they came where there is no such edge or too few rows.
    """
    low, high = points.x.min(axis=0), points.x.max(axis=0)
    gap = (high - low) / max(points.n - 1, 1)
    sharp_low, sharp_high = _sharp(points.x, low, high)
    below, above = (points.y < low - gap) & sharp_low, (points.y > high + gap) & sharp_high
    inside = ~(below | above).any(axis=1)
    weights = points.y_weights
    share = float(inside.mean() if weights is None else weights[inside].sum())
    edges = int(sharp_low.sum() + sharp_high.sum())
    by_chance = edges / (points.n + 1.0)
    if 1.0 - share < max(_WORTH, _CHANCE * by_chance) or inside.sum() < max(_ENOUGH, points.d + 4):
        return Nested(points)
    rest = None if weights is None else weights[inside] / share
    size = points.m if weights is None else 1.0 / float(np.sum(weights**2))
    sides = int(below.any(axis=0).sum() + above.any(axis=0).sum())
    cut = replace(points, y=points.y[inside], y_weights=rest)
    return Nested(cut, -math.log(share), (1.0 - share) / (share * size), sides)


def _sharp(x: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Sides at which the outermost 5 % of x take hardly more of its range, as under a density that jumps to 0."""
    if len(x) < _FEW:
        nowhere = np.zeros(x.shape[1], dtype=bool)
        return nowhere, nowhere
    size = max(5, round(_TAIL * len(x)))
    ordered = np.sort(x, axis=0)
    most = (_NARROW if len(x) < _MANY else _WIDE) * size / len(x) * (high - low)
    return (ordered[size] - low < most), (high - ordered[-1 - size] < most)
