"""The divergence from nearest neighbors."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from kullback.estimators._estimate import Estimate, normal_interval, noted
from kullback.estimators._neighbor_terms import NeighborTerms, neighbor_terms
from kullback.estimators._options import Rng, check_confidence, check_neighbors
from kullback.estimators._points import Points, read_points
from kullback.estimators._standardize import standardized
from kullback.estimators._tails import tail_gap

# Share of what the fitted tail says that is added: between none and all of it the error was least, over twenty pairs
# of laws from 100 to 5,000 rows; by all of it bounded laws were off by more than without.
_BELIEVED = 0.5


def neighbors(
    x: Any,
    y: Any,
    /,
    *,
    k: int = 5,
    standardize: bool = True,
    tails: bool = False,
    weights: Any = None,
    confidence: float = 0.95,
    rng: Rng = None,
) -> Estimate:
    r"""Divergence of two samples from the distances to the k-th nearest rows.

    $$ \frac{d}{n} \sum_i \log \frac{ν_k(x_i)}{ρ_k(x_i)} + \log\frac{m}{n-1} $$

    with $ρ_k$ the distance to the k-th nearest of the other rows of x and $ν_k$ that to the k-th nearest row of y.
    Where the samples differ in size the larger one gets more neighbors.

    Args:
        x: Sample of p, shape ``(n,)`` or ``(n, d)``.
        y: Sample of q, shape ``(m,)`` or ``(m, d)``.
        k: Neighbors in the smaller sample; fewer where it has fewer rows.
        standardize: Whether columns are brought to one scale first.
        tails: Whether, on the line, half of what a fitted tail of y says neighbors miss is added where x reaches beyond
            y by more than chance; `kl.estimate` does so.
        weights: Pair of weights of the rows of x and of y.
        confidence: Level of the interval.
        rng: Taken like every other method; nothing is left to chance here.

    Returns:
        The estimate in nats with a standard error from the influence of every row. On the line the interval reaches
        further up where x lies beyond y, to `inf` where it does so by more than chance.

    Raises:
        InputError: No samples of numbers, or x has a single distinct row.

    Note:
        On the line 95 % intervals cover in 92 to 96 % of cases where q has no thinner tail than p. Beyond two
        dimensions the estimate is too small for laws that differ much; see `whitened_neighbors`.

    References:
        Wang, Kulkarni and Verdú (2009), IEEE Transactions on Information Theory 55, equation 5.

    Example:
        >>> import numpy as np
        >>> from kullback.estimators import neighbors
        >>> rng = np.random.default_rng(0)
        >>> found = neighbors(rng.normal(0, 1, 5000), rng.normal(1, 2, 5000))
        >>> bool(found.interval[0] < 0.4431 < found.interval[1])
        True
    """
    points = read_points(x, y, weights=weights)
    level, size = check_confidence(confidence), check_neighbors(k)
    del rng
    if standardize:
        points, _ = standardized(points)
    if points.d == 0:
        return all_equal(points, level, "neighbors")
    return neighbors_of(points, neighbor_terms(points, size), level, tails=tails)


def neighbors_of(
    points: Points,
    found: NeighborTerms,
    confidence: float,
    /,
    *,
    offset: float = 0.0,
    variance: float = 0.0,
    tails: bool = False,
) -> Estimate:
    """The estimate of `neighbors` from its terms.

    Args:
        points: The samples.
        found: Their terms.
        confidence: Level of the interval.
        offset: A known part to be added, in nats.
        variance: Its variance.
        tails: Whether something is added for tails, as in `neighbors`.

    Returns:
        The estimate.
    """
    value, stderr = found.value + offset, math.sqrt(found.stderr**2 + variance)
    low, high = normal_interval(value, stderr, confidence)
    estimate = Estimate(
        value,
        stderr,
        (low, max(high, 0.0)),
        confidence,
        "neighbors",
        points.n,
        points.m,
        notes=tuple(neighbor_notes(found)),
        log_ratios=found.terms[found.rows] + offset,
    )
    return _with_tails(estimate, points, found, tails=tails) if points.d == 1 else _in_space(estimate, found)


def _with_tails(estimate: Estimate, points: Points, found: NeighborTerms, *, tails: bool) -> Estimate:
    """On the line: the upper end raised by what tails may hide, and on request the value by half of it."""
    rows = np.zeros(len(found.terms), dtype=np.intp)
    rows[found.rows] = np.arange(points.n)
    distinct = Points(points.x[rows], points.y)
    gap = tail_gap(distinct, found.weights, found.k_y)
    low, high = estimate.interval
    if not gap.beyond and gap.heavier:
        reason = (
            "x has heavier tails than y and reaches beyond it, where q cannot be seen: D may be larger, even infinite"
        )
        return noted(_replaced(estimate, (low, math.inf)), unreliable=[reason])
    if not gap.beyond:
        return _replaced(estimate, (low, high + gap.most))
    reason = f"{gap.beyond} rows of x lie beyond all of y, where q cannot be seen: D may be larger, even infinite"
    if not tails:
        return noted(_replaced(estimate, (low, math.inf)), unreliable=[reason])
    added = _BELIEVED * gap.allowance
    raised = replace(estimate, value=estimate.value + added, interval=(low, math.inf))
    told = f"{added:.3g} nats are added for them: half of what a tail fitted to y says neighbors miss"
    return noted(raised, told, unreliable=[reason])


def _replaced(estimate: Estimate, interval: tuple[float, float]) -> Estimate:
    return replace(estimate, interval=interval)


def _in_space(estimate: Estimate, found: NeighborTerms) -> Estimate:
    if found.d < 3 or estimate.value < 3.0 * estimate.stderr:
        return estimate
    low, _ = estimate.interval
    reason = f"in {found.d} dimensions neighbors miss part of a divergence; see 'whitened_neighbors'"
    return noted(_replaced(estimate, (low, math.inf)), unreliable=[reason])


def neighbor_notes(found: NeighborTerms, /) -> list[str]:
    """What was seen in the rows."""
    notes = [f"{found.k_x} neighbors in x, {found.k_y} in y"]
    if found.repeats:
        notes.append(f"{found.repeats} rows repeat another row of their sample and count by weight")
    if found.shared:
        notes.append(
            f"{found.shared} of {len(found.terms)} distinct rows of x are rows of y as well (copied or memorized); "
            "each is compared with the other rows of y"
        )
    return notes


def all_equal(points: Points, confidence: float, method: str, /) -> Estimate:
    """The estimate where every row of both samples is the same."""
    return Estimate(
        0.0,
        0.0,
        (0.0, math.inf),
        confidence,
        method,
        points.n,
        points.m,
        reliable=False,
        notes=("all rows of both samples are the same: nothing differs, and nothing bounds what was not seen",),
    )
