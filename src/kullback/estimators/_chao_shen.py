"""The estimates of Chao and Shen: shares shrunk to the mass that was seen, weights for what was likely to be missed."""

import math
from typing import Any

import numpy as np

from kullback.estimators._counts_entropy import entropy_estimate
from kullback.estimators._counts_interval import counts_estimate
from kullback.estimators._estimate import Estimate
from kullback.estimators._options import check_confidence
from kullback.estimators._points import Floats
from kullback.estimators._tally import Counts, Tally, read_counts, read_sample_counts
from kullback.estimators._unseen import unseen_share


def chao_shen(p: Any, q: Any, /, *, confidence: float = 0.95) -> Estimate:
    r"""Divergence D(p‖q) of two samples of categories by coverage-adjusted shares and Horvitz-Thompson weights.

    $$ \hat D = \sum_i \frac{\tilde p_i \log(\tilde p_i / \tilde q_i)}{1 - (1 - \tilde p_i)^n}, \qquad
       \tilde p_i = C_x \frac{n_i}{n}, \quad \tilde q_i = C_y \frac{m_i}{m} $$

    with the coverages $C = 1 - f_1 / n$, where $f_1$ categories have one row. Categories that only x has share the
    mass that y has not shown, $1 - C_y$ but no less than half a row, evenly, each at most one row.

    Args:
        p: Counts of x: a mapping from label to count, value counts, or an array of shape ``(categories,)``.
        q: Counts of y, matched by label, or by place.
        confidence: Between 0 and 1.

    Returns:
        The estimate in nats.

    Raises:
        InputError: They are no counts, or do not fit each other.

    Note:
        The weights make up for categories that x never showed as if y had the same; where q differs there it may be far
        off. It has the bias of the plug-in where all categories are common.

    References:
        Chao and Shen (2003), Environmental and Ecological Statistics 10, 429–443, for the entropy.

    Example:
        >>> print(chao_shen({"a": 60, "b": 40}, {"a": 45, "b": 55}))
        D(x‖y) = 0.04523 ± 0.044 nats, 95 % interval [0, 0.1715]
          by chao_shen, n = 100, m = 100
    """
    tally, confidence = read_counts(p, q), check_confidence(confidence)
    return counts_estimate(tally, chao_shen_value(tally), "chao_shen", confidence=confidence)


def chao_shen_value(tally: Tally, /) -> float:
    """The figure alone, in nats."""
    seen = tally.p > 0
    p, q = tally.p[seen], tally.q[seen]
    m = tally.sizes[1]
    share_p, weights = _adjusted(p)
    coverage = 1.0 - _uncovered(tally.q)
    lacking = int((q == 0).sum())
    rest = min(max(1.0 - coverage, 0.5 / m) / max(lacking, 1), 1.0 / m)
    share_q = np.where(q > 0, coverage * q / m, rest)
    return math.fsum(weights * share_p * np.log(share_p / share_q))


def chao_shen_entropy(counts: Any, /, *, confidence: float = 0.95) -> Estimate:
    r"""Entropy of a sample of categories by the estimate of Chao and Shen.

    $$ \hat H = -\sum_i \frac{\tilde p_i \log \tilde p_i}{1 - (1 - \tilde p_i)^n}, \qquad
       \tilde p_i = \left(1 - \frac{f_1}{n}\right) \frac{n_i}{n} $$

    Args:
        counts: A mapping from label to count, value counts, or an array of shape ``(categories,)``.
        confidence: Between 0 and 1.

    Returns:
        The estimate in nats.

    Raises:
        InputError: They are no counts.

    Note:
        If every category has one row, $f_1 = n - 1$ is taken, as nothing could be said otherwise.

    References:
        Chao and Shen (2003), Environmental and Ecological Statistics 10, 429–443.

    Example:
        >>> print(chao_shen_entropy({"a": 60, "b": 40}))
        H(x) = 0.673 ± 0.021 nats, 95 % interval [0.6367, 0.7194]
          by chao_shen, n = 100
    """
    read, confidence = read_sample_counts(counts), check_confidence(confidence)
    return entropy_estimate(read, chao_shen_entropy_value(read), "chao_shen", confidence=confidence)


def chao_shen_entropy_value(counts: Counts, /) -> float:
    """The figure alone, in nats."""
    shares, weights = _adjusted(counts[counts > 0])
    return -math.fsum(weights * shares * np.log(shares))


def _adjusted(counts: Counts) -> tuple[Floats, Floats]:
    """Shares of the mass that was seen, and the reciprocal chances of having been seen."""
    total = float(counts.sum())
    shares = np.multiply(counts, (1.0 - _uncovered(counts)) / total, dtype=np.float64)
    with np.errstate(divide="ignore"):  # a share of 1 is certain to be seen
        chances = -np.expm1(total * np.log1p(-shares))
    return shares, 1.0 / chances


def _uncovered(counts: Counts) -> float:
    """Share of mass that was not seen; never all of it."""
    return min(unseen_share(counts), 1.0 - 1.0 / max(2.0, float(counts.sum())))
