"""The divergence of mixtures from draws: every component its share, and what is known of it taken out."""

import math

import numpy as np

from kullback.estimators import Estimate
from kullback.estimators._estimate import normal_interval
from kullback.fitting.mixtures._components import Components, Floats, log_sum
from kullback.fitting.mixtures._pairs import divergences

_LEAST = 64


def stratified(p: Components, q: Components, draws: int, confidence: float, rng: np.random.Generator, /) -> Estimate:
    """Estimate D(p‖q) by draws of every component of p.

    Within a component the log ratio is regressed on the log densities of all components, quadratics whose means are
    known; the coefficients come from the other half of the draws, so nothing is biased.
    """
    cross = -divergences(p, q) - p.entropies[:, None], -divergences(p, p) - p.entropies[:, None]
    counts = np.maximum(_LEAST, np.round(draws * p.weights)).astype(int)
    value, variance = 0.0, 0.0
    for k, count in enumerate(counts):
        x = p.means[k] + rng.standard_normal((int(count), p.dimension)) @ p.factors[k].T
        left, right = p.log_terms(x), q.log_terms(x)
        known = np.concatenate([cross[1][k] + np.log(p.weights), cross[0][k] + np.log(q.weights)])
        controls = np.concatenate([left, right]).T - known
        terms = _controlled(log_sum(left) - log_sum(right), controls)
        value += float(p.weights[k] * terms.mean())
        variance += float(p.weights[k] ** 2 * terms.var(ddof=1)) / int(count)
    stderr = math.sqrt(variance)
    return Estimate(
        value,
        stderr,
        normal_interval(value, stderr, confidence),
        confidence,
        "stratified draws with control variates",
        int(counts.sum()),
        0,
        quantity="D(p‖q)",
    )


def _controlled(values: Floats, controls: Floats) -> Floats:
    """Values less what controls of mean zero explain, each half by the coefficients of the other."""
    half = len(values) // 2
    if half < 4 * controls.shape[1]:
        return values
    # Columns that say the same, such as those of equal components, are left to the least norm.
    scale = np.maximum(controls.std(axis=0), 1e-300)
    table = controls / scale
    left = values.copy()
    for fit, use in ((slice(half), slice(half, None)), (slice(half, None), slice(half))):
        centered = table[fit] - table[fit].mean(axis=0)
        slope = np.linalg.lstsq(centered, values[fit] - values[fit].mean(), rcond=1e-10)[0]
        left[use] = values[use] - table[use] @ slope
    return left
