"""Log densities at points from their neighbors, and what the loss of one row would change."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

from kullback.estimators._law_records import OpenLaw, ask
from kullback.estimators._nearest import Places, nearest
from kullback.estimators._points import Floats, effective_size

_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(8)
_FAR = -700.0  # the smallest exponent
_POWERS, _STEPS = (-1.0, 5.0), 20
_ENOUGH = 20_000  # neighborhoods that say the power well enough
_TINY = float(np.finfo(np.float64).tiny)
_LINE_RUNS, _LINE_ROWS, _LINE_POINTS = 200, 200, 2_000


@dataclass(frozen=True, eq=False)
class Balls:
    """The neighborhoods of points among rows.

    Attributes:
        radius: Distance to the k-th neighbor.
        places: The k neighbors among the rows, nearest first.
        log_mass: Mean of the logarithm of the mass that such a ball holds.
        change: How much log mass less log volume falls if one of its neighbors goes, of shape ``(n, k)``.
    """

    radius: Floats
    places: Places
    log_mass: Floats
    change: Floats


def balls(rows: Floats, queries: Floats, k: int, weights: Floats | None, /, *, own: bool) -> Balls:
    """Neighborhoods of queries among rows, in which the mass is known by count.

    Args:
        rows: Array of shape ``(m, d)``.
        queries: Array of shape ``(n, d)``.
        k: Neighbors.
        weights: Of the rows, adding up to 1; None where they weigh the same.
        own: Whether the queries are the rows.
    """
    distances, places = nearest(rows, queries, k + 1, own=own)
    distances = np.maximum(distances, _TINY)
    size = effective_size(len(rows), weights)
    steps = rows.shape[1] * np.log(distances[:, k] / distances[:, k - 1])
    # The mass of the ball to the k-th of N other points is Beta(k, N + 1 - k).
    others = size if own else size + 1.0
    if weights is None:
        mass = np.full(len(queries), special.digamma(k) - special.digamma(others))
        change = np.repeat(steps[:, None], k, axis=1)
    else:
        inside = weights[places]
        total = inside[:, :k].sum(axis=1)
        count = total**2 / (inside[:, :k] ** 2).sum(axis=1)
        share = np.log(total / (1.0 - weights)) if own else np.log(total)
        mass = share + special.digamma(count) - np.log(count) - special.digamma(others) + np.log(others - 1.0)
        left = total[:, None] - inside[:, :k] + inside[:, k:]
        change = steps[:, None] + np.log(total[:, None] / left)
    return Balls(distances[:, k - 1], places[:, :k], mass, change)


def log_volume(radius: Floats, dimensions: int, /) -> Floats:
    """Logarithm of the volume of balls."""
    unit = 0.5 * dimensions * np.log(np.pi) - special.gammaln(0.5 * dimensions + 1.0)
    return np.asarray(unit + dimensions * np.log(radius))


def log_content(guide: OpenLaw, points: Floats, found: Balls, log_rows: Floats, log_points: Floats) -> Floats:
    """Logarithm of the volume of intervals in which the density runs like a power of a guide's, as its neighbors say.

    Args:
        guide: A law on the line.
        points: Centers, of shape ``(n,)``.
        found: Their neighborhoods.
        log_rows: Log density of the guide at the rows.
        log_points: The same at the centers, finite.

    Returns:
        What a density of 1 at the center would hold. With the power 0 it is the plain volume; with 1 it is exact for
        rows that come from the guide, ends of the support included.
    """
    low, high = (np.clip(points + sign * found.radius, guide.low, guide.high) for sign in (-1.0, 1.0))
    nodes = low[:, None] + (high - low)[:, None] * (0.5 + 0.5 * _NODES)
    course = np.maximum(ask(guide, nodes.ravel()).reshape(nodes.shape) - log_points[:, None], _FAR)
    inner = np.maximum(log_rows[found.places[:, :-1]] - log_points[:, None], _FAR)
    some = slice(None, None, max(1, len(points) // _ENOUGH))
    power = _power(course[some], inner[some])
    return np.asarray(np.log(0.5 * (high - low)) + special.logsumexp(power * course, b=_NODE_WEIGHTS, axis=1))


def _power(course: Floats, inner: Floats) -> float:
    """The power of the guide that makes the neighbors likeliest, by bisection; near 1 where they say nothing."""
    low, high = _POWERS
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if _slope(middle, course, inner) + (1.0 - middle) > 0:
            low = middle
        else:
            high = middle
    return low


def _slope(power: float, course: Floats, inner: Floats) -> float:
    """Of the log likelihood of all neighbors in the power; it falls."""
    exponent = power * course
    shares = _NODE_WEIGHTS * np.exp(exponent - exponent.max(axis=1, keepdims=True))
    mean = (shares * course).sum(axis=1) / shares.sum(axis=1)
    return float(inner.sum() - inner.shape[1] * mean.sum())


def even_shares(size: int, weights: Floats | None, /) -> Floats:
    """Weights that add up to 1, equal ones where none are given."""
    return np.full(size, 1.0 / size) if weights is None else weights


def effect(found: Balls, shares: Floats, weights: Floats | None, rows: int, /) -> Floats:
    """What every row adds to a mean of log densities by being a neighbor, found by taking it away.

    Args:
        found: The neighborhoods of the points of which the mean is taken.
        shares: Of these points in the mean, adding up to 1.
        weights: Of the rows.
        rows: How many.

    Returns:
        Array of shape ``(rows,)``, adding up to 0: the square of its norm is the variance of the mean.
    """
    lost = np.bincount(found.places.ravel(), weights=(shares[:, None] * found.change).ravel(), minlength=rows)
    size = effective_size(rows, weights)
    return np.asarray((lost - even_shares(rows, weights) * lost.sum()) * np.sqrt(size / (size - 1.0)))


@cache
def line_noise(k: int) -> tuple[float, float]:
    """Neighbors on the line under equal laws: variance of the mean times n, and what the jackknife takes it for.

    It takes out one row at a time and so counts the chance of neighborhoods too high; by how much depends on k alone.
    """
    return _noise(k, own=True)


@cache
def cross_noise(k: int) -> tuple[float, float]:
    """The same for many points among rows."""
    return _noise(k, own=False)


def _noise(k: int, *, own: bool) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    means, guesses = [], []
    for _ in range(_LINE_RUNS):
        rows = rng.random((_LINE_ROWS, 1))
        points = rows if own else (np.arange(_LINE_POINTS)[:, None] + 0.5) / _LINE_POINTS
        found = balls(rows, points, k, None, own=own)
        low, high = np.maximum(points[:, 0] - found.radius, 0.0), np.minimum(points[:, 0] + found.radius, 1.0)
        terms = found.log_mass - np.log(high - low)
        means.append(float(terms.mean()))
        whole = effect(found, even_shares(len(points), None), None, len(rows))
        guesses.append(float(np.sum(((terms - terms.mean()) / len(rows) + whole if own else whole) ** 2)))
    return float(np.var(means)) * _LINE_ROWS, float(np.mean(guesses)) * _LINE_ROWS
