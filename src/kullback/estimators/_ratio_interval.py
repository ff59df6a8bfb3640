"""From held-out log ratios to an estimate: recalibration, bias, interval, and what cannot be certified."""

import math
from dataclasses import replace

import numpy as np
from scipy import optimize, special

from kullback.estimators._estimate import Estimate, noted
from kullback.estimators._folds import Labeled
from kullback.estimators._points import Floats, effective_size

# So many parameters may be at work without any classifier noticing.
_UNNOTICED = 16.0
# Rows of y, by Kish's measure, that must share the weight of the ratio before its mean over y says anything.
_FEWEST = 15.0
_NEAR_LIMIT = 1.0  # nats below ln min(n, m)
_LARGE_SHARE = 0.25  # of the value, from which a bias dominates
_APART = 0.5  # nats between the direct value and the Donsker-Varadhan bound


def recalibrated(logits: Floats, data: Labeled, /) -> Floats:
    r"""Log ratio at every row from held-out logits, by a logistic regression on them with slopes of zero or more.

    What a model is too sure or too unsure of is scaled, several models are mixed, and where all fail the ratio is 1.
    As Platt does, every row counts a little for the other side (half a row in all on each side), so that samples that
    are told apart without error give ln 2m and not infinity.

    Args:
        logits: Array of shape ``(models, n + m)``, of any calibration.
        data: The rows.

    Returns:
        Log ratios of shape ``(n + m,)``.

    References:
        Platt (1999), Advances in Large Margin Classifiers, section 2.2; Wolpert (1992), Neural Networks 5.
    """
    n, m = data.n, data.m
    # Without the ratio of the sizes a slope of 0 is a ratio of 1, whatever the intercept of the others.
    table = logits - math.log(n / m)
    target = np.where(data.is_x, 1.0 - 0.5 / n, 0.5 / m)
    share = data.weights / data.weights.sum()

    def loss(pair: Floats) -> tuple[float, Floats]:
        logit = math.log(n / m) + pair[0] + pair[1:] @ table
        wrong = share * (special.expit(logit) - target)
        value = float(share @ (np.logaddexp(0.0, logit) - target * logit))
        return value, np.concatenate([[wrong.sum()], table @ wrong])

    start = np.concatenate([[0.0], np.full(len(table), 1.0 / len(table))])
    found = optimize.minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None)] + [(0.0, None)] * len(table),
        options={"ftol": 1e-12, "gtol": 1e-8, "maxiter": 500},
    )
    return np.asarray(found.x[0] + found.x[1:] @ table)


def floored_log(ratios: Floats, data: Labeled, /) -> Floats:
    """Logits of ratios that may be zero: mixed with 1/n of the ratio 1, as n rows cannot tell smaller ones apart."""
    mean = float(data.weights @ np.where(data.is_x, 0.0, ratios)) / data.m
    scaled = ratios / mean if mean > 0 else np.ones_like(ratios)
    least = 1.0 / data.n
    return np.asarray(np.log((1.0 - least) * scaled + least) + math.log(data.n / data.m))


def bounds_of(log_ratios: Floats, data: Labeled, /) -> tuple[float, float, float, float]:
    r"""What held-out log ratios say of the divergence.

    Args:
        log_ratios: At all rows.
        data: The rows.

    Returns:
        The direct value $E_x[T]$, the Donsker-Varadhan bound $E_x[T] - \log E_y[e^T]$, the standard error of the
        efficient influence function (summed by units, where there are any), and the number of rows of y that share the
        weight of the ratio.
    """
    x, y = log_ratios[data.is_x], log_ratios[~data.is_x]
    x_share, y_share = data.weights[data.is_x] / data.n, data.weights[~data.is_x] / data.m
    direct = float(x_share @ x)
    top = float(y.max())
    ratio = np.exp(y - top)
    mean = float(y_share @ ratio)
    spread = _spread(data, x_share * (x - direct), y_share * (1.0 - ratio / mean))
    return direct, direct - top - math.log(mean), math.sqrt(spread), mean**2 / float(y_share**2 @ ratio**2)


def chance_of_scores(scores: Floats, data: Labeled, /) -> float:
    r"""One-sided p-value for both laws being one, from the difference of mean held-out scores.

    Within a fold the rows of both sides are exchangeable, whatever the model that scores them. Over K folds the
    differences go together: chance that sets two folds apart the same way helps the model of either in the other, which
    correlates them by 1/(K - 1) where nothing is to be learned. The variance of their sum is twice that of
    independent ones.

    Args:
        scores: Held-out scores, higher for rows that look like those of x, shape ``(n + m,)``.
        data: The rows.

    Returns:
        The p-value; 1 where no model has learned anything.
    """
    count = int(data.fold.max()) + 1
    means = np.bincount(data.fold, data.weights * scores, count) / np.bincount(data.fold, data.weights, count)
    centered = scores - means[data.fold]
    x, y = centered[data.is_x], centered[~data.is_x]
    x_share, y_share = data.weights[data.is_x] / data.n, data.weights[~data.is_x] / data.m
    apart, x_mean = float(x_share @ x - y_share @ y), float(x_share @ x)
    variance = 2.0 * _spread(data, x_share * (x - x_mean), -y_share * (y - (x_mean - apart)))
    if variance <= 0:
        return 1.0 if apart <= 0 else 0.0
    return float(special.ndtr(-apart / math.sqrt(variance)))


