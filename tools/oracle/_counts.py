"""Laws on the integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf
from tools.oracle._law import LOG, ONE, VALUES, Law, X

LOG_FACTORIAL = ("log_factorial",)


def point(at: Any) -> Law:
    return Law(mpf(at), mpf(at), {}, lattice=True)


def summed(law: Law, name: str) -> Callable[..., Any]:
    """The mean of a statistic by summation over the support, up to where the tail no longer counts."""

    def mean(*arguments: Any) -> Any:
        total, k, floor = mpf(0), law.low, mpf(10) ** -(mp.dps + 10)
        top = law.mean(X) + 3  # the first terms may vanish
        while k <= law.high:
            term = mp.exp(law.log_density(k)) * VALUES[name](k, *arguments)
            total += term
            if k > top and abs(term) < floor:
                break
            k += 1
        return total

    return mean


def with_sums(law: Law) -> Law:
    """The law with the means of the factorials added."""
    names = ("log_factorial", "log_factorial_rest", "log_gamma_shift")
    return Law(law.low, law.high, law.terms, {**{n: summed(law, n) for n in names}, **law.means}, lattice=True)


def binomial(total_count: Any, probs: Any) -> Law:
    if probs in (0, 1):
        return point(total_count * probs)
    terms = {
        ONE: mp.loggamma(total_count + 1) + total_count * mp.log(1 - probs),
        X: mp.log(probs) - mp.log(1 - probs),
        LOG_FACTORIAL: mpf(-1),
        ("log_factorial_rest", total_count): mpf(-1),
    }
    return with_sums(Law(mpf(0), total_count, terms, {"power": lambda k: {1: total_count * probs}[k]}))


def bernoulli(probs: Any = None, logits: Any = None) -> Law:
    if logits is None:
        return binomial(mpf(1), probs)
    if mp.isinf(logits):
        return point(logits > 0)
    terms = {
        ONE: -mp.log(1 + mp.exp(logits)),
        X: logits,
        LOG_FACTORIAL: mpf(-1),
        ("log_factorial_rest", mpf(1)): mpf(-1),
    }
    probs = 1 / (1 + mp.exp(-logits))
    return with_sums(Law(mpf(0), mpf(1), terms, {"power": lambda k: {1: probs}[k]}))


def negative_binomial(total_count: Any, probs: Any) -> Law:
    if probs == 1:
        return point(0)
    terms = {
        ONE: total_count * mp.log(probs) - mp.loggamma(total_count),
        X: mp.log(1 - probs),
        ("log_gamma_shift", total_count): mpf(1),
        LOG_FACTORIAL: mpf(-1),
    }
    mean = total_count * (1 - probs) / probs
    return with_sums(Law(mpf(0), mp.inf, terms, {"power": lambda k: {1: mean}[k]}))


def geometric(probs: Any) -> Law:
    if probs == 1:
        return point(0)
    mean = (1 - probs) / probs
    terms = {ONE: mp.log(probs), X: mp.log(1 - probs)}
    return with_sums(Law(mpf(0), mp.inf, terms, {"power": lambda k: {1: mean}[k]}))


def poisson(rate: Any) -> Law:
    if not rate:
        return point(0)
    terms = {ONE: -rate, X: mp.log(rate), LOG_FACTORIAL: mpf(-1)}
    return with_sums(Law(mpf(0), mp.inf, terms, {"power": lambda k: {1: rate}[k]}))


def log_series(probs: Any) -> Law:
    norm = -mp.log(1 - probs)
    terms = {ONE: -mp.log(norm), X: mp.log(probs), LOG: mpf(-1)}
    return Law(mpf(1), mp.inf, terms, {"power": lambda k: {1: probs / ((1 - probs) * norm)}[k]}, lattice=True)


def zeta(exponent: Any) -> Law:
    norm = mp.zeta(exponent)
    return Law(
        mpf(1),
        mp.inf,
        {ONE: -mp.log(norm), LOG: -exponent},
        {"log": lambda: -mp.zeta(exponent, 1, 1) / norm},
        lattice=True,
    )


def discrete_uniform(low: Any, high: Any) -> Law:
    return Law(low, high, {ONE: -mp.log(high - low + 1)}, lattice=True)


LAWS = {
    "Bernoulli": bernoulli,
    "Binomial": binomial,
    "NegativeBinomial": negative_binomial,
    "Geometric": geometric,
    "Poisson": poisson,
    "LogSeries": log_series,
    "Zeta": zeta,
    "DiscreteUniform": discrete_uniform,
}
