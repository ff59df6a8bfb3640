"""The one table: what the library knows about each family of laws."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from kullback._core import Array, InputError, is_concrete
from kullback.families._law import Law

Moment = Callable[..., Array]
"""Expectations under p by name, for the cross-entropy of q: `moment("second", center, unit)`; raises `NoMoment`."""


class NoMoment(Exception):  # noqa: N818 - a signal between floors, not an error of the user
    """The expectation that was asked for has no closed form."""


@dataclass(frozen=True, eq=False)
class Support:
    """Where a law can put mass.

    Attributes:
        kind: "interval" and "lattice" of numbers, or the name of another set; different kinds never share mass,
            except that sets are compared by `low` and `high` only where those are given.
        low: Smallest value, an array of the batch shape.
        high: Largest value.
    """

    kind: str
    low: Array | float = -np.inf
    high: Array | float = np.inf


@dataclass(frozen=True, eq=False)
class Family:
    """A row of the table. What is None is taken from the parent, or does not exist in closed form.

    All functions take records with arrays of one namespace. Quantities with a unit are taken relative to `unit(law)`,
    so that laws at scale 1e±300 lose nothing.

    Attributes:
        support: Law to its support.
        same: Two laws of this family to their divergence in nats; NaN in entries that have no formula.
        log_prob: Law and points to log densities or log probabilities, -inf outside of the support.
        unit: Law to its scale; left out where the law has none.
        entropy: Law to its (differential) entropy in nats, less the logarithm of its unit.
        moments: Name to expectation, see `Moment`.
        cross_entropy: Law q and the moments of p to -E_p log q, plus the logarithm of q's unit.
        parents: Families that contain this one, nearest first, each with the function that goes there; None from it
            says that this law is not among them.
        marks: One law (numbers, not arrays) to points where it lives: quantiles, modes, kinks; for numerics.
        sample: Law, shape and NumPy generator to points.
        log_prob_of_log: Law X on (0, 1) and points to the log density of Y = -log X, which is as dense in floats
            where X is near 1 as where it is near 0.
        log_quotient: Two laws of this family and points to log q(x) - log p(x), right to the last digits where the
            two laws nearly agree and NaN where it knows nothing better; points are those of Y in families that have
            `log_prob_of_log`.
        fisher: Law to its Fisher information, of shape ``(*batch, k, k)``, in nats per squared unit of the parameters.
            The k rows are the real parameters in the order of the record: vectors entry by entry, covariances and
            triangular factors by their lower triangle row after row; whole numbers and limits of a truncated law do not
            move. Infinite where the support moves with a parameter, or one is on the edge of its domain.
        log_mgf: Law on numbers and points t to log E exp(t X), infinite where that is.
        fit: Points and weights that add up to their effective number to the parameters of greatest likelihood, by
            name, in closed form; None from it says that these points have none.
    """

    support: Callable[[Any], Support]
    same: Callable[[Any, Any], Array] | None = None
    log_prob: Callable[[Any, Array], Array] | None = None
    unit: Callable[[Any], Array] | None = None
    entropy: Callable[[Any], Array] | None = None
    moments: Mapping[str, Callable[..., Array]] = field(default_factory=dict)
    cross_entropy: Callable[[Any, Moment], Array] | None = None
    parents: tuple[tuple[type[Law], Callable[[Any], Law | None]], ...] = ()
    marks: Callable[[Any], tuple[float, ...]] | None = None
    sample: Callable[[Any, tuple[int, ...], np.random.Generator], Any] | None = None
    log_prob_of_log: Callable[[Any, Array], Array] | None = None
    log_quotient: Callable[[Any, Any, Array], Array] | None = None
    fisher: Callable[[Any], Array] | None = None
    log_mgf: Callable[[Any, Array], Array] | None = None
    fit: Callable[[Any, Any], Mapping[str, Any] | None] | None = None


FAMILIES: dict[type[Law], Family] = {}


def family_of(law: Law, /) -> Family:
    """The row of a law's family."""
    return FAMILIES[type(law)]


def find(law: Law, name: str, /) -> tuple[Law, Any] | None:
    """A field of the table for a law: its own, or that of the nearest family that contains it and has the field.

    Args:
        law: The law.
        name: Of a field of `Family`.

    Returns:
        The law as a member of that family, and the field; None where there is none.
    """
    for kind, lifted in _line(law).items():
        value = getattr(FAMILIES[kind], name)
        if value is not None:
            return lifted, value
    return None


def lift_together(p: Law, q: Law, /, *, among: Container[type[Law]] | None = None) -> tuple[Law, Law] | None:
    """The two laws as members of the nearest family (among some) that contains both; None where there is none."""
    p_line, q_line = _line(p), _line(q)
    for kind, lifted in p_line.items():
        if kind in q_line and (among is None or kind in among):
            return lifted, q_line[kind]
    return None


def _line(law: Law) -> dict[type[Law], Law]:
    """The law as a member of its family and of all that contain it, nearest first."""
    line: dict[type[Law], Law] = {type(law): law}
    level = [law]
    while level:
        above = [
            (parent, lifted)
            for here in level
            for parent, lift in family_of(here).parents
            if parent not in line and (lifted := lift(here)) is not None
        ]
        for parent, lifted in above:
            line.setdefault(parent, lifted)
        level = [lifted for _, lifted in above]
    return line


def moment_of(law: Law, /) -> Moment:
    """The expectations of a law by name, its own first, then those of the families that contain it."""

    def moment(name: str, *arguments: Array) -> Array:
        if name == "power" and "first" in family_of(law).moments and _is_one(arguments[1]):
            # The mean is written out, a power goes through three logarithms of Γ.
            return moment("first", 0.0 * arguments[0], arguments[0])
        function = _moment(law, name)
        if function is None:
            raise NoMoment(name)
        return function(*arguments)

    return moment


def _is_one(power: Array) -> bool:
    return is_concrete(power) and bool((power == 1).all())


def _moment(law: Law, name: str) -> Callable[..., Array] | None:
    for kind, lifted in _line(law).items():
        function = FAMILIES[kind].moments.get(name)
        if function is not None:
            return partial(function, lifted)
    return None


def log_prob(law: Law, x: Array, /) -> Array:
    """Log density or log probability of a law at points that broadcast against its batch."""
    found = find(law, "log_prob")
    if found is None:
        raise InputError(f"{type(law).__name__} has no log density in closed form.")
    return found[1](found[0], x)
