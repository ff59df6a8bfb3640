"""What a solver is asked and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kullback._core import InputError
from kullback.families import Law
from kullback.fitting.likelihood._sample import Sample


@dataclass(frozen=True, eq=False)
class Problem:
    """A family to fit.

    Attributes:
        kind: Family.
        sample: The data.
        fixed: Parameters that do not move, by name.
        start: A law to begin from, where the user gave one.
        options: What only some families ask for: components, rank, starts, rng.
    """

    kind: type[Law]
    sample: Sample
    fixed: Mapping[str, Any]
    start: Law | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Solution:
    """What maximizes the likelihood.

    Attributes:
        law: The law.
        method: How it was found.
        converged: Whether the solver came to rest.
        notes: What is to be known about it.
    """

    law: Law
    method: str
    converged: bool = True
    notes: tuple[str, ...] = ()


Solver = Callable[[Problem], Solution]


def no_maximum(kind: type[Law], why: str, advice: str, /) -> InputError:
    """The error of a sample for which the likelihood has no maximum.

    Args:
        kind: Family.
        why: What the likelihood does instead.
        advice: What to do.
    """
    return InputError(f"x has no {kind.__name__} law of greatest likelihood: {why}. {advice}")


SAME = "all values are the same, so the likelihood grows without bound as the law shrinks to that point"
VARY = "Give data that varies, or fit PointMass."
