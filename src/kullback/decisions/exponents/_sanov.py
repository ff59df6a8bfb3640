"""Sanov's exponent: how fast the chance dies that a sample looks like a set of laws."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import Figure, InputError
from kullback.decisions.exponents._types import SampleChance, sample_chance
from kullback.fitting.constraints import Tilted
from kullback.fitting.constraints._dual import InfeasibleError
from kullback.fitting.constraints._points import Floats, Points, points_of
from kullback.fitting.constraints._tilt import read_functions, tilt_points

_SENSES = ("at_least", "at_most", "equal")


@dataclass(frozen=True, eq=False, repr=False)
class SanovExponent(Figure):
    """inf D(p‖q) over the laws p that meet the constraints.

    Attributes:
        value: The exponent in nats per draw; inf where no law with finite divergence meets the constraints.
        tilted: The law that attains it, with its multipliers and certificate; None where the exponent is infinite.
        reason: Why the exponent is 0 or infinite; "" otherwise.
        constraints: In words.
        points: Points of q.
        table: Values of the statistics at them, one column for each constraint.
        targets: The bounds, one for each constraint.
        senses: "at_least", "at_most" or "equal", one for each constraint.
    """

    value: float
    tilted: Tilted | None
    reason: str
    constraints: tuple[str, ...]
    points: Points
    table: Floats
    targets: Floats
    senses: tuple[str, ...]

    @property
    def gap(self) -> float:
        """Duality gap in nats: the exponent is at least `value` - `gap`."""
        return 0.0 if self.tilted is None else self.tilted.gap

    def __str__(self) -> str:
        lines = [
            f"inf D(p‖q) = {self.value:.6g} nats ({self.bits:.6g} bits) per draw, over laws p with "
            + " and ".join(self.constraints)
        ]
        if self.reason:
            lines.append(f"  {self.reason}")
        if self.tilted is not None and self.value > 0:
            lines.append(
                f"  duality gap {self.gap:.1g} nats, multipliers {np.round(self.tilted.multipliers, 6).tolist()}"
            )
        return "\n".join(lines)

    def chance(self, n: int, /) -> SampleChance:
        """The exact chance that n draws from q meet the constraints, beside the bounds of Sanov's theorem.

        Args:
            n: Number of draws.

        Returns:
            The chance by enumeration of types, or by convolution for one constraint on a statistic of whole multiples.

        Raises:
            InputError: q is no finite law, or there are too many types.
        """
        return sample_chance(self.points, self.table, self.targets, self.senses, n, self.value)

    def plot(self) -> Any:
        """Draw q and the law that attains the exponent (needs matplotlib).

        Returns:
            A `matplotlib.figure.Figure`.

        Raises:
            InputError: The exponent is infinite: there is no such law.
        """
        if self.tilted is None:
            raise InputError(f"The exponent is infinite, so there is no law to draw: {self.reason}")
        return self.tilted.plot()


def sanov_exponent(
    law_or_probs: Any, /, statistic: Any = None, *, at_least: Any = None, at_most: Any = None, equal: Any = None
) -> SanovExponent:
    r"""The exponent of the chance that the empirical law of n draws from q has given averages.

    $$ P(\hat p_n \in E) \approx e^{-n \inf_{p ∈ E} D(p \,\|\, q)}, \qquad
       E = \{ p : E_p f_j \ge c_j \;(\le, =) \} $$

    It is the *least* divergence over the set, attained by a tilt of q; the divergence of the law that was observed is
    at least as large.

    Args:
        law_or_probs: q: probabilities of n outcomes, or one law on the line.
        statistic: f: values at the outcomes, shape ``(n,)`` or ``(k, n)``, or callables; the outcome itself (0, 1, …
            for probabilities) where left out.
        at_least: Lower bound of E f, one for each statistic, None in a list for no bound.
        at_most: Upper bound.
        equal: Value.

    Returns:
        The exponent, the law that attains it and `chance(n)`, the exact finite-n check.

    Raises:
        InputError: No constraint was given, shapes do not fit, or the tail of q is too heavy for the infimum to be
            attained.

    References:
        Sanov (1957), Matematicheskii Sbornik 42. Cover and Thomas (2006), Elements of Information Theory, theorem
        11.4.1 and section 11.5. Csiszár (1984), Annals of Probability 12.

    Example:
        >>> from kullback.decisions.exponents import sanov_exponent
        >>> found = sanov_exponent([1 / 6] * 6, statistic=[1, 2, 3, 4, 5, 6], at_least=5)
        >>> round(found.value, 6), round(found.chance(60).exponent_seen, 6)
        (0.424294, 0.465066)
    """
    points = points_of(law_or_probs)
    table = read_functions(_outcome if statistic is None else statistic, points.values)
    rows = _constraints(table.shape[1], at_least=at_least, at_most=at_most, equal=equal)
    columns = table[:, [j for j, _, _ in rows]]
    targets, senses = np.array([target for _, _, target in rows]), tuple(sense for _, sense, _ in rows)
    words = tuple(_words(table.shape[1], *row) for row in rows)
    tilted, reason, value = _solve(points, columns, targets, senses, _given(statistic, rows))
    return SanovExponent(value, tilted, reason, words, points, columns, targets, senses)


def _solve(
    points: Points, table: Floats, targets: Floats, senses: tuple[str, ...], given: Any
) -> tuple[Tilted | None, str, float]:
    try:
        tilted = tilt_points(points, table, targets, senses, given)
    except InfeasibleError as error:
        return None, str(error), np.inf
    if not tilted.multipliers.any():
        return tilted, "q itself meets the constraints: the chance does not die out", 0.0
    return tilted, "", tilted.value


def _outcome(x: Floats) -> Floats:
    return x


def _given(statistic: Any, rows: list[tuple[int, str, float]]) -> list[Callable[[Floats], Floats]] | None:
    """The callables, one for each constraint; None where the statistics came as numbers."""
    listed = [_outcome] if statistic is None else [statistic] if callable(statistic) else statistic
    if not all(map(callable, listed)):
        return None
    return [listed[j] for j, _, _ in rows]


def _constraints(count: int, **bounds: Any) -> list[tuple[int, str, float]]:
    """Statistic, sense and bound of every constraint."""
    rows = []
    for sense in _SENSES:
        if bounds[sense] is None:
            continue
        listed = [bounds[sense]] if np.ndim(np.asarray(bounds[sense], dtype=object)) == 0 else list(bounds[sense])
        if len(listed) != count:
            raise InputError(f"{sense} has {len(listed)} bounds for {count} statistics. One for each is needed.")
        rows += [(j, sense, _number(one, sense)) for j, one in enumerate(listed) if one is not None]
    if not rows:
        raise InputError("No constraint was given. Give at_least, at_most or equal.")
    return rows


def _number(value: Any, sense: str) -> float:
    if isinstance(value, str | bool) or not np.isfinite(float(value)):
        raise InputError(f"{sense} = {value!r} is no bound. A finite number is needed.")
    return float(value)


def _words(count: int, j: int, sense: str, target: float) -> str:
    name = f"f{j + 1}" if count > 1 else "f"
    return f"E {name} {({'at_least': '≥', 'at_most': '≤', 'equal': '='})[sense]} {target:.6g}"
