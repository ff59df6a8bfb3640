"""Who runs the operations: torch one by one, or something that traces them."""

import torch
from torch import Tensor


def is_traced() -> bool:
    """Whether torch.compile or a transform of torch.func sees the operations instead of numbers."""
    return torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active()  # noqa: SLF001 - torch's own test


def is_visible(tensor: Tensor, /) -> bool:
    """Whether looking at numbers is free: on a GPU it would wait for all work before it."""
    return tensor.device.type == "cpu" and not is_traced()
