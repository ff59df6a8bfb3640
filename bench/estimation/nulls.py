"""Further problems where both samples are of one law: what they find is a false alarm."""

import numpy as np
from scipy import stats

from bench.estimation import counted
from bench.estimation.problems import Problem, Sampler, constant, independent
from bench.estimation.space import correlations


def _first_twice(problem: Problem) -> Sampler:
    """Both samples from the first law of a problem."""

    def draw(rng: np.random.Generator, n: int, m: int) -> tuple:
        return problem.draw(rng, n, 1)[0], problem.draw(rng, m, 1)[0]

    return draw


def _null(name: str, draw: Sampler) -> Problem:
    return Problem(name, "null", draw, constant(0.0))


def _correlated(rng: np.random.Generator, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    root = np.linalg.cholesky(correlations(5, 0.9)).T
    return rng.normal(size=(n, 5)) @ root, rng.normal(size=(m, 5)) @ root


_NAMED = {problem.name: problem for problem in counted.PROBLEMS}

PROBLEMS = (
    _null("null, Student t, 3 df", independent(stats.t(3), stats.t(3))),
    _null("null, Cauchy", independent(stats.cauchy(), stats.cauchy())),
    _null("null, log-normal", independent(stats.lognorm(1), stats.lognorm(1))),
    _null("null, AR(.9), d = 5", _correlated),
    *(
        _null(f"null, {name}", _first_twice(_NAMED[name]))
        for name in ("words", "Poisson(3)‖Poisson(5)", "zeros or log-normal", "level and amount")
    ),
)
