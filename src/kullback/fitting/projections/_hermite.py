r"""D(q‖p) of a normal law q and its first two derivatives, from values of log p alone.

With x = μ + L z and z standard normal, the derivatives of E log p by μ and L are expectations of log p times Hermite
polynomials of z: no gradient of log p is needed, and nothing is differenced.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
LogProb: TypeAlias = Callable[[Floats], Floats]

_LOG_2PI = float(np.log(2 * np.pi))
_GAUSS = np.polynomial.legendre.leggauss(16)
# Beyond this many standard deviations a normal law has no mass that a float sees, times any power of the distance.
_REACH = 9.5
_MOST_CUTS, _MOST_PANELS = 24, 1_000


@dataclass(frozen=True, eq=False)
class Rule:
    """Nodes of the standard normal law in d dimensions, with the weighted Hermite polynomials up to degree four.

    Attributes:
        nodes: Shape ``(n, d)``.
        weighted: Weight times polynomial, shape ``(n, orders)``.
        column: Sorted coordinates of a derivative to its column.
    """

    nodes: Floats
    weighted: Floats
    column: dict[tuple[int, ...], int]


@dataclass(frozen=True, eq=False)
class Local:
    """D(q‖p) at a batch of normal laws, by the coordinates a and B of the move to μ + L a and L (1 + B).

    Attributes:
        value: Nats, shape ``(m,)``.
        gradient: Shape ``(m, k)``.
        hessian: Shape ``(m, k, k)``.
    """

    value: Floats
    gradient: Floats
    hessian: Floats


def rule(nodes: Floats, weights: Floats, /) -> Rule:
    """A rule from nodes of shape ``(n, d)`` and weights that hold the normal density."""
    d = nodes.shape[1]
    one = np.ones_like(nodes)
    powers = [one, nodes, nodes**2 - 1.0, nodes**3 - 3.0 * nodes, nodes**4 - 6.0 * nodes**2 + 3.0]
    kept = [index for degree in range(5) for index in combinations_with_replacement(range(d), degree)]
    columns = [weights * np.prod([powers[index.count(axis)][:, axis] for axis in range(d)], axis=0) for index in kept]
    return Rule(nodes, np.stack(columns, axis=1), {index: i for i, index in enumerate(kept)})


@lru_cache(maxsize=4)
def cubature(dimension: int, step: float, /) -> Rule:
    """The rule of `grid`."""
    return rule(*grid(dimension, step))


def grid(dimension: int, step: float, /) -> tuple[Floats, Floats]:
    """The trapezoidal rule for the standard normal law, whose error falls faster than any power of the step."""
    reach = _REACH if dimension < 3 else 8.0
    line = np.arange(-np.floor(reach / step), np.floor(reach / step) + 1) * step
    nodes = np.stack([axis.ravel() for axis in np.meshgrid(*[line] * dimension, indexing="ij")], axis=1)
    squares = (nodes**2).sum(axis=1)
    nodes, squares = nodes[squares <= reach**2], squares[squares <= reach**2]
    weights = np.exp(-0.5 * squares)
    return nodes, weights / weights.sum()


def panels(log_prob: LogProb, loc: float, scale: float, marks: Floats, /) -> Rule:
    """Gauss-Legendre panels for one normal law on the line, cut at the marks and where log p is not smooth yet.

    Args:
        log_prob: Of the target.
        loc: Mean of the normal law.
        scale: Its standard deviation.
        marks: Points where log p may have kinks.
    """
    places = (marks - loc) / scale
    edges = np.unique(np.concatenate([np.linspace(-_REACH, _REACH, 39), places[np.abs(places) < _REACH]]))
    low, high = edges[:-1], edges[1:]
    done: list[tuple[Floats, Floats]] = []
    # Far from zero the rounding of x itself is noise that no cut removes.
    smooth = 1e-15 * max(1.0, abs(loc) / scale)
    for _ in range(_MOST_CUTS):
        middle = 0.5 * (low + high)
        whole = _panel_sums(log_prob, loc, scale, low, high)
        halves = _panel_sums(log_prob, loc, scale, low, middle) + _panel_sums(log_prob, loc, scale, middle, high)
        rough = np.any(np.abs(whole - halves) > smooth, axis=0) & (high - low > 1e-9)
        done.append((low[~rough], high[~rough]))
        if not rough.any() or len(low) > _MOST_PANELS:
            done.append((low[rough], high[rough]))
            break
        low, high = (np.concatenate([a[rough], b[rough]]) for a, b in ((low, middle), (middle, high)))
    else:
        done.append((low, high))
    low, high = (np.concatenate(ends) for ends in zip(*done, strict=True))
    nodes, stretch = _spread(low, high)
    order = np.argsort(nodes.ravel())
    nodes, stretch = nodes.ravel()[order], stretch.ravel()[order]
    weights = stretch * np.exp(-0.5 * nodes**2 - 0.5 * _LOG_2PI)
    return rule(nodes[:, None], weights / weights.sum())


def _spread(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    half = 0.5 * (high - low)[:, None]
    return 0.5 * (low + high)[:, None] + half * _GAUSS[0], half * _GAUSS[1]


def _panel_sums(log_prob: LogProb, loc: float, scale: float, low: Floats, high: Floats) -> Floats:
    z, stretch = _spread(low, high)
    mass = stretch * np.exp(-0.5 * z**2 - 0.5 * _LOG_2PI) * log_prob((loc + scale * z).ravel()).reshape(z.shape)
    return np.stack([mass.sum(axis=1), (mass * z**4).sum(axis=1) / 10.0])


def coordinates(dimension: int, *, diagonal: bool) -> list[tuple[int, int]]:
    """The entries of B that move."""
    return [(i, j) for i in range(dimension) for j in range(i + 1) if i == j or not diagonal]


def local(log_prob: LogProb, loc: Floats, factor: Floats, by: Rule, /, *, diagonal: bool = False) -> Local:
    r"""D(q‖p) of normal laws and its derivatives.

    $$ D(q \,\|\, p) = -\tfrac d2 \log 2πe - \log\det L - E \log p(μ + L z) $$

    Args:
        log_prob: Points of shape ``(n, d)``, or ``(n,)`` on the line, to log densities.
        loc: Means, shape ``(m, d)``.
        factor: Lower triangular factors, shape ``(m, d, d)``.
        by: The rule.
        diagonal: Whether only the diagonal of the factors moves.

    References:
        Opper and Archambeau (2009), Neural Computation 21; Stein (1981), Annals of Statistics 9, for the parts.
    """
    count, d = loc.shape
    x = loc[:, None, :] + by.nodes @ np.swapaxes(factor, 1, 2)
    flat = x.reshape(-1, d)
    logs = log_prob(flat[:, 0] if d == 1 else flat).reshape(count, len(by.nodes))
    with np.errstate(all="ignore"):
        means = logs @ by.weighted

    def mean(*index: int) -> Floats:
        return means[:, by.column[tuple(sorted(index))]]

    pairs = coordinates(d, diagonal=diagonal)
    size = d + len(pairs)
    gradient, hessian = np.zeros((count, size)), np.zeros((count, size, size))
    for i in range(d):
        gradient[:, i] = -mean(i)
        for j in range(d):
            hessian[:, i, j] = -mean(i, j)
        for column, (j, k) in enumerate(pairs, start=d):
            hessian[:, i, column] = hessian[:, column, i] = -mean(i, j, k)
    for row, (i, j) in enumerate(pairs, start=d):
        gradient[:, row] = -(i == j) - mean(i, j)
        for column, (k, m) in enumerate(pairs, start=d):
            inner = mean(i, k, j, m) + (mean(i, k) if j == m else 0.0)
            hessian[:, row, column] = -inner + (i == j == k == m)
    log_det = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    return Local(-0.5 * d * (1.0 + _LOG_2PI) - log_det - means[:, 0], gradient, hessian)


def moved(loc: Floats, factor: Floats, step: Floats, /, *, diagonal: bool = False) -> tuple[Floats, Floats]:
    """The laws after a step in the coordinates of `local`; diagonals stay positive."""
    m, d = loc.shape
    turn = np.zeros((m, d, d))
    for column, (i, j) in enumerate(coordinates(d, diagonal=diagonal), start=d):
        turn[:, i, j] = np.exp(step[:, column]) if i == j else step[:, column]
    return loc + np.einsum("mij,mj->mi", factor, step[:, :d]), factor @ turn
