"""A sample against a density: neighbors of the rows, and the bias of neighborhoods taken away."""

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy import special

from kullback.estimators._law_records import OpenLaw, take
from kullback.estimators._laws import log_density_at
from kullback.estimators._neighbor_density import Balls, balls, effect, even_shares, line_noise, log_content, log_volume
from kullback.estimators._points import Floats, effective_size

_LOG_NORMAL = 0.5 * math.log(2.0 * math.pi * math.e)  # entropy of a standard normal law
_RUN_ROWS = 20_000  # rows that are drawn in all to learn a bias, within the numbers of runs below
_FEWEST_RUNS, _MOST_RUNS = 4, 32
_NOISE_RUNS, _NOISE_ROWS = 64, 200
_CLEARLY, _SIGMAS = 1.0, 3.0  # how much better than q another law must be, in nats, or in what q itself shows
_STRUCTURE = 0.5  # nats that no model explains, from which the bias of neighbors cannot be known


@dataclass(frozen=True, eq=False)
class NeighborFigure:
    """A divergence by neighbors.

    Attributes:
        value: Less its bias where that is known.
        stderr: Its standard error.
        terms: Log ratio at every row, before the bias is taken away.
        notes: How it was found.
        doubts: Why it should not be trusted.
    """

    value: float
    stderr: float
    terms: Floats
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def on_the_line(q: OpenLaw, x: Floats, log_q: Floats, weights: Floats | None, k: int, /) -> NeighborFigure:
    """One column: the density runs like a power of q within each neighborhood, so equal laws give no bias at all.

    Args:
        q: The law.
        x: Rows of shape ``(n, 1)``, no two alike.
        log_q: Its log density there, finite.
        weights: Of the rows.
        k: Neighbors.
    """
    found = balls(x, x, k, weights, own=True)
    terms = found.log_mass - log_content(q, x[:, 0], found, log_q, log_q) - log_q
    size, shares = effective_size(len(x), weights), even_shares(len(x), weights)
    value = float(shares @ terms)
    variance = float(np.sum((shares * (terms - value) + effect(found, shares, weights, len(x))) ** 2))
    truth, guess = line_noise(k)
    return NeighborFigure(value, (max(variance - (guess - truth) / size, truth / size)) ** 0.5, terms)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Frame:
    """Coordinates in which neighbors are sought.

    Attributes:
        scores: Whether each coordinate is replaced by its normal scores; their own densities are found one by one.
        axes: Columns of the directions, of shape ``(d, d)``, unit ones where `scores`, else with unit variances.
        log_likelihood: Of the rows, on average, under the normal law of these coordinates.
        flattery: How much too high that may be, for the law was fitted to these rows.
    """

    scores: bool
    axes: Floats
    log_likelihood: float = 0.0
    flattery: float = 0.0


