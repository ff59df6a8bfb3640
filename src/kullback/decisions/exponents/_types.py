"""The exact chance that n draws from a finite law meet linear constraints, by types or by convolution."""

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from kullback._core import InputError, Shown
from kullback.fitting.constraints._points import Floats, Points

_MOST_TYPES = 2_000_000
_MOST_STEPS = 200_000
_SIGNS = {"equal": 0.0, "at_least": 1.0, "at_most": -1.0}


@dataclass(frozen=True, eq=False, repr=False)
class SampleChance(Shown):
    """P(the empirical law of n draws meets the constraints), and what Sanov's theorem says of it.

    Attributes:
        n: Number of draws.
        log_probability: Exact logarithm of the chance, -inf where no sample of this size can meet them.
        log_upper: -n inf D: never below, as the set is convex.
        log_lower: -n D(best type‖q) - |support| log(n + 1), never above; None where types were not enumerated.
        exponent: inf D in nats per draw.
        method: "types" or "convolution".
    """

    n: int
    log_probability: float
    log_upper: float
    log_lower: float | None
    exponent: float
    method: str

    @property
    def probability(self) -> float:
        """The exact chance."""
        return float(np.exp(self.log_probability))

    @property
    def exponent_seen(self) -> float:
        """-log P / n in nats per draw, which goes to the exponent as n grows."""
        return -self.log_probability / self.n

    def __str__(self) -> str:
        return (
            f"P = {self.probability:.6g} for {self.n} draws, by {self.method}\n"
            f"  -log P / n = {self.exponent_seen:.6g} nats, inf D(p‖q) = {self.exponent:.6g} nats\n"
            f"  bound exp(-n inf D) = {np.exp(self.log_upper):.6g}"
        )


def is_count(n: object, /) -> bool:
    """Whether n is a whole number of at least 1."""
    return isinstance(n, int | np.integer) and not isinstance(n, bool) and bool(n >= 1)


def sample_chance(
    points: Points, table: Floats, targets: Floats, senses: tuple[str, ...], n: int, exponent: float, /
) -> SampleChance:
    """See `SanovExponent.chance`."""
    if not is_count(n):
        raise InputError(f"n = {n!r} is no number of draws. A whole number of at least 1 is needed.")
    if points.kind == "interval":
        raise InputError("q is a density: a sample of it has no types. Use mean_tail for a mean.")
    alive = points.log_weights > -np.inf
    logs, rows = points.log_weights[alive], table[alive]
    upper = -n * exponent
    size = len(logs)
    if size <= n + 60 and comb(n + size - 1, size - 1) <= _MOST_TYPES:
        log_probability, log_lower = _by_types(logs, rows, targets, senses, n)
        return SampleChance(n, log_probability, upper, log_lower, exponent, "types")
    return SampleChance(n, _by_convolution(logs, rows, targets, senses, n), upper, None, exponent, "convolution")


def _by_types(logs: Floats, rows: Floats, targets: Floats, senses: tuple[str, ...], n: int) -> tuple[float, float]:
    types = _all_types(len(logs), n)
    good = np.ones(len(types), dtype=bool)
    for column, target, sense in zip(rows.T, targets, senses, strict=True):
        good &= _meets(types @ column - n * target, n * max(1.0, abs(target), np.abs(column).max()), sense)
    if not good.any():
        return -np.inf, -np.inf
    types = types[good]
    chance = gammaln(n + 1.0) - gammaln(types + 1.0).sum(axis=1) + types @ logs
    best = float((xlogy(types, types / n).sum(axis=1) - types @ logs).min())
    return float(np.logaddexp.reduce(chance)), -best - len(logs) * float(np.log(n + 1.0))


def _meets(gap: Floats, size: float, sense: str) -> NDArray[np.bool_]:
    slack = 1e-10 * size
    sign = _SIGNS[sense]
    met: NDArray[np.bool_] = np.abs(gap) <= slack if sign == 0 else sign * gap >= -slack
    return met


def _all_types(size: int, n: int) -> Floats:
    """All vectors of `size` counts that add up to n, from where the bars stand between the stars."""
    types = np.zeros((1, 0))
    left = np.array([n])
    for _ in range(size - 1):
        repeat = left + 1
        starts = np.repeat(np.cumsum(repeat) - repeat, repeat)
        drawn = np.arange(int(repeat.sum())) - starts
        types = np.concatenate([np.repeat(types, repeat, axis=0), drawn[:, None]], axis=1)
        left = np.repeat(left, repeat) - drawn
    return np.concatenate([types, left[:, None]], axis=1)


def _by_convolution(logs: Floats, rows: Floats, targets: Floats, senses: tuple[str, ...], n: int) -> float:
    """One statistic whose values are whole multiples of a step; tilted to its bound, so that the tail keeps digits."""
    first = rows[:, 0]
    steps = first - first.min()
    span = _span(steps)
    if (rows != rows[:, :1]).any() or span is None or steps.max() / span * n > _MOST_STEPS:
        raise InputError(
            f"There are too many types of {n} draws over {len(logs)} outcomes, and the constraints are not on one "
            "statistic of whole multiples. Take a smaller n."
        )
    tilt = _tilt_toward(logs, first, float(targets[0]))
    tilted = logs + tilt * first
    normalizer = float(np.logaddexp.reduce(tilted))
    one = np.zeros(round(steps.max() / span) + 1)
    np.add.at(one, np.rint(steps / span).astype(int), np.exp(tilted - normalizer))
    law, rest, power = np.ones(1), n, one
    while rest:
        law = np.convolve(law, power) if rest & 1 else law
        rest >>= 1
        power = np.convolve(power, power) if rest else power
    sums = n * first.min() + span * np.arange(len(law))
    good = law > 0
    for target, sense in zip(targets, senses, strict=True):
        good &= _meets(sums - n * target, n * max(1.0, abs(target), np.abs(first).max()), sense)
    if not good.any():
        return -np.inf
    return float(np.logaddexp.reduce(np.log(law[good]) + n * normalizer - tilt * sums[good]))


def _tilt_toward(logs: Floats, values: Floats, target: float) -> float:
    """A tilt whose mean is near the target; it need not be exact."""
    low, high = -700.0 / max(np.ptp(values), 1e-300), 700.0 / max(np.ptp(values), 1e-300)
    for _ in range(60):
        middle = 0.5 * (low + high)
        weights = logs + middle * values
        mean = float(np.exp(weights - np.logaddexp.reduce(weights)) @ values)
        low, high = (middle, high) if mean < target else (low, middle)
    return 0.5 * (low + high)


def _span(steps: Floats) -> float | None:
    """The largest number that all steps are whole multiples of, if they are small multiples."""
    positive = np.unique(steps[steps > 0])
    if not len(positive):
        return 1.0
    for parts in range(1, 101):
        span = positive[0] / parts
        multiples = positive / span
        if np.abs(multiples - np.rint(multiples)).max() < 1e-9 * multiples.max():
            return float(span)
    return None
