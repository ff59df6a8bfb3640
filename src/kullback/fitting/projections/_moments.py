"""Moment equations: the member of an exponential family whose sufficient statistics have given expectations."""

from collections.abc import Callable
from math import exp, log, sqrt
from typing import Any

import numpy as np
from scipy import optimize, special

from kullback._core import InputError, log_series_mean, zeta_mean_log
from kullback.families import (
    Bernoulli,
    Beta,
    Binomial,
    Chi,
    Chi2,
    ContinuousBernoulli,
    Exponential,
    Frechet,
    Gamma,
    Geometric,
    HalfNormal,
    InverseGamma,
    InverseGaussian,
    Kumaraswamy,
    Law,
    Lindley,
    LogNormal,
    LogSeries,
    Maxwell,
    Nakagami,
    NegativeBinomial,
    Normal,
    Pareto,
    Poisson,
    PowerFunction,
    Rayleigh,
    VonMises,
    Weibull,
    Zeta,
)
from kullback.fitting.projections._expectations import Statistic

Expect = Callable[[Statistic], float]
Solver = Callable[[Expect, dict[str, float]], dict[str, Any]]


def _power(power: float) -> Statistic:
    words = {1.0: "x", -1.0: "1/x"}.get(power, f"x^{power:g}")
    return Statistic(words, lambda x: x**power, ("power", 1.0, power))


_X = Statistic("x", lambda x: x, ("first", 0.0, 1.0))
_INVERSE = _power(-1.0)
_LOG = Statistic("log x", np.log, ("log", 1.0))
_REST = Statistic("log(1 - x)", lambda x: np.log1p(-x), ("log complement",))


def _square(center: float) -> Statistic:
    words = f"(x - {center:.6g})²" if center else "x²"
    return Statistic(words, lambda x: (x - center) ** 2, ("second", center, 1.0))


def _log_square(center: float) -> Statistic:
    return Statistic(f"(log x - {center:.6g})²", lambda x: (np.log(x) - center) ** 2, ("log square", center))


