"""Held-out logits of boosted trees, grown in all folds at once until none of them learns more."""

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback.estimators._folds import Labeled
from kullback.estimators._points import Floats

# Trees after which the loss is looked at: early stopping on the pooled held-out rows of all folds, which is much less
# noisy than on a part of each fold's own rows.
_STAGES = (1, 2, 4, 7, 12, 18, 27, 40, 60, 90, 135, 200, 300, 450)
_PATIENCE = 2
_RATE = 0.2
_THREADS_FROM = 40_000  # rows; for fewer, threads wait for each other longer than they work
_LEVELS = 250  # categories that trees keep apart


def boosted_logits(
    data: Labeled, leaves: int, categories: tuple[int, ...], /, *, halved: bool = False, most: int = _STAGES[-1]
) -> tuple[Floats, int]:
    """Logit of being a row of x at every row, by boosted trees that never saw its fold.

    Args:
        data: The rows.
        leaves: Leaves of every tree.
        categories: Columns that hold labels.
        halved: Whether to learn from half of the rows only.
        most: Trees at most.

    Returns:
        The logits, and the number of trees; 0 trees where none of them lowers the held-out loss.
    """
    rows = _coded(data.rows, categories)
    folds = [
        (_trees(data, int(learn.sum()), leaves, categories), learn, held) for learn, held in data.splits(halved=halved)
    ]
    best, fewest = np.full(len(rows), np.log(data.n / data.m)), 0
    least, worse = data.loss(np.zeros(len(rows))), 0
    with _one_thread(len(rows)):
        for trees in (stage for stage in _STAGES if stage <= most):
            logits = np.empty(len(rows))
            for model, learn, held in folds:
                model.set_params(max_iter=trees)
                model.fit(rows[learn], data.is_x[learn], sample_weight=data.weights[learn] if data.weighted else None)
                logits[held] = model.decision_function(rows[held])
            loss = data.loss(logits - np.log(data.n / data.m))
            if loss < least:
                best, fewest, least, worse = logits, trees, loss, 0
            else:
                worse += 1
            if worse == _PATIENCE:
                break
    return best, fewest


def _trees(data: Labeled, size: int, leaves: int, categories: tuple[int, ...]) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - a heavy import, only where needed

    return HistGradientBoostingClassifier(
        learning_rate=_RATE,
        max_leaf_nodes=leaves,
        min_samples_leaf=int(np.clip(size // 40, 3, 20)),
        l2_regularization=1.0,
        categorical_features=list(categories) or None,
        early_stopping=False,
        warm_start=True,
        random_state=data.seed,
    )


def _coded(rows: Floats, categories: tuple[int, ...]) -> Floats:
    """Labels as codes from 0, the most frequent first; the rarest share the last one."""
    rows = rows.copy() if categories else rows
    for column in categories:
        rows[:, column] = np.minimum(frequency_codes(rows[:, column]), _LEVELS)
    return rows


def frequency_codes(column: Floats, /) -> NDArray[np.intp]:
    """Labels as whole numbers from 0, the most frequent first."""
    _, codes, counts = np.unique(column, return_inverse=True, return_counts=True)
    places = np.empty(len(counts), dtype=np.intp)
    places[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return places[codes]


def _one_thread(rows: int) -> AbstractContextManager[Any]:
    if rows >= _THREADS_FROM:
        return nullcontext()
    limit = import_module("threadpoolctl").threadpool_limits  # comes with scikit-learn

    limits: AbstractContextManager[Any] = limit(1)
    return limits
