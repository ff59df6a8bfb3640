"""One bridge of a chain of density ratios: waymarks between two samples and the classifier that tells them apart."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback.estimators._classifier_logits import Fitted, fitted_classifier
from kullback.estimators._folds import Labeled
from kullback.estimators._points import Floats
from kullback.estimators._quadratic_logits import fit, plain_regression, products

_STRENGTH = 10.0  # 1/penalty of the regression on terms of spread 1; the jackknife takes the rest of its bias


@dataclass(frozen=True, eq=False)
class Pairs:
    """Rows of x and of y side by side, of the same fold.

    Attributes:
        x: Array of shape ``(pairs, d)``.
        y: Array of the same shape.
        weights: Weight of every pair.
        fold: Fold of every pair.
    """

    x: Floats
    y: Floats
    weights: Floats
    fold: NDArray[np.intp]

    def waymark(self, share: float) -> Floats:
        """Rows on the way from x, at 0, to y, at 1, of the same spread as these."""
        return np.asarray(np.sqrt(1.0 - share**2) * self.x + share * self.y)


@dataclass(frozen=True, eq=False)
class Bridge:
    """The log ratio of two neighboring waymarks.

    Attributes:
        length: Its held-out mean at the nearer waymark: the divergence of the two.
        full: Mean at the rows of x from a fit to all rows.
        without: The same from fits without each fold, at the rows of the other folds.
        held_out: Values at the rows of x, each from the fit without it.
    """

    length: float
    full: float
    without: Floats
    held_out: Floats


def paired(data: Labeled, rng: np.random.Generator, /) -> Pairs:
    """Pairs within folds; where a side has fewer rows they are used again, with less weight each time."""
    left, right, fold = [], [], []
    for number in range(int(data.fold.max()) + 1):
        sides = [rng.permutation(np.flatnonzero(side & (data.fold == number))) for side in (data.is_x, ~data.is_x)]
        size = max(len(side) for side in sides)
        left.append(np.resize(sides[0], size))
        right.append(np.resize(sides[1], size))
        fold.append(np.full(size, number))
    x, y = np.concatenate(left), np.concatenate(right)
    times = np.bincount(np.concatenate([x, y]), minlength=len(data.rows))
    weights = data.weights[x] / times[x] * data.weights[y] / times[y]
    return Pairs(data.rows[x], data.rows[y], weights * len(x) / weights.sum(), np.concatenate(fold))


def bridge_between(pairs: Pairs, data: Labeled, start: float, end: float, classifier: Any, /) -> Bridge:
    """Learn the log ratio of two waymarks and read it at the rows of x.

    Args:
        pairs: The pairs.
        data: The samples, with the folds of the pairs.
        start: Where the nearer waymark stands, from 0 to 1.
        end: Where the farther one stands.
        classifier: A classifier of scikit-learn, or None for a quadratic logistic regression.

    Returns:
        The bridge.
    """
    size, x_rows = len(pairs.fold), data.rows[data.is_x]
    rows = np.concatenate([pairs.waymark(start), pairs.waymark(end), x_rows])
    if classifier is None:
        rows = products(rows)
    marks, at_x, near = rows[: 2 * size], rows[2 * size :], rows[:size]
    is_near = np.arange(2 * size) < size
    weights, fold = np.tile(pairs.weights, 2), np.tile(pairs.fold, 2)
    x_weights, x_fold = data.weights[data.is_x] / data.n, data.fold[data.is_x]
    learned = _learner(classifier, data)
    without, held_out, length = [], np.empty(len(at_x)), 0.0
    for number in range(int(fold.max()) + 1):
        known, own = fold != number, x_fold == number
        logits = learned(marks[known], is_near[known], weights[known])
        values = logits(at_x)
        held_out[own] = values[own]
        without.append(float(x_weights[~own] @ values[~own]) / float(x_weights[~own].sum()))
        judged = pairs.fold == number
        length += float(pairs.weights[judged] @ logits(near[judged])) / size
    full = float(x_weights @ learned(marks, is_near, weights)(at_x)) if classifier is None else float("nan")
    return Bridge(length, full, np.array(without), held_out)


def _learner(classifier: Any, data: Labeled) -> Any:
    """What fits rows, sides and weights and gives a function from rows to logits."""

    def regression(rows: Floats, is_near: Any, weights: Floats) -> Fitted:
        model = fit(plain_regression(_STRENGTH, rows.shape[1]), rows, is_near, weights)
        logits: Fitted = model.decision_function
        return logits

    def given(rows: Floats, is_near: Any, weights: Floats) -> Fitted:
        return fitted_classifier(classifier, rows, is_near, weights if data.weighted else None, data.seed)

    return regression if classifier is None else given
