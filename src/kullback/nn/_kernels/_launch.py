"""Where the kernels can run, and how they are started."""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module

import torch
from torch import Tensor

from kullback._core import InputError

DIRECTIONS = ("forward", "reverse", "jeffreys", "js", "skew")
_DTYPES = (torch.float32, torch.bfloat16, torch.float16)
_MIXTURES = ("js", "skew")
_BLOCK = 4096


def available(tensor: Tensor, /) -> bool:
    """Whether rows of this tensor can go to the kernels: on a CUDA device, of at most 32 bits, and Triton is there."""
    return tensor.is_cuda and tensor.dtype in _DTYPES and _has_triton()


@cache
def _has_triton() -> bool:
    try:
        language = import_module("triton.language")
    except ImportError:
        return False
    return hasattr(language, "tuple")  # Triton 3.2 and older cannot compile these kernels


def rows(
    student: Tensor,
    teacher: Tensor,
    /,
    *,
    direction: str,
    weight: float,
    temperature: float,
    scale: Tensor,
    out: Tensor | None = None,
    teacher_out: Tensor | None = None,
    want_student: bool = True,
    want_teacher: bool = False,
    block: int | None = None,
) -> Tensor:
    r"""Divergences of rows of logits, and their gradients written over the logits or into other tensors.

    With $a = \log\mathrm{softmax}(t/T)$ and $b = \log\mathrm{softmax}(s/T)$: ``forward`` D(a‖b), ``reverse`` D(b‖a),
    ``jeffreys`` their sum, ``js`` w D(a‖m) + (1-w) D(b‖m), ``skew`` D(a‖m), where m = w a + (1-w) b.

    Args:
        student: Logits s, shape ``(n, v)``, float32, bfloat16 or float16.
        teacher: Logits t, same shape; its dtype may differ.
        direction: One of the five words.
        weight: Weight w of the teacher in the mixture, in [0, 1]; used by ``js`` and ``skew``.
        temperature: T > 0, divides the logits.
        scale: Factor of each row's gradient, shape ``(n,)``. Rows of scale zero are not read: their value and gradient
            are zero whatever they hold.
        out: Where the gradient for the student goes; None: over `student`.
        teacher_out: Where the gradient for the teacher goes; None: over `teacher`.
        want_student: Whether the gradient for the student is written.
        want_teacher: Whether the gradient for the teacher is written.
        block: Outcomes per step, a power of two; None: by the size of the vocabulary.

    Returns:
        Divergences in nats, float32, shape ``(n,)``, without `scale` and without T². The gradients written are
        ``scale * ∂value/∂(logits / T)``: the 1/T of the chain rule belongs into `scale`.

    Raises:
        InputError: The direction is unknown.

    Note:
        Nothing waits for the device. Sums are float32 over terms of one sign, so no value is negative, and pairs
        nearly equal keep their digits. Teacher mass where the student has -inf: forward gives +inf (mass that
        underflows float32 counts as none), and so does reverse the other way round. Such rows have gradient zero, but
        for that of forward for the student, which stays finite. A row that is -inf throughout, or holds NaN, gives NaN.
        Logits are read twice, or three times where the gradient needs the value.
    """
    if direction not in DIRECTIONS:
        raise InputError(f"direction is {direction!r}. Give one of {', '.join(DIRECTIONS)}.")
    if direction == "skew" and weight == 0.0:
        direction = "forward"  # the mixture is the student
    elif direction in _MIXTURES and weight in (0.0, 1.0):
        scale = torch.zeros_like(scale)  # the mixture is the side it is compared to
    source, reference = _adjacent(student), _adjacent(teacher)
    student_target = student if out is None else out
    teacher_target = teacher if teacher_out is None else teacher_out
    student_slope, teacher_slope = _spare(student_target), _spare(teacher_target)
    values = torch.empty(student.shape[0], dtype=torch.float32, device=student.device)
    with _on(student):
        _start(
            (source, reference, student_slope, teacher_slope),
            scale.float().contiguous(),
            values,
            rates=(1.0 / temperature, weight, 1.0 - weight),
            direction=direction,
            wants=(want_student, want_teacher),
            block=block,
        )
    if want_student and student_slope is not student_target:
        student_target.copy_(student_slope)
    if want_teacher and teacher_slope is not teacher_target:
        teacher_target.copy_(teacher_slope)
    return values


def _adjacent(rows_of: Tensor, /) -> Tensor:
    """The tensor itself where outcomes of a row lie side by side."""
    return rows_of if rows_of.stride(-1) == 1 else rows_of.contiguous()


def _spare(target: Tensor, /) -> Tensor:
    """The target itself where outcomes of a row lie side by side, else new memory to be copied from."""
    return target if target.stride(-1) == 1 else torch.empty(target.shape, dtype=target.dtype, device=target.device)


def _on(tensor: Tensor, /) -> AbstractContextManager[object]:
    """Kernels start on the current device: make it the tensor's. Triton's interpreter takes tensors of the CPU."""
    return torch.cuda.device(tensor.device) if tensor.is_cuda else nullcontext()


def _start(
    tensors: tuple[Tensor, Tensor, Tensor, Tensor],
    scale: Tensor,
    values: Tensor,
    *,
    rates: tuple[float, float, float],
    direction: str,
    wants: tuple[bool, bool],
    block: int | None,
) -> None:
    """Start a program per row."""
    from kullback.nn._kernels._rows import divergence_rows  # noqa: PLC0415 - it imports Triton

    count, size = tensors[0].shape
    if count == 0:
        return
    width = block or min(_BLOCK, max(128, 1 << (size - 1).bit_length()))
    want_student, want_teacher = wants
    divergence_rows[(count,)](
        *tensors,
        scale,
        values,
        *(one.stride(0) for one in tensors),
        size,
        *rates,
        direction=direction,
        want_student=want_student,
        want_teacher=want_teacher,
        # This one gradient needs no sum over the row, so it is written while the value is summed.
        centered=want_teacher or (want_student and direction != "forward"),
        block=width,
        num_warps=_warps(width, tensors[0].dtype, direction),
    )


def _warps(width: int, dtype: torch.dtype, direction: str, /) -> int:
    """Warps of a program: 16 bytes a lane, and half of them where logarithms of mixtures need the registers."""
    heavy = dtype == torch.float32 and direction in _MIXTURES
    return max(1, min(16, width // 256)) * (2 if heavy else 1)
