"""How operations run: one by one or traced, seen or not, in which precision."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def is_transformed() -> bool:
    """Whether a transform of torch.func is at work."""
    return torch._C._are_functorch_transforms_active()  # noqa: SLF001 - torch's own test


def is_traced() -> bool:
    """Whether torch.compile or a transform of torch.func sees the operations instead of numbers."""
    return torch.compiler.is_compiling() or is_transformed()


def is_visible(tensor: Tensor, /) -> bool:
    """Whether looking at numbers is free: on a GPU it would wait for all work before it."""
    return tensor.device.type == "cpu" and not is_traced()


def work_dtype(*tensors: Tensor) -> torch.dtype:
    """Where sums are kept: float64 if anything is, else float32."""
    return torch.float64 if any(one.dtype == torch.float64 for one in tensors) else torch.float32


def is_cast(device: torch.device, /) -> bool:
    """Whether autocast is at work on a device."""
    return torch.amp.is_autocast_available(device.type) and torch.is_autocast_enabled(device.type)


def without_autocast(device: torch.device, /) -> AbstractContextManager[object]:
    """A place in which products keep the precision that they are given."""
    available = torch.amp.is_autocast_available(device.type)
    return torch.autocast(device.type, enabled=False) if available else nullcontext()
