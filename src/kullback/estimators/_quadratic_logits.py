"""Held-out logits that are quadratic in the columns: exact for Gaussians, and what trees are slow to learn."""

import warnings
from typing import Any

import numpy as np

from kullback.estimators._boosted_logits import frequency_codes
from kullback.estimators._folds import Labeled
from kullback.estimators._points import Floats

_REACH = 6.0  # robust standard deviations; a square of what lies beyond would drown all else
_LEVELS = 20  # categories of a column that get a term of their own
_TERMS = 1500
_ROWS_PER_TERM = 6
_TERMS_FOR_NEWTON = 150
_STRENGTHS = (0.2, 2.0, 20.0, 200.0, 2e3, 2e4)  # 1/penalty, in units of 1/rows
_STEPS = 200


def quadratic_logits(data: Labeled, categories: tuple[int, ...], /, *, halved: bool = False) -> Floats:
    """Logit of being a row of x at every row, by penalized logistic regressions that never saw its fold.

    Args:
        data: The rows.
        categories: Columns that hold labels.
        halved: Whether to learn from half of the rows only.

    Returns:
        The logits under the penalty with the least held-out loss.
    """
    terms = quadratic_terms(data.rows, categories)
    even = np.log(data.n / data.m)
    best, least = np.full(len(terms), even), data.loss(np.zeros(len(terms)))
    folds = [(plain_regression(), learn, held) for learn, held in data.splits(halved=halved)]
    for strength in _STRENGTHS if terms.shape[1] else ():
        logits = np.empty(len(terms))
        for model, learn, held in folds:
            model.set_params(C=strength / learn.sum())
            fit(model, terms[learn], data.is_x[learn], data.weights[learn])
            logits[held] = model.decision_function(terms[held])
        loss = data.loss(logits - even)
        if loss > least and strength > _STRENGTHS[1]:
            break
        if loss < least:
            best, least = logits, loss
    return best


def quadratic_terms(rows: Floats, categories: tuple[int, ...] = (), /) -> Floats:
    """Columns, their squares and products, labels and their products with columns; each with mean 0 and spread 1."""
    numbers = [column for column in range(rows.shape[1]) if column not in categories]
    values = _within_reach(rows[:, numbers])
    labels = [_indicators(rows[:, column]) for column in categories]
    marks = np.concatenate([np.empty((len(rows), 0)), *labels], axis=1)
    count = values.shape[1]
    left, right = np.triu_indices(count)
    blocks = [values, marks, values**2]
    if count * (count + 1) // 2 + count * marks.shape[1] <= _TERMS:
        crossed = (values[:, :, None] * marks[:, None, :]).reshape(len(rows), -1)
        blocks = [values, marks, values[:, left] * values[:, right], crossed]
    return _of_spread_one(np.concatenate(blocks, axis=1))


def _within_reach(values: Floats) -> Floats:
    """Columns by median and robust spread, cut off where they reach too far."""
    values = values / 2.0  # differences of the largest floats stay finite
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
    away = values - middle
    spread = (high - low) / 1.349
    spread = np.where(spread > 0, spread, np.abs(away).max(axis=0, initial=0.0))
    return np.asarray(np.clip(away / np.where(spread > 0, spread, 1.0), -_REACH, _REACH))


def _indicators(column: Floats) -> Floats:
    codes = frequency_codes(column)
    return np.asarray(codes[:, None] == np.arange(min(int(codes.max()) + 1, _LEVELS)), dtype=np.float64)


def products(rows: Floats, /) -> Floats:
    """Columns, their squares and, where these are not too many for the rows, their products; of spread 1."""
    count = rows.shape[1]
    left, right = np.triu_indices(count)
    if len(left) > min(_TERMS, len(rows) // _ROWS_PER_TERM):
        left = right = np.arange(count)
    return _of_spread_one(np.concatenate([rows, rows[:, left] * rows[:, right]], axis=1))


def _of_spread_one(terms: Floats) -> Floats:
    spread = terms.std(axis=0)
    keep = spread > 1e-9
    return np.asarray((terms[:, keep] - terms[:, keep].mean(axis=0)) / spread[keep])


def plain_regression(strength: float = 1.0, terms: int = _TERMS, /) -> Any:
    """A logistic regression with a penalty on squares that is divided by the strength."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a heavy import, only where needed

    # Newton's method is exact after few steps, but each costs the square of the terms.
    solver = "newton-cholesky" if terms <= _TERMS_FOR_NEWTON else "lbfgs"
    return LogisticRegression(C=strength, max_iter=_STEPS, warm_start=True, solver=solver)


def fit(model: Any, terms: Floats, is_x: Any, weights: Floats, /) -> Any:
    """Fit a logistic regression; a path that ends after its last step is as good as one step more."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - a heavy import, only where needed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(terms, is_x, sample_weight=weights)
