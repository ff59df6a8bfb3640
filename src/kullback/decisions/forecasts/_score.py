"""The logarithmic score of forecasts in three parts."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kullback._core import Figure
from kullback.decisions.forecasts._bins import bins_of
from kullback.decisions.forecasts._inputs import Codes, Floats, Forecasts, read_forecasts
from kullback.decisions.forecasts._parts import NAMES, Parts, biases, degrees, parts_of
from kullback.estimators import Estimate
from kullback.estimators._estimate import normal_interval
from kullback.estimators._options import check_confidence

_SHOWN_ROWS = 10
# Bins with fewer rows say nothing about their own frequencies.
_LEAST_ROWS = 5


@dataclass(frozen=True, eq=False, repr=False)
class ForecastScore(Figure):
    """A mean log score with its parts; the figure is in nats, smaller is better, 0 is perfect.

    Attributes:
        value: Mean of -log of the probability that the outcome had.
        score: The same as an estimate of the score on new rows.
        uncertainty: Entropy of the outcomes: the score of the forecast that always names the base rates.
        resolution: Mean D(frequencies in a bin‖base rates), without the bias of few rows.
        miscalibration: Mean D(frequencies in a bin‖mean forecast of the bin), without the bias of few rows.
        within: What forecasts that share a bin differ by, mean log(mean forecast/forecast) of the outcome; any sign.
        skill: 1 - score/uncertainty: 1 is perfect, 0 no better than the base rates, negative worse.
        plugin: Parts of exactly these rows, "uncertainty", "resolution", "miscalibration" and "within": the score is
            uncertainty - resolution + miscalibration + within.
        shares: Share of the rows in each bin.
        counts: Rows in each bin.
        forecasts: Mean forecast in each bin, shape ``(bins, outcomes)``.
        outcomes: Frequencies of the outcomes in each bin, same shape.
        infinite_rows: The first rows whose outcome had probability 0.
        notes: How bins were made, what is infinite and why.
        confidence: Level of the intervals.
        binary: Whether there are two outcomes and one probability came for each row.
    """

    value: float
    score: Estimate
    uncertainty: Estimate
    resolution: Estimate
    miscalibration: Estimate
    within: Estimate
    skill: Estimate
    plugin: dict[str, float]
    shares: Floats
    counts: Codes
    forecasts: Floats
    outcomes: Floats
    infinite_rows: tuple[int, ...]
    notes: tuple[str, ...]
    confidence: float
    binary: bool = field(default=True)

    def plot(self) -> Any:
        """Draw the reliability diagram: observed frequency against forecast, with intervals and the share of rows.

        Returns:
            A figure of matplotlib; for more than two outcomes the likeliest outcome of each bin is drawn.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.decisions.forecasts._score_picture import reliability_diagram  # noqa: PLC0415 - an extra

        return reliability_diagram(self)

    def __str__(self) -> str:
        level = f"{100 * self.confidence:g} %"
        lines = [
            f"log score = {_text(self.score)} nats ({self.bits:.4g} bits) a row, n = {self.score.n:,}; 0 is perfect"
        ]
        parts = (
            ("  uncertainty    ", self.uncertainty, "H(outcomes)"),
            ("− resolution     ", self.resolution, "mean D(frequencies in bin‖base rates)"),
            ("+ miscalibration ", self.miscalibration, "mean D(frequencies in bin‖forecast)"),
            ("+ within bins    ", self.within, "mean log(mean forecast of bin/forecast)"),
        )
        lines += [f"  {sign} {_text(part)} nats  {meaning}" for sign, part, meaning in parts]
        lines.append(f"  skill against the base rates {_text(self.skill)} ({level} intervals, parts without bias)")
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


def _text(part: Estimate) -> str:
    if math.isinf(part.value):
        return "infinite" if part.value > 0 else "−infinite"
    return f"{part.value:.4g} [{part.interval[0]:.4g}, {part.interval[1]:.4g}]"


