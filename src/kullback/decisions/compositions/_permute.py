"""Dealing whole units to the groups anew."""

import math

import numpy as np
from scipy import special

from kullback.decisions._grouped import Codes, Floats, Grouped

# Numbers that are held at a time.
_BLOCK = 4_000_000


def permuted(grouped: Grouped, draws: int, rng: np.random.Generator, /) -> Floats:
    """The information between groups after each of many exchanges of whole units.

    Units of one group alone are dealt anew, as many to each group as before; a unit with samples in several groups
    exchanges these groups.

    Args:
        grouped: Mass by unit and group.
        draws: How many exchanges.
        rng: Source of the draws.
    """
    mass, group, unit = grouped.mass, grouped.group, grouped.unit
    if mass is None or group is None or unit is None:
        return np.empty(0)
    alone = np.bincount(unit)[unit] == 1
    # Units of one group share one pot, every other unit has its own.
    pot = np.where(alone, -1, unit)
    ordered = np.argsort(pot, kind="stable")
    groups = np.arange(len(grouped.table))[:, None]
    block = max(1, _BLOCK // (len(groups) * (len(mass) + mass.shape[1])))
    found = []
    for start in range(0, draws, block):
        keys = rng.random((min(block, draws - start), len(pot)))
        dealt = np.empty(keys.shape, dtype=np.int64)
        dealt[:, ordered] = group[np.lexsort((keys, np.broadcast_to(pot, keys.shape)), axis=1)]
        found.append(between((dealt[:, None, :] == groups) @ mass))
    return np.concatenate(found)


def between(tables: Floats, /) -> Floats:
    """Mean divergence of a group from all of them together, of tables of shape ``(..., groups, taxa)``."""
    sizes, taxa = tables.sum(axis=-1), tables.sum(axis=-2)
    whole = sizes.sum(axis=-1)
    sums = (special.xlogy(one, one).sum(axis=-1) for one in (tables.reshape(*whole.shape, -1), sizes, taxa))
    cells, rows, columns = sums
    return np.asarray((cells - rows - columns + special.xlogy(whole, whole)) / whole)


def fewest(group: Codes, unit: Codes, /) -> float:
    """The smallest p-value that any exchange of units could give: one over the number of different ones."""
    entries = np.bincount(unit)
    alone = np.bincount(group[entries[unit] == 1]) if (entries == 1).any() else np.zeros(1)
    logs = math.lgamma(float(alone.sum()) + 1) - sum(math.lgamma(float(n) + 1) for n in alone)
    logs += sum(math.lgamma(float(n) + 1) for n in entries[entries > 1])
    return math.exp(-logs)
