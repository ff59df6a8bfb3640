"""Evidence of counts that are known up to a few rows: figures and intervals that allow for all that they may be."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback.inference import DivergenceInterval
from kullback.tables._messages import Message
from kullback.tables.counts._cells import Cells, coarser
from kullback.tables.verdicts._evidence import Chosen, Groups, RowEvidence

# The lower bound stands on as many cells as leave it an error below this share of the margin, or of the figure.
_TOLERABLE = 0.25


@dataclass(frozen=True, eq=False)
class WidenedInterval(DivergenceInterval):
    """A divergence whose counts are known up to a few rows.

    Attributes:
        below: By how many nats the divergence of the right counts may lie below that of the counts at hand.
        above: By how many nats it may lie above.
        coarse: The divergence over fewer cells, known better, which bounds it from below; None if there is none.
    """

    below: float = 0.0
    above: float = 0.0
    coarse: "WidenedInterval | None" = None

    def bounds(self, confidence: float) -> tuple[float, float]:
        """Interval in nats, widened at both ends."""
        low, high = super().bounds(confidence)
        if self.coarse is not None:
            return min(self.coarse.bounds(confidence)[0], high + self.above), high + self.above
        return max(0.0, low - self.below), high + self.above

    def p_value(self, margin: float) -> float:
        """Chance of a figure this large or larger if the divergence of the right counts were `margin` nats."""
        if self.coarse is not None:
            return self.coarse.p_value(margin)
        return super().p_value(margin + self.below)

    def detectable(self, margin: float, *, alpha: float, power: float = 0.8) -> float:
        """Smallest divergence in nats that would be found with chance `power` all the same."""
        if self.coarse is not None:
            return self.coarse.detectable(margin, alpha=alpha, power=power)
        return super().detectable(margin + self.below, alpha=alpha, power=power)


@dataclass(frozen=True, eq=False)
class UncertainEvidence(RowEvidence):
    """Rows are independent, and how many lie in a cell is known up to a few.

    Attributes:
        current: Effective rows by cell.
        reference: Likewise.
        moves: Pairs of cells between which rows may have to be moved, shape ``(moves, 2)``.
        current_moved: How many effective rows at most, in either direction, for each pair.
        reference_moved: Likewise.
        coarse: Groups of cells, fewer and fewer, that bound the divergence over `finest` from below.
        finest: The groups that they are coarser than.
        margin: Nats that matter.
    """

    moves: NDArray[np.int64]
    current_moved: NDArray[np.float64]
    reference_moved: NDArray[np.float64]
    coarse: tuple[Groups, ...]
    finest: Groups
    margin: float

    def divergence(self, groups: Groups, /) -> WidenedInterval:
        """Debiased D(current‖reference) over groups of cells, with how far it may be off."""
        found = self._plain(groups)
        if not np.array_equal(groups, self.finest):
            return found
        least = found
        for fewer in self.coarse:
            if least.below <= _TOLERABLE * max(self.margin, least.debiased):
                break
            other = self._plain(fewer)
            least = other if other.below < least.below else least
        return found if least is found else replace(found, coarse=least)

    def _plain(self, groups: Groups) -> WidenedInterval:
        plain = super().divergence(groups)
        below, above = self._errors(groups)
        return WidenedInterval(
            plain.debiased, plain.degrees, plain.effective, plain.scale, plain.scale_degrees, below, above
        )

    def _errors(self, groups: Groups) -> tuple[float, float]:
        r"""How far D over the groups may lie below and above that of the counts at hand, in nats.

        Below by convexity, $D(s) \ge D(0) + \nabla D \cdot s$; above by the largest value that each summand can take
        with the counts of its group anywhere in their ranges.
        """
        joined = groups[self.moves]
        crossing = joined[:, 0] != joined[:, 1]
        pairs, cells = joined[crossing], int(groups.max(initial=-1)) + 1
        moved = [side[crossing] for side in (self.current_moved, self.reference_moved)]
        counts = [np.bincount(groups, weights=side, minlength=cells) for side in (self.current, self.reference)]
        half = 0.5 * cells
        shares = [(side + 0.5) / (side.sum() + half) for side in counts]
        moved = [rows / (side.sum() + half) for rows, side in zip(moved, counts, strict=True)]
        p, q = shares
        slope = np.log(p / q), -p / q
        below = sum(
            float((rows * np.abs(change[pairs[:, 0]] - change[pairs[:, 1]])).sum())
            for rows, change in zip(moved, slope, strict=True)
        )
        reach = [
            np.bincount(pairs[:, 0], weights=rows, minlength=cells)
            + np.bincount(pairs[:, 1], weights=rows, minlength=cells)
            for rows in moved
        ]
        # No count is negative: half a row is the least that a group can hold.
        ends = [
            [np.maximum(share + sign * room, 0.5 / (side.sum() + half)) for sign in (-1, 1)]
            for share, room, side in zip(shares, reach, counts, strict=True)
        ]
        largest = np.max([_summand(one, two) for one in ends[0] for two in ends[1]], axis=0)
        above = float((largest - _summand(p, q)).sum())
        here = float(_summand(p, q).sum())
        # D is never negative.
        return min(below, here), max(above, 0.0)

    def within(self, chosen: Chosen, /) -> "UncertainEvidence":
        """The evidence of some cells alone."""
        place = np.cumsum(chosen) - 1
        inside = chosen[self.moves].all(axis=1)
        return replace(
            self,
            current=self.current[chosen],
            reference=self.reference[chosen],
            moves=place[self.moves[inside]],
            current_moved=self.current_moved[inside],
            reference_moved=self.reference_moved[inside],
            coarse=(),
        )

    def halves(self, rng: np.random.Generator, /) -> None:  # noqa: ARG002
        """Counts that are not known exactly are not split."""
        return

    def test(self, cells: Cells, rng: np.random.Generator, /) -> tuple[float, str]:  # noqa: ARG002
        """None: a test of D = 0 finds the error of the counts."""
        return float("nan"), Message("no test, as the counts are not exact")


def uncertain_evidence(cells: Cells, factors: tuple[float, float], margin: float, /) -> UncertainEvidence:
    """The evidence of cells whose counts may be off.

    Args:
        cells: The cells, with `unknown`.
        factors: Effective rows per unit of weight, for the reference and the current table.
        margin: Nats that matter.
    """
    unknown = np.zeros((2, len(cells.labels))) if cells.unknown is None else cells.unknown
    doubtful = np.flatnonzero((unknown > 0).any(axis=0))
    if cells.ordered:
        # What may be too much in a cell is missing in the next one.
        moves = np.column_stack([doubtful, doubtful + 1])
    else:
        moves = np.column_stack([doubtful, np.full(len(doubtful), cells.rest)])
    return UncertainEvidence(
        cells.current * factors[1],
        cells.reference * factors[0],
        moves,
        unknown[1, doubtful] * factors[1],
        unknown[0, doubtful] * factors[0],
        tuple(fewer.groups for fewer in coarser(cells)) if cells.ordered else (),
        cells.groups,
        margin,
    )


def _summand(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Summands of D whose slope is zero where p = q; none is negative."""
    summand: NDArray[np.float64] = p * np.log(p / q) - p + q
    return summand
