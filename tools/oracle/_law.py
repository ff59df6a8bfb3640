"""Laws whose log density is a sum of a few statistics, each with a coefficient.

With log p = Σ aᵢ tᵢ and log q = Σ bᵢ tᵢ the divergence is Σ (aᵢ - bᵢ) E_p[tᵢ], and it is computed just so: no stable
form is used, the working precision alone takes care of cancellation. A statistic is a name and its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mpmath import mp, mpf

Statistic = tuple[Any, ...]
Terms = dict[Statistic, Any]

ONE: Statistic = ("one",)
LOG: Statistic = ("log",)
X: Statistic = ("power", 1)
X2: Statistic = ("power", 2)

VALUES: dict[str, Callable[..., Any]] = {
    "one": lambda _: mpf(1),
    "power": lambda x, k: x**k,
    "log": mp.log,
    "log_square": lambda x: mp.log(x) ** 2,
    "log1p": lambda x: mp.log(1 + x),
    "log1m_power": lambda x, k: mp.log(1 - x**k),
    "log1p_square": lambda x, m, w: mp.log(1 + ((x - m) / w) ** 2),
    "softplus": lambda x, m, s: mp.log1p(mp.exp(-(x - m) / s)),
    "exp": lambda x, t, c: mp.exp(t * (x - c)),
    "gap": lambda x, c: abs(x - c),
    "cos": lambda x, m: mp.cos(x - m),
    "log_factorial": lambda k: mp.loggamma(k + 1),
    "log_factorial_rest": lambda k, n: mp.loggamma(n - k + 1),
    "log_gamma_shift": lambda k, r: mp.loggamma(k + r),
}


@dataclass(frozen=True)
class Law:
    """A scalar law: the ends of its support, log density and the means of the statistics it knows."""

    low: Any
    high: Any
    terms: Terms
    means: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    lattice: bool = False

    def mean(self, statistic: Statistic) -> Any:
        if statistic == ONE:
            return mpf(1)
        if self.low == self.high:
            return VALUES[statistic[0]](self.low, *statistic[1:])
        return self.means[statistic[0]](*statistic[1:])

    def log_density(self, x: Any) -> Any:
        return mp.fsum(c * VALUES[s[0]](x, *s[1:]) for s, c in self.terms.items() if c)


def difference(p: Law, q: Law) -> Terms:
    """The terms of log p - log q, those that cancel left out."""
    terms = dict(p.terms)
    for statistic, coefficient in q.terms.items():
        terms[statistic] = terms.get(statistic, mpf(0)) - coefficient
    return {s: c for s, c in terms.items() if c}


def divergence(p: Law, q: Law) -> Any:
    """D(p‖q) in nats."""
    if p.low < q.low or p.high > q.high:
        return mp.inf
    total = mpf(0)
    for statistic, coefficient in difference(p, q).items():
        mean = p.mean(statistic)
        if mp.isinf(mean) and coefficient * mean < 0:
            raise ArithmeticError(f"{statistic} has an infinite mean of the wrong sign")
        total += coefficient * mean
    return total


def integral(f: Callable[[Any], Any], ends: list[Any]) -> Any:
    """Tanh-sinh quadrature between sorted, distinct ends."""
    return mp.quad(f, sorted(set(ends)))
