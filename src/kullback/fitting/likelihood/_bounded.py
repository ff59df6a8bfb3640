"""Laws between two limits, and the Dirichlet law."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback import families as laws
from kullback._core import InputError, log_sinh_slope
from kullback.families import log_prob
from kullback.fitting.likelihood._ascent import ascend, positive_root
from kullback.fitting.likelihood._problem import SAME, VARY, Problem, Solution, no_maximum
from kullback.fitting.likelihood._sample import Sample

Floats = NDArray[np.float64]
_FEW = 4000


def dirichlet_shapes(levels: Floats, start: Floats, /) -> tuple[Floats, bool]:
    """The concentrations whose mean logarithms are the given ones, by Newton's method on a concave function.

    Args:
        levels: Mean logarithm of each coordinate, shape ``(k,)``.
        start: Positive numbers to begin from.

    Returns:
        Concentrations, and whether the steps came to rest.

    References:
        Minka (2000), Estimating a Dirichlet distribution, section 1.
    """
    a, rest = start, np.inf

    def height(b: Floats) -> float:
        return float(special.gammaln(b.sum()) - special.gammaln(b).sum() + np.dot(b - 1.0, levels))

    for _ in range(500):
        total = a.sum()
        slope = special.digamma(total) - special.digamma(a) + levels
        bend, common = -special.polygamma(1, a), special.polygamma(1, total)
        shift = np.sum(slope / bend) / (1.0 / common + np.sum(1.0 / bend))
        move = -(slope - shift) / bend
        size = float(np.max(np.abs(move / a)))
        if size < 1e-15 or (size < 1e-6 and size >= rest):
            rest = min(size, rest)
            break
        rest, length, value = size, 1.0, height(a)
        while np.any(a + length * move <= 0) or (height(a + length * move) < value and size > 1e-6 and length > 1e-12):
            length *= 0.5
        a = a + length * move
    return a, rest < 1e-6


def beta(problem: Problem, /) -> Solution:
    """The Dirichlet equations in x and 1 - x."""
    x, sample = problem.sample.points, problem.sample
    if np.all(x == x[0]):
        raise no_maximum(problem.kind, SAME, VARY)
    mean = sample.mean(x)
    spread = max(mean * (1.0 - mean) / sample.mean((x - mean) ** 2) - 1.0, 0.1)
    levels = np.array([sample.mean(np.log(x)), sample.mean(np.log1p(-x))])
    found, converged = dirichlet_shapes(levels, spread * np.array([mean, 1.0 - mean]))
    return Solution(laws.Beta(*found), "Newton", converged)


def dirichlet(problem: Problem, /) -> Solution:
    """Newton's method from the moments."""
    x, sample = problem.sample.points, problem.sample
    if np.all(x == x[0]):
        raise no_maximum(problem.kind, SAME, VARY)
    means = np.array([sample.mean(column) for column in x.T])
    spread = sum(sample.mean((column - mean) ** 2) for column, mean in zip(x.T, means, strict=True))
    total = max((1.0 - float(np.sum(means**2))) / spread - 1.0, 0.1)
    levels = np.array([sample.mean(np.log(column)) for column in x.T])
    found, converged = dirichlet_shapes(levels, total * means)
    return Solution(laws.Dirichlet(found), "Newton", converged)


def kumaraswamy(problem: Problem, /) -> Solution:
    """The profile equation of the first shape; the second in closed form."""
    sample = problem.sample
    logs = np.log(sample.points)
    if np.all(logs == logs[0]):
        raise no_maximum(problem.kind, SAME, VARY)
    level = sample.mean(logs)

    def second(a: float) -> float:
        return -1.0 / min(sample.mean(np.log(-np.expm1(a * logs))), -1e-300)

    def score(a: float) -> float:
        odds = np.exp(a * logs) / -np.expm1(a * logs)
        return 1.0 / a + level - (second(a) - 1.0) * sample.mean(odds * logs)

    with np.errstate(all="ignore"):
        a = positive_root(lambda a: float(np.nan_to_num(score(a) * a, nan=-1.0)), 1.0)
    if a is None or not second(a) < 1e15:
        raise no_maximum(problem.kind, "the equation of its first shape has no root", "Fit Beta instead.")
    return Solution(laws.Kumaraswamy(a, second(a)), "shape equation")


