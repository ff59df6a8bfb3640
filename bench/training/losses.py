"""The contenders of the races: each takes both sides, the student's with gradients, and gives the mean over rows.

A side is its logits alone, or hidden states and unembedding. All have the factor T², all leave the teacher frozen.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from bench.training.sizes import (
    COMPILED,
    FLOOR,
    LIGER,
    LIGER_EAGER,
    LIGER_SMALL,
    NAIVE,
    OURS,
    TEMPERATURE,
    Size,
)

Side = tuple[Tensor, ...]
Step = Callable[[Side, Side], tuple[Tensor, ...]]
# The teacher's weight in Liger's generalized Jensen-Shannon divergence, whose ends are the two others.
BETAS = {"forward": 0.0, "reverse": 1.0, "js": 0.5}
_LIGER_ROWS = {LIGER: 1024, LIGER_EAGER: 1024, LIGER_SMALL: 256}


def draw(size: Size) -> tuple[Side, Side]:
    """Student and teacher, logits of standard deviation 2."""
    chance = torch.Generator().manual_seed(size.rows + size.vocabulary)

    def normal(*shape: int, scale: float) -> Tensor:
        return torch.randn(*shape, generator=chance).mul_(scale).to(getattr(torch, size.dtype))

    def side() -> Side:
        if not size.width:
            return (normal(size.rows, size.vocabulary, scale=2.0),)
        scale = 2.0 * size.width**-0.5
        return normal(size.rows, size.width, scale=1.0), normal(size.vocabulary, size.width, scale=scale)

    return tuple(one.requires_grad_() for one in side()), side()


def make(name: str, direction: str) -> Step:
    """A call that gives the loss and the gradients of the student's tensors."""
    if name == FLOOR:
        return products
    loss = {NAIVE: _naive, COMPILED: _compiled, OURS: _ours}.get(name)
    made = loss(direction) if loss else _liger(direction, _LIGER_ROWS[name], name == LIGER)

    def step(student: Side, teacher: Side) -> tuple[Tensor, ...]:
        value = made(student, teacher)
        return (value.detach(), *torch.autograd.grad(value, student))

    return step


def _logits(side: Side) -> Tensor:
    return side[0] if len(side) == 1 else side[0] @ side[1].T


def _naive(direction: str) -> Callable[[Side, Side], Tensor]:
    """What people write."""

    def loss(student: Side, teacher: Side) -> Tensor:
        s = F.log_softmax(_logits(student) / TEMPERATURE, -1)
        with torch.no_grad():
            scaled = _logits(teacher) / TEMPERATURE
        if direction == "forward":
            return TEMPERATURE**2 * F.kl_div(s, F.softmax(scaled, -1), reduction="batchmean")
        t = F.log_softmax(scaled, -1)
        if direction == "reverse":
            return TEMPERATURE**2 * F.kl_div(t, s, reduction="batchmean", log_target=True)
        m = torch.logaddexp(s, t) - math.log(2.0)
        parts = [F.kl_div(m, side, reduction="batchmean", log_target=True) for side in (s, t)]
        return TEMPERATURE**2 * sum(parts) / 2

    return loss


def _compiled(direction: str) -> Callable[[Side, Side], Tensor]:
    return torch.compile(_naive(direction), dynamic=False)


def _ours(direction: str) -> Callable[[Side, Side], Tensor]:
    from kullback.nn import FusedLinearKL, kl_loss  # noqa: PLC0415 - the others are measured without it

    fused = FusedLinearKL(direction=direction, temperature=TEMPERATURE)

    def loss(student: Side, teacher: Side) -> Tensor:
        if len(student) == 1:
            return kl_loss(student[0], teacher[0], direction=direction, temperature=TEMPERATURE)
        return fused(*student, *teacher)

    return loss


def _liger(direction: str, rows: int, compiled: bool) -> Callable[[Side, Side], Tensor]:  # noqa: FBT001 - as Liger's
    """Its chunked loss without labels; of logits the formula that it applies to each chunk."""
    from liger_kernel.chunked_loss import LigerFusedLinearJSDLoss  # noqa: PLC0415 - absent where others live
    from liger_kernel.chunked_loss.jsd_loss import LigerFusedLinearJSDFunction  # noqa: PLC0415

    fused = LigerFusedLinearJSDLoss(
        weight_hard_loss=0.0,
        weight_soft_loss=TEMPERATURE**2,  # a factor outside would copy the gradients
        beta=BETAS[direction],
        temperature=TEMPERATURE,
        compiled=compiled,
        chunk_size=rows,
    )

    def loss(student: Side, teacher: Side) -> Tensor:
        if len(student) == 1:
            scaled = (side[0] / TEMPERATURE for side in (student, teacher))
            total = LigerFusedLinearJSDFunction.distillation_loss_fn(*scaled, beta=BETAS[direction])
            return TEMPERATURE**2 * total / len(student[0])
        return fused(*student, *teacher, torch.zeros(len(student[0]), dtype=torch.long))

    return loss


def products(student: Side, teacher: Side) -> tuple[Tensor, ...]:
    """Both logits and both gradients from any numbers: the work that is left if all else costs nothing."""
    hidden, weight = (one.detach() for one in student)
    s = hidden @ weight.T
    t = teacher[0] @ teacher[1].T
    return t[0, 0], s @ weight, s.T @ hidden
