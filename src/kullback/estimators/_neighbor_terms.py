"""Densities of both samples at the rows of x, from the distances to their nearest rows."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from kullback._core import InputError
from kullback.estimators._nearest import Places, nearest
from kullback.estimators._nearest_torch import nearest_on
from kullback.estimators._points import Floats, Points

_MOST = 128  # neighbors, where sizes of samples differ
# What neighbors add to the variance, times k and the size of the sample: measured at equal laws for k = 1 to 10, where
# the formula then gives the spread within a few percent for a dozen pairs on the line. It grows beyond five dimensions.
_NOISE, _PULL_NOISE = 1.7, 1.5


@dataclass(frozen=True, eq=False)
class NeighborTerms:
    """The summands of an estimate from neighbors.

    Attributes:
        terms: Estimated log p/q at every distinct row of x, in nats.
        weights: The weight of each, adding up to 1.
        pulls: How much every distinct row of y draws the estimate, mean 1: an estimate of p/q there.
        y_weights: The weights of those rows.
        k_x: Neighbors in x.
        k_y: Neighbors in y.
        d: Dimensions.
        rows: For every row of x as it came, the place of its distinct row.
        repeats: Rows of x and y that repeat one of their own sample.
        shared: Rows of x that are rows of y as well.
    """

    terms: Floats
    weights: Floats
    pulls: Floats
    y_weights: Floats
    k_x: int
    k_y: int
    d: int
    rows: Places
    repeats: int
    shared: int

    @property
    def value(self) -> float:
        """The estimate in nats."""
        return float(self.weights @ self.terms)

    @property
    def stderr(self) -> float:
        r"""Standard error: influence of the rows of both samples, less the noise of neighbors in it, plus their own.

        $\big[\mathrm{Var}\,t - ψ'(k_x) - ψ'(k_y)\big]_+/n + \big[\mathrm{Var}\,w - 1.5/k_y\big]_+/m + 1.7\,(1/k_xn +
        1/k_ym)$ with $t$ the terms and $w$ the pulls.
        """
        far = max(1.0, (self.d / 5.0) ** 1.3)
        x_share, y_share = float(np.sum(self.weights**2)), float(np.sum(self.y_weights**2))
        noise = float(special.polygamma(1, self.k_x) + special.polygamma(1, self.k_y))
        spread = float(self.weights**2 @ (self.terms - self.value) ** 2) - noise * x_share
        pull = float(self.y_weights**2 @ (self.pulls - 1.0) ** 2) - _PULL_NOISE * far / self.k_y * y_share
        own = _NOISE * far * (x_share / self.k_x + y_share / self.k_y)
        return float(np.sqrt(max(spread, 0.0) + max(pull, 0.0) + own))


def neighbor_terms(points: Points, k: int, /) -> NeighborTerms:
    """The terms of Wang, Kulkarni and Verdú for samples of any sizes, weights and repeats.

    The smaller sample gets k neighbors and the larger one more, in proportion to its size, so that both densities are
    smoothed over balls of about one size where the laws agree and their errors cancel.

    Args:
        points: The samples; the scale of columns matters.
        k: Neighbors in the smaller sample; fewer where there are not so many rows.

    Returns:
        The terms.

    Raises:
        InputError: x has a single distinct row.
    """
    found = _terms(points, k, np.arange(points.n), 0)
    if found is not None:
        return found
    x, x_weights, rows = _distinct(points.x, points.x_weights)
    y, y_weights, _ = _distinct(points.y, points.y_weights)
    repeats = points.n - len(x) + points.m - len(y)
    if len(x) < 2:
        raise InputError("x has one distinct row. At least two are needed for its density. Use method='add_half'.")
    found = _terms(Points(x, y, x_weights, y_weights, points.device), k, rows, repeats)
    if found is None:  # distances that round to 0 between rows that differ
        raise InputError("the rows lie so near each other that their distances are 0 in floats. Rescale the columns.")
    return found


def _distinct(sample: Floats, weights: Floats | None) -> tuple[Floats, Floats, Places]:
    """Distinct rows, their weights, and for every row the place of its distinct one."""
    rows, found = np.unique(sample, axis=0, return_inverse=True)
    inverse: Places = found.reshape(-1)
    shares = np.full(len(sample), 1.0 / len(sample)) if weights is None else weights
    return rows, np.asarray(np.bincount(inverse, weights=shares), dtype=np.float64), inverse


def neighbor_counts(n: int, m: int, k: int, /) -> tuple[int, int]:
    """Neighbors in samples of n and m rows: k in the smaller one, in proportion more in the larger one."""
    most = max(k, _MOST)
    k_x = k if n <= m else min(round(k * n / m), most)
    k_y = k if m <= n else min(round(k * m / n), most)
    return max(1, min(k_x, n - 1)), max(1, min(k_y, m - 1 if m > 1 else 1))


def _nearest(points: Points, among: Floats, k: int, *, own: bool) -> tuple[Floats, Places]:
    """Neighbors of the rows of x, on the device of the samples where that is worth it."""
    if points.device is None or points.d == 1:
        return nearest(among, points.x, k, own=own)
    return nearest_on(points.device, among, points.x, k, own=own)


def _mass(weights: Floats | None, places: Places, size: int) -> Floats:
    """Weight of the neighbors of every row."""
    if weights is None:
        return np.full(len(places), places.shape[1] / size)
    return np.asarray(weights[places].sum(axis=1))


def _terms(points: Points, k: int, rows: Places, repeats: int) -> NeighborTerms | None:
    """The terms; None where some row has no distance to its neighbors because of repeats."""
    n, m, d = points.n, points.m, points.d
    k_x, k_y = neighbor_counts(n, m, k)
    own, own_places = _nearest(points, points.x, k_x, own=True)
    if not np.all(own[:, -1] > 0) or (repeats == 0 and np.any(own[:, 0] == 0)):
        return None
    across, places = _nearest(points, points.y, k_y, own=False)
    copied = across[:, 0] == 0.0
    step = copied & (m > k_y)
    if np.any(step):
        # A row that y holds as well is compared with the rest of y: its copy says nothing about the density around it.
        more = _nearest(replace(points, x=points.x[step]), points.y, k_y + 1, own=False)
        across[step], places[step] = (found[:, 1:] for found in more)
    if not np.all(across[:, -1] > 0):
        return None
    x_weights = np.full(n, 1.0 / n) if points.x_weights is None else points.x_weights
    y_weights = np.full(m, 1.0 / m) if points.y_weights is None else points.y_weights
    here = _mass(points.x_weights, own_places, n) / (1.0 - x_weights)
    there = _mass(points.y_weights, places, m)
    ratio = np.log(here) - np.log(there) + np.where(step, np.log1p(-1.0 / m), 0.0)
    bias = float(special.digamma(k_x) - np.log(k_x) - special.digamma(k_y) + np.log(k_y))
    terms = d * (np.log(across[:, -1]) - np.log(own[:, -1])) + ratio + bias
    drawn = np.bincount(places.ravel(), weights=np.repeat(x_weights / there, k_y), minlength=m)
    pulls = np.asarray(drawn, dtype=np.float64)
    return NeighborTerms(terms, x_weights, pulls, y_weights, k_x, k_y, d, rows, repeats, int(copied.sum()))
