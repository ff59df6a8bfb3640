"""Modes of a target in many dimensions, by climbing from dispersed and tempered starts; with their Laplace masses."""

from dataclasses import dataclass
from math import log, pi

import numpy as np
from scipy.optimize import minimize

from kullback.fitting.projections._variational_target import Floats, LogDensity

_SCALES = (0.3, 1.0, 3.0, 10.0, 30.0)
# Two ends of climbs are one mode if they are closer than this in the spread of one of them, and as high.
_SAME, _AS_HIGH = 0.1, 1e-3
_STEP = 1e-4
_RESTARTS, _FLAT = 3, 1e-3
_HEATS, _CHAINS, _MOVES = (0.03, 0.1, 0.3), 24, 40
_MOST_MODES = 24


@dataclass(frozen=True, eq=False)
class Mode:
    """A mode of the target.

    Attributes:
        place: Shape ``(d,)``.
        height: Log density there, up to the constant of the target.
        covariance: Inverse of the curvature, shape ``(d, d)``; None where the target is not curved downward.
        log_mass: Laplace's log mass, up to the same constant; -inf without a covariance.
    """

    place: Floats
    height: float
    covariance: Floats | None
    log_mass: float


def find_modes(target: LogDensity, starts: Floats, rng: np.random.Generator, /) -> list[Mode]:
    """Climb from all starts, then from mirrored modes and from where heated chains went; heaviest first."""
    modes: list[Mode] = []
    for start in starts:
        _climb_and_keep(target, start, modes)
    if modes:
        for start in [*_mirrored(modes), *_heated(target, modes, rng)]:
            _climb_and_keep(target, start, modes)
    # Without curvature it is a saddle that a climb was caught at, unless there is nothing else.
    curved = [mode for mode in modes if mode.covariance is not None]
    return sorted(curved or modes, key=lambda mode: -mode.log_mass)


def dispersed(dimension: int, count: int, rng: np.random.Generator, /) -> Floats:
    """Next to the origin, which symmetry may make a saddle, and normal points of five scales around it."""
    scales = np.resize(np.array(_SCALES), max(count - 1, 0))
    points = scales[:, None] * rng.standard_normal((len(scales), dimension))
    return np.concatenate([1e-3 * rng.standard_normal((1, dimension)), points])


def climb(target: LogDensity, start: Floats, modes: list[Mode], /) -> tuple[Floats, float] | None:
    """The end of an ascent of the log density; None where it starts at zero density or does not end.

    Steps are taken in the coordinates of the first mode that has a covariance.
    """
    known = next((mode.covariance for mode in modes if mode.covariance is not None), None)
    factor = np.eye(len(start)) if known is None else np.linalg.cholesky(known)

    def loss(y: Floats) -> tuple[float, Floats]:
        values, slopes = target.slope((start + factor @ y)[None])
        return (-float(values[0]), -slopes[0] @ factor) if np.isfinite(values[0]) else (1e300, np.zeros_like(y))

    if not np.isfinite(target.values(start[None])[0]):
        return None
    options = {"maxiter": 500, "gtol": 1e-7, "ftol": 1e-13}
    found = minimize(loss, np.zeros(len(start)), jac=True, method="L-BFGS-B", options=options)
    for _ in range(_RESTARTS):  # an end of the support stops a line search short of the mode
        before, found = found, minimize(loss, found.x, jac=True, method="L-BFGS-B", options=options)
        if not found.fun < before.fun - 1e-9 * (1.0 + abs(before.fun)):
            break
    place = start + factor @ found.x
    ended = np.isfinite(found.fun) and found.fun < 1e299 and np.abs(place).max() < 1e8
    return (np.asarray(place), -float(found.fun)) if ended else None


def which_mode(place: Floats, height: float, modes: list[Mode], /) -> int | None:
    """The mode at which a climb ended."""
    for i, mode in enumerate(modes):
        if abs(mode.height - height) > _AS_HIGH * (1.0 + abs(height)):
            continue
        shift = place - mode.place
        spread = mode.covariance
        size = shift @ np.linalg.solve(spread, shift) if spread is not None else shift @ shift
        if size < _SAME**2 * len(shift):
            return i
    return None


def _climb_and_keep(target: LogDensity, start: Floats, modes: list[Mode]) -> None:
    end = climb(target, start, modes) if len(modes) < _MOST_MODES else None
    if end is None or which_mode(*end, modes) is not None:
        return
    place, height = end
    covariance = _inverse_curvature(target, place)
    if covariance is None:
        modes.append(Mode(place, height, None, -np.inf))
        return
    slope = target.slope(place[None])[1][0]
    if slope @ covariance @ slope > _FLAT:  # a Newton step would still gain
        return
    mass = height + 0.5 * len(place) * log(2.0 * pi) + 0.5 * float(np.linalg.slogdet(covariance)[1])
    modes.append(Mode(place, height, covariance, mass))


def _inverse_curvature(target: LogDensity, place: Floats) -> Floats | None:
    """By central differences of gradients, all of them in one call."""
    d = len(place)
    steps = _STEP * np.maximum(1.0, np.abs(place))
    moves = np.diag(steps)
    slopes = target.slope(np.concatenate([place + moves, place - moves]))[1]
    table = -(slopes[:d] - slopes[d:]) / (2.0 * steps[:, None])
    values, vectors = np.linalg.eigh(0.5 * (table + table.T))
    if not values[0] > 1e-9 * values[-1]:
        return None
    return np.asarray((vectors / values) @ vectors.T)


def _mirrored(modes: list[Mode]) -> Floats:
    """Points opposite to the first modes: with all signs turned, and with one."""
    points = []
    for mode in modes[:2]:
        largest = np.argsort(-np.abs(mode.place))[:4]
        signs = 1.0 - 2.0 * (largest[:, None] == np.arange(len(mode.place)))
        points += [-mode.place, *(signs * mode.place)]
    return np.array(points)


def _heated(target: LogDensity, modes: list[Mode], rng: np.random.Generator) -> Floats:
    """Ends of Langevin chains at three temperatures that start at the modes found so far.

    They only propose starts, so their steps need no correction; those that left the finite are dropped.
    """
    ends = []
    curved = [mode for mode in modes if mode.covariance is not None][:4]
    for mode, heat in ((mode, heat) for mode in curved for heat in _HEATS):
        factor = np.linalg.cholesky(mode.covariance if mode.covariance is not None else np.eye(len(mode.place)))
        x = mode.place + rng.standard_normal((_CHAINS // len(curved) + 1, len(mode.place))) @ factor.T
        step = 0.5 / heat**0.5
        for _ in range(_MOVES):
            white = np.clip(target.slope(x)[1] @ factor, -10.0, 10.0)
            noise = rng.standard_normal(x.shape)
            x = x + (0.5 * step**2 * heat * white + step * noise) @ factor.T
        ends.append(x[np.isfinite(target.values(x))])
    return np.concatenate(ends)[:: max(1, len(ends) // 2)] if ends else np.empty((0, len(modes[0].place)))
