"""Fits in which some parameters do not move."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback import families as laws
from kullback._core import InputError
from kullback.families import FAMILIES, Law, domain_of, log_prob
from kullback.families._likelihood import mean_of, root_mean_square, weighted_median
from kullback.fitting.likelihood._ascent import ascend
from kullback.fitting.likelihood._problem import Problem, Solution
from kullback.fitting.likelihood._sample import Sample

Floats = NDArray[np.float64]
Fixed = Mapping[str, Any]
Way = tuple[Callable[[float], float], Callable[[float], float]]


def _normal(sample: Sample, fixed: Fixed) -> Mapping[str, float]:
    if "loc" in fixed:
        return {"scale": root_mean_square(sample.points - fixed["loc"], sample.weights)}
    return {"loc": float(mean_of(sample.points, sample.weights))}


def _lognormal(sample: Sample, fixed: Fixed) -> Mapping[str, float]:
    return _normal(replace(sample, points=np.log(sample.points)), fixed)


def _laplace(sample: Sample, fixed: Fixed) -> Mapping[str, float]:
    if "loc" in fixed:
        return {"scale": float(mean_of(np.abs(sample.points - fixed["loc"]), sample.weights))}
    return {"loc": weighted_median(sample.points, sample.weights)}


def _ends(sample: Sample, fixed: Fixed) -> Mapping[str, float]:
    del fixed
    return {"low": float(np.min(sample.points)), "high": float(np.max(sample.points))}


def _pareto(sample: Sample, fixed: Fixed) -> Mapping[str, float]:
    if "scale" in fixed:
        return {"alpha": 1.0 / float(mean_of(np.log(sample.points / fixed["scale"]), sample.weights))}
    return {"scale": float(np.min(sample.points))}


def _gamma(sample: Sample, fixed: Fixed) -> Mapping[str, float] | None:
    if "concentration" in fixed:
        return {"rate": fixed["concentration"] / float(mean_of(sample.points, sample.weights))}
    return None


def _weibull(sample: Sample, fixed: Fixed) -> Mapping[str, float] | None:
    if "concentration" in fixed:
        power, top = fixed["concentration"], float(np.max(sample.points))
        return {"scale": top * float(mean_of((sample.points / top) ** power, sample.weights)) ** (1.0 / power)}
    return None


def _inverse_gaussian(sample: Sample, fixed: Fixed) -> Mapping[str, float]:
    if "loc" in fixed:
        loc = fixed["loc"]
        gap = float(mean_of(((sample.points - loc) / loc) ** 2 / sample.points, sample.weights))
        return {"concentration": 1.0 / gap}
    return {"loc": float(mean_of(sample.points, sample.weights))}


def _negative_binomial(sample: Sample, fixed: Fixed) -> Mapping[str, float] | None:
    if "total_count" in fixed:
        count = fixed["total_count"]
        return {"probs": count / (count + sample.mean(sample.points))}
    return None


_CLOSED: Mapping[type[Law], Callable[[Sample, Fixed], Mapping[str, float] | None]] = {
    laws.Normal: _normal,
    laws.LogNormal: _lognormal,
    laws.Laplace: _laplace,
    laws.Uniform: _ends,
    laws.LogUniform: _ends,
    laws.DiscreteUniform: _ends,
    laws.Pareto: _pareto,
    laws.Gamma: _gamma,
    laws.Weibull: _weibull,
    laws.InverseGaussian: _inverse_gaussian,
    laws.NegativeBinomial: _negative_binomial,
}


def fit_partly(problem: Problem, whole: Callable[[Problem], Solution], /) -> Solution:
    """Closed form where the rest has one, otherwise Newton's method in the rest from the fit of all.

    Args:
        problem: With fixed parameters, all of them numbers.
        whole: Fits all parameters.

    Raises:
        InputError: A fixed value leaves no law, or an observation outside of it.
    """
    closed = _CLOSED.get(problem.kind)
    found = None if closed is None or set(problem.fixed) == _names(problem) else closed(problem.sample, problem.fixed)
    if set(problem.fixed) == _names(problem):
        return _checked(problem, Solution(problem.kind(**problem.fixed), "all parameters fixed"))
    if found is not None:
        return _checked(problem, Solution(problem.kind(**{**found, **problem.fixed}), "closed form"))
    start = problem.start or whole(replace(problem, fixed={})).law
    free = [name for name in start.parameters() if name not in problem.fixed]
    ways = [_way(start, name, problem.sample) for name in free]

    def law(t: Floats) -> Law:
        moved = {name: back(float(value)) for name, value, (_, back) in zip(free, t, ways, strict=True)}
        return problem.kind(**{**moved, **problem.fixed})

    def height(t: Floats) -> float:
        try:
            return problem.sample.mean(log_prob(law(t), problem.sample.points))
        except (InputError, FloatingPointError):  # a step too far: nothing is there
            return -np.inf

    origin = np.array([forth(float(start.parameters()[name])) for name, (forth, _) in zip(free, ways, strict=True)])
    _checked(problem, Solution(law(origin), ""))
    found_at, converged = ascend(height, [origin])
    return Solution(law(found_at), "Newton", converged)


def _names(problem: Problem) -> set[str]:
    if problem.start is not None:
        return set(problem.start.parameters())
    names = parameter_names(problem.kind)
    return names - {"logits"} if "probs" in names else names


def parameter_names(kind: type[Law], /) -> set[str]:
    """The parameters of a family by name."""
    return {name for name, field in kind.__dataclass_fields__.items() if "domain" in field.metadata}  # type: ignore[attr-defined]


def _checked(problem: Problem, solution: Solution) -> Solution:
    """Refuse fixed values under which an observation is impossible."""
    support = FAMILIES[problem.kind].support(solution.law)
    lost = (problem.sample.points < float(support.low)) | (problem.sample.points > float(support.high))
    if lost.any():
        place = int(np.argmax(lost))
        raise InputError(
            f"x[{place}] = {problem.sample.points[place]:g} is impossible under {solution.law!r}. "
            "Change what is fixed, or leave such values out."
        )
    return solution


def _way(start: Law, name: str, sample: Sample) -> Way:
    """To the whole line and back."""
    domain = domain_of(start, name).words
    if "whole" in domain:
        raise InputError(f"{name} of {type(start).__name__} is a whole number and cannot be searched for. Fix it too.")
    if domain.startswith("a probability"):
        return (lambda p: float(special.logit(p))), (lambda t: float(special.expit(t)))
    if "above 1" in domain:
        return (lambda s: float(np.log(s - 1.0))), (lambda t: 1.0 + float(np.exp(t)))
    if "positive" in domain or "zero or larger" in domain:
        return (lambda s: float(np.log(s))), (lambda t: float(np.exp(t)))
    unit = float(np.std(sample.points)) or 1.0
    return (lambda s: s / unit), (lambda t: t * unit)
