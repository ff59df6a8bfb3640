"""The divergence through a classifier that tells the rows of x from those of y."""

from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.estimators._boosted_logits import boosted_logits
from kullback.estimators._classifier_logits import checked_classifier, classifier_logits, need_sklearn
from kullback.estimators._estimate import Estimate
from kullback.estimators._folds import Labeled, check_folds, labeled
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.estimators._points import Floats, Points, read_points
from kullback.estimators._quadratic_logits import quadratic_logits
from kullback.estimators._ratio_interval import ratio_estimate, recalibrated

_SMALL, _LARGE = 4, 16  # leaves: trees that add columns up, and trees that cross several of them
_MANY_ROWS, _MORE_LEAVES = 20_000, 48


def classifier_ratio(
    x: Any,
    y: Any,
    /,
    *,
    classifier: Any = None,
    folds: int = 5,
    weights: Any = None,
    categories: tuple[int, ...] = (),
    confidence: float = 0.95,
    rng: Rng = None,
) -> Estimate:
    r"""Divergence through the odds of a classifier, cross-fitted: for sharp edges, mixed columns, many irrelevant ones.

    A classifier learns in all folds but one whether a row comes from x or from y; its logit at the rows held out, less
    $\log(n/m)$, is the log ratio $T$ there, and

    $$ D = E_x[T] $$

    after a logistic regression of the label on the held-out logits (Platt's recalibration). By default the logits of
    three models are mixed by that regression: boosted trees of few and of many leaves, and a quadratic logistic
    regression, which is exact for Gaussians.

    Args:
        x: Sample of p, shape ``(n,)`` or ``(n, d)``.
        y: Sample of q, shape ``(m,)`` or ``(m, d)``.
        classifier: Any classifier of scikit-learn with `predict_proba`; None for the mixture of three. It is cloned for
            every fold; where its `random_state` is None it gets a seed from `rng`.
        folds: Folds of the cross-fitting; fewer where a sample has fewer rows.
        weights: Pair of weights of the rows of x and of y.
        categories: Columns that hold codes of labels rather than quantities. A `classifier` of your own gets them as
            they are.
        confidence: Level of the interval.
        rng: Seed or generator that deals rows into folds.

    Returns:
        The estimate in nats, with the held-out log ratio at every row of x. What a model learns from all rows beyond
        what it learns from half of them is added once more, as the next rows would add about as much.

    Raises:
        InputError: The samples or options cannot be used, or the classifier has no `predict_proba`.
        MissingExtraError: scikit-learn is not installed.

    Note:
        In expectation a held-out ratio gives no more than the divergence, so what no model has learned is missing: the
        interval is meant for divergences well below ln min(n, m) and shapes that the models can learn. Beyond, its
        upper end is `inf` and `reliable` is False. Equal laws are called different (lower end above 0) in fewer than
        5 % of all samples.

    References:
        Bickel, Brückner and Scheffer (2009), Journal of Machine Learning Research 10; Nguyen, Wainwright and Jordan
        (2010), IEEE Transactions on Information Theory 56; Wolpert (1992), Neural Networks 5, for the mixture.

    Example:
        >>> import numpy as np
        >>> from kullback.estimators import classifier_ratio
        >>> rng = np.random.default_rng(0)
        >>> found = classifier_ratio(rng.uniform(0, 1, (500, 2)), rng.uniform(0, 1.2, (500, 2)))
        >>> bool(found.interval[0] < 2 * np.log(1.2) < found.interval[1])
        True
    """
    need_sklearn("classifier_ratio")
    points = read_points(x, y, weights=weights)
    level, chance = check_confidence(confidence), generator(rng)
    classifier = checked_classifier(classifier, weighted=points.x_weights is not None or points.y_weights is not None)
    columns = _checked_columns(categories, points.d)
    data = labeled(points, check_folds(folds), chance)
    full = _logits(data, classifier, columns, halved=False)
    half = _logits(data, classifier, columns, halved=True)
    return ratio_estimate(full, half, data, level, "classifier_ratio")


def held_out_log_ratios(
    points: Points,
    rng: np.random.Generator,
    /,
    *,
    classifier: Any = None,
    folds: int = 5,
    categories: tuple[int, ...] = (),
) -> tuple[Floats, Floats]:
    """Held-out, recalibrated log ratios, by which models can be compared.

    Args:
        points: The samples.
        rng: Generator that deals rows into folds.
        classifier: As for `classifier_ratio`.
        folds: Folds of the cross-fitting.
        categories: Columns that hold codes of labels.

    Returns:
        The log ratios at the rows of x and of y.
    """
    data = labeled(points, folds, rng)
    log_ratios = recalibrated(_logits(data, classifier, categories, halved=False), data)
    return log_ratios[data.is_x], log_ratios[~data.is_x]


def _logits(data: Labeled, classifier: Any, categories: tuple[int, ...], *, halved: bool) -> Floats:
    """Held-out logits of shape ``(models, n + m)``."""
    if classifier is not None:
        return classifier_logits(data, classifier, halved=halved)[None, :]
    large = _LARGE if len(data.rows) < _MANY_ROWS else _MORE_LEAVES
    boosted = [boosted_logits(data, leaves, categories, halved=halved)[0] for leaves in (_SMALL, large)]
    return np.stack([*boosted, quadratic_logits(data, categories, halved=halved)])


def _checked_columns(categories: Any, count: int) -> tuple[int, ...]:
    if isinstance(categories, str) or not hasattr(categories, "__iter__"):
        raise InputError(f"categories = {categories!r} are no column numbers. Give a tuple such as (0, 2).")
    columns = tuple(categories)
    for column in columns:
        if isinstance(column, bool) or not isinstance(column, int | np.integer) or not -count <= column < count:
            raise InputError(f"categories name column {column!r}; x has {count}. Give numbers from 0 to {count - 1}.")
    return tuple(sorted({int(column) % count for column in columns}))
