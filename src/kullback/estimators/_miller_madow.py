"""The correction of Miller and Madow: the plug-in less its bias of first order."""

import math
from typing import Any

import numpy as np
from scipy import special

from kullback.estimators._counts_entropy import entropy_estimate
from kullback.estimators._counts_interval import counts_estimate
from kullback.estimators._estimate import Estimate
from kullback.estimators._options import check_confidence
from kullback.estimators._tally import Counts, Tally, read_counts, read_sample_counts


def miller_madow(p: Any, q: Any, /, *, confidence: float = 0.95) -> Estimate:
    r"""Divergence D(p‖q) of two samples of categories by the plug-in less its bias of first order.

    $$ \hat D = \sum_i \hat p_i \log\frac{\hat p_i}{\tilde q_i} - \frac{K_x - 1}{2n} - \frac{K - 1}{2m}, \qquad
       \tilde q_i = \frac{m_i + 1/2}{m + K/2} $$

    with $K_x$ categories in x and K in either sample. The half keeps the second term finite where y lacks a category,
    and makes its bias what it would be if all categories were equally likely.

    Args:
        p: Counts of x: a mapping from label to count, value counts, or an array of shape ``(categories,)``.
        q: Counts of y, matched by label, or by place.
        confidence: Between 0 and 1.

    Returns:
        The estimate in nats.

    Raises:
        InputError: They are no counts, or do not fit each other.

    Note:
        Right where every category was seen several times; the correction is far too small for rare ones. A category
        that y never showed counts as half a row.

    References:
        Miller (1955), in Information Theory in Psychology, for the bias.

    Example:
        >>> print(miller_madow({"a": 60, "b": 40}, {"a": 45, "b": 55}))
        D(x‖y) = 0.03493 ± 0.044 nats, 95 % interval [0, 0.1715]
          by miller_madow, n = 100, m = 100
    """
    tally, confidence = read_counts(p, q), check_confidence(confidence)
    return counts_estimate(tally, miller_madow_value(tally), "miller_madow", confidence=confidence)


def miller_madow_value(tally: Tally, /) -> float:
    """The figure alone, in nats."""
    tally = tally.seen
    _, m = tally.sizes
    labels = len(tally.p)
    share_p, share_q = tally.p / tally.sizes[0], (tally.q + 0.5) / (m + 0.5 * labels)
    return -miller_madow_entropy_value(tally.p) - math.fsum(share_p * np.log(share_q)) - (labels - 1) / (2.0 * m)


def miller_madow_entropy(counts: Any, /, *, confidence: float = 0.95) -> Estimate:
    r"""Entropy of a sample of categories by the plug-in with the correction of Miller and Madow.

    $$ \hat H = -\sum_i \hat p_i \log \hat p_i + \frac{K_x - 1}{2n} $$

    Args:
        counts: A mapping from label to count, value counts, or an array of shape ``(categories,)``.
        confidence: Between 0 and 1.

    Returns:
        The estimate in nats.

    Raises:
        InputError: They are no counts.

    References:
        Miller (1955), in Information Theory in Psychology.

    Example:
        >>> print(miller_madow_entropy({"a": 60, "b": 40}))
        H(x) = 0.678 ± 0.021 nats, 95 % interval [0.6367, 0.7194]
          by miller_madow, n = 100
    """
    read, confidence = read_sample_counts(counts), check_confidence(confidence)
    return entropy_estimate(read, miller_madow_entropy_value(read), "miller_madow", confidence=confidence)


def miller_madow_entropy_value(counts: Counts, /) -> float:
    """The figure alone, in nats."""
    total = float(counts.sum())
    return math.fsum(special.entr(counts / total)) + (int((counts > 0).sum()) - 1) / (2.0 * total)
