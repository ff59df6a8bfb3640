"""Laws made of laws: mixtures, independent coordinates, a point, a Markov chain."""

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from kullback._core import Array, InputError, Namespace, is_concrete, namespace, not_negative, numbers, weights_gap
from kullback.families import _fisher, _fisher_matrix
from kullback.families import _generating as generating
from kullback.families import _likelihood as likelihood
from kullback.families._domains import REAL, WEIGHT_MATRIX, WEIGHTS, parameter
from kullback.families._family import FAMILIES, Family, NoMoment, Support, find, log_prob
from kullback.families._law import Law
from kullback.families._quotients import mixture


@dataclass(frozen=True, eq=False, repr=False)
class Mixture(Law):
    """A component is drawn by its weight, then a point from it.

    Args:
        weights: One number for each component, zero or larger; divided by their total.
        components: Laws on one space, records of `kullback.families` or objects of other libraries.
    """

    weights: Array = parameter(WEIGHTS)
    components: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.components, list | tuple):
            raise InputError(
                f"components = {self.components!r} is no list of laws. Give one law for each weight, "
                "components=[Normal(-3, 1), Normal(3, 1)]."
            )
        object.__setattr__(self, "components", tuple(self.components))
        super().__post_init__()

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """A weight for each component."""
        count = len(self.components)
        return [
            (
                count > 0 and self.weights.shape[-1] == count,
                f"weights must have one entry for each of {count} components.",
            ),
            (xp.sum(self.weights, axis=-1) > 0, "some weight must be positive."),
        ]

    def __repr__(self) -> str:
        return f"Mixture({_listed(self.weights)}, {list(self.components)!r})"


@dataclass(frozen=True, eq=False, repr=False)
class Product(Law):
    """Independent coordinates, each with its own law.

    Args:
        components: Laws, records of `kullback.families` or objects of other libraries.
    """

    components: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "components", tuple(self.components))
        if not self.components:
            raise InputError("Product got no components. It needs at least one law.")
        super().__post_init__()

    def __repr__(self) -> str:
        return f"Product({list(self.components)!r})"


@dataclass(frozen=True, eq=False, repr=False)
class PointMass(Law):
    """All mass at one point.

    Args:
        value: The point.
    """

    value: Array = parameter(REAL)


@dataclass(frozen=True, eq=False, repr=False)
class MarkovChain(Law):
    """A stationary Markov chain on finitely many states; its divergence is the rate per step.

    Args:
        transition: Matrices whose row i is the law of the next state after i; rows are divided by their totals.
    """

    transition: Array = parameter(WEIGHT_MATRIX)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """Square, and every row has mass."""
        rows, columns = self.transition.shape[-2:]
        if rows != columns:
            return [(False, f"transition must be square, not {rows} × {columns}.")]
        return [(xp.sum(self.transition, axis=-1) > 0, "every row of transition must have some mass.")]


def _listed(weights: Array) -> str:
    return repr(numbers(weights).tolist()) if is_concrete(weights) else "weights"


def stationary(transition: Array, /) -> Array:
    """The stationary law of a chain by the elimination of Grassmann, Taksar and Heyman, which subtracts nothing.

    Args:
        transition: Matrices of shape (..., n, n).

    Returns:
        Laws of shape (..., n), every entry right to a few ulp.

    References:
        Grassmann, Taksar and Heyman (1985), Operations Research 33.
    """
    xp = namespace(transition)
    rest = transition
    columns: list[Array] = []
    for last in range(transition.shape[-1] - 1, 0, -1):
        leave = xp.sum(rest[..., last, :last], axis=-1)
        into = rest[..., :last, last] / leave[..., None]
        columns.append(into)
        rest = rest[..., :last, :last] + into[..., :, None] * rest[..., last, :last][..., None, :]
    weights = xp.ones_like(transition[..., 0, :1])
    for into in reversed(columns):
        weights = xp.concat([weights, xp.sum(weights * into, axis=-1, keepdims=True)], axis=-1)
    return weights / xp.sum(weights, axis=-1, keepdims=True)


