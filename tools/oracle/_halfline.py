"""Laws on the positive numbers."""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf
from tools.oracle._law import LOG, ONE, Law, X


def generalized_gamma(a: Any, s: Any, c: Any) -> Law:
    """The law of s G^(1/c), G gamma of shape a: density ∝ x^(ac-1) exp(-(x/s)^c)."""

    def power(k: Any) -> Any:
        ratio = mpf(k) / c
        if a + ratio <= 0:
            return mp.inf
        if ratio in (1, 2):
            return s**k * mp.rf(a, int(ratio))
        return s**k * mp.exp(mp.loggamma(a + ratio) - mp.loggamma(a))

    def log() -> Any:
        return mp.log(s) + mp.psi(0, a) / c

    def log_square() -> Any:
        return log() ** 2 + mp.psi(1, a) / c**2

    def exp(t: Any, center: Any) -> Any:
        assert c == 1
        return mp.exp(-t * center) * (1 - t * s) ** -a if t * s < 1 else mp.inf

    def gap(center: Any) -> Any:
        assert c == 1
        if center <= 0:
            return a * s - center
        z = center / s
        below = z * mp.gammainc(a, 0, z, regularized=True) - a * mp.gammainc(a + 1, 0, z, regularized=True)
        return a * s - center + 2 * s * below

    terms = {
        ONE: mp.log(abs(c)) - mp.loggamma(a) - a * c * mp.log(s),
        LOG: a * c - 1,
        ("power", c): -(s**-c),
    }
    means = {"power": power, "log": log, "log_square": log_square, "exp": exp, "gap": gap}
    return Law(mpf(0), mp.inf, terms, means)


def gamma(concentration: Any, rate: Any) -> Law:
    return generalized_gamma(concentration, 1 / rate, mpf(1))


def exponential(rate: Any) -> Law:
    return gamma(mpf(1), rate)


def inverse_gamma(concentration: Any, rate: Any) -> Law:
    return generalized_gamma(concentration, rate, mpf(-1))


def chi2(df: Any) -> Law:
    return gamma(df / 2, mpf(1) / 2)


def chi(df: Any) -> Law:
    return generalized_gamma(df / 2, mp.sqrt(2), mpf(2))


def weibull(scale: Any, concentration: Any) -> Law:
    return generalized_gamma(mpf(1), scale, concentration)


def frechet(scale: Any, concentration: Any) -> Law:
    return generalized_gamma(mpf(1), scale, -concentration)


def rayleigh(scale: Any) -> Law:
    return generalized_gamma(mpf(1), mp.sqrt(2) * scale, mpf(2))


def maxwell(scale: Any) -> Law:
    return generalized_gamma(mpf(3) / 2, mp.sqrt(2) * scale, mpf(2))


def half_normal(scale: Any) -> Law:
    return generalized_gamma(mpf(1) / 2, mp.sqrt(2) * scale, mpf(2))


def nakagami(concentration: Any, spread: Any) -> Law:
    return generalized_gamma(concentration, mp.sqrt(spread / concentration), mpf(2))


def log_normal(loc: Any, scale: Any) -> Law:
    terms = {
        ONE: -mp.log(scale * mp.sqrt(2 * mp.pi)) - loc**2 / (2 * scale**2),
        LOG: loc / scale**2 - 1,
        ("log_square",): -1 / (2 * scale**2),
    }
    means = {
        "log": lambda: loc,
        "log_square": lambda: loc**2 + scale**2,
        "power": lambda k: mp.exp(k * loc + k**2 * scale**2 / 2),
    }
    return Law(mpf(0), mp.inf, terms, means)


def inverse_gaussian(loc: Any, concentration: Any) -> Law:
    phi = concentration / loc
    powers = {1: loc, -1: 1 / loc + 1 / concentration}
    terms = {
        ONE: mp.log(concentration / (2 * mp.pi)) / 2 + phi,
        LOG: -mpf(3) / 2,
        X: -phi / (2 * loc),
        ("power", -1): -concentration / 2,
    }
    means = {"power": lambda k: powers[k], "log": lambda: mp.log(loc) - mp.exp(2 * phi) * mp.e1(2 * phi)}
    return Law(mpf(0), mp.inf, terms, means)


def pareto(scale: Any, alpha: Any) -> Law:
    means = {
        "log": lambda: mp.log(scale) + 1 / alpha,
        "power": lambda k: alpha * scale**k / (alpha - k) if k < alpha else mp.inf,
    }
    return Law(scale, mp.inf, {ONE: mp.log(alpha) + alpha * mp.log(scale), LOG: -alpha - 1}, means)


def lindley(rate: Any) -> Law:
    terms = {ONE: 2 * mp.log(rate) - mp.log(1 + rate), ("log1p",): mpf(1), X: -rate}
    return Law(mpf(0), mp.inf, terms, {"power": lambda k: {1: (rate + 2) / (rate * (rate + 1))}[k]})


def log_uniform(low: Any, high: Any) -> Law:
    return Law(low, high, {ONE: -mp.log(mp.log(high / low)), LOG: mpf(-1)})


LAWS = {
    "Gamma": gamma,
    "Exponential": exponential,
    "InverseGamma": inverse_gamma,
    "Chi2": chi2,
    "Chi": chi,
    "Weibull": weibull,
    "Frechet": frechet,
    "Rayleigh": rayleigh,
    "Maxwell": maxwell,
    "HalfNormal": half_normal,
    "Nakagami": nakagami,
    "LogNormal": log_normal,
    "InverseGaussian": inverse_gaussian,
    "Pareto": pareto,
    "Lindley": lindley,
    "LogUniform": log_uniform,
}
