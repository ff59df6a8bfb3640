"""Importance estimation by likelihood: the density ratio that makes the rows of x most likely."""

import math
from typing import Any

import numpy as np

from kullback.estimators._estimate import Estimate
from kullback.estimators._folds import Labeled, check_folds, labeled
from kullback.estimators._kernels import Kernels, check_centers, check_positive, features, kernels
from kullback.estimators._neighbors import all_equal
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.estimators._points import Floats, Points, read_points
from kullback.estimators._ratio_interval import floored_log, missing_of_smooth, ratio_estimate
from kullback.estimators._standardize import standardized

_STEPS = 60
_GAP = 1e-5  # nats of the mean log ratio
_NEAR_BORDER = 0.99
_CENTERING = 0.1
_SEARCH_ROWS = 2000  # of each sample, for the choice of the width


def kliep(
    x: Any,
    y: Any,
    /,
    *,
    centers: int = 100,
    width: float | None = None,
    folds: int = 5,
    weights: Any = None,
    confidence: float = 0.95,
    rng: Rng = None,
) -> Estimate:
    r"""Divergence through the density ratio of greatest likelihood, a positive sum of Gaussian kernels.

    $$ \hat r(z) = \sum_l α_l K_σ(z, c_l) + α_0, \qquad
       \hat α = \arg\max_{α ≥ 0} E_x[\log \hat r] \;\text{ subject to }\; E_y[\hat r] = 1 $$

    with kernels at rows of x. The ratio at every row comes from a fit without its fold, and the width is the one whose
    ratios make the held-out rows of both samples most likely.

    Args:
        x: Sample of p, shape ``(n,)`` or ``(n, d)``.
        y: Sample of q, shape ``(m,)`` or ``(m, d)``.
        centers: Kernels, drawn from the rows of x.
        width: Standard deviation of the kernels in pooled standard deviations of the columns; None to choose it.
        folds: Folds of the cross-fitting.
        weights: Pair of weights of the rows of x and of y.
        confidence: Level of the interval.
        rng: Seed or generator that draws centers and folds.

    Returns:
        The estimate in nats: the mean logarithm of the held-out ratio at the rows of x, recalibrated on both samples as
        by `classifier_ratio`.

    Raises:
        InputError: The samples or options cannot be used.

    Note:
        The problem is convex; it is solved by an interior-point method to 1e-5 nats. A sum of round kernels of one
        width blurs edges and thin shapes, so the figure is too small there, from three dimensions on by much.

    References:
        Sugiyama, Suzuki, Nakajima, Kashima, von Bünau and Kawanabe (2008), Annals of the Institute of Statistical
        Mathematics 60, section 2.

    Example:
        >>> import numpy as np
        >>> from kullback.estimators import kliep
        >>> rng = np.random.default_rng(0)
        >>> found = kliep(rng.normal(0, 1, 500), rng.normal(1, 2, 500))
        >>> bool(found.interval[0] < 0.4431 < found.interval[1])
        True
    """
    points = read_points(x, y, weights=weights)
    level, chance = check_confidence(confidence), generator(rng)
    count, width, folds = check_centers(centers), check_positive(width, "width"), check_folds(folds)
    scaled = standardized(points)[0]
    if scaled.d == 0:
        return all_equal(scaled, level, "kliep")
    basis = kernels(scaled, count, width, chance)
    if len(basis.widths) > 1:
        basis = Kernels(basis.centers, (_best_width(basis, scaled, folds, chance),))
    data = labeled(scaled, folds, chance)
    full, half = (floored_log(_held_out(basis, data, halved=halved), data) for halved in (False, True))
    return ratio_estimate(full, half, data, level, "kliep", missing=missing_of_smooth(scaled.d))


def _best_width(basis: Kernels, points: Points, folds: int, rng: np.random.Generator) -> float:
    """The width with the greatest held-out likelihood."""
    data = labeled(_some(points, rng), folds, rng)
    even = math.log(data.n / data.m)
    each = [Kernels(basis.centers, (width,)) for width in basis.widths]
    scores = [data.loss(floored_log(_held_out(one, data), data) - even) for one in each]
    return basis.widths[int(np.argmin(scores))]


def _some(points: Points, rng: np.random.Generator) -> Points:
    """No more rows than the choice of the width needs."""
    if max(points.n, points.m) <= _SEARCH_ROWS:
        return points
    left = np.sort(rng.permutation(points.n)[:_SEARCH_ROWS])
    right = np.sort(rng.permutation(points.m)[:_SEARCH_ROWS])
    sides = [(points.x_weights, left), (points.y_weights, right)]
    shares = [None if own is None else own[rows] / own[rows].sum() for own, rows in sides]
    return Points(points.x[left], points.y[right], *shares)


def _held_out(basis: Kernels, data: Labeled, *, halved: bool = False) -> Floats:
    """Ratios at all rows under the first width, each from the fit without its fold."""
    values = features(basis.squares(data.rows), basis.widths[0])
    ratios = np.empty(len(values))
    for learn, judge in data.splits(halved=halved):
        of_x, of_y = learn & data.is_x, learn & ~data.is_x
        ratios[judge] = values[judge] @ fitted_ratio(values[of_x], values[of_y], data.weights[of_x], data.weights[of_y])
    return ratios


def fitted_ratio(x: Floats, y: Floats, x_weights: Floats, y_weights: Floats, /) -> Floats:
    r"""Coefficients of the ratio with the greatest likelihood, by a primal-dual interior-point method.

    With $β_l = α_l E_y[K_l]$ the problem is to minimize $-E_x[\log Aβ] + \sum β$ over $β ≥ 0$, whose solution adds up
    to 1 by itself.

    Args:
        x: Functions at the rows of x, shape ``(n, k)``, not negative, every row with a positive one.
        y: Functions at the rows of y, shape ``(m, k)``.
        x_weights: Weights of the rows of x, of any positive total.
        y_weights: Weights of the rows of y.

    Returns:
        The coefficients, shape ``(k,)``, not negative.
    """
    x_weights = x_weights / x_weights.sum()
    # Where no row of y lies near a kernel its ratio would be unbounded; m rows tell ratios up to m apart.
    means = np.maximum(y_weights @ y / y_weights.sum(), 1.0 / len(y))
    table = x / means
    count = table.shape[1]
    share, slack = np.full(count, 1.0 / count), np.ones(count)
    for _ in range(_STEPS):
        ratio = table @ share
        slope = 1.0 - table.T @ (x_weights / ratio)
        gap = float(share @ slack)
        if gap < _GAP and np.abs(slope - slack).max() < _GAP * count:
            break
        root = table * (np.sqrt(x_weights) / ratio)[:, None]
        target = _CENTERING * gap / count / share
        step = np.linalg.solve(root.T @ root + np.diag(slack / share), target - slope)
        dual = target - slack - slack / share * step
        share = share + _within(share, step) * step
        slack = slack + _within(slack, dual) * dual
    return np.asarray(share / share.sum() / means)


def _within(value: Floats, step: Floats) -> float:
    """How much of a step keeps all values positive."""
    falling = step < 0
    return min(1.0, _NEAR_BORDER * float(np.min(-value[falling] / step[falling], initial=np.inf)))
