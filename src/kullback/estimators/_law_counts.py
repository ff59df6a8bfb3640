"""Counts against known probabilities, in either direction: bias and chance are known cell by cell, for q is known."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

from kullback.estimators._estimate import normal_interval
from kullback.estimators._points import Floats

_EDGE = 60.0  # expected counts from which the series in 1/μ is right to 1e-5
_RARE_EDGE = 1e-9  # expected counts below which two in one cell do not happen
_TINY = float(np.finfo(np.float64).tiny)
_NEAR = 4.0  # standard deviations from what equal laws give, up to which the interval is that of a noncentral χ²
_RARE = 0.3  # expected count that an outcome never seen is taken to have at least, where nothing better is known


@dataclass(frozen=True, eq=False)
class CountFigure:
    """A divergence from counts.

    Attributes:
        value: Less its bias.
        stderr: Its standard error.
        interval: At the level asked for.
        plain: With observed shares as they are; its bias not taken away.
        near: Whether equal laws could give these counts.
    """

    value: float
    stderr: float
    interval: tuple[float, float]
    plain: float
    near: bool


@dataclass(frozen=True, eq=False)
class _Cells:
    """What single cells of Poisson counts add, by the logarithm of their expectation."""

    summand: Callable[[Floats, Floats], Floats]
    log_mu: Floats
    mean: Floats
    variance: Floats
    slope: Floats

    def at(self, expected: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean and variance of the summands of cells with these expectations, and their covariance with the counts."""
        limits = 0.5, 0.5, float(np.sign(self.slope[-1])) * 0.5
        expected = np.maximum(expected, _TINY)
        place, scale = np.log(expected), _EDGE / np.maximum(expected, _EDGE)
        nothing, one = (self.summand(np.full_like(expected, count), expected) for count in (0.0, 1.0))
        rare = nothing + expected * (one - nothing), expected * (one - nothing) ** 2, expected * (one - nothing)
        found = []
        for column, limit, few in zip((self.mean, self.variance, self.slope), limits, rare, strict=True):
            inner = np.where(expected < _RARE_EDGE, few, np.interp(place, self.log_mu, column))
            found.append(np.where(expected > _EDGE, limit + (column[-1] - limit) * scale, inner))
        mean, variance, slope = found
        return mean, variance, slope


def _forward(count: Floats, mu: Floats) -> Floats:
    """C log(C/μ) - C + μ."""
    terms: Floats = special.xlogy(count, count) - count * np.log(mu) - count + mu
    return terms


def _backward(count: Floats, mu: Floats) -> Floats:
    """C - μ - μ log(C/μ), a count of 0 taken for one half."""
    return count - mu - mu * np.log(np.maximum(count, 0.5) / mu)


@cache
def _cells(summand: Callable[[Floats, Floats], Floats]) -> _Cells:
    log_mu = np.linspace(np.log(_RARE_EDGE), np.log(_EDGE), 500)
    mu = np.exp(log_mu)[:, None]
    count = np.arange(160.0)
    chance = np.exp(count * np.log(mu) - mu - special.gammaln(count + 1.0))
    value = summand(count, mu)
    mean = (chance * value).sum(axis=1)
    variance = (chance * value**2).sum(axis=1) - mean**2
    return _Cells(summand, log_mu, mean, variance, (chance * value * (count - mu)).sum(axis=1))


@dataclass(frozen=True, eq=False)
class CountedCells:
    """Outcomes with their probabilities under a known law and how often each came in a sample.

    Attributes:
        counts: Need not be whole.
        shares: Probabilities.
        times: For how many outcomes an entry stands: 1 where it is one of its own; more, or a fraction, for outcomes
            that did not come and of which only some were drawn.
    """

    counts: Floats
    shares: Floats
    times: Floats

    @property
    def size(self) -> float:
        """All counts."""
        return float(self.counts.sum())

    def total(self, values: Floats) -> float:
        """Sum over all outcomes."""
        return float(self.times @ values)


def counts_against_shares(cells: CountedCells, level: float, /) -> CountFigure:
    r"""Divergence of what was counted from known probabilities.

    $$ \hat D = \sum_i \hat p_i \log\frac{\hat p_i}{q_i} - \frac1n\Bigl(\sum_i g(n \tilde p_i) - \tfrac12\Bigr) $$

    where g is the bias that one cell has at its expectation, and p̃ lies between p̂ and q, the nearer to q the less the
    counts differ from what q gives.

    Args:
        cells: The outcomes of q, positive shares where the count is.
        level: Of the interval.
    """
    counts, shares, size = cells.counts, cells.shares, cells.size
    if len(counts) == 1:
        return CountFigure(0.0, 0.0, (0.0, 0.0), 0.0, near=True)
    observed, table = counts / size, _cells(_forward)
    gaps = np.log(np.where(counts > 0, observed, 1.0)) - np.log(np.where(counts > 0, shares, 1.0))
    plain = float(observed @ gaps)
    mean, variance = _moments(table, cells)
    mean = max(mean, 0.05)  # so that its share in the figure is one
    null = _Null(mean, variance, 2.0 * mean**2 / variance)
    weight = _weight(null, size * plain)
    guess = size * ((1.0 - weight) * observed + weight * shares)
    bias = (cells.total(table.at(guess)[0]) - 0.5) / size
    spread = float(observed @ (gaps - plain) ** 2) / size
    return _figure(plain, bias, spread, null, size, level)


