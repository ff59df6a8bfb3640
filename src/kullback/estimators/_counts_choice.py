"""The default for samples of categories: from the bias-corrected estimate to extrapolation, as the rows ask for it."""

import math
from typing import Any

import numpy as np

from kullback._core import InputError, percent
from kullback.estimators._add_half import add_half_value
from kullback.estimators._bayesian import bayesian_estimate
from kullback.estimators._chao_shen import chao_shen_value
from kullback.estimators._counts_interval import counts_estimate
from kullback.estimators._estimate import Estimate
from kullback.estimators._grassberger import grassberger_value
from kullback.estimators._miller_madow import miller_madow_value
from kullback.estimators._options import Rng
from kullback.estimators._rare_labels import extrapolated
from kullback.estimators._tally import Tally, read_counts
from kullback.estimators._zhang_grabchak import zhang_grabchak_value

_VALUES = {
    "zhang_grabchak": zhang_grabchak_value,
    "grassberger": grassberger_value,
    "miller_madow": miller_madow_value,
    "chao_shen": chao_shen_value,
    "add_half": add_half_value,
}
COUNT_METHODS = (*_VALUES, "bayesian")
"""Methods for counts by name."""

# Weight of the estimates of Zhang and Grabchak and of add-half beside the extrapolation, and the share of its variance
# that is added to their squared distance from it.
_BESIDE, _FLOOR = np.array([1.3, 0.8]), 0.1


def counts(p: Any, q: Any, /, *, confidence: float = 0.95) -> Estimate:
    """Divergence D(p‖q) of two samples of categories by the estimate that fits them, see `choose_counts`.

    Args:
        p: Counts of x: labels with counts, or an array with a category at every place.
        q: Counts of y, the same.
        confidence: Level of the interval.

    Returns:
        The estimate in nats.

    Raises:
        InputError: They are no counts, or do not fit each other.

    Example:
        >>> from kullback.estimators import counts
        >>> counts({"a": 30, "b": 70}, {"a": 50, "b": 50}).method
        'zhang_grabchak'
    """
    return choose_counts(read_counts(p, q), confidence=confidence)


def choose_counts(tally: Tally, /, *, confidence: float = 0.95) -> Estimate:
    r"""Divergence D(p‖q) of two samples of categories by the estimate that fits them.

    Where no category is rare this is the estimate of Zhang and Grabchak, nearly without bias. Where some are, what it
    misses is extrapolated from how often rows meet their kind, nearly without bias too but with a spread σ. Two figures
    of smaller spread whose bias is not known stand beside it: that of Zhang and Grabchak, right where both samples lack
    the same, and add-half, which shrinks both laws. Each is weighted by its inverse squared error, as far as that can
    be seen: its distance from the extrapolation, in σ.

    $$ \hat D = \frac{\hat D_0 + \sum_k v_k \hat D_k}{1 + \sum_k v_k}, \qquad v_k = \frac{w_k^2}{w_1 + w_2}, \quad
       w_k \propto \frac{1}{(\hat D_k - \hat D_0)^2 / \sigma^2 + 0.1} $$

    Args:
        tally: Counts as `read_counts` or `tally_codes` gives them.
        confidence: Between 0 and 1.

    Returns:
        The estimate in nats.

    Note:
        RMSE for Zipf's laws with exponents 1.2 and 0.8: .07 for 1,000 categories and 1,000 rows a side (truth .352),
        .08 for 10,000 and 1,000 (.592), .09 for 100,000 and 10,000 (.882). The interval covers at least 92 % for up to
        a tenth as many categories as rows, and excludes 0 in at most 5 % of samples from equal laws.

    References:
        Zhang and Grabchak (2013), Entropy 15, on estimating what their estimate of an entropy misses.
    """
    tally = tally.seen
    found = extrapolated(tally)
    if found.error == 0:
        return counts_estimate(tally, found.value, "zhang_grabchak", confidence=confidence, found=found)
    beside = np.array([found.plain, add_half_value(tally)])
    weights = _BESIDE / (((beside - found.value) / found.error) ** 2 + _FLOOR)
    weights = weights**2 / weights.sum()
    total = 1.0 + float(weights.sum())
    value = math.fsum([found.value, *(weights * beside)]) / total
    parts = [percent(weight / total) for weight in (1.0, *(float(weight) for weight in weights))]
    note = (
        f"some categories are too rare to count, so the figure is a mean: {parts[0]} extrapolation to them "
        f"({found.value:.4g} ± {found.error:.2g}), {parts[1]} Zhang-Grabchak ({found.plain:.4g}), {parts[2]} add-half "
        f"({beside[1]:.4g})"
    )
    return counts_estimate(tally, value, "counts", confidence=confidence, notes=(note,), found=found)


def tally_estimate(tally: Tally, method: str, /, *, confidence: float = 0.95, rng: Rng = None) -> Estimate:
    """Divergence D(p‖q) from a tally by the method of a name.

    Args:
        tally: Counts as `read_counts` or `tally_codes` gives them.
        method: One of `COUNT_METHODS`, or "counts" for the default.
        confidence: Between 0 and 1.
        rng: Seed or generator, for the methods that draw.

    Returns:
        The estimate in nats.

    Raises:
        InputError: There is no such method.
    """
    if method == "counts":
        return choose_counts(tally, confidence=confidence)
    if method == "bayesian":
        return bayesian_estimate(tally, confidence=confidence, rng=rng)
    if method not in _VALUES:
        known = ", ".join(["counts", *COUNT_METHODS])
        raise InputError(f"method = {method!r} is no method for counts. Known: {known}.")
    return counts_estimate(tally, _VALUES[method](tally), method, confidence=confidence)
