"""Two samples as one labeled table in folds, so that every row is judged by a model that never saw it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.estimators._points import Floats, Points

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Labeled:
    """The rows of x above those of y, each with its side, weight and fold.

    Attributes:
        rows: Array of shape ``(n + m, d)``.
        is_x: Whether a row is one of x, shape ``(n + m,)``.
        weights: Weight of every row; they add up to n on the side of x and to m on that of y.
        fold: Number of the fold that holds the row.
        half: Whether the row is in the half of its fold from which the learning curve is read.
        weighted: Whether rows weigh differently at all.
        seed: Seed for models that use chance.
        units: Number of the unit to which each row belongs, where whole units are independent; None where rows are.
    """

    rows: Floats
    is_x: Mask
    weights: Floats
    fold: NDArray[np.intp]
    half: Mask
    weighted: bool
    seed: int
    units: NDArray[np.intp] | None = None

    @property
    def n(self) -> int:
        """Rows of x."""
        return int(self.is_x.sum())

    @property
    def m(self) -> int:
        """Rows of y."""
        return len(self.is_x) - self.n

    def splits(self, *, halved: bool = False) -> Iterator[tuple[Mask, Mask]]:
        """Rows to learn from (half of them, if halved) and rows to judge, fold after fold."""
        for number in range(int(self.fold.max()) + 1):
            held = self.fold == number
            yield (~held & self.half if halved else ~held), held

    def loss(self, log_ratios: Floats) -> float:
        """Mean logistic loss of log ratios at all rows."""
        logits = log_ratios + np.log(self.n / self.m)
        signed = np.where(self.is_x, -logits, logits)
        return float(self.weights @ np.logaddexp(0.0, signed) / len(self.is_x))


def in_units(data: Labeled, units: NDArray[np.intp], rng: np.random.Generator, /) -> Labeled:
    """The same rows with whole units in folds, so that no row is judged by a model that saw its unit.

    Args:
        data: The rows.
        units: Number of the unit of each row, from 0, shape ``(n + m,)``.
        rng: Generator that deals the units out.

    Returns:
        The rows in no more folds than the side with fewer units has units.
    """
    on_sides = [np.bincount(units[side], minlength=int(units.max()) + 1) > 0 for side in (data.is_x, ~data.is_x)]
    # Units of either side, and of both, are spread over the folds one kind after the other.
    order = np.lexsort((rng.permutation(len(on_sides[0])), on_sides[0], on_sides[1]))
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    count = min(int(data.fold.max()) + 1, *(int(side.sum()) for side in on_sides))
    return replace(data, fold=place[units] % count, half=place[units] // count % 2 == 0, units=units)


def labeled(points: Points, folds: int, rng: np.random.Generator, /) -> Labeled:
    """Both samples in folds that each hold the same share of x and of y.

    Args:
        points: The samples.
        folds: How many; fewer where a sample has fewer rows.
        rng: Generator that deals the rows out.

    Returns:
        The table.

    Raises:
        InputError: A sample has fewer than two rows of positive weight.
    """
    sides = [(points.n, points.x_weights), (points.m, points.y_weights)]
    weights = [np.ones(size) if own is None else own * size for size, own in sides]
    count = min(folds, *(_weighing(own, name) for own, name in zip(weights, "xy", strict=True)))
    dealt = np.concatenate([_dealt(own, rng) for own in weights])
    return Labeled(
        rows=np.concatenate([points.x, points.y]),
        is_x=np.arange(points.n + points.m) < points.n,
        weights=np.concatenate(weights),
        fold=dealt % count,
        half=dealt // count % 2 == 0,
        weighted=points.x_weights is not None or points.y_weights is not None,
        seed=int(rng.integers(2**31 - 1)),
    )


def _weighing(weights: Floats, name: str) -> int:
    rows = int((weights > 0).sum())
    if rows < 2:
        raise InputError(f"{name} has {rows} rows of positive weight. At least 2 are needed, to learn from one half.")
    return rows


def _dealt(weights: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """Places in a shuffled deck, rows without weight last, so that every fold gets some that have weight."""
    deck = rng.permutation(len(weights))
    deck = deck[np.argsort(weights[deck] == 0, kind="stable")]
    places = np.empty(len(deck), dtype=np.intp)
    places[deck] = np.arange(len(deck))
    return places


def check_folds(folds: Any, /) -> int:
    """A whole number of folds, two or more."""
    if isinstance(folds, bool) or not isinstance(folds, int | np.integer) or folds < 2:
        raise InputError(f"folds = {folds!r} is no number of folds. A whole number of at least 2 is needed, such as 5.")
    return int(folds)
