"""Both divergences of a target and a member of the family, exactly where that is possible."""

from typing import Any

import numpy as np

from kullback._core import InputError, numbers
from kullback.divergences._ladder import divergence_of_laws
from kullback.estimators._law_records import open_record
from kullback.estimators._monte_carlo import monte_carlo
from kullback.estimators._options import Rng
from kullback.families import Law, MultivariateNormal
from kullback.fitting.projections._hermite import grid
from kullback.fitting.projections._nodes import Nodes, target_nodes
from kullback.fitting.projections._record import Measured
from kullback.fitting.projections._target import Target, normal_moments

_EPS = float(np.finfo(np.float64).eps)
# Grids are fine enough where the next one moves the value by no more.
_AGREES = 1e-13
_MOST_NODES = 3_000_000


def measure(target: Target, law: Law, direction: str, nodes: Nodes | None, rng: Rng, /) -> Measured | None:
    """D(target‖law) forward, D(law‖target) reverse.

    Args:
        target: What is projected.
        law: The member.
        direction: "forward" or "reverse".
        nodes: Of a target in two or three dimensions.
        rng: For what can only be drawn.

    Returns:
        The divergence; None for D(target‖law) of a target that can neither be integrated nor drawn from.
    """
    if target.law is not None:
        try:
            return _exact(*((target.law, law) if direction == "forward" else (law, target.law)))
        except InputError:  # vectors without a formula
            if target.kind != "vectors":
                raise
    if direction == "forward" and nodes is not None:
        return _summed(target, law, nodes)
    if direction == "reverse" and isinstance(law, MultivariateNormal) and target.dimension <= 3:
        return _cubature(target, law)
    return _drawn(target, law, direction, rng)


def _exact(p: Law, q: Law) -> Measured:
    with np.errstate(all="ignore"):
        answer = divergence_of_laws(p, q)
    value = float(answer.value)
    error = 16.0 * _EPS * (1.0 + value) if answer.error is None else float(answer.error)
    return Measured(value, 0.0 if np.isinf(value) else error, answer.cause or answer.rung)


def _summed(target: Target, law: Law, nodes: Nodes) -> Measured:
    """D(target‖law) by grids that are refined until they agree."""
    log_q, last, change, value = open_log_prob(law), np.inf, np.inf, np.inf
    for refined in {2: (1.4, 1.0, 0.6, 0.4, 0.25, 0.15), 3: (1.3, 1.0, 0.75)}[target.dimension]:
        if refined < 1.0 and len(nodes.x) > _MOST_NODES * refined**target.dimension:
            break
        here = nodes if refined == 1.0 else target_nodes(target, refined)
        mass = here.mass
        kept = mass > 0
        value = float(mass[kept] @ (here.log_p[kept] - log_q(here.x[kept])))
        change, last = abs(value - last), value
        if change < _AGREES * (1.0 + abs(value)):
            break
    error = 2.0 * change + abs(float(mass.sum()) - 1.0) * (1.0 + abs(value)) + 1e-14 * (1.0 + abs(value))
    return Measured(max(value, 0.0), error, f"sum over a grid of {len(mass):,} points")


def _cubature(target: Target, law: MultivariateNormal) -> Measured:
    loc, covariance = normal_moments(law)
    factor = np.linalg.cholesky(covariance)
    log_q, last = open_log_prob(law), np.inf
    for step in {2: (0.16, 0.12, 0.08, 0.05, 0.03), 3: (0.32, 0.25, 0.18)}[target.dimension]:
        nodes, weights = grid(target.dimension, step)
        x = loc + nodes @ factor.T
        value = float(weights @ (log_q(x) - target.log_prob(x)))
        change, last = abs(value - last), value
        if change < _AGREES * (1.0 + abs(value)):
            break
    error = 2.0 * change + 1e-14 * (1.0 + abs(value))
    return Measured(max(value, 0.0), error, f"cubature with {len(nodes):,} points")


class _Side:
    """A target as an object with a log density and draws."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.event_shape = (target.dimension,)

    def log_prob(self, x: Any) -> Any:
        """Log densities of rows."""
        return self._target.log_prob(numbers(x))

    def sample(self, n: int, rng: np.random.Generator) -> Any:
        """Draws."""
        if self._target.draw is None:
            raise InputError(f"target = {self._target.name} cannot be drawn from.")
        return self._target.draw(n, rng)


def _drawn(target: Target, law: Law, direction: str, rng: Rng) -> Measured | None:
    if direction == "forward" and target.draw is None:
        return None
    side = _Side(target)
    found = monte_carlo(*((side, law) if direction == "forward" else (law, side)), rng=rng)
    return Measured(found.value, found.stderr, f"{found.n:,} draws, standard error")


def open_log_prob(law: Law, /) -> Any:
    """Log density of a record at points, in NumPy."""
    return open_record(law).log_prob
