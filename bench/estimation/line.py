"""Problems on the line."""

import math
from typing import Any

import numpy as np
from scipy import stats

from bench.estimation.problems import LOG2, Problem, constant, independent
from bench.estimation.truths import gaussian, integrated, mixed_on_line

NARROW, WIDE = stats.norm(0, 1), stats.norm(1, 2)
PEAKS = ((0.5, -2.0, 0.5), (0.5, 2.0, 0.5))


def _pair(name: str, p: Any, q: Any, goal: float | None = None) -> Problem:
    """Two laws of scipy.stats, by quadrature."""
    return Problem(name, "line", independent(p, q), lambda: integrated(p, q), goal=goal)


def _peaks(rng: np.random.Generator, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(np.where(rng.random(n) < 0.5, -2.0, 2.0), 0.5), rng.normal(0, 2, m)


NORMAL = Problem(
    "N(0,1)‖N(1,2)", "line", independent(NARROW, WIDE), lambda: gaussian(0.0, 1.0, 1.0, 4.0), goal=0.05
)  # .443

PROBLEMS = (
    NORMAL,
    Problem("N(1,2)‖N(0,1)", "line", independent(WIDE, NARROW), lambda: gaussian(1.0, 4.0, 0.0, 1.0)),
    Problem("null, normal", "line", independent(NARROW, NARROW), constant(0.0)),
    Problem("N(0,1)‖N(1,2), 200 rows against 5,000", "line", NORMAL.draw, NORMAL.exact, 200, 5000, 0.1),
    _pair("Laplace‖normal, same variance", stats.laplace(), stats.norm(0, math.sqrt(2))),
    _pair("normal‖Laplace", NARROW, stats.laplace()),
    _pair("Student t, 3 df‖normal, same variance", stats.t(3), stats.norm(0, math.sqrt(3))),  # .195
    _pair("normal‖Student t, 3 df", NARROW, stats.t(3)),
    # log of (sum of the scales squared, and the gap squared) over four times their product
    Problem(
        "Cauchy(0,1)‖Cauchy(1,2)",
        "line",
        independent(stats.cauchy(0, 1), stats.cauchy(1, 2)),
        constant(math.log(10 / 8)),
        goal=0.05,
    ),
    _pair("Gamma(2,1)‖Gamma(4,1.5)", stats.gamma(2), stats.gamma(4, scale=1 / 1.5)),
    Problem(
        "Exp(1)‖Exp(3)",
        "line",
        independent(stats.expon(), stats.expon(scale=1 / 3)),
        constant(math.log(1 / 3) + 3 - 1),
    ),
    _pair("Beta(2,5)‖Beta(3,3)", stats.beta(2, 5), stats.beta(3, 3)),
    Problem("U(0,1)‖U(0,2)", "line", independent(stats.uniform(0, 1), stats.uniform(0, 2)), constant(LOG2)),
    Problem(
        "LogN(0,1)‖LogN(.5,.7)",
        "line",
        independent(stats.lognorm(1), stats.lognorm(0.7, scale=math.exp(0.5))),
        lambda: gaussian(0.0, 1.0, 0.5, 0.49),
    ),
    Problem("two peaks‖N(0,2)", "line", _peaks, lambda: mixed_on_line(PEAKS, stats.norm(0, 2))),
)
