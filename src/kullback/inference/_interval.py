"""The debiased divergence of two rows of counts, its interval, and what follows from it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from kullback._core import phi
from kullback.inference._counts import Counts

# Beyond this noncentrality (and beyond a thousand times the degrees of freedom) the chi-squared routines lose speed and
# then digits; a square-root normal law is exact there to more digits than any interval needs.
_LARGE = 1e4
# A scale known with more degrees of freedom than this is as good as exact.
_MANY = 1000.0
_NODES = 48
_FARTHEST = 1e12


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
    def _law(self) -> "DivergenceLaw":
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
    share_p, share_q, raw = smoothed_divergence(p, q)
    ratio = share_p / share_q
    bias = (cells - 1) / (2 * size_p) + (float(ratio.sum()) - 1) / (2 * size_q)
    variance_p = max(0.0, float((share_p * np.log(ratio) ** 2).sum()) - raw**2)
    variance_q = max(0.0, float((share_p * ratio).sum()) - 1.0)
    effective = size_p * size_q / (size_p + size_q)
    degrees = cells - 1
    scale = matched_scale(raw, effective, degrees, 1.0, variance_p / size_p + variance_q / size_q) if degrees else 1.0
    return DivergenceInterval(raw - bias, degrees, effective, scale)


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


@dataclass(frozen=True)
class DivergenceLaw:
    """The law of the statistic: noncentral chi-squared, divided by an estimate of its scale.

    The estimated scale is the true one times an independent chi-squared variable over its degrees of freedom. It
    enters the statistic and the noncentrality alike, as the divergence that a noncentrality stands for is measured on
    the same scale. At D = 0 this is Fisher's F law, far from it Student's t.
    """

    degrees: float
    scale_degrees: float = math.inf

    @property
    def _known(self) -> bool:
        return self.scale_degrees > _MANY

    @property
    def _large(self) -> float:
        return max(_LARGE, 1e3 * self.degrees)

    def tail(self, statistic: float, noncentrality: float) -> float:
        """Chance that the statistic is reached."""
        # One minus a cumulative chance is zero below 1e-16, where the central tail still says more.
        if self._known:
            central = float(special.chdtrc(self.degrees, statistic))
        else:
            central = float(special.fdtrc(self.degrees, self.scale_degrees, statistic / self.degrees))
        if noncentrality == 0:
            return central
        if self._known and max(statistic, noncentrality) > self._large:
            root = math.sqrt(max(0.0, statistic - (self.degrees - 1)))
            return float(special.ndtr(math.sqrt(noncentrality) - root))
        return max(central, 1.0 - self._below(statistic, noncentrality))

    def quantile(self, noncentrality: float, probability: float) -> float:
        """The statistic that is reached with chance 1 − probability."""
        if not self._known:
            if noncentrality == 0:
                return self.degrees * float(special.fdtri(self.degrees, self.scale_degrees, probability))
            return _crossing(lambda x: self._below(x, noncentrality) - probability, self.degrees + noncentrality)
        if noncentrality > self._large:
            return float((math.sqrt(noncentrality) + special.ndtri(probability)) ** 2 + self.degrees - 1)
        if noncentrality == 0:
            return float(special.chdtri(self.degrees, 1.0 - probability))
        return float(special.chndtrix(probability, self.degrees, noncentrality))

    def noncentrality(self, statistic: float, probability: float) -> float:
        """Noncentrality under which the statistic is the quantile of `probability`; zero if there is none."""
        if statistic <= 0 or self._below(statistic, 0.0) <= probability:
            return 0.0
        if not self._known:
            return _crossing(lambda x: probability - self._below(statistic, x), statistic)
        if statistic > self._large:
            root = math.sqrt(statistic - (self.degrees - 1))
            return float(max(0.0, root - special.ndtri(probability))) ** 2
        return float(special.chndtrinc(statistic, self.degrees, probability))

    def _below(self, statistic: float, noncentrality: float) -> float:
        if noncentrality == 0 and self._known:
            return float(special.chdtr(self.degrees, statistic))
        if noncentrality == 0:
            return float(special.fdtr(self.degrees, self.scale_degrees, statistic / self.degrees))
        if self._known:
            return float(special.chndtr(statistic, self.degrees, noncentrality))
        squares, weights = _scale_nodes(self.scale_degrees)
        x, center = statistic * squares, noncentrality * squares
        large = np.maximum(x, center) > self._large
        below = np.empty_like(x)
        below[~large] = special.chndtr(x[~large], self.degrees, center[~large])
        root = np.sqrt(np.maximum(x[large] - (self.degrees - 1), 0.0))
        below[large] = special.ndtr(root - np.sqrt(center[large]))
        return float(weights @ below)


@lru_cache(maxsize=256)
def _scale_nodes(degrees: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights of a chi-squared variable over its degrees of freedom, equally spaced in its logarithm."""
    low, high = (math.log(special.chdtri(degrees, tail) / degrees) for tail in (1 - 1e-10, 1e-12))
    squares = np.exp(np.linspace(low, high, _NODES))
    density = special.xlogy(degrees / 2, squares) - degrees * squares / 2
    weights = np.exp(density - density.max())
    return squares, weights / weights.sum()


def _crossing(function: Callable[[float], float], start: float) -> float:
    """Where an increasing function passes zero, sought upwards from zero on the scale of square roots."""
    high = math.sqrt(max(start, 1.0))
    while function(high * high) < 0:
        high *= 2
        if high > _FARTHEST:
            return math.inf
    root: float = optimize.brentq(lambda x: function(x * x), 0.0, high, xtol=1e-9, rtol=1e-9)
    return root * root
