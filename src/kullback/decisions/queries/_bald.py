"""How much the members of an ensemble disagree about each point."""

import math
from typing import Any

import numpy as np

from kullback._core import Array, Namespace, softmax_gap, weights_gap
from kullback.decisions.queries._predictions import read_predictions


def bald(probs: Any, /, *, given: str = "probs", member_axis: int = 0) -> Array:
    r"""Mutual information of a point's label and the model: what the members of an ensemble disagree about.

    $$ I(y; m) = \frac1M \sum_m D\Big(p_m \,\Big\|\, \frac1M \sum_k p_k\Big) $$

    A point that every member finds ambiguous in the same way has nothing to teach and scores 0; one that each member is
    sure of, but not of the same class, scores highest.

    Args:
        probs: Predictions of shape ``(members, *points, classes)`` of any array library.
        given: What they are: "probs", "log_probs" or "logits".
        member_axis: Where the members are; the classes are last.

    Returns:
        Scores in nats of shape ``(*points,)``, in the library and float type that came, differentiable there: from 0
        to log min(members, classes).

    Raises:
        InputError: They are no predictions, or the axis is not there.

    Note:
        The mean of divergences, not the difference of two entropies: never negative, and members that nearly agree
        keep their digits (probabilities 1e-9 apart score about 1e-18, where entropies lose everything). Members stand
        for draws from the posterior; with few of them the score is too small, as a mean of so few lies too near them.

    References:
        Houlsby, Huszár, Ghahramani and Lengyel (2011), Bayesian Active Learning for Classification and Preference
        Learning, equation 2; Lin (1991), IEEE Transactions on Information Theory 37, section V.

    Example:
        >>> import numpy as np
        >>> unsure = [[0.5, 0.5], [0.5, 0.5]]  # two members, both undecided
        >>> torn = [[0.9, 0.1], [0.1, 0.9]]  # both sure, of different classes
        >>> np.round(bald(np.stack([unsure, torn], axis=1)), 4).tolist()
        [0.0, 0.3681]
    """
    xp, members, give_back = read_predictions(probs, given, member_axis=member_axis)
    with np.errstate(all="ignore"):
        if given == "probs":
            gaps = weights_gap(members, xp.broadcast_to(xp.mean(members, axis=0), members.shape))
        else:
            # An error of the mean enters squared: it is where the sum of the divergences is least.
            gaps = softmax_gap(members, xp.broadcast_to(_log_mean(xp, members), members.shape))
        return give_back(xp.mean(gaps, axis=0))


def _log_mean(xp: Namespace, members: Array) -> Array:
    top = xp.max(members, axis=0)
    top = xp.where(top > -xp.inf, top, xp.zeros_like(top))
    total = xp.sum(xp.exp(members - top), axis=0)
    some = xp.where(total > 0, total, xp.ones_like(total))
    return xp.where(total > 0, top + xp.log(some) - math.log(members.shape[0]), -xp.inf)
