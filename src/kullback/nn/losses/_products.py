"""Matrix products between hidden states and an unembedding, accumulated in float32 whatever comes in.

Halves are widened in blocks of the vocabulary, so that no float32 copy of the unembedding is made; on a GPU the
product takes halves and returns float32.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

_BLOCK = 2**23  # numbers of the unembedding that are widened at a time


@dataclass(frozen=True)
class Side:
    """Hidden states (rows, width), an unembedding (vocabulary, width), and its bias (vocabulary,) or None."""

    hidden: Tensor
    weight: Tensor
    bias: Tensor | None

    def tensors(self) -> tuple[Tensor, Tensor, Tensor | None]:
        """All three."""
        return self.hidden, self.weight, self.bias


def _blocks(weight: Tensor, dtype: torch.dtype) -> Iterator[slice]:
    widened = weight.dtype != dtype and not weight.is_cuda
    size = max(1, _BLOCK // max(weight.shape[1], 1)) if widened else len(weight)
    return (slice(start, start + size) for start in range(0, len(weight), size))


def write_logits(side: Side, rows: slice, into: Tensor, /) -> None:
    """Logits of some rows, float32 or float64; outcomes beyond the side's vocabulary become -inf."""
    hidden, size = side.hidden[rows], len(side.weight)
    for block in _blocks(side.weight, into.dtype):
        _write_product(hidden, side.weight[block].t(), into[:, block.start : min(block.stop, size)])
    into[:, size:] = -torch.inf
    if side.bias is not None:
        into[:, :size] += side.bias


def _write_product(left: Tensor, right: Tensor, into: Tensor) -> None:
    """Left times right in the dtype of what it is written to."""
    if left.is_cuda and left.dtype == right.dtype != into.dtype:
        if into.is_contiguous():
            torch.mm(left, right, out_dtype=into.dtype, out=into)
        else:
            into.copy_(torch.mm(left, right, out_dtype=into.dtype))
    else:
        torch.mm(left.to(into.dtype), right.to(into.dtype), out=into)


@dataclass(frozen=True)
class Gradients:
    """What is added up over chunks: by hidden states (in their dtype), unembedding and bias; None unless wanted."""

    hidden: Tensor | None
    weight: Tensor | None
    bias: Tensor | None


def add_gradients(side: Side, rows: slice, slopes: Tensor, into: Gradients, /) -> None:
    """Add what the slopes by the logits of some rows make of the gradients.

    Args:
        side: The side.
        rows: Which rows.
        slopes: Shape (rows, at least the side's vocabulary), float32 or float64.
        into: Where; the weight's and the bias's gradients in the dtype of `slopes`.
    """
    slopes, hidden = slopes[:, : len(side.weight)], side.hidden[rows]
    if into.bias is not None:
        into.bias.add_(slopes.sum(0))
    if slopes.is_cuda and hidden.dtype == side.weight.dtype != slopes.dtype:
        _add_narrow(side.weight, hidden, slopes, rows, into)
        return
    by_hidden = torch.zeros(hidden.shape, dtype=slopes.dtype, device=slopes.device) if into.hidden is not None else None
    hidden = hidden.to(slopes.dtype)
    for block in _blocks(side.weight, slopes.dtype):
        if into.weight is not None:
            into.weight[block].addmm_(slopes[:, block].t(), hidden)
        if by_hidden is not None:
            by_hidden.addmm_(slopes[:, block], side.weight[block].to(slopes.dtype))
    if into.hidden is not None and by_hidden is not None:
        into.hidden[rows] = by_hidden


def _add_narrow(weight: Tensor, hidden: Tensor, slopes: Tensor, rows: slice, into: Gradients) -> None:
    """The same on a GPU with halves: slopes are rounded once, sums stay in float32."""
    wide, scale = slopes.dtype, None
    if hidden.dtype == torch.float16:  # it has no room for small slopes
        scale = slopes.abs().amax().clamp(min=torch.finfo(wide).tiny)
        slopes = slopes / scale
    narrow = slopes.to(hidden.dtype)
    if into.weight is not None:
        if scale is None:
            torch.addmm(into.weight, narrow.t(), hidden, out_dtype=wide, out=into.weight)
        else:
            into.weight.add_(torch.mm(narrow.t(), hidden, out_dtype=wide) * scale)
    if into.hidden is not None:
        found = torch.mm(narrow, weight, out_dtype=wide)
        into.hidden[rows] = found if scale is None else found * scale
