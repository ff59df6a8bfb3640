"""The entropy of a sample of categories, and the interval that all methods for it share."""

import math
from typing import Any

import numpy as np
from scipy import special

from kullback._core import percent
from kullback.estimators._estimate import Estimate
from kullback.estimators._options import check_confidence
from kullback.estimators._rare_labels import extrapolated_entropy
from kullback.estimators._tally import Counts, read_sample_counts
from kullback.estimators._unseen import unseen_share

# Where more of p than this was never seen, the extrapolation is most of the error. A divergence bears more: there the
# terms of both sides cancel in part.
_MOST_UNSEEN = 0.05
# Alone, without a second term that it could cancel, the extrapolation is off by such a part of itself.
_MODEL_ERROR = 1 / 3


def counts_entropy(counts: Any, /, *, confidence: float = 0.95) -> Estimate:
    r"""Entropy of a sample of categories by Zhang's estimate and what it misses of rare ones.

    $$ \hat H = \sum_i \frac{n_i}{n} \left( \psi(n) - \psi(n_i) \right) + \hat B, \qquad B = \sum_i p_i E_1(n p_i) $$

    with B extrapolated from how often rows meet their kind, by a power law of rarity that ends somewhere.

    Args:
        counts: A mapping from label to count, value counts, or an array of shape ``(categories,)``.
        confidence: Between 0 and 1.

    Returns:
        The estimate in nats.

    Raises:
        InputError: They are no counts.

    Note:
        RMSE .04 for 1,000 even categories and 1,000 rows, where Zhang's estimate alone has .22. The interval covers at
        least 90 % for up to a tenth as many categories as rows.

    References:
        Zhang (2012), Neural Computation 24(5); Zhang and Grabchak (2013), Entropy 15, for the term B.

    Example:
        >>> print(counts_entropy({"a": 60, "b": 40}))
        H(x) = 0.678 ± 0.021 nats, 95 % interval [0.6367, 0.7194]
          by extrapolated, n = 100
    """
    read, confidence = read_sample_counts(counts), check_confidence(confidence)
    return entropy_estimate(read, extrapolated_entropy(read).value, "extrapolated", confidence=confidence)


def entropy_estimate(counts: Counts, value: float, method: str, /, *, confidence: float) -> Estimate:
    r"""The estimate that a method's figure of an entropy makes.

    The interval reaches around Zhang's estimate and its extrapolation to rare categories, with the variance
    $\mathrm{Var}(\log p) / n + (K - 1) / 2n^2$ plus that of the extrapolation, and is stretched to hold the figure.

    Args:
        counts: Counts of the categories that were seen.
        value: The figure in nats.
        method: Name of the method.
        confidence: Between 0 and 1.

    Returns:
        The estimate of H(x).
    """
    found = extrapolated_entropy(counts)
    error = math.hypot(found.error, _MODEL_ERROR * (found.value - found.plain))
    total = float(counts.sum())
    shares = counts / total
    spread = float((shares * np.log(shares) ** 2).sum()) - float(special.entr(shares).sum()) ** 2
    stderr = math.sqrt(max(0.0, spread) / total + (len(counts) - 1) / (2.0 * total**2) + error**2)
    reach = float(special.ndtri(0.5 + confidence / 2)) * stderr
    low, high = max(0.0, found.plain - reach), found.value + reach
    if len(counts) == 1:
        # So much may lie on categories of which not one row was seen; the entropy is least if it is one of them.
        hidden = -math.expm1(math.log1p(-confidence) / total)
        high = float(special.entr(hidden) + special.entr(1.0 - hidden))
    notes, reasons = _notes(counts)
    if not low <= value <= high:
        reasons.append(f"this figure lies outside of what the bias-corrected methods find, {low:.4g} to {high:.4g}")
    return Estimate(
        value=value,
        stderr=stderr,
        interval=(min(low, value), max(high, value)),
        confidence=confidence,
        method=method,
        n=round(total),
        m=0,
        reliable=not reasons,
        notes=(*notes, *reasons),
        quantity="H(x)",
    )


def _notes(counts: Counts) -> tuple[list[str], list[str]]:
    hidden = unseen_share(counts)
    notes, reasons = [], []
    if hidden > 0:
        notes.append(
            f"x shows {len(counts):,} categories; about {percent(hidden)} of p is on others that it never shows "
            "(Good-Turing)"
        )
    if hidden > _MOST_UNSEEN:
        reasons.append(
            "too much mass is on categories that were never seen: the figure rests on what is assumed about them"
        )
    if len(counts) == 1:
        reasons.append("every row is of one category: others were too rare to be seen, however many there are")
    return notes, reasons
