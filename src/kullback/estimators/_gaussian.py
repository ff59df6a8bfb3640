"""The divergence of samples of two Gaussians, from their means and covariances."""

from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.estimators._estimate import Estimate, noted
from kullback.estimators._gaussian_fit import (
    Moments,
    divergence_spread,
    fitted,
    looks_gaussian,
    shrunk_to,
    simulated_divergences,
    unbiased_divergence,
)
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.estimators._points import Points, read_points

_DRAWS = 400


def gaussian(x: Any, y: Any, /, *, weights: Any = None, confidence: float = 0.95, rng: Rng = None) -> Estimate:
    r"""Divergence of two Gaussians from samples of them, without bias.

    $$ ½\Big[\mathrm{tr}\,Σ_q^{-1}Σ_p - d - \log\frac{\detΣ_p}{\detΣ_q} + δ^⊤Σ_q^{-1}δ\Big] $$

    with every term replaced by its unbiased estimate (digamma terms for the determinants, the mean of the inverse
    Wishart law, the noise of both means), so nothing is lost in many dimensions.

    Args:
        x: Sample of p, shape ``(n,)`` or ``(n, d)``, n > d.
        y: Sample of q, shape ``(m,)`` or ``(m, d)``, m > d + 2.
        weights: Pair of weights of the rows of x and of y.
        confidence: Level of the interval.
        rng: Seed or generator for the interval.

    Returns:
        The estimate in nats. Its interval is a parametric bootstrap from Gaussians as far apart as the estimate says,
        so that equal laws are called different in no more than (1 - confidence) / 2 of all cases.

    Raises:
        InputError: Too few rows for the dimension, or a covariance without inverse.

    Note:
        Only for Gaussians: for anything else it is the divergence of the Gaussians with the same moments; `reliable`
        is False where a test says so. `kl.estimate` chooses it only where it fits.

    References:
        Anderson (2003), An Introduction to Multivariate Statistical Analysis, sections 7.2 and 7.7.

    Example:
        >>> import numpy as np
        >>> from kullback.estimators import gaussian
        >>> rng = np.random.default_rng(1)
        >>> found = gaussian(rng.normal(0, 1, 4000), rng.normal(1, 2, 4000))
        >>> bool(abs(found.value - 0.4431) < 0.05 and found.interval[0] < 0.4431 < found.interval[1])
        True
    """
    points = read_points(x, y, weights=weights)
    level, chance = check_confidence(confidence), generator(rng)
    p, q = checked_moments(points)
    found = gaussian_of(p, q, points, level, chance)
    if looks_gaussian(points.x, p) and looks_gaussian(points.y, q):
        return found
    return noted(
        found,
        unreliable=["not Gaussian by Mardia's tests: this is the divergence of Gaussians with the same moments"],
    )


def checked_moments(points: Points, /) -> tuple[Moments, Moments]:
    """The moments of both samples, where there are rows enough for them.

    Raises:
        InputError: There are not, or a covariance has no inverse.
    """
    p, q = fitted(points)
    if not enough_rows(points) or p.size <= points.d or q.size <= points.d + 2:
        raise InputError(
            f"x has {points.n} rows and y has {points.m} in {points.d} dimensions (by weight {p.size:.4g} and "
            f"{q.size:.4g}). More than {points.d} and {points.d + 2} are needed. Use method='neighbors'."
        )
    for name, law in (("x", p), ("y", q)):
        if not is_regular(law):
            raise InputError(
                f"the covariance of {name} has no inverse: a column is constant or a sum of others. Drop it."
            )
    return p, q


def enough_rows(points: Points, /) -> bool:
    """Whether covariances of both samples have inverses, but for columns that depend on each other."""
    return points.n > points.d and points.m > points.d + 2


def is_regular(law: Moments, /) -> bool:
    """Whether a covariance can be inverted in floats."""
    spread = np.sqrt(np.diag(law.covariance))
    if not np.all(spread > 0):
        return False
    values = np.linalg.eigvalsh(law.covariance / np.outer(spread, spread))
    return bool(values[0] > 1e-12 * law.d)


def gaussian_of(p: Moments, q: Moments, points: Points, confidence: float, rng: np.random.Generator, /) -> Estimate:
    """The estimate from moments that were checked."""
    value, stderr = unbiased_divergence(p, q), divergence_spread(p, q)
    left, right, truth = shrunk_to(p, q, value)
    drawn = simulated_divergences(left, right, _DRAWS, rng)
    tail = (1.0 - confidence) / 2.0
    # Studentized: far from equality the error grows with the divergence, so that of a small figure is itself too small.
    low, high = np.quantile((drawn[:, 0] - truth) / drawn[:, 1], [tail, 1.0 - tail]).tolist()
    interval = (value - max(high, 0.0) * stderr, max(value - min(low, 0.0) * stderr, 0.0))
    return Estimate(
        value,
        stderr,
        interval,
        confidence,
        "gaussian",
        points.n,
        points.m,
        log_ratios=p.log_density(points.x) - q.log_density(points.x),
    )
