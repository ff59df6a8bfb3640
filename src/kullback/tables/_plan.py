"""`plan`: how many rows a comparison needs, or what it will show."""

import math
from numbers import Integral, Real
from typing import Any, overload

from kullback._core import InputError
from kullback.inference import needed_size, shown_divergence

_BIT = math.log(2)
_LEAST_LEVEL = 1e-15


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
    rows: int,
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
    rows: int | None = None,
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
        InputError: If an option lies outside its range, or no table has as many rows as it would take.

    Note:
        The law is exact near D = 0 and approximate further out: large shifts need a few rows more or less.

    Example:
        >>> import kullback as kl
        >>> kl.plan(bits=0.01, cells=20)
        2966
        >>> round(kl.plan(rows=2966, cells=20), 5)
        0.01
    """
    _check_rules(cells, power, alpha, margin, columns)
    _check_number("design_effect", design_effect, 1e-9, 1e9)
    _check_number("ratio", ratio, 1e-9, 1e9)
    level = {"alpha": alpha / columns, "power": power}
    # Effective size for each row of the reference.
    share = ratio / (1 + ratio) / design_effect
    if bits is not None and rows is None:
        _check_bits(bits, margin)
        size = needed_size(bits * _BIT, margin * _BIT, cells, **level)
        if math.isinf(size):
            raise InputError(
                f"bits is {bits} with a margin of {margin}: no table has the rows to tell them apart. Ask for a larger "
                "shift, or for a smaller margin."
            )
        # Rounding of the last digits must not cost a row.
        return math.ceil(size / share * (1 - 1e-12))
    if rows is not None and bits is None:
        _check_number("rows", rows, 1, 1e18, whole=True)
        return shown_divergence(rows * share, margin * _BIT, cells, **level) / _BIT
    came = "none" if rows is None else "both"
    raise InputError(f"plan needs either bits, a shift to be found, or rows, what there is; {came} came.")


def _check_rules(cells: int, power: float, alpha: float, margin: float, columns: int) -> None:
    _check_number("cells", cells, 2, 1e9, whole=True)
    _check_number("columns", columns, 1, 1e9, whole=True)
    _check_number("margin", margin, 0, 1e6)
    _check_number("alpha", alpha, 0, 1)
    _check_number("power", power, 0, 1)
    if not _LEAST_LEVEL <= alpha / columns < 1:
        over = f" over {columns} columns" if columns > 1 else ""
        raise InputError(f"alpha is {alpha}{over}; a level must lie between {_LEAST_LEVEL:g} and 1, as in 0.05.")
    if not alpha < power < 1:
        raise InputError(f"power is {power}; it must lie between alpha, {alpha}, and 1, as in 0.8.")


def _check_bits(bits: float, margin: float) -> None:
    _check_number("bits", bits, 0, 1e6)
    if bits <= margin:
        raise InputError(
            f"bits is {bits} with a margin of {margin}: only a divergence above the margin can be found to exceed it. "
            "Ask for a larger shift, or for a smaller margin."
        )


def _check_number(name: str, value: Any, least: float, most: float, *, whole: bool = False) -> None:
    kind: type[Any] = Integral if whole else Real
    called = "whole number" if whole else "number"
    if isinstance(value, bool) or not isinstance(value, kind):
        raise InputError(f"{name} is {value!r}; it must be a {called}.")
    if not least <= value <= most:
        raise InputError(f"{name} is {value}; it must be a {called} from {least:g} to {most:g}.")
