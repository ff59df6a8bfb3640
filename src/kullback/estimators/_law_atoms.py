"""The outcomes of a discrete law that matter beside a sample, with their probabilities and how often each came."""

from dataclasses import dataclass

import numpy as np

from kullback.estimators._law_counts import CountedCells
from kullback.estimators._law_records import OpenLaw, take
from kullback.estimators._laws import as_outcomes, log_density_at
from kullback.estimators._nearest import Places
from kullback.estimators._neighbor_density import even_shares
from kullback.estimators._points import Floats
from kullback.families import find

_WHOLE = 1e-9  # mass of a law that may be left out
_MOST = 2**15
_DRAWS, _MOST_DRAWS = 20, 100_000  # for each row, where outcomes cannot be written down one after the other


@dataclass(frozen=True, eq=False)
class Atoms:
    """Outcomes of a law and rows of a sample, brought together.

    Attributes:
        log_shares: Log probabilities of the outcomes under the law, of shape ``(a,)``.
        counts: Their weights in the sample; adding up to its effective size.
        times: For how many outcomes an entry stands, see `CountedCells`.
        places: Of each row among the outcomes.
    """

    log_shares: Floats
    counts: Floats
    times: Floats
    places: Places

    @property
    def cells(self) -> CountedCells:
        """Counts, probabilities and how many outcomes an entry stands for."""
        return CountedCells(self.counts, np.exp(self.log_shares), self.times)

    @property
    def lost(self) -> float:
        """Mass of the law at outcomes that did not come."""
        shares = np.exp(self.log_shares)
        return float(np.sum((self.times * shares)[self.counts == 0]))

    @property
    def usual(self) -> float:
        """The same on average for a sample of the law itself."""
        shares = np.exp(self.log_shares)
        return float(np.sum(self.times * shares * np.exp(-self.counts.sum() * shares)))


def atoms_of(law: OpenLaw, x: Floats, weights: Floats | None, size: float, rng: np.random.Generator, /) -> Atoms:
    """Bring a discrete law and a sample together.

    Args:
        law: The law; draws from it stand for outcomes that cannot be written down one after the other.
        x: Rows of shape ``(n, d)``.
        weights: Of the rows, adding up to 1.
        size: What their counts add up to.
        rng: For draws.
    """
    others = _whole_numbers(law, x) if law.shape == () else x[:0]
    points, places = np.unique(np.concatenate([x, others]), axis=0, return_inverse=True)
    own = places.reshape(-1)[: len(x)]
    counts = np.bincount(own, weights=even_shares(len(x), weights), minlength=len(points)) * size
    log_shares = log_density_at(law, as_outcomes(law, points))
    beyond, times = _beyond(law, points, log_shares, len(x), rng)
    return Atoms(
        log_shares=np.concatenate([log_shares, beyond]),
        counts=np.concatenate([counts if weights is not None else np.rint(counts), np.zeros(len(beyond))]),
        times=np.concatenate([np.ones(len(points)), times]),
        places=own,
    )


def _beyond(
    law: OpenLaw, points: Floats, log_shares: Floats, rows: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draws at none of these points, and for how many outcomes each stands: it came with the chance of one."""
    if law.draw is None or np.exp(log_shares).sum() > 1.0 - _WHOLE:
        return np.empty(0), np.empty(0)
    count = min(_DRAWS * rows, _MOST_DRAWS)
    drawn = take(law, count, rng).reshape(count, -1)
    _, first, places = np.unique(np.concatenate([points, drawn]), axis=0, return_index=True, return_inverse=True)
    outside = drawn[first[places.reshape(-1)[len(points) :]] >= len(points)]
    found = log_density_at(law, as_outcomes(law, outside)) if len(outside) else np.empty(0)
    return found, np.exp(-found) / count


def _whole_numbers(law: OpenLaw, x: Floats) -> Floats:
    """A run of whole numbers that holds the sample and all mass of the law, as far as that is possible."""
    found = find(law.law, "marks") if law.law is not None else None
    marks = np.array([*(found[1](found[0]) if found is not None else ()), law.low, law.high])
    center = np.median(x[np.isfinite(x)])
    places = np.concatenate([x[:, 0], marks[np.isfinite(marks)]])
    places = places[np.abs(places - center) <= _MOST / 2]
    low, high = max(np.floor(places.min()), law.low), min(np.ceil(places.max()), law.high)
    while high - low < _MOST / 4:
        run = np.arange(low, high + 1.0)
        if np.exp(log_density_at(law, run)).sum() > 1.0 - _WHOLE or (low == law.low and high == law.high):
            break
        width = high - low + 16.0
        low, high = max(low - width, law.low), min(high + width, law.high)
    return np.arange(low, min(high, low + _MOST) + 1.0)[:, None]
