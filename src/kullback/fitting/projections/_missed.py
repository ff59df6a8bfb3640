"""How much of the target a fit leaves out, from the target itself and not from importance weights."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from kullback.divergences._ladder import density
from kullback.estimators._law_records import open_record
from kullback.estimators._options import Rng, generator
from kullback.families import FAMILIES, Law, MultivariateNormal, Normal
from kullback.fitting.projections._hermite import Floats
from kullback.fitting.projections._khat import khat
from kullback.fitting.projections._measure import open_log_prob
from kullback.fitting.projections._nodes import Nodes, line_modes, line_nodes, mass_between
from kullback.fitting.projections._record import MissedMass, StationaryPoint
from kullback.fitting.projections._target import Target, normal_moments

# The region of highest density that holds so much of the fit is where the fit is; missing more than this is a warning.
REACH = 0.999
MUCH = 0.05
_DRAWS = 20_000
_WEIGHTS = 40_000


def missed_mass(target: Target, law: Law, nodes: Nodes | None, rng: Rng, /) -> MissedMass | None:
    """Probability under the target of all that lies outside of the fit's region of highest density.

    Args:
        target: What was projected.
        law: The fit.
        nodes: Of a target in up to three dimensions.
        rng: For draws of a target in more.

    Returns:
        The share; None for a target that can neither be integrated nor drawn from.
    """
    outside = _outside(law, nodes)
    if nodes is not None:
        share, mass = 0.0, nodes.mass * outside(nodes.x)
        share = float(mass.sum() / nodes.mass.sum())
        center = mass @ nodes.x / mass.sum() if share > 0 else nodes.x[0]
        if isinstance(law, Normal) and target.kind == "interval":
            reach = float(special.ndtri(0.5 + 0.5 * REACH)) * float(law.scale)
            share = max(0.0, 1.0 - mass_between(target, float(law.loc) - reach, float(law.loc) + reach))
        return MissedMass(share, 0.0, center, REACH, _modes(target, nodes, outside))
    if target.draw is None:
        return None
    x = target.draw(_DRAWS, generator(rng))
    out = outside(x)
    share = float(out.mean())
    center = x[out].mean(axis=0) if out.any() else x[0]
    error = float(np.sqrt(share * (1.0 - share) / _DRAWS))
    return MissedMass(share, error, center, REACH, _modes(target, None, outside))


def _modes(target: Target, nodes: Nodes | None, outside: Callable[[Floats], Any]) -> tuple[Any, ...]:
    """Where the target has modes outside."""
    if target.parts is not None:
        order = np.argsort(-target.parts[0], kind="stable")
        return tuple(target.parts[1][order][outside(target.parts[1][order])])
    if nodes is None or nodes.x.ndim > 1:
        return ()
    places = np.array([place for place, _ in line_modes(nodes)])
    return tuple(places[outside(places)].tolist()) if len(places) else ()


def _outside(law: Any, nodes: Nodes | None) -> Callable[[Floats], Any]:
    """Points to whether they lie outside of the region."""
    if isinstance(law, MultivariateNormal):
        loc, covariance = normal_moments(law)
        factor = np.linalg.cholesky(covariance)
        limit = 2.0 * float(special.gammaincinv(0.5 * len(loc), REACH))
        return lambda x: (np.linalg.solve(factor, (x - loc).T) ** 2).sum(axis=0) > limit
    level = _level(law, nodes)
    log_prob = open_log_prob(law)
    return lambda x: log_prob(x) < level


def _level(law: Law, nodes: Nodes | None) -> float:
    """The log density above which a law on the line has that much of its mass."""
    side = density(law)
    if side is None or FAMILIES[type(law)].support(law).kind == "lattice":
        x = nodes.x if nodes is not None else np.arange(1000.0)
        logs = open_log_prob(law)(x)
        mass = np.exp(logs)
    else:
        found = line_nodes([side])
        logs, mass = found.log_p, found.mass
    order = np.argsort(-logs)
    place = int(np.searchsorted(np.cumsum(mass[order]), REACH))
    return float(logs[order[min(place, len(order) - 1)]])


def weights_khat(target: Target, law: Law, rng: Rng, /) -> float | None:
    """Shape of the tail of the weights target/law at draws of the law; None where it has none."""
    opened = open_record(law)
    if opened.draw is None:
        return None
    x = opened.draw(_WEIGHTS, generator(rng))
    logs = target.log_prob(x) - open_log_prob(law)(x)
    return None if not (logs > -np.inf).any() else khat(logs)


def warnings_for(missed: MissedMass | None, points: list[StationaryPoint], /) -> tuple[str, ...]:
    """Warnings where the target has much that the fit leaves out, and where a descent could end elsewhere."""
    found = []
    if missed is not None and missed.share > MUCH:
        found.append(f"{'missed mode' if missed.modes else 'too narrow'}: {missed}")
    minima = sum(point.kind == "minimum" for point in points)
    if minima > 1:
        found.append(f"{minima} local minima: a single descent ends in any of them")
    return tuple(found)
