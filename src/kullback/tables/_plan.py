"""`plan`: how many rows a comparison needs, or what it will show."""

import math
from typing import overload

from kullback._core import InputError
from kullback.inference import needed_size, shown_divergence

_BIT = math.log(2)


@overload
def plan(
    *,
    bits: float,
    cells: int = ...,
    power: float = ...,
    alpha: float = ...,
    margin: float = ...,
    columns: int = ...,
    design_effect: float = ...,
    ratio: float = ...,
) -> int: ...


@overload
def plan(
    *,
    rows: float,
    cells: int = ...,
    power: float = ...,
    alpha: float = ...,
    margin: float = ...,
    columns: int = ...,
    design_effect: float = ...,
    ratio: float = ...,
) -> float: ...


def plan(
    *,
    bits: float | None = None,
    rows: float | None = None,
    cells: int = 20,
    power: float = 0.8,
    alpha: float = 0.05,
    margin: float = 0.0,
    columns: int = 1,
    design_effect: float = 1.0,
    ratio: float = 1.0,
) -> int | float:
    """Rows a side that a shift of so many bits needs; or, with `rows`, the shift in bits that they would show.

    Exactly one of `bits` and `rows` is given.

    Args:
        bits: The divergence D(current‖reference) that is to be found.
        rows: Rows of the reference that there are.
        cells: Cells over which the divergence is taken: the values of a category; 16 for numbers from 800 rows on, 32
            from 6,400, 64 from 12,800.
        power: Chance with which it is to be found.
        alpha: Level of the test.
        margin: Bits that a divergence must exceed to count; 0 asks for any difference, `compare` asks for 0.02.
        columns: Columns looked at together, of which one shifted: the level is then `alpha` / `columns`, as the first
            step of Benjamini and Hochberg has it.
        design_effect: How many times wider chance spreads than for independent rows; `compare` reports it for units.
        ratio: Current rows for each row of the reference.

    Returns:
        Whole rows of the reference (and `ratio` times as many current ones), or bits.

    Raises:
        InputError: If an option lies outside its range.

    Note:
        The law is exact near D = 0 and approximate further out: large shifts need a few rows more or less.

    Example:
        >>> import kullback as kl
        >>> kl.plan(bits=0.01, cells=20)
        2966
        >>> round(kl.plan(rows=2966, cells=20), 5)
        0.01
    """
    _check(bits, rows, cells, power, alpha, margin, columns, design_effect, ratio)
    level = {"alpha": alpha / columns, "power": power}
    # Effective size for each row of the reference.
    share = ratio / (1 + ratio) / design_effect
    if rows is not None:
        return shown_divergence(rows * share, margin * _BIT, cells, **level) / _BIT
    size = needed_size((bits or 0.0) * _BIT, margin * _BIT, cells, **level)
    # Rounding of the last digits must not cost a row.
    return math.ceil(size / share * (1 - 1e-12))


def _check(
    bits: float | None,
    rows: float | None,
    cells: int,
    power: float,
    alpha: float,
    margin: float,
    columns: int,
    design_effect: float,
    ratio: float,
) -> None:
    if (bits is None) == (rows is None):
        both = "both came" if bits is not None else "none came"
        raise InputError(f"plan needs either bits, a shift to be found, or rows, what there is; {both}.")
    whole = {"cells": (cells, 2), "columns": (columns, 1)}
    for name, (value, least) in whole.items():
        if not value >= least or value != int(value):
            raise InputError(f"{name} is {value}; it must be a whole number, {least} or more.")
    if not 0 < alpha < 1:
        raise InputError(f"alpha is {alpha}; it must lie between 0 and 1, as in 0.05.")
    if not alpha < power < 1:
        raise InputError(f"power is {power}; it must lie between alpha, {alpha}, and 1, as in 0.8.")
    positive = {"rows": rows, "design_effect": design_effect, "ratio": ratio}
    for name, amount in positive.items():
        if amount is not None and not 0 < amount < math.inf:
            raise InputError(f"{name} is {amount}; it must be a number above 0.")
    if not 0 <= margin < math.inf:
        raise InputError(f"margin is {margin}; it must be a finite number of bits, 0 or more.")
    if bits is not None and not margin < bits < math.inf:
        raise InputError(
            f"bits is {bits} with a margin of {margin}: only a divergence above the margin can be found to exceed it. "
            "Ask for a larger shift, or for a smaller margin."
        )
