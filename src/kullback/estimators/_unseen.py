"""What two samples have not shown: how much mass, and whether the divergence may be infinite for it."""

import math
from dataclasses import dataclass

import numpy as np

from kullback._core import percent
from kullback.estimators._tally import Counts, Tally

# A category whose absence from y would be as unlikely as this at p = q, among all categories, may well be missing in q.
_ABSENT = 1e-3
# Where more of p than this lies on categories that a sample never showed, the figure is what is assumed about them.
_MOST_UNSEEN = 0.2


@dataclass(frozen=True)
class Unseen:
    """What was seen of two samples, and what was not.

    Attributes:
        in_x: Estimated share of p on categories that x never showed (Good-Turing).
        in_y: The same of q and y.
        absent: Share of the rows of x on categories that y never showed.
        labels_x: Categories that x showed.
        labels_y: Categories that y showed.
        heaviest: Rows of x on the heaviest category that y never showed.
        expected: Rows of it that y would show at p = q.
        may_be_infinite: Whether its absence cannot be put down to chance, so that q may lack it.
    """

    in_x: float
    in_y: float
    absent: float
    labels_x: int
    labels_y: int
    heaviest: float
    expected: float
    may_be_infinite: bool


def unseen_share(counts: Counts, /) -> float:
    """Good-Turing estimate of the share of mass on categories that a sample never showed.

    Args:
        counts: Counts of one sample.

    Returns:
        The share of rows that are the only ones of their category; between 0 and 1.

    References:
        Good (1953), Biometrika 40.
    """
    singles = counts[(counts > 0) & (np.rint(counts) <= 1)]
    return min(1.0, float(singles.sum() / counts.sum()))


def unseen(tally: Tally, /) -> Unseen:
    """What two samples have shown and what not."""
    n, m = tally.sizes
    lacking = tally.p[(tally.q == 0) & (tally.p > 0)]
    heaviest = float(lacking.max()) if lacking.size else 0.0
    labels_x, labels_y = int((tally.p > 0).sum()), int((tally.q > 0).sum())
    # At p = q each pooled row is one of x with chance n / (n + m), so all of them are with this chance.
    log_chance = heaviest * math.log(n / (n + m)) + math.log(labels_x)
    return Unseen(
        in_x=unseen_share(tally.p),
        in_y=unseen_share(tally.q),
        absent=float(lacking.sum()) / n,
        labels_x=labels_x,
        labels_y=labels_y,
        heaviest=heaviest,
        expected=heaviest * m / (n + m),
        may_be_infinite=heaviest > 0 and log_chance < math.log(_ABSENT),
    )


def unseen_notes(found: Unseen, /) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to say about it: notes, and reasons not to trust the figure."""
    notes, reasons = [], []
    if found.absent > 0 or found.in_x > 0:
        notes.append(
            f"x shows {found.labels_x:,} categories and y {found.labels_y:,}; {percent(found.absent)} of the rows of x "
            f"are on categories that y never shows, and about {percent(found.in_x)} of p is on categories that x never "
            "shows (Good-Turing)"
        )
    if found.may_be_infinite:
        reasons.append(
            f"y never shows a category that has {found.heaviest:.6g} rows in x, where p = q would give it about "
            f"{found.expected:.3g}: q may lack it, and then the divergence is infinite"
        )
    if max(found.absent, found.in_x) > _MOST_UNSEEN:
        reasons.append(
            "too much mass is on categories that were never seen: the figure rests on what is assumed about them"
        )
    return tuple(notes), tuple(reasons)
