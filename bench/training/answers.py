"""The contenders of the cases: each takes logits of student and teacher and gives the mean over rows, T = 1."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from bench.training.losses import BETAS

Answer = Callable[[Tensor, Tensor], Tensor]


def make(name: str, direction: str) -> Answer | None:
    """The function of a contender; None where it has no such divergence."""
    return _CONTENDERS[name](direction)


def _plain(direction: str) -> Answer:
    """With probabilities as the target, as tutorials have it."""

    def divergence(log_q: Tensor, p: Tensor) -> Tensor:
        return F.kl_div(log_q, p, reduction="batchmean")

    def answer(student: Tensor, teacher: Tensor) -> Tensor:
        s, t = (side.softmax(-1) for side in (student, teacher))
        if direction == "forward":
            return divergence(student.log_softmax(-1), t)
        if direction == "reverse":
            return divergence(teacher.log_softmax(-1), s)
        log_m = ((s + t) / 2).log()
        return (divergence(log_m, s) + divergence(log_m, t)) / 2

    return answer


def _trl(direction: str) -> Answer:
    """Generalized Jensen-Shannon divergence as its documentation gives it, both sides and the mixture as logarithms."""
    beta = BETAS[direction]

    def divergence(log_p: Tensor, log_q: Tensor) -> Tensor:
        return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)

    def answer(student: Tensor, teacher: Tensor) -> Tensor:
        s, t = (side.log_softmax(-1) for side in (student, teacher))
        if beta == 0.0:
            return divergence(t, s)
        if beta == 1.0:
            return divergence(s, t)
        m = torch.logaddexp(t + math.log(beta), s + math.log(1.0 - beta))
        return beta * divergence(t, m) + (1.0 - beta) * divergence(s, m)

    return answer


def _trl_float32(direction: str) -> Answer:
    inner = _trl(direction)
    return lambda student, teacher: inner(student.float(), teacher.float())


def _liger(direction: str) -> Answer:
    """Its chunked loss with the logits as hidden states and a unit matrix; outcomes that no row has by the bias."""
    from liger_kernel.chunked_loss import LigerFusedLinearJSDLoss  # noqa: PLC0415 - absent where others live

    loss = LigerFusedLinearJSDLoss(weight_hard_loss=0.0, weight_soft_loss=1.0, beta=BETAS[direction], compiled=False)

    def split(logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        gone = torch.isneginf(logits).all(0)
        bias = torch.where(gone, -torch.inf, 0.0).to(logits.dtype)
        return logits.masked_fill(gone, 0.0), torch.eye(logits.shape[1], dtype=logits.dtype), bias

    def answer(student: Tensor, teacher: Tensor) -> Tensor:
        (hidden, weight, bias), (other, other_weight, other_bias) = split(student), split(teacher.detach())
        labels = torch.zeros(len(hidden), dtype=torch.long)
        return loss(hidden, weight, other, other_weight, labels, bias, other_bias)

    return answer


def _torchmetrics(*, logarithms: bool) -> Callable[[str], Answer | None]:
    def of(direction: str) -> Answer | None:
        from torchmetrics.functional import kl_divergence  # noqa: PLC0415

        def answer(student: Tensor, teacher: Tensor) -> Tensor:
            s, t = (side.log_softmax(-1) if logarithms else side.softmax(-1) for side in (student, teacher))
            return kl_divergence(*((t, s) if direction == "forward" else (s, t)), log_prob=logarithms)

        return None if direction == "js" else answer

    return of


def _ours(direction: str) -> Answer:
    from kullback.nn import DistillationLoss, kl_loss  # noqa: PLC0415

    def answer(student: Tensor, teacher: Tensor) -> Tensor:
        if student.shape == teacher.shape:
            return kl_loss(student, teacher, direction=direction)
        return DistillationLoss(temperature=1.0, direction=direction)(student, teacher)

    return answer


_CONTENDERS: dict[str, Callable[[str], Answer | None]] = {
    "F.kl_div": _plain,
    "TRL's formula": _trl,
    "TRL's formula, float32 first": _trl_float32,
    "Liger": _liger,
    "torchmetrics": _torchmetrics(logarithms=False),
    "torchmetrics, log_prob": _torchmetrics(logarithms=True),
    "kullback": _ours,
}
