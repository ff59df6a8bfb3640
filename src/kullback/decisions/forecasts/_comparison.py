"""Two forecasters on the same rows."""

import math
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.decisions.forecasts._inputs import Floats, read_forecasts
from kullback.estimators import Estimate
from kullback.estimators._estimate import normal_interval
from kullback.estimators._options import check_confidence


def compare_forecasts(
    first: Any,
    second: Any,
    outcomes: Any,
    /,
    *,
    weights: Any = None,
    groups: Any = None,
    confidence: float = 0.95,
) -> Estimate:
    r"""How much better the first of two forecasters is: the mean log ratio of what they gave to the outcome.

    $$ \overline{\log \frac{f(y)}{g(y)}} \approx D(\text{truth} \,\|\, g) - D(\text{truth} \,\|\, f) $$

    Args:
        first: Forecasts as in `score_forecasts`.
        second: Forecasts of the same shape.
        outcomes: What happened, shape ``(rows,)``.
        weights: Weights of the rows.
        groups: Names of groups of rows that hang together; take blocks of time for serial forecasts.
        confidence: Level of the interval.

    Returns:
        Mean difference of the log scores in nats, positive where the first is better; the error is that of pairs, so
        what makes rows hard for both cancels. Infinite where one of them gave an outcome probability 0.

    Raises:
        InputError: The input does not fit, or both gave an outcome probability 0, so that no difference exists.

    References:
        Good (1952), Rational decisions; Diebold and Mariano (1995), Journal of Business and Economic Statistics 13,
        for tests on paired differences of scores.

    Example:
        >>> from kullback.decisions.forecasts import compare_forecasts
        >>> found = compare_forecasts([0.8, 0.3, 0.6, 0.2], [0.5, 0.5, 0.5, 0.5], [1, 0, 1, 0])
        >>> round(found.value, 4)
        0.3647
    """
    confidence = check_confidence(confidence)
    one = read_forecasts(first, outcomes, weights, groups)
    two = read_forecasts(second, outcomes, weights, groups)
    if one.probs.shape != two.probs.shape:
        raise InputError(f"The forecasts have shapes {one.probs.shape} and {two.probs.shape}. The same is needed.")
    rows = np.flatnonzero(one.weights > 0)
    of_one, of_two = (side.log_probs[rows, one.outcomes[rows]] for side in (one, two))
    lost_one, lost_two = np.isneginf(of_one), np.isneginf(of_two)
    name = "mean log(first/second)"
    if lost_one.any() and lost_two.any():
        places = int(rows[lost_one.argmax()]), int(rows[lost_two.argmax()])
        raise InputError(
            f"Both forecasters gave probability 0 to what happened, in rows {places[0]} and {places[1]}: infinity less "
            "infinity is no difference. Leave such rows out, or forecast no zeros."
        )
    if lost_one.any() or lost_two.any():
        value = -math.inf if lost_one.any() else math.inf
        row = int(rows[(lost_one | lost_two).argmax()])
        who = "first" if lost_one.any() else "second"
        note = f"the {who} gave probability 0 to what happened in row {row}"
        return Estimate(value, math.inf, (value, value), confidence, "pairs", len(rows), 0, True, (note,), name)  # noqa: FBT003 - reliable
    gaps, shares = of_one - of_two, one.weights[rows]
    value = float((shares * gaps).sum())
    parts: Floats = shares * (gaps - value)
    if one.clusters is not None:
        parts = np.bincount(one.clusters[rows], parts).astype(np.float64)
    stderr = math.sqrt(float((parts**2).sum()) * len(parts) / max(len(parts) - 1, 1))
    note = "assumes independent rows" if one.clusters is None else f"{len(parts):,} groups"
    interval = normal_interval(value, stderr, confidence)
    return Estimate(value, stderr, interval, confidence, "pairs", len(rows), 0, notes=(note,), quantity=name)
