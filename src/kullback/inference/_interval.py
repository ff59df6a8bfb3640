"""The debiased divergence of two rows of counts, its interval, and what follows from it."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from kullback._core import phi
from kullback.inference._counts import Counts

# Beyond this noncentrality (and beyond a thousand times the degrees of freedom) the chi-squared routines lose speed and
# then digits; a square-root normal law is exact there to more digits than any interval needs.
_LARGE = 1e4


@dataclass(frozen=True, eq=False)
class DivergenceInterval:
    """Debiased divergence in nats with everything that its interval and its tests are made of.

    Attributes:
        debiased: Plug-in of the counts with ½ added to every cell, less its bias; may be slightly negative.
        degrees: Degrees of freedom, cells − 1.
        effective: Effective size n·m / (n + m).
        scale: Factor between the spread of the plug-in and that of the noncentral chi-squared law.
    """

    debiased: float
    degrees: int
    effective: float
    scale: float

    @property
    def _statistic(self) -> float:
        return max(0.0, 2.0 * self.effective * self.debiased / self.scale + self.degrees)

    def _to_nats(self, noncentrality: float) -> float:
        return self.scale * noncentrality / (2.0 * self.effective)

    def bounds(self, confidence: float) -> tuple[float, float]:
        """Interval in nats: the divergences under which the figure would be neither too large nor too small."""
        if self.degrees == 0:
            # One cell says nothing.
            return 0.0, math.inf
        tail = (1.0 - confidence) / 2.0
        # Below its median at D = 0 the statistic says nothing more about how small D is: without this floor the upper
        # bound would fall to zero for figures that are small by luck.
        floor = float(special.chdtri(self.degrees, 0.5))
        low = _noncentrality(self._statistic, self.degrees, 1.0 - tail)
        high = _noncentrality(max(self._statistic, floor), self.degrees, tail)
        return self._to_nats(low), self._to_nats(high)

    def p_value(self, margin: float) -> float:
        """Chance of a figure this large or larger if the divergence were `margin` nats."""
        if self.degrees == 0:
            return 1.0
        noncentrality = 2.0 * self.effective * margin / self.scale
        return _tail(self._statistic, self.degrees, noncentrality)

    def detectable(self, margin: float, *, alpha: float, power: float = 0.8) -> float:
        """Smallest divergence in nats that `p_value(margin) <= alpha` would find with chance `power`."""
        if self.degrees == 0:
            return math.inf
        degrees = self.degrees
        null = 2.0 * self.effective * margin / self.scale
        critical = _quantile(degrees, null, 1.0 - alpha)
        return self._to_nats(_noncentrality(critical, degrees, 1.0 - power))


def divergence_interval(p: Counts, q: Counts, /) -> DivergenceInterval:
    r"""Debiased D(p‖q) of two rows of counts, with an interval by inversion of a scaled noncentral chi-squared law.

    With ½ added to every cell (so that no cell is empty) the plug-in has the bias
    $(K - 1) / 2m + (\sum_i p_i^2 / q_i \cdot 1/p_i - 1) / 2n$ and the variance
    $\mathrm{Var}_p(\log p/q) / m + \mathrm{Var}_q(p/q) / n$. Twice the effective size times the plug-in follows the
    noncentral chi-squared law with K − 1 degrees of freedom near D = 0, and a multiple of it further out; the multiple
    is the one whose variance agrees.

    Args:
        p: Counts of shape ``(cells,)`` of m rows.
        q: Counts of the same shape of n rows.

    Returns:
        The debiased figure, from which bounds and p-values at any level follow.

    References:
        Miller (1955) for the bias; Kullback (1959), Information Theory and Statistics, chapter 6, for the law.
    """
    cells = len(p)
    size_p, size_q = float(p.sum()), float(q.sum())
    share_p = (p + 0.5) / (size_p + 0.5 * cells)
    share_q = (q + 0.5) / (size_q + 0.5 * cells)
    ratio = share_p / share_q
    raw = math.fsum(share_p * phi((share_q - share_p) / share_p))
    bias = (cells - 1) / (2 * size_p) + (float(ratio.sum()) - 1) / (2 * size_q)
    log_ratio = np.log(ratio)
    variance_p = max(0.0, float((share_p * log_ratio**2).sum()) - raw**2)
    variance_q = max(0.0, float((share_p * ratio).sum()) - 1.0)
    variance = variance_p / size_p + variance_q / size_q
    effective = size_p * size_q / (size_p + size_q)
    degrees = cells - 1
    # Variance of the scaled law, 2a²·degrees + 4a·(2·effective·D), set equal to 2·degrees + (2·effective)²·variance.
    linear = 4 * effective * raw
    constant = degrees + 2 * effective**2 * variance
    root = math.sqrt(linear**2 / 4 + degrees * constant)
    scale = constant / (linear / 2 + root) if linear / 2 + root > 0 else 1.0
    return DivergenceInterval(raw - bias, degrees, effective, scale)


def _large(degrees: int) -> float:
    return max(_LARGE, 1e3 * degrees)


def _noncentrality(statistic: float, degrees: int, probability: float) -> float:
    """Noncentrality under which the statistic is the quantile of `probability`; zero if there is none."""
    if statistic <= 0 or special.chdtr(degrees, statistic) <= probability:
        return 0.0
    if statistic > _large(degrees):
        return float(max(0.0, math.sqrt(statistic - (degrees - 1)) - special.ndtri(probability))) ** 2
    return float(special.chndtrinc(statistic, degrees, probability))


def _tail(statistic: float, degrees: int, noncentrality: float) -> float:
    if max(statistic, noncentrality) > _large(degrees):
        root = math.sqrt(max(0.0, statistic - (degrees - 1)))
        return float(special.ndtr(math.sqrt(noncentrality) - root))
    if noncentrality == 0:
        return float(special.chdtrc(degrees, statistic))
    # One minus a cumulative chance is zero below 1e-16, where the central tail still says more.
    central = float(special.chdtrc(degrees, statistic))
    return max(central, 1.0 - float(special.chndtr(statistic, degrees, noncentrality)))


def _quantile(degrees: int, noncentrality: float, probability: float) -> float:
    if noncentrality > _large(degrees):
        return float((math.sqrt(noncentrality) + special.ndtri(probability)) ** 2 + degrees - 1)
    if noncentrality == 0:
        return float(special.chdtri(degrees, 1.0 - probability))
    return float(special.chndtrix(probability, degrees, noncentrality))
