"""Held-out logits of any classifier of scikit-learn."""

import inspect
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from kullback._core import InputError, MissingExtraError
from kullback.estimators._folds import Labeled, Mask
from kullback.estimators._points import Floats

Fitted = Callable[[Floats], Floats]


def need_sklearn(method: str, /) -> None:
    """Raise an error with the install command where scikit-learn is not installed."""
    if find_spec("sklearn") is None:
        raise MissingExtraError(f"{method} needs scikit-learn: pip install 'kullback[classifier]'.")


def checked_classifier(classifier: Any, /, *, weighted: bool) -> Any:
    """A classifier that can be cloned, fitted (with weights, where rows have some) and asked for probabilities.

    Raises:
        InputError: It cannot.
    """
    if classifier is None:
        return None
    lacking = [name for name in ("fit", "predict_proba", "get_params") if not hasattr(classifier, name)]
    if isinstance(classifier, type) or lacking:
        what = "is a class, not an object" if isinstance(classifier, type) else f"has no {lacking[0]}"
        raise InputError(
            f"classifier = {classifier!r} {what}. A classifier of scikit-learn with predict_proba is needed; "
            "CalibratedClassifierCV(classifier) gives it to those without."
        )
    if weighted and "sample_weight" not in inspect.signature(classifier.fit).parameters:
        raise InputError(
            f"{type(classifier).__name__} takes no sample_weight, and rows have weights. "
            "Leave weights out, or classifier."
        )
    return classifier


def classifier_logits(data: Labeled, classifier: Any, /, *, halved: bool = False) -> Floats:
    """Logit of being a row of x at every row, by clones of a classifier that never saw its fold.

    Args:
        data: The rows.
        classifier: A checked classifier.
        halved: Whether to learn from half of the rows only.

    Returns:
        The logits; chances of 0 and 1 count as half a row of all.
    """
    logits = np.empty(len(data.rows))
    for learn, held in data.splits(halved=halved):
        weights = data.weights[learn] if data.weighted else None
        logits[held] = fitted_classifier(classifier, data.rows[learn], data.is_x[learn], weights, data.seed)(
            data.rows[held]
        )
    return logits


def fitted_classifier(classifier: Any, rows: Floats, is_x: Mask, weights: Floats | None, seed: int, /) -> Fitted:
    """A function from rows to logits, from a clone of a classifier fitted to labeled rows.

    Raises:
        InputError: Its chances are no numbers.
    """
    from sklearn.base import clone  # noqa: PLC0415 - a heavy import, only where needed

    model = clone(classifier)
    _seed(model, seed)
    model.fit(rows, is_x.astype(np.int64), **({} if weights is None else {"sample_weight": weights}))
    place, least = list(model.classes_).index(1), 0.5 / (len(rows) + 1)

    def logits(at: Floats) -> Floats:
        chances = model.predict_proba(at)[:, place]
        if not np.all(np.isfinite(chances)):
            raise InputError(f"{type(classifier).__name__} gave chances that are no numbers. Use another classifier.")
        chances = np.clip(chances, least, 1.0 - least)
        return np.asarray(np.log(chances) - np.log1p(-chances))

    return logits


def _seed(model: Any, seed: int) -> None:
    """Give a seed to what would otherwise change from call to call."""
    open_ends = {name: seed for name, value in model.get_params().items() if value is None and _is_seed(name)}
    if open_ends:
        model.set_params(**open_ends)


def _is_seed(name: str) -> bool:
    return name == "random_state" or name.endswith("__random_state")