def _spread(data: Labeled, x_error: Floats, y_error: Floats) -> float:
    """Variance of a figure from what each row adds to its error; rows of a unit add up."""
    if data.units is None:
        return float(x_error @ x_error + y_error @ y_error)
    error = np.bincount(data.units[data.is_x], x_error, minlength=int(data.units.max()) + 1)
    error += np.bincount(data.units[~data.is_x], y_error, minlength=len(error))
    units = len(np.unique(data.units))
    return float(error @ error) * units / max(units - 1, 1)


def _design_effect(log_ratios: Floats, data: Labeled) -> float:
    """How many rows say as much as one independent row would, at least 1."""
    if data.units is None:
        return 1.0
    by_rows = bounds_of(log_ratios, replace(data, units=None))[2]
    return max(1.0, (bounds_of(log_ratios, data)[2] / by_rows) ** 2) if by_rows > 0 else 1.0


def ratio_estimate(
    logits: Floats,
    half_logits: Floats,
    data: Labeled,
    confidence: float,
    method: str,
    /,
    *,
    missing: float = 2.0,
) -> Estimate:
    """The estimate from held-out logits.

    Args:
        logits: Of one or more models, shape ``(models, n + m)`` or ``(n + m,)``.
        half_logits: The same of models that learned from half of the rows.
        data: The rows.
        confidence: Level of the interval.
        method: Its name.
        missing: What may still be missing, as a multiple of what the second half of the rows has added.

    Returns:
        The estimate: the direct value, moved by as much again as the second half of the rows has added to it. The
        interval reaches down to the Donsker-Varadhan bound and up to what may still be missing.
    """
    table = np.atleast_2d(logits)
    log_ratios = recalibrated(table, data)
    direct, bound, stderr, shared = bounds_of(log_ratios, data)
    gain = max(0.0, direct - bounds_of(recalibrated(np.atleast_2d(half_logits), data), data)[0])
    design = _design_effect(log_ratios, data)
    sizes = [effective_size(*side) / design for side in _sides(data)]
    parameter = 0.5 / sizes[0] + 0.5 / sizes[1]  # what chance adds to a fitted divergence for each of its parameters
    unnoticed = _UNNOTICED * parameter
    limit = math.log(min(sizes))
    value = max(direct, min(direct + gain, limit))
    reach = float(special.ndtri(0.5 + confidence / 2)) * stderr
    interval = (min(direct, bound) - (len(table) + 1) * parameter - reach, direct + missing * gain + unnoticed + reach)
    reasons = _doubts(value, direct - bound, shared, limit)
    if missing * gain > max(_LARGE_SHARE * value, unnoticed):
        reasons.append(
            f"it still rises with the rows: the second half of them added {gain:.2g} nats, and another "
            f"{missing * gain:.2g} may be missing."
        )
    if reasons:
        interval = (interval[0], math.inf)
    found = Estimate(
        value,
        math.hypot(stderr, gain),
        interval,
        confidence,
        method,
        data.n,
        data.m,
        log_ratios=log_ratios[data.is_x],
    )
    return noted(found, unreliable=reasons)


def missing_of_smooth(dimensions: int, /) -> float:
    """What a smoother may still miss, as a multiple of what the second half of the rows has added.

    The loss of the best smoother of a Lipschitz function falls as $n^{-2/(2 + d)}$ (Stone 1982): what is left after n
    rows is this multiple of the difference between n/2 and n.
    """
    return 1.0 / math.expm1(2.0 * math.log(2.0) / (2.0 + max(dimensions, 1)))


def _sides(data: Labeled) -> list[tuple[int, Floats]]:
    return [(size, data.weights[side] / size) for size, side in ((data.n, data.is_x), (data.m, ~data.is_x))]


def _doubts(value: float, apart: float, shared: float, limit: float) -> list[str]:
    """Why the figure is no more than a lower bound."""
    reasons = []
    if value > limit - _NEAR_LIMIT:
        reasons.append(
            f"{value:.3g} nats is near ln min(n, m) = {limit:.3g}: samples of this size bound the divergence "
            "from below only."
        )
    elif shared < min(_FEWEST, math.exp(limit) / 4.0):
        reasons.append(
            f"the ratio is peaked: {shared:.3g} rows of y carry its weight. The samples bound the divergence "
            "from below only."
        )
    elif abs(apart) > _APART:
        reasons.append(
            f"the mean ratio at the rows of y is {math.exp(apart):.3g}, not 1: the fit is poor, and "
            "the divergence bounded from below only."
        )
    return reasons
