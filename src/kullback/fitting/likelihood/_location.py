"""Laws of location and scale without a closed form: Logistic, Cauchy, Student."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback import families as laws
from kullback._core import digamma_step
from kullback.fitting.likelihood._ascent import ascend
from kullback.fitting.likelihood._problem import SAME, VARY, Problem, Solution, no_maximum
from kullback.fitting.likelihood._sample import Sample

Floats = NDArray[np.float64]
_NORMAL_DF, _FEW = 1e4, 4000


def location_scale(problem: Problem, /) -> Solution:
    """Newton's method from the median and the quartiles, in units of their distance."""
    points, kind = problem.sample.points, problem.kind
    if np.all(points == points[0]):
        raise no_maximum(kind, SAME, VARY)
    center, unit = _robust(points)
    _check_ties(problem)
    standard = (points - center) / unit
    sample = replace(problem.sample, points=standard)
    if kind is laws.StudentT:
        return _student(sample, center, unit)

    def height(t: Floats, of: Sample = sample) -> float:
        # Written out: the density of the family is asked for hundreds of times.
        if abs(t[1]) > 600.0:
            return -np.inf
        z = np.abs(of.points - t[0]) * np.exp(-t[1])
        inner = z + 2.0 * np.log1p(np.exp(-z)) if kind is laws.Logistic else 2.0 * np.log(np.hypot(1.0, z))
        return -of.mean(inner) - float(t[1])

    def score(t: Floats) -> Floats:
        z = (standard - t[0]) * np.exp(-t[1])
        pull = np.tanh(0.5 * z) if kind is laws.Logistic else 2.0 * z / (1.0 + z * z)
        return np.array([sample.mean(pull) * np.exp(-t[1]), sample.mean(z * pull) - 1.0])

    few = sample.thinned(_FEW)
    found, converged = ascend(height, [np.array([0.0, -0.5])], lambda t: height(t, few), score)
    return Solution(kind(center + unit * found[0], unit * np.exp(found[1])), "Newton", converged)  # type: ignore[call-arg]


def _robust(points: Floats) -> tuple[float, float]:
    low, center, high = np.quantile(points, [0.25, 0.5, 0.75]).tolist()
    return center, (high - low) or float(np.std(points))


def _check_ties(problem: Problem) -> None:
    """Half of all observations at one point: the density there has no bound, for tails as heavy as Cauchy's."""
    if problem.kind is laws.Logistic:
        return
    tally = np.unique(problem.sample.points, return_counts=True)[1] if problem.sample.weights is None else None
    if tally is None:
        _, place = np.unique(problem.sample.points, return_inverse=True)
        tally = np.bincount(place, weights=problem.sample.weights)
    share = float(np.max(tally)) / problem.sample.size
    bound = 0.5 if problem.kind is laws.Cauchy else 0.25
    if share >= bound:
        raise no_maximum(
            problem.kind,
            f"{share:.0%} of the observations are one value, and the likelihood grows without bound as the scale "
            "shrinks around it",
            "Treat that value apart.",
        )


def _student(sample: Sample, center: float, unit: float) -> Solution:
    def height(t: Floats, of: Sample = sample) -> float:
        if not (-6.0 < t[0] < 12.0 and abs(t[2]) < 300):
            return -np.inf
        df = float(np.exp(t[0]))
        z = (of.points - t[1]) * np.exp(-t[2])
        constant = float(special.gammaln(0.5 * df + 0.5) - special.gammaln(0.5 * df)) - 0.5 * float(np.log(df * np.pi))
        return constant - float(t[2]) - (df + 1.0) * of.mean(np.log(np.hypot(1.0, z / np.sqrt(df))))

    def score(t: Floats) -> Floats:
        df = np.exp(t[0])
        z = (sample.points - t[1]) * np.exp(-t[2])
        pull = (df + 1.0) * z / (df + z * z)
        constant = digamma_step(0.5 * df + 0.5, 0.5 * df) - 1.0 / df
        by_df = 0.5 * df * (constant + sample.mean(z * pull) / df - sample.mean(np.log1p(z * z / df)))
        return np.array([by_df, sample.mean(pull) * np.exp(-t[2]), sample.mean(z * pull) - 1.0])

    starts = [np.array([np.log(df), 0.0, -0.4]) for df in (1.5, 5.0, 30.0)]
    few = sample.thinned(_FEW)
    found, converged = ascend(height, starts, lambda t: height(t, few), score)
    df = float(np.exp(found[0]))
    spread = float(np.sqrt(sample.mean((sample.points - sample.mean(sample.points)) ** 2)))
    if df > _NORMAL_DF or height(found) <= -float(np.log(spread * math.sqrt(2.0 * math.pi * math.e))):
        raise no_maximum(
            laws.StudentT,
            "it grows toward the normal limit as df goes to infinity",
            "Fit Normal, or give fixed={'df': ν}.",
        )
    if df < 0.05:
        raise no_maximum(
            laws.StudentT, f"it grows as df goes to 0 (it was at {df:.2g})", "Look at the logarithm of |x|."
        )
    law = laws.StudentT(df, center + unit * found[1], unit * np.exp(found[2]))
    return Solution(law, "Newton", converged)
