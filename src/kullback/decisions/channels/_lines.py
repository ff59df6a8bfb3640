"""The supporting lines of a rate-distortion function: one convex problem for each slope."""

import math
from dataclasses import dataclass

import numpy as np

from kullback.decisions.channels._capacity import row_divergences
from kullback.decisions.channels._inputs import Floats
from kullback.decisions.channels._simplex import Concave, maximize


@dataclass(frozen=True, eq=False)
class Point:
    """A code law that is best for a slope.

    Attributes:
        slope: Price of a unit of distortion in nats.
        rate: Rate of the code law in nats.
        distortion: Its mean distortion.
        conditional: The code law, shape ``(symbols, reproductions)``.
        bound: No code law has a smaller rate + slope · distortion; at an infinite slope, a smaller rate at the
            smallest distortion.
    """

    slope: float
    rate: float
    distortion: float
    conditional: Floats
    bound: float


@dataclass(frozen=True, eq=False)
class Source:
    """A source and its distortions.

    Attributes:
        probs: Law of the symbols.
        table: Distortions, shape ``(symbols, reproductions)``.
    """

    probs: Floats
    table: Floats

    @property
    def smallest(self) -> float:
        """The least mean distortion there is."""
        return float(self.probs @ self.table.min(axis=1))

    @property
    def largest(self) -> float:
        """The least mean distortion of one reproduction for all symbols: no rate is needed there."""
        return float((self.probs @ self.table).min())

    @property
    def scale(self) -> float:
        """How far distortions differ."""
        return float(np.ptp(self.table)) or 1.0

    def rate_of(self, conditional: Floats) -> float:
        """Mutual information of a code law in nats."""
        return float(self.probs @ row_divergences(conditional, self.probs @ conditional))

    def distortion_of(self, conditional: Floats) -> float:
        """Mean distortion of a code law."""
        return float(self.probs @ (conditional * self.table).sum(axis=1))

    def idle(self) -> Point:
        """One reproduction for all symbols."""
        best = int(np.argmin(self.probs @ self.table))
        conditional = np.zeros_like(self.table)
        conditional[:, best] = 1.0
        return Point(0.0, 0.0, self.largest, conditional, 0.0)


def solve_at(source: Source, slope: float, goal: float, /) -> Point:
    """The best code law at a slope; an infinite slope leaves each symbol its nearest reproductions."""
    nearest = source.table.min(axis=1, keepdims=True)
    excess = source.table - nearest
    kernel = np.where(excess == 0, 1.0, 0.0) if math.isinf(slope) else np.exp(-slope * excess)
    seen = source.probs > 0
    probs, rows = source.probs[seen], kernel[seen]
    useful = rows.max(axis=0) > 0
    rows = rows[:, useful]
    start = np.full(rows.shape[1], 1 / rows.shape[1])
    solved = maximize(_log_mean(probs, rows), start, goal / 4)
    output = np.zeros(source.table.shape[1])
    output[useful] = solved.point
    joint = kernel * output
    totals = joint.sum(axis=1, keepdims=True)
    conditional = np.where(totals > 0, joint / np.where(totals > 0, totals, 1.0), output)
    bound = -float(probs @ np.log(totals[seen, 0])) - solved.gap
    if math.isfinite(slope):
        bound += slope * source.smallest
    return Point(slope, source.rate_of(conditional), source.distortion_of(conditional), conditional, bound)


def _log_mean(probs: Floats, rows: Floats) -> Concave:
    """Mean of the logarithm of a mixture: concave in its weights."""

    def gradient(point: Floats) -> Floats:
        return np.asarray((probs / (rows @ point)) @ rows)

    def curvature(point: Floats) -> Floats:
        mixed = rows @ point
        return np.asarray((rows.T * (probs / mixed**2)) @ rows)

    def gap(point: Floats, gradient: Floats) -> float:  # noqa: ARG001 - the form of a gap
        return max(0.0, math.log(float(gradient.max())))

    return Concave(gradient, curvature, gap)
