"""A density against a sample: draws from the law, and how dense the rows are around them."""

from dataclasses import dataclass

import numpy as np

from kullback._core import percent
from kullback.estimators._law_neighbors import (
    NeighborFigure,
    columns_of,
    covariance,
    normal_log_likelihood,
)
from kullback.estimators._law_records import OpenLaw, take
from kullback.estimators._laws import log_density_at
from kullback.estimators._neighbor_density import (
    Balls,
    balls,
    cross_noise,
    effect,
    even_shares,
    log_content,
    log_volume,
)
from kullback.estimators._points import Floats, effective_size

_DRAWS, _FEWEST, _MOST = 20, 2_000, 100_000
_RUN_DRAWS = 10_000
_RUN_ROWS = 8_000
_FEWEST_RUNS, _MOST_RUNS = 4, 16
_LEAST_ROWS = 30.0  # rows that the draws must lean on, in effect
_ROWS_EACH = 400  # rows for each dimension from which the interval was seen to hold away from p
_OUTSIDE = 6.6  # of p beyond the rows, in units of one row: a sample of p itself leaves more with a chance of 1 %
_OF_ERROR = 0.5  # so much mass may be off by two nats without being seen beside the standard error
_HEAVY = 8.0  # kurtosis of a column beyond which a normal law says nothing about its neighborhoods


@dataclass(frozen=True, eq=False)
class _Sample:
    """Rows of y in their units with their weights, their covariance, and the whitening that neighbors are sought in."""

    rows: Floats
    weights: Floats | None
    units: Floats
    matrix: Floats
    axes: Floats

    @property
    def size(self) -> float:
        return effective_size(len(self.rows), self.weights)


def draws_among_rows(
    p: OpenLaw, y: Floats, log_rows: Floats, weights: Floats | None, k: int, rng: np.random.Generator, /
) -> NeighborFigure:
    """Divergence of a law from what a sample comes from.

    Args:
        p: The law.
        y: Rows of shape ``(m, d)``, no two alike.
        log_rows: Log density of p there; may be -inf.
        weights: Of the rows.
        k: Neighbors.
        rng: For draws from p.
    """
    count = int(min(max(_DRAWS * len(y), _FEWEST), _MOST))
    line = y.shape[1] == 1 and p.shape == ()
    units = np.ones(1) if line else np.ptp(y, axis=0)
    y, log_rows = y / units, log_rows + float(np.log(units).sum())
    sample = _Sample(y, weights, units, np.eye(1), np.eye(1)) if line else _whitened(y, weights, units)
    points, log_p = _draw(p, units, count, rng)
    found, terms = _terms(p if line else None, sample, points, log_p, log_rows, k)
    bias = _Bias() if line else _bias(p, sample, points, log_rows, k, rng)
    lost = effect(found, even_shares(len(terms), None), weights, len(y))
    variance = float(np.sum(lost**2))
    if line:
        truth, guess = cross_noise(k)
        # Half of it: where p and q differ the jackknife is nearer to the truth.
        variance = max(variance - 0.5 * (guess - truth) / sample.size, truth / sample.size)
    variance = max(variance, bias.spread) + float(terms.var(ddof=1)) / len(terms) + bias.noise
    doubts = (*bias.doubts, *_beyond(sample, points, variance**0.5), *_lonely(found, len(y)))
    return NeighborFigure(float(terms.mean()) - bias.size, variance**0.5, terms, bias.notes, doubts)


