"""Gaussian copulas like a sample's: what neighbors miss of their mutual information can be simulated."""

import math
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from kullback.estimators._information_terms import information_terms
from kullback.estimators._points import Floats
from kullback.estimators._scores import rank_scores

_ROWS, _FEWEST, _MOST = 5_000, 2, 20  # of all draws together, and bounds on their number
_FAINT = 0.02  # share of the mean that a pair of directions gets at least, so that it can grow
_STRONGEST = 14.0  # nats in one pair of directions, beyond which 1 - ρ² is lost to rounding


@dataclass(frozen=True, eq=False)
class Copulas:
    """Gaussian copulas along a line: from independence through the fitted one to ever stronger dependence.

    Attributes:
        fitted: Mutual information of the fitted one in nats, without bias.
        limit: The most that one of them has.
        shares: Of every pair of canonical directions.
        roots: Of the correlations within x and within y, turned to canonical directions.
        noise: Standard normal draws for x and y, one pair for each simulated sample; used anew for every copula, so
            that what is simulated runs smoothly along the line.
    """

    fitted: float
    limit: float
    shares: Floats
    roots: tuple[Floats, Floats]
    noise: tuple[tuple[Floats, Floats], ...]
    _known: dict[tuple[float, int], Floats] = field(default_factory=dict)

    def bias(self, information: float, k: int, /) -> Floats:
        """Error of neighbors in every simulated sample of the copula with so many nats, shape ``(draws,)``.

        The chance of a sample is taken out as far as the estimate by its correlations shows it.
        """
        key = information, k
        if key not in self._known:
            self._known[key] = np.array([self._error(information, k, *noise) for noise in self.noise])
        return self._known[key]

    def _error(self, information: float, k: int, a: Floats, b: Floats) -> float:
        own, pairs = self.shares * information, len(self.shares)
        y = b.copy()
        y[:, :pairs] = np.sqrt(-np.expm1(-2.0 * own)) * a[:, :pairs] + np.exp(-own) * b[:, :pairs]
        rng = np.random.default_rng(0)  # draws without ties leave nothing to it
        scores = rank_scores(a @ self.roots[0].T, rng), rank_scores(y @ self.roots[1].T, rng)
        return float(information_terms(*scores, k).mean()) - gaussian_information(a, y)


def copulas_like(x: Floats, y: Floats, rng: np.random.Generator, /) -> Copulas | None:
    """The Gaussian copulas of the correlations of two samples of normal scores.

    Args:
        x: Scores of shape ``(n, a)``.
        y: Scores of shape ``(n, b)``.
        rng: Generator of what is simulated.

    Returns:
        The line of copulas; None where there are too few rows for correlations, or columns repeat each other.
    """
    n, a, b = len(x), x.shape[1], y.shape[1]
    if n <= a + b + 2:
        return None
    roots = []
    for side in (x, y):
        values, vectors = np.linalg.eigh(np.corrcoef(side.T).reshape(side.shape[1], -1))
        if values[0] < 1e-9 * values[-1]:
            return None
        roots.append(vectors * np.sqrt(values))
    cross = np.linalg.solve(roots[0], _correlations(x, y)) @ np.linalg.inv(roots[1]).T
    left, strengths, right = np.linalg.svd(cross)
    parts = -0.5 * np.log1p(-(np.minimum(strengths, 1.0 - 1e-12) ** 2))
    parts = np.maximum(parts, _FAINT * parts.mean() + 1e-9)
    shares = parts / parts.sum()
    limit = min(math.log(n) + 3.0, _STRONGEST / float(shares.max()))
    draws = min(_MOST, max(_FEWEST, math.ceil(_ROWS / n)))
    noise = tuple((rng.standard_normal((n, a)), rng.standard_normal((n, b))) for _ in range(draws))
    fitted = min(max(gaussian_information(x, y), 0.0), limit)
    return Copulas(fitted, limit, shares, (roots[0] @ left, roots[1] @ right.T), noise)


def _correlations(x: Floats, y: Floats) -> Floats:
    both: Floats = np.corrcoef(x.T, y.T)
    return both[: x.shape[1], x.shape[1] :]


def gaussian_information(x: Floats, y: Floats, /) -> float:
    r"""Mutual information $-½ \log (\det R / \det R_x \det R_y)$ of Gaussians by their correlations, without bias.

    Args:
        x: Array of shape ``(n, a)``.
        y: Array of shape ``(n, b)``, n > a + b.

    Returns:
        The estimate in nats; `inf` where columns repeat each other.
    """
    n, a, b = len(x), x.shape[1], y.shape[1]
    logs = [np.linalg.slogdet(np.atleast_2d(np.corrcoef(part.T)))[1] for part in (x, y, np.concatenate([x, y], axis=1))]
    bias = log_determinant_bias(n, a) + log_determinant_bias(n, b) - log_determinant_bias(n, a + b)
    return 0.5 * float(logs[0] + logs[1] - logs[2] - bias) if np.isfinite(logs[2]) else math.inf


def log_determinant_bias(n: int, d: int, /) -> float:
    """The mean of log det of a sample covariance less that of the true one."""
    return float(special.digamma((n - np.arange(1, d + 1)) / 2.0).sum()) - d * math.log((n - 1.0) / 2.0)
