"""Gaussians fitted to two samples: their divergence without bias, what to simulate from, and whether they fit."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback.estimators._points import Floats, Points, effective_size

_HALVINGS = 50
_BLOCK = 2**21  # entries in memory at once


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and covariance (by n - 1) of a sample, and the rows behind them.

    Attributes:
        mean: Shape ``(d,)``.
        covariance: Shape ``(d, d)``.
        size: Rows, or the effective size where they have weights.
    """

    mean: Floats
    covariance: Floats
    size: float

    @property
    def d(self) -> int:
        """Dimensions."""
        return int(self.mean.shape[-1])

    def log_density(self, points: Floats) -> Floats:
        """Log density of the Gaussian at points of shape ``(n, d)``, less the constant of the dimension."""
        root = np.linalg.cholesky(self.covariance)
        scaled = np.linalg.solve(root, (points - self.mean).T)
        density: Floats = -0.5 * (scaled**2).sum(axis=0) - np.log(np.diag(root)).sum()
        return density

    def draw(self, size: int, rng: np.random.Generator) -> Floats:
        """Points of the Gaussian with these moments, of shape ``(size, d)``."""
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        drawn: Floats = self.mean + rng.standard_normal((size, self.d)) @ root.T
        return drawn


def moments(points: Floats, weights: Floats | None, /) -> Moments:
    """Mean and covariance of rows, without bias also where rows have weights."""
    size = effective_size(len(points), weights)
    mean = points.mean(axis=0) if weights is None else weights @ points
    centered = points - mean
    spread = centered.T @ centered / len(points) if weights is None else (centered * weights[:, None]).T @ centered
    return Moments(mean, spread * (size / (size - 1.0)), size)


def fitted(points: Points, /) -> tuple[Moments, Moments]:
    """The moments of both samples."""
    return moments(points.x, points.x_weights), moments(points.y, points.y_weights)


def _parts(p: Moments, q: Moments) -> tuple[Floats, Floats, Floats]:
    r"""$A = L_q^{-1}L_p$, $L_q^{-1}δ$ and $\log\det Σ_q^{-1}Σ_p$, of one pair of Gaussians or of many."""
    root = np.linalg.cholesky(q.covariance)
    inner = np.linalg.solve(root, np.linalg.cholesky(p.covariance))
    shift = np.linalg.solve(root, (p.mean - q.mean)[..., None])[..., 0]
    logs = 2.0 * np.log(np.diagonal(inner, axis1=-2, axis2=-1)).sum(axis=-1)
    return inner, shift, logs


def gaussian_divergence(p: Moments, q: Moments, /) -> float:
    r"""D of the two Gaussians in nats, $½[\mathrm{tr}\,Σ_q^{-1}Σ_p - d - \log\det Σ_q^{-1}Σ_p + δ^⊤Σ_q^{-1}δ]$."""
    inner, shift, logs = _parts(p, q)
    return 0.5 * (float((inner**2).sum()) - p.d - float(logs) + float(shift @ shift))


def unbiased_divergence(p: Moments, q: Moments, /) -> float:
    r"""The divergence of two Gaussians from their moments, without bias.

    The logarithm of a Wishart determinant has the mean
    $\log\detΣ + \sum_i ψ((n-i)/2) - d\log((n-1)/2)$, the inverse of a Wishart matrix the mean
    $Σ^{-1}(m-1)/(m-d-2)$; and $δ$ carries the noise of both means.

    Args:
        p: Moments of n rows, n > d.
        q: Moments of m rows, m > d + 2.

    Returns:
        The estimate in nats; it may be negative.
    """
    return float(_unbiased(p, q, _parts(p, q)))


def divergence_spread(p: Moments, q: Moments, /) -> float:
    r"""Standard error of the divergence of two Gaussians from their moments, by the delta method.

    With $B = A^⊤A$, $A = L_q^{-1}L_p$, $η = L_q^{-1}δ$ and $C = I - AA^⊤ - ηη^⊤$ its square is
    $(½‖B - I‖^2 + ‖A^⊤η‖^2)/n + (½‖C‖^2 + ‖η‖^2)/m$, plus what is left at equal laws, $½\,ν\,(1/n + 1/m)^2$ with
    ν = d(d + 3)/2.
    """
    return float(_spread(p, q, _parts(p, q)))


def _unbiased(p: Moments, q: Moments, parts: tuple[Floats, Floats, Floats]) -> Floats:
    inner, shift, logs = parts
    d = p.d
    shrink = (q.size - d - 2.0) / (q.size - 1.0)
    trace = shrink * (inner**2).sum(axis=(-2, -1))
    square = shrink * (shift**2).sum(axis=-1) - trace / p.size - d / q.size
    unbiased = logs + _log_determinant_bias(q.size, d) - _log_determinant_bias(p.size, d)
    value: Floats = 0.5 * (trace - d + square - unbiased)
    return value


def _spread(p: Moments, q: Moments, parts: tuple[Floats, Floats, Floats]) -> Floats:
    inner, shift, _ = parts
    turned = np.swapaxes(inner, -2, -1)
    one = np.eye(p.d)
    first = turned @ inner - one
    second = one - inner @ turned - shift[..., :, None] * shift[..., None, :]
    pulled = (turned @ shift[..., None])[..., 0]
    from_p = 0.5 * (first**2).sum(axis=(-2, -1)) + (pulled**2).sum(axis=-1)
    from_q = 0.5 * (second**2).sum(axis=(-2, -1)) + (shift**2).sum(axis=-1)
    least = 0.25 * p.d * (p.d + 3) * (1.0 / p.size + 1.0 / q.size) ** 2
    found: Floats = np.sqrt(from_p / p.size + from_q / q.size + least)
    return found