def continuous_bernoulli(problem: Problem, /) -> Solution:
    """The mean of the law is that of the sample, an equation in the log odds."""
    excess = problem.sample.mean(problem.sample.points - 0.5)
    if abs(excess) >= 0.5:
        raise no_maximum(problem.kind, "all values are at one end, and it grows toward that end", "Fit PointMass.")
    if excess == 0:
        return Solution(laws.ContinuousBernoulli(probs=0.5), "shape equation")
    size = positive_root(lambda t: float(np.log(log_sinh_slope(np.asarray(t)) / abs(excess))), 12.0 * abs(excess))
    if size is None:
        raise no_maximum(problem.kind, "the equation of its log odds has no root", "Check the data.")
    logit = np.copysign(size, excess)
    if size > 30.0:  # probs would lose the digits of 1 - probs
        return Solution(laws.ContinuousBernoulli(logits=logit), "shape equation")
    return Solution(laws.ContinuousBernoulli(probs=special.expit(logit)), "shape equation")


def truncated_normal(problem: Problem, /) -> Solution:
    """Newton's method in the natural parameters; the limits are the extremes of the sample where they are not given."""
    sample, fixed = problem.sample, problem.fixed
    least, most = float(np.min(sample.points)), float(np.max(sample.points))
    low, high = float(fixed.get("low", least)), float(fixed.get("high", most))
    if not low <= least <= most <= high or low == high:
        raise InputError(
            f"x runs from {least:g} to {most:g} and the limits from {low:g} to {high:g}. The limits must hold x, and "
            "differ."
        )
    if np.all(sample.points == least):
        raise no_maximum(problem.kind, SAME, VARY)
    notes = () if {"low", "high"} <= set(fixed) else ("limits that were not given are the extremes of the sample",)
    if np.isinf(low) and np.isinf(high):
        mean = sample.mean(sample.points)
        spread = float(np.sqrt(sample.mean((sample.points - mean) ** 2)))
        return Solution(laws.TruncatedNormal(mean, spread, low, high), "closed form", notes=notes)
    return _between(problem, low, high, notes)


def _between(problem: Problem, low: float, high: float, notes: tuple[str, ...]) -> Solution:
    sample = problem.sample
    sign, edge = (1.0, low) if np.isfinite(low) else (-1.0, high)
    unit = high - low if np.isfinite(high - low) else sample.mean(sign * (sample.points - edge))
    u = sign * (sample.points - edge) / unit
    ends = (0.0, (high - low) / unit)
    _check_curved(problem, sample.mean(u), sample.mean(u * u), bounded=np.isfinite(ends[1]))

    def law(t: Floats) -> laws.TruncatedNormal:
        scale = float(np.exp(-0.5 * t[1]))
        return laws.TruncatedNormal(t[0] * scale * scale, scale, *ends)

    whole = replace(sample, points=u)
    few = whole.thinned(_FEW)

    def height(t: Floats, of: Sample = whole) -> float:
        return of.mean(log_prob(law(t), of.points)) if abs(t[1]) < 60 and abs(t[0]) < 1e12 else -np.inf

    mean = sample.mean(u)
    variance = sample.mean((u - mean) ** 2)
    start = np.array([mean / variance, -np.log(variance)])
    found, converged = ascend(height, [start, np.array([0.0, 0.0])], lambda t: height(t, few))
    loc, scale = found[0] * np.exp(-found[1]), np.exp(-0.5 * found[1])
    made = laws.TruncatedNormal(edge + sign * unit * loc, unit * scale, low, high)
    return Solution(made, "Newton", converged, notes)


def _check_curved(problem: Problem, mean: float, square: float, *, bounded: bool) -> None:
    """A normal law is curved downward; where the exponential law of the same mean spreads too little there is none."""
    if bounded:
        size = positive_root(lambda t: float(np.log(log_sinh_slope(np.asarray(t)) / max(abs(mean - 0.5), 1e-300))), 1.0)
        tilt = float(np.copysign(size or 1e-9, mean - 0.5))
        second = 1.0 / 3.0 + tilt / 12.0 if abs(tilt) < 1e-4 else _second(tilt, mean)
    else:
        second = 2.0 * mean * mean
    if second <= square * (1.0 + 1e-12):
        raise no_maximum(
            problem.kind,
            "the data fall off no faster than exponentially between the limits, and it grows as scale goes to infinity",
            "Fit Exponential or Uniform.",
        )


def _second(tilt: float, mean: float) -> float:
    """E u² of the density proportional to e^(t u) on (0, 1) by parts: (e^t/Z - 2 E u)/t."""
    edge = tilt / -np.expm1(-tilt)
    return float((edge - 2.0 * mean) / tilt)
