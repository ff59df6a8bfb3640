"""What an ensemble does not know: the part that more data would remove, and the part that nothing would."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, Shown, numbers, shares_gap
from kullback.decisions.forecasts import ForecastScore, score_forecasts
from kullback.decisions.monitoring._ood_report import OODReport, evaluate_ood
from kullback.divergences._arrays import shares_entropy

Floats = NDArray[np.float64]
KINDS = ("total", "aleatoric", "epistemic")


@dataclass(frozen=True, eq=False, repr=False)
class UncertaintyReport(Shown):
    """Uncertainty of an ensemble's predictions row by row, in nats, and what it is worth.

    Attributes:
        total: Entropy of the mean prediction of each row.
        aleatoric: Mean entropy of the members: what they agree is chance.
        epistemic: Mean D(member‖mean): what they disagree about; total = aleatoric + epistemic in every row.
        mean: Mean predictions, shape ``(rows, classes)``.
        score: Log score of the mean predictions with its calibration, where labels were given.
        outliers: The same report of rows out of distribution, where they were given.
        separation: How well each of "total", "aleatoric" and "epistemic" tells them apart, where they were given.
        members: Number of members.
    """

    total: Floats
    aleatoric: Floats
    epistemic: Floats
    mean: Floats
    score: ForecastScore | None
    outliers: "UncertaintyReport | None"
    separation: dict[str, OODReport]
    members: int

    def plot(self) -> Any:
        """Draw epistemic against aleatoric uncertainty, for both kinds of rows, and the reliability of confidence.

        Returns:
            A figure of matplotlib.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.decisions.monitoring._uncertainty_picture import uncertainty_picture  # noqa: PLC0415 - an extra

        return uncertainty_picture(self)

    def __str__(self) -> str:
        bits = np.log(2)
        lines = [f"{self.members} members, {len(self.total):,} rows; means in bits: total = aleatoric + epistemic"]
        for name, one in (("in distribution", self), ("out of distribution", self.outliers)):
            if one is not None:
                parts = (one.total.mean() / bits, one.aleatoric.mean() / bits, one.epistemic.mean() / bits)
                lines.append("  {:<20} {:.4g} = {:.4g} + {:.4g}".format(name, *parts))
        for kind, found in self.separation.items():
            low, high = found.auroc.interval
            lines.append(f"  AUROC by {kind:<10} {found.auroc.value:.3f} [{low:.3f}, {high:.3f}]")
        if self.score is not None:
            lost = self.score.miscalibration.bits
            lines.append(
                f"  log score {self.score.bits:.4g} bits, of which miscalibration {lost:.4g} bits, mean "
                "D(frequencies in bin‖forecast)"
            )
        return "\n".join(lines)


def uncertainty_report(
    member_probs: Any, /, *, labels: Any = None, outliers: Any = None, bins: Any = None
) -> UncertaintyReport:
    r"""Does an ensemble know what it does not know? Its uncertainty in two parts, its calibration, and outliers.

    With members $q_1 \dots q_M$ and their mean $\bar q$, in every row

    $$ H(\bar q) = \frac1M \sum_i H(q_i) + \frac1M \sum_i D(q_i \,\|\, \bar q) $$

    The second part is the mutual information of prediction and member: what they disagree about.

    Args:
        member_probs: Predictions of the members, shape ``(members, rows, classes)``; posterior draws or passes with
            dropout are members too.
        labels: Classes of the rows, for the calibration of the mean prediction.
        outliers: Predictions of the members on rows out of distribution, shape ``(members, other rows, classes)``.
        bins: Bins of the calibration, as in `score_forecasts`.

    Returns:
        The report.

    Raises:
        InputError: Shapes do not fit, or rows do not add up to 1.

    Note:
        The epistemic part is summed as divergences, not as a difference of entropies, so it keeps its digits where
        members agree. Few members show too little of it.

    References:
        Depeweg et al. (2018), ICML; Lakshminarayanan, Pritzel and Blundell (2017), NeurIPS, for ensembles.

    Example:
        >>> from kullback.decisions.monitoring import uncertainty_report
        >>> found = uncertainty_report([[[0.9, 0.1], [0.5, 0.5]], [[0.1, 0.9], [0.5, 0.5]]])
        >>> found.aleatoric.round(4).tolist(), found.epistemic.round(4).tolist()
        ([0.3251, 0.6931], [0.3681, 0.0])
    """
    probs = _read(member_probs, "member_probs")
    other = None
    if outliers is not None:
        rest = _read(outliers, "outliers")
        if rest.shape[2] != probs.shape[2]:
            raise InputError(
                f"outliers have {rest.shape[2]} classes, member_probs {probs.shape[2]}. The same are needed."
            )
        other = _report(rest, None, None, {})
    total, aleatoric, epistemic, mean = _parts(probs)
    separation = {}
    if other is not None:
        separation = {
            kind: evaluate_ood(scores, getattr(other, kind))
            for kind, scores in zip(KINDS, (total, aleatoric, epistemic), strict=True)
        }
    score = None if labels is None else score_forecasts(mean, labels, bins=bins)
    return _report(probs, score, other, separation)


def _report(
    probs: Floats, score: ForecastScore | None, other: UncertaintyReport | None, separation: dict[str, OODReport]
) -> UncertaintyReport:
    return UncertaintyReport(*_parts(probs), score, other, separation, len(probs))


def _parts(probs: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    mean = probs.mean(axis=0)
    aleatoric = shares_entropy(np, probs).mean(axis=0)
    epistemic = np.asarray(shares_gap(probs, np.broadcast_to(mean, probs.shape))).mean(axis=0)
    return np.asarray(shares_entropy(np, mean)), np.asarray(aleatoric), epistemic, mean


def _read(value: Any, name: str) -> Floats:
    array = numbers(value)
    if array.ndim != 3 or 0 in array.shape:
        raise InputError(f"{name} has shape {array.shape}. Shape (members, rows, classes) is needed.")
    totals = array.sum(axis=2)
    if not (array >= 0).all() or (np.abs(totals - 1) > 1e-3).any():
        raise InputError(
            f"{name} must hold probabilities that add up to 1 over the classes. Pass logits through a softmax."
        )
    shares: Floats = array / totals[:, :, None]
    return shares
