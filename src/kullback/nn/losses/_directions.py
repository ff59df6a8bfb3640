"""Each divergence of two rows of probabilities and its slopes by the logits, in forms that keep their digits.

With teacher a, student b and d = log b - log a, every divergence is a sum of terms f(eᵈ) a whose f and f' are 0 at
d = 0: no term is negative, and what rounding moves in the normalization moves the sum only in second order. Slopes are
those by normalized logits: the derivative of softmax is in them.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Pair(NamedTuple):
    """A block of rows: probabilities of the teacher and of the student, and d = log student - log teacher, finite."""

    teacher: Tensor
    student: Tensor
    d: Tensor


class Slopes(NamedTuple):
    """Derivatives of the values by the logits of each side."""

    student: Tensor | None
    teacher: Tensor | None


class Wanted(NamedTuple):
    """Which sides' slopes are asked for."""

    student: bool
    teacher: bool


def difference(pair: Pair, /) -> Tensor:
    """Student less teacher, with all digits where they are close."""
    near = pair.d.clamp(max=1.0).expm1() * pair.teacher
    return torch.where(pair.d < 1.0, near, pair.student - pair.teacher)


def _total(terms: Tensor) -> Tensor:
    return terms.sum(-1, keepdim=True)


def _forward(pair: Pair, weight: float, wanted: Wanted) -> tuple[Tensor, Slopes]:  # noqa: ARG001 - one signature for all
    """Sum of a (eᵈ - 1 - d)."""
    moved = difference(pair)
    value = _total(moved - pair.teacher * pair.d)
    return value, Slopes(
        moved if wanted.student else None, -pair.teacher * (pair.d + value) if wanted.teacher else None
    )


def _reverse(pair: Pair, weight: float, wanted: Wanted) -> tuple[Tensor, Slopes]:  # noqa: ARG001
    """Sum of b (e⁻ᵈ - 1 + d)."""
    moved = difference(pair)
    value = _total(pair.student * pair.d - moved)
    return value, Slopes(
        pair.student * (pair.d - value) if wanted.student else None, -moved if wanted.teacher else None
    )


def _jeffreys(pair: Pair, weight: float, wanted: Wanted) -> tuple[Tensor, Slopes]:  # noqa: ARG001
    """Sum of (b - a) d."""
    moved = difference(pair)
    value = _total(moved * pair.d)
    student = teacher = None
    if wanted.student:
        student = moved + pair.student * (pair.d - _total(pair.student * pair.d))
    if wanted.teacher:
        teacher = -moved - pair.teacher * (pair.d - _total(pair.teacher * pair.d))
    return value, Slopes(student, teacher)


def _over_mixture(pair: Pair, weight: float) -> tuple[Tensor, Tensor]:
    """Logarithms of m/a and of b/m for the mixture m = w a + (1 - w) b; no exponential of anything positive."""
    above = pair.d > 0
    share = torch.where(above, pair.d.new_tensor(weight), pair.d.new_tensor(1.0 - weight))
    # Not -|d|: its derivative at 0 is 0, which would lose the curvature of equal rows.
    bend = torch.log1p(share * torch.where(above, -pair.d, pair.d).expm1())
    return torch.where(above, pair.d + bend, bend), torch.where(above, -bend, pair.d - bend)


def _js(pair: Pair, weight: float, wanted: Wanted) -> tuple[Tensor, Slopes]:
    """Sum of (1 - w) b log(b/m) + w a log(a/m)."""
    if weight in (0.0, 1.0):  # the mixture is one of the two
        return _nothing(pair, wanted)
    low, high = _over_mixture(pair, weight)
    rest = 1.0 - weight
    value = _total(rest * pair.student * high - weight * pair.teacher * low)
    student = teacher = None
    if wanted.student:
        student = rest * pair.student * (high - _total(pair.student * high))
    if wanted.teacher:
        teacher = -weight * pair.teacher * (low - _total(pair.teacher * low))
    return value, Slopes(student, teacher)


def _skew(pair: Pair, weight: float, wanted: Wanted) -> tuple[Tensor, Slopes]:
    """Sum of a (m/a - 1 - log(m/a))."""
    if weight == 0.0:
        return _forward(pair, weight, wanted)
    if weight == 1.0:
        return _nothing(pair, wanted)
    low, _ = _over_mixture(pair, weight)
    rest = 1.0 - weight
    value = _total(rest * difference(pair) - pair.teacher * low)
    student = teacher = None
    if wanted.student or wanted.teacher:
        share = torch.expm1(-low)  # a/m - 1
        if wanted.student:
            student = -rest * pair.student * (share - _total(pair.student * share))
        if wanted.teacher:
            slope = -low - weight * share
            teacher = pair.teacher * (slope - _total(pair.teacher * slope))
    return value, Slopes(student, teacher)


def _nothing(pair: Pair, wanted: Wanted) -> tuple[Tensor, Slopes]:
    nothing = 0.0 * pair.d  # with a gradient, and NaN where the rows are no laws
    return _total(nothing), Slopes(nothing if wanted.student else None, nothing if wanted.teacher else None)


Direction = Callable[[Pair, float, Wanted], tuple[Tensor, Slopes]]
FORMULAS: dict[str, Direction] = {
    "forward": _forward,
    "reverse": _reverse,
    "jeffreys": _jeffreys,
    "js": _js,
    "skew": _skew,
}


def has_limit(direction: str, weight: float, /) -> Wanted:
    """Whether mass of the teacher where the student has none leaves the value finite, and the other way round."""
    # Named by the side that may lack the outcome.
    if direction == "js" or (direction == "skew" and weight > 0.0):
        return Wanted(student=True, teacher=True)
    return Wanted(student=direction == "reverse", teacher=direction in ("forward", "skew"))
