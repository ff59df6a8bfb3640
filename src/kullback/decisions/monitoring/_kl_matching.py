"""KL matching: a prediction against the typical prediction of each class."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import Array, InputError, Namespace, Shown, log_softmax, numbers, softmax_gap


@dataclass(frozen=True, eq=False, repr=False)
class KLMatching(Shown):
    """Typical predictions of the classes; give it to `ood_score` as `method`.

    Attributes:
        templates: Mean prediction of each class that was seen, shape ``(templates, classes)``.
        counts: Validation rows behind each.
    """

    templates: NDArray[np.float64]
    counts: NDArray[np.int64]

    @staticmethod
    def fit(probs: Any, labels: Any = None, /) -> "KLMatching":
        r"""Learn the templates $d_k = \overline{q}$ over validation rows of class k.

        Args:
            probs: Predictions on validation rows, shape ``(rows, classes)``, adding up to 1.
            labels: Classes of the rows; None for the predicted ones, as in the paper, which needs no labels.

        Returns:
            The fitted templates.

        Raises:
            InputError: Predictions or labels cannot be used.

        References:
            Hendrycks et al. (2022), Scaling out-of-distribution detection for real-world settings, ICML, section 4.

        Example:
            >>> from kullback.decisions.monitoring import KLMatching, ood_score
            >>> matching = KLMatching.fit([[0.9, 0.1], [0.7, 0.3], [0.1, 0.9]])
            >>> ood_score([[0.8, 0.2], [0.5, 0.5]], given="probs", method=matching).round(4).tolist()
            [0.0, 0.2231]
        """
        values = numbers(probs)
        if values.ndim != 2 or not values.size:
            raise InputError(
                f"probs has shape {values.shape}. Validation predictions of shape (rows, classes) are needed."
            )
        if not ((values >= 0).all() and (np.abs(values.sum(axis=1) - 1) < 1e-3).all()):
            raise InputError(
                "probs must hold probabilities that add up to 1 in every row. Pass logits through a softmax."
            )
        codes = values.argmax(axis=1) if labels is None else numbers(labels)
        if codes.shape != values.shape[:1] or (codes != np.rint(codes)).any():
            raise InputError(f"labels has shape {codes.shape}. One class for each of the {len(values)} rows is needed.")
        kinds, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
        sums = np.zeros((len(kinds), values.shape[1]))
        np.add.at(sums, places, values / values.sum(axis=1, keepdims=True))
        return KLMatching(sums / counts[:, None], counts.astype(np.int64))

    def score_of(self, xp: Namespace, logits: Array, /) -> Array:
        """The smallest D(q‖template) of every prediction.

        Args:
            xp: The namespace.
            logits: Logits of shape (..., classes).

        Returns:
            Nats of shape (...).

        Raises:
            InputError: The number of classes differs.
        """
        if logits.shape[-1] != self.templates.shape[1]:
            raise InputError(f"Predictions have {logits.shape[-1]} classes, the templates {self.templates.shape[1]}.")
        with np.errstate(all="ignore"):
            known = xp.asarray(np.log(self.templates), dtype=logits.dtype, device=getattr(logits, "device", None))
            q = log_softmax(xp, logits)[..., None, :]
            return xp.min(softmax_gap(q + xp.zeros_like(known), known + xp.zeros_like(q)), axis=-1)

    def __str__(self) -> str:
        templates, classes = self.templates.shape
        return f"KL matching: {templates} templates over {classes} classes from {int(self.counts.sum()):,} rows"
