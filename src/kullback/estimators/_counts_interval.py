"""The interval of a divergence estimated from counts, whichever method gave the figure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from kullback.estimators._counts_null import null_law
from kullback.estimators._divergence_interval import DivergenceInterval, matched_scale, smoothed_divergence
from kullback.estimators._estimate import Estimate
from kullback.estimators._rare_labels import Extrapolated, extrapolated
from kullback.estimators._tally import Tally
from kullback.estimators._unseen import unseen, unseen_notes

_FEW_ROWS = 4.0
_ONE_LABEL = "every row is of one category, which says nothing of how others differ"
_NO_OVERLAP = "no category was seen twice: nothing can be compared"


@dataclass(frozen=True)
class CountsInterval:
    """Where the divergence lies.

    Attributes:
        low: Lower end in nats.
        high: Upper end, infinite where q may lack a category.
        stderr: Standard error.
    """

    low: float
    high: float
    stderr: float


def counts_interval(tally: Tally, found: Extrapolated, confidence: float, /) -> CountsInterval:
    r"""Interval around the estimate of Zhang and Grabchak and its extrapolation to rare categories.

    A scaled noncentral chi-squared law is inverted whose spread at D = 0 and skewness there are exact, given the pooled
    counts, and whose spread further out is

    $$ \mathrm{Var}_p(\log p/q) / n + \mathrm{Var}_q(p/q) / m + \sigma^2 $$

    with the posterior spread σ of what rare categories add. The lower end belongs to the smaller of the two figures,
    the upper end to the larger one; there a category with few rows in y counts with the variance of the logarithm of
    its share under Jeffreys' posterior, which is larger than that of the linear term.

    Args:
        tally: Counts, each category seen in one sample at least.
        found: What `extrapolated` says of them.
        confidence: Between 0 and 1.

    Returns:
        Both ends and the standard error.
    """
    null = null_law(tally)
    # With few rows the tail is a little heavier than that of the chi-squared law with the same moments.
    null = replace(null, variance=null.variance * (1.0 + _FEW_ROWS / min(tally.sizes)))
    if len(tally.p) < 2 or null.variance <= 0:
        return CountsInterval(0.0, math.inf, math.hypot(math.sqrt(null.variance), found.error))
    n, m = tally.sizes
    share_p, share_q, raw = smoothed_divergence(tally.p, tally.q)
    ratio = share_p / share_q
    of_p = max(0.0, float((share_p * np.log(ratio) ** 2).sum()) - raw**2) / n
    of_q = max(0.0, float((share_p * ratio).sum()) - 1.0) / m
    spread = of_p + of_q + found.error**2
    half = tally.q + 0.5
    skewed = float(((tally.p / n) ** 2 * (special.polygamma(1, half) - 1.0 / half)).sum())

    def law(figure: float, variance: float) -> DivergenceInterval:
        scale = matched_scale(raw, null.effective, null.degrees, 1.0, variance)
        return DivergenceInterval(figure, null.degrees, null.effective, scale)

    # At D = 0 the mean of the figure is not quite 0: on either side it is the end further out that is right for both.
    low, _ = law(min(found.plain, found.value) - max(null.mean, 0.0), spread).bounds(confidence)
    _, high = law(max(found.plain, found.value) - min(null.mean, 0.0), spread + skewed).bounds(confidence)
    return CountsInterval(low, high, math.sqrt(null.variance + spread))


def counts_estimate(
    tally: Tally,
    value: float,
    method: str,
    /,
    *,
    confidence: float,
    notes: Sequence[str] = (),
    found: Extrapolated | None = None,
) -> Estimate:
    """The estimate that a method's figure makes, with the interval that all methods share.

    The interval does not depend on the method: one whose bias is larger than its spread would have a narrow interval
    beside the truth. It is stretched to hold the figure, and a figure that lies outside is not reliable.

    Args:
        tally: Counts.
        value: The figure in nats.
        method: Name of the method.
        confidence: Between 0 and 1.
        notes: What the method says of itself.
        found: What `extrapolated` says, where it is known.

    Returns:
        The estimate of D(x‖y).
    """
    tally = tally.seen
    missing = unseen(tally)
    interval = counts_interval(tally, found or extrapolated(tally), confidence)
    seen_notes, reasons = unseen_notes(missing)
    reasons = (*reasons, *_reasons(tally, value, interval))
    high = math.inf if missing.may_be_infinite else interval.high
    return Estimate(
        value=value,
        stderr=interval.stderr,
        interval=(min(interval.low, value), max(high, value)),
        confidence=confidence,
        method=method,
        n=tally.n,
        m=tally.m,
        reliable=not reasons,
        notes=(*notes, *seen_notes, *reasons),
    )


def _reasons(tally: Tally, value: float, interval: CountsInterval) -> list[str]:
    reasons = []
    if len(tally.p) < 2:
        reasons.append(_ONE_LABEL)
    elif math.isinf(interval.high):
        reasons.append(_NO_OVERLAP)
    # Below zero is where half of the figures are if nothing changed.
    if value > interval.high or value < (interval.low or -2.0 * interval.stderr):
        reasons.append(
            f"this figure lies outside of what the bias-corrected methods find, {interval.low:.4g} to "
            f"{interval.high:.4g}; the interval is stretched to hold it"
        )
    if value > math.log(min(tally.n, tally.m)):
        reasons.append(
            "a divergence beyond the logarithm of the number of rows cannot be certified by any method (McAllester "
            "and Stratos 2020)"
        )
    return reasons
