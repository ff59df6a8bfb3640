"""Laws on a bounded interval."""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf
from tools.oracle._law import LOG, ONE, Law, X, integral

LOG1M = ("log1m_power", 1)


def uniform(low: Any, high: Any) -> Law:
    width = high - low

    def power(k: int) -> Any:
        return (high ** (k + 1) - low ** (k + 1)) / ((k + 1) * width)

    def log_between(a: Any, b: Any) -> Any:
        """The mean of log x for x uniform on (a, b), the limit at 0 included."""
        return (sum(s * (x * mp.log(x) if x else 0) for s, x in ((1, b), (-1, a)))) / (b - a) - 1

    def log1m_power(k: int) -> Any:
        assert k == 1
        return log_between(1 - high, 1 - low)

    def exp(t: Any, c: Any) -> Any:
        return (mp.exp(t * (high - c)) - mp.exp(t * (low - c))) / (t * width)

    def gap(c: Any) -> Any:
        inside = min(max(c, low), high)
        left = (inside - low) * (c - (inside + low) / 2)
        return (left + (high - inside) * ((high + inside) / 2 - c)) / width

    means = {
        "power": power,
        "log": lambda: log_between(low, high),
        "log1m_power": log1m_power,
        "exp": exp,
        "gap": gap,
    }
    return Law(low, high, {ONE: -mp.log(width)}, means)


def beta(concentration1: Any, concentration0: Any) -> Law:
    a, b = concentration1, concentration0

    def log1m_power(k: int) -> Any:
        assert k == 1
        return mp.psi(0, b) - mp.psi(0, a + b)

    def gap(c: Any) -> Any:
        mean = a / (a + b)
        if c <= 0:
            return mean - c
        if c >= 1:
            return c - mean
        below = c * mp.betainc(a, b, 0, c, regularized=True) - mean * mp.betainc(a + 1, b, 0, c, regularized=True)
        return mean - c + 2 * below

    terms = {ONE: mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b), LOG: a - 1, LOG1M: b - 1}
    means = {
        "power": lambda k: mp.rf(a, k) / mp.rf(a + b, k),
        "log": lambda: mp.psi(0, a) - mp.psi(0, a + b),
        "log1m_power": log1m_power,
        "gap": gap,
    }
    return Law(mpf(0), mpf(1), terms, means)


def power_function(concentration: Any) -> Law:
    terms = {ONE: mp.log(concentration), LOG: concentration - 1}
    return Law(mpf(0), mpf(1), terms, {"log": lambda: -1 / concentration})


def kumaraswamy(concentration1: Any, concentration0: Any) -> Law:
    a, b = concentration1, concentration0

    def log1m_power(k: Any) -> Any:
        if k == a:
            return -1 / b
        # -log(1 - x^a) is exponential of rate b
        ratio = k / a

        def inner(t: Any) -> Any:
            if not t:
                return mpf(0)
            y = mp.log(-mp.expm1(-t / b)) if t < b else mp.log1p(-mp.exp(-t / b))
            return mp.exp(-t) * mp.log(-mp.expm1(ratio * y))

        far = mp.dps * mp.log(10) + 10
        ends = [mpf(0), *(x for x in (mpf(1), mpf(10), b, b / 20, 20 * b) if x < far), far]
        return integral(inner, ends)

    terms = {ONE: mp.log(a * b), LOG: a - 1, ("log1m_power", a): b - 1}
    means = {"log": lambda: (mp.psi(0, 1) - mp.psi(0, 1 + b)) / a, "log1m_power": log1m_power}
    return Law(mpf(0), mpf(1), terms, means)


def continuous_bernoulli(probs: Any = None, logits: Any = None) -> Law:
    eta = mp.log(probs / (1 - probs)) if logits is None else logits
    if not eta:
        powers = {1: mpf(1) / 2, 2: mpf(1) / 3}
        return Law(mpf(0), mpf(1), {ONE: mpf(0)}, {"power": lambda k: powers[k]})
    mean = 1 / (1 - mp.exp(-eta)) - 1 / eta
    variance = 1 / eta**2 - 1 / (4 * mp.sinh(eta / 2) ** 2)
    powers = {1: mean, 2: variance + mean**2}
    return Law(mpf(0), mpf(1), {ONE: -mp.log((mp.exp(eta) - 1) / eta), X: eta}, {"power": lambda k: powers[k]})


LAWS = {
    "Uniform": uniform,
    "Beta": beta,
    "PowerFunction": power_function,
    "Kumaraswamy": kumaraswamy,
    "ContinuousBernoulli": continuous_bernoulli,
}
