"""Laws that come from elsewhere: known by their log density only, or as a known law after a change of variable."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import Array, InputError
from kullback.families._family import FAMILIES, Family, Support
from kullback.families._law import Law


@dataclass(frozen=True, eq=False, repr=False)
class Opaque(Law):
    """A law on numbers of which only the log density, or log probability, can be asked.

    Args:
        log_density: NumPy array of points to NumPy array of log densities, -inf outside of the support.
        kind: "interval" for a density, "lattice" for whole numbers.
        low: Smallest value, may be -inf.
        high: Largest value, may be inf.
        points: Where it lives, as far as known: quantiles, modes, kinks.
        name: How messages call it.
        draw: Shape and NumPy generator to points, where it can be sampled.
    """

    log_density: Callable[[Array], Array]
    kind: str = "interval"
    low: float = -np.inf
    high: float = np.inf
    points: tuple[float, ...] = ()
    name: str = "law"
    draw: Callable[[tuple[int, ...], np.random.Generator], Array] | None = None

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False, repr=False)
class Transformed(Law):
    """The law of f(X): two of them with one f are as far apart as their X.

    Args:
        base: Law of X.
        key: What names the map f; two keys are equal only for the same map.
        outer: The law of f(X) itself, for pairs with other maps.
    """

    base: Law
    key: Any
    outer: Law

    def __repr__(self) -> str:
        return repr(self.outer)


@dataclass(frozen=True, eq=False, repr=False)
class Independent(Law):
    """Independent coordinates that were a batch: the last axes of the batch become one outcome.

    Args:
        base: A batch of laws.
        dimensions: How many of its last axes belong to one outcome.
    """

    base: Any
    dimensions: int

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What is left of the batch of the base."""
        whole = self.base.batch_shape if isinstance(self.base, Law) else ()
        return whole[: len(whole) - self.dimensions]

    def __repr__(self) -> str:
        return f"Independent({self.base!r}, {self.dimensions})"


def _draw(law: Opaque, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    if law.draw is None:
        raise InputError(f"{law.name} cannot be sampled: it has a log density alone. Give it a method that draws.")
    return law.draw(shape, rng)


FAMILIES[Opaque] = Family(
    support=lambda law: Support(law.kind, law.low, law.high),
    log_prob=lambda law, x: law.log_density(x),
    marks=lambda law: law.points,
    sample=_draw,
)
FAMILIES[Transformed] = Family(
    support=lambda law: FAMILIES[type(law.outer)].support(law.outer),
    parents=((Opaque, lambda law: law.outer),),
)
FAMILIES[Independent] = Family(support=lambda law: Support(f"{law.dimensions}-fold arrays"))
