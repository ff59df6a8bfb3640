"""What the labels of several points tell together, label configuration by label configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import relative_gap

Floats = NDArray[np.float64]

# Entries of an array that are held at a time.
_BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class Configurations:
    """Labels that the points chosen so far may get.

    Attributes:
        log_likelihood: What each member gives to each configuration, shape ``(configurations, members)``.
        shares: Probability of each configuration, or equal ones where they were drawn.
        drawn: The member that each was drawn from; None where all are there.
    """

    log_likelihood: Floats
    shares: Floats
    drawn: NDArray[np.int64] | None = None

    @property
    def posterior(self) -> Floats:
        """The weight of each member given each configuration, shape ``(configurations, members)``."""
        top = self.log_likelihood.max(axis=1, keepdims=True)
        weights: Floats = np.exp(self.log_likelihood - np.where(np.isfinite(top), top, 0.0))
        total: Floats = np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        return np.asarray(weights / total)


@dataclass(frozen=True, eq=False)
class Information:
    """What the labels of points tell about the members, in nats.

    Attributes:
        joint: After the first, the first two, ... of the points.
        stderr: Standard error of each; 0 where every configuration was counted.
    """

    joint: Floats
    stderr: Floats


def no_labels(members: int, /) -> Configurations:
    """The one configuration of no points."""
    return Configurations(np.zeros((1, members)), np.ones(1))


def extended(state: Configurations, point: Floats, most: int, rng: np.random.Generator, /) -> Configurations | None:
    """The configurations with the label of another point; None where there are more than `most` of them.

    Args:
        state: Those so far.
        point: What the members predict for the point, shape ``(members, classes)``.
        most: Configurations to count at most.
        rng: Source of the draws, where configurations are drawn.
    """
    with np.errstate(divide="ignore"):
        logs = np.log(point.T)
    if state.drawn is not None:
        chances = np.cumsum(point[state.drawn], axis=1)
        labels = (rng.random((len(chances), 1)) * chances[:, -1:] >= chances).sum(axis=1)
        return Configurations(state.log_likelihood + logs[labels], state.shares, state.drawn)
    if len(state.shares) * len(logs) > most:
        return None
    joined = (state.log_likelihood[:, None, :] + logs[None]).reshape(-1, point.shape[0])
    shares = np.exp(joined).mean(axis=1)
    return Configurations(joined[shares > 0], shares[shares > 0])


def drawn_configurations(points: Floats, draws: int, rng: np.random.Generator, /) -> Configurations:
    """Configurations of several points, each drawn from a member drawn at random.

    Args:
        points: Predictions of shape ``(members, points, classes)``.
        draws: How many.
        rng: Source of the draws.
    """
    members = points.shape[0]
    # As many of each member as possible: that chance is taken out.
    drawn = rng.permutation(np.arange(draws) % members)
    state = Configurations(np.zeros((draws, members)), np.full(draws, 1.0 / draws), drawn)
    for place in range(points.shape[1]):
        state = extended(state, points[:, place], 0, rng) or state
    return state


def expected_gains(state: Configurations, pool: Floats, noise: Floats, /) -> Floats:
    """What the label of each point of a pool would add, as the fall of the entropy, shape ``(points,)``.

    Args:
        state: Configurations of the points chosen so far.
        pool: Predictions of shape ``(members, points, classes)``.
        noise: Mean entropy of what the members predict for each point.
    """
    posterior, classes = state.posterior, pool.shape[2]
    gains = np.empty(pool.shape[1])
    block = max(1, _BLOCK // (len(posterior) * classes))
    for start in range(0, len(gains), block):
        part = pool[:, start : start + block]
        mixed = (posterior @ part.reshape(len(part), -1)).reshape(len(posterior), -1, classes)
        gains[start : start + block] = state.shares @ entropies(mixed) - noise[start : start + block]
    return gains


def entropies(shares: Floats, /) -> Floats:
    """Entropies along the last axis in nats."""
    logs = np.log(np.where(shares > 0, shares, 1.0))
    return np.asarray(-(shares * logs).sum(axis=-1))


def added(state: Configurations, point: Floats, /) -> Floats:
    """What the label of one point tells about the members under each configuration: a mean divergence, not negative.

    Args:
        state: Configurations of the points before it.
        point: What the members predict for it, shape ``(members, classes)``.
    """
    posterior = state.posterior
    mixed = posterior @ point
    found = np.empty(len(posterior))
    block = max(1, _BLOCK // point.size)
    for start in range(0, len(found), block):
        part, weights = mixed[start : start + block, None, :], posterior[start : start + block]
        # A mixture below the smallest float belongs to a member whose weight is as small.
        gaps = np.where(part > 0, relative_gap(point[None], np.where(part > 0, part, 1.0)), 0.0).sum(axis=-1)
        found[start : start + block] = (weights * gaps).sum(axis=1)
    return found


def information_of(points: Floats, most: int, rng: np.random.Generator, /) -> Information:
    """What the labels of some points tell about the members, after each of them.

    Args:
        points: Predictions of shape ``(members, points, classes)``.
        most: Configurations to count at most; so many are drawn where there are more.
        rng: Source of the draws.
    """
    members, size, _ = points.shape
    gains, spread = np.zeros(size), np.zeros(size)
    state = no_labels(members)
    totals: Any = 0.0
    for place in range(size):
        terms = added(state, points[:, place])
        gains[place] = state.shares @ terms
        if state.drawn is not None:
            totals = totals + terms
            spread[place] = float(np.std(totals, ddof=1)) / np.sqrt(len(terms))
        if place + 1 < size:
            found = extended(state, points[:, place], most, rng)
            state = drawn_configurations(points[:, : place + 1], max(most, 2), rng) if found is None else found
    return Information(np.cumsum(gains), spread)


def chosen(pool: Floats, size: int, most: int, rng: np.random.Generator, /) -> list[int]:
    """Points chosen one after the other, each for what it adds to those before it.

    Args:
        pool: Predictions of shape ``(members, points, classes)``.
        size: How many.
        most: Configurations to count or draw.
        rng: Source of the draws.
    """
    noise = entropies(pool).mean(axis=0)
    state, places = no_labels(len(pool)), list[int]()
    for _ in range(size):
        gains = expected_gains(state, pool, noise)
        gains[places] = -np.inf
        places.append(int(np.argmax(gains)))
        if len(places) < size:
            found = extended(state, pool[:, places[-1]], most, rng)
            state = drawn_configurations(pool[:, _listed(places)], max(most, 2), rng) if found is None else found
    return places


def _listed(places: Sequence[int]) -> NDArray[np.int64]:
    return np.asarray(places, dtype=np.int64)
