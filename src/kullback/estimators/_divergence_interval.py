"""A debiased divergence with the interval and the tests that follow from its law."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback._core import phi
from kullback.estimators._divergence_law import DivergenceLaw

Counts = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DivergenceInterval:
    """Debiased divergence in nats with everything that its interval and its tests are made of.

    Attributes:
        debiased: Plug-in of the counts with ½ added to every cell, less its bias; may be slightly negative.
        degrees: Degrees of freedom: cells − 1 where rows are independent, fewer where units spread unevenly.
        effective: Effective size n·m / (n + m).
        scale: Factor between the spread of the plug-in and that of the noncentral chi-squared law.
        scale_degrees: Degrees of freedom with which `scale` itself is known: infinite where it follows from the counts,
            about the number of units where it was estimated from them.
    """

    debiased: float
    degrees: float
    effective: float
    scale: float
    scale_degrees: float = math.inf

    @property
    def _statistic(self) -> float:
        return max(0.0, 2.0 * self.effective * self.debiased / self.scale + self.degrees)

    @property
    def _law(self) -> DivergenceLaw:
        return DivergenceLaw(self.degrees, self.scale_degrees)

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
        floor = self._law.quantile(0.0, 0.5)
        low = self._law.noncentrality(self._statistic, 1.0 - tail)
        high = self._law.noncentrality(max(self._statistic, floor), tail)
        return self._to_nats(low), self._to_nats(high)

    def p_value(self, margin: float) -> float:
        """Chance of a figure this large or larger if the divergence were `margin` nats."""
        if self.degrees == 0:
            return 1.0
        return self._law.tail(self._statistic, 2.0 * self.effective * margin / self.scale)

    def detectable(self, margin: float, *, alpha: float, power: float = 0.8) -> float:
        """Smallest divergence in nats that `p_value(margin) <= alpha` would find with chance `power`."""
        if self.degrees == 0:
            return math.inf
        critical = self._law.quantile(2.0 * self.effective * margin / self.scale, 1.0 - alpha)
        return self._to_nats(self._law.noncentrality(critical, 1.0 - power))


def smoothed_divergence(p: Counts, q: Counts, /) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Shares of two rows of counts with ½ added to every cell, and their divergence D(p‖q) in nats."""
    half = 0.5 * len(p)
    share_p, share_q = (p + 0.5) / (p.sum() + half), (q + 0.5) / (q.sum() + half)
    return share_p, share_q, math.fsum(share_p * phi((share_q - share_p) / share_p))


def matched_scale(raw: float, effective: float, degrees: float, null_scale: float, variance: float, /) -> float:
    r"""Multiple of the noncentral chi-squared law that has the variance of twice the effective size times the plug-in.

    The variance of the multiple $a$ is $2a^2 \nu + 4a \cdot 2nD$; that of the figure $2a_0^2 \nu$ at D = 0 and the
    one of its linear part in addition further out.
    """
    linear = 4 * effective * raw
    constant = null_scale**2 * degrees + 2 * effective**2 * variance
    return constant / (linear / 2 + math.sqrt(linear**2 / 4 + degrees * constant))
