"""The most powerful test of one law against another, exact for n rows."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kullback._core import InputError, Shown, percent, printable
from kullback.decisions.hypotheses._inputs import are_arrays, check_level, check_rows, one_law
from kullback.decisions.hypotheses._outcomes import (
    Floats,
    TooHeavy,
    is_countable,
    outcomes_of_arrays,
    outcomes_of_laws,
)
from kullback.decisions.hypotheses._row_ratios import row_ratios
from kullback.decisions.hypotheses._sums import Score, same_counts, score_of, sum_law
from kullback.decisions.hypotheses._types import RatioAtoms, ratio_atoms
from kullback.divergences import divergence

_CURVE = 400


@dataclass(frozen=True, eq=False, repr=False)
class NeymanPearson(Shown):
    """The most powerful test of its level.

    Attributes:
        null: The hypothesis that is kept unless the rows speak against it, in words.
        alternative: The one that it is rejected for.
        n: Rows.
        alpha: Level: the largest chance of rejecting a true null hypothesis.
        threshold: The null hypothesis is rejected where the log likelihood ratio log(alternative/null) of all rows is
            above this, in nats.
        randomization: Chance of rejecting where the ratio is at the threshold; 0 for continuous laws.
        size: Chance of rejecting a true null hypothesis; `alpha` where randomization is used.
        power: Chance of rejecting under the alternative.
        log_type_ii: Log of the chance of keeping the null hypothesis under the alternative, right where the chance
            itself is below every float.
        divergence: D(null‖alternative) of one row in nats: for a fixed level `-log_type_ii / n` tends to it.
        statistic: What is compared, in words.
        statistic_threshold: Its threshold.
        roc: False-alarm chances and detection chances along the curve of all such tests, shape ``(2, points)``.
    """

    null: str
    alternative: str
    n: int
    alpha: float
    threshold: float
    randomization: float
    size: float
    power: float
    log_type_ii: float
    divergence: float
    statistic: str
    statistic_threshold: float
    roc: Floats = field(repr=False)
    _ratios: Callable[[Any], Floats] = field(repr=False)

    @property
    def type_ii(self) -> float:
        """Chance of keeping the null hypothesis under the alternative."""
        return math.exp(self.log_type_ii)

    @property
    def exponent(self) -> float:
        """`-log_type_ii / n` in nats a row: what the fixed-level limit D(null‖alternative) is for this n."""
        return -self.log_type_ii / self.n

    def log_ratio(self, rows: Any, /) -> float:
        """Log likelihood ratio log(alternative/null) of n rows in nats.

        Args:
            rows: Labels, indices or points, n of them along the first axis.
        """
        each = self._ratios(rows)
        if len(each) != self.n:
            raise InputError(f"There are {len(each)} rows; the test is for n = {self.n}. Make a test for as many rows.")
        if (each == np.inf).any() and (each == -np.inf).any():
            raise InputError("Some rows are impossible under the null hypothesis and others under the alternative.")
        return float(each.sum())

    def reject(self, rows: Any, /) -> float:
        """Chance with which the test rejects the null hypothesis for these rows: 1, 0, or `randomization` at a tie.

        Args:
            rows: Labels, indices or points, n of them along the first axis.
        """
        ratio = self.log_ratio(rows)
        if math.isclose(ratio, self.threshold, rel_tol=1e-11, abs_tol=1e-13):
            return self.randomization
        return float(ratio > self.threshold)

    def plot(self) -> Any:
        """The receiver operating characteristic with this test on it.

        Returns:
            A `matplotlib.figure.Figure`.
        """
        from kullback.decisions.hypotheses._error_picture import draw_roc  # noqa: PLC0415 - only where drawn

        return draw_roc(self)

    def __str__(self) -> str:
        tie = f", with chance {self.randomization:.4g} at equality" if self.randomization else ""
        return (
            f"Most powerful test of null {self.null} against alternative {self.alternative}, n = {self.n:,}\n"
            f"  rejects the null where log(alternative/null) > {self.threshold:.6g} nats{tie}\n"
            f"  false alarms {percent(self.size)}, detections {percent(self.power)}, "
            f"misses exp({self.log_type_ii:.6g})\n"
            f"  -log(misses)/n = {self.exponent:.6g} nats a row, tends to D(null‖alternative) = "
            f"{self.divergence:.6g} nats as n grows"
        )


def neyman_pearson(null: Any, alternative: Any, /, *, alpha: float = 0.05, n: int = 1) -> NeymanPearson:
    r"""Most powerful test of level alpha between two laws, from n independent rows.

    The null hypothesis is rejected where $\sum_i \log \frac{\text{alternative}(x_i)}{\text{null}(x_i)}$ is above a
    threshold, and with some chance where it is at the threshold, so that the level is met exactly. No test of that
    level has more power. At a fixed level the chance of a miss falls like exp(-n D(null‖alternative)): the divergence
    *from the null*, not the other one.

    Args:
        null: Row of probabilities (labelled or not), or a law: true unless rejected.
        alternative: The same.
        alpha: Level, between 0 and 1.
        n: Independent rows.

    Returns:
        The test with its exact error chances and its receiver operating characteristic.

    Raises:
        InputError: The laws cannot be compared, there are more than three million types of rows, or the pair is
            continuous and has no statistic that is known here.

    Note:
        Countable outcomes: every type of rows is counted, chances by the saddle-point form of the multinomial, right
        to about 1e-13 relative. Bernoulli, Binomial, Poisson, Geometric and NegativeBinomial go by the sum of the rows.
        Continuous pairs of one family that come down to a normal, gamma or noncentral chi-squared statistic: Normal,
        LogNormal, Exponential, Gamma of one shape, InverseGamma, Weibull, Pareto, Laplace about one point, HalfNormal,
        Rayleigh, Maxwell. Chances are kept as logarithms, so far tails do not underflow.

    References:
        Neyman and Pearson (1933), Philosophical Transactions of the Royal Society A 231; Lehmann and Romano (2005),
        Testing Statistical Hypotheses, theorem 3.2.1.

    Example:
        >>> from kullback.decisions.hypotheses import neyman_pearson
        >>> test = neyman_pearson([0.5, 0.5], [0.2, 0.8], alpha=0.05, n=10)
        >>> round(test.size, 12), round(test.power, 4)
        (0.05, 0.6456)
        >>> test.reject([1, 1, 1, 1, 1, 1, 1, 1, 1, 0])
        1.0
    """
    level, rows = check_level(alpha, "alpha"), check_rows(n)
    found = _law_of_ratio(null, alternative, rows)
    value = float(divergence(null, alternative))
    ratios = row_ratios(null, alternative)
    names = short(null), short(alternative)
    if isinstance(found, RatioAtoms):
        place, tie, log_miss = atoms_test(found, level)
        threshold = float(found.value[place])
        chances = roc_of_atoms(found)
        words, at = "log likelihood ratio", threshold
    else:
        at = found.at_level(math.log(level))
        log_miss = (found.log_below if found.rises else found.log_above)(at, 1)
        threshold, tie, words = found.log_ratio(at), 0.0, found.words
        chances = _roc_of_score(found)
    power = -math.expm1(log_miss)
    return NeymanPearson(
        *(*names, rows, level, threshold, tie, level, power, log_miss, value, words, at, chances, ratios)
    )


def short(value: Any, /) -> str:
    """A hypothesis in words."""
    if isinstance(value, dict):
        return f"of {len(value)} labelled outcomes"
    shape = np.shape(value)
    if shape:
        return f"of {shape[0]} outcomes" if shape[0] > 6 else str(np.asarray(value, dtype=object).tolist())
    return printable(repr(value), 60)


def _law_of_ratio(null: Any, alternative: Any, n: int) -> RatioAtoms | Score:
    names = ("null", "alternative")
    if are_arrays(null, alternative, names):
        return ratio_atoms(outcomes_of_arrays(null, alternative, names), n)
    p, q = one_law(null, names[0]), one_law(alternative, names[1])
    if is_countable(p) and is_countable(q):
        sum_p, sum_q = sum_law(p, n), sum_law(q, n)
        if same_counts(p, q) and sum_p is not None and sum_q is not None:
            return ratio_atoms(outcomes_of_laws(sum_p, sum_q), 1)
        try:
            return ratio_atoms(outcomes_of_laws(p, q), n)
        except TooHeavy:
            raise InputError(f"{p!r} against {q!r}: too many outcomes. Give arrays of those that matter.") from None
    score = score_of(p, q, n)
    if score is None:
        raise InputError(
            f"The law of the likelihood ratio of {p!r} against {q!r} is not known here. Give arrays of probabilities "
            "(bins), two laws on whole numbers, or two laws of one family such as Normal, Exponential or Gamma of one "
            "shape that differ."
        )
    return score


def atoms_test(atoms: RatioAtoms, alpha: float, /) -> tuple[int, float, float]:
    """Place of the threshold, chance of rejecting there, and the log chance of a miss."""
    with np.errstate(all="ignore"):
        below = np.logaddexp.accumulate(atoms.log_p)
        place = min(int(np.searchsorted(below, math.log(alpha), side="right")), len(below) - 1)
        before = math.exp(below[place - 1]) if place else 0.0
        here = float(atoms.log_p[place])
        tie = min(1.0, max(0.0, (alpha - before) / math.exp(here))) if here > -745 else 1.0
        if tie > 1 - 1e-13:
            tie = 1.0
        rest = np.append(atoms.log_q[place + 1 :], atoms.log_q[place] + math.log1p(-tie) if tie < 1 else -np.inf)
    # The smallest first, so that nothing is lost.
    with np.errstate(all="ignore"):
        log_miss = float(np.logaddexp.reduce(np.sort(rest)))
    return place, tie, min(0.0, log_miss)


def roc_of_atoms(atoms: RatioAtoms, /) -> Floats:
    """False alarms and detections at every threshold, from (0, 0) to (1, 1)."""
    curve = np.stack([np.minimum(1.0, np.cumsum(np.exp(logs))) for logs in (atoms.log_p, atoms.log_q)])
    if curve.shape[1] > 4 * _CURVE:
        wanted = np.linspace(0.0, 1.0, _CURVE)
        places = np.unique(np.concatenate([np.searchsorted(row, wanted) for row in curve]))
        curve = curve[:, np.minimum(places, curve.shape[1] - 1)]
    return np.concatenate([np.zeros((2, 1)), curve, np.ones((2, 1))], axis=1)


def _roc_of_score(score: Score) -> Floats:
    """The curve at values of the statistic between two far levels of false alarms."""
    first, last = (score.at_level(math.log(level)) for level in (1e-9, 0.9999))
    side = score.log_above if score.rises else score.log_below
    at = np.linspace(first, last, _CURVE // 2)
    curve = np.array([[math.exp(side(float(value), hypothesis)) for value in at] for hypothesis in (0, 1)])
    return np.concatenate([np.zeros((2, 1)), curve, np.ones((2, 1))], axis=1)