def _log_determinant_bias(size: float, d: int) -> float:
    """The mean of log det of the sample covariance less that of the true one."""
    return float(special.digamma((size - np.arange(1, d + 1)) / 2.0).sum()) - d * math.log((size - 1.0) / 2.0)


def shrunk_to(p: Moments, q: Moments, target: float, /) -> tuple[Moments, Moments, float]:
    """Gaussians between the fitted ones and their pool, as far apart as the unbiased estimate says.

    Fitted Gaussians lie further apart than the laws behind them, in many dimensions much further; what is simulated
    from them would have the bias of a larger divergence.

    Args:
        p: Moments of the first sample.
        q: Moments of the second.
        target: Divergence in nats that they should have; below 0 counts as 0.

    Returns:
        The two Gaussians and their divergence.
    """
    full = gaussian_divergence(p, q)
    if full <= target:
        return p, q, full
    share = p.size / (p.size + q.size)
    mean = share * p.mean + (1.0 - share) * q.mean
    gap = p.mean - q.mean
    pool = share * p.covariance + (1.0 - share) * q.covariance + share * (1.0 - share) * np.outer(gap, gap)

    def between(step: float) -> tuple[Moments, Moments]:
        return (
            Moments((1 - step) * p.mean + step * mean, (1 - step) * p.covariance + step * pool, p.size),
            Moments((1 - step) * q.mean + step * mean, (1 - step) * q.covariance + step * pool, q.size),
        )

    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if gaussian_divergence(*between(middle)) > max(target, 0.0):
            low = middle
        else:
            high = middle
    left, right = between(high)
    return left, right, max(gaussian_divergence(left, right), 0.0)


def simulated_divergences(p: Moments, q: Moments, draws: int, rng: np.random.Generator, /) -> Floats:
    """Unbiased estimates from simulated moments of two Gaussians (Wishart covariances by Bartlett's factors).

    Args:
        p: The first Gaussian; its `size` is that of the simulated samples.
        q: The second.
        draws: How many pairs of samples.
        rng: Generator.

    Returns:
        Estimates and their standard errors in nats, shape ``(draws, 2)``.
    """
    at_once = max(1, _BLOCK // (p.d * p.d))
    blocks = []
    for start in range(0, draws, at_once):
        size = min(at_once, draws - start)
        left, right = _redrawn(p, size, rng), _redrawn(q, size, rng)
        parts = _parts(left, right)
        blocks.append(np.stack([_unbiased(left, right, parts), _spread(left, right, parts)], axis=1))
    return np.concatenate(blocks)


def _redrawn(law: Moments, draws: int, rng: np.random.Generator) -> Moments:
    """Moments of samples of a Gaussian, many at once: shapes ``(draws, d)`` and ``(draws, d, d)``."""
    d, free = law.d, law.size - 1.0
    factor = np.tril(rng.standard_normal((draws, d, d)), -1)
    factor[:, np.arange(d), np.arange(d)] = np.sqrt(rng.chisquare(free - np.arange(d), (draws, d)))
    root = np.linalg.cholesky(law.covariance)
    spread = root @ factor
    mean = law.mean + rng.standard_normal((draws, d)) @ root.T / math.sqrt(law.size)
    return Moments(mean, spread @ np.swapaxes(spread, 1, 2) / free, law.size)


def looks_gaussian(points: Floats, law: Moments, /, *, level: float = 0.01) -> bool:
    r"""Mardia's tests of multivariate skewness and kurtosis, both sides of both at a level.

    Args:
        points: Rows of shape ``(n, d)``.
        law: Their moments.
        level: Chance that a Gaussian sample is refused by each of the two.

    Returns:
        Whether neither refuses.

    References:
        Mardia (1970), Biometrika 57; small samples by the corrected skewness of Mardia (1974), Sankhyā B 36.
    """
    n, d = points.shape
    if n <= d + 2:
        return False
    root = np.linalg.cholesky(law.covariance * ((n - 1.0) / n))
    scaled = np.asarray(np.linalg.solve(root, (points - law.mean).T).T, dtype=np.float64)
    kurtosis = float(np.mean((scaled**2).sum(axis=1) ** 2))
    mean = d * (d + 2) * (n - 1) / (n + 1)
    spread = math.sqrt(8.0 * d * (d + 2) / n)
    if abs(kurtosis - mean) > float(special.ndtri(1.0 - level / 2.0)) * spread:
        return False
    degrees = d * (d + 1) * (d + 2) / 6
    small = (d + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (d + 1) - 6))
    statistic = n * small * _skewness(scaled) / 6.0
    return bool(statistic <= special.chdtri(degrees, level))


def _skewness(scaled: Floats) -> float:
    r"""$\mathrm{E}[(z^⊤z')^3]$ over all pairs; by third moments where those are fewer than the pairs."""
    n, d = scaled.shape
    if d**3 <= n * 2:
        third = np.einsum("ij,ik,il->jkl", scaled, scaled, scaled, optimize=True) / n
        return float((third**2).sum())
    rows = max(1, _BLOCK // n)
    total = 0.0
    for start in range(0, n, rows):
        product: NDArray[np.float64] = scaled[start : start + rows] @ scaled.T
        total += float((product**3).sum())
    return float(total / n**2)
