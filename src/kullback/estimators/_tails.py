"""On the line: how much of x lies where y has nearly no rows, and how much more it may therefore add."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from kullback.estimators._points import Floats, Points
from kullback.estimators._tail_shape import shape_error, tail_shape

# Equal laws leave so many rows of x beyond y, or a row so far beyond it, with a chance below this on a side.
_RARE = 0.005
_LEAST, _SHARE = 10, 50
_HEAVIER = float(special.ndtri(0.95))


@dataclass(frozen=True)
class TailGap:
    """What the tails hide.

    Attributes:
        beyond: Rows of x beyond all of y, on the sides where they are too many or too far for chance; 0 elsewhere.
        allowance: What the neighbors may have missed, in nats: the fitted tail of y against the flat density that
            neighbors see there, at most ln m for a row.
        most: The same, had y the tail of a normal law, at most 2 ln m for a row.
        heavier: Whether x, which reaches beyond y, falls off more slowly by more than chance.
    """

    beyond: int
    allowance: float
    most: float
    heavier: bool


@dataclass(frozen=True)
class _Tail:
    """The tail of y beyond a threshold: exponential, or Pareto's where that fits better.

    Attributes:
        share: Share of y beyond the threshold.
        rate: Exponential rate, or Pareto's index.
        scale: Scale of Pareto's law; 0 for an exponential tail.
        size: Rows it was fitted to.
    """

    share: float
    rate: float
    scale: float
    size: int

    def log_survival(self, away: Floats, rate: float) -> Floats:
        return math.log(self.share) - rate * (np.log1p(away / self.scale) if self.scale else away)

    def log_density(self, away: Floats) -> Floats:
        slope = np.log(self.rate / (self.scale + away)) if self.scale else math.log(self.rate)
        return self.log_survival(away, self.rate) + slope


def tail_gap(points: Points, weights: Floats, k: int, /) -> TailGap:
    """Measure both tails of samples on the line.

    Args:
        points: Samples with distinct rows, ``d = 1``.
        weights: Weights of the rows of x.
        k: Neighbors that were used in y.

    Returns:
        What lies beyond, and the allowance.
    """
    beyond, allowance, most = 0, 0.0, 0.0
    for sign in (1.0, -1.0):
        x, y = sign * points.x[:, 0], np.sort(sign * points.y[:, 0])
        size = min(max(_LEAST, points.m // _SHARE), points.m // 4)
        if size < 2 or k >= points.m:
            continue
        start, middle = float(y[-size - 1]), float(np.median(y))
        tail = _fitted(y[-size:] - start, start - middle, size / points.m)
        outside = x > y[-1]
        if tail is None or not outside.any():
            continue
        if _is_unusual(float(x.max()) - start, int(outside.sum()), tail, points.n, points.m):
            beyond += int(outside.sum())
        far = np.flatnonzero(x > y[-k])
        # The ball around a row beyond y reaches back to the k-th last row; inside, the density is taken as flat.
        flat = math.log(k / points.m) - np.log(2.0 * (x[far] - y[-k]))
        missed = np.clip(flat - tail.log_density(x[far] - start), 0.0, math.log(points.m))
        allowance += float(weights[far] @ missed)
        thin = _log_normal_density(x[far] - middle, start - middle, size / points.m)
        most += float(weights[far] @ np.clip(flat - thin, missed, 2.0 * math.log(points.m)))
    return TailGap(beyond, allowance, most, most > 0.0 and _is_heavier(points))


def _is_heavier(points: Points) -> bool:
    """Whether the shape of the tails of x is above that of y, in a one-sided test at 5 %."""
    x, y = (tail_shape(np.abs(side[:, 0] - np.median(side))) for side in (points.x, points.y))
    if not (math.isfinite(x) and math.isfinite(y)):
        return False
    error = math.hypot(shape_error(points.n, x), shape_error(points.m, y))
    return x - y > _HEAVIER * error


def _log_normal_density(away: Floats, threshold: float, share: float) -> Floats:
    """Of the normal law around the middle that has the share beyond the threshold."""
    scale = threshold / -float(special.ndtri(share))
    if not scale > 0:
        return np.full(len(away), np.inf)
    return np.asarray(-0.5 * (away / scale) ** 2 - 0.5 * math.log(2.0 * math.pi) - math.log(scale))


def _fitted(excess: Floats, scale: float, share: float) -> _Tail | None:
    mean = float(excess.mean())
    if mean <= 0:
        return None
    thin = _Tail(share, 1.0 / mean, 0.0, len(excess))
    if scale <= 0:
        return thin
    # The threshold's distance from the middle of y is the scale, so that moving both samples changes nothing.
    heavy = _Tail(share, 1.0 / float(np.log1p(excess / scale).mean()), scale, len(excess))
    return heavy if heavy.log_density(excess).sum() > thin.log_density(excess).sum() else thin


def _is_unusual(farthest: float, outside: int, tail: _Tail, n: int, m: int) -> bool:
    """Too many rows beyond, or one too far: of n + m rows of one law the last r are all of x with (n / (n + m))^r."""
    if outside * math.log1p(m / n) > -math.log(_RARE):
        return True
    if tail.scale:  # no distance is unusual under a heavy tail
        return False
    cautious = tail.rate * (1.0 - 2.0 / math.sqrt(tail.size + 4.0))
    return math.log(n) + float(tail.log_survival(np.array([farthest]), cautious)[0]) < math.log(_RARE)
