"""The Legendre transform of a log moment generating function, point by point."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from kullback._core import exp_gap, numbers
from kullback.families import FAMILIES, Law, NoMoment, Opaque, find, moment_of
from kullback.fitting.constraints._points import Points

_EPS = float(np.finfo(np.float64).eps)
# Beyond this many standard deviations the tilt is taken about x, before about the mean.
_CLOSE = 0.7


@dataclass(frozen=True, eq=False)
class Legendre:
    """A law ready for its rate function.

    Attributes:
        points: Where it lives.
        heavy: Whether its left and its right side have no exponential moment.
        low: Lower end of its support.
        high: Upper end.
        closed: t to log E exp(t X) in closed form, infinite where that is; None where there is none.
        closed_mean: Mean in closed form, None where there is none.
    """

    points: Points
    heavy: tuple[bool, bool]
    low: float
    high: float
    closed: Callable[[float], float] | None = None
    closed_mean: float | None = None

    @cached_property
    def mean(self) -> float:
        """Mean of the law; that of its points where it has no finite one in closed form."""
        if self.closed_mean is not None and not self.endless:
            return self.closed_mean
        return float(self.points.weights @ self.points.values)

    @property
    def endless(self) -> bool:
        """Whether the mean is infinite."""
        return self.closed_mean is not None and not np.isfinite(self.closed_mean)

    @cached_property
    def variance(self) -> float:
        """Variance of the law."""
        with np.errstate(over="ignore"):
            return float(self.points.weights @ np.square(self.points.values - self.mean))

    def log_mgf(self, t: float) -> float:
        """Log E exp(t X)."""
        if t == 0:
            return 0.0
        if self.heavy[int(t > 0)]:
            return np.inf
        if self.closed is not None:
            return self.closed(t)
        return float(np.logaddexp.reduce(self.points.log_weights + t * self.points.values))

    @np.errstate(over="ignore", invalid="ignore")
    def rate(self, x: float) -> float:
        """I(x) = sup over t of t x - log E exp(t X)."""
        if not self.low <= x <= self.high:
            return np.inf
        for place, end in ((0, self.low), (-1, self.high)):
            if x == end:
                atoms = self.points.kind != "interval"
                return max(0.0, -float(self.points.log_weights[place])) if atoms else np.inf
        gap = x - self.mean
        if gap == 0 or self.heavy[int(gap > 0)]:
            return 0.0
        t = self.tilt(x)
        if gap * gap < _CLOSE**2 * self.variance and not self.endless:
            steps = t * (self.points.values - self.mean)
            return max(0.0, t * gap - float(np.log1p(self.points.weights @ exp_gap(steps))))
        if self._by_formula(gap):
            return max(0.0, t * x - self.log_mgf(t))
        return max(0.0, -float(np.logaddexp.reduce(self.points.log_weights + t * (self.points.values - x))))

    def tilt(self, x: float) -> float:
        """The t at which the tilted law has mean x, or the last one with a finite normalizer."""
        gap = x - self.mean
        spread = self.variance if np.isfinite(self.variance) and self.variance > 0 else gap * gap
        return _root(self._state(x), x, gap / spread)

    def exact_tilt(self, x: float) -> float:
        """The same on the points alone, whose means are no differences: the mean is x to the last digits."""
        return _root(self._slope_on_points, x, self.tilt(x))

    def spread(self, x: float) -> float:
        """Standard deviation of the tilted law with mean x."""
        return float(self._state(x)(self.tilt(x))[1] ** 0.5)

    def mean_at(self, t: float) -> float:
        """Mean of the law tilted by t."""
        return self._slope_on_points(t)[0]

    def _state(self, x: float) -> Callable[[float], tuple[float, float]]:
        gap = x - self.mean
        far = self._by_formula(gap) and gap * gap >= _CLOSE**2 * self.variance
        return self._slope_by_formula if far else self._slope_on_points

    def _by_formula(self, gap: float) -> bool:
        """Points end where the density is zero in floats; a tilt toward an open end may need more of it."""
        return self.closed is not None and bool(np.isinf(self.high if gap > 0 else self.low))

    def _slope_on_points(self, t: float) -> tuple[float, float]:
        logs = self.points.log_weights + t * (self.points.values - (0.0 if self.endless else self.mean))
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        mean = float(weights @ self.points.values)
        return mean, float(weights @ np.square(self.points.values - mean))

    def _slope_by_formula(self, t: float) -> tuple[float, float]:
        """Differences of the closed form, whose errors count by their square only."""
        step = 1e-4 * min(abs(t), 1.0 / self.variance**0.5)
        for _ in range(40):
            below, here, above = (self.log_mgf(at) for at in (t - step, t, t + step))
            if np.isinf(here) or t + step == t:
                break
            curvature = max((above - here) - (here - below), 0.0) / step**2
            # A step that is long against the spread of the tilted law bends the difference.
            if np.isfinite(below + above) and step * step * curvature < 4e-8:
                return (above - below) / (2 * step), curvature
            step *= 0.2
        return float(np.copysign(np.inf, t)), np.inf


@np.errstate(over="ignore", invalid="ignore")  # heavy tails reach beyond the squares of floats
def _root(state: Callable[[float], tuple[float, float]], x: float, start: float) -> float:
    """Newton's method for slope(t) = x between 0 and the end of the domain, safeguarded by a bracket."""
    sign = 1.0 if start > 0 else -1.0
    inner, outer, t = 0.0, sign * np.inf, start
    for _ in range(300):
        slope, curvature = state(t)
        miss = (slope - x) * sign
        if miss >= 0:
            outer = t
        else:
            inner = t
        if abs(miss) <= 2 * _EPS * abs(x) or abs(outer - inner) <= 2 * _EPS * abs(inner):
            break
        newton = t - sign * miss / curvature if 0 < curvature < np.inf else np.nan
        if np.isinf(outer):
            t = newton if abs(inner) < abs(newton) < 8 * abs(inner) else 8.0 * inner
        else:
            inside = abs(inner) < abs(newton) < abs(outer)
            t = newton if inside else 0.5 * (inner + outer)
        if not abs(t) < 1e300 or t in {inner, outer}:
            break
    return t if np.isfinite(state(t)[0]) else inner


def prepared(law: Law, points: Points, heavy: tuple[bool, bool], /) -> Legendre:
    """A law and its points, ready for rates."""
    found = find(law, "log_mgf") if not isinstance(law, Opaque) else None
    support = FAMILIES[type(law)].support(law)
    low, high = (float(numbers(end)) for end in (support.low, support.high))
    if points.kind == "finite":
        alive = points.log_weights > -np.inf
        points = replace(points, values=points.values[alive], log_weights=points.log_weights[alive])
        low, high = float(points.values[0]), float(points.values[-1])
    return Legendre(points, heavy, low, high, _scalar(found) if found else None, _mean(law))


def _mean(law: Law) -> float | None:
    if isinstance(law, Opaque) or not law.parameters():
        return None
    one = law.xp.ones_like(next(iter(law.parameters().values())))
    try:
        return float(numbers(moment_of(law)("first", 0.0 * one, one)))
    except (NoMoment, TypeError, ValueError):
        return None


def _scalar(found: tuple[Law, Any]) -> Callable[[float], float] | None:
    law, function = found

    def log_mgf(t: float) -> float:
        with np.errstate(all="ignore"):
            return float(numbers(function(law, law.xp.asarray(t) + 0.0)))

    try:
        log_mgf(0.0)
    except NoMoment:
        return None
    return log_mgf
