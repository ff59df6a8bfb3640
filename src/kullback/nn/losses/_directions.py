"""Each divergence of two rows of probabilities and its slopes by the logits, in forms that keep their digits.

With teacher a, student b and d = log b - log a, every divergence is a sum of terms f(eᵈ) a whose f and f' are 0 at
d = 0: no term is negative, and what rounding moves in the normalization moves the sum only in second order. Slopes are
those by normalized logits: the derivative of softmax is in them.

All steps are made in place and without a choice between two results, which costs more than an exponential on a CPU.
"""

from collections.abc import Callable
from math import e
from typing import NamedTuple

import torch
from torch import Tensor

# The sum of |b - a| from which on b - a has digits enough: the divergences are at least half its square.
_FAR_APART = 0.25


class Block(NamedTuple):
    """Some rows: probabilities of teacher and student, d = log student - log teacher, finite, and room to work.

    All of them are overwritten.
    """

    teacher: Tensor
    student: Tensor
    d: Tensor
    x: Tensor
    y: Tensor
    z: Tensor


class Found(NamedTuple):
    """Values of shape (rows, 1), and the slopes by the logits of each side where they are wanted."""

    values: Tensor
    student: Tensor | None
    teacher: Tensor | None


class Wanted(NamedTuple):
    """Two yeses or noes, one for each side."""

    student: bool
    teacher: bool


def _total(terms: Tensor) -> Tensor:
    return terms.sum(-1, keepdim=True)


def _centered(terms: Tensor, law: Tensor) -> Tensor:
    """What is left of law · u, given as `terms`, once the mean of u is taken away."""
    return terms.addcmul_(law, _total(terms), value=-1.0)


def _difference(block: Block) -> Tensor:
    """Student less teacher in x, with all digits where they are close; y is used."""
    torch.sub(block.student, block.teacher, out=block.x)
    if block.x.device.type == "cpu" and bool((torch.abs(block.x, out=block.y).sum(-1) > _FAR_APART).all()):
        return block.x
    torch.clamp(block.d, max=1.0, out=block.x)
    block.x.expm1_().mul_(block.teacher)
    # b - e a is positive just where d > 1, and there it is what the clamp took.
    torch.sub(block.student, block.teacher, alpha=e, out=block.y)
    return block.x.add_(block.y.relu_())


def _forward(block: Block, weight: float, wanted: Wanted) -> Found:  # noqa: ARG001 - one signature for all
    """Sum of a (eᵈ - 1 - d)."""
    a, _, d, _, y, _ = block
    moved = _difference(block)
    torch.mul(a, d, out=y)
    values = _total(torch.sub(moved, y, out=y))
    return Found(values, moved, d.add_(values).mul_(a).neg_() if wanted.teacher else None)


def _reverse(block: Block, weight: float, wanted: Wanted) -> Found:  # noqa: ARG001
    """Sum of b (e⁻ᵈ - 1 + d)."""
    _, b, d, _, y, _ = block
    moved = _difference(block)
    torch.mul(b, d, out=y)
    values = _total(torch.sub(y, moved, out=d))
    return Found(values, y.addcmul_(b, values, value=-1.0), moved.neg_() if wanted.teacher else None)


def _jeffreys(block: Block, weight: float, wanted: Wanted) -> Found:  # noqa: ARG001
    """Sum of (b - a) d."""
    a, b, d, _, y, _ = block
    moved = _difference(block)
    values = _total(torch.mul(moved, d, out=y))
    student = _centered(torch.mul(b, d, out=y), b).add_(moved) if wanted.student else None
    return Found(values, student, _centered(d.mul_(a), a).add_(moved).neg_() if wanted.teacher else None)


def _over_mixture(block: Block, weight: float, into: Tensor) -> None:
    """Write q with log(m/a) = max(d, 0) - q and log(b/m) = min(d, 0) + q, m = w a + (1 - w) b; y becomes (b - a)/m.

    q is log(1 + w (b - a)/m) above, and log(1 + (1 - w)(a - b)/m) below: never an exponential of anything positive.
    """
    moved = _difference(block)
    mixture = torch.lerp(block.student, block.teacher, weight, out=block.y)
    mixture.clamp_(min=torch.finfo(mixture.dtype).tiny)  # outcomes that nobody has
    torch.div(moved, mixture, out=block.y)
    into.copy_(block.y)
    torch.nn.functional.leaky_relu_(into, 1.0 - 1.0 / weight).mul_(weight).log1p_()


def _js(block: Block, weight: float, wanted: Wanted) -> Found:
    """Sum of (1 - w) b log(b/m) + w a log(a/m)."""
    if weight in (0.0, 1.0):  # the mixture is one of the two
        return _nothing(block, wanted)
    a, b, d, x, y, z = block
    _over_mixture(block, weight, z)
    high = torch.clamp(d, max=0.0, out=y).add_(z)
    low = d.clamp_(min=0.0).sub_(z)
    rest = 1.0 - weight
    values = _total(torch.mul(b, high, out=x).mul_(rest).addcmul_(a, low, value=-weight))
    student = _centered(high.mul_(b), b).mul_(rest) if wanted.student else None
    return Found(values, student, _centered(low.mul_(a), a).mul_(-weight) if wanted.teacher else None)


def _skew(block: Block, weight: float, wanted: Wanted) -> Found:
    """Sum of a (m/a - 1 - log(m/a))."""
    if weight == 0.0:
        return _forward(block, weight, wanted)
    if weight == 1.0:
        return _nothing(block, wanted)
    a, b, d, x, y, z = block
    _over_mixture(block, weight, z)
    low, rest = d.clamp_(min=0.0).sub_(z), 1.0 - weight
    values = _total(torch.mul(a, low, out=z).neg_().add_(x, alpha=rest))
    # a/m - 1 is -(1 - w) y.
    teacher = _centered(low.neg_().add_(y, alpha=weight * rest).mul_(a), a) if wanted.teacher else None
    return Found(values, _centered(y.mul_(b), b).mul_(rest * rest) if wanted.student else None, teacher)


def _nothing(block: Block, wanted: Wanted) -> Found:
    nothing = block.d.mul_(0.0)  # NaN where the rows are no laws
    return Found(_total(nothing), nothing if wanted.student else None, nothing if wanted.teacher else None)


FORMULAS: dict[str, Callable[[Block, float, Wanted], Found]] = {
    "forward": _forward,
    "reverse": _reverse,
    "jeffreys": _jeffreys,
    "js": _js,
    "skew": _skew,
}


def has_limit(direction: str, weight: float, /) -> Wanted:
    """Whether the value stays finite where the student, or the teacher, lacks an outcome that the other has."""
    if direction == "js" or (direction == "skew" and weight > 0.0):
        return Wanted(student=True, teacher=True)
    return Wanted(student=direction == "reverse", teacher=direction in ("forward", "skew"))
