"""Divergences of rows as a function that torch can differentiate, any number of times.

The gradient is computed with the value, block by block, and handed over at the first backward pass: the memory is that
of the gradient. A second pass computes it again. float16 computes it in the backward pass, where the factor that a loss
scaler brings is known, so that small slopes stay. Derivatives of derivatives go through plain operations.
"""

from typing import Any

import torch
from torch import Tensor

from kullback.nn.losses._modes import is_traced, is_visible, work_dtype
from kullback.nn.losses._options import Kind
from kullback.nn.losses._plain import plain_rows
from kullback.nn.losses._rows import Targets, row_values

_ROUNDING = 1e-6  # what dividing and multiplying by the same numbers may leave


def divergence_of_rows(
    student: Tensor, teacher: Tensor, kind: Kind, /, *, keep: Tensor | None, share: float = 1.0
) -> Tensor:
    """Divergences of rows of logits in nats, differentiable by both sides.

    Args:
        student: Logits, shape (..., vocabulary).
        teacher: Logits of the same shape.
        kind: Which divergence; the square of its temperature is not in the values.
        keep: Rows that count, shape (...); the others give 0.
        share: What the backward pass is expected to bring for each row. Where it does, nothing is left to do there.

    Returns:
        Shape (...), float32 or float64.
    """
    if is_traced():
        return plain_rows(student, teacher, kind, keep=keep)
    shape, entries = student.shape[:-1], student.shape[-1]
    flat = None if keep is None else keep.reshape(-1)
    sides = student.reshape(-1, entries), teacher.reshape(-1, entries)
    made: Tensor = _Rows.apply(*sides, flat, (kind, share, torch.is_grad_enabled()))  # type: ignore[no-untyped-call]
    return made.reshape(shape)


class _Rows(torch.autograd.Function):
    """Values forward, slopes backward."""

    @staticmethod
    def forward(
        ctx: Any, student: Tensor, teacher: Tensor, keep: Tensor | None, options: tuple[Kind, float, bool]
    ) -> Tensor:
        kind, share, recorded = options
        sides = (student.detach(), teacher.detach())
        early = recorded and torch.float16 not in (student.dtype, teacher.dtype)
        ctx.slopes = [
            torch.empty(side.shape, dtype=side.dtype, device=side.device) if early and needed else None
            for side, needed in zip(sides, ctx.needs_input_grad[:2], strict=True)
        ]
        ctx.kind, ctx.share = kind, share / kind.temperature or 1.0
        ctx.save_for_backward(student, teacher, keep)
        factors = None
        if ctx.share != 1.0:
            factors = torch.full(student.shape[:1], ctx.share, dtype=work_dtype(*sides), device=student.device)
        return row_values(*sides, kind, keep=keep, into=Targets(ctx.slopes[0], ctx.slopes[1], factors))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        student, teacher, keep = ctx.saved_tensors
        (gradient,) = gradients
        if torch.is_grad_enabled():
            return (*_through_plain(ctx, student, teacher, keep, gradient), None, None)
        factors = gradient / ctx.kind.temperature
        slopes, ctx.slopes = ctx.slopes, [None, None]
        if any(slope is not None for slope in slopes):
            return (*_scaled(slopes, factors / ctx.share, keep), None, None)
        made = [
            torch.empty_like(side) if needed else None
            for side, needed in zip((student, teacher), ctx.needs_input_grad[:2], strict=True)
        ]
        row_values(student, teacher, ctx.kind, keep=keep, into=Targets(made[0], made[1], factors))
        return (*made, None, None)


def _scaled(slopes: list[Tensor | None], ratios: Tensor, keep: Tensor | None) -> list[Tensor | None]:
    """Slopes times what the backward pass brought over what was expected, which is 1 more often than not."""
    if is_visible(ratios):
        off = (ratios - 1.0).abs()
        if bool((off if keep is None else off.masked_fill(~keep, 0.0)).amax() < _ROUNDING if len(off) else True):
            return slopes
    return [None if slope is None else slope.mul_(ratios[:, None]) for slope in slopes]


def _through_plain(
    ctx: Any, student: Tensor, teacher: Tensor, keep: Tensor | None, gradient: Tensor
) -> list[Tensor | None]:
    """Gradients that can be differentiated again."""
    needed = ctx.needs_input_grad[:2]
    wanted = [side for side, need in zip((student, teacher), needed, strict=True) if need]
    with torch.enable_grad():
        rows = plain_rows(student, teacher, ctx.kind, keep=keep)
        found = iter(torch.autograd.grad(rows, wanted, gradient, create_graph=True))
    return [next(found) if need else None for need in needed]
