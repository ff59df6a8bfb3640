"""From a start to the nearest optimum of the ELBO on fixed nodes: natural gradients, then L-BFGS; and its kind."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from kullback.fitting.projections._variational_shapes import LowRank, Shape, natural_step
from kullback.fitting.projections._variational_target import Floats, LogDensity

_NATURAL_STEPS, _SETTLED = 60, 1e-7
_ROUNDS = 3
# Steps of differences of gradients, and curvatures that are no rounding.
_STEP, _NEGATIVE = 1e-4, -1e-3
_LANCZOS = 16


@dataclass(frozen=True, eq=False)
class Ascent:
    """Where an ascent ended.

    Attributes:
        shape: The family, with the optimum as its base.
        elbo: On the nodes, in nats.
        gradient: Largest entry of the gradient in standardized coordinates.
        trace: The ELBO after every step.
        natural_steps: How many of them were natural-gradient steps.
    """

    shape: Shape
    elbo: float
    gradient: float
    trace: tuple[float, ...]
    natural_steps: int


def ascend(shape: Shape, target: LogDensity, nodes: Floats, /) -> Ascent:
    """Climb the ELBO on these nodes from the base of a family."""
    trace = [shape.elbo(target, nodes, np.zeros(shape.size))[0]]
    shape, natural = _by_natural_gradient(shape, target, nodes, trace)
    for _ in range(_ROUNDS):
        before = trace[-1]
        shape, gradient = _polish(shape, target, nodes, trace)
        if gradient < 1e-8 or trace[-1] - before < 1e-11 * (1.0 + abs(before)):
            break
    return Ascent(shape, trace[-1], gradient, tuple(trace), natural)


def _by_natural_gradient(shape: Shape, target: LogDensity, nodes: Floats, trace: list[float]) -> tuple[Shape, int]:
    if isinstance(shape, LowRank):
        return shape, 0
    for count in range(_NATURAL_STEPS):
        for share in 0.5 ** np.arange(8.0):
            tried = natural_step(shape, target, nodes, float(share))
            value = tried.elbo(target, nodes, np.zeros(tried.size))[0]
            if value > trace[-1]:
                break
        else:
            return shape, count
        shape = tried
        trace.append(value)
        if value - trace[-2] < _SETTLED * (1.0 + abs(value)):
            return shape, count + 1
    return shape, _NATURAL_STEPS


def _polish(shape: Shape, target: LogDensity, nodes: Floats, trace: list[float]) -> tuple[Shape, float]:
    def loss(free: Floats) -> tuple[float, Floats]:
        with np.errstate(over="ignore", invalid="ignore"):
            value, gradient = shape.elbo(target, nodes, free)
        return (-value, -gradient) if np.isfinite(value) else (1e300, np.zeros_like(free))

    def note(intermediate_result: object) -> None:
        trace.append(max(-float(getattr(intermediate_result, "fun", np.inf)), trace[-1]))

    options = {"maxiter": 500, "maxcor": 30, "gtol": 1e-9, "ftol": 1e-14, "maxfun": 800}
    found = minimize(loss, np.zeros(shape.size), jac=True, method="L-BFGS-B", callback=note, options=options)
    moved = shape.based(found.x)
    return moved, float(np.abs(moved.elbo(target, nodes, np.zeros(moved.size))[1]).max())


def downhill(shape: Shape, target: LogDensity, nodes: Floats, /) -> Floats | None:
    """A direction in which the ELBO curves upward at an optimum, so that it is a saddle; None at a maximum."""

    def curve(direction: Floats) -> Floats:
        size = float(np.linalg.norm(direction))
        unit = direction.ravel() * (_STEP / size)
        gap = shape.elbo(target, nodes, unit)[1] - shape.elbo(target, nodes, -unit)[1]
        return np.asarray(-gap * (size / (2.0 * _STEP)))

    values, vectors = _lowest(curve, shape.size)
    return vectors if values < _NEGATIVE else None


def _lowest(curve: Callable[[Floats], Floats], size: int) -> tuple[float, Floats]:
    """The lowest curvature by Lanczos' method, never below the true one, and its direction."""
    rows = [np.random.default_rng(0).standard_normal(size)]
    rows[0] /= np.linalg.norm(rows[0])
    images: list[Floats] = []
    for _ in range(min(size, _LANCZOS)):
        images.append(curve(rows[-1]))
        rest = images[-1].copy()
        for _ in range(2):  # once is not enough in floats
            rest -= np.array(rows).T @ (np.array(rows) @ rest)
        length = float(np.linalg.norm(rest))
        if length < 1e-6:
            break
        rows.append(rest / length)
    basis = np.array(rows[: len(images)])
    table = basis @ np.array(images).T
    values, vectors = np.linalg.eigh(0.5 * (table + table.T))
    return float(values[0]), np.asarray(basis.T @ vectors[:, 0])
