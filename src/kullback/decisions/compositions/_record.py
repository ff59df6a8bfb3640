"""What a comparison of compositions found."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import Figure, percent

_SHOWN = 6
_BIT = math.log(2.0)


@dataclass(frozen=True)
class ZeroPolicy:
    """The figures under one treatment of zeros, in nats.

    Attributes:
        policy: Its name; "none" for shares as they are.
        between: Information between groups; None where the policy cannot be applied.
        divergences: D(group a‖group b) at ``[a, b]``; None where the policy cannot be applied.
        note: Why it cannot.
    """

    policy: str
    between: float | None
    divergences: NDArray[np.float64] | None
    note: str


@dataclass(frozen=True, eq=False, repr=False)
class CompositionComparison(Figure):
    """Compositions of groups against those of their samples, in nats; prints in bits.

    Attributes:
        value: Between groups: mean divergence of a group's mean composition from that of all, the mutual information of
            group and taxon.
        debiased: The same without what chance adds on average; may be slightly negative.
        interval: Of the divergence between groups.
        within: Within groups: mean divergence of a sample from its group's mean composition.
        total: Mean divergence of a sample from the mean composition of all: `value` + `within`.
        within_groups: `within` of each group.
        by_chance: Mean of `value` when whole units are dealt to the groups at random; None for one unit a group.
        p_value: Of groups that do not differ, by those permutations; None for one unit a group.
        confidence: Level of the intervals.
        groups: Names of the groups.
        taxa: Names of the taxa that were seen.
        samples: Samples in each group.
        units: Units in each group.
        reads: Counts in each group.
        shares: Mean composition of each group, at ``[a, k]``.
        divergences: D(group a‖group b) of the mean compositions at ``[a, b]``.
        stderr: Their standard errors over units; infinite where leaving out a unit makes a divergence so.
        contributions: What each taxon adds to `value`; none is negative.
        contribution_intervals: Interval of each, shape ``(taxa, 2)``.
        zeros: The figures under every treatment of zeros.
        policy: The one that all other figures are under.
        weights: What weighs the same: "samples", "units" or "reads".
        notes: What to beware of.
    """

    value: float
    debiased: float
    interval: tuple[float, float]
    within: float
    total: float
    within_groups: NDArray[np.float64]
    by_chance: float | None
    p_value: float | None
    confidence: float
    groups: tuple[str, ...]
    taxa: tuple[str, ...]
    samples: tuple[int, ...]
    units: tuple[int, ...]
    reads: tuple[float, ...]
    shares: NDArray[np.float64]
    divergences: NDArray[np.float64]
    stderr: NDArray[np.float64]
    contributions: NDArray[np.float64]
    contribution_intervals: NDArray[np.float64]
    zeros: tuple[ZeroPolicy, ...]
    policy: str
    weights: str
    notes: tuple[str, ...]

    def __str__(self) -> str:
        low, high = (end / _BIT for end in self.interval)
        chance = "" if self.by_chance is None else f", by chance {self.by_chance / _BIT:.4g}"
        test = "no p-value: one unit a group" if self.p_value is None else f"p = {self.p_value:.2g}"
        size = ", ".join(
            f"{name}: {_many(samples, 'sample')} of {_many(units, 'unit')}"
            for name, samples, units in zip(self.groups, self.samples, self.units, strict=True)
        )
        interval = f"{100 * self.confidence:g} % interval [{low:.4g}, {high:.4g}]"
        within, total = self.within / _BIT, self.total / _BIT
        share = percent(self.value / self.total if self.total > 0 else 0.0)
        lines = [
            f"between groups {self.bits:.4g} bits ({self.debiased / _BIT:.4g} debiased{chance}), {interval}, {test}",
            f"  within groups {within:.4g} bits; total {total:.4g} bits, {share} of it between",
            f"  {size}; {len(self.taxa)} taxa, {self.weights} weigh alike, zeros: {self.policy}",
            *self._pairs(),
            *self._taxa(),
            *self._zeros(),
        ]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def _pairs(self) -> list[str]:
        found = []
        for a, first in enumerate(self.groups):
            for b, second in enumerate(self.groups):
                if a != b:
                    error = "" if math.isinf(self.stderr[a, b]) else f" ± {self.stderr[a, b] / _BIT:.2g}"
                    found.append(f"  D({first}‖{second}) = {self.divergences[a, b] / _BIT:.4g}{error} bits")
        return [*found[:_SHOWN], *([f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else [])]

    def _taxa(self) -> list[str]:
        lines = []
        for place in np.argsort(-self.contributions, kind="stable")[:_SHOWN].tolist():
            low, high = self.contribution_intervals[place] / _BIT
            change = " | ".join(
                f"{name}: {percent(share)}" for name, share in zip(self.groups, self.shares[:, place], strict=True)
            )
            lines.append(
                f"  {self.taxa[place]} adds {self.contributions[place] / _BIT:.3g} [{low:.2g}, {high:.2g}]: {change}"
            )
        return lines

    def _zeros(self) -> list[str]:
        if not any(np.isinf(one.divergences).any() for one in self.zeros if one.divergences is not None):
            return []
        first, second = self.groups[:2]
        lines = [f"  zeros matter, in bits: between, D({first}‖{second}), D({second}‖{first})"]
        for one in self.zeros:
            if one.divergences is not None and one.between is not None:
                figures = one.between, one.divergences[0, 1], one.divergences[1, 0]
                lines.append(f"    {one.policy:<22}" + "".join(f"{figure / _BIT:>9.4g}" for figure in figures))
        return lines

    def plot(self, *, most: int = 12) -> Any:
        """Draw the taxa that add most, with intervals, beside their shares in each group.

        Args:
            most: Taxa to draw at most.

        Returns:
            A figure of matplotlib.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.decisions.compositions._picture import drawn  # noqa: PLC0415 - drawing needs an extra

        return drawn(self, most)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
