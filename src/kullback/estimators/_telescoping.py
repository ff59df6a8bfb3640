"""Large divergences in steps: a classifier for every bridge between two samples that are too far apart for one."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special

from kullback._core import InputError
from kullback.estimators._bridges import Bridge, Pairs, bridge_between, paired
from kullback.estimators._classifier_logits import checked_classifier, need_sklearn
from kullback.estimators._estimate import Estimate, noted
from kullback.estimators._folds import Labeled, check_folds, labeled
from kullback.estimators._neighbors import all_equal
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.estimators._points import Floats, Points, effective_size, read_points
from kullback.estimators._standardize import standardized
from kullback.estimators._whitened_neighbors import both_look_gaussian

_LONGEST = 2.0  # nats that one bridge may span; a classifier of a thousand rows sees up to about three well
_MOST = 32
_ROWS_PER_TERM = 6


def telescoping(
    x: Any,
    y: Any,
    /,
    *,
    bridges: int | None = None,
    classifier: Any = None,
    folds: int = 10,
    weights: Any = None,
    confidence: float = 0.95,
    rng: Rng = None,
) -> Estimate:
    r"""Divergence through a chain of density ratios, for laws so far apart that one classifier tells them by a glance.

    Between the samples stand waymarks, mixtures of paired rows, and the log ratio is the sum of those of the bridges:

    $$ w_k = \sqrt{1 - a_k^2}\, x + a_k\, y, \quad a_k = k/K, \qquad
       D = \sum_{k<K} E_x\Big[\log\frac{p_k}{p_{k+1}}\Big] $$

    with $p_k$ the density of $w_k$, each from a classifier between neighboring waymarks. By default that is a logistic
    regression on all products of two columns, with which the chain is exact for Gaussians, and the mean over the rows
    of x loses the bias of its fit to a jackknife over folds.

    Args:
        x: Sample of p, shape ``(n,)`` or ``(n, d)``.
        y: Sample of q, shape ``(m,)`` or ``(m, d)``.
        bridges: Bridges K; None for as many as it takes (doubled from 1, up to 32) that none spans over 2 nats.
        classifier: Any classifier of scikit-learn with `predict_proba` instead of the logistic regression; the mean is
            then that over held-out rows.
        folds: Folds of cross-fitting and jackknife; fewer where a sample has fewer rows.
        weights: Pair of weights of the rows of x and of y.
        confidence: Level of the interval.
        rng: Seed or generator that pairs rows and deals them into folds.

    Returns:
        The estimate in nats, with the held-out log ratio at every row of x and an interval from the jackknife.

    Raises:
        InputError: The samples or options cannot be used.
        MissingExtraError: scikit-learn is not installed.

    Note:
        What a bridge's classifier cannot learn is lost or made up, and no sample shows it: `reliable` is False and the
        interval reaches from 0 to `inf` where the samples are not Gaussian by Mardia's tests, or their columns too many
        for the rows. A divergence beyond ln min(n, m) has no upper end either.

    References:
        Rhodes, Xu and Gutmann (2020), Advances in Neural Information Processing Systems 33, sections 3.1 and 3.2;
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 10 and 11, for the jackknife.

    Example:
        >>> import numpy as np
        >>> from kullback.estimators import telescoping
        >>> rng = np.random.default_rng(0)
        >>> found = telescoping(0.2 * rng.normal(size=(500, 2)), rng.normal(size=(500, 2)))
        >>> exact = 2 * (np.log(5) - 0.48)
        >>> bool(found.interval[0] < exact < found.interval[1])
        True
    """
    need_sklearn("telescoping")
    points = read_points(x, y, weights=weights)
    level, chance, folds = check_confidence(confidence), generator(rng), check_folds(folds)
    weighted = points.x_weights is not None or points.y_weights is not None
    classifier, count = checked_classifier(classifier, weighted=weighted), _checked(bridges)
    scaled = standardized(points)[0]
    if scaled.d == 0:
        return all_equal(scaled, level, "telescoping")
    data = labeled(scaled, folds, chance)
    chain = _chain(paired(data, chance), data, classifier, count)
    value = chain.mean if classifier is not None else chain.jackknifed
    spread = chain.stderr
    reach = float(special.stdtrit(len(chain.without) - 1, 0.5 + level / 2)) * spread
    misfits = _misfits(scaled, chain.longest, by_default=classifier is None)
    doubts = [*misfits, *_beyond(scaled, value)]
    # A misfit may make a divergence up as well as lose some.
    low = min(0.0, value - reach) if misfits else value - reach
    found = Estimate(
        value,
        spread,
        (low, math.inf if doubts else max(value, 0.0) + reach),
        level,
        "telescoping",
        points.n,
        points.m,
        log_ratios=chain.held_out,
    )
    how = f"{chain.bridges} bridge{'s' * (chain.bridges > 1)}, the longest of {chain.longest:.2g} nats"
    return noted(found, how, unreliable=doubts)


@dataclass(frozen=True, eq=False)
class _Chain:
    """The bridges added up.

    Attributes:
        bridges: How many there are.
        longest: The most nats that one of them spans.
        full: Mean log ratio at the rows of x from fits to all rows.
        without: The same from fits without each fold, at the rows of the other folds.
        held_out: Log ratio at every row of x from the fits without it.
        weights: Weights of the rows of x, which add up to 1.
    """

    bridges: int
    longest: float
    full: float
    without: Floats
    held_out: Floats
    weights: Floats = field(repr=False)

    @property
    def mean(self) -> float:
        return float(self.weights @ self.held_out)

    @property
    def jackknifed(self) -> float:
        groups = len(self.without)
        return groups * self.full - (groups - 1) * float(self.without.mean())

    @property
    def stderr(self) -> float:
        groups = len(self.without)
        return math.sqrt((groups - 1) * float(self.without.var()))


def _chain(pairs: Pairs, data: Labeled, classifier: Any, count: int | None) -> _Chain:
    """The chain of so many bridges, or of as many as it takes."""
    if count is not None:
        return _added([bridge_between(pairs, data, k / count, (k + 1) / count, classifier) for k in range(count)], data)
    count = 1
    while True:
        chain = _chain(pairs, data, classifier, count)
        if chain.longest <= _LONGEST or count == _MOST:
            return chain
        count *= 2


def _added(bridges: list[Bridge], data: Labeled) -> _Chain:
    weights = data.weights[data.is_x] / data.n
    return _Chain(
        bridges=len(bridges),
        longest=max(bridge.length for bridge in bridges),
        full=sum(bridge.full for bridge in bridges),
        without=np.sum([bridge.without for bridge in bridges], axis=0),
        held_out=np.sum([bridge.held_out for bridge in bridges], axis=0),
        weights=weights,
    )


def _misfits(points: Points, longest: float, *, by_default: bool) -> list[str]:
    """Why the chain may not fit the samples at all."""
    misfits = []
    terms = points.d * (points.d + 3) // 2
    if by_default and not both_look_gaussian(points):
        misfits.append("Mardia's tests say that the samples are not Gaussian: quadratic bridges may not fit them.")
    if by_default and terms * _ROWS_PER_TERM > min(points.n, points.m):
        misfits.append(f"{terms} products of columns are too many for {min(points.n, points.m)} rows.")
    if longest > 1.5 * _LONGEST:
        misfits.append(f"a bridge spans {longest:.2g} nats, too many for one classifier. Give more bridges.")
    return misfits


def _beyond(points: Points, value: float) -> list[str]:
    """Why no samples of this size could show the figure."""
    sizes = effective_size(points.n, points.x_weights), effective_size(points.m, points.y_weights)
    limit = math.log(max(1.0, min(sizes)))
    if value <= limit:
        return []
    return [f"{value:.3g} nats is beyond ln min(n, m) = {limit:.3g}: the figure rests on the form of the bridges."]


def _checked(bridges: Any) -> int | None:
    if bridges is None:
        return None
    if isinstance(bridges, bool) or not isinstance(bridges, int | np.integer) or bridges < 1:
        raise InputError(
            f"bridges = {bridges!r} is no number of bridges. A whole number of at least 1 is needed, or None."
        )
    return int(bridges)
