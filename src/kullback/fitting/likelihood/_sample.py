"""The sample behind a fit: points, how often each counts, and how much they are in all."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, percent

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sample:
    """Points and weights.

    Attributes:
        points: Of shape ``(m, *event)``; distinct where they are counts.
        weights: Of shape ``(m,)``, positive; None where every point counts once.
        size: Total of the weights: the n of the fit.
        labels: What the codes 0, 1, … stand for, where the data came as labels.
        notes: What was done while reading.
    """

    points: Floats
    weights: Floats | None
    size: float
    labels: tuple[Any, ...] | None = None
    notes: tuple[str, ...] = ()

    def mean(self, values: Floats, /) -> float:
        """The weighted mean of a value for each point."""
        if self.weights is None:
            return float(np.mean(values))
        return float(np.dot(values, self.weights) / self.size)

    def total(self, values: Floats, /) -> float:
        """The weighted sum of a value for each point."""
        return float(np.sum(values)) if self.weights is None else float(np.sum(values * self.weights))

    def tallied(self) -> "Sample":
        """The same sample with every distinct number once."""
        low, high = self.points.min(), self.points.max()
        if high - low <= max(4 * len(self.points), 1_000_000):
            counts = np.bincount((self.points - low).astype(np.int64), weights=self.weights)
            seen = np.flatnonzero(counts)
            return replace(self, points=seen + low, weights=counts[seen].astype(np.float64))
        values, place = np.unique(self.points, return_inverse=True)
        return replace(self, points=values, weights=np.bincount(place, weights=self.weights).astype(np.float64))

    def thinned(self, most: int) -> "Sample":
        """About so many points, evenly spaced in the order that they came in."""
        step = -(-len(self.points) // most)
        weights = None if self.weights is None else self.weights[::step]
        points = self.points[::step]
        return replace(
            self, points=points, weights=weights, size=float(len(points) if weights is None else weights.sum())
        )

    def shares(self) -> Floats:
        """The empirical probability of each point."""
        weights = np.ones(len(self.points)) if self.weights is None else self.weights
        return weights / self.size


def weighted(points: Floats, weights: Any, weighting: str, notes: tuple[str, ...], /) -> Sample:
    """A sample from points and weights as they came; points of weight 0 are left out.

    Args:
        points: Checked points.
        weights: One for each, or None.
        weighting: "frequency": a weight is how often the point was seen; "importance": only proportions count, and n
            is the effective number (Σw)²/Σw².
        notes: What was done so far.

    Raises:
        InputError: Weights of a wrong shape, negative, not finite or all 0; an unknown word.
    """
    if weighting not in ("frequency", "importance"):
        raise InputError(f"weighting = {weighting!r} is not known. Choose 'frequency' or 'importance'.")
    if weights is None:
        return Sample(points, None, float(len(points)), notes=notes)
    given = _checked_weights(weights, len(points))
    keep = given > 0
    points, given = (points, given) if keep.all() else (points[keep], given[keep])
    if weighting == "importance":
        given = given * (given.sum() / np.sum(given * given))
        notes = (*notes, f"weights are importance weights: {given.sum():.4g} effective observations")
    return Sample(points, given, float(given.sum()), notes=notes)


def _checked_weights(weights: Any, size: int) -> Floats:
    try:
        given = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("weights are not numbers. Give one number, zero or larger, for each observation.") from None
    if given.shape != (size,):
        raise InputError(f"weights have shape {given.shape}. One for each of {size} observations is needed.")
    bad = ~(np.isfinite(given) & (given >= 0))
    if bad.any():
        place = int(np.argmax(bad))
        raise InputError(f"weights[{place}] = {float(given[place])!r}. Weights must be finite, zero or larger.")
    if not (given > 0).any():
        raise InputError("all weights are 0. Some observation must count.")
    return given


def without_missing(points: Floats, weights: Any, policy: str, /) -> tuple[Floats, Any, tuple[str, ...]]:
    """Points without NaN, by the policy of the user.

    Args:
        points: Of shape ``(n, *event)``.
        weights: One for each, or None.
        policy: "raise" or "omit".

    Raises:
        InputError: There is a NaN and the policy is "raise", nothing is left, or the policy is unknown.
    """
    if policy not in ("raise", "omit"):
        raise InputError(f"nan_policy = {policy!r} is not known. Choose 'raise' or 'omit'.")
    if points.size and np.isfinite(np.sum(points)):
        return points, weights, ()
    missing = np.isnan(points.reshape(len(points), -1)).any(axis=1)
    count = int(missing.sum())
    if not count:
        return points, weights, ()
    if policy == "raise":
        raise InputError(
            f"x has {count} missing values (NaN or NULL) among {len(points)}, the first at index "
            f"{int(np.argmax(missing))}. Use nan_policy='omit' to leave them out."
        )
    if count == len(points):
        raise InputError(f"all {count} values of x are missing. There is nothing to fit.")
    kept = None if weights is None else np.asarray(weights)[~missing]
    return points[~missing], kept, (f"{count} missing values left out ({percent(count / len(points))})",)
