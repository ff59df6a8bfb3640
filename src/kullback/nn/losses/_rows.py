"""Divergences of rows of logits and their slopes, block by block: no more memory than what is returned.

A block of a few rows stays in the processor's cache through all steps, so the logits are read from memory once.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from kullback.nn.losses._directions import FORMULAS, Slopes, Wanted, has_limit
from kullback.nn.losses._options import Kind
from kullback.nn.losses._pairs import infinite, masked_pair, plain_pair

# Entries of a block: a megabyte of floats on a CPU; many more where each step is a launch.
_CACHED, _LAUNCHED = 2**18, 2**25


@dataclass(frozen=True)
class Targets:
    """Where slopes go, times a factor for each row; None where nobody asks.

    Attributes:
        student: Buffer of shape (rows, vocabulary); may be the student's logits themselves.
        teacher: The same for the teacher.
        factors: Numbers of shape (rows,) that slopes are multiplied by before they are rounded; None for 1.
    """

    student: Tensor | None = None
    teacher: Tensor | None = None
    factors: Tensor | None = None


def work_dtype(*tensors: Tensor) -> torch.dtype:
    """Where sums are kept: float64 if anything is, else float32."""
    return torch.float64 if any(one.dtype == torch.float64 for one in tensors) else torch.float32


def row_values(student: Tensor, teacher: Tensor, kind: Kind, /, *, keep: Tensor | None, into: Targets) -> Tensor:
    """Divergences of rows, with slopes by the logits (not divided by the temperature) written into the targets.

    Args:
        student: Logits, shape (rows, vocabulary), of any float dtype.
        teacher: Logits of the same shape.
        kind: Which divergence.
        keep: Rows that count, shape (rows,); the others give 0 and slope 0, whatever they hold.
        into: Where slopes go.

    Returns:
        Values in nats, shape (rows,), float32 or float64; NaN for a row without a law.
    """
    if student.is_cuda:
        from kullback.nn import _kernels  # noqa: PLC0415 - loaded where there is a GPU

        if _kernels.available(student):
            return _launched(student, teacher, kind, keep=keep, into=into)
    values = torch.empty(student.shape[0], dtype=work_dtype(student, teacher), device=student.device)
    entries = _CACHED if student.device.type == "cpu" else _LAUNCHED
    size = max(1, entries // max(student.shape[1], 1))
    block = _Block(kind, into, plain=student.device.type == "cpu")
    for start in range(0, student.shape[0], size):
        rows = slice(start, start + size)
        block.run(student[rows], teacher[rows], None if keep is None else keep[rows], rows, values)
    return values


def _launched(student: Tensor, teacher: Tensor, kind: Kind, *, keep: Tensor | None, into: Targets) -> Tensor:
    """The same by one kernel on a GPU."""
    from kullback.nn import _kernels  # noqa: PLC0415

    factors = torch.ones(len(student), device=student.device) if into.factors is None else into.factors.float()
    return _kernels.rows(
        student,
        teacher,
        direction=kind.direction,
        weight=kind.weight,
        temperature=kind.temperature,
        scale=factors if keep is None else torch.where(keep, factors, 0.0),
        out=into.student,
        teacher_out=into.teacher,
        want_student=into.student is not None,
        want_teacher=into.teacher is not None,
    )


class _Block:
    """The steps of one block after another; it remembers whether a block had masked outcomes."""

    def __init__(self, kind: Kind, into: Targets, *, plain: bool) -> None:
        self.kind, self.into, self.plain = kind, into, plain
        self.wanted = Wanted(into.student is not None, into.teacher is not None)
        self.formula = FORMULAS[kind.direction]

    def run(self, student: Tensor, teacher: Tensor, keep: Tensor | None, rows: slice, values: Tensor) -> None:
        """One block: values of its rows, and their slopes."""
        s, t = (self._soft(side, values.dtype) for side in (student, teacher))
        if keep is not None and self.plain and not bool(keep.all()):
            # Rows that do not count may hold anything: here they hold zeros.
            s, t = (torch.where(keep[:, None], side, 0.0) for side in (s, t))
        value, slopes = self._any(s, t)
        value = value.squeeze(-1).clamp(min=0.0)
        values[rows] = value if keep is None else torch.where(keep, value, 0.0)
        self._write(slopes, keep, rows)

    def _soft(self, logits: Tensor, dtype: torch.dtype) -> Tensor:
        logits = logits.to(dtype)
        return logits if self.kind.temperature == 1.0 else logits / self.kind.temperature

    def _any(self, s: Tensor, t: Tensor) -> tuple[Tensor, Slopes]:
        if self.plain:
            value, slopes = self.formula(plain_pair(s, t), self.kind.weight, self.wanted)
            if bool(torch.isfinite(value).all()):
                return value, slopes
            # Whoever masks one row masks most of them.
            self.plain = False
        pair, lost = masked_pair(s, t)
        value, slopes = self.formula(pair, self.kind.weight, self.wanted)
        gone = infinite(lost, has_limit(self.kind.direction, self.kind.weight))
        keeps_student = self.kind.direction in ("forward", "skew")  # its slope is b - a even there
        student = slopes.student if keeps_student or slopes.student is None else slopes.student.masked_fill(gone, 0.0)
        teacher = None if slopes.teacher is None else slopes.teacher.masked_fill(gone, 0.0)
        return value.masked_fill(gone, torch.inf), Slopes(student, teacher)

    def _write(self, slopes: Slopes, keep: Tensor | None, rows: slice) -> None:
        for slope, target in ((slopes.student, self.into.student), (slopes.teacher, self.into.teacher)):
            if slope is None or target is None:
                continue
            if self.into.factors is not None:
                slope = slope * self.into.factors[rows, None]  # noqa: PLW2901
            if keep is not None:
                slope = slope.masked_fill(~keep[:, None], 0.0)  # noqa: PLW2901
            target[rows] = slope
