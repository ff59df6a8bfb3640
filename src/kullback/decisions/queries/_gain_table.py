"""Expected information gain of experiments with few outcomes and few parameters, by enumeration."""

from typing import Any

import numpy as np

from kullback._core import Array, InputError, Namespace, bring, is_concrete, namespace, relative_gap, shares_of
from kullback.decisions.queries._predictions import read_predictions


def table_gain(likelihood: Any, prior: Any, /) -> Array:
    """Mutual information of parameter and outcome, shape ``(*designs,)``.

    Args:
        likelihood: Chances of the outcomes, shape ``(*designs, parameters, outcomes)``.
        prior: Probabilities of the parameters; None for equal ones.
    """
    xp = namespace(likelihood, prior)
    (table,), _ = bring(xp, [likelihood])
    if table.ndim < 2:
        raise InputError(
            f"the model is an array of shape {tuple(table.shape)}. A table of likelihoods of shape (*designs, "
            "parameters, outcomes) is needed; for designs of a linear model pass noise="
        )
    _, rows, give_back = read_predictions(likelihood, "probs", name="the table of likelihoods", member_axis=-2)
    rows, shares = shares_of(xp, rows), _prior(xp, prior, int(rows.shape[0]), rows)
    shares = xp.reshape(shares, (-1, *([1] * (rows.ndim - 1))))
    mean = xp.sum(shares * rows, axis=0)
    # A mean of divergences from the mean: never negative, and outcomes that hardly depend on θ keep their digits.
    with np.errstate(all="ignore"):
        gaps = relative_gap(rows, xp.broadcast_to(mean, rows.shape))
        weighted = xp.where(shares > 0, shares * xp.where(shares > 0, gaps, 0.0 * rows), 0.0 * rows)
    return give_back(xp.sum(weighted, axis=(0, -1)))


def _prior(xp: Namespace, prior: Any, parameters: int, like: Array) -> Array:
    if prior is None:
        return xp.ones_like(like[(slice(None), *([0] * (like.ndim - 1)))]) / parameters
    (given,), _ = bring(xp, [prior])
    if tuple(given.shape) != (parameters,):
        raise InputError(
            f"prior has shape {tuple(given.shape)}. One probability for each of the {parameters} parameters is needed."
        )
    if is_concrete(given):
        total = float(xp.sum(given))
        if not bool(xp.all(given >= 0)) or not abs(total - 1.0) <= 1e-6:
            raise InputError(
                f"prior adds up to {total:.6g}, or holds a negative number. Probabilities that add up to 1 are needed."
            )
    return shares_of(xp, given)
