"""`method="auto"`: what the samples look like, and the method that measured best on such samples."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kullback._core import InputError, printable
from kullback.estimators._columns import Codes, Columns
from kullback.estimators._counts_choice import choose_counts
from kullback.estimators._estimate import Estimate, noted
from kullback.estimators._gaussian import gaussian_of
from kullback.estimators._gaussian_fit import fitted
from kullback.estimators._neighbor_terms import neighbor_terms
from kullback.estimators._neighbors import all_equal, neighbors_of
from kullback.estimators._options import Progress, no_progress
from kullback.estimators._points import Floats, Points
from kullback.estimators._rare_labels import log_ratios
from kullback.estimators._standardize import standardized
from kullback.estimators._strata import stratified
from kullback.estimators._tally import tally_codes
from kullback.estimators._ties import Ties, ties_of
from kullback.estimators._whitened_neighbors import (
    both_look_gaussian,
    controlled,
    uncorrected_estimate,
    whitened_estimate,
)

_FILLED = 20.0  # rows for each combination of labels, below which ordered columns are taken as numbers instead
_MANY = 30  # values from which on an ordered column goes with others that are taken as numbers
_FEW = 8  # values of an ordered column that stay labels all the same
_LIKELY = 0.8  # level of the interval of neighbors that a Gaussian one must reach as far as


@dataclass(frozen=True, eq=False)
class _Shape:
    """The columns as they will be measured."""

    x: list[Floats]
    y: list[Floats]
    x_labels: list[Codes]
    y_labels: list[Codes]
    notes: list[str]


def choose(
    columns: Columns, k: int, confidence: float, rng: np.random.Generator, progress: Progress = no_progress, /
) -> Estimate:
    """Measure by the method that suits the samples, and say which and why.

    Args:
        columns: The samples.
        k: Neighbors, where neighbors are used.
        confidence: Level of the interval.
        rng: Generator.
        progress: Told of what takes long.

    Returns:
        The estimate in nats with notes.
    """
    shape = _shaped(columns, rng)
    points = Points(
        np.stack(shape.x, axis=1) if shape.x else np.empty((columns.n, 0)),
        np.stack(shape.y, axis=1) if shape.y else np.empty((columns.m, 0)),
        columns.x_weights,
        columns.y_weights,
        columns.device,
    )
    if not shape.x and not shape.x_labels:
        same = replace(all_equal(points, confidence, "neighbors"), log_ratios=np.zeros(points.n))
        return noted(same, *shape.notes)
    if not shape.x_labels:
        return noted(choose_numbers(points, k, confidence, rng, progress), *shape.notes)
    x_codes, y_codes = joint_codes(shape.x_labels, shape.y_labels)
    counted = counted_labels(x_codes, y_codes, points, confidence)
    if not shape.x:
        return noted(counted, *shape.notes)
    found = stratified(
        points, x_codes, y_codes, counted, lambda part: choose_numbers(part, k, confidence, rng), progress
    )
    return noted(found, *shape.notes)


def choose_numbers(
    points: Points, k: int, confidence: float, rng: np.random.Generator, progress: Progress = no_progress, /
) -> Estimate:
    """The same for columns of continuous numbers."""
    points, _ = standardized(points)
    if points.d == 0:
        return Estimate(
            0.0, 0.0, (0.0, 0.0), confidence, "neighbors", points.n, points.m, log_ratios=np.zeros(points.n)
        )
    if min(points.n, points.m) < 2:
        raise InputError(f"x has {points.n} rows and y has {points.m}. At least two of each are needed for a density.")
    if _is_single(points.x) or _is_single(points.y):
        return _single(points, confidence)
    control = None if points.d == 1 and not both_look_gaussian(points) else controlled(points, k, rng, None, progress)
    if control is not None and control.is_gaussian:
        found = gaussian_of(*fitted(points), points, confidence, rng)
        # Few rows do not tell a Gaussian from what is nearly one: what neighbors find likely stays in the interval.
        likely = whitened_estimate(control, _LIKELY).interval[1]
        found = replace(found, interval=(found.interval[0], max(found.interval[1], likely)))
        return noted(found, "Gaussian by Mardia's tests, and neighbors agree: means and covariances say it all")
    if control is None or points.d == 1:
        found = neighbors_of(points, neighbor_terms(points, k), confidence, tails=True)
    else:
        found = (uncorrected_estimate if points.d == 2 else whitened_estimate)(control, confidence)
    return noted(found, f"{points.d} column{'s' * (points.d > 1)} of continuous numbers, not Gaussian")


def _is_single(sample: Floats) -> bool:
    return bool(np.all(sample == sample[0]))


def _single(points: Points, confidence: float) -> Estimate:
    """One side is a single value, which has no density: whether the other side meets it is all there is to count."""
    x, y = joint_codes(list(points.x.T), list(points.y.T))
    return noted(
        counted_labels(x, y, points, confidence),
        unreliable=["one sample is a single value and the other is not: between such laws D is infinite"],
    )


def counted_labels(x: Codes, y: Codes, points: Points, confidence: float, /) -> Estimate:
    """The divergence of labels by the best of the methods for counts, with the log ratio of every row."""
    tally = tally_codes(x, y, points.x_weights, points.y_weights)
    found = choose_counts(tally, confidence=confidence)
    return replace(found, log_ratios=log_ratios(tally.p, tally.q)[x], n=points.n, m=points.m)


def joint_codes(x: list[Any], y: list[Any], /) -> tuple[Codes, Codes]:
    """Several columns of labels as one."""
    rows = np.concatenate([np.stack(x, axis=1), np.stack(y, axis=1)])
    if rows.shape[1] == 1:
        _, codes = np.unique(rows[:, 0], return_inverse=True)
    else:
        _, codes = np.unique(rows, axis=0, return_inverse=True)
    codes = codes.reshape(-1).astype(np.int64)
    return codes[: len(x[0])], codes[len(x[0]) :]


def _shaped(columns: Columns, rng: np.random.Generator) -> _Shape:
    shape = _Shape([], [], list(columns.x_labels.T), list(columns.y_labels.T), list(columns.notes))
    known = [ties_of(columns.x[:, place], columns.y[:, place]) for place in range(columns.x.shape[1])]
    ordered = _too_sparse(known, shape)
    for place, ties in enumerate(known):
        name = f"column {printable(columns.names[place], 40)}" if len(known) > 1 else "the column"
        x, y = columns.x[:, place], columns.y[:, place]
        if ties.kind == "constant":
            shape.notes.append(f"{name} has one value in all rows and is left out")
        elif ties.kind == "continuous":
            _add(shape, x, y)
        elif ties.kind == "rounded" or place in ordered:
            _add(shape, *(_filled(side, ties.step, rng) for side in (x, y)))
            shape.notes.append(f"{name} is rounded to steps of {ties.step:.4g}; each value is spread over its step")
        else:
            _label(shape, ties, name)
            if ties.kind == "atoms":
                _add(shape, *_without_atoms(x, y, ties))
    return shape


def _too_sparse(known: list[Ties], shape: _Shape) -> set[int]:
    """Places of columns of many ordered values that are better taken as numbers, because labels would be too many."""
    counted = {place: ties for place, ties in enumerate(known) if ties.kind == "categories"}
    movable = [place for place, ties in counted.items() if len(ties.values) > _FEW and ties.step > 0]
    movable.sort(key=lambda place: -len(counted[place].values))
    moved: set[int] = set()
    for place in movable:
        left = [ties for other, ties in counted.items() if other not in moved]
        x, y = [*shape.x_labels, *(ties.x for ties in left)], [*shape.y_labels, *(ties.y for ties in left)]
        if len(x) < 2:
            break
        codes = np.concatenate(joint_codes(x, y))
        if len(codes) >= _FILLED * (codes.max() + 1):
            break
        moved.add(place)
    # Beside a column of numbers, strata by hundreds of ordered values would only be thin.
    return moved | {place for place in movable if moved and len(counted[place].values) > _MANY}


def _add(shape: _Shape, x: Floats, y: Floats) -> None:
    shape.x.append(x)
    shape.y.append(y)


def _label(shape: _Shape, ties: Ties, name: str) -> None:
    if ties.x is None or ties.y is None:
        raise AssertionError(ties.kind)
    shape.x_labels.append(ties.x)
    shape.y_labels.append(ties.y)
    if ties.kind == "atoms":
        heavy = ", ".join(f"{value:g}" for value in ties.values[1:4]) + (", …" if len(ties.values) > 4 else "")
        shape.notes.append(f"{name} repeats {heavy} beside values that differ; these are counted, the rest is measured")
    else:
        shape.notes.append(f"{name} repeats {len(ties.values)} values, which are counted")


def _filled(side: Floats, step: float, rng: np.random.Generator) -> Floats:
    """Rounded values spread evenly over their steps: densities of steps, whose divergence is that of the values."""
    return side + step * (rng.random(len(side)) - 0.5)


def _without_atoms(x: Floats, y: Floats, ties: Ties) -> tuple[Floats, Floats]:
    """The column with its heavy values, whose strata need no number, set to one value."""
    if ties.x is None or ties.y is None:
        raise AssertionError(ties.kind)
    return np.where(ties.x > 0, 0.0, x), np.where(ties.y > 0, 0.0, y)
