"""The exact law of G for small samples: every table, or every type, that chance could have dealt."""

import math

import numpy as np
from scipy import special

from kullback.decisions.hypotheses._outcomes import Floats
from kullback.inference._independence import half_g

MOST_TABLES = 200_000
"""More tables than this are not listed."""
# Tables that tie up to rounding exceed.
_SLACK = 1e-9


def exact_two_sample(p: Floats, q: Floats, /) -> float | None:
    """Chance of a G as large or larger with the same totals of rows and cells; None where there are too many tables.

    Args:
        p: Whole counts of shape ``(cells,)``.
        q: Whole counts of the same shape.

    References:
        Freeman and Halton (1951), Biometrika 38, for the law of the tables; here ordered by G.
    """
    pooled = p + q
    p, pooled = p[pooled > 0], pooled[pooled > 0]
    if len(p) < 2:
        return 1.0
    side = p.sum()
    after = np.append(np.cumsum(pooled[::-1])[::-1][1:], 0.0)
    if _tables(pooled, side) > MOST_TABLES:
        return None
    # One row for each table so far: rows of the first side still to be dealt, and the log chance.
    left, tables = np.array([side]), np.zeros((1, 0))
    log_chance = np.zeros(1)
    for cell, rest in zip(pooled, after, strict=True):
        low, high = np.maximum(0.0, left - rest), np.minimum(left, cell)
        sizes = (high - low + 1).astype(np.int64)
        parent = np.repeat(np.arange(len(left)), sizes)
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        dealt = low[parent] + np.arange(len(parent)) - first[parent]
        left, tables = left[parent] - dealt, np.column_stack([tables[parent], dealt])
        log_chance = log_chance[parent] + _log_choose(cell, dealt)
    log_chance -= np.logaddexp.reduce(log_chance)
    statistic = half_g(tables, pooled)
    observed = half_g(p, pooled)
    return min(1.0, float(np.exp(log_chance[statistic >= observed - _SLACK * max(1.0, float(observed))]).sum()))


def _tables(pooled: Floats, side: float) -> float:
    """How many tables have these totals: the largest cell takes what the others leave."""
    *others, largest = np.sort(pooled)
    if np.log(np.array(others) + 1).sum() > math.log(10.0 * MOST_TABLES):
        return math.inf
    ways = np.ones(1)
    for cell in others:
        ways = np.convolve(ways, np.ones(int(cell) + 1))
    taken = np.arange(len(ways))
    return float(ways[(taken <= side) & (taken >= side - largest)].sum())


def _log_choose(total: float, chosen: Floats) -> Floats:
    return np.asarray(special.gammaln(total + 1) - special.gammaln(chosen + 1) - special.gammaln(total - chosen + 1))


def all_types(n: int, cells: int, /) -> Floats | None:
    """Every way to put n rows into cells, shape ``(types, cells)``; None where there are too many."""
    if math.comb(n + cells - 1, cells - 1) > MOST_TABLES:
        return None
    left, types = np.array([n]), np.zeros((1, 0))
    for _ in range(cells - 1):
        sizes = left + 1
        parent = np.repeat(np.arange(len(left)), sizes)
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        dealt = np.arange(len(parent)) - first[parent]
        left, types = left[parent] - dealt, np.column_stack([types[parent], dealt])
    return np.column_stack([types, left])


def log_multinomial(types: Floats, shares: Floats, /) -> Floats:
    """Log chance of each type."""
    n = float(types[0].sum())
    terms = special.xlogy(types, shares) - special.gammaln(types + 1)
    return np.asarray(special.gammaln(n + 1) + terms.sum(axis=1))
