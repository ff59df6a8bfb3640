"""What the caller brought, as logits; what it cannot be is said here."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.losses._modes import is_visible, work_dtype
from kullback.nn.losses._top_k import TopKTeacher, labels_as_teacher

# How far from 1 a row of probabilities may add up: float32 sums of a large vocabulary, and halves.
_SUM, _HALF_SUM = 1e-3, 0.05
# Logits are tried for being probabilities in so many rows.
_TRIED = 8


class _Log(torch.autograd.Function):
    """log x, -inf at 0, where nothing flows back; elsewhere slopes stay finite."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.log()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:  # noqa: ARG004
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return torch.where(x > 0, gradients[0] / x.clamp(min=torch.finfo(x.dtype).tiny), 0.0)


def read_student(student: Any, given: str, keep: Callable[[Tensor], Tensor | None], /) -> tuple[Tensor, Tensor | None]:
    """The student's logits, shape (..., vocabulary), and the rows that count.

    Args:
        student: What came.
        given: What it should hold.
        keep: Gives the mask once the student is known to be a tensor.

    Raises:
        InputError: Not a float tensor, without a last axis, or not what `given` says.
    """
    _check_tensor("student", student)
    kept = keep(student)
    return _as_logits("student", student, given, kept), kept


def read_teacher(teacher: Any, student: Tensor, given: str, keep: Tensor | None, /) -> Tensor | TopKTeacher:
    """The teacher's logits of the student's shape, or what is known of its likeliest outcomes.

    Raises:
        InputError: Not a teacher for these rows.
    """
    if isinstance(teacher, Tensor) and not teacher.is_floating_point() and teacher.dtype != torch.bool:
        return labels_as_teacher(checked_labels(teacher, student, keep))
    if isinstance(teacher, TopKTeacher):
        check_top_k(teacher, student.shape[:-1], student.device, student.shape[-1])
        return teacher
    _check_tensor("teacher", teacher)
    if teacher.shape != student.shape:
        hint = (
            " DistillationLoss and FusedLinearKL take vocabularies of unequal size."
            if teacher.shape[:-1] == student.shape[:-1]
            else ""
        )
        raise InputError(
            f"student has shape {tuple(student.shape)}, teacher {tuple(teacher.shape)}. Give both as (..., vocabulary)"
            f", the same.{hint}"
        )
    if teacher.device != student.device:
        raise InputError(f"student is on {student.device}, teacher on {teacher.device}. Move one of them.")
    return _as_logits("teacher", teacher, given, keep)


def _check_tensor(name: str, value: Any) -> None:
    if not isinstance(value, Tensor):
        raise InputError(f"{name} is a {type(value).__name__}. Give a torch tensor of floats (..., vocabulary).")
    if value.layout != torch.strided:
        raise InputError(f"{name} has layout {value.layout}. Give a dense tensor: {name}.to_dense().")
    if not value.is_floating_point():
        raise InputError(f"{name} has dtype {value.dtype}. Give floats (..., vocabulary).")
    if value.dim() == 0 or value.shape[-1] == 0:
        raise InputError(f"{name} has shape {tuple(value.shape)}. Give (..., vocabulary) with at least one outcome.")


def checked_labels(labels: Tensor, student: Tensor, keep: Tensor | None, /) -> Tensor:
    """One label for each row; 0 where a row does not count.

    Raises:
        InputError: Another shape, or a label that the student does not have.
    """
    if labels.shape != student.shape[:-1]:
        raise InputError(
            f"teacher holds whole numbers of shape {tuple(labels.shape)}, read as one label for each of the rows "
            f"{tuple(student.shape[:-1])}. Give labels of that shape, or floats of shape {tuple(student.shape)}."
        )
    if keep is not None:
        labels = torch.where(keep, labels, 0)
    if is_visible(labels) and labels.numel():
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= student.shape[-1]:
            raise InputError(
                f"labels go from {low} to {high}, the vocabulary has {student.shape[-1]} outcomes. Mask the rows "
                "without a label, or use DistillationLoss, which ignores -100."
            )
    return labels


