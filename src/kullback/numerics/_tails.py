"""What lies beyond the last panel, where densities are powers of the distance to the end (or nothing at all)."""

from dataclasses import dataclass

import numpy as np

from kullback._core import exp_gap
from kullback.numerics._density import ROUNDING, Floats
from kullback.numerics._integrand import Integrand

_LEAST_DECAY = 1e-9
_LEAST_MASS = 1e-150


@dataclass(frozen=True, eq=False)
class End:
    """One end of the domain: x = origin + sign · exp(u), with u going outward to `stop` by steps of sign `outward`."""

    origin: float
    sign: float
    stop: float
    outward: float
    step: float


def beyond(integrand: Integrand, end: End, /) -> tuple[Floats, Floats]:
    """Integrals of all rows beyond an end and their errors, each of shape ``(rows,)``.

    Three points, `step` apart in the logarithm of the distance, tell the powers; two pairs of them tell how good.
    An infinite integral says that the function does not decay.
    """
    u = end.stop - end.outward * end.step * np.arange(3.0)
    x = end.origin + end.sign * np.exp(u)
    distance = np.abs(x - end.origin)
    outward = end.outward * np.log(distance)
    value, error = np.zeros(integrand.size), np.zeros(integrand.size)
    for tail in integrand.tails(x):
        law = _gap if tail.gap else _term
        part, off = law(tail.log_density + np.log(distance), tail.factor, outward)
        value[tail.row] += part
        error[tail.row] += off
    return value, np.where(np.isnan(value), np.inf, error)


def _term(log_mass: Floats, factor: Floats, outward: Floats) -> tuple[float, float]:
    """The integral of exp(log_mass) · factor over `outward` beyond its first entry."""
    mass, first = float(np.exp(log_mass[0])), float(factor[0])
    if mass == 0 or mass * abs(first) < 1e-280:
        return 0.0, 0.0
    if not (np.isfinite(log_mass).all() and np.isfinite(factor).all()):
        if np.isinf(first) and mass < _LEAST_MASS:
            return 0.0, 0.0  # a logarithm that ran out of range
        return (first, 0.0) if np.isinf(first) else (0.0, np.inf)
    near, far = _lines(log_mass, factor, outward)
    if min(near[0], far[0]) <= _LEAST_DECAY:  # no density: its mass would be infinite
        return 0.0, np.inf
    if abs(near[1] - far[1]) > 0.05 * abs(near[1]) + ROUNDING * abs(
        first
    ):  # a power of the distance, not its logarithm
        return _power(log_mass + np.log(np.abs(factor)), float(np.sign(first)), outward)
    value, other = (mass / decay * (first + rise / decay) for decay, rise in (near, far))
    size = mass / near[0] * (abs(first) + abs(near[1]) / near[0])
    return value, 2 * abs(value - other) + _noise(log_mass, outward, near[0]) * size


def _gap(log_mass: Floats, gap: Floats, outward: Floats) -> tuple[float, float]:
    """The integral of exp(log_mass) · exp_gap(gap) over `outward` beyond, never negative.

    For W exponential with rate `decay`, r = rise / decay and g for `exp_gap`, the expectation of g(gap + rise · W)
    is g(gap) + r (exp(gap) - 1 + r) / (1 - r).
    """
    mass, first = float(np.exp(log_mass[0])), float(gap[0])
    if mass == 0:
        return 0.0, 0.0
    near, far = _lines(log_mass, gap, outward)
    if min(near[0], far[0], near[0] - near[1], far[0] - far[1]) <= _LEAST_DECAY:
        return 0.0, np.inf
    gain, parts = float(np.expm1(first)), []
    for decay, rise in (near, far):
        r = rise / decay
        parts.append(mass / decay * (float(exp_gap(first)) + r * (gain + r) / (1.0 - r)))
    off, steep = _noise(log_mass, outward, near[0]), abs(near[1]) / (near[0] - near[1])
    slack = mass / near[0] * off * (abs(gain) + steep * (1.0 + abs(gain)) + off)
    return parts[0], 2 * abs(parts[0] - parts[1]) + off * parts[0] + slack


def _noise(log_mass: Floats, outward: Floats, decay: float) -> float:
    """The relative error of a tail that comes from the rounding of log densities."""
    largest = float(np.max(np.abs(log_mass) + np.abs(outward)))
    return ROUNDING * largest * (1.0 + 2.0 / (decay * abs(float(outward[0] - outward[1]))))


def _power(logs: Floats, sign: float, outward: Floats) -> tuple[float, float]:
    """The integral of sign · exp(logs) beyond, from its two slopes."""
    near, far = (-np.diff(logs) / np.diff(outward)).tolist()
    if near <= _LEAST_DECAY:
        return sign * np.inf, 0.0
    height = float(np.exp(logs[0]))
    off = abs(1.0 / near - 1.0 / far) if far > _LEAST_DECAY else 1.0 / near
    return sign * height / near, height * (4.0 * off + ROUNDING * np.abs(logs).max() / near)


def _lines(log_mass: Floats, factor: Floats, outward: Floats) -> list[tuple[float, float]]:
    """How fast the log mass falls and the factor rises, over the outer and over the inner pair of points."""
    run = np.diff(outward)
    falls, rises = -np.diff(log_mass) / run, np.diff(factor) / run
    return list(zip(falls.tolist(), rises.tolist(), strict=True))
