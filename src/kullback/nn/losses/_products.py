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
    size = len(weight) if weight.dtype == dtype else max(1, _BLOCK // max(weight.shape[1], 1))
    return (slice(start, start + size) for start in range(0, len(weight), size))


def _product(left: Tensor, right: Tensor, dtype: torch.dtype) -> Tensor:
    """Left times right in `dtype`."""
    if left.dtype == right.dtype == dtype:
        return torch.mm(left, right)
    if left.is_cuda and left.dtype == right.dtype and dtype == torch.float32:
        return torch.mm(left, right, out_dtype=torch.float32)
    return torch.mm(left.to(dtype), right.to(dtype))


def write_logits(side: Side, rows: slice, into: Tensor, /) -> None:
    """Logits of some rows, float32 or float64; outcomes beyond the side's vocabulary become -inf."""
    hidden, size = side.hidden[rows], len(side.weight)
    for block in _blocks(side.weight, into.dtype):
        if hidden.dtype == into.dtype and side.weight.dtype == into.dtype:
            torch.mm(hidden, side.weight.t(), out=into[:, :size])
        else:
            into[:, block.start : min(block.stop, size)] = _product(hidden, side.weight[block].t(), into.dtype)
    into[:, size:] = -torch.inf
    if side.bias is not None:
        into[:, :size] += side.bias


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
    by_hidden = None
    for block in _blocks(side.weight, slopes.dtype):
        part = slopes[:, block]
        if into.weight is not None:
            _add_product(into.weight[block], part.t(), hidden)
        if into.hidden is not None:
            found = _narrow_product(part, side.weight[block])
            by_hidden = found if by_hidden is None else by_hidden.add_(found)
    if into.hidden is not None and by_hidden is not None:
        into.hidden[rows] = by_hidden
    if into.bias is not None:
        into.bias.add_(slopes.sum(0))


def _add_product(into: Tensor, left: Tensor, right: Tensor) -> None:
    if right.dtype == into.dtype:
        into.addmm_(left, right)
    elif right.is_cuda:
        into += _narrow_product(left, right)
    else:
        into.addmm_(left, right.to(into.dtype))


def _narrow_product(slopes: Tensor, right: Tensor) -> Tensor:
    """Slopes times a matrix in the dtype of the slopes; on a GPU with halves, of which slopes keep their size."""
    if not right.is_cuda or right.dtype == slopes.dtype:
        return _product(slopes, right.to(slopes.dtype), slopes.dtype)
    if right.dtype == torch.bfloat16:
        return _product(slopes.to(torch.bfloat16), right, slopes.dtype)
    largest = slopes.abs().amax().clamp(min=torch.finfo(slopes.dtype).tiny)  # float16 has no room for small slopes
    return _product((slopes / largest).to(right.dtype), right, slopes.dtype) * largest
