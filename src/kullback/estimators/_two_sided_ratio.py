"""One cross-fitted ratio of two samples, and everything that it says: both divergences, a test, every row's ratio."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback.estimators._boosted_logits import boosted_logits
from kullback.estimators._classifier_logits import need_sklearn
from kullback.estimators._estimate import Estimate
from kullback.estimators._folds import Labeled, in_units, labeled
from kullback.estimators._points import Floats, Points
from kullback.estimators._quadratic_logits import quadratic_logits
from kullback.estimators._ratio_interval import chance_of_scores, ratio_estimate, recalibrated

_LEAVES = 16
_MOST_TREES = 135
_FOLDS = 5


@dataclass(frozen=True, eq=False)
class TwoSidedRatio:
    """What a cross-fitted ratio says.

    Attributes:
        forward: D(x‖y) in nats.
        reverse: D(y‖x) in nats.
        p_value: Chance of held-out rows telling the sides apart so well if both laws were one.
        x: Held-out log ratio of p to q in nats at every row of x, shape ``(n,)``.
        y: Likewise at every row of y, shape ``(m,)``.
    """

    forward: Estimate
    reverse: Estimate
    p_value: float
    x: Floats
    y: Floats


def two_sided_ratio(
    points: Points,
    rng: np.random.Generator,
    /,
    *,
    categories: tuple[int, ...] = (),
    units: NDArray[np.intp] | None = None,
    confidence: float = 0.95,
) -> TwoSidedRatio:
    """Fit a ratio once and read everything from it.

    Boosted trees over all columns and a quadratic logistic regression over the numbers are mixed, as by
    `classifier_ratio`.

    Args:
        points: The samples; p of x, q of y.
        rng: Generator that deals rows or units into folds.
        categories: Columns that hold codes of labels.
        units: Number of the unit of each row, those of x first; whole units are then dealt into folds and independent.
        confidence: Level of the intervals.

    Returns:
        The figures. The p-value is that of `chance_of_scores` times the models: it asks whether there is a difference,
        while the interval also allows for what a learner misses and may reach zero all the same.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    need_sklearn("a ratio of whole rows")
    data = labeled(points, _FOLDS, rng)
    if units is not None:
        data = in_units(data, units, rng)
    full, half = (_logits(data, categories, halved=halved) for halved in (False, True))
    forward = ratio_estimate(full, half, data, confidence, "classifier_ratio")
    backward = replace(data, is_x=~data.is_x)
    reverse = replace(ratio_estimate(-full, -half, backward, confidence, "classifier_ratio"), quantity="D(y‖x)")
    log_ratios = recalibrated(full, data)
    x, y = log_ratios[data.is_x], log_ratios[~data.is_x]
    # Of several models the mix takes the one that scores better on these rows.
    chance = min(1.0, len(full) * chance_of_scores(log_ratios, data))
    return TwoSidedRatio(forward, reverse, chance, x, y)


def _logits(data: Labeled, categories: tuple[int, ...], *, halved: bool) -> Floats:
    models = [boosted_logits(data, _LEAVES, categories, halved=halved, most=_MOST_TREES)[0]]
    numbers = [column for column in range(data.rows.shape[1]) if column not in categories]
    if numbers:
        models.append(quadratic_logits(replace(data, rows=data.rows[:, numbers]), (), halved=halved))
    return np.stack(models)
