"""Two columns counted together on both sides, and what chance does to what is computed from them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback.fitting.constraints import fit_margins
from kullback.inference import (
    DivergenceInterval,
    FittedTables,
    clustered_divergence,
    clustered_remaining,
    divergence_interval,
    firm_cells,
    fitted_to_slices,
    half_added,
    remaining_divergence,
    slice_groups,
)
from kullback.tables.pairs._statements import Finding

Floats = NDArray[np.float64]
Groups = NDArray[np.int64]
# Rows of the smaller side that every group of cells needs: by simulation enough from 1,000 rows on.
_LEAST_ROWS = 10.0
# Where the cells of enough rows leave out more than this share of the current rows, a small figure does not mean that
# little changed.
_MOST_LEFT_OUT = 0.05
# Odds need two rows and two columns.
_LEAST_CELLS = 4


@dataclass(frozen=True, eq=False)
class TwoWay:
    """Counts of two columns together, on both sides.

    Attributes:
        reference: Effective rows, shape ``(x, y)``; with units ``(units, x, y)``.
        current: Likewise; the same unit in the same place.
    """

    reference: Floats
    current: Floats

    @property
    def sides(self) -> tuple[Floats, Floats]:
        """Current and reference rows by cell, units taken together."""
        if self.reference.ndim == 2:
            return self.current, self.reference
        return self.current.sum(axis=0), self.reference.sum(axis=0)

    @property
    def turned(self) -> "TwoWay":
        """The same with x and y exchanged."""
        return TwoWay(np.swapaxes(self.reference, -1, -2), np.swapaxes(self.current, -1, -2))

    def joint(self, plugin: float, /) -> Finding:
        """D(x, y)."""
        return self._finding(plugin, self._groups(), None)

    def margin(self, plugin: float, /) -> Finding:
        """D(x)."""
        p, q = self.sides
        places = np.cumsum((p + q).sum(axis=1) > 0) - 1
        return self._finding(plugin, np.repeat(np.maximum(places, 0)[:, None], p.shape[1], axis=1), None)

    def conditional(self, plugin: float, /) -> Finding:
        """D(y|x), over the slices that both sides hold."""
        p, q = self.sides
        kept = (p.sum(axis=1) > 0) & (q.sum(axis=1) > 0)
        if not kept.any():
            return Finding(plugin, DivergenceInterval(0.0, 0, 1.0, 1.0), covered=False)
        both = TwoWay(self.reference[..., kept, :], self.current[..., kept, :])
        slices = np.repeat(np.arange(int(kept.sum()))[:, None], p.shape[1], axis=1)
        found = both._finding(plugin, both._groups(), slices)
        share = float(p[kept].sum() / p.sum())
        lower = None if found.lower is None else _scaled(found.lower, share)
        covered = share >= 1 - _MOST_LEFT_OUT
        return replace(found, law=_scaled(found.law, share), lower=lower, covered=covered)

    def interaction(self) -> tuple[Finding, Floats]:
        """What of D(x, y) is left once the reference has the margins of the current side.

        It stands on the cells of enough rows; leaving the others out can only lower it.

        Returns:
            The finding, and the shares of the current rows that the reference's dependence would give the cells, shape
            ``(x, y)``; NaN where cells have too few rows.
        """
        p, q = self.sides
        firm = firm_cells(p, q, self._least())
        expected = np.full(p.shape, np.nan)
        if firm.sum() < _LEAST_CELLS:
            return Finding(0.0, DivergenceInterval(0.0, 0, 1.0, 1.0), covered=False), expected
        x, y = (np.unique(places, return_inverse=True)[1] for places in np.nonzero(firm))
        tables = _fitted_to_margins(half_added(p[firm]), half_added(q[firm]), x, y)
        share = float(p[firm].sum() / p.sum())
        expected[firm] = share * tables.fitted
        found = self._remaining(tables, self.current[..., firm], self.reference[..., firm])
        covered = share >= 1 - _MOST_LEFT_OUT
        return Finding(share * tables.divergence, _scaled(found, share), covered=covered), expected

    def _least(self) -> float:
        """Rows that a group of cells needs: more where the rows of a unit are alike."""
        if self.current.ndim == 2:
            return _LEAST_ROWS
        groups = slice_groups(*self.sides, _LEAST_ROWS)
        found = clustered_divergence(_summed(self.current, groups), _summed(self.reference, groups))
        return _LEAST_ROWS * max(1.0, found.design_effect)

    def _groups(self) -> Groups:
        return slice_groups(*self.sides, self._least())

    def _finding(self, plugin: float, groups: Groups, slices: Groups | None) -> Finding:
        """The divergence over groups of cells, and its bound from below where the reference lacks one of them."""
        p, q = (_summed(side, groups) for side in self.sides)
        bare = (q == 0) & (p > 0)
        lower = None
        if bare.any() and not bare.all():
            lower = self._law(_hosted(groups, slices, bare, p + q), slices)
        return Finding(plugin, self._law(groups, slices), lower)

    def _law(self, groups: Groups, slices: Groups | None) -> DivergenceInterval:
        current, reference = _summed(self.current, groups), _summed(self.reference, groups)
        if slices is not None:
            slice_of = np.zeros(int(groups.max()) + 1, dtype=np.int64)
            slice_of[groups.ravel()] = slices.ravel()
            p, q = (_summed(side, groups) for side in self.sides)
            return self._remaining(fitted_to_slices(p, q, slice_of), current, reference)
        if self.current.ndim == 3:
            return clustered_divergence(current, reference).interval
        return divergence_interval(current, reference)

    def _remaining(self, tables: FittedTables, current: Floats, reference: Floats) -> DivergenceInterval:
        if self.current.ndim == 3:
            return clustered_remaining(tables, current, reference)
        return remaining_divergence(tables, (float(current.sum()), float(reference.sum())))


def _summed(counts: Floats, groups: Groups) -> Floats:
    """Counts by group of cells, each unit by itself."""
    flat = counts.reshape(*counts.shape[:-2], -1)
    sums = np.zeros((int(groups.max()) + 1, *flat.shape[:-1]))
    np.add.at(sums, groups.ravel(), np.moveaxis(flat, -1, 0))
    return np.moveaxis(sums, 0, -1)


def _hosted(groups: Groups, slices: Groups | None, bare: NDArray[np.bool_], pooled: Floats) -> Groups:
    """Groups after those without reference rows joined the heaviest of their slice."""
    joined = groups.copy()
    for group in np.flatnonzero(bare):
        inside = groups == group
        beside = groups if slices is None else groups[slices == slices[inside][0]]
        others = np.unique(beside)
        others = others[~bare[others]]
        if len(others):
            joined[inside] = others[int(np.argmax(pooled[others]))]
    return np.unique(joined, return_inverse=True)[1].reshape(groups.shape).astype(np.int64)


def _fitted_to_margins(p: Floats, q: Floats, x: Groups, y: Groups) -> FittedTables:
    shape = int(x.max()) + 1, int(y.max()) + 1
    wanted, start = np.zeros(shape), np.zeros(shape)
    wanted[x, y], start[x, y] = p, q
    fitted = fit_margins(start, [wanted.sum(axis=1), wanted.sum(axis=0)]).table[x, y]
    return FittedTables(p, q, fitted, np.array([x, y]))


def _scaled(found: DivergenceInterval, share: float) -> DivergenceInterval:
    """The divergence of a part of the rows as what it adds to that of all."""
    return replace(found, debiased=found.debiased * share, effective=found.effective / share)
