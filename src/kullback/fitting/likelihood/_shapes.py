"""Gamma and extreme-value laws: one equation for the shape, the scale in closed form."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from kullback import families as laws
from kullback._core import digamma, remainder_slope
from kullback.fitting.likelihood._ascent import polish, positive_root
from kullback.fitting.likelihood._problem import SAME, VARY, Problem, Solution, no_maximum
from kullback.fitting.likelihood._sample import Sample

Floats = NDArray[np.float64]
EQUATION = "shape equation"


def _log_mean_gap(ratio: Floats, sample: Sample) -> float:
    """Log mean less mean log of x = mean · ratio, as a mean of terms that are never negative."""
    small = ratio < 0.5
    step = np.where(small, 0.0, ratio - 1.0)
    near = step - np.log1p(step)
    return sample.mean(np.where(small, ratio - 1.0 - np.log(np.where(small, ratio, 1.0)), near))


def gamma_shape(ratio: Floats, sample: Sample, /) -> float | None:
    """The shape a with log a - ψ(a) = log mean - mean log; None where all values are the same.

    Args:
        ratio: Values over their mean.
        sample: Their weights.
    """
    gap = _log_mean_gap(ratio, sample)
    if gap <= 0 or np.all(ratio == ratio[0]):
        return None

    def excess(a: float) -> float:
        shape = np.asarray(a)
        return float(np.log((0.5 / shape - remainder_slope(shape)) / gap))

    start = (3.0 - gap + np.sqrt((gap - 3.0) ** 2 + 24.0 * gap)) / (12.0 * gap)
    return positive_root(excess, float(start))


def _mean(sample: Sample, values: Floats) -> float:
    first = sample.mean(values)
    return first + sample.mean(values - first)


def gamma(problem: Problem, /) -> Solution:
    """Gamma, inverse gamma and Nakagami laws, by the values, their inverses and their squares."""
    kind, sample = problem.kind, problem.sample
    unit = float(np.max(sample.points)) if kind is not laws.InverseGamma else float(np.min(sample.points))
    values = sample.points / unit
    values = 1.0 / values if kind is laws.InverseGamma else values**2 if kind is laws.Nakagami else values
    mean = _mean(sample, values)
    shape = gamma_shape(values / mean, sample)
    if shape is None:
        raise no_maximum(kind, SAME, VARY)
    if kind is laws.Gamma:
        return Solution(laws.Gamma(shape, shape / mean / unit), EQUATION)
    if kind is laws.InverseGamma:
        return Solution(laws.InverseGamma(shape, shape / mean * unit), EQUATION)
    return Solution(laws.Nakagami(shape, mean * unit * unit), EQUATION)


def chi(problem: Problem, /) -> Solution:
    """ψ(df/2) is the mean logarithm of x/2, or of x²/2 for the root of a chi-squared variable."""
    sample, root = problem.sample, problem.kind is laws.Chi
    logs = np.log(0.5 * sample.points) if not root else 2.0 * np.log(sample.points) - np.log(2.0)
    level = _mean(sample, logs)
    start = np.exp(level) + 0.5 if level > -2.0 else -1.0 / level
    half = positive_root(lambda a: float(digamma(np.asarray(a))) - level, float(start))
    if half is None:
        raise no_maximum(problem.kind, "the equation of its degrees of freedom has no root", "Check the unit of x.")
    return Solution(problem.kind(2.0 * half), EQUATION)  # type: ignore[call-arg]


def _extreme(depth: Floats, sample: Sample, shape: float) -> tuple[float, float] | None:
    """Power k and offset (log mean e^(-k z) - log a)/k of minus a log gamma law of shape a, z ≥ 0 with least value 0.

    1/(a k) is the mean of z less its mean under weights e^(-k z).
    """
    if np.all(depth == depth[0]):
        return None
    unit = float(np.max(depth))
    depth = depth / unit
    mean = _mean(sample, depth)
    away = mean - depth

    def excess(k: float) -> float:
        tilt = np.exp(-k * depth)
        return float(np.log(shape * k * sample.mean(tilt * away) / sample.mean(tilt)))

    power = positive_root(excess, 1.0 / float(np.sqrt(shape * sample.mean(away * away))))
    if power is None:
        return None
    return power / unit, float(np.log(sample.mean(np.exp(-power * depth)) / shape)) / power * unit


def weibull(problem: Problem, /) -> Solution:
    """Weibull laws by log x, Fréchet laws by -log x."""
    sample, kind = problem.sample, problem.kind
    edge = float(np.max(sample.points) if kind is laws.Weibull else np.min(sample.points))
    found = _extreme(np.abs(np.log(sample.points / edge)), sample, 1.0)
    if found is None:
        raise no_maximum(kind, SAME, VARY)
    power, offset = found
    scale = edge * np.exp(offset if kind is laws.Weibull else -offset)
    return Solution(kind(scale, power), EQUATION)  # type: ignore[call-arg]


def gumbel(problem: Problem, /) -> Solution:
    """Gumbel and Moyal laws: minus the logarithm of a gamma variable of shape 1 and ½."""
    sample, kind = problem.sample, problem.kind
    least = float(np.min(sample.points))
    shape = 1.0 if kind is laws.Gumbel else 0.5
    found = _extreme(sample.points - least, sample, shape)
    if found is None:
        raise no_maximum(kind, SAME, VARY)
    power, offset = found
    loc = least - offset + (0.0 if kind is laws.Gumbel else np.log(2.0) / power)
    return Solution(kind(loc, 1.0 / power), EQUATION)  # type: ignore[call-arg]


def generalized_gamma(problem: Problem, /) -> Solution:
    """For every power the gamma equation; then the power, over both signs."""
    sample = problem.sample
    center = np.exp(_mean(sample, np.log(sample.points)))
    logs = np.log(sample.points / center)
    spread = float(np.sqrt(sample.mean(logs * logs)))
    if spread == 0:
        raise no_maximum(problem.kind, SAME, VARY)

    def profile(power: float) -> tuple[float, float, float] | None:
        """Mean log likelihood of log x, shape and log of the scale."""
        top = float(np.max(power * logs))
        values = np.exp(power * logs - top)
        if np.any(values == 0):
            return None
        mean = sample.mean(values)
        shape = gamma_shape(values / mean, sample)
        if shape is None or not shape < 1e8:
            return None
        log_scale = (top + float(np.log(mean / shape))) / power
        if not abs(log_scale) < 600.0:
            return None
        lawful = laws.GeneralizedGamma(shape, np.exp(log_scale), power)
        return sample.mean(laws.log_prob(lawful, np.exp(logs)) + logs), shape, log_scale

    def height(power: float) -> float:
        found = profile(power)
        return -np.inf if found is None else found[0]

    grid = [sign * step / spread for sign in (1.0, -1.0) for step in np.geomspace(0.02, 30.0, 22)]
    heights = [height(power) for power in grid]
    best = int(np.argmax(heights))
    if best in {0, 22}:
        raise no_maximum(
            problem.kind, "it grows toward the lognormal law as the power goes to 0", "Fit LogNormal instead."
        )
    if best in {21, 43}:
        raise no_maximum(
            problem.kind, "it grows toward a power law with a sharp end as the power grows", "Fit Pareto instead."
        )
    sign = np.sign(grid[best])
    start, converged = polish(
        lambda t: height(float(sign * np.exp(t[0]))), np.array([np.log(abs(_golden(height, grid, best)))])
    )
    power = float(sign * np.exp(start[0]))
    found = profile(power)
    if found is None:  # the grid has found it to exist
        raise no_maximum(problem.kind, "its shape leaves the range of floats", "Fit LogNormal instead.")
    return Solution(laws.GeneralizedGamma(found[1], float(center * np.exp(found[2])), power), "profile", converged)


def _golden(height: Callable[[float], float], grid: list[float], best: int) -> float:
    low, high = sorted((grid[best - 1], grid[best + 1]))
    return float(optimize.minimize_scalar(lambda k: -height(k), bounds=(low, high), method="bounded").x)
