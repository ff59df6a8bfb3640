"""Laws on whole numbers whose likelihood has an equation or a search of its own."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback import families as laws
from kullback._core import InputError, digamma_step, log_series_mean, zeta_mean_log
from kullback.families import log_prob
from kullback.fitting.likelihood._ascent import ascend, positive_root
from kullback.fitting.likelihood._problem import Problem, Solution, no_maximum
from kullback.fitting.likelihood._sample import Sample

Floats = NDArray[np.float64]
_LARGEST = 1e9


def _moments(sample: Sample) -> tuple[float, float]:
    """Mean and variance with n below."""
    mean = sample.mean(sample.points)
    return mean, sample.mean((sample.points - mean) ** 2)


def negative_binomial(problem: Problem, /) -> Solution:
    """The profile equation of the number of successes; it has a root if and only if the variance exceeds the mean."""
    sample = problem.sample
    mean, variance = _moments(sample)
    if variance <= mean:
        raise no_maximum(
            problem.kind,
            f"the variance {variance:.6g} does not exceed the mean {mean:.6g}, and it grows toward the Poisson limit "
            "as total_count goes to infinity",
            "Fit Poisson, or Binomial for counts with less spread.",
        )

    def score(count: float) -> float:
        r = np.full(sample.points.shape, count)
        return sample.mean(digamma_step(sample.points + r, r, sample.points)) - float(np.log1p(mean / count))

    count = positive_root(score, mean * mean / (variance - mean))
    if count is None:
        raise no_maximum(
            problem.kind, "it grows toward the Poisson limit within the rounding of floats", "Fit Poisson."
        )
    return Solution(laws.NegativeBinomial(count, count / (count + mean)), "shape equation")


def zeta(problem: Problem, /) -> Solution:
    """The mean logarithm under the law is that of the sample."""
    level = problem.sample.mean(np.log(problem.sample.points))
    if level == 0:
        raise no_maximum(
            problem.kind, "all values are 1, and it grows as the exponent goes to infinity", "Fit PointMass."
        )
    excess = positive_root(lambda t: float(np.log(zeta_mean_log(np.asarray(t)) / level)), 1.0 / level)
    if excess is None:
        raise no_maximum(problem.kind, "the equation of its exponent has no root", "Fit another family.")
    return Solution(laws.Zeta(1.0 + excess), "shape equation")


def log_series(problem: Problem, /) -> Solution:
    """The mean of the law is that of the sample, an equation in the odds of p."""
    mean = problem.sample.mean(problem.sample.points)
    if mean == 1:
        raise no_maximum(problem.kind, "all values are 1, and it grows as probs goes to 0", "Fit PointMass.")

    def excess(odds: float) -> float:
        if odds < 1e-4:  # odds / log(1 + odds) - 1 without the subtraction
            return float(np.log((odds / 2 - odds**2 / 12 + odds**3 / 24) / (mean - 1.0)))
        return float(np.log((odds / np.log1p(odds) - 1.0) / (mean - 1.0)))

    odds = positive_root(excess, 2.0 * (mean - 1.0))
    if odds is None or odds / (1.0 + odds) >= 1.0:
        raise no_maximum(problem.kind, "probs would round to 1", "Fit another family.")
    probs = odds / (1.0 + odds)
    near = bool(abs(float(log_series_mean(np.asarray(probs))) / mean - 1.0) < 1e-6)
    return Solution(laws.LogSeries(probs), "shape equation", near)


def binomial(problem: Problem, /) -> Solution:
    """The number of trials by search, where it is not given; the chance in closed form."""
    sample = problem.sample
    mean, variance = _moments(sample)
    most = float(np.max(sample.points))
    if "total_count" in problem.fixed:
        count = float(problem.fixed["total_count"])
        if most > count:
            place = int(np.argmax(sample.points))
            raise InputError(
                f"x holds {sample.points[place]:g} and total_count is {count:g}. Binomial counts at most as many."
            )
        return Solution(laws.Binomial(count, mean / count if count else 0.0), "closed form")
    if variance >= mean:
        raise no_maximum(
            problem.kind,
            f"the variance {variance:.6g} is not below the mean {mean:.6g}, and it grows toward the Poisson limit as "
            "total_count goes to infinity",
            "Give fixed={'total_count': n}, or fit Poisson or NegativeBinomial.",
        )

    def height(count: float) -> float:
        return sample.mean(log_prob(laws.Binomial(count, mean / count), sample.points))

    count = _whole_maximum(height, max(most, 1.0), np.inf)
    note = "total_count is fitted too, which is unsure for small chances; give fixed={'total_count': n} if it is known"
    return Solution(laws.Binomial(count, mean / count), "search over total_count", notes=(note,))


def _whole_maximum(height: Callable[[float], float], low: float, high: float) -> float:
    """The whole number where a function with one peak is highest."""
    step, top = 1.0, low
    while top + step <= min(high, _LARGEST) and height(top + step) > height(top):
        top, step = top + step, 2.0 * step
    left, right = max(low, top - step), min(top + step, high)
    while right - left > 2:
        third = np.floor((right - left) / 3)
        one, two = left + third, right - third
        left, right = (one, right) if height(one) < height(two) else (left, two)
    return float(max(np.arange(left, right + 1), key=height))


def beta_binomial(problem: Problem, /) -> Solution:
    """Newton's method in the logit of the mean and the logarithm of the total, from the moments."""
    sample = problem.sample
    if "total_count" not in problem.fixed:
        raise InputError("BetaBinomial needs the number of trials. Give fixed={'total_count': n}.")
    count = float(problem.fixed["total_count"])
    if count < 2 or np.max(sample.points) > count:
        raise InputError(
            f"total_count = {count:g} and x reaches {np.max(sample.points):g}. At least two trials, and as many as the "
            "largest value, are needed."
        )
    mean, variance = _moments(sample)
    share = mean / count
    excess = variance / (count * share * (1.0 - share)) if 0 < share < 1 else 0.0
    total = np.clip((count - excess) / max(excess - 1.0, 1e-3), 0.1, 1e4)

    def law(t: Floats) -> laws.BetaBinomial:
        chance = 1.0 / (1.0 + np.exp(-t[0]))
        return laws.BetaBinomial(count, chance * np.exp(t[1]), np.exp(t[1] - t[0]) * chance)

    def height(t: Floats) -> float:
        if not np.all(np.abs(t) < 40):
            return -np.inf
        a, b, x = float(law(t).concentration1), float(law(t).concentration0), sample.points
        return sample.mean(special.betaln(x + a, count - x + b)) - float(special.betaln(a, b))

    def score(t: Floats) -> Floats:
        a, b = np.asarray(law(t).concentration1), np.asarray(law(t).concentration0)
        x, total = sample.points, digamma_step(a + b + count, a + b, np.asarray(count))
        by_a = sample.mean(digamma_step(a + x, a + 0.0 * x, x)) - float(total)
        by_b = sample.mean(digamma_step(b + (count - x), b + 0.0 * x, count - x)) - float(total)
        return np.array([(a * b / (a + b)) * (by_a - by_b), a * by_a + b * by_b])

    if not 0 < share < 1:
        raise no_maximum(problem.kind, "every trial ended alike, and it grows toward the edge", "Fit Binomial.")
    found, converged = ascend(height, [np.array([np.log(share / (1.0 - share)), np.log(total)])], score=score)
    if found[1] > 16.0 or height(np.array([found[0], 15.0])) >= height(found):
        raise no_maximum(
            problem.kind, "it grows toward the binomial limit as both shapes go to infinity", "Fit Binomial."
        )
    return Solution(law(found), "Newton", converged)


