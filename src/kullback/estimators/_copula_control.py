"""What neighbors miss of a mutual information, told from Gaussian copulas as dependent as the sample."""

import math
from dataclasses import dataclass, replace

import numpy as np

from kullback.estimators._copulas import Copulas, copulas_like
from kullback.estimators._gaussian_fit import looks_gaussian, moments
from kullback.estimators._information_terms import information_terms
from kullback.estimators._points import Floats

_STEPS = 8
_CLOSE = 0.2  # standard errors, within which a copula is as dependent as the sample
_AGREE, _LEVEL = 2.5, 0.2
_DOWN = 0.15  # share of edges and correction that may be too much
_FLAT = 0.1  # the least of a step of the truth that neighbors are taken to see
# Variance of the estimate by k less that by 2 k neighbors, times k and n: measured for copulas of all strengths, k = 5.
_TWO_SIZES = 0.9


@dataclass(frozen=True)
class Control:
    """A correction and what it rests on.

    Attributes:
        shift: What is added to the neighbors' estimate, in nats.
        slope: How much of a step of the truth neighbors see; the error of what they see is divided by it.
        variance: Of the simulation.
        draws: Simulated samples of every copula.
        doubt: How much further down and up the truth may lie where the copula is not Gaussian.
        rough: Part of the shift, because larger neighborhoods see less than between Gaussians.
        is_gaussian: Whether nothing speaks against a Gaussian copula.
    """

    shift: float
    slope: float
    variance: float
    draws: int
    doubt: tuple[float, float] = (0.0, 0.0)
    rough: float = 0.0
    is_gaussian: bool = True


def copula_control(  # noqa: PLR0917 - inner function, all that the sample says
    x: Floats, y: Floats, value: float, stderr: float, k: int, weights: Floats | None, rng: np.random.Generator, /
) -> Control | None:
    """Simulate what neighbors miss.

    In one dimension a side the copula is the one in which neighbors see as much as in the sample, be the dependence
    Gaussian or not: what neighbors miss of a thin strip depends little on its course. In more it is the fitted one,
    which is known better, unless neighbors see more or less there than in the sample.

    Args:
        x: Scores of shape ``(n, a)``.
        y: Scores of shape ``(n, b)``.
        value: The neighbors' estimate in nats.
        stderr: Its standard error.
        k: Neighbors.
        weights: Weight of every row.
        rng: Generator.

    Returns:
        The correction; None where no copula can be fitted.
    """
    family = copulas_like(x, y, rng)
    if family is None:
        return None
    dimensions = x.shape[1] + y.shape[1]
    errors = family.bias(family.fitted, k)
    spread = math.hypot(stderr, _chance(errors))
    agrees = abs(value - family.fitted - float(errors.mean())) <= _AGREE * spread
    at = _matched(family, value, _CLOSE * stderr, k) if dimensions == 2 or not agrees else family.fitted
    found = _correction(family, at, k)
    if agrees and family.fitted < family.limit and (weights is not None or _looks_gaussian(x, y)):
        return found
    larger = float(np.average(information_terms(x, y, min(2 * k, len(x) - 1), weights), weights=weights))
    between = family.bias(at, k) - family.bias(at, min(2 * k, len(x) - 1))
    excess = value - larger - float(between.mean())
    return _doubted(found, value, excess, math.sqrt(_TWO_SIZES / (k * len(x))), (k / len(x)) ** (1.0 / dimensions))


def _looks_gaussian(x: Floats, y: Floats) -> bool:
    both = np.concatenate([x, y], axis=1)
    return looks_gaussian(both, moments(both, None), level=_LEVEL)


def _chance(errors: Floats) -> float:
    return float(errors.std(ddof=1)) / math.sqrt(len(errors))


def _matched(family: Copulas, value: float, tolerance: float, k: int) -> float:
    """Mutual information of the copula in which neighbors see a value, by secants."""

    def missing(at: float) -> float:
        return at + float(family.bias(at, k).mean()) - value

    before, at = family.fitted, min(max(value, 0.0), family.limit)
    last, gap = missing(before), missing(at)
    for _ in range(_STEPS):
        if abs(gap) <= tolerance or at == before:
            break
        slope = min(max((gap - last) / (at - before), _FLAT), 1.2)
        before, last = at, gap
        at = min(max(at - gap / slope, 0.0), family.limit)
        gap = missing(at)
    return at


def _correction(family: Copulas, at: float, k: int) -> Control:
    errors = family.bias(at, k)
    # A bias too small to be told from the chance of the simulation is taken for none; the passage is smooth.
    mean, chance = float(errors.mean()), _chance(errors)
    trust = max(0.0, 1.0 - 4.0 * chance**2 / mean**2) if mean else 0.0
    step = min(max(0.1 * at, 0.05), family.limit - at)
    further = float(family.bias(at + step, k).mean()) if trust and step > 0 else mean
    slope = 1.0 + trust * (further - mean) / step if step > 0 else _FLAT
    return Control(-trust * mean, min(max(slope, _FLAT), 1.0), (trust * chance) ** 2, len(errors))


def _doubted(found: Control, value: float, excess: float, chance: float, size: float) -> Control:
    """The correction where the copula is not Gaussian: for rougher ones, and with what it may be wrong by.

    Where neighborhoods of twice as many rows see less than between Gaussians by more than chance, those of half the
    size would see about as much more. Sharp edges cost a share of the value in proportion to the size of neighborhoods.
    """
    rough = excess * max(0.0, 1.0 - 4.0 * chance**2 / excess**2) if excess > 0 else 0.0
    edges = size * max(value, 0.0)
    down = _DOWN * (abs(found.shift) + edges) + 0.5 * rough
    return replace(found, shift=found.shift + rough, rough=rough, doubt=(down, edges + rough), is_gaussian=False)
