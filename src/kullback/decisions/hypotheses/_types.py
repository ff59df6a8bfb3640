"""The exact law of the log likelihood ratio of n independent rows, by the types of the rows."""

import math
from dataclasses import dataclass

import numpy as np

from kullback._core import InputError, phi, stirling_remainder
from kullback.decisions.hypotheses._outcomes import Floats, Outcomes

MOST_TYPES = 3_000_000
"""More types than this are not listed."""
# Sums that differ by rounding alone are one value.
_TIE = 1e-12


@dataclass(frozen=True, eq=False)
class RatioAtoms:
    """Values of log q/p of all rows together with their log probabilities, largest value first.

    Attributes:
        value: Shape ``(k,)``, falling; may begin with inf and end with -inf.
        log_p: Log probability under p.
        log_q: Under q.
    """

    value: Floats
    log_p: Floats
    log_q: Floats


def ratio_atoms(outcomes: Outcomes, n: int, /) -> RatioAtoms:
    """Law of the sum of n log ratios, exact: every type (how often each ratio came) is counted.

    Args:
        outcomes: The two laws of one row.
        n: Rows.

    Raises:
        InputError: There are more than three million types.

    References:
        Csiszár (1998), IEEE Transactions on Information Theory 44, for the method of types.
    """
    one = merged(outcomes.log_ratio, outcomes.log_p, outcomes.log_q)
    if n == 1:
        return one
    groups = len(one.value)
    types = math.comb(n + groups - 1, groups - 1)
    if types > MOST_TYPES:
        raise InputError(
            f"n = {n} rows of {groups} different ratios have {types:.3g} types. At most {MOST_TYPES:,} are counted. "
            "Use fewer rows, merge outcomes, or the exponents without n."
        )
    start = 0.5 * math.log(2 * math.pi * n) + float(stirling_remainder(np.array([float(n)]))[0])
    left = np.array([n])
    value, log_p, log_q = np.zeros(1), np.full(1, start), np.full(1, start)
    for group in range(groups):
        parent, counts = _dealt(left, last=group == groups - 1)
        left = left[parent] - counts
        with np.errstate(invalid="ignore"):
            value = value[parent] + np.where(counts > 0, counts * one.value[group], 0.0)
        log_p = log_p[parent] + _terms(n, one.log_p[group])[counts]
        log_q = log_q[parent] + _terms(n, one.log_q[group])[counts]
        alive = (log_p > -np.inf) | (log_q > -np.inf)
        left, value, log_p, log_q = left[alive], value[alive], log_p[alive], log_q[alive]
    return merged(value, log_p, log_q)


def _dealt(left: np.ndarray, *, last: bool) -> tuple[np.ndarray, np.ndarray]:
    """Every count that a group can take of what is left; the last takes all."""
    if last:
        return np.arange(len(left)), left
    parent = np.repeat(np.arange(len(left)), left + 1)
    first = np.concatenate([[0], np.cumsum(left + 1)[:-1]])
    return parent, np.arange(len(parent)) - first[parent]


def _terms(n: int, log_share: float) -> Floats:
    """Terms of the log multinomial chance by count, in the form of the saddle point, which keeps digits (Loader)."""
    counts = np.arange(n + 1, dtype=np.float64)
    positive = counts[1:]
    stirling = 0.5 * np.log(2 * np.pi * positive) + stirling_remainder(positive)
    if log_share == -np.inf:
        return np.concatenate([[0.0], np.full(n, -np.inf)])
    mean = n * math.exp(log_share)
    step = (mean - positive) / positive
    # Near -1 the step has lost the digits of the ratio, whose logarithm counts there.
    far = positive * (np.log(positive / n) - log_share) - positive + mean
    gap = np.where(step < -0.5, far, positive * phi(np.maximum(step, -0.5)))
    return -np.concatenate([[mean], stirling + gap])


def merged(value: Floats, log_p: Floats, log_q: Floats, /) -> RatioAtoms:
    """Equal values made one, largest first."""
    order = np.argsort(-value, kind="stable")
    value, log_p, log_q = value[order], log_p[order], log_q[order]
    finite = np.abs(value[np.isfinite(value)])
    slack = _TIE * (float(finite.max()) if len(finite) else 1.0)
    with np.errstate(invalid="ignore"):
        apart = ~(np.abs(np.diff(value)) <= slack) & (value[1:] != value[:-1])
    first = np.concatenate([[0], np.flatnonzero(apart) + 1])
    if len(first) == len(value):
        return RatioAtoms(value, log_p, log_q)
    with np.errstate(all="ignore"):
        return RatioAtoms(value[first], np.logaddexp.reduceat(log_p, first), np.logaddexp.reduceat(log_q, first))
