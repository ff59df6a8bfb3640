"""How well a score tells out-of-distribution rows from the others."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback._core import InputError, Shown, numbers
from kullback.estimators import Estimate
from kullback.estimators._options import Rng, check_confidence, generator

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class OODReport(Shown):
    """How well scores separate, out-of-distribution rows being those to be found.

    Attributes:
        auroc: Chance that such a row scores higher than an ordinary one, ties half; ½ is chance.
        fpr: Share of out-of-distribution rows taken for ordinary at the threshold that keeps `kept` of ordinary ones.
        aupr: Mean precision of the rows flagged, over all thresholds; chance is the share of such rows.
        threshold: The threshold behind `fpr`.
        kept: Share of ordinary rows that it keeps.
        scores_in: Scores of ordinary rows, ascending.
        scores_out: Scores of out-of-distribution rows, ascending.
    """

    auroc: Estimate
    fpr: Estimate
    aupr: Estimate
    threshold: float
    kept: float
    scores_in: Floats
    scores_out: Floats

    def plot(self) -> Any:
        """Draw the scores of both kinds of rows, and the curve of rows found against false alarms.

        Returns:
            A figure of matplotlib.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.decisions.monitoring._ood_picture import separation_picture  # noqa: PLC0415 - an extra

        return separation_picture(self)

    def __str__(self) -> str:
        n, m = len(self.scores_in), len(self.scores_out)
        keep = f"{100 * self.kept:g} % of those in"
        lines = [
            f"{n:,} rows in distribution, {m:,} out of it; higher scores are taken for out of distribution",
            f"  AUROC {_text(self.auroc)}: chance that the score of one out is above that of one in",
            f"  FPR   {_text(self.fpr)}: share of those out taken for in where {keep} are kept",
            f"  AUPR  {_text(self.aupr)}: mean precision; {m / (n + m):.3g} by chance",
        ]
        return "\n".join(lines)


def _text(found: Estimate) -> str:
    return f"{found.value:.4f} [{found.interval[0]:.4f}, {found.interval[1]:.4f}]"


def evaluate_ood(
    scores_in: Any,
    scores_out: Any,
    /,
    *,
    kept: float = 0.95,
    confidence: float = 0.95,
    draws: int = 400,
    rng: Rng = None,
) -> OODReport:
    r"""AUROC, false positive rate and precision of a score, each with an interval.

    $$ \text{AUROC} = P(s_\text{out} > s_\text{in}) + \tfrac12 P(s_\text{out} = s_\text{in}) $$

    Args:
        scores_in: Scores of rows like those of training, any shape; higher is more out-of-distribution.
        scores_out: Scores of rows that are not.
        kept: Share of ordinary rows that the threshold of the false positive rate keeps: 0.95 for "FPR at 95 % TPR",
            where true positives are ordinary rows that are kept.
        confidence: Level of the intervals.
        draws: Bootstrap draws for the intervals of `fpr` and `aupr`.
        rng: Seed or generator of the draws.

    Returns:
        The report.

    Raises:
        InputError: Scores are NaN, or there are none.

    Note:
        The interval of the AUROC is DeLong's on the logit scale. Where all rows are told apart it is one-sided and
        follows from that many disjoint pairs without an error. The others are bootstrap percentiles.

    References:
        DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44; Hendrycks and Gimpel (2017), ICLR.

    Example:
        >>> from kullback.decisions.monitoring import evaluate_ood
        >>> print(evaluate_ood([0.1, 0.2, 0.3, 0.4], [0.35, 0.9, 0.8]).auroc.value.__round__(4))
        0.9167
    """
    confidence = check_confidence(confidence)
    if not 0 < kept < 1:
        raise InputError(f"kept = {kept!r}. A share between 0 and 1 is needed.")
    inside, outside = _scores(scores_in, "scores_in"), _scores(scores_out, "scores_out")
    chance = generator(rng)
    sides = len(inside), len(outside), confidence
    auroc = _estimate("AUROC", "DeLong", *_delong(inside, outside, confidence), sides)
    threshold = _threshold(inside, kept)
    found = {"FPR": _fpr(inside, outside, kept), "AUPR": _aupr(inside, outside)}
    drawn: dict[str, list[float]] = {"FPR": [], "AUPR": []}
    for _ in range(draws):
        one, two = (np.sort(chance.choice(side, len(side))) for side in (inside, outside))
        drawn["FPR"].append(_fpr(one, two, kept))
        drawn["AUPR"].append(_aupr(one, two))
    rest = {}
    for name, figure in found.items():
        ends = np.quantile(drawn[name], [(1 - confidence) / 2, (1 + confidence) / 2]) if draws else (0.0, 1.0)
        spread = float(np.std(drawn[name])) if draws else math.nan
        rest[name] = _estimate(name, "bootstrap", figure, spread, (float(ends[0]), float(ends[1])), sides)
    return OODReport(auroc, rest["FPR"], rest["AUPR"], threshold, float(kept), inside, outside)


def _scores(values: Any, name: str) -> Floats:
    array = np.sort(numbers(values).ravel())
    if not array.size or np.isnan(array).any():
        raise InputError(f"{name} holds {'NaN' if array.size else 'no scores'}. One number for each row is needed.")
    return array


def _estimate(
    name: str, method: str, value: float, stderr: float, interval: tuple[float, float], sides: tuple[int, int, float], /
) -> Estimate:
    n, m, confidence = sides
    return Estimate(value, stderr, interval, confidence, method, n, m, quantity=name, unit="(a share)")


def _delong(inside: Floats, outside: Floats, confidence: float) -> tuple[float, float, tuple[float, float]]:
    """The AUROC with DeLong's standard error and an interval on the logit scale."""
    n, m = len(inside), len(outside)
    below = np.searchsorted(inside, outside, "left") + np.searchsorted(inside, outside, "right")
    above = 2 * m - np.searchsorted(outside, inside, "left") - np.searchsorted(outside, inside, "right")
    of_out, of_in = below / (2 * n), above / (2 * m)
    value = float(of_out.mean())
    variance = (float(of_out.var(ddof=1)) / m if m > 1 else 0.25) + (float(of_in.var(ddof=1)) / n if n > 1 else 0.25)
    tail = (1 - confidence) / 2
    if value in {0.0, 1.0}:
        end = float(tail ** (1 / min(n, m)))
        return value, 0.0, (end, 1.0) if value else (0.0, 1 - end)
    reach = float(special.ndtri(1 - tail)) * math.sqrt(variance) / (value * (1 - value))
    low, high = (float(special.expit(special.logit(value) + sign * reach)) for sign in (-1, 1))
    return value, math.sqrt(variance), (low, high)


def _threshold(inside: Floats, kept: float) -> float:
    """The smallest score that at least `kept` of the ordinary rows do not exceed."""
    return float(inside[math.ceil(kept * len(inside) - 1e-9) - 1])


def _fpr(inside: Floats, outside: Floats, kept: float) -> float:
    return float(np.searchsorted(outside, _threshold(inside, kept), "right")) / len(outside)


def _aupr(inside: Floats, outside: Floats) -> float:
    """Average precision: the mean over rows out of distribution of the precision at their score."""
    found = len(outside) - np.searchsorted(outside, outside, "left")
    flagged = found + len(inside) - np.searchsorted(inside, outside, "left")
    return float((found / flagged).mean())
