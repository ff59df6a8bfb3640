"""Options that the tests of hypotheses take, and two laws read as they are needed here."""

import math
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.divergences._inputs import is_labelled, is_vector
from kullback.divergences._read import as_law
from kullback.estimators._law_records import NotOpen, open_record
from kullback.families import Law


def check_level(value: Any, name: str, /) -> float:
    """A chance strictly between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < 1:
        raise InputError(f"{name} = {value!r} is no level. A number between 0 and 1 is needed, such as 0.05.")
    return float(value)


def check_rows(value: Any, name: str = "n", /, *, least: int = 1) -> int:
    """A whole number of rows."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(f"{name} = {value!r} is no number of rows. A whole number of at least {least} is needed.")
    return int(value)


def check_number(value: Any, name: str, /, *, positive: bool = False) -> float:
    """A finite number."""
    fine = isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)
    if not fine or (positive and value <= 0):
        needed = "A positive finite number" if positive else "A finite number"
        raise InputError(f"{name} = {value!r} cannot be used. {needed} is needed.")
    return float(value)


def are_arrays(p: Any, q: Any, names: tuple[str, str], /) -> bool:
    """Whether both sides are probabilities of the same outcomes; one row each."""
    if not (is_vector(p) and is_vector(q)):
        return False
    if is_labelled(p) != is_labelled(q):
        raise InputError(
            f"One of {names[0]} and {names[1]} has labels and the other has none, so outcomes cannot be matched. "
            "Give both with labels or both as arrays."
        )
    if is_labelled(p):
        return True
    shapes = [_shape(value, name) for value, name in zip((p, q), names, strict=True)]
    if shapes[0] != shapes[1] or len(shapes[0]) != 1 or shapes[0][0] == 0:
        raise InputError(
            f"{names[0]} has shape {shapes[0]} and {names[1]} has shape {shapes[1]}. One row of probabilities each is "
            "needed, of the same outcomes. Give rows one by one."
        )
    return True


def _shape(value: Any, name: str) -> tuple[int, ...]:
    try:
        return np.shape(value)
    except ValueError:
        raise InputError(
            f"{name} = {value!r} has rows of different lengths. One row of probabilities is needed."
        ) from None


def one_law(value: Any, name: str, /) -> Law:
    """A single law in NumPy numbers."""
    try:
        opened = open_record(as_law(value, name))
    except NotOpen:
        raise InputError(f"{name} = {value!r} has no log density. Give a law with log_prob, or an array.") from None
    if opened.law is None:
        raise InputError(f"{name} = {value!r} is no law that is known here. Give a law of kl.families, or an array.")
    return opened.law


def check_draws(value: Any, /) -> int:
    """Most permutations or simulations."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 99:
        raise InputError(f"draws = {value!r}. A whole number of at least 99 is needed.")
    return int(value)
