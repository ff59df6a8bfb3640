"""From the modes of a target to all stationary points of the ELBO."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import logsumexp

from kullback.fitting.projections._elbo import factor_of
from kullback.fitting.projections._variational_modes import Mode, climb, which_mode
from kullback.fitting.projections._variational_optimize import Ascent, ascend, downhill
from kullback.fitting.projections._variational_record import VariationalOptimum
from kullback.fitting.projections._variational_shapes import Shape, shape_around
from kullback.fitting.projections._variational_target import Floats, LogDensity

_MOST_ASCENTS, _CLIMBS = 8, 12
# Modes with a smaller share of the mass are nothing to start from.
_LEAST_SHARE = 1e-8


@dataclass(frozen=True, eq=False)
class Search:
    """What every ascent needs.

    Attributes:
        target: The log density.
        nodes: Fixed nodes that stand for a standard normal law.
        covariance: "full", "diagonal" or "low_rank".
        rank: Of "low_rank".
        rng: For draws.
    """

    target: LogDensity
    nodes: Floats
    covariance: str
    rank: int
    rng: np.random.Generator


def find_optima(search: Search, modes: list[Mode], /) -> list[VariationalOptimum]:
    """All stationary points that ascents from the modes, and from one broad law, end at."""
    waiting = [_around(search, *one) for one in _first_laws(modes, search.target.dimension)]
    found: list[VariationalOptimum] = []
    while waiting and len(found) < 2 * _MOST_ASCENTS:
        end = ascend(waiting.pop(0), search.target, search.nodes)
        if not np.isfinite(end.elbo):
            continue
        known = _find(found, end)
        if known is not None:
            found[known] = replace(found[known], starts=found[known].starts + 1)
            continue
        way = downhill(end.shape, search.target, search.nodes)
        if way is not None:
            waiting += [end.shape.based(side * 0.5 * way) for side in (1.0, -1.0)]
        found.append(_optimum(search, end, modes, saddle=way is not None))
    return sorted(found, key=lambda one: (one.kind == "saddle", -one.elbo))


def _around(search: Search, mean: Floats, spread: Floats) -> Shape:
    return shape_around(search.covariance, mean, spread, search.rank)


def _first_laws(modes: list[Mode], dimension: int) -> list[tuple[Floats, Floats]]:
    """Laplace's law at each of the heaviest modes, and the one with the moments of them all."""
    curved = [mode for mode in modes if mode.covariance is not None]
    if not curved:
        return [(modes[0].place, np.eye(dimension))]
    shares = shares_of(curved)
    kept = [(share, mode) for share, mode in zip(shares, curved, strict=True) if share > _LEAST_SHARE]
    laws = [(mode.place, np.asarray(mode.covariance)) for _, mode in kept[:_MOST_ASCENTS]]
    if len(kept) > 1:
        weights = np.array([share for share, _ in kept])
        weights = weights / weights.sum()
        places = np.stack([mode.place for _, mode in kept])
        mean = weights @ places
        spread = sum(w * np.asarray(mode.covariance) for w, (_, mode) in zip(weights, kept, strict=True))
        laws.append((mean, spread + (weights[:, None] * (places - mean)).T @ (places - mean)))
    return laws


def shares_of(modes: list[Mode], /) -> Floats:
    """Laplace masses as shares of their sum; equal ones where no mode is curved."""
    logs = np.array([mode.log_mass for mode in modes])
    if not np.isfinite(logs).any():
        return np.full(len(modes), 1.0 / len(modes))
    return np.asarray(np.exp(logs - logsumexp(logs)))


def _find(found: list[VariationalOptimum], end: Ascent) -> int | None:
    """The same stationary point among those that are known."""
    law = end.shape.law(np.zeros(end.shape.size))
    for i, one in enumerate(found):
        if abs(one.elbo - end.elbo) > 1e-5 * (1.0 + abs(end.elbo)):
            continue
        factor = factor_of(one.law)
        moved = np.linalg.solve(factor, np.asarray(law.loc) - np.asarray(one.law.loc))
        if np.linalg.norm(moved) < 0.02 * np.sqrt(len(moved)):
            return i
    return None


def _optimum(search: Search, end: Ascent, modes: list[Mode], *, saddle: bool) -> VariationalOptimum:
    law = end.shape.law(np.zeros(end.shape.size))
    return VariationalOptimum(
        law,
        end.elbo,
        "saddle" if saddle else "maximum",
        end.gradient,
        1,
        _reached(search, law, modes),
        end.trace,
        end.natural_steps,
    )


def _reached(search: Search, law: Any, modes: list[Mode]) -> tuple[int, ...]:
    """The modes that draws of a law climb to."""
    draws = draws_of(law, _CLIMBS, search.rng)
    ends = [climb(search.target, start, modes) for start in draws]
    return tuple(sorted({i for end in ends if end is not None and (i := which_mode(*end, modes)) is not None}))


def draws_of(law: Any, count: int, rng: np.random.Generator, /) -> Floats:
    """Draws of a normal record."""
    noise = rng.standard_normal((count, np.asarray(law.loc).shape[0]))
    return np.asarray(np.asarray(law.loc) + noise @ factor_of(law).T)
