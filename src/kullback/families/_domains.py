"""What values a parameter may have, decided once and said in the words of the error."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kullback._core import Array, Namespace


@dataclass(frozen=True)
class Domain:
    """The values that a parameter may have.

    Attributes:
        words: The domain as an error names it.
        holds: Namespace and array to a mask of good entries.
        ndim: Dimensions of one parameter: 0 number, 1 vector, 2 matrix; what stands before them is batch.
    """

    words: str
    holds: Callable[[Namespace, Array], Array]
    ndim: int = 0


REAL = Domain("a finite number", lambda xp, x: xp.isfinite(x))
LOGIT = Domain("a number, infinite ones included", lambda xp, x: x == x)  # noqa: PLR0124 - NaN differs
POSITIVE = Domain("a positive finite number", lambda xp, x: (x > 0) & xp.isfinite(x))
NOT_NEGATIVE = Domain("a finite number, zero or larger", lambda xp, x: (x >= 0) & xp.isfinite(x))
PROBABILITY = Domain("a probability from 0 to 1", lambda xp, x: (x >= 0) & (x <= 1))
POSITIVE_PROBABILITY = Domain("a probability above 0 and at most 1", lambda xp, x: (x > 0) & (x <= 1))
INNER_PROBABILITY = Domain("a probability above 0 and below 1", lambda xp, x: (x > 0) & (x < 1))
COUNT = Domain("a whole number, zero or larger", lambda xp, x: (x >= 0) & (xp.floor(x) == x) & xp.isfinite(x))
INTEGER = Domain("a whole number", lambda xp, x: (xp.floor(x) == x) & xp.isfinite(x))
ABOVE_ONE = Domain("a finite number above 1", lambda xp, x: (x > 1) & xp.isfinite(x))
EDGE = Domain("a number, infinite ones included", lambda xp, x: x == x)  # noqa: PLR0124
REALS = Domain("a vector of finite numbers", lambda xp, x: xp.isfinite(x), ndim=1)
POSITIVES = Domain("a vector of positive finite numbers", lambda xp, x: (x > 0) & xp.isfinite(x), ndim=1)
WEIGHTS = Domain("a vector of finite numbers, zero or larger", lambda xp, x: (x >= 0) & xp.isfinite(x), ndim=1)
LOGITS = Domain("a vector of numbers below infinity", lambda xp, x: (x == x) & (x < xp.inf), ndim=1)  # noqa: PLR0124
MATRIX = Domain("a matrix of finite numbers", lambda xp, x: xp.isfinite(x), ndim=2)
WEIGHT_MATRIX = Domain("a matrix of finite numbers, zero or larger", lambda xp, x: (x >= 0) & xp.isfinite(x), ndim=2)


def parameter(domain: Domain, default: Any = ...) -> Any:
    """A field of a law: its domain, and its default where it may be left out."""
    if default is ...:
        return field(metadata={"domain": domain})
    return field(default=default, metadata={"domain": domain})
