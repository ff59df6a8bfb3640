"""Pairs of laws whose likelihood ratio depends on n rows through one number with a known law."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from kullback._core import InputError
from kullback.decisions.hypotheses._outcomes import Floats
from kullback.decisions.hypotheses._tails import crossing, log_gamma_tail, log_noncentral_tail
from kullback.families import (
    Bernoulli,
    Binomial,
    Chi2,
    Exponential,
    Gamma,
    Geometric,
    HalfNormal,
    InverseGamma,
    Laplace,
    Law,
    LogNormal,
    Maxwell,
    NegativeBinomial,
    Normal,
    Pareto,
    Poisson,
    Rayleigh,
    Weibull,
)

# Noncentral laws further out than this are too slow to be added up.
_MOST_CENTERED = 1e5


@dataclass(frozen=True, eq=False)
class Score:
    """A statistic with a density that grows (or falls) with the log likelihood ratio of all rows.

    Attributes:
        words: What it is, for a person.
        rises: Whether the null hypothesis is rejected for large values.
        of: Rows to the statistic.
        at_level: Log of a level to the value that the statistic passes with that chance under the null hypothesis.
        log_above: Value and hypothesis (0 null, 1 alternative) to the log chance above it.
        log_below: The same below it.
        log_ratio: Value to the log likelihood ratio.
    """

    words: str
    rises: bool
    of: Callable[[Floats], float]
    at_level: Callable[[float], float]
    log_above: Callable[[float, int], float]
    log_below: Callable[[float, int], float]
    log_ratio: Callable[[float], float]


def sum_law(law: Law, n: int, /) -> Law | None:
    """The law of the sum of n rows, where it is one on whole numbers with a name; it is enough for any such pair."""
    if isinstance(law, Bernoulli):
        return Binomial(n, law.probs if law.probs is not None else special.expit(law.logits))
    if isinstance(law, Binomial):
        return Binomial(n * law.total_count, law.probs)
    if isinstance(law, Poisson):
        return Poisson(n * law.rate)
    if isinstance(law, Geometric):
        return NegativeBinomial(n, law.probs)
    if isinstance(law, NegativeBinomial):
        return NegativeBinomial(n * law.total_count, law.probs)
    return None


def same_counts(p: Law, q: Law, /) -> bool:
    """Whether two laws of one family differ in the parameter alone for which the sum is enough."""
    if type(p) is not type(q):
        return False
    counts = [getattr(law, "total_count", None) for law in (p, q)]
    return bool(counts[0] is None or counts[0] == counts[1])


def score_of(p: Any, q: Any, n: int, /) -> Score | None:
    """The statistic of a pair of continuous laws and n rows; None where none is known."""
    if isinstance(p, LogNormal) and isinstance(q, LogNormal):
        inner = score_of(Normal(p.loc, p.scale), Normal(q.loc, q.scale), n)
        return None if inner is None else _through(inner, np.log, "logarithms")
    if isinstance(p, Normal) and isinstance(q, Normal):
        if float(p.scale) == float(q.scale):
            return None if float(p.loc) == float(q.loc) else _shift(p, q, n)
        return _scale(p, q, n)
    left, right = _as_gamma(p), _as_gamma(q)
    if left is None or right is None or left.key != right.key or left.rate == right.rate:
        return None
    return _rates(left, right, n)


def _through(score: Score, function: Callable[[Floats], Floats], words: str) -> Score:
    return Score(
        f"{score.words}, of {words}",
        score.rises,
        lambda x: score.of(function(x)),
        *(score.at_level, score.log_above, score.log_below, score.log_ratio),
    )


def _shift(p: Any, q: Any, n: int) -> Score:
    """Two normal laws of one scale: the standardized mean."""
    gap = float((q.loc - p.loc) / p.scale) * math.sqrt(n)
    rises = gap > 0

    def chance(z: float, sign: float, *, other: int) -> float:
        return float(special.log_ndtr(sign * (z - (gap if other else 0.0))))

    return Score(
        "mean of the rows in standard errors from the null mean",
        rises,
        lambda x: float(np.mean(x) - p.loc) / float(p.scale) * math.sqrt(n),
        lambda log_level: (-1.0 if rises else 1.0) * float(special.ndtri_exp(log_level)),
        lambda z, other: chance(z, -1.0, other=other),
        lambda z, other: chance(z, 1.0, other=other),
        lambda z: gap * z - 0.5 * gap * gap,
    )


def _scale(p: Any, q: Any, n: int) -> Score:
    """Two normal laws of different scales: squares about the point where the ratio is stationary."""
    precision = 1 / p.scale**2, 1 / q.scale**2
    bend = 0.5 * float((q.scale - p.scale) * (q.scale + p.scale) / (p.scale * q.scale) ** 2)
    middle = float((p.loc * precision[0] - q.loc * precision[1]) / (precision[0] - precision[1]))
    centers = [n * float((law.loc - middle) / law.scale) ** 2 for law in (p, q)]
    if max(centers) > _MOST_CENTERED:
        raise InputError(
            f"{p!r} and {q!r}: the scales differ by too little beside the means for a quadratic statistic. "
            "Give both the same scale."
        )
    units = [float(law.scale) ** 2 for law in (p, q)]
    rises = bend > 0
    lowest = float(np.log(p.scale / q.scale)) + 0.5 * float(
        ((middle - p.loc) / p.scale) ** 2 - ((middle - q.loc) / q.scale) ** 2
    )

    def tail(x: float, *, other: int, upper: bool) -> float:
        return log_noncentral_tail(n, centers[other], x / units[other], upper=upper)

    def at_level(log_level: float) -> float:
        start = units[0] * (n + centers[0])
        return crossing(lambda x: tail(x, other=False, upper=rises), log_level, start, falling=rises)

    return Score(
        f"sum of (x - {middle:.6g})²",
        rises,
        lambda x: float(np.sum((x - middle) ** 2)),
        at_level,
        lambda x, other: tail(x, other=other, upper=True),
        lambda x, other: tail(x, other=other, upper=False),
        lambda x: bend * x + n * lowest,
    )


@dataclass(frozen=True, eq=False)
class _GammaLike:
    """A law that is Gamma(shape, rate) after a change of variable; pairs with one key share it."""

    key: tuple[Any, ...]
    shape: float
    rate: float
    change: Callable[[Floats], Floats]
    words: str


_AS_GAMMA: dict[type[Law], Callable[[Any], tuple[Any, Any, Callable[[Floats], Floats], str, tuple[Any, ...]]]] = {
    Exponential: lambda law: (1.0, law.rate, lambda x: x, "x", ()),
    Gamma: lambda law: (law.concentration, law.rate, lambda x: x, "x", ()),
    Chi2: lambda law: (law.df / 2, 0.5, lambda x: x, "x", ()),
    InverseGamma: lambda law: (law.concentration, law.rate, lambda x: 1 / x, "1/x", ()),
    HalfNormal: lambda law: (0.5, 0.5 / law.scale**2, np.square, "x²", ()),
    Rayleigh: lambda law: (1.0, 0.5 / law.scale**2, np.square, "x²", ()),
    Maxwell: lambda law: (1.5, 0.5 / law.scale**2, np.square, "x²", ()),
    Weibull: lambda law: (
        *(1.0, law.scale**-law.concentration, lambda x: x**law.concentration),
        *("x to the concentration", (float(law.concentration),)),
    ),
    Pareto: lambda law: (1.0, law.alpha, lambda x: np.log(x / law.scale), "log(x/scale)", (float(law.scale),)),
    Laplace: lambda law: (1.0, 1 / law.scale, lambda x: np.abs(x - law.loc), "|x - loc|", (float(law.loc),)),
}


def _as_gamma(law: Any) -> _GammaLike | None:
    row = _AS_GAMMA.get(type(law))
    if row is None:
        return None
    shape, rate, change, words, key = row(law)
    return _GammaLike((words, float(shape), *key), float(shape), float(rate), change, words)


def _rates(p: _GammaLike, q: _GammaLike, n: int) -> Score:
    """Gamma laws of one shape: the sum."""
    shape = n * p.shape
    rates = p.rate, q.rate
    rises = q.rate < p.rate

    def tail(x: float, *, other: int, upper: bool) -> float:
        return float(log_gamma_tail(shape, rates[other] * x, upper=upper)[0])

    def at_level(log_level: float) -> float:
        if log_level > -600:
            inverse = special.gammainccinv if rises else special.gammaincinv
            return float(inverse(shape, math.exp(log_level))) / rates[0]
        return crossing(lambda x: tail(x, other=False, upper=rises), log_level, shape / rates[0], falling=rises)

    return Score(
        f"sum of {p.words}",
        rises,
        lambda x: float(np.sum(p.change(x))),
        at_level,
        lambda x, other: tail(x, other=other, upper=True),
        lambda x, other: tail(x, other=other, upper=False),
        lambda x: shape * math.log(q.rate / p.rate) - (q.rate - p.rate) * x,
    )