def hypergeometric(problem: Problem, /) -> Solution:
    """A search over the one whole number that is not known."""
    names = ("population", "successes", "draws")
    open_ones = [name for name in names if name not in problem.fixed]
    if len(open_ones) != 1:
        raise InputError(
            f"Hypergeometric can be fitted in one of {', '.join(names)}. Give the other two, as in "
            "fixed={'successes': 50, 'draws': 20}."
        )
    unknown, sample = open_ones[0], problem.sample
    known = {name: float(problem.fixed[name]) for name in names if name != unknown}
    most, least = float(np.max(sample.points)), float(np.min(sample.points))
    if unknown == "population":
        low, high = known["successes"] + known["draws"] - least, np.inf
        low = max(low, *known.values())
    else:
        other = next(value for name, value in known.items() if name != "population")
        low, high = most, known["population"] - (other - least)
    if most > min(known.get("successes", np.inf), known.get("draws", np.inf)) or low > high:
        raise InputError(f"x reaches {most:g}, which {known} does not allow. Check the fixed numbers.")
    if unknown == "population" and not sample.mean(sample.points) > 0:
        raise no_maximum(problem.kind, "no draw was a success, and it grows with the population", "Draw more.")

    def height(value: float) -> float:
        return sample.mean(log_prob(laws.Hypergeometric(**{**known, unknown: value}), sample.points))

    best = _whole_maximum(height, low, high)
    return Solution(laws.Hypergeometric(**{**known, unknown: best}), f"search over {unknown}")
