"""Estimated log ratios of a joint density to the product of its margins, row by row."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback.estimators._boxes import APART, box_counts, box_masses, box_neighbors
from kullback.estimators._nearest import Places
from kullback.estimators._points import Floats, effective_size

Mask = NDArray[np.bool_]

RIM = 1e-9
"""What a radius is shortened by to leave its rim out; scores of ranks lie further apart for up to 10 million rows."""


def information_terms(x: Floats, y: Floats, k: int, weights: Floats | None = None, /) -> Floats:
    r"""The summands of Kraskov, Stögbauer and Grassberger, of Ross, and of Gao and others, as each row asks for it.

    $ψ(k_i) + ψ(n) - ψ(n_{x,i}) - ψ(n_{y,i})$ with the rows, itself included, that lie nearer to row i in x and in y
    than its k-th neighbor of the same labels does in both. Rows that repeat more than k others are counted together
    with them. A row without any other of its labels adds what the labels say, as $k_i = 1$ in a box of all such rows.

    Args:
        x: Coordinates of shape ``(n, a)`` as `with_labels` gives them, without repeats but for labels.
        y: The same of shape ``(n, b)``.
        k: Neighbors, less than ``n``.
        weights: Weight of every row, adding up to 1.

    Returns:
        Array of shape ``(n,)`` in nats; its weighted mean estimates the mutual information.
    """
    joint = np.concatenate([x, y], axis=1)
    distances, places = box_neighbors(joint, k)
    near = distances < APART / 2
    found = near.sum(axis=1)
    radius = np.where(found > 0, distances[np.arange(len(x)), np.maximum(found - 1, 0)], APART / 2)
    repeated = radius == 0
    inner = np.where(repeated | (found == 0), radius, radius - RIM)
    counts = np.maximum(found, 1)
    if repeated.any():
        counts = np.where(repeated, box_counts(joint, np.zeros(len(x))), counts)
    beside = box_counts(x, inner), box_counts(y, inner)
    terms = special.digamma(counts) - special.digamma(beside[0]) - special.digamma(beside[1]) + special.digamma(len(x))
    if weights is None:
        return np.asarray(terms)
    masses = _joint_masses(joint, places, near, repeated, weights) / counts
    for side, count in zip((x, y), beside, strict=True):
        masses *= count / box_masses(side, inner, weights)
    size = effective_size(len(x), weights)
    drift = special.digamma(size) - np.log(size) - special.digamma(len(x))
    return np.asarray(terms + np.log(masses) + _uneven(places, near, weights) * ~repeated + drift)


def _joint_masses(joint: Floats, places: Places, near: Mask, repeated: Mask, weights: Floats) -> Floats:
    """What the neighbors of every row weigh, or the rows that repeat it; its own weight where it has none."""
    mass = np.where(near, weights[places], 0.0).sum(axis=1) * (1.0 - 1.0 / len(weights)) / (1.0 - weights)
    mass = np.where(near.any(axis=1), mass, weights)
    return np.where(repeated, box_masses(joint, np.zeros(len(joint)), weights), mass) if repeated.any() else mass


def _uneven(places: Places, near: Mask, weights: Floats) -> Floats:
    """By how much the logarithm of a mean of k weights is too small: half of their relative variance over k."""
    inside = np.where(near, weights[places], 0.0)
    counts, sums = np.maximum(near.sum(axis=1), 1), inside.sum(axis=1)
    squares = np.divide((inside**2).sum(axis=1), sums**2, out=1.0 / counts, where=sums > 0)
    return np.asarray(0.5 * (squares - 1.0 / counts))