def score_forecasts(
    probs: Any,
    outcomes: Any,
    /,
    *,
    bins: Any = None,
    weights: Any = None,
    groups: Any = None,
    confidence: float = 0.95,
) -> ForecastScore:
    r"""Mean log score of probability forecasts, split into uncertainty, resolution and miscalibration.

    With bins $b$ of shares $w_b$, frequencies $o_b$ of the outcomes in them, mean forecasts $f_b$ and base rates $o$,

    $$ -\overline{\log f(y)} = H(o) - \sum_b w_b D(o_b \,\|\, o) + \sum_b w_b D(o_b \,\|\, f_b) + \text{within} $$

    where within is $\overline{\log f_b(y)/f(y)}$, 0 where all forecasts in a bin are the same.

    Args:
        probs: Chances of outcome 1, shape ``(rows,)``, or chances of all outcomes, shape ``(rows, outcomes)``.
        outcomes: What happened, whole numbers or booleans of shape ``(rows,)``.
        bins: Number of bins of equally many rows (for each likeliest outcome, where there are more than two),
            "distinct" for one bin per forecast, or a label for each row. None takes distinct forecasts where each has
            20 rows on average (2 below 40 rows), otherwise the cube root of the rows, between 5 and 20, and one bin
            below 40 rows.
        weights: Weights of the rows, shape ``(rows,)``.
        groups: Names of groups of rows that hang together (days, users), shape ``(rows,)``; intervals are then those of
            independent groups.
        confidence: Level of the intervals.

    Returns:
        The score in nats with its parts, each with an interval.

    Raises:
        InputError: Probabilities, outcomes, weights, groups or bins do not fit.

    Note:
        The parts in `plugin` add up to the score to the last digits. Those with intervals add up as well, and are free
        of the bias that few rows bring (entropies of Zhang, 2012; for weighted rows Miller's term). An outcome that had
        probability 0 makes the score infinite; the note names the row. Linear in rows.

    References:
        Bröcker (2009), Quarterly Journal of the Royal Meteorological Society 135; Weijs, van Nooijen and van de Giesen
        (2010), Monthly Weather Review 138; Stephenson, Coelho and Jolliffe (2008), Weather and Forecasting 23, for
        what bins hide.

    Example:
        >>> from kullback.decisions.forecasts import score_forecasts
        >>> found = score_forecasts([0.1] * 50 + [0.6] * 50, [1] * 5 + [0] * 45 + [1] * 25 + [0] * 25)
        >>> round(found.value, 4), {name: round(part, 4) for name, part in found.plugin.items()}
        (0.5193, {'uncertainty': 0.6109, 'resolution': 0.1017, 'miscalibration': 0.0102, 'within': 0.0})
    """
    confidence = check_confidence(confidence)
    read = read_forecasts(probs, outcomes, weights, groups)
    codes, words = bins_of(read, bins)
    parts = parts_of(read, codes)
    spread = _Spread(read, confidence)
    bias, chance = biases(parts, whole=not read.weighted), degrees(parts)
    split = {
        name: spread.estimate(name, parts.values[name] - bias[name], parts.rows[name], chance[name]) for name in NAMES
    }
    if _is_sparse(parts):
        split = {name: replace(part, reliable=name == "uncertainty") for name, part in split.items()}
    score = spread.estimate("log score", _mean(read, parts.loss), parts.loss, 0.0)
    endless = np.flatnonzero(np.isinf(parts.loss))
    return ForecastScore(
        score.value,
        score,
        **split,
        skill=_skill(spread, parts, score.value),
        plugin=parts.values,
        shares=parts.shares,
        counts=parts.counts,
        forecasts=parts.forecasts,
        outcomes=parts.outcomes,
        infinite_rows=tuple(endless[:_SHOWN_ROWS].tolist()),
        notes=_notes(read, parts, words, endless),
        confidence=confidence,
        binary=read.binary,
    )


@dataclass(frozen=True, eq=False)
class _Spread:
    """Standard errors of means over rows or groups."""

    read: Forecasts
    confidence: float

    def estimate(self, name: str, value: float, rows: Floats, chance: float, unit: str = "nats") -> Estimate:
        """A mean with its interval; `chance` degrees of freedom add the spread that a part has where it is 0."""
        read = self.read
        size = 1.0 / float((read.weights**2).sum())
        stderr = math.inf if math.isinf(value) else math.sqrt(self._variance(rows) + chance / (2 * size**2))
        interval = (value, value) if math.isinf(value) else normal_interval(value, stderr, self.confidence)
        if name in {"resolution", "miscalibration", "uncertainty", "log score"}:
            interval = max(0.0, interval[0]), max(0.0, interval[1])
        method = "delta method" if read.clusters is None else "delta method over groups"
        return Estimate(value, stderr, interval, self.confidence, method, len(rows), 0, quantity=name, unit=unit)

    def _variance(self, rows: Floats) -> float:
        read = self.read
        used = read.weights > 0
        parts = np.where(used, read.weights * (np.where(used, rows, 0.0) - _mean(read, rows)), 0.0)
        if read.clusters is not None:
            parts = np.bincount(read.clusters, parts)
        units = len(parts)
        return float((parts**2).sum()) * units / max(units - 1, 1)


def _mean(read: Forecasts, rows: Floats) -> float:
    used = read.weights > 0
    return float((read.weights[used] * rows[used]).sum())


def _skill(spread: _Spread, parts: Parts, score: float) -> Estimate:
    entropy = parts.values["uncertainty"]
    if entropy <= 0:
        # One outcome alone: nothing was uncertain, so only a perfect forecast keeps up.
        value = 0.0 if score == 0 else -math.inf
        return spread.estimate("skill", value, np.zeros_like(parts.loss), 0.0, unit="")
    if math.isinf(score):
        return spread.estimate("skill", -math.inf, np.zeros_like(parts.loss), 0.0, unit="")
    slope = -parts.loss / entropy + score / entropy**2 * parts.rows["uncertainty"]
    return spread.estimate("skill", 1.0 - score / entropy, slope, 0.0, unit="")


def _is_sparse(parts: Parts) -> bool:
    return float(parts.counts.mean()) < _LEAST_ROWS


def _notes(read: Forecasts, parts: Parts, words: str, endless: Codes) -> tuple[str, ...]:
    notes = [words]
    if _is_sparse(parts):
        notes.append(
            f"bins hold {parts.counts.mean():.2g} rows on average, so the parts are not reliable: take fewer bins"
        )
    if endless.size:
        row = int(endless[0])
        finite = np.isfinite(parts.loss) & (read.weights > 0)
        rest = float((read.weights * np.where(finite, parts.loss, 0.0)).sum() / read.weights[finite].sum())
        notes.append(
            f"infinite: row {row} had outcome {read.outcomes[row]}, to which the forecast gave probability 0"
            + (f", as {endless.size - 1:,} more rows" if endless.size > 1 else "")
            + (f"; without them {rest:.4g} nats" if finite.any() else "")
        )
    if read.clusters is None:
        notes.append("assumes independent rows")
    else:
        notes.append(f"{int(read.clusters.max()) + 1:,} groups; the bias is taken off as if rows were independent")
    return tuple(notes)