def in_space(
    q: OpenLaw, x: Floats, log_q: Floats, weights: Floats | None, k: int, rng: np.random.Generator, /
) -> NeighborFigure:
    """Several columns: neighbors in the coordinates that suit the rows, less the bias that they have under a known law.

    The known law is q where the rows are likelier under it than under any normal law of the coordinates, or no farther
    from it than draws of its own are; else normal.

    Args:
        q: The law.
        x: Rows of shape ``(n, d)``, no two alike.
        log_q: Its log density there, finite.
        weights: Of the rows.
        k: Neighbors.
        rng: For draws from q.
    """
    n, d = x.shape
    size = effective_size(n, weights)
    units = np.ptp(x, axis=0)
    x, log_q = x / units, log_q + float(np.log(units).sum())
    frame = _frame(x, weights, k)
    density, neighborly = _log_density(x, weights, frame, k)
    terms = density - log_q
    shares = even_shares(n, weights)
    mean_q = float(shares @ log_q)
    raw = float(shares @ terms)
    runs = int(min(max(_RUN_ROWS // size, _FEWEST_RUNS), _MOST_RUNS))
    better = frame.log_likelihood - frame.flattery - mean_q
    errors, from_q = np.empty(0), False
    if q.draw is not None and better < _CLEARLY:
        errors = _errors_under(q, frame, units, (round(size), k, runs), rng)
        from_q = better <= 0 or abs(raw - float(errors.mean())) <= _SIGMAS * float(errors.std(ddof=1))
    if not from_q:
        errors = _normal_errors(round(size), d, k, runs)
    bias, noise = float(errors.mean()), float(errors.var(ddof=1)) / runs
    direct = shares * (terms - float(shares @ terms))
    truth, guess = _space_noise(d, k, frame.scores)
    variance = float(np.sum((direct + neighborly) ** 2))
    variance = max(variance - (guess - truth) / size, truth / size, runs * noise if from_q else 0.0) + noise
    unexplained = float(shares @ density) - bias - max(frame.log_likelihood, mean_q)
    return NeighborFigure(
        value=raw - bias,
        stderr=variance**0.5,
        terms=terms,
        notes=(_how(frame, bias, from_q=from_q),),
        doubts=_structure(d, unexplained, from_q=from_q),
    )


def _how(frame: _Frame, bias: float, *, from_q: bool) -> str:
    where = "q" if from_q else "a normal law"
    scores = " of normal scores" if frame.scores else ""
    return f"neighbors{scores} in whitened coordinates, less their bias of {bias:.3g} nats under {where}"


def _structure(d: int, unexplained: float, *, from_q: bool) -> tuple[str, ...]:
    if from_q or d < 3 or unexplained < _STRUCTURE:
        return ()
    reason = (
        f"the rows have structure ({unexplained:.2g} nats) that neither q nor a normal law with their margins has: in "
        f"{d} dimensions the bias of neighbors may exceed the interval"
    )
    return (reason,)


def covariance(x: Floats, weights: Floats | None, /) -> Floats:
    """Covariance matrix of rows, of shape ``(d, d)``."""
    return np.atleast_2d(np.cov(x, rowvar=False, aweights=weights))


def normal_log_likelihood(matrix: Floats, /) -> float:
    """Of rows with that covariance, on average, under the normal law with it."""
    return float(-0.5 * np.linalg.slogdet(matrix)[1] - len(matrix) * _LOG_NORMAL)


def _whitening(matrix: Floats) -> _Frame:
    values, vectors = np.linalg.eigh(matrix)
    return _Frame(scores=False, axes=vectors / np.sqrt(values), log_likelihood=normal_log_likelihood(matrix))


def _frame(x: Floats, weights: Floats | None, k: int) -> _Frame:
    """Whitened as they are; or normal scores of the columns or of the principal axes, where they clearly fit better."""
    d = x.shape[1]
    matrix = covariance(x, weights)
    size = effective_size(len(x), weights)
    best = replace(_whitening(matrix), flattery=d * (d + 3) / (4.0 * size))
    shares = even_shares(len(x), weights)
    margin = 2.5 * (line_noise(k)[0] * d / size) ** 0.5
    plain = best.log_likelihood
    for axes in (np.eye(d), np.linalg.eigh(matrix)[1]):
        columns = x @ axes
        own = sum(float(shares @ _column_density(column, weights, k)[0]) for column in columns.T)
        correlation = np.corrcoef(_scores(columns, weights), rowvar=False)
        found = own - 0.5 * float(np.linalg.slogdet(correlation)[1])
        if found > max(best.log_likelihood, plain + margin):
            best = _Frame(scores=True, axes=axes, log_likelihood=found, flattery=margin)
    return best


def _scores(columns: Floats, weights: Floats | None) -> Floats:
    """Every column by its ranks as a standard normal one."""
    order = np.argsort(columns, axis=0, kind="stable")
    sorted_shares = even_shares(len(columns), weights)[order]
    middle = np.cumsum(sorted_shares, axis=0) - 0.5 * sorted_shares
    ranks = np.empty_like(columns)
    np.put_along_axis(ranks, order, middle, axis=0)
    return np.asarray(special.ndtri(ranks))


def _column_density(column: Floats, weights: Floats | None, k: int) -> tuple[Floats, Balls]:
    found = balls(column[:, None], column[:, None], k, weights, own=True)
    return found.log_mass - log_volume(found.radius, 1), found


def _log_density(x: Floats, weights: Floats | None, frame: _Frame, k: int) -> tuple[Floats, Floats]:
    """Log density at the rows, and what each row adds to its mean by being a neighbor of others."""
    n, d = x.shape
    columns = x @ frame.axes
    density, neighborly, shares = np.zeros(n), np.zeros(n), even_shares(n, weights)
    if frame.scores:
        scores = _scores(columns, weights)
        for column, score in zip(columns.T, scores.T, strict=True):
            own, found = _column_density(column, weights, k)
            density += own + 0.5 * score**2 + 0.5 * np.log(2.0 * np.pi)
            neighborly += effect(found, shares, weights, n)
        axes = _whitening(covariance(scores, weights)).axes
        columns = scores @ axes
    else:
        axes = frame.axes
    found = balls(columns, columns, k, weights, own=True)
    density += found.log_mass - log_volume(found.radius, d) + float(np.linalg.slogdet(axes)[1])
    return density, neighborly + effect(found, shares, weights, n)


def _errors_under(
    q: OpenLaw, frame: _Frame, units: Floats, sizes: tuple[int, int, int], rng: np.random.Generator
) -> Floats:
    """What the same estimate says of draws from q, where the truth is 0; sizes are those of rows, neighbors, runs."""
    n, k, runs = sizes
    errors = []
    for _ in range(runs):
        points = take(q, n, rng)
        log_q = log_density_at(q, points)
        usable = np.isfinite(log_q)
        rows, log_q = columns_of(q, points)[usable] / units, log_q[usable] + float(np.log(units).sum())
        errors.append(float(np.mean(_log_density(rows, None, _own_axes(rows, frame), k)[0] - log_q)))
    return np.array(errors)


def columns_of(law: OpenLaw, points: Floats, /) -> Floats:
    """Outcomes as rows whose columns vary freely: the last share of a simplex follows from the others."""
    rows = points.reshape(len(points), -1)
    return rows[:, :-1] if law.space == "simplex" else rows


def _own_axes(rows: Floats, frame: _Frame) -> _Frame:
    return frame if frame.scores else _whitening(covariance(rows, None))


@cache
def _normal_errors(n: int, d: int, k: int, runs: int) -> Floats:
    """The same of draws from a normal law: whitened rows do not show which one."""
    rng = np.random.default_rng(1)
    return np.array([_normal_error(rng, n, d, k, scores=False)[0] for _ in range(runs)])


def _normal_error(rng: np.random.Generator, n: int, d: int, k: int, *, scores: bool) -> tuple[float, float]:
    x = rng.standard_normal((n, d))
    frame = _own_axes(x, _Frame(scores=scores, axes=np.eye(d)))
    density, neighborly = _log_density(x, None, frame, k)
    terms = density + 0.5 * (x**2).sum(axis=1) + 0.5 * d * np.log(2.0 * np.pi)
    return float(terms.mean()), float(np.sum(((terms - terms.mean()) / n + neighborly) ** 2))


@cache
def _space_noise(d: int, k: int, scores: bool) -> tuple[float, float]:  # noqa: FBT001 - a key of the cache
    """As `line_noise`, in more dimensions."""
    rng = np.random.default_rng(2)
    rows = max(_NOISE_ROWS, 4 * d)
    found = np.array([_normal_error(rng, rows, d, k, scores=scores) for _ in range(_NOISE_RUNS)])
    return float(found[:, 0].var(ddof=1)) * rows, float(found[:, 1].mean()) * rows
