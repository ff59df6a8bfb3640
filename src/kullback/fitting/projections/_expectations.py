"""Expectations under a target or a fit: by formula where the law knows it, else by quadrature."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kullback._core import InputError, numbers
from kullback.divergences._ladder import density
from kullback.families import FAMILIES, Law, Mixture, NoMoment, moment_of
from kullback.fitting.projections._hermite import Floats
from kullback.numerics import expectation, lattice_expectation

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Statistic:
    """A function of an outcome whose expectation is matched.

    Attributes:
        words: The function as a person writes it.
        function: Points to values.
        moment: Name and arguments of `moment_of`, where some laws know it by formula.
    """

    words: str
    function: Callable[[Floats], Floats]
    moment: tuple[Any, ...] | None = None


@dataclass(frozen=True, eq=False)
class Expectations:
    """Expectations under one law, remembered in the order in which they were asked for.

    Attributes:
        law: A law on the line.
        asked: Statistics with value, error and how they were found.
    """

    law: Law
    asked: list[tuple[Statistic, float, float, str]] = field(default_factory=list)

    def __call__(self, statistic: Statistic) -> float:
        """The expectation of a statistic.

        Raises:
            InputError: It is infinite or undefined: then no member of the family is nearest.
        """
        value, error, method = expectation_of(self.law, statistic)
        if not np.isfinite(value):
            raise InputError(
                f"E[{statistic.words}] under the target {self.law!r} is {value}. Forward projection matches it, so a "
                "finite one is needed: every member is infinitely far. Choose a family with heavier tails."
            )
        self.asked.append((statistic, value, error, method))
        return value


def expectation_of(law: Law, statistic: Statistic, /) -> tuple[float, float, str]:
    """Value, error and way of an expectation under a law on the line."""
    if statistic.moment is not None:
        try:
            value = _by_formula(law, statistic.moment)
        except NoMoment:
            value = np.nan
        if not np.isnan(value):
            return value, 8.0 * _EPS * abs(value), "formula"
    side = density(law)
    if side is None:
        raise InputError(f"E[{statistic.words}] under {law!r} has no formula and no quadrature here.")
    by = lattice_expectation if FAMILIES[type(law)].support(law).kind == "lattice" else expectation
    found = by(side, statistic.function)
    return found.value, found.error, found.method


def _by_formula(law: Law, moment: tuple[Any, ...]) -> float:
    name, *arguments = moment
    if isinstance(law, Mixture):
        weights = numbers(law.weights)
        parts = [(w, _by_formula(part, moment)) for w, part in zip(weights, law.components, strict=True) if w > 0]
        return float(sum(w * value for w, value in parts) / weights.sum())
    with np.errstate(all="ignore"):
        return float(moment_of(law)(name, *(np.asarray(argument, dtype=np.float64) for argument in arguments)))
