"""Two groups at a time: divergence in both directions, interval, test."""

import math

import numpy as np
from numpy.typing import NDArray

from kullback._core import relative_gap, weights_gap
from kullback.decisions.fairness._read import Entries
from kullback.estimators._divergence_interval import DivergenceInterval
from kullback.inference import clustered_divergence, divergence_interval, two_sample_g_test, unit_permutation_test
from kullback.inference import unit_shuffles as shuffled

Floats = NDArray[np.float64]

_DRAWS = 1999
_LEAST_UNITS = 2
# Beyond so many units the law of their sums is as good as permutations of them.
_MOST_PERMUTED = 2000


def shares_of_groups(table: Floats, /) -> Floats:
    """Shares of the outcomes in each group; equal ones where a group has no rows."""
    sizes = table.sum(axis=1, keepdims=True)
    shares: Floats = np.where(sizes > 0, table / np.where(sizes > 0, sizes, 1.0), 1.0 / table.shape[1])
    return shares


def divergences(table: Floats, /) -> Floats:
    """D(a‖b), shape (groups, groups); 0 where either group has no rows."""
    there = table.sum(axis=1) > 0
    rows = np.where(there[:, None], table, 1.0)
    gaps = weights_gap(*np.broadcast_arrays(rows[:, None], rows[None]))
    return np.asarray(np.where(there[:, None] & there[None], gaps, 0.0))


def summands(table: Floats, /) -> Floats:
    """What each outcome adds to D(a‖b), shape (groups, groups, outcomes); 0 where either group has no rows."""
    shares, there = shares_of_groups(table), table.sum(axis=1) > 0
    parts = relative_gap(*np.broadcast_arrays(shares[:, None], shares[None]))
    return np.asarray(np.where((there[:, None] & there[None])[..., None], parts, 0.0))


def pair_interval(entries: Entries, first: int, second: int, /) -> DivergenceInterval | None:
    """The debiased D(first‖second) with its law, from rows or units; None where one unit shows no spread."""
    p, q = _sides(entries, first, second)
    seen = (p.sum(axis=0) + q.sum(axis=0)) > 0
    if entries.mass is None:
        return divergence_interval(p[0, seen], q[0, seen])
    if min(np.count_nonzero(side.sum(axis=1)) for side in (p, q)) < _LEAST_UNITS:
        return None
    return clustered_divergence(p[:, seen], q[:, seen]).interval


def pair_test(entries: Entries, first: int, second: int, rng: np.random.Generator, /) -> float:
    """P-value of equal predictions of two groups, the same in both directions."""
    p, q = _sides(entries, first, second)
    seen = (p.sum(axis=0) + q.sum(axis=0)) > 0
    p, q = p[:, seen], q[:, seen]
    if p.shape[1] < 2:
        return 1.0
    if entries.mass is None:
        return two_sample_g_test(p[0], q[0], draws=_DRAWS, rng=rng)[0]
    if len(p) > _MOST_PERMUTED:
        return clustered_divergence(p, q).interval.p_value(0.0)
    shuffles = shuffled(p.sum(axis=1) > 0, q.sum(axis=1) > 0, draws=_DRAWS, rng=rng)
    return unit_permutation_test(p, q, [np.arange(p.shape[1])], shuffles)


def _sides(entries: Entries, first: int, second: int) -> tuple[Floats, Floats]:
    """Mass of both groups, shape (units, outcomes), the same unit in the same row; a single row without units."""
    if entries.mass is None or entries.group is None or entries.unit is None:
        return entries.table[first : first + 1], entries.table[second : second + 1]
    here = (entries.group == first) | (entries.group == second)
    kinds, place = np.unique(entries.unit[here], return_inverse=True)
    sides = np.zeros((2, len(kinds), entries.mass.shape[1]))
    sides[(entries.group[here] == second).astype(np.int64), place] = entries.mass[here]
    return sides[0], sides[1]


def total_variation(p: Floats, q: Floats, /) -> float:
    """Half the sum of the absolute differences."""
    return 0.5 * math.fsum(np.abs(p - q))
