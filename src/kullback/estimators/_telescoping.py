"""A large divergence as a sum of small ones: classifiers between neighbors in a chain of bridges."""

import math
import warnings
from typing import Any

import numpy as np

from kullback._core import InputError, MissingExtraError
from kullback.estimators._classifier_logits import checked_classifier
from kullback.estimators._columns import Codes
from kullback.estimators._estimate import Estimate, normal_interval, noted
from kullback.estimators._neighbors import all_equal
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.estimators._points import Floats, Points, read_points
from kullback.estimators._standardize import standardized

_FOLDS, _LEAST = 5, 10
_PER_NAT, _MOST = 1.5, 16  # bridges for each nat that a single step sees, and at most
_SURE = 20.0  # a logit beyond it says no more than "surely"


def telescoping(
    x: Any,
    y: Any,
    /,
    *,
    bridges: int | None = None,
    classifier: Any = None,
    confidence: float = 0.95,
    rng: Rng = None,
) -> Estimate:
    r"""Divergence by a chain of samples that leads from x to y, so that every classifier has something to confuse.

    $$ \log\frac{p}{q}(x) = \sum_{k=0}^{K-1} \log\frac{p_k}{p_{k+1}}(x), \qquad
       w_k = \sqrt{1 - a_k^2}\,x + a_k\,y, \quad a_k = k/K $$

    with $p_k$ the law of the waymark $w_k$ of paired rows. Each ratio is learned by a cross-fitted classifier and
    evaluated at rows of x that it has not seen.

    Args:
        x: Sample of p, shape ``(n,)`` or ``(n, d)``, at least 10 rows.
        y: Sample of q, shape ``(m,)`` or ``(m, d)``; rows beyond the smaller sample go unpaired and unused.
        bridges: Number K of steps; None takes it from what a single step sees.
        classifier: Any classifier of scikit-learn with `predict_proba`; None for a logistic regression on squares and
            products of columns, which is exact for Gaussians.
        confidence: Level of the interval.
        rng: Seed or generator that pairs rows and deals them into folds.

    Returns:
        The estimate in nats. The standard error counts the rows and not what the classifiers failed to learn, so the
        upper end is `inf` and `reliable` is False where the chain has more than one step.

    Raises:
        InputError: Too few rows, or options that cannot be used.
        MissingExtraError: scikit-learn is not installed.

    Note:
        A single classifier sees next to nothing of a divergence beyond some 4 nats: of 7.5 between correlated and
        independent normals in ten dimensions boosted trees see 3, this all of it on average, with a spread of half a nat at n = 1000.

    References:
        Rhodes, Xu and Gutmann (2020), NeurIPS 33.

    Example:
        >>> import numpy as np
        >>> from kullback.estimators import telescoping
        >>> rng = np.random.default_rng(0)
        >>> found = telescoping(rng.normal(0, 1, (600, 4)), rng.normal(1.5, 1, (600, 4)))
        >>> abs(found.value - 4 * 1.5**2 / 2) < 1
        True
    """
    points = read_points(x, y, least=_LEAST)
    level, chance = check_confidence(confidence), generator(rng)
    whole = isinstance(bridges, int | np.integer) and not isinstance(bridges, bool)
    if bridges is not None and not (whole and bridges >= 1):
        raise InputError(
            f"bridges = {bridges!r} is no number of steps. A whole number of at least 1 is needed, or None."
        )
    model = checked_classifier(classifier, weighted=False) or _quadratic()
    points, _ = standardized(points)
    if points.d == 0:
        return all_equal(points, level, "telescoping")
    paired = _paired(points, chance)
    fold = chance.permutation(paired.n) % _FOLDS
    seed = int(chance.integers(2**31))
    steps = bridges
    if steps is None:
        single = float(_chain(paired, fold, model, 1, seed)[0].mean())
        steps = min(max(1, math.ceil(_PER_NAT * single)), _MOST)
    terms, variance = _chain(paired, fold, model, steps, seed)
    value = float(terms.mean())
    stderr = math.sqrt(float(terms.var()) / paired.n + variance)
    low, high = normal_interval(value, stderr, level)
    found = Estimate(value, stderr, (low, max(high, 0.0)), level, "telescoping", points.n, points.m)
    found = noted(found, f"{steps} steps, {paired.n} pairs of rows")
    if steps == 1:
        return found
    open_end = Estimate(**(found.__dict__ | {"interval": (low, math.inf)}))
    return noted(open_end, unreliable=["what the classifiers along the chain have not learned is missing or too much"])


def _quadratic() -> Any:
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a heavy import, only where needed
        from sklearn.pipeline import make_pipeline  # noqa: PLC0415
        from sklearn.preprocessing import PolynomialFeatures, StandardScaler  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("telescoping needs scikit-learn: pip install 'kullback[classifier]'.") from error
    squares = PolynomialFeatures(2, include_bias=False)
    return make_pipeline(squares, StandardScaler(), LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=100))


def _paired(points: Points, rng: np.random.Generator) -> Points:
    """As many rows of each side, dealt to each other."""
    size = min(points.n, points.m)
    return Points(points.x[rng.permutation(points.n)[:size]], points.y[rng.permutation(points.m)[:size]])


def _chain(paired: Points, fold: Codes, model: Any, steps: int, seed: int) -> tuple[Floats, float]:
    """Log ratios at the rows of x, and the variance that the far sides of all steps add."""
    terms, variance = np.zeros(paired.n), 0.0
    for step in range(steps):
        near, far = _waymark(paired, step / steps), _waymark(paired, (step + 1) / steps)
        at_x, at_far = np.empty(paired.n), np.empty(paired.n)
        for number in range(_FOLDS):
            held = fold == number
            fitted = _fitted(model, near[~held], far[~held], seed)
            at_x[held], at_far[held] = _logit(fitted, paired.x[held]), _logit(fitted, far[held])
        terms += at_x
        variance += float(np.exp(np.minimum(at_far, _SURE / 4)).var()) / paired.n
    return terms, variance


def _waymark(paired: Points, share: float) -> Floats:
    return math.sqrt(1.0 - share**2) * paired.x + share * paired.y


def _fitted(model: Any, near: Floats, far: Floats, seed: int) -> Any:
    from sklearn.base import clone  # noqa: PLC0415 - a heavy import, only where needed
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415

    fresh = clone(model)
    seeds = {key: seed for key, value in fresh.get_params().items() if value is None and key.endswith("random_state")}
    fresh.set_params(**seeds)
    sides = np.repeat([1, 0], [len(near), len(far)])
    with warnings.catch_warnings():
        # A path that ends after its last step is as good as one step more.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return fresh.fit(np.concatenate([near, far]), sides)


def _logit(fitted: Any, rows: Floats) -> Floats:
    if hasattr(fitted, "decision_function"):
        logits = np.asarray(fitted.decision_function(rows), dtype=np.float64)
    else:
        chance = np.asarray(fitted.predict_proba(rows)[:, 1], dtype=np.float64)
        with np.errstate(divide="ignore"):
            logits = np.log(chance) - np.log1p(-chance)
    return np.clip(logits, -_SURE, _SURE)