def check_top_k(teacher: TopKTeacher, shape: torch.Size, device: torch.device, entries: int, /) -> None:
    """Refuse a teacher that is not of these rows, or whose outcomes the student does not have.

    Raises:
        InputError: As said.
    """
    if teacher.indices.shape[:-1] != shape:
        raise InputError(
            f"student has rows {tuple(shape)}, the teacher's outcomes {tuple(teacher.indices.shape[:-1])}. Give k "
            "outcomes for each row."
        )
    if teacher.indices.device != device:
        raise InputError(f"student is on {device}, the teacher on {teacher.indices.device}. Use teacher.to(...).")
    if is_visible(teacher.indices) and teacher.indices.numel() and int(teacher.indices.max()) >= entries:
        raise InputError(
            f"the teacher names outcome {int(teacher.indices.max())}, the student has {entries}. Use one tokenizer for "
            "both."
        )


def _as_logits(name: str, value: Tensor, given: str, keep: Tensor | None) -> Tensor:
    if is_visible(value) and value.numel():
        seen = value.detach() if keep is None else value.detach()[keep]
        _CHECKS[given](name, seen.reshape(-1, value.shape[-1]))
    if given != "probs":
        return value
    made: Tensor = _Log.apply(value.to(work_dtype(value)))  # type: ignore[no-untyped-call]
    return made


def _check_log_probs(name: str, seen: Tensor) -> None:
    _check_total(name, torch.logsumexp(seen.to(work_dtype(seen)), -1).exp(), seen.dtype, "log_probs")


def _check_probs(name: str, seen: Tensor) -> None:
    if bool((seen < 0).any()):
        raise InputError(f"{name} holds {float(seen.min()):.6g}, but given='probs'. Probabilities are not negative.")
    _check_total(name, seen.to(work_dtype(seen)).sum(-1), seen.dtype, "probs")


def _check_total(name: str, total: Tensor, dtype: torch.dtype, given: str) -> None:
    off = (total - 1.0).abs()
    allowed = _HALF_SUM if dtype in (torch.float16, torch.bfloat16) else _SUM
    if bool((off > allowed).any()):  # NaN has an error of its own
        worst = float(total[off.nan_to_num(nan=0.0).argmax()])
        raise InputError(
            f"a row of {name} adds up to {worst:.6g}, but given={given!r} says that rows are "
            f"{'log ' if given == 'log_probs' else ''}probabilities. Normalize them, or say given='logits'."
        )


def _check_not_probabilities(name: str, logits: Tensor) -> None:
    """Logits that are nowhere negative and add up to 1 in each row are probabilities."""
    rows = logits[:_TRIED].to(work_dtype(logits))
    if (
        rows.shape[1] < 2
        or not len(rows)
        or bool((rows < 0).any())
        or (len(rows) == 1 and bool(((rows == 0) | (rows == 1)).all()))
    ):
        return
    allowed = _HALF_SUM / 5 if logits.dtype in (torch.float16, torch.bfloat16) else _SUM
    if bool(((rows.sum(-1) - 1.0).abs() <= allowed).all()):
        raise InputError(
            f"{name} holds probabilities (nowhere negative, every row adds up to 1), but given='logits', which would "
            "apply a softmax to them. Say given='probs'."
        )


_CHECKS = {"logits": _check_not_probabilities, "log_probs": _check_log_probs, "probs": _check_probs}


def check_rows(values: Tensor, sides: dict[str, Tensor], /) -> None:
    """Refuse values that are NaN and say which side made them so; on a CPU only, elsewhere they stay NaN.

    Raises:
        InputError: A row that counts holds NaN, +inf, or nothing finite.
    """
    if not is_visible(values):
        return
    bad = torch.isnan(values.detach()).flatten()
    if not bool(bad.any()):
        return
    row = int(bad.nonzero()[0])
    for name, side in sides.items():
        held = side.detach().reshape(-1, side.shape[-1])[row]
        if bool(torch.isnan(held).any()):
            raise InputError(f"row {row} of {name} holds NaN. Find where it comes from, or mask the row.")
        if bool((held == torch.inf).any()):
            raise InputError(f"row {row} of {name} holds +inf. Give finite numbers, and -inf for what is excluded.")
        if bool((held == -torch.inf).all()):
            raise InputError(f"row {row} of {name} excludes every outcome (all -inf). Allow one, or mask the row.")
    raise InputError(f"row {row} is beyond the range of {values.dtype}. Scale its logits down, or use float64.")
