"""Problems with categories, repeated values, columns of both kinds, odd units, and few rows."""

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from bench.estimation.line import NORMAL
from bench.estimation.problems import Problem, Sampler, constant, independent
from bench.estimation.truths import gaussian, rounded, summed

Arrays = tuple[np.ndarray, np.ndarray]

WORDS = np.array(["ash", "birch", "cedar", "elm", "fir", "larch", "oak", "pine"])
WORD_P, WORD_Q = (0.3, 0.2, 0.15, 0.1, 0.1, 0.08, 0.05, 0.02), (0.15, 0.2, 0.1, 0.2, 0.05, 0.1, 0.1, 0.1)
# A level, and a normal that depends on it: chances of the levels, means, deviations.
LEVELS = np.array(["basic", "plus", "trial"])
MIXED_P = ((0.5, 0.3, 0.2), (0.0, 1.0, 3.0), (1.0, 0.5, 2.0))
MIXED_Q = ((0.3, 0.3, 0.4), (0.0, 2.0, 3.0), (1.0, 1.0, 1.5))
# Zero, or a log-normal amount: chance of zero, mean and deviation of the logarithm.
ZEROS_P, ZEROS_Q = (0.3, 0.0, 1.0), (0.5, 0.5, 1.0)
UNITS = np.array([1e6, 1.0, 1e-4])


def zipf(categories: int, exponent: float) -> np.ndarray:
    """Chances in proportion to powers of the rank."""
    weights = np.arange(1.0, categories + 1) ** -exponent
    return weights / weights.sum()


def _zipf(categories: int, n: int, goal: float) -> Problem:
    p, q = zipf(categories, 1.2), zipf(categories, 0.8)
    name = f"Zipf 1.2‖0.8, K = {categories:,}, n = {n:,}"
    return Problem(name, "discrete", _categories(p, q), lambda: summed(p, q), n, n, goal)


def _categories(p: Any, q: Any) -> Sampler:
    labels = np.array([f"c{place}" for place in range(len(p))])  # texts: numbers might be measurements
    return lambda rng, n, m: (rng.choice(labels, n, p=p), rng.choice(labels, m, p=q))


def _rounded(name: str, p: Any, q: Any, step: float) -> Problem:
    digits = round(-math.log10(step))

    def draw(rng: np.random.Generator, n: int, m: int) -> Arrays:
        x, y = independent(p, q)(rng, n, m)
        return np.round(x, digits), np.round(y, digits)

    return Problem(name, "tied", draw, lambda: rounded(p, q, step))


def _zeros(rng: np.random.Generator, n: int, m: int) -> Arrays:
    sides = ((n, ZEROS_P), (m, ZEROS_Q))
    x, y = (np.where(rng.random(rows) < zero, 0.0, rng.lognormal(mu, sd, rows)) for rows, (zero, mu, sd) in sides)
    return x, y


def _zeros_truth() -> float:
    (p, mean_p, sd_p), (q, mean_q, sd_q) = ZEROS_P, ZEROS_Q
    return summed([p, 1 - p], [q, 1 - q]) + (1 - p) * gaussian(mean_p, sd_p**2, mean_q, sd_q**2)


def _duplicated(rng: np.random.Generator, n: int, m: int) -> Arrays:
    x, y = rng.normal(0, 1, (n, 2)), rng.normal(1, 2, (m, 2))
    x[1] = x[0]
    return x, y


def _identical(rng: np.random.Generator, n: int, m: int) -> Arrays:
    x = rng.normal(size=(max(n, m), 2))
    return x[:n], x[:m].copy()


def _units(rng: np.random.Generator, n: int, m: int) -> Arrays:
    return rng.normal(size=(n, 3)) * UNITS, 1.5 * rng.normal(size=(m, 3)) * UNITS


def _mixed(rng: np.random.Generator, n: int, m: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    def side(rows: int, chances: Any, means: Any, deviations: Any) -> pd.DataFrame:
        which = rng.choice(len(LEVELS), rows, p=chances)
        amount = rng.normal(np.take(means, which), np.take(deviations, which))
        return pd.DataFrame({"level": LEVELS[which], "amount": amount})

    return side(n, *MIXED_P), side(m, *MIXED_Q)


def _mixed_truth() -> float:
    """The levels' divergence and the mean over levels of the normals'."""
    within = (
        share * gaussian(mean_p, sd_p**2, mean_q, sd_q**2)
        for share, mean_p, sd_p, mean_q, sd_q in zip(*MIXED_P, *MIXED_Q[1:], strict=True)
    )
    return summed(MIXED_P[0], MIXED_Q[0]) + math.fsum(within)


def _poisson_truth() -> float:
    return 3 * math.log(3 / 5) + 5 - 3


PROBLEMS = (
    _zipf(1_000, 1_000, 0.07),  # .352
    _zipf(10_000, 1_000, 0.1),  # .592
    _zipf(100_000, 10_000, 0.15),  # .882
    Problem(
        "null, K = 100, n = 100",
        "discrete",
        _categories(np.full(100, 0.01), np.full(100, 0.01)),
        constant(0.0),
        100,
        100,
        0.15,
    ),
    Problem("Poisson(3)‖Poisson(5)", "discrete", independent(stats.poisson(3), stats.poisson(5)), _poisson_truth),
    Problem(
        "words",
        "discrete",
        lambda rng, n, m: (rng.choice(WORDS, n, p=WORD_P), rng.choice(WORDS, m, p=WORD_Q)),
        lambda: summed(WORD_P, WORD_Q),
    ),
    _rounded("N(0,3)‖N(1,3), whole numbers", stats.norm(0, 3), stats.norm(1, 3), 1.0),  # .055
    _rounded("prices to the cent", stats.lognorm(0.3, scale=20), stats.lognorm(0.4, scale=22), 0.01),
    Problem("zeros or log-normal", "tied", _zeros, _zeros_truth),
    Problem("a row twice, d = 2", "tied", _duplicated, lambda: 2 * NORMAL.truth),
    Problem("x against itself, d = 2", "tied", _identical, constant(0.0)),
    Problem(
        "units 1e6, 1, 1e-4", "space", _units, lambda: gaussian(np.zeros(3), np.eye(3), np.zeros(3), 2.25 * np.eye(3))
    ),  # .383
    Problem("level and amount", "mixed", _mixed, _mixed_truth, goal=0.08),
    Problem("N(0,1)‖N(1,2), n = 20", "line", NORMAL.draw, NORMAL.exact, 20, 20, 0.25),
)
