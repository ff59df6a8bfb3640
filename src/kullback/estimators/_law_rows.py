"""Rows of a sample as neighbors of a density need them: no two alike, and not on a plane."""

from dataclasses import dataclass

import numpy as np

from kullback._core import InputError, percent
from kullback.estimators._law_records import OpenLaw
from kullback.estimators._points import Floats

_FEW = 0.01  # share of repeated values below which a column is not taken for rounded
_GRID = 1e-4  # how far values may be off a grid, in its steps
_SPREAD = 1.35  # standard deviations between the quartiles of a normal law
_COARSE = 0.2  # of a standard deviation: wider steps lose what the density is like
_FLAT = 1e-20  # of the largest variance of a direction: the rows lie on a plane


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows ready for neighbors.

    Attributes:
        values: Of shape ``(n, d)``; repeated values are spread over their steps.
        flat: Why no density can hold the rows, if they lie on a plane or at a point.
        notes: What was done.
        doubts: Why it may be too little.
    """

    values: Floats
    flat: str | None = None
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def spread_rows(law: OpenLaw, x: Floats, rng: np.random.Generator, /) -> Rows:
    """Spread what repeats, as rounding left it, and look whether the rows fill their space.

    Args:
        law: A law with a density; rows of a law on the line stay within its support.
        x: Rows of shape ``(n, d)``.
        rng: For the spreading.
    """
    columns, steps, repeats = [], [], 0.0
    for column in x.T:
        values = np.unique(column)
        if len(values) == 1 and len(x) > 1:
            return Rows(x, flat=f"a column of the sample is {values[0]:g} in every row")
        share = 1.0 - len(values) / len(column)
        repeats = max(repeats, share)
        step, coarse = _step(values) if share > 0 else (0.0, 0.0)
        columns.append(column + step * (rng.random(len(column)) - 0.5) if step else column)
        steps.append(coarse if share > _FEW else 0.0)
    found = _inside(law, np.stack(columns, axis=1))
    if _on_plane(found):
        return Rows(x, flat="the rows lie on a plane of fewer dimensions")
    if max(steps) == 0.0:
        return Rows(found)
    text = f"{percent(repeats)} of the values of a column repeat others: they were taken for rounded and spread out"
    return Rows(found, notes=(text,)) if max(steps) <= _COARSE else Rows(found, doubts=(text,))


def _step(values: Floats) -> tuple[float, float]:
    """Over how much to spread repeated values, and how coarse that is: too coarse without a grid, as in resamples."""
    gaps = np.diff(values)
    least = float(gaps.min())
    places = gaps / least
    if np.all(np.abs(places - np.rint(places)) < _GRID * np.maximum(places, 1.0)):
        return least, least * _SPREAD / float(np.ptp(np.quantile(values, [0.25, 0.75])) or np.ptp(values))
    return float(np.median(gaps)), np.inf


def _inside(law: OpenLaw, x: Floats) -> Floats:
    """What was spread over an end of the support is turned back."""
    if law.shape != ():
        return x
    x = np.where(x < law.low, 2.0 * law.low - x, x) if np.isfinite(law.low) else x
    return np.where(x > law.high, 2.0 * law.high - x, x) if np.isfinite(law.high) else x


def _on_plane(x: Floats) -> bool:
    scaled = (x - x.mean(axis=0)) / np.ptp(x, axis=0)
    values = np.linalg.svd(scaled, compute_uv=False)
    return bool(len(x) > x.shape[1] and values[-1] ** 2 <= _FLAT * values[0] ** 2)


def check_size(rows: int, columns: int, k: int, name: str, /) -> None:
    """Enough rows for k neighbors and a covariance."""
    least = max(k + 2, columns + 2 if columns > 1 else 2)
    if rows < least:
        raise InputError(
            f"{name} has {rows} rows in {columns} columns. At least {least} are needed for k = {k} neighbors."
        )
