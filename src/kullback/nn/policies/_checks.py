"""Checks that every part of policies makes of tensors; those that read numbers do so on the CPU alone."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError, is_concrete


def check_word(name: str, value: Any, allowed: Iterable[str], /) -> None:
    """Whether an option has one of the words allowed.

    Raises:
        InputError: It has not.
    """
    words = tuple(allowed)
    if value not in words:
        raise InputError(f"{name} is {value!r}. It must be one of {', '.join(map(repr, words))}.")


def check_number(name: str, value: Any, /, *, closed: bool = False) -> float:
    """A finite number above zero; zero itself where the interval is closed.

    Raises:
        InputError: It is not one, or lies outside.
    """
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is {value!r}. A number is needed.") from error
    if not 0.0 <= number < math.inf or not (number or closed):
        raise InputError(f"{name} is {value!r}. A finite number {'of at least' if closed else 'above'} 0 is needed.")
    return number


def check_count(name: str, value: Any, /, *, least: int = 1) -> int:
    """A whole number no smaller than `least`.

    Raises:
        InputError: It is not.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(f"{name} is {value!r}. A whole number of at least {least} is needed.")
    return value


def can_look(tensor: Tensor, /) -> bool:
    """Whether looking at the numbers costs no wait for a device and no break of a trace."""
    return tensor.device.type == "cpu" and is_concrete(tensor)


def check_float(name: str, value: Any, /) -> Tensor:
    """A floating tensor.

    Raises:
        InputError: It is something else.
    """
    if not isinstance(value, Tensor):
        raise InputError(f"{name} is a {type(value).__name__}. A torch tensor is needed.")
    if not value.is_floating_point():
        raise InputError(f"{name} has dtype {value.dtype}. A floating dtype is needed: convert it with .float().")
    return value


def widened(*tensors: Tensor) -> list[Tensor]:
    """The tensors in float32, or in float64 where one of them is."""
    wide = torch.float64 if any(one.dtype == torch.float64 for one in tensors) else torch.float32
    return [one.to(wide) for one in tensors]


def check_finite(name: str, value: Tensor, needed: str, /, *, where: Tensor | None = None) -> None:
    """Whether all numbers, or those at `where`, are finite, as far as one can look.

    Raises:
        InputError: Some are not; `needed` says what to do.
    """
    if not can_look(value) or (where is not None and not can_look(where)):
        return
    wrong = ~torch.isfinite(value)
    if where is not None:
        wrong = wrong & where
    if bool(wrong.any()):
        first = value[wrong][0].item()
        raise InputError(f"{name} has {int(wrong.sum())} entries that are not finite, the first is {first}. {needed}")


def check_same_shape(**tensors: Tensor) -> None:
    """Whether tensors, by name, have one shape.

    Raises:
        InputError: They have not.
    """
    (first, one), *others = tensors.items()
    for name, other in others:
        if other.shape != one.shape:
            raise InputError(
                f"{name} has shape {tuple(other.shape)} and {first} {tuple(one.shape)}. One shape is needed: "
                "a log-probability for each sampled action."
            )


def read_mask(mask: Any, like: Tensor, name: str, /) -> Tensor:
    """A mask of booleans, of the shape of a tensor; True counts.

    Raises:
        InputError: Its shape or dtype does not fit.
    """
    if mask is None:
        return torch.ones_like(like, dtype=torch.bool)
    if not isinstance(mask, Tensor) or mask.shape != like.shape:
        came = tuple(mask.shape) if isinstance(mask, Tensor) else type(mask).__name__
        raise InputError(f"mask is {came}. A tensor of the shape {tuple(like.shape)} of {name} is needed.")
    if mask.dtype == torch.bool:
        return mask
    if can_look(mask) and bool(((mask != 0) & (mask != 1)).any()):
        raise InputError(f"mask of {mask.dtype} holds other numbers than 0 and 1. Booleans are needed, True counts.")
    return mask != 0


def read_tokens(mask: Any, advice: str, /, **sides: Any) -> tuple[list[Tensor], Tensor]:
    """Log-probabilities of the same tokens by two sides in float64 on the CPU, and where they count.

    Args:
        mask: Booleans of the same shape, or None.
        advice: What to do about entries that are not finite.
        sides: The tensors by name, shape ``(sequences, time)`` or ``(tokens,)``.

    Raises:
        InputError: Types, shapes or entries do not fit.
    """
    for name, side in sides.items():
        check_float(name, side)
    check_same_shape(**sides)
    first, tensor = next(iter(sides.items()))
    if tensor.ndim not in {1, 2}:
        raise InputError(f"{first} has shape {tuple(tensor.shape)}. (sequences, time) or (tokens,) is needed.")
    counts = read_mask(mask, tensor, first).cpu()
    wide = [side.detach().cpu().double() for side in sides.values()]
    for name, side in zip(sides, wide, strict=True):
        check_finite(name, side, advice, where=counts)
    return wide, counts