def shares_against_counts(cells: CountedCells, level: float, /) -> CountFigure:
    r"""Divergence of known probabilities from what was counted.

    $$ \hat D = \sum_i p_i \log\frac{p_i}{\hat q_i} - \text{bias}, \qquad \hat q_i = \max(m_i, \tfrac12)/m $$

    Args:
        cells: The outcomes of p, and those that came without being of p.
        level: Of the interval.
    """
    size, table = cells.size, _cells(_backward)
    alive = cells.shares > 0
    shares, seen, times = cells.shares[alive], cells.counts[alive], cells.times[alive]
    own = CountedCells(seen, shares, times)
    if len(cells.counts) == 1:
        return CountFigure(0.0, 0.0, (0.0, 0.0), 0.0, near=True)
    plain = own.total(shares * (np.log(shares) - np.log(np.maximum(seen, 0.5) / size)))
    # A summand may be negative here: χ² with as many degrees as cells that are seen, moved to the right mean.
    expected = own.total(-np.expm1(-size * shares))
    null = _Null(*_moments(table, CountedCells(cells.counts, shares, times)), max(expected - 1.0, 1.0))
    weight = _weight(null, size * plain)
    guess = (1.0 - weight) * seen + weight * size * shares
    # A cell that was never seen and cannot be guessed is not taken for rarer than the data show.
    guess = np.maximum(guess, np.minimum(_RARE, size * shares))
    bias = own.total(shares * (table.at(guess)[0] / guess)) - 0.5 * own.total(shares) / size
    spread = max(own.total(shares**2 / (guess / size)) - own.total(shares) ** 2, 0.0) / size
    return _figure(plain, bias, spread, null, size, level)


@dataclass(frozen=True)
class _Null:
    """N times the plain figure where the laws are equal: a multiple of χ², moved.

    Attributes:
        mean: Its mean.
        variance: Its variance.
        degrees: Of freedom.
    """

    mean: float
    variance: float
    degrees: float

    @property
    def scale(self) -> float:
        return math.sqrt(self.variance / (2.0 * self.degrees))

    @property
    def start(self) -> float:
        """Smallest value."""
        return self.mean - self.scale * self.degrees


def _moments(table: _Cells, cells: CountedCells) -> tuple[float, float]:
    """Mean and variance of the sum over cells, from independent ones to ones with a fixed total."""
    mean, variance, slope = table.at(cells.size * cells.shares)
    linear = cells.total(slope) ** 2 / cells.size
    return (
        cells.total(mean) - 0.5 * cells.total(cells.shares),
        max(cells.total(variance) - 0.5 - linear, 0.05),
    )


def _weight(null: _Null, plain: float) -> float:
    """Of the known law in a guess of the other one: the share of the figure that chance explains."""
    return min(1.0, null.mean / plain) if plain > 0 else 1.0


def _figure(plain: float, bias: float, spread: float, null: _Null, size: float, level: float) -> CountFigure:
    value, figure = plain - bias, size * plain
    if figure > null.mean + _NEAR * null.variance**0.5:
        stderr = (spread + null.variance / size**2) ** 0.5
        return CountFigure(value, stderr, normal_interval(value, stderr, level), plain, near=False)
    # Laws that are nearly equal make the χ² noncentral.
    above = (figure - null.start) / null.scale
    ends = [_noncentrality(above, null.degrees, share) for share in ((1 + level) / 2, (1 - level) / 2)]
    stderr = (null.variance + 4.0 * null.scale * max(figure - null.mean, 0.0)) ** 0.5 / size
    interval = ends[0] * null.scale / size, ends[1] * null.scale / size
    return CountFigure(value, stderr, interval, plain, near=True)


def _noncentrality(figure: float, degrees: float, share: float) -> float:
    """The one under which so large a share of figures is smaller; 0 where none is small enough."""
    if figure <= 0 or special.chdtr(degrees, figure) <= share:
        return 0.0
    return float(special.chndtrinc(figure, degrees, share))
