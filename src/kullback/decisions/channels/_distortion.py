"""The rate that a source needs at a distortion, certified from both sides."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize

from kullback._core import Figure, InputError, Shown
from kullback.decisions.channels._inputs import Floats, read_array, read_source, read_tolerance
from kullback.decisions.channels._lines import Point, Source, solve_at

_POINTS = 33


@dataclass(frozen=True, eq=False, repr=False)
class RateDistortion(Figure):
    """The least rate at a distortion, with the code law that reaches it and a proof of how good it is.

    Attributes:
        value: Rate R in nats a symbol: that of a code law that was found, an upper bound.
        lower: Lower bound of the rate at that distortion, in nats.
        distortion: Mean distortion.
        slope: Nats that one unit less of distortion costs, minus the slope of R(D); 0 beyond the largest distortion of
            interest, infinite at the smallest.
        conditional: Chances of the reproductions given each symbol, shape ``(symbols, reproductions)``.
        output: Law of the reproductions, shape ``(reproductions,)``.
    """

    value: float
    lower: float
    distortion: float
    slope: float
    conditional: Floats
    output: Floats

    @property
    def gap(self) -> float:
        """Upper less lower bound, in nats."""
        return max(0.0, self.value - self.lower)

    def __str__(self) -> str:
        return (
            f"R(D = {self.distortion:.6g}) = {self.value:.9g} nats = {self.bits:.9g} bits a symbol, certified within "
            f"{self.gap:.1e} nats\n  slope {-self.slope:.6g} nats a unit of distortion"
        )


@dataclass(frozen=True, eq=False, repr=False)
class DistortionCurve(Shown):
    """The rate as a function of the distortion.

    Attributes:
        points: From the largest distortion of interest, where the rate is 0, to the smallest.
    """

    points: tuple[RateDistortion, ...]

    @property
    def distortions(self) -> Floats:
        """Mean distortions, falling."""
        return np.array([point.distortion for point in self.points])

    @property
    def rates(self) -> Floats:
        """Rates in nats a symbol, rising."""
        return np.array([point.value for point in self.points])

    def plot(self) -> Any:
        """The curve, in bits a symbol.

        Returns:
            A `matplotlib.figure.Figure`.
        """
        from kullback.decisions.channels._picture import draw_distortion  # noqa: PLC0415 - only where drawn

        return draw_distortion(self)

    def __str__(self) -> str:
        worst = max(point.gap for point in self.points)
        first, last = self.points[0], self.points[-1]
        return (
            f"R(D) at {len(self.points)} points from D = {first.distortion:.6g}, R = {first.value:.6g} nats to "
            f"D = {last.distortion:.6g}, R = {last.value:.6g} nats a symbol; certified within {worst:.1e} nats"
        )


def rate_distortion(
    probs: Any,
    distortion: Any,
    /,
    at: float | None = None,
    *,
    rate: float | None = None,
    slope: float | None = None,
    tolerance: float = 1e-12,
) -> RateDistortion:
    r"""Least rate at which a source without memory can be coded with a mean distortion.

    $$ R(D) = \min_{Q :\, E\,d \le D} I(p, Q) = \max_{s \ge 0} \min_q \Bigl[ -\sum_x p_x \log \sum_y q_y
       e^{-s d_{xy}} - sD \Bigr] $$

    Any code law gives an upper bound of the rate, any slope s and reproduction law q a lower one; both are found.

    Args:
        probs: Law of the source, shape ``(symbols,)``.
        distortion: Distortion of every symbol by every reproduction, shape ``(symbols, reproductions)``, finite.
        at: Mean distortion D; give one of `at`, `rate` and `slope`.
        rate: Rate R in nats a symbol, for the inverse function D(R).
        slope: Slope s in nats a unit of distortion, positive; infinite for the smallest distortion.
        tolerance: Gap to aim at, in nats.

    Returns:
        The rate in nats a symbol (`.bits` in bits), the distortion, the law that reaches them, and the gap.

    Raises:
        InputError: The source is no law, shapes do not fit, or no code has so small a distortion.

    Note:
        For each slope a convex problem on the simplex, solved by an interior-point method; the slope of a distortion is
        found by Brent's method, a few dozen problems. On straight pieces of R(D) two code laws are mixed.

    References:
        Berger (1971), Rate Distortion Theory; Blahut (1972), IEEE Transactions on Information Theory 18; Cover and
        Thomas (2006), Elements of Information Theory, chapter 10.

    Example:
        >>> from kullback.decisions.channels import rate_distortion
        >>> hamming = [[0, 1], [1, 0]]
        >>> found = rate_distortion([0.5, 0.5], hamming, at=0.11)
        >>> round(found.bits, 6), found.gap < 1e-9
        (0.500084, True)
    """
    given = [name for name, value in (("at", at), ("rate", rate), ("slope", slope)) if value is not None]
    if len(given) != 1:
        raise InputError(f"{' and '.join(given) or 'Nothing'} was given. Give one of at, rate and slope.")
    source = _read(probs, distortion)
    goal = read_tolerance(tolerance)
    if slope is not None:
        return _of_points(source, [solve_at(source, _number(slope, "slope", above=0.0), goal)], None)
    if rate is not None:
        return _at_rate(source, _number(rate, "rate", least=0.0), goal)
    return _at_distortion(source, _number(at, "at"), goal)


def rate_distortion_curve(
    probs: Any, distortion: Any, /, *, points: int = _POINTS, tolerance: float = 1e-12
) -> DistortionCurve:
    """The rate as a function of the distortion, at distortions that are evenly spread.

    Args:
        probs: Law of the source, shape ``(symbols,)``.
        distortion: Distortion of every symbol by every reproduction, shape ``(symbols, reproductions)``.
        points: How many, at least 2.
        tolerance: Gap to aim at, in nats.

    Returns:
        The curve from the distortion that needs no rate to the smallest one there is.

    Raises:
        InputError: As in `rate_distortion`.

    Example:
        >>> from kullback.decisions.channels import rate_distortion_curve
        >>> curve = rate_distortion_curve([0.5, 0.5], [[0, 1], [1, 0]], points=3)
        >>> curve.distortions.tolist(), [round(point.bits, 4) for point in curve.points]
        ([0.5, 0.25, 0.0], [0.0, 0.1887, 1.0])
    """
    source, goal = _read(probs, distortion), read_tolerance(tolerance)
    wanted = np.linspace(source.largest, source.smallest, _many(points))
    return DistortionCurve(tuple(_at_distortion(source, float(value), goal) for value in wanted))


def _read(probs: Any, distortion: Any) -> Source:
    shares = read_source(probs)
    table = read_array(distortion, "distortion", 2, "A matrix: a row for each symbol, a column a reproduction.")
    if len(table) != len(shares):
        raise InputError(f"distortion has {len(table)} rows and probs {len(shares)} symbols. A row for each is needed.")
    return Source(shares, table)


def _many(points: Any) -> int:
    if isinstance(points, bool) or not isinstance(points, int | np.integer) or points < 2:
        raise InputError(f"points = {points!r}. A whole number of at least 2 is needed.")
    return int(points)


def _number(value: Any, name: str, *, above: float = -math.inf, least: float = -math.inf) -> float:
    fine = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not fine or math.isnan(value) or value <= above or value < least:
        limit = f" above {above:g}" if above > -math.inf else f" of at least {least:g}" if least > -math.inf else ""
        raise InputError(f"{name} = {value!r} cannot be used. A number{limit} is needed.")
    return float(value)


def _at_distortion(source: Source, wanted: float, goal: float) -> RateDistortion:
    slack = 1e-13 * max(abs(source.largest), abs(source.smallest), source.scale)
    if wanted < source.smallest - slack:
        raise InputError(
            f"at = {wanted:g} is below {source.smallest:.6g}, the mean of every symbol's smallest distortion: no code "
            "reaches it. Raise it."
        )
    if wanted >= source.largest - slack:
        return _without_rate(source)
    if wanted <= source.smallest + slack:
        return _of_points(source, [solve_at(source, math.inf, goal)], None)
    points = _searched(source, lambda point: point.distortion - wanted, goal)
    return _of_points(source, points, wanted)


def _at_rate(source: Source, wanted: float, goal: float) -> RateDistortion:
    last = solve_at(source, math.inf, goal)
    if wanted == 0:
        return _without_rate(source)
    if wanted >= last.rate:
        return _of_points(source, [last], None)
    points = [*_searched(source, lambda point: wanted - point.rate, goal), last]
    high = min((point for point in points if point.rate >= wanted), key=lambda point: point.rate)
    low = max((point for point in points if point.rate < wanted), key=lambda point: point.rate, default=None)
    if low is None or high.rate - low.rate < goal:
        return _of_points(source, points, high.distortion)
    share = (wanted - low.rate) / (high.rate - low.rate)
    return _of_points(source, points, (1 - share) * low.distortion + share * high.distortion)


def _searched(source: Source, off: Callable[[Point], float], goal: float) -> list[Point]:
    """Points around the slope at which something that falls with the slope is zero."""
    points = [source.idle()]

    def at(log_slope: float) -> float:
        points.append(solve_at(source, math.exp(log_slope), goal))
        found = off(points[-1])
        # Near enough: the line through this point proves the rest.
        return 0.0 if abs(found) * max(1.0, points[-1].slope) < goal / 8 else found

    low = high = -math.log(source.scale)
    while at(low) < 0:
        low -= 2.0
    while at(high) > 0 and high < 40.0 - math.log(source.scale):
        high += 2.0
    if low < high:
        optimize.brentq(at, low, high, xtol=1e-14, rtol=1e-14, maxiter=80, disp=False)
    return [*points, solve_at(source, math.inf, goal)]


def _without_rate(source: Source) -> RateDistortion:
    idle = source.idle()
    return RateDistortion(0.0, 0.0, idle.distortion, 0.0, idle.conditional, source.probs @ idle.conditional)


def _of_points(source: Source, points: list[Point], wanted: float | None) -> RateDistortion:
    """The best code law at a distortion among those of some slopes and their mixtures, and the best lower bound."""
    if wanted is None:
        point = points[0]
        lower = point.bound - (point.slope * point.distortion if math.isfinite(point.slope) else 0.0)
        return _record(source, point.conditional, max(0.0, lower), point.slope)
    below = max((p for p in points if p.distortion <= wanted), key=lambda p: p.distortion)
    above = min((p for p in points if p.distortion > wanted), key=lambda p: p.distortion)
    share = (wanted - below.distortion) / (above.distortion - below.distortion)
    mixed = (1 - share) * below.conditional + share * above.conditional
    finite = [p for p in points if math.isfinite(p.slope)]
    best = max(finite, key=lambda p: p.bound - p.slope * wanted)
    return _record(source, mixed, max(0.0, best.bound - best.slope * wanted), best.slope)


def _record(source: Source, conditional: Floats, lower: float, slope: float) -> RateDistortion:
    value, distortion = source.rate_of(conditional), source.distortion_of(conditional)
    return RateDistortion(max(value, lower), lower, distortion, slope, conditional, source.probs @ conditional)
