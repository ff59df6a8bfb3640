"""Gaussians fitted to two samples: their divergence without bias, laws to simulate from, and whether they fit at all."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback.estimators._points import Floats, Points, effective_size

_HALVINGS = 50


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
        return len(self.mean)

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


def gaussian_divergence(p: Moments, q: Moments, /) -> float:
    r"""D of the two Gaussians in nats, $½[\mathrm{tr}\,Σ_q^{-1}Σ_p - d - \log\det Σ_q^{-1}Σ_p + δ^⊤Σ_q^{-1}δ]$."""
    root = np.linalg.cholesky(q.covariance)
    inner = np.linalg.solve(root, np.linalg.cholesky(p.covariance))
    shift = np.linalg.solve(root, p.mean - q.mean)
    logs = 2.0 * float(np.log(np.diag(inner)).sum()) if inner.size else 0.0
    return 0.5 * (float((inner**2).sum()) - p.d - logs + float(shift @ shift))


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
    d = p.d
    root = np.linalg.cholesky(q.covariance)
    inner = np.linalg.solve(root, np.linalg.cholesky(p.covariance))
    shift = np.linalg.solve(root, p.mean - q.mean)
    shrink = (q.size - d - 2.0) / (q.size - 1.0)
    trace = shrink * float((inner**2).sum())
    square = shrink * float(shift @ shift) - trace / p.size - d / q.size
    logs = (
        2.0 * float(np.log(np.diag(inner)).sum()) + _log_determinant_bias(q.size, d) - _log_determinant_bias(p.size, d)
    )
    return 0.5 * (trace - d + square - logs)


def divergence_spread(p: Moments, q: Moments, /) -> float:
    r"""Standard error of the divergence of two Gaussians from their moments, by the delta method.

    With $B = L_p^⊤Σ_q^{-1}L_p$ and $C = I - L_q^{-1}(Σ_p + δδ^⊤)L_q^{-⊤}$ its square is
    $(½‖B - I‖^2 + δ^⊤Σ_q^{-1}Σ_pΣ_q^{-1}δ)/n + (½‖C‖^2 + δ^⊤Σ_q^{-1}δ)/m$, and never below what is left at equal laws,
    $½\,ν\,(1/n + 1/m)^2$ with ν = d(d + 3)/2.
    """
    root = np.linalg.cholesky(q.covariance)
    inner = np.linalg.solve(root, np.linalg.cholesky(p.covariance))
    shift = np.linalg.solve(root, p.mean - q.mean)
    first = inner.T @ inner - np.eye(p.d)
    second = np.eye(p.d) - inner @ inner.T - np.outer(shift, shift)
    from_p = 0.5 * float((first**2).sum()) + float(((inner.T @ shift) ** 2).sum())
    from_q = 0.5 * float((second**2).sum()) + float(shift @ shift)
    least = 0.25 * p.d * (p.d + 3) * (1.0 / p.size + 1.0 / q.size) ** 2
    return math.sqrt(from_p / p.size + from_q / q.size + least)


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
    pairs = ((_redrawn(p, rng), _redrawn(q, rng)) for _ in range(draws))
    return np.array([(unbiased_divergence(*pair), divergence_spread(*pair)) for pair in pairs])


def _redrawn(law: Moments, rng: np.random.Generator) -> Moments:
    d, free = law.d, law.size - 1.0
    factor = np.tril(rng.standard_normal((d, d)), -1)
    factor[np.diag_indices(d)] = np.sqrt(rng.chisquare(free - np.arange(d)))
    root = np.linalg.cholesky(law.covariance)
    spread = root @ factor
    mean = law.mean + root @ rng.standard_normal(d) / math.sqrt(law.size)
    return Moments(mean, spread @ spread.T / free, law.size)


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
    scaled = np.linalg.solve(root, (points - law.mean).T).T
    kurtosis = float(np.mean((scaled**2).sum(axis=1) ** 2))
    mean = d * (d + 2) * (n - 1) / (n + 1)
    spread = math.sqrt(8.0 * d * (d + 2) / n)
    if abs(kurtosis - mean) > float(special.ndtri(1.0 - level / 2.0)) * spread:
        return False
    degrees = d * (d + 1) * (d + 2) / 6
    small = (d + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (d + 1) - 6))
    statistic = n * small * _skewness(scaled) / 6.0
    return bool(statistic <= special.chdtri(degrees, level))


_BLOCK = 2**21


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
    return total / n**2
