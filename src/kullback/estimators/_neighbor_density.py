"""Log densities at points from their neighbors, and what the loss of one row would change."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

from kullback.estimators._law_records import OpenLaw, ask
from kullback.estimators._nearest import Places, nearest
from kullback.estimators._points import Floats, effective_size

_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(8)
_FAR = -50.0  # a neighbor where the guide is less likely than this, relative to the center, says only "far"
_TINY = float(np.finfo(np.float64).tiny)
_LINE_RUNS, _LINE_ROWS = 200, 200


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
    course = ask(guide, nodes.ravel()).reshape(nodes.shape) - log_points[:, None]
    course = np.where(np.isfinite(course), course, -np.inf)
    inner = np.maximum(log_rows[found.places[:, :-1]] - log_points[:, None], _FAR)
    tilted = _tilt(course, inner) * np.where(course > -np.inf, course, 0.0)
    tilted = np.where(course > -np.inf, tilted, -np.inf)
    return np.asarray(np.log(0.5 * (high - low)) + special.logsumexp(tilted, b=_NODE_WEIGHTS, axis=1))


def _tilt(course: Floats, inner: Floats) -> float:
    """The power of the guide that makes the neighbors likeliest, by Newton's method; near 1 where they say nothing."""
    power = 1.0
    if inner.shape[1] == 0:
        return power
    calm = np.where(course > -np.inf, course, 0.0)
    alive = _NODE_WEIGHTS * (course > -np.inf)
    for _ in range(30):
        exponent = power * calm
        shares = alive * np.exp(exponent - exponent.max(axis=1, keepdims=True))
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), _TINY)
        mean = (shares * calm).sum(axis=1)
        spread = (shares * calm**2).sum(axis=1) - mean**2
        slope = float(inner.sum() - inner.shape[1] * mean.sum()) - (power - 1.0)
        step = slope / (inner.shape[1] * float(np.maximum(spread, 0.0).sum()) + 1.0)
        power = min(max(power + step, -1.0), 3.0)
        if abs(step) < 1e-6:
            break
    return power


def influence(terms: Floats, found: Balls, weights: Floats | None, /, *, own: bool, rows: int) -> Floats:
    """What every row adds to the mean of terms, by taking it away: its own term, and those of its neighbors.

    Args:
        terms: At the queries; they rise with the log mass of their neighborhoods.
        found: The neighborhoods.
        weights: Of the rows.
        own: Whether the queries are the rows.
        rows: How many.

    Returns:
        Array of shape ``(rows,)``, adding up to 0: the square of its norm is the variance of the mean.
    """
    shares = np.full(len(terms), 1.0 / len(terms)) if weights is None or not own else weights
    lost = np.bincount(found.places.ravel(), weights=(shares[:, None] * found.change).ravel(), minlength=rows)
    even = np.full(rows, 1.0 / rows) if weights is None else weights
    lost = lost - even * lost.sum()
    size = effective_size(rows, weights)
    direct = shares * (terms - float(shares @ terms)) if own else 0.0
    return np.asarray((direct + lost) * np.sqrt(size / (size - 1.0)))


@cache
def line_noise(k: int) -> tuple[float, float]:
    """Neighbors on the line under equal laws: variance of the mean times n, and what the jackknife takes it for.

    It takes out one row at a time and so counts the chance of neighborhoods too high; by how much depends on k alone.
    """
    rng = np.random.default_rng(0)
    means, guesses = [], []
    for _ in range(_LINE_RUNS):
        x = rng.random((_LINE_ROWS, 1))
        found = balls(x, x, k, None, own=True)
        low, high = np.maximum(x[:, 0] - found.radius, 0.0), np.minimum(x[:, 0] + found.radius, 1.0)
        terms = found.log_mass - np.log(high - low)
        means.append(float(terms.mean()))
        guesses.append(float(np.sum(influence(terms, found, None, own=True, rows=len(x)) ** 2)))
    return float(np.var(means)) * _LINE_ROWS, float(np.mean(guesses)) * _LINE_ROWS
