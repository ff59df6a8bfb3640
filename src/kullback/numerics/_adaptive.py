"""Cut panels in two until what is left of the error is small, or cannot become smaller."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback.numerics._density import Floats, Numeric
from kullback.numerics._integrand import Integrand
from kullback.numerics._panels import POINTS, Panels, apply_rule

_MOST_PANELS = 20_000
# Densities are integrated to this; if one is then off 1 by the next, its lost mass is looked for up to so many panels;
# if by the last, there is no result.
_MASS_ERROR, _MASS_DEFECT, _MOST_DEFECT = 1e-10, 1e-9, 1e-6
_MOST_SEARCHED = 2_000
# When this many halves at once keep this share of the error, they meet noise.
_MANY, _STALLED = 1_000, 0.05
# At kinks the error of the rule is at most so many times the difference of the two; a cut gains at most so much.
_CARE, _MOST_GAIN = 10.0, 16.0


@dataclass(frozen=True, eq=False)
class Totals:
    """Integrals of all rows of an integrand, with their errors, and how high the first row goes over a density."""

    value: Floats
    error: Floats
    evaluations: int
    height: float = 0.0

    def defect(self) -> float:
        """How far a density is from integrating to 1; zero if its error and rounding explain that."""
        off = np.abs(self.value[1:-2] - 1.0)
        return float(np.max(np.where(off <= self.error[1:-2] + self.value[-2], 0.0, off)))

    def numeric(self, method: str, *, sharp: bool) -> Numeric:
        """The result with everything that is known to be uncertain about it."""
        value = float(self.value[0])
        if not np.isfinite(value):
            return Numeric(value, np.inf if np.isnan(value) else 0.0, method, self.evaluations)
        return Numeric(
            value, float(self.error[0] + self.value[-1]) + self._unseen(sharp=sharp), method, self.evaluations
        )

    def _unseen(self, *, sharp: bool) -> float:
        """What missing mass can change: anything if it is much, else what as much mass gives elsewhere at most."""
        defect, usual = self.defect(), 1.0 + abs(float(self.value[0]))
        if defect >= _MASS_DEFECT:
            return defect * usual if defect < _MOST_DEFECT else np.inf
        # So little is a logarithm that is off by a constant, which counts by its square if it is in the log ratio.
        return defect * min(usual, self.height) + (0.0 if sharp else 4.0 * defect * defect)


def integrate(integrand: Integrand, panels: Panels, start: Totals, tolerance: float, /) -> Totals:
    """Integrate all rows over all panels.

    Args:
        integrand: What to integrate.
        panels: The first panels.
        start: What is known already of the totals: tails, and sums over integers.
        tolerance: Wanted relative error of the first row.

    Returns:
        Totals whose errors are true to what was reached, wanted or not.
    """
    value, error = apply_rule(integrand, panels)
    evaluations = start.evaluations + len(panels) * len(POINTS)
    while True:
        both = value.sum(axis=1) + start.value, error.sum(axis=1) + start.error
        totals = Totals(*both, evaluations, max(start.height, height(value)))
        if not np.isfinite(totals.value[0]):
            return totals
        split = _rough(value, error, totals, tolerance) & panels.divisible()
        if not split.any() or len(panels) + split.sum() > _MOST_PANELS:
            return totals
        halves = panels.pick(split).halves()
        new_value, new_error = apply_rule(integrand, halves)
        evaluations += len(halves) * len(POINTS)
        if len(halves) > _MANY and new_error[0].sum() > _STALLED * error[0, split].sum() > 0:
            return totals  # the log densities are rougher than they should be: cutting finds no end
        new_error = _doubted(new_value, new_error, value[:, split], error[:, split])
        panels = Panels.join(panels.pick(~split), halves)
        value = np.concatenate([value[:, ~split], new_value], axis=1)
        error = np.concatenate([error[:, ~split], new_error], axis=1)


def height(rows: Floats, /) -> float:
    """The largest ratio of the first row to a density, from rows of shape ``(rows, places)``."""
    mass = rows[1:-2].max(axis=0)
    return float(np.max(np.abs(rows[0]) / np.where(mass > 0, mass, np.inf), initial=0.0))


def _doubted(value: Floats, error: Floats, value_before: Floats, error_before: Floats) -> Floats:
    """The errors of halves in the light of what their panel was before.

    At kinks and jumps both rules are about equally wrong and can agree by accident, and an accident is what would end
    the cutting. Such places are known by errors that hardly fall or by halves that disagree with the whole; a cut is
    then not believed to gain more than it can there.
    """
    change = np.abs(value.reshape(len(value), 2, -1).sum(axis=1) - value_before)
    both = error.reshape(len(error), 2, -1).sum(axis=1)
    smooth = (both < 1e-3 * error_before) & (change < 1e-4 * error_before)
    least = np.maximum(change, error_before / _MOST_GAIN)
    factor = np.where(smooth, 1.0, np.maximum(_CARE, least / np.maximum(both, 1e-300)))
    doubted: Floats = error * np.tile(factor, 2)
    return doubted


def _rough(value: Floats, error: Floats, totals: Totals, tolerance: float) -> NDArray[np.bool_]:
    """Panels that are to be cut."""
    panels = value.shape[1]
    goal = np.full(len(value) - 2, _MASS_ERROR)
    goal[0] = max(tolerance * abs(totals.value[0]), 0.5 * totals.value[-1])
    missed = error[:-2].sum(axis=1) > goal
    if not missed.any() and totals.defect() > _MASS_DEFECT and panels < _MOST_SEARCHED:
        return np.ones(panels, dtype=np.bool_)  # there is mass that no node saw
    floor = 0.5 * np.vstack([value[-1], *[value[-2]] * (len(value) - 3)])  # no cut helps against rounding
    needed = (error[:-2] > goal[:, None] / (2 * panels)) & (error[:-2] > floor) & missed[:, None]
    return np.asarray(np.any(needed, axis=0))