def _reachable(chain: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which states of one closed class remain; more than one class is an error."""
    size = chain.shape[-1]
    steps = (chain > 0) | np.eye(size, dtype=bool)
    for _ in range(size.bit_length()):
        steps = (steps.astype(int) @ steps.astype(int)) > 0
    recurrent = np.all(~steps | steps.T, axis=1)
    first = int(np.argmax(recurrent))
    if np.any(recurrent & ~steps[first]):
        raise InputError(
            "The Markov chain of p falls into classes that never meet, so it has many stationary laws. "
            "Give the class that it runs in."
        )
    return np.asarray(recurrent)


def _order(chain: Array) -> list[int]:
    """The states, the recurrent ones first: elimination must end in a class that is never left."""
    recurrent = _reachable(numbers(chain))
    return [*np.flatnonzero(recurrent).tolist(), *np.flatnonzero(~recurrent).tolist()]


def _rate(p: Any, q: Any) -> Array:
    xp = p.xp
    rows = weights_gap(p.transition, q.transition)
    weights = stationary_of(p)
    return not_negative(xp, xp.sum(xp.where(weights > 0, weights * xp.where(weights > 0, rows, 0.0), 0.0), axis=-1))


def stationary_of(law: Any) -> Array:
    """The stationary law of a Markov chain record, transient states included with weight 0."""
    xp = law.xp
    chain = law.transition / xp.sum(law.transition, axis=-1, keepdims=True)
    if chain.ndim > 2 or not is_concrete(chain):
        return stationary(chain)
    order = _order(chain)
    moved = chain[order, :][:, order] if xp is np else xp.stack([xp.stack([chain[i, j] for j in order]) for i in order])
    weights = stationary(moved)
    return xp.stack([weights[order.index(state)] for state in range(len(order))])


def _entropy_rate(law: Any) -> Array:
    xp = law.xp
    chain = law.transition / xp.sum(law.transition, axis=-1, keepdims=True)
    logarithm = xp.log(xp.where(chain > 0, chain, 1.0))
    return -xp.sum(stationary_of(law) * xp.sum(chain * logarithm, axis=-1), axis=-1)


def _chain_information(law: Any) -> Array:
    """Of the transitions, per step: that of each row, as often as the chain is there."""
    xp = law.xp
    often = stationary_of(law)
    rows = _fisher.in_weights(law, law.transition)
    blocks = [
        xp.where(often[..., i, None, None] > 0, often[..., i, None, None] * rows[..., i, :, :], 0.0)
        for i in range(law.transition.shape[-1])
    ]
    return _fisher_matrix.block_diagonal(xp, *blocks)


def _mixture_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    weights = law.weights / xp.sum(law.weights, axis=-1, keepdims=True)
    logs = xp.stack([xp.log(weights[..., i]) + log_prob(part, x) for i, part in enumerate(law.components)], axis=0)
    top = xp.max(logs, axis=0)
    calm = xp.where(xp.isfinite(top), top, 0.0)
    return calm + xp.log(xp.sum(xp.exp(logs - calm), axis=0))


def _hull(law: Any) -> Support:
    """The smallest interval that holds every component with weight."""
    supports = [FAMILIES[type(part)].support(part) for part in law.components]
    kinds = {support.kind for support in supports}
    if len(kinds) > 1:
        raise InputError(f"{law!r} mixes {' and '.join(sorted(kinds))}. Components need one space.")
    lows, highs = ([numbers(getattr(support, end)) for support in supports] for end in ("low", "high"))
    return Support(kinds.pop(), reduce(np.minimum, lows), reduce(np.maximum, highs))


def _mixture_marks(law: Any) -> tuple[float, ...]:
    marks: list[float] = []
    for part in law.components:
        found = find(part, "marks")
        marks.extend(found[1](found[0]) if found else ())
    return tuple(marks)


def _mixture_sample(law: Any, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    weights = numbers(law.weights) / numbers(law.weights).sum()
    which = rng.choice(len(law.components), size=shape, p=weights)
    draws = []
    for part in law.components:
        found = find(part, "sample")
        if found is None:
            raise InputError(f"{type(part).__name__} cannot be sampled.")
        draws.append(found[1](found[0], shape, rng))
    return np.choose(which, draws)


def _mixture_log_mgf(law: Any, t: Array) -> Array:
    xp = law.xp
    weights = xp.log(law.weights / xp.sum(law.weights, axis=-1, keepdims=True))
    logs = []
    for i, part in enumerate(law.components):
        found = find(part, "log_mgf")
        if found is None:
            raise NoMoment("log_mgf")
        logs.append(weights[..., i] + found[1](found[0], t))
    return reduce(xp.logaddexp, logs)


FAMILIES[Mixture] = Family(
    support=_hull,
    log_prob=_mixture_log_prob,
    marks=_mixture_marks,
    sample=_mixture_sample,
    log_quotient=mixture,
    log_mgf=_mixture_log_mgf,
)
FAMILIES[Product] = Family(support=lambda law: Support(f"{len(law.components)} coordinates"))
FAMILIES[PointMass] = Family(
    support=lambda law: Support("point", law.value, law.value),
    same=lambda p, q: p.xp.where(p.value == q.value, 0.0, p.xp.inf),
    entropy=lambda law: 0.0 * law.value,
    fisher=lambda law: _fisher.diagonal(law, np.inf),
    sample=lambda law, shape, rng: np.broadcast_to(law.value, shape),
    fit=likelihood.point,
    log_mgf=generating.point_mass,
)
FAMILIES[MarkovChain] = Family(
    support=lambda law: Support(f"paths over {law.transition.shape[-1]} states"),
    same=_rate,
    entropy=_entropy_rate,
    fisher=_chain_information,
    fit=likelihood.markov_chain,
)
