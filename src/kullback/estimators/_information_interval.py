"""The variance of a mutual information from neighbors: what the loss of each row would change."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback.estimators._boxes import APART
from kullback.estimators._information_terms import RIM
from kullback.estimators._points import Floats, effective_size

Mask = NDArray[np.bool_]

_ROWS = 1000  # of which all pairs are looked at; the variance times n hardly depends on n
# Leaving out one row at a time takes the chance of neighborhoods for too much, by this over k (less for few rows):
# measured for k = 3 to 10, 1 to 10 dimensions a side, from independence to strong dependence of many shapes.
_NOISE, _SMALL = 2.4, 3.0
_LEAST = 1.4  # times the variance of the terms: what is left where neighborhoods are all there is


def information_variance(x: Floats, y: Floats, k: int, weights: Floats | None, rng: np.random.Generator, /) -> float:
    """Variance of the mean of `information_terms`.

    Args:
        x: Coordinates of shape ``(n, a)``.
        y: Coordinates of shape ``(n, b)``.
        k: Neighbors.
        weights: Weight of every row, adding up to 1.
        rng: Generator that chooses the rows to look at where there are many.

    Returns:
        The variance in squared nats.
    """
    size = effective_size(len(x), weights)
    if len(x) > _ROWS:
        # By weight a row is drawn as often as it counts, so that those drawn count alike.
        rows = rng.choice(len(x), _ROWS, replace=False, p=weights)
        x, y, weights = x[rows], y[rows], None
    pairs = _Pairs.of(x, y, min(k, len(x) - 2))
    shares = np.full(len(x), 1.0 / len(x)) if weights is None else weights
    spread, inner = pairs.influence(shares), shares * (pairs.terms - float(shares @ pairs.terms))
    few = effective_size(len(x), weights)
    noise = _NOISE / k * (1.0 - _SMALL / max(np.sqrt(few), _SMALL)) * float(pairs.measured.mean())
    own = few * float(spread @ spread) - noise
    return float(max(own, _LEAST * few * float(inner @ inner)) / size)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """All pairs of rows.

    Attributes:
        terms: The estimate's summands.
        measured: Which rows have neighbors at a distance, rather than repeats.
        joint: Entry (i, j): whether row j is counted with row i in both.
        change: By how much the term of row i falls if one of those goes.
        near: Entry (i, j): whether row j, or i itself, is counted with row i in x; and the same in y.
    """

    terms: Floats
    measured: Mask
    joint: Mask
    change: Floats
    near: tuple[Mask, Mask]

    @staticmethod
    def of(x: Floats, y: Floats, k: int) -> "_Pairs":
        """Look at all pairs."""
        from scipy.spatial.distance import cdist  # noqa: PLC0415 - a heavy import, only for those who need it

        n = len(x)
        gaps = cdist(x, x, "chebyshev"), cdist(y, y, "chebyshev")
        both = np.maximum(*gaps)
        np.fill_diagonal(both, np.inf)
        steps = np.sort(np.partition(both, k, axis=1)[:, : k + 1], axis=1)
        found = np.minimum((steps < APART / 2).sum(axis=1), k)
        alone = found == 0
        radius = np.where(alone, APART / 2, steps[np.arange(n), np.maximum(found - 1, 0)])
        after = np.where(steps[:, k] < APART / 2, steps[:, k], radius)
        measured = (radius > 0) & ~alone
        joint = both <= np.where(alone, -1.0, radius)[:, None]
        inner, outer = (np.where(measured, rim - RIM, rim)[:, None] for rim in (radius, after))
        near = gaps[0] <= inner, gaps[1] <= inner
        own = np.where(measured, np.maximum(found, 1), joint.sum(axis=1) + 1)
        # Without one of its neighbors a row has the next one instead, unless there is none or it is a repeat.
        fewer = np.where(measured & (after > radius), own, np.maximum(own - 1, 1))
        wider = [np.maximum((gap <= outer).sum(axis=1) - 1, 1) for gap in gaps]
        terms = _terms(own, near[0].sum(axis=1), near[1].sum(axis=1), n)
        return _Pairs(terms, measured, joint, terms - _terms(fewer, wider[0], wider[1], n), near)

    def influence(self, shares: Floats) -> Floats:
        """What every row adds to the mean of the terms: its own, and what it changes in those of others."""
        joint = self.joint.astype(np.float64)
        inside = np.maximum(joint @ shares, np.finfo(np.float64).tiny)
        through = (shares * self.change * joint.sum(axis=1) / inside) @ joint
        for near in self.near:
            beside = near.astype(np.float64)
            each = shares / (beside @ shares)
            through -= each @ (beside * (1.0 - joint)) - each
        lost = self.terms + through
        return np.asarray(shares * (lost - float(shares @ lost)))


def _terms(own: Any, in_x: Any, in_y: Any, n: int) -> Floats:
    terms: Floats = special.digamma(own) - special.digamma(in_x) - special.digamma(in_y) + special.digamma(n)
    return terms
