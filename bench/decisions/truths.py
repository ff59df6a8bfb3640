"""Exponents by their definitions, in as many digits as mpmath is set to; also the lines of the searches in float64."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
from scipy import special

DIGITS = 50
FLOATS = SimpleNamespace(log=np.log, exp=np.exp, log_gamma=special.gammaln)
PRECISE = SimpleNamespace(log=mpmath.log, exp=mpmath.exp, log_gamma=mpmath.loggamma)
# Steps of golden sections: the place to 18 digits, so the value to 36.
_STEPS = 90


def largest(function: Callable[[Any], Any], high: Any = 1) -> Any:
    """Of a concave function between 0 and `high`, by golden sections."""
    share = (mpmath.sqrt(5) - 1) / 2
    a, b = mpmath.mpf(0), mpmath.mpf(high)
    c, d = b - share * (b - a), a + share * (b - a)
    at_c, at_d = function(c), function(d)
    for _ in range(_STEPS):
        if at_c > at_d:
            b, d, at_d = d, c, at_c
            c = b - share * (b - a)
            at_c = function(c)
        else:
            a, c, at_c = c, d, at_d
            d = a + share * (b - a)
            at_d = function(d)
    return max(at_c, at_d)


def exact(parameters: tuple[float, ...]) -> tuple[Any, ...]:
    """The same numbers with more digits."""
    return tuple(mpmath.mpf(float(one)) for one in parameters)


def chernoff_of_rows(p: Any, q: Any) -> Any:
    """Of rows of chances without zeros."""
    some = list(zip(exact(p), exact(q), strict=True))
    return largest(lambda s: -mpmath.log(mpmath.fsum(a**s * b ** (1 - s) for a, b in some)))


def chernoff_laplace_normal(mean: float, scale: float) -> Any:
    """Of Laplace(0, 1) and a normal law: both halves are incomplete normal integrals."""
    m, v = exact((mean, scale**2))

    def path(s: Any) -> Any:
        u = v / (1 - s)
        halves = [mpmath.exp(s * s * u / 2 - s * c) * mpmath.erfc((s * u - c) / mpmath.sqrt(2 * u)) for c in (m, -m)]
        height = 2**-s * (2 * mpmath.pi * v) ** (-(1 - s) / 2) * mpmath.sqrt(mpmath.pi * u / 2)
        return -mpmath.log(height * (halves[0] + halves[1]))

    return largest(path)


def _normal(lib: Any, p: tuple[Any, ...], q: tuple[Any, ...]) -> Callable[[Any], Any]:
    (m, a), (n, b) = p, q

    def path(s: Any) -> Any:
        mixed = s * b * b + (1 - s) * a * a
        widths = lib.log(mixed) / 2 - (1 - s) * lib.log(a) - s * lib.log(b)
        return s * (1 - s) * (m - n) ** 2 / (2 * mixed) + widths

    return path


def _poisson(_: Any, p: tuple[Any, ...], q: tuple[Any, ...]) -> Callable[[Any], Any]:
    return lambda s: s * p[0] + (1 - s) * q[0] - p[0] ** s * q[0] ** (1 - s)


def _exponential(lib: Any, p: tuple[Any, ...], q: tuple[Any, ...]) -> Callable[[Any], Any]:
    return lambda s: lib.log(s * p[0] + (1 - s) * q[0]) - s * lib.log(p[0]) - (1 - s) * lib.log(q[0])


def _gamma(lib: Any, p: tuple[Any, ...], q: tuple[Any, ...]) -> Callable[[Any], Any]:
    def height(shape: Any, rate: Any) -> Any:
        return lib.log_gamma(shape) - shape * lib.log(rate)

    def path(s: Any) -> Any:
        middle = [s * a + (1 - s) * b for a, b in zip(p, q, strict=True)]
        return s * height(*p) + (1 - s) * height(*q) - height(*middle)

    return path


# By family: parameters of two laws some gap apart, and -log of the integral of p^s q^(1-s).
PATHS: dict[str, tuple[Callable[[float], tuple[Any, Any]], Callable[..., Callable[[Any], Any]]]] = {
    "Normal": (lambda gap: ((0.0, 1.0), (gap, 1.0 + gap / 2)), _normal),
    "Poisson": (lambda gap: ((3.0,), (3.0 * (1 + gap),)), _poisson),
    "Exponential": (lambda gap: ((2.0,), (2.0 * (1 + gap),)), _exponential),
    "Gamma": (lambda gap: ((2.0, 1.5), (2.0 * (1 + gap), 1.5 * (1 + gap / 3))), _gamma),
}


@dataclass(frozen=True)
class Law:
    """A law whose log moment generating function has a closed form.

    Attributes:
        parameters: Of our record.
        mean: Its mean.
        variance: Its variance.
        log_mgf: By library and t.
        limits: Where it ends, below and above 0.
        support: Means that are possible.
    """

    parameters: tuple[float, ...]
    mean: float
    variance: float
    log_mgf: Callable[[Any, Any], Any]
    limits: tuple[float, float] = (np.inf, np.inf)
    support: tuple[float, float] = (-np.inf, np.inf)

    def span(self, x: float) -> float:
        """The farthest t that a search looks at; its sign is that of x less the mean."""
        return min(20 * abs(x - self.mean) / self.variance, 0.9999 * self.limits[x > self.mean])

    def rate(self, x: float) -> Any:
        """Cramér's rate, the supremum."""
        sign = 1 if x > self.mean else -1
        place = mpmath.mpf(x)
        return largest(lambda t: sign * t * place - self.log_mgf(PRECISE, sign * t), self.span(x))


RATES = {
    "Normal": Law((1.0, 2.0), 1.0, 4.0, lambda _, t: t + 2 * t * t),
    "Bernoulli": Law((0.25,), 0.25, 0.1875, lambda lib, t: lib.log(0.75 + lib.exp(t) / 4), support=(0.0, 1.0)),
    "Poisson": Law((3.0,), 3.0, 3.0, lambda lib, t: 3 * (lib.exp(t) - 1), support=(0.0, np.inf)),
    "Gamma": Law(
        (2.0, 4.0), 0.5, 0.125, lambda lib, t: -2 * lib.log(1 - t / 4), limits=(np.inf, 4.0), support=(0.0, np.inf)
    ),
    "Laplace": Law((1.0, 0.5), 1.0, 0.5, lambda lib, t: t - lib.log(1 - t * t / 4), limits=(2.0, 2.0)),
    "Logistic": Law(
        (1.0, 2.0),
        1.0,
        4 * np.pi**2 / 3,
        lambda lib, t: t + lib.log_gamma(1 + 2 * t) + lib.log_gamma(1 - 2 * t),
        limits=(0.5, 0.5),
    ),
    "Gumbel": Law(
        (1.0, 2.0),
        1.0 + 2 * np.euler_gamma,
        4 * np.pi**2 / 6,
        lambda lib, t: t + lib.log_gamma(1 - 2 * t),
        limits=(np.inf, 0.5),
    ),
}
