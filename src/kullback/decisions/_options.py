"""Numbers that a caller sets, checked once."""

import math
from typing import Any

import numpy as np

from kullback._core import InputError


def checked_whole(value: Any, name: str, /, *, least: int = 1, most: float = math.inf) -> int:
    """A whole number in a range."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not least <= value <= most:
        end = "" if math.isinf(most) else f" to {most:g}"
        raise InputError(f"{name} = {value!r}. A whole number from {least}{end or ' up'} is needed.")
    return int(value)


def checked_number(value: Any, name: str, words: str, /, *, low: float, high: float) -> float:
    """A number in a range, both ends included; `words` says which."""
    is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise InputError(f"{name} = {value!r}. {words}")
    return float(value)