def _draw(p: OpenLaw, units: Floats, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    points = take(p, count, rng)
    log_p = log_density_at(p, points)
    usable = np.isfinite(log_p)
    return columns_of(p, points)[usable] / units, log_p[usable] + float(np.log(units).sum())


def _terms(
    p: OpenLaw | None, sample: _Sample, points: Floats, log_p: Floats, log_rows: Floats, k: int
) -> tuple[Balls, Floats]:
    """Log p/q at the draws; on the line q runs like a power of p within each neighborhood."""
    if p is not None:
        found = balls(sample.rows, points, k, sample.weights, own=False)
        content = log_content(p, points[:, 0], found, log_rows, log_p)
        return found, log_p - (found.log_mass - content)
    found = balls(sample.rows @ sample.axes, points @ sample.axes, k, sample.weights, own=False)
    volume = log_volume(found.radius, points.shape[1]) - float(np.linalg.slogdet(sample.axes)[1])
    return found, log_p - (found.log_mass - volume)


def _beyond(sample: _Sample, points: Floats, stderr: float) -> tuple[str, ...]:
    """Whether more of p lies beyond the rows than a law that is theirs would put there."""
    rows = sample.rows
    if rows.shape[1] == 1:
        outside = (points < rows.min()) | (points > rows.max())
    else:
        here, there = (((values - rows.mean(axis=0)) @ sample.axes) ** 2 for values in (points, rows))
        outside = here.sum(axis=1) > there.sum(axis=1).max()
    share = float(outside.mean())
    if share <= max(_OUTSIDE / sample.size, _OF_ERROR * stderr):
        return ()
    return (f"{percent(share)} of p lies beyond all rows of y: how thin q is there is only guessed",)


def _lonely(found: Balls, rows: int) -> tuple[str, ...]:
    """Whether few rows stand for all: draws of p where q has hardly a row."""
    counts = np.bincount(found.places.ravel(), minlength=rows).astype(np.float64)
    lean = counts.sum() ** 2 / (counts**2).sum()
    if lean >= _LEAST_ROWS:
        return ()
    return (f"draws of p have only {lean:.0f} rows of y near them, in effect: q is hardly known where p has its mass",)


@dataclass(frozen=True)
class _Bias:
    """What neighborhoods get wrong under a known pair.

    Attributes:
        size: In nats.
        noise: Its variance.
        spread: Variance of the figure where p itself is the known pair, else 0.
        notes: Which pair.
        doubts: Why none could be found.
    """

    size: float = 0.0
    noise: float = 0.0
    spread: float = 0.0
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def _bias(p: OpenLaw, sample: _Sample, points: Floats, log_rows: Floats, k: int, rng: np.random.Generator) -> _Bias:
    """Under two samples of p where y is likelier under p than under a normal law, else under two normal laws."""
    runs = int(min(max(_RUN_ROWS // sample.size, _FEWEST_RUNS), _MOST_RUNS))
    known = float(even_shares(len(sample.rows), sample.weights) @ log_rows)
    d = points.shape[1]
    from_p = known >= normal_log_likelihood(sample.matrix) - d * (d + 3) / (4.0 * sample.size)
    if not from_p and _heavy(sample):
        doubt = f"y has heavy tails: in {d} dimensions the bias of neighbors is not known and stays in"
        return _Bias(doubts=(doubt,))
    error = _error_under if from_p else _normal_error
    errors = [error(p, points, sample, k, rng) for _ in range(runs)]
    size, spread = float(np.mean(errors)), float(np.var(errors, ddof=1))
    where = "p" if from_p else "a pair of normal laws"
    note = f"neighbors in whitened coordinates, less their bias of {size:.3g} nats under {where}"
    if from_p:
        return _Bias(size, spread / runs, spread, (note,))
    few = sample.size < _ROWS_EACH * d
    doubt = f"fewer than {_ROWS_EACH} rows of y for each of {d} dimensions: the interval may be too narrow"
    return _Bias(size, spread / runs, 0.0, (note,), (doubt,) if few else ())


def _heavy(sample: _Sample) -> bool:
    columns = (sample.rows - sample.rows.mean(axis=0)) @ sample.axes
    return bool(np.max((columns**4).mean(axis=0)) > _HEAVY)


def _whitened(rows: Floats, weights: Floats | None, units: Floats) -> _Sample:
    matrix = covariance(rows, weights)
    values, vectors = np.linalg.eigh(matrix)
    return _Sample(rows, weights, units, matrix, vectors / np.sqrt(values))


def _error_under(p: OpenLaw, _: Floats, sample: _Sample, k: int, rng: np.random.Generator) -> float:
    """What the same estimate says of two samples of p, where the truth is 0."""
    rows, _ = _draw(p, sample.units, round(sample.size), rng)
    points, log_p = _draw(p, sample.units, _RUN_DRAWS, rng)
    return float(_terms(None, _whitened(rows, None, sample.units), points, log_p, log_p, k)[1].mean())


def _normal_error(_: OpenLaw, points: Floats, sample: _Sample, k: int, rng: np.random.Generator) -> float:
    """The error of the cross-entropy for normal laws with the means and covariances of both sides."""
    d, factor = points.shape[1], np.linalg.cholesky(sample.matrix)
    center = np.average(sample.rows, axis=0, weights=sample.weights)
    rows = center + rng.standard_normal((round(sample.size), d)) @ factor.T
    spread = np.linalg.cholesky(covariance(points, None))
    here = points.mean(axis=0) + rng.standard_normal((_RUN_DRAWS, d)) @ spread.T
    gaps = np.linalg.solve(factor, (here - center).T)
    log_q = -0.5 * (gaps**2).sum(axis=0) - np.log(np.diag(factor)).sum() - 0.5 * d * np.log(2.0 * np.pi)
    return float(_terms(None, _whitened(rows, None, sample.units), here, log_q, log_q, k)[1].mean())
