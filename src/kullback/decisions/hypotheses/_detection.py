"""Detection of a constant signal in Gaussian noise: divergences, exponents and error chances."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special

from kullback._core import Figure, InputError, Shown, percent
from kullback.decisions.hypotheses._chernoff import ChernoffInformation, chernoff_information
from kullback.decisions.hypotheses._inputs import check_level, check_number, check_rows
from kullback.decisions.hypotheses._outcomes import Floats
from kullback.decisions.hypotheses._sums import Score, score_of
from kullback.divergences import divergence
from kullback.families import Normal

_CURVE = 201
# Ratios whose squares are still floats.
_FARTHEST = 1e150


@dataclass(frozen=True, eq=False, repr=False)
class DetectionErrors(Shown):
    """Chances of a detector at a threshold.

    Attributes:
        threshold: The signal is declared where the log likelihood ratio log(signal/noise) of all looks is above this.
        false_alarm: Chance of declaring it where there is noise alone.
        miss: Chance of not declaring it where it is there.
        risk: Mean error: the prior chances times the costs times the two.
    """

    threshold: float
    false_alarm: float
    miss: float
    risk: float

    def __str__(self) -> str:
        return (
            f"log(signal/noise) > {self.threshold:.6g} nats: false alarms {percent(self.false_alarm)}, "
            f"misses {percent(self.miss)}, risk {self.risk:.6g}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class SignalDetection(Figure):
    """A signal in Gaussian noise, seen n times independently.

    Attributes:
        value: D(signal‖noise) of all looks in nats: n μ²/2σ² where the signal only shifts the mean.
        reverse: D(noise‖signal) of all looks in nats: the same figure where it only shifts the mean.
        mean: Shift μ that the signal adds to a look.
        scale: Standard deviation σ of the noise.
        signal_scale: Standard deviation with the signal present.
        n: Looks.
    """

    value: float
    reverse: float
    mean: float
    scale: float
    signal_scale: float
    n: int
    _score: Score | None = field(repr=False)

    @property
    def separation(self) -> float:
        """d′ = √n μ/σ where both scales agree; else with the mean of the two variances, the usual convention."""
        if self.signal_scale == self.scale:
            return math.sqrt(self.n) * abs(self.mean) / self.scale
        return math.sqrt(self.n) * abs(self.mean) / math.hypot(self.scale, self.signal_scale) * math.sqrt(2)

    @property
    def decibels(self) -> float:
        """Signal-to-noise ratio 10 log₁₀(n μ²/σ²) in dB; -inf without a shift."""
        ratio = abs(self.mean / self.scale)
        return 10 * math.log10(self.n) + 20 * math.log10(ratio) if ratio > 0 else -math.inf

    @property
    def auc(self) -> float:
        """Chance that looks with the signal rank above looks without: Φ(d′/√2) for equal scales, else to 1e-8."""
        if self._score is None:
            return 0.5
        if self.signal_scale == self.scale:
            return float(special.ndtr(self.separation / math.sqrt(2)))
        false, true = self._curve(4 * _CURVE + 1)
        fine, coarse = (_area(false[::step], true[::step]) for step in (1, 2))
        return (4 * fine - coarse) / 3

    @property
    def chernoff(self) -> ChernoffInformation:
        """Chernoff information of all looks: n μ²/8σ² for equal scales; how fast the best mean error falls."""
        one = chernoff_information(*self._laws)
        return ChernoffInformation(self.n * one.value, one.weight, one.tilted, one.method)

    @property
    def stein(self) -> float:
        """D(noise‖signal): exponent of the misses of all looks at a fixed level of false alarms, in nats."""
        return self.reverse

    @property
    def roc(self) -> Floats:
        """False-alarm and detection chances along the receiver operating characteristic, shape ``(2, points)``."""
        return np.concatenate([np.zeros((2, 1)), self._curve(_CURVE), np.ones((2, 1))], axis=1)

    def _curve(self, points: int) -> Floats:
        """Both chances at values of the statistic between two far levels; squares are spread by their roots."""
        score = self._score
        if score is None:
            return np.array([[0.0, 1.0], [0.0, 1.0]])
        first, last = (score.at_level(math.log(level)) for level in (1e-10, 1 - 1e-10))
        squares = self.signal_scale != self.scale
        at = (
            np.linspace(math.sqrt(first), math.sqrt(last), points) ** 2 if squares else np.linspace(first, last, points)
        )
        side = score.log_above if score.rises else score.log_below
        return np.array([[math.exp(side(float(x), which)) for x in at] for which in (0, 1)])

    @property
    def _laws(self) -> tuple[Normal, Normal]:
        return Normal(0.0, self.scale), Normal(self.mean, self.signal_scale)

    def errors(
        self, threshold: float | None = None, *, prior: float = 0.5, costs: tuple[float, float] = (1.0, 1.0)
    ) -> DetectionErrors:
        """Error chances at a threshold, the best one if none is given.

        Args:
            threshold: Of the log likelihood ratio log(signal/noise) of all looks, in nats; left out, the threshold of
                least risk log((1 - prior) · cost of a false alarm / (prior · cost of a miss)).
            prior: Chance that the signal is there, between 0 and 1.
            costs: Cost of a false alarm and of a miss, positive.

        Returns:
            Both chances and the risk; with equal priors and unit costs the least risk is Φ(-d′/2) for equal scales.

        Raises:
            InputError: The prior is no chance or a cost is not positive.
        """
        check_level(prior, "prior")
        alarm_cost, miss_cost = (check_number(cost, "costs", positive=True) for cost in costs)
        best = math.log((1 - prior) * alarm_cost / (prior * miss_cost))
        at = best if threshold is None else check_number(threshold, "threshold")
        false_alarm, miss = self._chances(at)
        return DetectionErrors(at, false_alarm, miss, (1 - prior) * alarm_cost * false_alarm + prior * miss_cost * miss)

    def _chances(self, threshold: float) -> tuple[float, float]:
        """Chance of a false alarm and of a miss, each in its own tail so that small ones keep their digits."""
        score = self._score
        if score is None:
            return (1.0, 0.0) if threshold < 0 else (0.0, 1.0)
        at = _inverse(score, threshold)
        if at is None:
            return 1.0, 0.0
        above, below = (score.log_above, score.log_below) if score.rises else (score.log_below, score.log_above)
        return math.exp(above(at, 0)), math.exp(below(at, 1))

    def plot(self) -> Any:
        """The two laws with the threshold of least error, and the receiver operating characteristic.

        Returns:
            A `matplotlib.figure.Figure`.
        """
        from kullback.decisions.hypotheses._detection_picture import draw_detection  # noqa: PLC0415 - only where drawn

        return draw_detection(self)

    def __str__(self) -> str:
        best = self.errors()
        other = f" (scale {self.signal_scale:g} with signal)" if self.signal_scale != self.scale else ""
        chances = f"false alarms {percent(best.false_alarm)}, misses {percent(best.miss)}"
        return (
            f"signal of mean {self.mean:g} in noise of scale {self.scale:g}{other}, n = {self.n:,}: "
            f"d′ = {self.separation:.6g}, {self.decibels:.4g} dB\n"
            f"  D(signal‖noise) = {self.value:.6g} nats = {self.bits:.6g} bits, "
            f"D(noise‖signal) = {self.reverse:.6g} nats\n"
            f"  least mean error {best.risk:.6g} ({chances}), AUC {self.auc:.6g}\n"
            f"  exponents: best mean error {float(self.chernoff):.6g} nats, misses at a fixed level {self.stein:.6g}"
        )


def _area(false: Floats, true: Floats) -> float:
    return float(np.sum(np.diff(false) * (true[1:] + true[:-1]) / 2))


def _inverse(score: Score, threshold: float) -> float | None:
    """The statistic at which the log likelihood ratio is at the threshold; None where it is always above."""
    slope = score.log_ratio(1.0) - score.log_ratio(0.0)
    at = (threshold - score.log_ratio(0.0)) / slope
    if not score.words.startswith("sum of (x"):
        return at
    # Squares are not negative: the ratio has a least value, or a largest one.
    if at > 0:
        return at
    return None if score.rises else 0.0


def signal_detection(
    mean: float, scale: float = 1.0, *, signal_scale: float | None = None, n: int = 1
) -> SignalDetection:
    r"""Detect a constant signal in Gaussian noise: N(0, σ²) against N(μ, σ²).

    $$ D(\text{signal} \,\|\, \text{noise}) = D(\text{noise} \,\|\, \text{signal}) = \frac{n μ^2}{2 σ^2}, \quad
       d' = \frac{\sqrt n μ}{σ}, \quad P_e = Φ(-d'/2), \quad C = \frac{n μ^2}{8 σ^2} $$

    Args:
        mean: What the signal adds to a look.
        scale: Standard deviation of the noise, positive.
        signal_scale: Standard deviation where the signal is there, if it differs: the best detector is then quadratic,
            its chances noncentral chi-squared.
        n: Independent looks.

    Returns:
        Divergences both ways, d′, decibels, exponents, AUC, and error chances at any threshold, prior and costs.

    Raises:
        InputError: A number is none, or a scale is not positive.

    References:
        Green and Swets (1966), Signal Detection Theory and Psychophysics; Kay (1998), Fundamentals of Statistical
        Signal Processing 2, chapter 3.

    Example:
        >>> from kullback.decisions.hypotheses import signal_detection
        >>> found = signal_detection(2.0, 1.5)
        >>> round(found.value, 6), round(found.separation, 6), round(found.errors().risk, 6)
        (0.888889, 1.333333, 0.252493)
    """
    shift, width = check_number(mean, "mean"), check_number(scale, "scale", positive=True)
    other = width if signal_scale is None else check_number(signal_scale, "signal_scale", positive=True)
    looks = check_rows(n)
    if not abs(shift) / min(width, other) < _FARTHEST or not 1 / _FARTHEST < other / width < _FARTHEST:
        raise InputError(
            f"mean = {shift:g}, scale = {width:g} and signal_scale = {other:g} are too far apart for floats. Give "
            "ratios below 1e150."
        )
    noise, signal = Normal(0.0, width), Normal(shift, other)
    there, back = looks * float(divergence(signal, noise)), looks * float(divergence(noise, signal))
    return SignalDetection(there, back, shift, width, other, looks, score_of(noise, signal, looks))
