"""The divergence from nearest neighbors, both densities over one ball."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from kullback._core import InputError
from kullback.estimators._estimate import Estimate
from kullback.estimators._nearest import Places, count_within, nearest
from kullback.estimators._neighbor_terms import neighbor_terms
from kullback.estimators._neighbors import all_equal, neighbors_of
from kullback.estimators._options import Rng, check_confidence, check_neighbors
from kullback.estimators._points import Floats, Points, read_points
from kullback.estimators._standardize import standardized


def adaptive_neighbors(
    x: Any, y: Any, /, *, k: int = 5, weights: Any = None, confidence: float = 0.95, rng: Rng = None
) -> Estimate:
    r"""Divergence from neighbors with less bias: one ball around every row for both densities.

    $$ \frac1n \sum_i \big[ψ(l_i) - ψ(k_i)\big] + \log\frac{m}{n-1} $$

    with $l_i$ and $k_i$ the rows of x and of y in the smallest ball around $x_i$ that holds k of each.

    Args:
        x: Sample of p, shape ``(n,)`` or ``(n, d)``.
        y: Sample of q, shape ``(m,)`` or ``(m, d)``.
        k: Rows of each sample that a ball holds at least.
        weights: Not taken: the method counts rows. Only None, or equal weights.
        confidence: Level of the interval.
        rng: Taken like every other method; nothing is left to chance here.

    Returns:
        The estimate in nats; the standard error is that of `neighbors` with the same k.

    Raises:
        InputError: As in `neighbors`, or the rows have weights.

    Note:
        Better than `neighbors` between laws of one shape in many dimensions (covariances in 20: .6 against 1.5), worse
        for strong correlations against none (.5 against .27 in 5).

    References:
        Wang, Kulkarni and Verdú (2009), IEEE Transactions on Information Theory 55, section III.

    Example:
        >>> import numpy as np
        >>> from kullback.estimators import adaptive_neighbors
        >>> rng = np.random.default_rng(0)
        >>> found = adaptive_neighbors(rng.normal(0, 1, 5000), rng.normal(1, 2, 5000))
        >>> bool(found.interval[0] < 0.4431 < found.interval[1])
        True
    """
    points = read_points(x, y, weights=weights)
    level, size = check_confidence(confidence), check_neighbors(k)
    del rng
    if points.x_weights is not None or points.y_weights is not None:
        raise InputError("adaptive_neighbors counts rows and takes no weights. Use method='neighbors'.")
    points, _ = standardized(points)
    if points.d == 0:
        return all_equal(points, level, "adaptive_neighbors")
    plain = neighbors_of(points, neighbor_terms(points, size), level)
    terms = _one_ball(points, size)
    shift = float(terms.mean()) - plain.value
    low, high = plain.interval
    return replace(
        plain,
        value=plain.value + shift,
        interval=(low + shift, max(high + shift, 0.0)),
        method="adaptive_neighbors",
        log_ratios=terms,
    )


def _one_ball(points: Points, k: int) -> Floats:
    """Log ratios from the rows of both samples in one ball."""
    k_x, k_y = min(k, points.n - 1), min(k, points.m)
    own = nearest(points.x, points.x, k_x, own=True)[0][:, -1]
    across = nearest(points.y, points.x, k_y)[0][:, -1]
    # A hair more, so that the row that sets the radius is inside on both sides whatever its distance was rounded to.
    radius = np.maximum(own, across) * (1.0 + 1e-10)
    in_x: Places = count_within(points.x, points.x, radius) - 1
    in_y = count_within(points.y, points.x, radius)
    terms: Floats = special.digamma(in_x) - special.digamma(in_y) + math.log(points.m / (points.n - 1))
    return terms
