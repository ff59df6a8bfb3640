"""Shares of samples: what a sample weighs, and what becomes of its zeros."""

from dataclasses import dataclass

import numpy as np

from kullback._core import InputError, weights_gap
from kullback.decisions._grouped import Codes, Floats, Grouped
from kullback.decisions.compositions._read import Samples
from kullback.divergences import smooth

WEIGHTS = ("samples", "units", "reads")
# Numbers that are held at a time.
_BLOCK = 1_000_000


@dataclass(frozen=True, eq=False)
class Weighed:
    """Samples as mass: shares times the weight of the sample.

    Attributes:
        shares: Of each sample, shape ``(samples, taxa)``.
        weights: Of the samples, adding up to their number.
        table: Mass by group and taxon.
    """

    shares: Floats
    weights: Floats
    table: Floats

    @property
    def mass(self) -> Floats:
        """Shares times weights."""
        return self.shares * self.weights[:, None]


def weighed(samples: Samples, weights: str, zeros: str, /) -> Weighed:
    """Samples under a policy for zeros.

    Args:
        samples: Counts.
        weights: What weighs the same.
        zeros: "none", or a method of `kl.smooth`.

    Raises:
        InputError: There is no such weight or policy.
    """
    if weights not in WEIGHTS:
        raise InputError(f"weights = {weights!r} is not known. Choose from {', '.join(WEIGHTS)}.")
    totals = samples.counts.sum(axis=1, keepdims=True)
    shares = samples.counts / totals if zeros == "none" else smooth(samples.counts, method=zeros).probs
    if weights == "samples":
        size = np.ones(len(shares))
    elif weights == "reads":
        size = totals[:, 0]
    else:
        size = 1.0 / np.bincount(samples.unit)[samples.unit]
    size = size * (len(shares) / size.sum())
    return Weighed(shares, size, summed(shares * size[:, None], samples.group, len(samples.groups)))


def summed(rows: Floats, code: Codes, count: int, /) -> Floats:
    """Rows added up by their code.

    Args:
        rows: Shape ``(rows, columns)``.
        code: Where each row goes, from 0.
        count: How many places there are.
    """
    found = np.zeros((count, rows.shape[1]))
    np.add.at(found, code, rows)
    return found


def grouped_by_unit(samples: Samples, found: Weighed, /) -> Grouped:
    """Mass of each unit in each group."""
    groups = len(samples.groups)
    cells, which = np.unique(samples.unit * groups + samples.group, return_inverse=True)
    mass = summed(found.mass, which, len(cells))
    return Grouped(found.table, found.table, mass, cells % groups, cells // groups)


def grouped_by_read(samples: Samples, found: Weighed, /) -> Grouped:
    """Mass by group alone, every read a row of its own."""
    return Grouped(found.table, summed(samples.counts, samples.group, len(samples.groups)))


def divergences(table: Floats, /) -> Floats:
    """D(a‖b) of the mean compositions, shape ``(..., groups, groups)``."""
    return np.asarray(weights_gap(*np.broadcast_arrays(table[..., :, None, :], table[..., None, :, :])))


def within(found: Weighed, group: Codes, /) -> tuple[float, Floats]:
    """Mean divergence of a sample from its group's mean composition: over all samples, and in each group."""
    gaps = weights_gap(found.shares, found.table[group])
    by_group = np.bincount(group, found.weights * gaps) / np.bincount(group, found.weights)
    return float((found.weights * gaps).sum() / found.weights.sum()), by_group


def jackknifed(grouped: Grouped, /) -> Floats:
    """Standard errors of `divergences` by leaving out one unit after the other; infinite where that makes them so."""
    mass, group, unit = grouped.mass, grouped.group, grouped.unit
    if mass is None or group is None or unit is None:
        return np.full((len(grouped.table),) * 2, np.inf)
    units, groups = int(unit.max()) + 1, len(grouped.table)
    found = np.empty((units, groups, groups))
    block = max(1, _BLOCK // grouped.table.size)
    for start in range(0, units, block):
        here = (unit >= start) & (unit < start + block)
        tables = np.tile(grouped.table, (min(block, units - start), 1, 1))
        tables[unit[here] - start, group[here]] -= mass[here]
        tables = np.where(tables > 1e-12 * grouped.table, tables, 0.0)  # what is left of equal numbers is rounding
        empty = tables.sum(axis=2) <= 0
        gaps = divergences(np.where(empty[..., None], 1.0, tables))
        found[start : start + block] = np.where(empty[:, :, None] | empty[:, None, :], np.inf, gaps)
    with np.errstate(invalid="ignore"):
        spread = np.sqrt((units - 1) / units * ((found - found.mean(axis=0)) ** 2).sum(axis=0))
    spread = np.where(np.isfinite(found).all(axis=0), spread, np.inf)
    np.fill_diagonal(spread, 0.0)
    return np.asarray(spread)
