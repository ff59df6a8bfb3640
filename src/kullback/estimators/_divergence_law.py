"""The law that an estimated divergence follows: noncentral chi-squared, on a scale that may be estimated itself."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

# Beyond this noncentrality (and beyond a thousand times the degrees of freedom) the chi-squared routines lose speed and
# then digits; a square-root normal law is exact there to more digits than any interval needs.
_LARGE = 1e4
# A scale known with more degrees of freedom than this is as good as exact.
_MANY = 1000.0
_NODES = 48
_FARTHEST = 1e12


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
