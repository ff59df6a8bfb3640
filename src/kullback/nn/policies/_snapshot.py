"""The state of a model before a step: parameters that move, buffers that must not."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from kullback._core import InputError


class Snapshot:
    """Parameters and buffers as they were, to be put back bit for bit."""

    def __init__(self, parameters: list[Tensor], buffers: list[Tensor], /) -> None:
        self.parameters = parameters
        self._buffers = buffers
        self._kept = [[one.detach().clone() for one in group] for group in (parameters, buffers)]

    @property
    def size(self) -> int:
        """Numbers in all parameters."""
        return sum(one.numel() for one in self.parameters)

    def restore(self) -> None:
        """Put everything back."""
        _put_back(self.parameters, self._kept[0])
        self.restore_buffers()

    def restore_buffers(self) -> None:
        """Put back what evaluations of the model change on the way, such as running statistics."""
        _put_back(self._buffers, self._kept[1])

    @torch.no_grad()
    def move(self, step: Tensor, /) -> None:
        """Parameters as they were plus a step; buffers as they were."""
        self.restore()
        place = 0
        for one in self.parameters:
            one.add_(step[place : place + one.numel()].view_as(one).to(one.dtype))
            place += one.numel()


@torch.no_grad()
def _put_back(tensors: list[Tensor], kept: list[Tensor]) -> None:
    for one, value in zip(tensors, kept, strict=True):
        one.copy_(value)


def read_parameters(parameters: nn.Module | Iterable[Tensor], buffers: Iterable[Tensor] | None, /) -> Snapshot:
    """The tensors that a step may move, each once, and the buffers to guard.

    Raises:
        InputError: No floating leaf tensors that want gradients.
    """
    guarded = list(buffers) if buffers is not None else []
    if isinstance(parameters, nn.Module):
        guarded = [*guarded, *parameters.buffers()]
        found: list[Any] = [one for one in parameters.parameters() if one.requires_grad]
    elif isinstance(parameters, Tensor):
        found = [parameters]
    else:
        found = list(parameters)
    found = list({id(one): one for one in found}.values())
    for one in found:
        if not isinstance(one, Tensor) or not one.is_leaf or not one.requires_grad or not one.is_floating_point():
            raise InputError(
                f"parameters hold a {type(one).__name__} that is no floating leaf tensor with requires_grad. Give a "
                "module, or the parameters of the policy."
            )
    if not found:
        raise InputError("parameters hold no tensor that wants gradients. Give the policy's module or its parameters.")
    return Snapshot(found, guarded)
