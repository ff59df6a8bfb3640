"""What a comparison of groups found."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import Figure, Shown, percent

_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False)
class GroupPair(Shown):
    """One group against another; prints as one line.

    Attributes:
        first: Group whose predictions happen.
        second: Group whose predictions were expected.
        label: Label that the rows share, "" over all rows.
        value: D(first‖second) of the mean predictions in nats, infinite where second never gets an outcome of first.
        debiased: The same without what chance adds on average, from counts with ½ added; may be slightly negative.
        interval: Of the divergence, in nats.
        p_value: Of equal predictions; the same in both directions.
        p_adjusted: Adjusted for the number of pairs (Benjamini and Hochberg).
        parity_difference: Largest difference of the shares of one outcome: the demographic parity difference.
        total_variation: Half the sum of these differences.
    """

    first: str
    second: str
    label: str
    value: float
    debiased: float
    interval: tuple[float, float]
    p_value: float
    p_adjusted: float
    parity_difference: float
    total_variation: float

    @property
    def pinsker(self) -> float:
        """The most that total variation and parity difference could be at this divergence: √(D/2), at most 1."""
        return min(1.0, math.sqrt(self.value / 2.0))

    def __str__(self) -> str:
        given = f" given {self.label}" if self.label else ""
        low, high = self.interval
        return (
            f"D({self.first}‖{self.second}){given} = {self.value:.4g} nats, interval [{low:.4g}, {high:.4g}], parity "
            f"difference {percent(self.parity_difference)} (at most {percent(self.pinsker)} by Pinsker), adjusted "
            f"p = {self.p_adjusted:.2g}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class GroupDivergence(Figure):
    """Divergences between the predictions of groups, in nats; prints as a short table.

    Where labels were given, arrays have their axis in front.

    Attributes:
        value: Jensen-Shannon divergence of all groups by their shares, the mutual information of group and outcome;
            with labels given the label.
        debiased: The same without what chance adds on average; may be slightly negative.
        interval: Of that information, in nats.
        confidence: Level of all intervals.
        groups: Names of the groups.
        outcomes: Names of the outcomes.
        labels: Names of the labels; empty where none were given.
        sizes: Rows of each group, at ``[a]``.
        shares: Mean predictions of each group, at ``[a, k]``.
        between: D(group a‖group b) at ``[a, b]``; 0 where either has no rows.
        between_contributions: What outcome k adds to it, at ``[a, b, k]``.
        contributions: What outcome k of group a adds to `value`, at ``[a, k]``; none is negative.
        pairs: Every ordered pair with interval and test.
        small: Groups with so few rows or units that their figures say little.
        null: What was taken as independent: "rows" or "units".
        notes: What to beware of.
    """

    value: float
    debiased: float
    interval: tuple[float, float]
    confidence: float
    groups: tuple[str, ...]
    outcomes: tuple[str, ...]
    labels: tuple[str, ...]
    sizes: NDArray[np.float64]
    shares: NDArray[np.float64]
    between: NDArray[np.float64]
    between_contributions: NDArray[np.float64]
    contributions: NDArray[np.float64]
    pairs: tuple[GroupPair, ...]
    small: tuple[str, ...]
    null: str
    notes: tuple[str, ...]

    def pair(self, first: str, second: str, /, *, label: str = "") -> GroupPair:
        """The pair of two groups by name.

        Args:
            first: Group whose predictions happen.
            second: Group whose predictions were expected.
            label: Label that the rows share; "" over all rows.

        Returns:
            The pair.

        Raises:
            KeyError: There is no such pair.
        """
        for one in self.pairs:
            if (one.first, one.second, one.label) == (str(first), str(second), str(label)):
                return one
        raise KeyError(f"no pair {first!r}, {second!r} (label {label!r}); groups are {', '.join(self.groups)}")

    def __str__(self) -> str:
        given = " | label" if self.labels else ""
        low, high = self.interval
        kind = "equalized odds" if self.labels else "demographic parity"
        interval = f"{100 * self.confidence:g} % interval [{low:.4g}, {high:.4g}]"
        head = f"Jensen-Shannon of {len(self.groups)} groups = I(outcome; group{given}) = {self.value:.4g} nats"
        rows = f"{float(self.sizes.sum()):,.6g} rows, {len(self.outcomes)} outcomes"
        lines = [
            f"{head} ({self.debiased:.4g} debiased), {interval}",
            f"  {kind}, {rows}; assumes independent {self.null}",
        ]
        # The clearest difference first; of a pair the direction with the larger divergence.
        order = sorted(self.pairs, key=lambda one: (one.p_adjusted, -one.debiased))
        lines += [f"  {one}" for one in order[:_SHOWN]]
        if len(order) > _SHOWN:
            lines.append(f"  and {len(order) - _SHOWN} more pairs")
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def plot(self) -> Any:
        """Draw the shares of the outcomes in each group, and every pair's divergence with its interval.

        Returns:
            A figure of matplotlib.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.decisions.fairness._picture import drawn  # noqa: PLC0415 - drawing needs an extra

        return drawn(self)
