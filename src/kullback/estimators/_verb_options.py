"""Options of the verbs on entropy and mutual information, checked before anything is measured."""

import math
from typing import Any

import numpy as np

from kullback._core import InputError


def check_method(method: Any, known: tuple[str, ...], /) -> str:
    """The name of a method that is known."""
    if method not in known:
        raise InputError(f"method = {method!r} is not known. Choose from {', '.join(known)}.")
    return str(method)


def check_base(base: Any, /) -> float | None:
    """A base of logarithms; None stands for nats."""
    number = isinstance(base, int | float | np.number) and not isinstance(base, bool)
    if base is not None and not (number and 1 < base < math.inf):
        raise InputError(
            f"base = {base!r} cannot be a base of logarithms. Use None for nats, 2 for bits, 10 for hartleys."
        )
    return None if base is None else float(base)
