"""Who is timed: each takes a problem and gives the loss and the gradients of the student's hidden states and layer."""

import math
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import torch
from torch import Tensor

from bench.training_gpu.problems import Problem

Answer = tuple[Tensor, Tensor, Tensor]
Provider = Callable[[Problem], Answer]
OURS, FLOOR = "kullback", "4 products"
# Of the generalized Jensen-Shannon divergence of Liger.
_BETAS = {"forward": 0.0, "reverse": 1.0, "js": 0.5}
# Rows of the products that are the floor: more of them gain nothing.
_ROWS = 8192


def providers(direction: str) -> dict[str, Provider]:
    """All that answer in this direction, ours first, the floor last."""
    found = {OURS: ours(direction), "torch eager": eager(direction), "torch.compile": compiled(direction)}
    if find_spec("liger_kernel") is not None and direction in _BETAS:
        found |= {"Liger, Triton": liger_triton(direction), "Liger, chunked and compiled": liger_chunked(direction)}
    return {**found, FLOOR: products}


def ours(direction: str, chunk: int | None = None) -> Provider:
    """The fused loss of kullback."""
    from kullback.nn import FusedLinearKL  # noqa: PLC0415 - not for those who only want the rest

    loss = FusedLinearKL(direction=direction, chunk=chunk)
    return lambda one: _answer(loss(one.hidden, one.weight, one.teacher_hidden, one.teacher_weight), one)


def eager(direction: str) -> Provider:
    """What people write."""
    return lambda one: _answer(naive(one, direction), one)


def compiled(direction: str) -> Provider:
    """The same through torch.compile."""
    loss = torch.compile(naive, dynamic=False)
    return lambda one: _answer(loss(one, direction), one)


def naive(one: Problem, direction: str) -> Tensor:
    """Mean divergence over the tokens, from logits as the product gives them; at least in float32 from there."""
    s, t = one.hidden @ one.weight.T, one.teacher_hidden @ one.teacher_weight.T
    b, a = (side.to(torch.promote_types(side.dtype, torch.float32)).log_softmax(-1) for side in (s, t))
    m = torch.logaddexp(a, b) - math.log(2.0)
    parts = {
        "forward": ((1.0, a, b),),
        "reverse": ((1.0, b, a),),
        "jeffreys": ((1.0, a, b), (1.0, b, a)),
        "js": ((0.5, a, m), (0.5, b, m)),
        "skew": ((1.0, a, m),),
    }[direction]
    return sum((share * (p.exp() * (p - q)).sum(-1).mean() for share, p, q in parts), torch.zeros((), device=s.device))


def liger_triton(direction: str) -> Provider:
    """Liger's kernel."""
    from liger_kernel.transformers.fused_linear_jsd import LigerFusedLinearJSD  # noqa: PLC0415

    loss = LigerFusedLinearJSD(jsd_beta=_BETAS[direction])
    return lambda one: _answer(loss(one.hidden, one.weight, one.teacher_hidden, one.teacher_weight, None), one)


def liger_chunked(direction: str) -> Provider:
    """Liger's chunks of compiled operations, with the divergence alone."""
    from liger_kernel.chunked_loss import LigerFusedLinearJSDLoss  # noqa: PLC0415

    loss = LigerFusedLinearJSDLoss(weight_hard_loss=0.0, weight_soft_loss=1.0, beta=_BETAS[direction], compiled=True)

    def run(one: Problem) -> Answer:
        labels = torch.zeros(len(one.hidden), dtype=torch.long, device=one.hidden.device)
        found = loss(one.hidden, one.weight, one.teacher_hidden, one.teacher_weight, labels, None, None)
        return _answer(found[0] if isinstance(found, tuple) else found, one)

    return run


def products(one: Problem) -> Answer:
    """Both logits and both gradients from any numbers: the work that is left if all else costs nothing."""
    h, w, th, tw = (side.detach() for side in (one.hidden, one.weight, one.teacher_hidden, one.teacher_weight))
    hidden, weight = torch.empty_like(h), torch.zeros_like(w)
    s, t = _buffers(min(len(h), _ROWS), len(w), h.dtype, h.device)
    for start in range(0, len(h), _ROWS):
        rows = slice(start, start + _ROWS)
        count = len(h[rows])
        torch.mm(h[rows], w.T, out=s[:count])
        torch.mm(th[rows], tw.T, out=t[:count])
        torch.mm(s[:count], w, out=hidden[rows])
        weight.addmm_(s[:count].T, h[rows])
    return hidden.new_zeros(()), hidden, weight


@cache
def _buffers(rows: int, columns: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    return torch.empty(rows, columns, dtype=dtype, device=device), torch.empty(
        rows, columns, dtype=dtype, device=device
    )


def forget() -> None:
    """Free what the floor keeps from call to call."""
    _buffers.cache_clear()


def _answer(loss: Tensor, one: Problem) -> Answer:
    return (loss.detach(), *torch.autograd.grad(loss, (one.hidden, one.weight)))
