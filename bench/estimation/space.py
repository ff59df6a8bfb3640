"""Problems with several columns."""

import math
from typing import Any

import numpy as np
from scipy import integrate, special, stats

from bench.estimation.problems import LOG2, Problem, constant
from bench.estimation.truths import Component, draw_mixture, gaussian, radial, simulated

RADIUS, THICKNESS = 2.0, 0.14
DF = 3


def correlations(d: int, rho: float) -> np.ndarray:
    """Of an autoregression: rho to the power of the distance."""
    return rho ** np.abs(np.subtract.outer(np.arange(d), np.arange(d)))


def _gaussians(name: str, mean_p: Any, cov_p: Any, mean_q: Any, cov_q: Any, goal: float | None = None) -> Problem:
    roots = [np.linalg.cholesky(cov) for cov in (cov_p, cov_q)]

    def draw(rng: np.random.Generator, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
        d = len(roots[0])
        return mean_p + rng.normal(size=(n, d)) @ roots[0].T, mean_q + rng.normal(size=(m, d)) @ roots[1].T

    return Problem(name, "space", draw, lambda: gaussian(mean_p, cov_p, mean_q, cov_q), goal=goal)


def _autoregression(d: int, goal: float) -> Problem:
    zero = np.zeros(d)
    return _gaussians(f"AR(.9)‖N(0,I), d = {d}", zero, correlations(d, 0.9), zero, np.eye(d), goal)


def _boxes(low: float, high: float, goal: float | None) -> Problem:
    """Cubes of five dimensions, one inside the other."""
    name = f"U(0,1)⁵‖U({low:g},{high:g})⁵"

    def draw(rng: np.random.Generator, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
        return rng.random((n, 5)), rng.uniform(low, high, (m, 5))

    return Problem(name, "space", draw, constant(5 * math.log(high - low)), goal=goal)


# Two slanted ridges against two balls across them.
_ACROSS = np.array([1.0, -1.0, 1.0, -1.0, 1.0])
RIDGES: tuple[Component, ...] = tuple((sign * 1.1 * np.ones(5), correlations(5, 0.9)) for sign in (1, -1))
BALLS: tuple[Component, ...] = tuple((sign * _ACROSS, np.eye(5)) for sign in (1, -1))


def _mixtures(rng: np.random.Generator, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    return draw_mixture(rng, RIDGES, n), draw_mixture(rng, BALLS, m)


def _ring(rng: np.random.Generator, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    angle = rng.uniform(0, 2 * math.pi, n)
    center = RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return center + THICKNESS * rng.normal(size=(n, 2)), rng.normal(size=(m, 2))


def _ring_truth() -> float:
    """A circle with Gaussian noise: its radius has Rice's law, its density is that over the circumference."""
    law = stats.rice(RADIUS / THICKNESS, scale=THICKNESS)

    def integrand(r: float) -> float:
        own = law.logpdf(r) - math.log(2 * math.pi * r)
        return law.pdf(r) * (own + math.log(2 * math.pi) + r * r / 2)

    around = RADIUS - 9 * THICKNESS, RADIUS + 9 * THICKNESS
    return float(integrate.quad(integrand, *around, points=[RADIUS], epsabs=1e-12, limit=200)[0])


def _student(rng: np.random.Generator, rows: int, scale: float) -> np.ndarray:
    return scale * rng.normal(size=(rows, 3)) / np.sqrt(rng.chisquare(DF, (rows, 1)) / DF)


def _student_truth() -> float:
    """Scales 1 and 2 in three dimensions; the squared radius of the first is three times an F variable."""

    def log_density(r: Any, scale: float) -> Any:
        const = special.gammaln((DF + 3) / 2) - special.gammaln(DF / 2) - 1.5 * math.log(DF * math.pi)
        return const - 3 * math.log(scale) - (DF + 3) / 2 * np.log1p((r / scale) ** 2 / DF)

    # By the squared radius over three, whose law is F(3, DF).
    return radial(
        lambda f: log_density(math.sqrt(3 * f), 1.0), lambda f: log_density(math.sqrt(3 * f), 2.0), stats.f(3, DF)
    )


_I5, _0 = np.eye(5), np.zeros(5)

PROBLEMS = (
    _gaussians("correlated, d = 2", np.zeros(2), correlations(2, 0.8), np.zeros(2), np.eye(2)),  # .511
    Problem("ring‖N(0,I), d = 2", "space", _ring, _ring_truth),  # 1.86
    Problem(
        "Exp(1)³‖Exp(2)³",
        "space",
        lambda rng, n, m: (rng.exponential(1.0, (n, 3)), rng.exponential(0.5, (m, 3))),
        constant(3 * (1 - LOG2)),
    ),
    Problem(
        "Student t, 3 df, d = 3, scale 1‖2",
        "space",
        lambda rng, n, m: (_student(rng, n, 1.0), _student(rng, m, 2.0)),
        _student_truth,
    ),
    _gaussians("null, d = 5", _0, _I5, _0, _I5, 0.03),
    _autoregression(5, 0.2),
    Problem("mixtures, d = 5", "space", _mixtures, lambda: simulated(RIDGES, BALLS)[0], goal=1.2),
    _boxes(-0.1, 1.1, 0.15),
    _boxes(-0.25, 1.25, None),
    _autoregression(10, 0.55),
    _gaussians("N(0,I)‖N(0,2I), d = 20", np.zeros(20), np.eye(20), np.zeros(20), 2 * np.eye(20), 0.15),  # 1.93
    _autoregression(50, 2.0),
    _gaussians("shift by .2, d = 100", np.zeros(100), np.eye(100), np.full(100, 0.2), np.eye(100)),  # 2.00
)
