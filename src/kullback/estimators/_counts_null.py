"""The law of the estimate of Zhang and Grabchak where nothing changed, at any sparsity."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback.estimators._points import Floats
from kullback.estimators._tally import Tally

# From this standard deviation on a binomial count is as good as normal, and a few nodes do for all its values.
_NORMAL_FROM, _NODES = 6.0, 41
# So far on either side of its mean a binomial count of smaller spread is looked at.
_REACH, _MARGIN = 9.0, 12.0
# A fit to chi-squared with more degrees of freedom is a fit to the normal law, which the routines do faster.
_LEAST_DEGREES, _MOST_DEGREES = 0.5, 1e4
# A sum over rows that varies less than this does not vary but for rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class NullLaw:
    """The law at p = q given the pooled counts: a chi-squared variable less its degrees of freedom, times a unit.

    Attributes:
        mean: In nats; zero to first order, less so where few rows meet many.
        variance: In square nats; 0 where every outcome gives the same figure.
        degrees: Degrees of freedom whose skewness agrees; categories − 1 where all are well filled.
    """

    mean: float
    variance: float
    degrees: float

    @property
    def effective(self) -> float:
        """Effective size: twice it times the figure is the chi-squared variable less its degrees of freedom."""
        return math.sqrt(self.degrees / (2.0 * self.variance))


@dataclass(frozen=True, eq=False)
class _Outcomes:
    """Every count that x may have of a category of given pooled count.

    Attributes:
        cell: Which category, numbered by pooled count.
        rows: Rows of x.
        rest: Rows of y.
        chance: Its chance, adding up to 1 for each category.
    """

    cell: NDArray[np.intp]
    rows: Floats
    rest: Floats
    chance: Floats

    def mean(self, values: Floats) -> Floats:
        """Expectation for each category."""
        return np.bincount(self.cell, self.chance * values).astype(np.float64)


def null_law(tally: Tally, /) -> NullLaw:
    """The law at p = q, by the moments of binomial counts given that those of x add up to n.

    Given the pooled count of a category, x has a binomial share of it. That the shares of all categories together make
    n is an Edgeworth correction to second order: it takes away what is linear in them, and about one degree of freedom.
    Simulated mean, variance and skewness are met to a few percent, from 2 to 1,000 categories and 20 rows on.

    Args:
        tally: Counts of which each category was seen in one sample at least.

    Returns:
        Mean, variance and degrees of freedom.

    References:
        Holst (1972), Biometrika 59, for the law of a sum over the categories of a multinomial sample given its size.
    """
    n, m = tally.sizes
    pooled, times = np.unique(np.maximum(np.rint(tally.p + tally.q), 1.0), return_counts=True)
    outcomes = _outcomes(pooled, n / (n + m))
    values = outcomes.rows * (special.digamma(np.maximum(outcomes.rows, 1.0)) - special.digamma(outcomes.rest + 1.0))
    expected, expected_rows = outcomes.mean(values), outcomes.mean(outcomes.rows)
    off, rows_off = values - expected[outcomes.cell], outcomes.rows - expected_rows[outcomes.cell]
    spread = float(times @ outcomes.mean(rows_off**2))
    left = off - float(times @ outcomes.mean(off * rows_off)) / spread * rows_off

    def total(*factors: Floats) -> float:
        return float(times @ outcomes.mean(math.prod(factors, start=np.ones_like(left))))

    free, third, both = total(left, left), total(left, left, left), total(left, rows_off, rows_off)
    # What is linear in the rows is gone; that their sum is given also takes about one degree of freedom.
    pairs = times @ (outcomes.mean(left**2) * outcomes.mean(rows_off**2) + 2 * outcomes.mean(left * rows_off) ** 2)
    fourth = total(left, left, rows_off, rows_off) - float(pairs)
    variance = max(free - fourth / (2 * spread) + both**2 / (2 * spread**2), free * (1 - 1 / len(tally.p)))
    variance = variance if variance > _ROUNDING else 0.0
    shift = float(special.digamma(m + 1.0) - special.digamma(max(n, 1.0)))
    mean = (float(times @ expected) - both / (2 * spread)) / n + shift
    return NullLaw(mean, variance / n**2, _degrees(variance, third * variance / max(free, _ROUNDING), len(tally.p)))


def _degrees(variance: float, third: float, categories: int) -> float:
    if third <= 0 or variance <= 0:
        return float(max(1, categories - 1))
    return min(max(8.0 * variance**3 / third**2, _LEAST_DEGREES), _MOST_DEGREES)


def _outcomes(pooled: Floats, share: float) -> _Outcomes:
    center, spread = pooled * share, np.sqrt(pooled * share * (1.0 - share))
    exact = spread < _NORMAL_FROM
    low = np.maximum(np.floor(center - _REACH * spread - _MARGIN), 0.0)
    high = np.minimum(np.ceil(center + _REACH * spread + _MARGIN), pooled)
    ranges = [np.arange(low[cell], high[cell] + 1.0) for cell in np.flatnonzero(exact)]
    nodes, weights = _normal_nodes()
    normal = np.clip(center[~exact, None] + spread[~exact, None] * nodes, 0.0, pooled[~exact, None])
    rows = np.concatenate([*ranges, normal.ravel()])
    sizes = np.where(exact, high - low + 1.0, _NODES).astype(np.intp)
    order = np.concatenate([np.flatnonzero(exact), np.flatnonzero(~exact)])
    cell = np.repeat(order, sizes[order])
    total = pooled[cell]
    log_chance = -special.betaln(rows + 1.0, total - rows + 1.0) - np.log1p(total)
    log_chance += rows * math.log(share) + (total - rows) * math.log1p(-share)
    chance = np.exp(log_chance)
    chance[len(chance) - normal.size :] = np.tile(weights, len(normal))
    chance /= np.bincount(cell, chance)[cell]
    return _Outcomes(cell, rows, total - rows, chance)


@lru_cache(maxsize=1)
def _normal_nodes() -> tuple[Floats, Floats]:
    return np.polynomial.hermite_e.hermegauss(_NODES)
