"""Parameters of greatest likelihood in closed form, from points and weights; the rows of the table hand them out."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Fitted = Mapping[str, Any] | None
Closed = Callable[[Floats, Floats | None], Fitted]


def mean_of(x: Floats, weights: Floats | None, /) -> Any:
    """The weighted mean along the first axis, with a second pass over what the first one rounded away.

    Args:
        x: Points of shape ``(n, *event)``.
        weights: Of shape ``(n,)``, positive; None where all are 1.
    """
    first = np.average(x, axis=0, weights=weights)
    if not np.all(np.isfinite(first)):
        unit = np.max(np.abs(x))
        return unit * mean_of(x / unit, weights)
    return first + np.average(x - first, axis=0, weights=weights)


def root_mean_square(x: Floats, weights: Floats | None, /) -> float:
    """The root of the mean square, at any scale."""
    unit = float(np.max(np.abs(x)))
    return unit * float(np.sqrt(mean_of((x / unit) ** 2, weights))) if unit > 0 else 0.0


def weighted_median(x: Floats, weights: Floats | None, /) -> float:
    """The point with half of the weight on either side; the middle of the two where there are two."""
    if weights is None:
        return float(np.median(x))
    order = np.argsort(x)
    below = np.cumsum(weights[order])
    half = 0.5 * below[-1]
    low = int(np.searchsorted(below, half * (1 - 1e-14)))
    high = int(np.searchsorted(below, half * (1 + 1e-14)))
    return float(0.5 * (x[order[low]] + x[order[min(high, len(x) - 1)]]))


def normal(x: Floats, weights: Floats | None, /) -> Fitted:
    """Mean and root mean square deviation."""
    loc = float(mean_of(x, weights))
    scale = root_mean_square(x - loc, weights)
    return {"loc": loc, "scale": scale} if scale > 0 and np.any(x != x[0]) else None


def lognormal(x: Floats, weights: Floats | None, /) -> Fitted:
    """Those of the logarithms."""
    return normal(np.log(x), weights)


def length(coordinates: int, /) -> Closed:
    """The common scale of so many normal coordinates from the length of their vector."""

    def fit(x: Floats, weights: Floats | None, /) -> Fitted:
        scale = root_mean_square(x, weights) / coordinates**0.5
        return {"scale": scale} if scale > 0 else None

    return fit


def laplace(x: Floats, weights: Floats | None, /) -> Fitted:
    """Median and mean absolute deviation from it."""
    loc = weighted_median(x, weights)
    scale = float(mean_of(np.abs(x - loc), weights))
    return {"loc": loc, "scale": scale} if scale > 0 else None


def ends(x: Floats, weights: Floats | None, /) -> Fitted:
    """The least and the largest point."""
    low, high = float(np.min(x)), float(np.max(x))
    return {"low": low, "high": high} if low < high else None


def whole_ends(x: Floats, weights: Floats | None, /) -> Fitted:
    """The least and the largest whole number, which may be the same."""
    return {"low": float(np.min(x)), "high": float(np.max(x))}


def exponential(x: Floats, weights: Floats | None, /) -> Fitted:
    """One over the mean."""
    mean = float(mean_of(x, weights))
    return {"rate": 1.0 / mean} if mean > 0 else None


def inverse_gaussian(x: Floats, weights: Floats | None, /) -> Fitted:
    """1/λ is the mean of (x - m)² / x m², which subtracts no means of inverses."""
    loc = float(mean_of(x, weights))
    spread = float(mean_of(((x - loc) / loc) ** 2 * (loc / x), weights))
    return {"loc": loc, "concentration": loc / spread} if spread > 0 else None


def pareto(x: Floats, weights: Floats | None, /) -> Fitted:
    """The least point, and one over the mean logarithm above it."""
    scale = float(np.min(x))
    tail = float(mean_of(np.log1p((x - scale) / scale), weights))
    return {"scale": scale, "alpha": 1.0 / tail} if tail > 0 else None


def lindley(x: Floats, weights: Floats | None, /) -> Fitted:
    """The positive root of m θ² + (m - 1) θ - 2."""
    mean = float(mean_of(x, weights))
    if mean <= 0:
        return None
    root = float(np.hypot(mean - 1.0, np.sqrt(8.0 * mean)))
    rate = (root + 1.0 - mean) / (2.0 * mean) if mean < 1 else 4.0 / (root + mean - 1.0)
    return {"rate": rate}


def power_function(x: Floats, weights: Floats | None, /) -> Fitted:
    """One over the mean of -log x."""
    mean = -float(mean_of(np.log(x), weights))
    return {"concentration": 1.0 / mean} if mean > 0 else None


def bernoulli(x: Floats, weights: Floats | None, /) -> Fitted:
    """The share of ones."""
    return {"probs": _share(x, weights)}


def _share(x: Floats, weights: Floats | None) -> float:
    """A ratio of two exact sums where the weights are whole numbers."""
    if weights is None:
        return float(np.sum(x) / len(x))
    return float(np.sum(x * weights) / np.sum(weights))


def geometric(x: Floats, weights: Floats | None, /) -> Fitted:
    """One over one more than the mean."""
    total = float(len(x)) if weights is None else float(np.sum(weights))
    failures = float(np.sum(x)) if weights is None else float(np.sum(x * weights))
    return {"probs": total / (total + failures)}


def poisson(x: Floats, weights: Floats | None, /) -> Fitted:
    """The mean."""
    return {"rate": _share(x, weights)}


def categorical(x: Floats, weights: Floats | None, /) -> Fitted:
    """The shares of the outcomes 0, 1, … up to the largest that was seen."""
    counts = np.bincount(x.astype(np.int64), weights=weights)
    return {"probs": counts / counts.sum()}


def multinomial(x: Floats, weights: Floats | None, /) -> Fitted:
    """The shares of the outcomes over all rows, which must have one total."""
    totals = np.sum(x, axis=-1)
    if np.any(totals != totals[0]):
        return None
    counts = np.sum(x, axis=0) if weights is None else weights @ x
    shares = counts / counts.sum() if counts.sum() > 0 else np.full(x.shape[-1], 1.0 / x.shape[-1])
    return {"total_count": float(totals[0]), "probs": shares}


def multivariate_normal(x: Floats, weights: Floats | None, /) -> Fitted:
    """Mean and mean product of deviations; None where the rows lie in a plane."""
    loc = mean_of(x, weights)
    moved = x - loc
    spread = np.max(np.abs(moved), axis=0)
    if np.any(spread == 0) or len(x) <= x.shape[-1]:
        return None
    unit = moved / spread
    total = float(len(x)) if weights is None else float(np.sum(weights))
    inner = (unit.T @ unit if weights is None else (unit * weights[:, None]).T @ unit) / total
    inner = 0.5 * (inner + inner.T)
    deviation = np.sqrt(np.diag(inner))
    if np.linalg.eigvalsh(inner / np.outer(deviation, deviation))[0] < 1e-14 * x.shape[-1]:
        return None
    return {"loc": loc, "covariance_matrix": inner * np.outer(spread, spread)}


def point(x: Floats, weights: Floats | None, /) -> Fitted:
    """The one point; None where there are two."""
    return {"value": float(x[0])} if np.all(x == x[0]) else None


def markov_chain(x: Floats, weights: Floats | None, /) -> Fitted:
    """The shares of the next states, from rows (state, next state); None where a state is never left."""
    size = int(x.max()) + 1
    steps = np.bincount((x[:, 0] * size + x[:, 1]).astype(np.int64), weights=weights, minlength=size * size)
    counts = steps.reshape(size, size)
    totals = counts.sum(axis=1, keepdims=True)
    return {"transition": counts / totals} if np.all(totals > 0) else None
