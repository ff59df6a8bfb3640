"""Options that every estimator takes, checked once."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kullback._core import InputError

Rng = int | np.random.Generator | None
"""Where chance comes from: a seed or a generator; None is the seed 0, so that the same input gives the same answer."""


Progress = Callable[[int, int, str], None]
"""Called with what is done, how much there is to do, and what is being done; for long work."""


def no_progress(done: int, total: int, name: str, /) -> None:
    """Tell nobody."""


def generator(rng: Any, /) -> np.random.Generator:
    """The generator of a seed."""
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None:
        return np.random.default_rng(0)
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool) and rng >= 0:
        return np.random.default_rng(int(rng))
    raise InputError(f"rng = {rng!r} is no seed. Give a whole number of at least 0, a NumPy generator, or None.")


def check_confidence(confidence: Any, /) -> float:
    """A level strictly between 0 and 1."""
    if isinstance(confidence, bool) or not isinstance(confidence, int | float | np.number) or not 0 < confidence < 1:
        raise InputError(f"confidence = {confidence!r} is no level. A number between 0 and 1 is needed, such as 0.95.")
    return float(confidence)


def check_neighbors(k: Any, /) -> int:
    """A whole number of neighbors."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise InputError(f"k = {k!r} is no number of neighbors. A whole number of at least 1 is needed, such as 5.")
    return int(k)


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
