"""The law closest to q under constraints on expectations: an exponential tilt of q."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from kullback._core import Figure, InputError
from kullback.fitting.constraints._dual import (
    Dual,
    explain_infeasible,
    minimize_dual,
    missed,
    refuse,
    tilted_divergence,
)
from kullback.fitting.constraints._points import Floats, Points, floats_of, points_of

Sense = Literal["equal", "at_least", "at_most"]
_SIGNS = {"equal": 0.0, "at_least": 1.0, "at_most": -1.0}
_WORDS = {"equal": "=", "at_least": "≥", "at_most": "≤"}


_RUNAWAY = (
    "The tilted law has no finite normalizer: its mass runs away into the tail of q. No law attains the least "
    "divergence. Use functions that grow slower than -log q, or targets on the other side."
)


@dataclass(frozen=True, eq=False, repr=False)
class Tilted(Figure):
    r"""The law p* of least D(p‖q) under the constraints, with what proves it.

    Attributes:
        value: D(p*‖q) in nats.
        points: Outcomes, or the nodes that stand for a density, shape ``(n,)``.
        probs: Probabilities of p* on them, shape ``(n,)``.
        base: Those of q.
        multipliers: λ of $p^* \propto q\, e^{λ·f}$, one for each constraint, in nats per unit of its function.
        log_normalizer: $\log E_q e^{λ·f}$.
        expectations: E f under p*, one for each constraint.
        targets: The values asked for.
        senses: "equal", "at_least" or "at_most", one for each constraint.
        gap: D(p*‖q) less the dual value, in nats: no law that meets the constraints is closer than `value` - `gap`.
        steps: Newton steps taken.
        notes: What to know: constraints at the edge of what is possible, constraints that say the same twice.
        log_prob: Log probability or log density of p* at any points, where q has one; None for plain probabilities.
    """

    value: float
    points: Floats
    probs: Floats
    base: Floats
    multipliers: Floats
    log_normalizer: float
    expectations: Floats
    targets: Floats
    senses: tuple[str, ...]
    gap: float
    steps: int
    notes: tuple[str, ...] = ()
    log_prob: Callable[[Floats], Floats] | None = None

    @property
    def residuals(self) -> Floats:
        """E f - c under p*."""
        return self.expectations - self.targets

    def __str__(self) -> str:
        lines = [f"D(p*‖q) = {self.value:.6g} nats ({self.bits:.6g} bits), duality gap {self.gap:.1g} nats"]
        rows = zip(self.expectations, self.senses, self.targets, self.multipliers, strict=True)
        lines += [f"  E f{i} = {e:.6g} ({_WORDS[s]} {c:.6g}), λ{i} = {m:.6g}" for i, (e, s, c, m) in enumerate(rows, 1)]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def plot(self) -> Any:
        """Draw q and p* (needs matplotlib).

        Returns:
            A `matplotlib.figure.Figure`.
        """
        from kullback.fitting.constraints._tilt_picture import draw  # noqa: PLC0415 - matplotlib is an extra

        return draw(self)


def tilt(
    law_or_probs: Any,
    functions: Any,
    values: Any,
    /,
    *,
    sense: Sense | Sequence[Sense] = "equal",
    normalize: bool = False,
) -> Tilted:
    r"""The I-projection of q onto moment constraints.

    $$ p^* = \arg\min_p \{ D(p \,\|\, q) : E_p f_j = c_j \}, \qquad p^* \propto q\, e^{λ·f} $$

    For every law r that meets the equality constraints D(r‖q) = D(r‖p*) + D(p*‖q).

    Args:
        law_or_probs: q: probabilities of n outcomes, or one law on the line (a record or an object of another library).
        functions: f. For probabilities an array of shape ``(n,)`` or ``(k, n)``: each function's value at the outcomes.
            Callables of NumPy arrays of points, one or a list, work for both; points of probabilities are 0, 1, ….
        values: c, a number or k of them.
        sense: Whether E f is to be "equal" to c, "at_least" c or "at_most" c; one word for all, or one for each.
        normalize: Divide probabilities by their total.

    Returns:
        The closest law, its multipliers and the certificate.

    Raises:
        InputError: No law with finite divergence meets the constraints (the message names which), the normalizer of the
            tilted law would be infinite, or shapes do not fit.

    Note:
        Newton's method on the convex dual; residuals of a few ulp of the functions' size. Constraints that repeat each
        other are fine: the multipliers are then those of least norm. A density is tilted on Gauss-Legendre nodes laid
        out so that every tilt is resolved.

    References:
        Csiszár (1975), Annals of Probability 3, theorem 3.1. Cover and Thomas (2006), Elements of Information Theory,
        theorem 11.6.1.

    Example:
        >>> from kullback.fitting.constraints import tilt
        >>> die = [1 / 6] * 6
        >>> loaded = tilt(die, [1, 2, 3, 4, 5, 6], 4.5)
        >>> round(loaded.value, 6), round(float(loaded.multipliers[0]), 6)
        (0.178178, 0.371049)
    """
    q = floats_of(law_or_probs, "q") if normalize else law_or_probs
    points = points_of(q / q.sum() if normalize else q)
    table = read_functions(functions, points.values)
    targets = read_targets(values, table.shape[1])
    return tilt_points(points, table, targets, read_senses(sense, table.shape[1]), functions)


def read_functions(functions: Any, points: Floats, /) -> Floats:
    """Values of the functions at the points, shape ``(n, k)``."""
    several = isinstance(functions, list | tuple) and len(functions) > 0 and all(map(callable, functions))
    if callable(functions) or several:
        listed = functions if several else [functions]
        columns = [np.broadcast_to(np.asarray(one(points), dtype=np.float64), points.shape) for one in listed]
        table = np.stack(columns, axis=1)
    else:
        rows = np.atleast_2d(floats_of(functions, "functions"))
        if rows.ndim != 2 or rows.shape[1] != len(points) or not len(rows):
            raise InputError(
                f"functions has shape {np.shape(functions)}. Shape (n,) or (k, n) with n = {len(points)} outcomes is "
                "needed, or callables."
            )
        table = rows.T
    if not np.isfinite(table).all():
        raise InputError("functions holds a value that is not finite. Finite values are needed at every outcome.")
    return np.array(table)


def read_targets(values: Any, count: int, /) -> Floats:
    """One finite target for each function."""
    targets = np.atleast_1d(floats_of(values, "values"))
    if targets.shape != (count,) or not np.isfinite(targets).all():
        raise InputError(
            f"values has shape {np.shape(values)} for {count} function{'s' if count != 1 else ''}: {values!r}. "
            "One finite number for each is needed."
        )
    return targets


def read_senses(sense: Any, count: int, /) -> tuple[str, ...]:
    """One word for each function."""
    senses = (sense,) * count if isinstance(sense, str) else tuple(sense)
    if len(senses) != count or any(one not in _SIGNS for one in senses):
        raise InputError(f"sense = {sense!r} is not known. Choose from {', '.join(_SIGNS)}, one word or {count}.")
    return senses


def tilt_points(
    points: Points, table: Floats, targets: Floats, senses: tuple[str, ...], given: Any = None, /
) -> Tilted:
    """`tilt` on points that are known, see there."""
    signs = np.array([_SIGNS[one] for one in senses])
    alive = points.log_weights > -np.inf
    gaps, logs = table[alive] - targets, points.log_weights[alive]
    names = [f"E f{j + 1}" for j in range(len(targets))]
    if (sentence := _impossible(gaps, signs, names, targets)) is not None:
        raise refuse(sentence)
    dual = minimize_dual(gaps, logs, signs)
    if missed(dual, gaps, signs, logs):
        if points.kind == "finite":
            raise refuse(explain_infeasible(gaps, signs, names, targets) or _unsolved(dual))
        raise InputError(_RUNAWAY)
    _check_ends(points, dual, alive)
    record = _record(points, table, targets, senses, dual)
    return replace(record, log_prob=_log_prob_of(points, dual, float(dual.multipliers @ targets), given))


def _unsolved(dual: Dual) -> str:
    return f"the dual did not converge in {dual.steps} steps, residuals {dual.residuals}"


def _impossible(gaps: Floats, signs: Floats, names: list[str], targets: Floats) -> str | None:
    """What is out of the range of its function by itself; the linear program is asked only if Newton's method fails."""
    for j, name in enumerate(names):
        one = (
            explain_infeasible(gaps[:, j : j + 1], signs[j : j + 1], [name], targets[j : j + 1])
            if _out(gaps[:, j], signs[j])
            else None
        )
        if one is not None:
            return one
    return None


