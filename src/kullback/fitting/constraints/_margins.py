"""Raking: the table closest to a start table among those with given margins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import Figure, InputError, weights_gap
from kullback.fitting.constraints._dual import explain_infeasible, minimize_dual
from kullback.fitting.constraints._points import Floats, floats_of

Axes = tuple[int, ...]

_TOLERANCE = 1e-13
_SWEEPS = 500
# Newton's method is asked for tables of at most so many cells times margin entries.
_MOST_NEWTON = 20_000_000


@dataclass(frozen=True, eq=False, repr=False)
class Margins(Figure):
    """The table with the margins asked for that is closest to the start table.

    Attributes:
        value: D(fitted‖start) in nats, both tables as shares.
        table: The fitted table, in the units of the margins.
        largest_miss: Largest difference of a margin from its target, as a share of the total.
        gap: Duality gap in nats: no table with these margins is closer than `value` - `gap`.
        sweeps: Rounds of proportional fitting.
        method: "proportional fitting", or that and "Newton" where it was slow.
        notes: What to know: cells that the margins force to zero.
    """

    value: float
    table: Floats
    largest_miss: float
    gap: float
    sweeps: int
    method: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [
            f"D(fitted‖start) = {self.value:.6g} nats ({self.bits:.6g} bits), duality gap {self.gap:.1g} nats",
            f"  table {' × '.join(map(str, self.table.shape))}, {self.method}, {self.sweeps} sweeps",
            f"  largest miss of a margin {self.largest_miss:.1g} of the total",
        ]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def fit_margins(table: Any, margins: Mapping[Any, Any] | Sequence[Any], /) -> Margins:
    r"""Iterative proportional fitting (raking) of a table of any dimension to any of its margins.

    $$ \min_p D(p \,\|\, q) \quad \text{over tables } p \text{ with the margins asked for} $$

    Odds ratios of the start table that no margin speaks of are kept. Cells that are zero stay zero.

    Args:
        table: Start table q, zero or positive numbers, shape ``(n₁, …, n_d)``.
        margins: Targets by axis, such as ``{0: rows, 1: columns}``, or by several axes, ``{(0, 1): pairs, 2: third}``;
            the entries of a target follow the axes in the order named. A list is read as the margins of axes 0, 1, ….

    Returns:
        The fitted table and its certificate.

    Raises:
        InputError: Margins have different totals or contradict each other where they overlap (the message says which),
            a target asks for mass where the start table has none, or no table with these zeros has these margins.

    Note:
        Each sweep costs one pass for each margin. Where sweeps converge slowly (many zeros) Newton's method on the dual
        takes over.

    References:
        Deming and Stephan (1940), Annals of Mathematical Statistics 11. Ireland and Kullback (1968), Biometrika 55.
        Csiszár (1975), Annals of Probability 3.

    Example:
        >>> from kullback.fitting.constraints import fit_margins
        >>> found = fit_margins([[40, 30], [35, 50]], {0: [80, 75], 1: [70, 85]})
        >>> found.table.round(3).tolist(), round(found.value, 6)
        ([[42.246, 37.754], [27.754, 47.246]], 0.012081)
    """
    start, targets = _read(table, margins)
    total = float(next(iter(targets.values())).sum())
    shares = {axes: target / total for axes, target in targets.items()}
    base = start / start.sum()
    fitted, sweeps, logs = _rake(base, shares)
    miss = _miss(fitted, shares)
    method = "proportional fitting"
    if miss > _TOLERANCE * 100:
        fitted, logs = _newton(base, shares, fitted, logs)
        miss, method = _miss(fitted, shares), "proportional fitting, then Newton"
    if miss > 1e-9:
        raise InputError(
            f"No table with the zeros of the start table has these margins: the closest found misses one by {miss:.2g} "
            "of the total. Change a margin, or put some mass where the table has none."
        )
    forced = int(((fitted < 1e-12 * base) & (base > 0)).sum())
    notes = (f"the margins force {forced} cells to zero that had mass",) if forced else ()
    gap = sum(float(np.sum(logs[axes] * (_margin(fitted, axes) - share))) for axes, share in shares.items())
    value = float(weights_gap(fitted.ravel() / fitted.sum(), base.ravel()))
    return Margins(value, fitted * total, miss, abs(gap), sweeps, method, notes)


def _read(table: Any, margins: Any) -> tuple[Floats, dict[Axes, Floats]]:
    start = floats_of(table, "table")
    if start.ndim < 1 or not start.size or not (np.isfinite(start) & (start >= 0)).all() or not start.sum() > 0:
        raise InputError(
            f"table of shape {start.shape} holds a negative value, NaN or no mass. Positive numbers are needed."
        )
    if not isinstance(margins, Mapping | list | tuple):
        raise InputError(
            f"margins = {margins!r} is no set of margins. Give {{axis: totals}}, or a list of totals by axis."
        )
    given = margins.items() if isinstance(margins, Mapping) else enumerate(margins)
    targets = dict(_target(start, axes, value) for axes, value in given)
    if not targets:
        raise InputError("margins is empty. Give at least one target, such as {0: row_totals}.")
    _check_agreement(targets)
    return start, targets


def _target(start: Floats, axes: Any, value: Any) -> tuple[Axes, Floats]:
    """The axes of one margin in ascending order, and its target."""
    order = tuple(axes) if isinstance(axes, tuple | list) else (axes,)
    if not all(isinstance(one, int | np.integer) and -start.ndim <= one < start.ndim for one in order) or len(
        {int(one) % start.ndim for one in order}
    ) < len(order):
        raise InputError(f"margins names axes {axes!r} of a table of {start.ndim} axes. Give each axis once, from 0.")
    known = tuple(int(one) % start.ndim for one in order)
    target = floats_of(value, f"The margin of axes {known}")
    shape = tuple(start.shape[one] for one in known)
    if target.shape != shape:
        raise InputError(f"The margin of axes {known} has shape {target.shape}. Shape {shape} is needed.")
    if not (np.isfinite(target) & (target >= 0)).all():
        raise InputError(
            f"The margin of axes {known} holds a negative value or NaN. Zero or positive numbers are needed."
        )
    by_axis = tuple(sorted(known))
    target = target.transpose([known.index(one) for one in by_axis])
    bare = (target > 0) & (_margin(start, by_axis) == 0)
    if bare.any():
        place = tuple(map(int, np.argwhere(bare)[0]))
        raise InputError(
            f"The margin of axes {by_axis} asks for {target[place]:.6g} at {list(place)}, where the table has no mass. "
            "Cells that are zero stay zero: put some mass there, or ask for none."
        )
    return by_axis, target


def _check_agreement(targets: dict[Axes, Floats]) -> None:
    """Totals, and the margins that two targets share, must agree."""
    for (one, left), (two, right) in combinations(targets.items(), 2):
        shared = tuple(axis for axis in one if axis in two)
        a = left.sum(axis=tuple(i for i, axis in enumerate(one) if axis not in shared))
        b = right.sum(axis=tuple(i for i, axis in enumerate(two) if axis not in shared))
        off = np.abs(a - b) > 1e-9 * left.sum()
        if off.any():
            place = tuple(map(int, np.argwhere(off)[0]))
            what = f"at {list(place)} of the axes {shared} that they share" if shared else "in their totals"
            raise InputError(
                f"The margins of axes {one} and {two} differ {what}: {float(a[place]):.10g} and "
                f"{float(b[place]):.10g}. Make them agree, or scale one."
            )
    if not next(iter(targets.values())).sum() > 0:
        raise InputError("The margins add up to 0. Some mass is needed.")


def _margin(table: Floats, axes: Axes) -> Floats:
    total: Floats = table.sum(axis=tuple(axis for axis in range(table.ndim) if axis not in axes))
    return total


def _miss(table: Floats, shares: dict[Axes, Floats]) -> float:
    return max(float(np.abs(_margin(table, axes) - share).max()) for axes, share in shares.items())


def _spread(values: Floats, axes: Axes, dimensions: int) -> Floats:
    """A margin as an array that broadcasts against the table."""
    return values.reshape([values.shape[axes.index(axis)] if axis in axes else 1 for axis in range(dimensions)])


def _rake(base: Floats, shares: dict[Axes, Floats]) -> tuple[Floats, int, dict[Axes, Floats]]:
    """Sweeps until every margin is met, or for as many as it takes to see that they are slow."""
    fitted = base.copy()
    logs = {axes: np.zeros_like(share) for axes, share in shares.items()}
    sweeps = 0
    while sweeps < _SWEEPS and _miss(fitted, shares) > _TOLERANCE:
        sweeps += 1
        for axes, share in shares.items():
            now = _margin(fitted, axes)
            factor = np.where(now > 0, share / np.where(now > 0, now, 1.0), 0.0)
            fitted = fitted * _spread(factor, axes, base.ndim)
            logs[axes] = logs[axes] + np.log(np.where(factor > 0, factor, 1.0))
    return fitted, sweeps, logs


def _newton(
    base: Floats, shares: dict[Axes, Floats], fitted: Floats, logs: dict[Axes, Floats]
) -> tuple[Floats, dict[Axes, Floats]]:
    """Newton's method on the multipliers of all margin entries; the linear program where it fails."""
    # Cells below a target of zero are zero, and no multiplier is needed for them.
    alive: NDArray[np.bool_] = base > 0
    for axes, share in shares.items():
        alive &= _spread(share, axes, base.ndim) > 0
    entries = [(axes, place) for axes, share in shares.items() for place in np.ndindex(share.shape) if share[place] > 0]
    if alive.sum() * len(entries) > _MOST_NEWTON:
        return fitted, logs
    cells = np.argwhere(alive)
    columns = [np.all(cells[:, list(axes)] == place, axis=1) for axes, place in entries]
    targets = np.array([shares[axes][place] for axes, place in entries])
    gaps = np.stack(columns, axis=1).astype(np.float64) - targets
    signs = np.zeros(len(entries))
    dual = minimize_dual(gaps, np.log(base[alive] / base[alive].sum()), signs)
    if np.abs(dual.residuals).max() > 1e-9:
        names = [f"margin {axes} at {list(map(int, place))}" for axes, place in entries]
        sentence = explain_infeasible(gaps, signs, names, targets)
        if sentence is not None:
            raise InputError(f"No table with the zeros of the start table has these margins: {sentence}.")
        return fitted, logs
    table = np.zeros_like(base)
    table[alive] = np.exp(dual.log_weights)
    new = {axes: np.zeros_like(share) for axes, share in shares.items()}
    for (axes, place), multiplier in zip(entries, dual.multipliers, strict=True):
        new[axes][place] = multiplier
    return table, new
