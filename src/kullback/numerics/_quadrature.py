"""Divergences and expectations of laws with a density on the line."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from kullback._core import InputError
from kullback.numerics._adaptive import Totals, integrate
from kullback.numerics._density import Density, Floats, Numeric
from kullback.numerics._integrand import Integrand, divergence, mean
from kullback.numerics._panels import Panels
from kullback.numerics._plan import plan
from kullback.numerics._tails import beyond

_EPS = float(np.finfo(np.float64).eps)


def quadrature(
    p: Density,
    q: Density,
    /,
    *,
    tolerance: float = 1e-13,
    log_ratio: Callable[[Floats], Floats] | None = None,
) -> Numeric:
    r"""Divergence of two laws with densities, by adaptive quadrature of what is never negative.

    $$ D(p \,\|\, q) = \int \Bigl( p \log\frac pq - p + q \Bigr) \, dx $$

    Args:
        p: First law.
        q: Second law.
        tolerance: Relative error to aim at; what was reached is in the result.
        log_ratio: log q(x) - log p(x) where both are positive, to a few ulp of itself, so that nearly equal laws keep
            their digits; an error that does not depend on x counts only by its square. Not finite where unknown.

    Returns:
        The divergence in nats, `inf` where q is zero on a set that has mass under p or the tails of p are too heavy.

    Note:
        The error holds if the log densities are right to a few units in the last place of max(1, |log density|) and
        peaks that no mark points to are not lighter than 1e-9. Both laws are integrated too: one that does not sum to 1
        was not seen whole, or is no density.
    """
    return _solve(divergence(p, q, log_ratio), tolerance)


def expectation(p: Density, function: Callable[[Floats], Floats], /, *, tolerance: float = 1e-13) -> Numeric:
    """Expectation of a function under a law with a density.

    Args:
        p: The law.
        function: From an array of points inside the support to values, of the same shape; infinite values make the
            result infinite where they have mass.
        tolerance: Relative error to aim at; what was reached is in the result.

    Returns:
        The expectation, infinite where the tails of p are too heavy for it.

    Note:
        The function is taken to be right to a few units in the last place.
    """
    return _solve(mean(p, function), tolerance)


def _solve(integrand: Integrand, tolerance: float) -> Numeric:
    with np.errstate(all="ignore"):
        value, error = _slivers(integrand)
        parts = []
        for low, high in domains(integrand):
            panels, ends = plan(integrand.laws, low, high)
            parts.append(panels)
            for end in ends:
                rest, off = beyond(integrand, end)
                value, error = value + rest, error + off
        totals = integrate(integrand, Panels.join(*parts), Totals(value, error, 0), tolerance)
    return totals.numeric(f"adaptive Gauss-Kronrod quadrature, {totals.evaluations} points", sharp=integrand.sharp)


def _slivers(integrand: Integrand) -> tuple[Floats, Floats]:
    """What the last law has between two ends that are too close for panels, if it is alone there, and its error.

    Nearly equal supports differ by nothing else. Mass of the first law alone there is taken for rounding of its end.
    """
    value, error = np.zeros(integrand.size), np.zeros(integrand.size)
    *others, law = integrand.laws
    for a, b in pairwise(_ends(integrand)):
        if _apart(a, b) or not law.low <= a < b <= law.high or any(p.low <= a and b <= p.high for p in others):
            continue
        heights = np.exp(law.log_at(np.array([a, b])))
        value[[0, len(others) + 1]] += (b - a) * heights.mean()
        error[[0, len(others) + 1]] += (b - a) * np.ptp(heights)
    return value, error


def _ends(integrand: Integrand) -> list[float]:
    return sorted({float(end) for law in integrand.laws for end in (law.low, law.high)})


def _apart(a: float, b: float) -> bool:
    return bool(np.isinf(b - a) or b - a > 1e4 * _EPS * max(abs(a), abs(b)))


def domains(integrand: Integrand, /) -> list[tuple[float, float]]:
    """The line from the lowest end of a support to the highest, cut at every end between."""
    apart = [(a, b) for a, b in pairwise(_ends(integrand)) if _apart(a, b)]
    if not apart:
        raise InputError(
            f"The supports are {[(law.low, law.high) for law in integrand.laws]}. Intervals are needed. "
            "Sum over integer laws with `lattice_sum`."
        )
    return apart
