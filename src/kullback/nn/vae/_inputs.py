"""What every function of this part checks about the tensors that it is given."""

import math
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError, is_concrete


def check_tensor(value: Any, name: str, /) -> Tensor:
    """The value, if it is a tensor of floats."""
    if not isinstance(value, Tensor):
        raise InputError(f"{name} is a {type(value).__name__}. A torch tensor of floats is needed. Convert it first.")
    if not value.is_floating_point():
        raise InputError(f"{name} has the dtype {value.dtype}. Floats are needed. Use {name}.float().")
    return value


def can_look(value: Tensor, /) -> bool:
    """Whether looking at the numbers costs nothing: on a CPU, and not while torch traces a function."""
    return value.device.type == "cpu" and not torch.compiler.is_compiling() and is_concrete(value)


def check_finite(value: Tensor, name: str, /) -> None:
    """Refuse NaN and infinities where it can be seen."""
    if not can_look(value):
        return
    # A finite sum says that all entries are, without an array in between; the sum of finite entries may overflow.
    if bool(value.detach().sum().isfinite()) or bool(value.isfinite().all()):
        return
    nan, infinite = int(value.isnan().sum()), int(value.isinf().sum())
    raise InputError(
        f"{name} has {nan} NaN and {infinite} infinite entries of {value.numel()}. Finite numbers are needed. Look for "
        "a learning rate that is too high, or for an overflow in half precision."
    )


def check_floats(value: Any, name: str, /) -> Tensor:
    """The value, if it is a tensor of finite floats."""
    tensor = check_tensor(value, name)
    check_finite(tensor, name)
    return tensor


def read_together(values: dict[str, Any], /) -> list[Tensor]:
    """Tensors of finite floats by name, and numbers brought to the device of the first, that broadcast together."""
    tensors = [check_tensor(value, name) for name, value in values.items() if not _is_number(value)]
    dtype = widest(tensors)
    read = [
        # Filled in place: a copy from the host would make a GPU wait.
        torch.full((), check_number(value, name, low=-math.inf), dtype=dtype, device=tensors[0].device)
        if _is_number(value)
        else check_floats(value, name)
        for name, value in values.items()
    ]
    check_broadcast(read, list(values))
    return read


def widest(tensors: Iterable[Tensor], /) -> torch.dtype:
    """The widest float type among tensors, float32 at least: half precision overflows and loses digits."""
    return reduce(torch.promote_types, (one.dtype for one in tensors), torch.float32)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_broadcast(tensors: Sequence[Tensor], names: Sequence[str], /) -> None:
    """Refuse shapes that do not broadcast against each other."""
    try:
        torch.broadcast_shapes(*(one.shape for one in tensors))  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        shapes = ", ".join(f"{name} {tuple(one.shape)}" for name, one in zip(names, tensors, strict=True))
        raise InputError(f"the shapes do not fit: {shapes}. Shapes that broadcast are needed.") from error


def check_mask(mask: Any, rows: torch.Size, /) -> Tensor | None:
    """The mask, if it says True or False for every example."""
    if mask is None:
        return None
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        kind = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
        raise InputError(f"mask is {kind}. A tensor of booleans is needed, True where an example counts.")
    if mask.shape != rows:
        raise InputError(
            f"mask has the shape {tuple(mask.shape)} and the examples {tuple(rows)}. One entry for each example is "
            "needed, none for the dimensions."
        )
    return mask


def check_number(value: Any, name: str, /, *, low: float = 0.0, high: float = math.inf) -> float:
    """The value as a float, if it is a finite number between two bounds."""
    if not _is_number(value) or not low <= value <= high or math.isinf(value):
        least = "" if math.isinf(low) else f" of at least {low:g}"
        needed = least if math.isinf(high) else f" from {low:g} to {high:g}"
        raise InputError(f"{name} is {value!r}. A finite number{needed} is needed.")
    return float(value)
