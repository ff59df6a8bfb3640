"""Von Mises laws: the mean direction, and the concentration from the mean resultant length."""

import numpy as np

from kullback import families as laws
from kullback._core import InputError
from kullback.families._directions import _normalizer as normalizer
from kullback.fitting.likelihood._ascent import positive_root
from kullback.fitting.likelihood._problem import SAME, VARY, Problem, Solution, no_maximum


def von_mises(problem: Problem, /) -> Solution:
    """The angle of the mean vector, and the concentration with that mean cosine."""
    sample = problem.sample
    if np.all(sample.points == sample.points[0]):
        raise no_maximum(problem.kind, SAME, VARY)
    sine, cosine = sample.mean(np.sin(sample.points)), sample.mean(np.cos(sample.points))
    loc = float(np.arctan2(sine, cosine))
    short = sample.mean(2.0 * np.sin(0.5 * (sample.points - loc)) ** 2)
    return Solution(laws.VonMises(loc, _concentration(problem, short, 2)), "shape equation")


def von_mises_fisher(problem: Problem, /) -> Solution:
    """The direction of the mean vector, and the concentration with that mean cosine."""
    sample = problem.sample
    mean = np.array([sample.mean(column) for column in sample.points.T])
    size = float(np.linalg.norm(mean))
    if np.all(sample.points == sample.points[0]):
        raise no_maximum(problem.kind, SAME, VARY)
    if size == 0:
        raise no_maximum(problem.kind, "the mean vector is zero, so every direction is as likely", "Fit nothing.")
    away = sample.points - mean / size
    short = 0.5 * sample.mean(np.sum(away * away, axis=1))
    kappa = _concentration(problem, short, sample.points.shape[1])
    return Solution(laws.VonMisesFisher(mean / size, kappa), "shape equation")


def _concentration(problem: Problem, short: float, dimension: int) -> float:
    """κ from 1 less the mean cosine; by the side of it that keeps digits."""
    _, cosine, shortfall, _ = normalizer(dimension)
    if short <= 0:
        raise no_maximum(problem.kind, SAME, VARY)
    length = 1.0 - short
    if length <= 1e-15:
        raise InputError(
            f"x has no preferred direction (mean resultant length {max(length, 0.0):.2g}): the likelihood is highest "
            f"for the uniform law, concentration 0, which {problem.kind.__name__} does not hold."
        )

    def excess(kappa: float) -> float:
        point = np.asarray(kappa)
        if short < 0.5:
            return float(np.log(shortfall(point) / short))
        return float(np.log(cosine(point) / length))

    start = length * (dimension - length * length) / (short * (1.0 + length))
    found = positive_root(excess, float(start))
    if found is None:
        raise no_maximum(problem.kind, "the equation of its concentration has no root", "Check the data.")
    return found