def _normal(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    loc = expect(_X)
    return {"loc": loc, "scale": sqrt(expect(_square(loc)))}


def _lognormal(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    loc = expect(_LOG)
    return {"loc": loc, "scale": sqrt(expect(_log_square(loc)))}


def _shape(gap: float) -> float:
    """The a with log a - ψ(a) = gap, by Newton's method in log a."""
    if not gap > 0:
        raise InputError(f"The moment equation of a gamma law has log E x - E log x = {gap:.3g}. It must be positive.")
    a = (3.0 - gap + sqrt((gap - 3.0) ** 2 + 24.0 * gap)) / (12.0 * gap)
    for _ in range(60):
        off = log(a) - float(special.digamma(a)) - gap
        step = off / (1.0 - a * float(special.polygamma(1, a)))
        a *= exp(-step)
        if abs(step) < 1e-16:
            break
    return a


def _gamma(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    mean, logarithm = expect(_X), expect(_LOG)
    a = _shape(log(mean) - logarithm)
    return {"concentration": a, "rate": a / mean}


def _inverse_gamma(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    inverse, logarithm = expect(_INVERSE), expect(_LOG)
    a = _shape(log(inverse) + logarithm)
    return {"concentration": a, "rate": a / inverse}


def _nakagami(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    spread, logarithm = expect(_square(0.0)), expect(_LOG)
    return {"concentration": _shape(log(spread) - 2.0 * logarithm), "spread": spread}


def _inverse_gaussian(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    mean, inverse = expect(_X), expect(_INVERSE)
    return {"loc": mean, "concentration": 1.0 / (inverse - 1.0 / mean)}


def dirichlet(logarithms: Any, /) -> Any:
    """Concentrations with ψ(a_i) - ψ(Σa) = E log x_i, by Newton's method in their logarithms."""
    a = np.ones(len(logarithms)) * 0.5 * (len(logarithms) - 1) / -np.log(np.exp(logarithms).sum())
    for _ in range(200):
        total = a.sum()
        off = special.digamma(a) - special.digamma(total) - logarithms
        jacobian = np.diag(special.polygamma(1, a)) - special.polygamma(1, total)
        step = np.linalg.solve(jacobian * a, off)
        a = a * np.exp(-step / max(1.0, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-15:
            break
    return a


def _beta(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    one, zero = dirichlet(np.array([expect(_LOG), expect(_REST)])).tolist()
    return {"concentration1": one, "concentration0": zero}


def _count(expect: Expect, fixed: dict[str, float]) -> dict[str, Any]:
    return {"probs": expect(_X) / fixed["total_count"]}


def _negative(expect: Expect, fixed: dict[str, float]) -> dict[str, Any]:
    return {"probs": fixed["total_count"] / (fixed["total_count"] + expect(_X))}


def _weibull(sign: float) -> Solver:
    def solve(expect: Expect, fixed: dict[str, float]) -> dict[str, Any]:
        power = sign * fixed["concentration"]
        return {"scale": expect(_power(power)) ** (1.0 / power)}

    return solve


def _circular(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    cosine, sine = expect(Statistic("cos x", np.cos)), expect(Statistic("sin x", np.sin))
    length = float(np.hypot(cosine, sine))
    if length < 1e-12:
        raise InputError("The target has no mean direction, so the nearest von Mises law is the uniform one, κ = 0.")
    logarithm = _root(lambda t: _mean_cosine(exp(t)) - length, -30.0, 30.0)
    return {"loc": float(np.arctan2(sine, cosine)), "concentration": exp(logarithm)}


def _mean_cosine(kappa: float) -> float:
    """I₁(κ)/I₀(κ), by its expansion where κ is large."""
    if kappa > 1e6:
        return 1.0 - 0.5 / kappa - 0.125 / kappa**2
    return float(special.ive(1, kappa) / special.ive(0, kappa))


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """The zero of an increasing or decreasing function."""
    return float(optimize.brentq(function, low, high, xtol=1e-15, rtol=8.9e-16, maxiter=300))


def _log_series(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    mean = expect(_X)
    odds = _root(lambda t: float(log_series_mean(np.asarray(special.expit(t)))) - mean, -36.0, 36.0)
    return {"probs": float(special.expit(odds))}


def _zeta(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    mean = expect(_LOG)
    return {"exponent": 1.0 + exp(_root(lambda t: float(zeta_mean_log(np.asarray(exp(t)))) - mean, -20.0, 4.5))}


def _continuous_bernoulli(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    mean = expect(_X)

    def gap(t: float) -> float:
        if abs(t) < 0.05:
            return 0.5 + t / 12.0 - t**3 / 720.0 + t**5 / 30240.0 - t**7 / 1209600.0 - mean
        with np.errstate(over="ignore"):
            return float(-1.0 / np.expm1(-t)) - 1.0 / t - mean

    return {"logits": _root(gap, -1e8, 1e8)}


def _lindley(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
    """The positive root of m θ² + (m - 1) θ - 2, from the side that does not cancel."""
    mean = expect(_X)
    root = sqrt((mean - 1.0) ** 2 + 8.0 * mean)
    return {"rate": 4.0 / (mean - 1.0 + root) if mean > 1 else (1.0 - mean + root) / (2.0 * mean)}


def _digamma(scale: float) -> Solver:
    """Chi-squared laws (scale 1) and chi laws (scale ½): ψ(df/2) + log 2 = E log x / scale."""

    def solve(expect: Expect, _: dict[str, float]) -> dict[str, Any]:
        wanted = expect(_LOG) / scale - log(2.0)
        return {"df": 2.0 * exp(_root(lambda t: float(special.digamma(exp(t))) - wanted, -20.0, 25.0))}

    return solve


def _kumaraswamy(expect: Expect, fixed: dict[str, float]) -> dict[str, Any]:
    power = fixed["concentration1"]
    rest = Statistic(f"log(1 - x^{power:g})", lambda x: np.log(-np.expm1(power * np.log(x))))
    return {"concentration0": -1.0 / expect(rest)}


def _pareto(expect: Expect, fixed: dict[str, float]) -> dict[str, Any]:
    return {"alpha": 1.0 / (expect(_LOG) - log(fixed["scale"]))}


def _root_mean_square(degrees: float) -> Solver:
    return lambda expect, _: {"scale": sqrt(expect(_square(0.0)) / degrees)}


# Family to its equation and the parameters that must be held.
EQUATIONS: dict[type[Law], tuple[Solver, tuple[str, ...]]] = {
    Bernoulli: (lambda expect, _: {"probs": expect(_X)}, ()),
    Beta: (_beta, ()),
    Binomial: (_count, ("total_count",)),
    Chi: (_digamma(0.5), ()),
    Chi2: (_digamma(1.0), ()),
    ContinuousBernoulli: (_continuous_bernoulli, ()),
    Exponential: (lambda expect, _: {"rate": 1.0 / expect(_X)}, ()),
    Frechet: (_weibull(-1.0), ("concentration",)),
    Gamma: (_gamma, ()),
    Geometric: (lambda expect, _: {"probs": 1.0 / (1.0 + expect(_X))}, ()),
    HalfNormal: (_root_mean_square(1.0), ()),
    InverseGamma: (_inverse_gamma, ()),
    InverseGaussian: (_inverse_gaussian, ()),
    Kumaraswamy: (_kumaraswamy, ("concentration1",)),
    Lindley: (_lindley, ()),
    LogNormal: (_lognormal, ()),
    LogSeries: (_log_series, ()),
    Maxwell: (_root_mean_square(3.0), ()),
    Nakagami: (_nakagami, ()),
    NegativeBinomial: (_negative, ("total_count",)),
    Normal: (_normal, ()),
    Pareto: (_pareto, ("scale",)),
    Poisson: (lambda expect, _: {"rate": expect(_X)}, ()),
    PowerFunction: (lambda expect, _: {"concentration": -1.0 / expect(_LOG)}, ()),
    Rayleigh: (_root_mean_square(2.0), ()),
    VonMises: (_circular, ()),
    Weibull: (_weibull(1.0), ("concentration",)),
    Zeta: (_zeta, ()),
}
