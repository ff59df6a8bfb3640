"""Divergences and expectations of integer laws: sums where they live, Euler-Maclaurin where they are wide."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from kullback.numerics._adaptive import Totals, height, integrate
from kullback.numerics._density import Density, Floats, Numeric
from kullback.numerics._integrand import Integrand, divergence, mean
from kullback.numerics._panels import Panels
from kullback.numerics._plan import bridge, outward, where
from kullback.numerics._tails import beyond

# What varies over less than a hundred integers has died away this far from all marks; what varies over more is smooth.
_WINDOW = 4096.0
_WHOLE = 131_072.0


def lattice_sum(
    p: Density,
    q: Density,
    /,
    *,
    tolerance: float = 1e-14,
    log_ratio: Callable[[Floats], Floats] | None = None,
) -> Numeric:
    r"""Divergence of two integer laws.

    $$ D(p \,\|\, q) = \sum_k \Bigl( p_k \log\frac{p_k}{q_k} - p_k + q_k \Bigr) $$

    Args:
        p: First law.
        q: Second law.
        tolerance: Relative error to aim at where the sum is too long; what was reached is in the result.
        log_ratio: log q(x) - log p(x) where both are positive, to a few ulp of itself, so that nearly equal laws keep
            their digits; an error that does not depend on x counts only by its square. Not finite where unknown.

    Returns:
        The divergence in nats, `inf` where q lacks an outcome of p or the tails of p are too heavy.

    Note:
        Supports of up to 131072 integers are summed whole, others within 4096 of every mark and of their ends; the rest
        by quadrature with the correction of Euler and Maclaurin, for which `log_prob` must be smooth between integers.
    """
    return _solve(divergence(p, q, log_ratio), tolerance)


def lattice_expectation(p: Density, function: Callable[[Floats], Floats], /, *, tolerance: float = 1e-14) -> Numeric:
    """Expectation of a function under an integer law, see `expectation`; the function must read real numbers too."""
    return _solve(mean(p, function), tolerance)


def _solve(integrand: Integrand, tolerance: float) -> Numeric:
    low, high = min(law.low for law in integrand.laws), max(law.high for law in integrand.laws)
    with np.errstate(all="ignore"):
        windows = _windows(integrand.laws, low, high)
        value, highest = _window_sum(integrand, windows)
        error = np.zeros(integrand.size)
        terms = int(sum(b - a + 1 for a, b in windows))
        method = f"sum over {terms} integers"
        if not np.isfinite(value[0]) or windows == [(low, high)]:
            return Totals(value, error, terms, highest).numeric(method, sharp=integrand.sharp)
        panels, rests = _between(integrand, windows, low, high)
        for rest, off in rests:
            value, error = value + rest, error + off
        totals = integrate(integrand, panels, Totals(value, error, terms, highest), tolerance)
    method += f", Euler-Maclaurin quadrature of the rest with {totals.evaluations - terms} points"
    return totals.numeric(method, sharp=integrand.sharp)


def _windows(laws: Sequence[Density], low: float, high: float) -> list[tuple[float, float]]:
    """Runs of integers, apart from each other, that hold every mark and every finite end."""
    if high - low <= _WHOLE:
        return [(low, high)]
    marks = {end for law in laws for end in (law.low, law.high) if np.isfinite(end)}
    marks |= {float(np.rint(mark)) for law in laws for mark in where(law, law.low - 0.5, law.high + 0.5)}
    merged: list[tuple[float, float]] = []
    for mark in sorted(marks):
        a, b = max(low, mark - _WINDOW), min(high, mark + _WINDOW)
        if merged and a <= merged[-1][1] + _WINDOW:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return merged


def _window_sum(integrand: Integrand, windows: list[tuple[float, float]]) -> tuple[Floats, float]:
    """The sum of all rows over the integers of the windows, and how high the first goes over a density."""
    total, highest = np.zeros(integrand.size), 0.0
    for a, b in windows:
        for start in np.arange(a, b + 1, _WHOLE):
            k = np.arange(start, min(start + _WHOLE, b + 1))
            rows = integrand.rows(k, np.zeros_like(k))
            total, highest = total + rows.sum(axis=1), max(highest, height(rows))
    return total, highest


def _between(
    integrand: Integrand, windows: list[tuple[float, float]], low: float, high: float
) -> tuple[Panels, list[tuple[Floats, Floats]]]:
    """Panels between and beyond the windows, and what must be added to their integrals to make them sums."""
    panels, rests = [], []
    for (_, b), (a, _) in pairwise(windows):
        panels.append(Panels.along(np.unique(bridge(b + 0.5, a - 0.5, _WINDOW, _WINDOW))))
        rests += [_correction(integrand, b + 0.5, 1.0), _correction(integrand, a - 0.5, -1.0)]
    for edge, limit, end, side in ((windows[0][0], low, -np.inf, -1.0), (windows[-1][1], high, np.inf, 1.0)):
        if edge != limit:  # then the limit is infinite, since finite ends lie in windows
            start = edge + 0.5 * side
            far, near, rest = outward(start, _WINDOW, end, side)
            panels += [Panels.along(np.sort(np.append(near, start))), far]
            rests += [_correction(integrand, start, side), beyond(integrand, rest)]
    return Panels.join(*panels), rests


def _correction(integrand: Integrand, edge: float, side: float) -> tuple[Floats, Floats]:
    """The sum beyond a half integer less the integral: f'/24 - 7 f'''/5760 by differences, and its last term."""
    k = edge + side * np.array([-1.5, -0.5, 0.5, 1.5])
    f = integrand.rows(k, np.zeros_like(k))
    first = (27.0 * (f[:, 2] - f[:, 1]) - (f[:, 3] - f[:, 0])) / 24.0
    third = f[:, 3] - 3.0 * f[:, 2] + 3.0 * f[:, 1] - f[:, 0]
    return first / 24.0 - 7.0 / 5760.0 * third, np.abs(third) / 500.0
