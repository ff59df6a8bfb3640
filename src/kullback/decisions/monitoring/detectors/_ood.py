"""An estimator that says which rows do not belong."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from kullback._core import InputError
from kullback.decisions.monitoring._kl_matching import KLMatching
from kullback.decisions.monitoring._ood_scores import METHODS, ood_score

Floats = NDArray[np.float64]
_OF_LOGITS = ("energy", "max_logit")
_ALL = (*METHODS, "kl_matching")


class OODDetector(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Tells rows apart that are unlike those a classifier learned from, by the shape of its predictions.

    Signs are those of scikit-learn: `score_samples` and `decision_function` are high for ordinary rows (minus the score
    of `ood_score`), `predict` gives 1 for ordinary rows and -1 for others.

    Args:
        classifier: A classifier with `predict_proba`, or with `decision_function` for "energy" and "max_logit"; it is
            cloned. None for a logistic regression.
        method: As in `ood_score`, or "kl_matching".
        contamination: Share of ordinary rows to come that is called out-of-distribution, on average at most (1 over the
            rows held out, where that is more).
        held_out: Share of the rows of `fit` that the classifier does not learn from: they give the threshold, as a
            classifier is surer of rows that it knows.
        random_state: Seed that deals the rows.

    Attributes:
        classifier_: The fitted classifier.
        classes_: Its classes.
        matching_: Templates of "kl_matching", otherwise None.
        offset_: The threshold: `decision_function` is `score_samples` less this.
        n_features_in_: Number of columns.

    References:
        Hendrycks and Gimpel (2017), ICLR; Papadopoulos, Proedrou, Vovk and Gammerman (2002), ECML, for thresholds from
        rows held out.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from kullback.decisions.monitoring.detectors import OODDetector
        >>> x, y = load_iris(return_X_y=True)
        >>> detector = OODDetector().fit(x[y != 1], y[y != 1])
        >>> bool(detector.score_samples(x[y != 1]).mean() > detector.score_samples(x[y == 1]).mean())
        True
    """

    def __init__(
        self,
        classifier: Any = None,
        *,
        method: str = "entropy",
        contamination: float = 0.05,
        held_out: float = 0.25,
        random_state: int | None = 0,
    ) -> None:
        self.classifier = classifier
        self.method = method
        self.contamination = contamination
        self.held_out = held_out
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect: labels are needed."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803 - the name of scikit-learn
        """Fit the classifier, and the threshold on held-out predictions.

        Args:
            X: Rows in distribution, shape ``(rows, columns)``.
            y: Their classes.

        Returns:
            The detector.

        Raises:
            InputError: An option is not known, or there are no labels.
        """
        if y is None:
            raise InputError("OODDetector requires y to be passed, but the target y is None: it fits a classifier.")
        if self.method not in _ALL:
            raise InputError(f"method = {self.method!r} is not known. Choose from {', '.join(_ALL)}.")
        for name in ("contamination", "held_out"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(f"{name} = {getattr(self, name)!r}. A share between 0 and 1 is needed.")
        X, y = validate_data(self, X, y)  # noqa: N806
        check_classification_targets(y)
        learned, classes, kept = self._dealt(X, y)
        plain = LogisticRegression(max_iter=1000) if self.classifier is None else self.classifier
        self.classifier_ = clone(plain).fit(learned, classes)
        self.classes_ = self.classifier_.classes_
        held = self._predictions(kept)
        self.matching_: KLMatching | None = KLMatching.fit(np.exp(held)) if self.method == "kl_matching" else None
        # The k-th lowest of m exchangeable rows is above a further one with a chance of at most k / (m + 1).
        rank = max(1, int(self.contamination * (len(held) + 1)))
        self.offset_ = float(np.sort(self._score(held))[rank - 1])
        return self

    def fit_predict(self, X: Any, y: Any = None, **kwargs: Any) -> NDArray[np.int64]:  # noqa: N803
        """Fit, and decide about the same rows; the mixin would lose the labels.

        Args:
            X: Rows in distribution, shape ``(rows, columns)``.
            y: Their classes.
            kwargs: Handed to `fit`.

        Returns:
            1 for ordinary rows, -1 for those out of distribution.
        """
        return self.fit(X, y, **kwargs).predict(X)

    def score_samples(self, X: Any) -> Floats:  # noqa: N803
        """Minus the score of `ood_score`: high for ordinary rows.

        Args:
            X: Rows, shape ``(rows, columns)``.

        Returns:
            One number for each row, in nats (a probability for "max_softmax").
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)  # noqa: N806
        return self._score(self._predictions(X))

    def decision_function(self, X: Any) -> Floats:  # noqa: N803
        """`score_samples` less the threshold: negative for rows out of distribution.

        Args:
            X: Rows, shape ``(rows, columns)``.

        Returns:
            One number for each row.
        """
        found = self.score_samples(X)
        with np.errstate(invalid="ignore"):
            return np.where(found == self.offset_, 0.0, found - self.offset_)  # both may be infinite

    def predict(self, X: Any) -> NDArray[np.int64]:  # noqa: N803
        """Decide about every row.

        Args:
            X: Rows, shape ``(rows, columns)``.

        Returns:
            1 for ordinary rows, -1 for those out of distribution.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _source(self) -> str:
        if self.method in _OF_LOGITS:
            return "decision_function"
        # Probabilities would round to 0 and 1 where their logarithms do not.
        return "predict_log_proba" if hasattr(self.classifier_, "predict_log_proba") else "predict_proba"

    def _dealt(self, X: Floats, y: Any) -> tuple[Floats, Any, Floats]:  # noqa: N803
        """Rows to learn from, their classes, and rows for the threshold; very few rows serve for both."""
        kinds, sizes = np.unique(y, return_counts=True)
        held = int(np.ceil(self.held_out * len(y)))
        if sizes.min() < 2 or held < len(kinds) or len(y) - held < len(kinds):
            return X, y, X
        options = {"test_size": held, "stratify": y, "random_state": self.random_state}
        learned, kept, classes, _ = train_test_split(X, y, **options)
        return learned, classes, kept

    def _predictions(self, X: Floats) -> Floats:  # noqa: N803
        """Predictions as logits, or as logarithms of probabilities."""
        with np.errstate(divide="ignore"):
            values = np.asarray(getattr(self.classifier_, self._source())(X), dtype=np.float64)
            if self._source() == "predict_proba":
                return np.log(values)
        return np.stack([np.zeros(len(values)), values], axis=1) if values.ndim == 1 else values

    def _score(self, predictions: Floats) -> Floats:
        given = "logits" if self.method in _OF_LOGITS else "log_probs"
        method = self.method if self.matching_ is None else self.matching_
        scores: Floats = -np.asarray(ood_score(predictions, method=method, given=given))
        return scores
