"""Divergences of the laws that samples are drawn from: sums, quadrature, and closed forms of Gaussians."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import integrate, special, stats

Density = Callable[[Any], Any]
Component = tuple[np.ndarray, np.ndarray]  # mean and covariance

# Where the integral over the logarithm of a tail's share is split, down to shares of 4e-44.
_SPLITS = (-100.0, -60.0, -40.0, -20.0, -10.0, -5.0, -2.0, -math.log(2))


def summed(p: Any, q: Any) -> float:
    """Of two arrays of chances, or of weights that are divided by their totals."""
    p, q = (np.asarray(side, dtype=np.float64) / math.fsum(side) for side in (p, q))
    return math.fsum(special.rel_entr(p, q))


def integrated(p: Any, q: Any) -> float:
    """Of two laws of scipy.stats on the line, by quadrature over shares of both tails of the first."""

    def integrand(log_share: float, quantile: Density) -> float:
        share = math.exp(log_share)
        x = quantile(share)
        return share * float(p.logpdf(x) - q.logpdf(x))

    return math.fsum(
        integrate.quad(integrand, *ends, args=(quantile,), epsabs=1e-13)[0]
        for quantile in (p.ppf, p.isf)
        for ends in pairwise(_SPLITS)
    )


def mixed_on_line(p: Sequence[tuple[float, float, float]], q: Any) -> float:
    """Of a mixture of normals (weight, mean, deviation) against a law of scipy.stats, by quadrature."""

    weights, means, scales = np.transpose(p)

    def logpdf(x: float) -> float:
        standard = (x - means) / scales
        return float(special.logsumexp(-0.5 * standard**2 - np.log(scales), b=weights)) - 0.5 * math.log(2 * math.pi)

    def integrand(x: float) -> float:
        return math.exp(logpdf(x)) * (logpdf(x) - q.logpdf(x))

    ends = min(mean - 12 * scale for _, mean, scale in p), max(mean + 12 * scale for _, mean, scale in p)
    points = sorted(mean for _, mean, _ in p)
    return float(integrate.quad(integrand, *ends, points=points, limit=500, epsabs=1e-12)[0])


def rounded(p: Any, q: Any, step: float) -> float:
    """Of two laws of scipy.stats rounded to multiples of a step."""
    low, high = math.floor(p.ppf(1e-15) / step), math.ceil(p.isf(1e-15) / step)
    edges = step * (np.arange(low, high + 2) - 0.5)
    middle = p.median()

    def cells(law: Any) -> np.ndarray:
        # Differences of the nearer tail keep their digits.
        below, above = np.diff(law.cdf(edges)), -np.diff(law.sf(edges))
        return np.where(edges[1:] < middle, below, above)

    return math.fsum(special.rel_entr(cells(p), cells(q)))


def gaussian(mean_p: Any, cov_p: Any, mean_q: Any, cov_q: Any) -> float:
    """Of two Gaussians in any dimension."""
    cov_p, cov_q = np.atleast_2d(cov_p), np.atleast_2d(cov_q)
    gap = np.atleast_1d(np.subtract(mean_q, mean_p))
    logdets = np.linalg.slogdet(cov_q)[1] - np.linalg.slogdet(cov_p)[1]
    trace = np.trace(np.linalg.solve(cov_q, cov_p))
    return float(0.5 * (trace + gap @ np.linalg.solve(cov_q, gap) - len(gap) + logdets))


def radial(log_p: Density, log_q: Density, radius_law: Any) -> float:
    """Of two laws around one center: log densities by radius, and the law of the first's radius."""
    ends = float(radius_law.ppf(1e-14)), float(radius_law.isf(1e-14))
    knots = np.geomspace(*ends, 40)
    pieces = (
        integrate.quad(lambda r: radius_law.pdf(r) * (log_p(r) - log_q(r)), low, high, epsabs=1e-13)[0]
        for low, high in pairwise(knots)
    )
    return math.fsum(pieces)


def draw_mixture(rng: np.random.Generator, components: Sequence[Component], n: int) -> np.ndarray:
    """Rows of an even mixture of Gaussians."""
    which = rng.integers(len(components), size=n)
    drawn = np.stack([rng.multivariate_normal(mean, cov, n, method="cholesky") for mean, cov in components])
    return drawn[which, np.arange(n)]


def mixture_log_density(points: np.ndarray, components: Sequence[Component]) -> np.ndarray:
    """Log density of an even mixture of Gaussians."""
    each = [stats.multivariate_normal(mean, cov).logpdf(points) for mean, cov in components]
    return special.logsumexp(each, axis=0) - math.log(len(components))


def simulated(p: Sequence[Component], q: Sequence[Component], draws: int = 1_000_000) -> tuple[float, float]:
    """Of two even mixtures of Gaussians by draws from the first, with the standard error."""
    x = draw_mixture(np.random.default_rng(2026), p, draws)
    ratios = mixture_log_density(x, p) - mixture_log_density(x, q)
    return float(ratios.mean()), float(ratios.std() / math.sqrt(draws))
