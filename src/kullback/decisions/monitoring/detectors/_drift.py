"""An estimator that says which columns drifted."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from kullback.decisions.monitoring.detectors._report import DriftReport
from kullback.estimators._options import check_confidence, generator
from kullback.inference import benjamini_hochberg, divergence_interval, two_sample_g_test

Floats = NDArray[np.float64]


class DriftDetector(BaseEstimator):  # type: ignore[misc]
    """Compares every column of new rows with the rows it was fitted on.

    The estimator decides about columns, not about rows: `predict` gives one sign for each column, by the convention of
    scikit-learn's outlier detectors: 1 where the column is like the reference, -1 where it drifted.

    Args:
        alpha: False discovery rate among the columns that are called drifted.
        cells: Stretches of equal mass in which the pooled values of a column are counted; NaN has a cell of its own.
        permutations: Most permutations where cells are light.
        random_state: Seed of the permutations.

    Attributes:
        reference_: The rows of `fit`.
        n_features_in_: Number of columns.

    References:
        Kullback (1959), Information Theory and Statistics, chapter 6; Benjamini and Hochberg (1995).

    Example:
        >>> import numpy as np
        >>> from kullback.decisions.monitoring.detectors import DriftDetector
        >>> rng = np.random.default_rng(0)
        >>> detector = DriftDetector().fit(rng.normal(size=(500, 2)))
        >>> detector.predict(rng.normal([0.0, 0.5], 1, size=(400, 2))).tolist()
        [1, -1]
    """

    def __init__(
        self, *, alpha: float = 0.05, cells: int = 10, permutations: int = 999, random_state: int | None = 0
    ) -> None:
        self.alpha = alpha
        self.cells = cells
        self.permutations = permutations
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect: NaN is allowed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803, ARG002 - the names of scikit-learn
        """Remember the reference.

        Args:
            X: Rows of the reference, shape ``(rows, columns)``; NaN is a value.
            y: Ignored.

        Returns:
            The detector.
        """
        check_confidence(self.alpha)
        self.reference_ = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        return self

    def detect(self, X: Any) -> DriftReport:  # noqa: N803
        """Compare new rows with the reference.

        Args:
            X: Rows, shape ``(rows, columns)``.

        Returns:
            Divergences, p-values and decisions, column by column.
        """
        check_is_fitted(self)
        current = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        rng = generator(self.random_state)
        rows = [self._column(current[:, place], self.reference_[:, place], rng) for place in range(current.shape[1])]
        bits, low, high, p_values = np.array(rows).T
        adjusted = benjamini_hochberg(p_values)
        names = getattr(self, "feature_names_in_", [f"x{place}" for place in range(current.shape[1])])
        sizes = len(self.reference_), len(current)
        drifted = adjusted <= self.alpha
        return DriftReport(tuple(map(str, names)), bits, low, high, p_values, adjusted, drifted, self.alpha, sizes)

    def predict(self, X: Any) -> NDArray[np.int64]:  # noqa: N803
        """Decide about every column.

        Args:
            X: Rows, shape ``(rows, columns)``.

        Returns:
            One sign for each column: 1 like the reference, -1 drifted.
        """
        return np.where(self.detect(X).drifted, -1, 1)

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803, ARG002
        """How like the reference new rows are; greater is more so, as everywhere in scikit-learn.

        Args:
            X: Rows, shape ``(rows, columns)``.
            y: Ignored.

        Returns:
            Minus the largest debiased D(current‖reference) of a column, in bits; about 0 without drift.
        """
        return -float(self.detect(X).bits.max())

    def _column(self, current: Floats, reference: Floats, rng: np.random.Generator) -> tuple[float, ...]:
        """Debiased bits, their interval and the p-value of one column, over cells that both sides chose alike."""
        pooled = np.concatenate([current, reference])
        known = pooled[~np.isnan(pooled)]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, self.cells + 1)[1:-1])) if len(known) else known
        counts = [_counted(side, edges) for side in (current, reference)]
        occupied = (counts[0] + counts[1]) > 0
        p, q = (side[occupied] for side in counts)
        found = divergence_interval(p, q)
        p_value, _ = two_sample_g_test(p, q, draws=self.permutations, rng=rng)
        low, high = found.bounds(0.95)
        return found.debiased / np.log(2), low / np.log(2), high / np.log(2), p_value


def _counted(values: Floats, edges: Floats) -> NDArray[np.int64]:
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    return np.append(counts, len(values) - len(known)).astype(np.int64)