def _out(gap: Floats, sign: float) -> bool:
    return bool((sign >= 0 and gap.max() < 0) or (sign <= 0 and gap.min() > 0))


def _check_ends(points: Points, dual: Dual, alive: Any) -> None:
    """A tilt that leaves mass at the last points of an unbounded law has no finite normalizer."""
    if points.kind == "finite":
        return
    ends = np.exp(dual.log_weights[[0, -1]])
    base = np.exp(points.log_weights[alive][[0, -1]])
    if ((ends > 1e-9) & (base < 1e-250)).any():
        raise InputError(_RUNAWAY)


def _record(points: Points, table: Floats, targets: Floats, senses: tuple[str, ...], dual: Dual) -> Tilted:
    base = points.weights
    alive = points.log_weights > -np.inf
    probs = np.zeros(len(alive))
    probs[alive] = np.exp(dual.log_weights)
    value = tilted_divergence(dual.log_weights, points.log_weights[alive])
    shift = float(dual.multipliers @ targets)
    notes = []
    if (
        points.kind == "finite"
        and (np.abs(dual.multipliers) * np.ptp(table, axis=0) > 30).any()
        and (probs[base > 0] < 1e-14).any()
    ):
        notes.append("a target is at the edge of what is possible: its multiplier grows without limit")
    rank = np.linalg.matrix_rank(table - probs @ table) if table.shape[1] > 1 else 1
    if rank < table.shape[1]:
        notes.append(f"{table.shape[1]} constraints say only {rank} different things; multipliers are of least norm")
    return Tilted(
        value=value,
        points=points.values,
        probs=probs,
        base=base,
        multipliers=dual.multipliers,
        log_normalizer=dual.log_normalizer + shift,
        expectations=targets + dual.residuals,
        targets=targets,
        senses=senses,
        gap=max(value + dual.log_normalizer, 0.0),
        steps=dual.steps,
        notes=tuple(notes),
    )


def _log_prob_of(points: Points, dual: Dual, shift: float, given: Any) -> Callable[[Floats], Floats] | None:
    several = isinstance(given, list | tuple) and all(map(callable, given))
    if points.log_prob is None or not (callable(given) or several):
        return None
    base, multipliers, constant = points.log_prob, dual.multipliers, dual.log_normalizer + shift

    def log_prob(x: Floats) -> Floats:
        at = np.asarray(x, dtype=np.float64)
        table = read_functions(given, at.ravel()) @ multipliers
        return base(at) + table.reshape(at.shape) - constant

    return log_prob
