"""Divergences of rows of logits and their slopes, block by block: no more memory than what is returned.

A block of a few rows stays in the processor's cache through all steps, so the logits are read from memory once.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from kullback.nn.losses._directions import FORMULAS, Block, Found, Wanted, has_limit
from kullback.nn.losses._modes import work_dtype
from kullback.nn.losses._options import Kind
from kullback.nn.losses._pairs import Pair, infinite, masked_pair, plain_pair

# Entries of a block: two megabytes of floats on a CPU; many more where each step is a launch.
_CACHED, _LAUNCHED = 2**19, 2**23


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

        if _kernels.available(student) and _kernels.available(teacher):
            return _launched(student, teacher, kind, keep=keep, into=into)
    values = torch.empty(student.shape[0], dtype=work_dtype(student, teacher), device=student.device)
    entries = _CACHED if student.device.type == "cpu" else _LAUNCHED
    size = max(1, min(len(student), entries // max(student.shape[1], 1)))
    blocks = _Blocks(size, values.new_empty(0, student.shape[1]), kind, into)
    for start in range(0, student.shape[0], size):
        rows = slice(start, min(start + size, len(student)))
        values[rows] = blocks.run(student[rows], teacher[rows], None if keep is None else keep[rows], rows)
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


class _Blocks:
    """The steps of one block after another, in the same room; it remembers whether a block had masked outcomes."""

    def __init__(self, size: int, like: Tensor, kind: Kind, into: Targets) -> None:
        self.kind, self.into, self.plain = kind, into, like.device.type == "cpu"
        self.wanted = Wanted(into.student is not None, into.teacher is not None)
        dtype = work_dtype(like)
        self.room = [torch.empty(size, like.shape[1], dtype=dtype, device=like.device) for _ in Block._fields]

    def run(self, student: Tensor, teacher: Tensor, keep: Tensor | None, rows: slice) -> Tensor:
        """Values of the block's rows; their slopes go where they belong."""
        picks = None
        if keep is not None and keep.device.type == "cpu":  # rows that do not count cost nothing
            picks, keep = (None if bool(keep.all()) else keep.nonzero().squeeze(-1)), None
        if picks is not None:
            student, teacher = student[picks], teacher[picks]
        found = self._found(student, teacher, keep, Block(*(one[: len(student)] for one in self.room)))
        self._write(found, rows, picks)
        values = found.values.squeeze(-1).clamp(min=0.0)
        if picks is None:
            return values if keep is None else torch.where(keep, values, 0.0)
        return values.new_zeros(rows.stop - rows.start).index_copy_(0, picks, values)

    def _found(self, student: Tensor, teacher: Tensor, keep: Tensor | None, room: Block) -> Found:
        kind = self.kind
        s, t = self._sides(student, teacher, keep, room)
        if self.plain:
            plain_pair(s, t, Pair(room.teacher, room.student, room.d))
            found = FORMULAS[kind.direction](room, kind.weight, self.wanted)
            if bool(torch.isfinite(found.values).all()):
                return found
            self.plain = False  # whoever masks one row masks most of them
            s, t = self._sides(student, teacher, keep, room)
        pair, lost = masked_pair(s, t)
        found = FORMULAS[kind.direction](Block(*pair, *room[3:]), kind.weight, self.wanted)
        gone = infinite(lost, has_limit(kind.direction, kind.weight))
        if found.student is not None and kind.direction not in ("forward", "skew"):  # there it is b - a, finite anyway
            found.student.masked_fill_(gone, 0.0)
        if found.teacher is not None:
            found.teacher.masked_fill_(gone, 0.0)
        return Found(found.values.masked_fill(gone, torch.inf), found.student, found.teacher)

    def _sides(self, student: Tensor, teacher: Tensor, keep: Tensor | None, room: Block) -> tuple[Tensor, Tensor]:
        """Logits over the temperature, in the precision of sums; rows that do not count are equal on both sides."""
        sides = self._soft(student, room.x), self._soft(teacher, room.y)
        if keep is None:
            return sides
        return torch.where(keep[:, None], sides[0], 0.0), torch.where(keep[:, None], sides[1], 0.0)

    def _soft(self, logits: Tensor, room: Tensor) -> Tensor:
        if self.kind.temperature == 1.0 and logits.dtype == room.dtype:
            return logits
        if logits.dtype == room.dtype:
            return torch.div(logits, self.kind.temperature, out=room)
        return room.copy_(logits).div_(self.kind.temperature)  # one by one, as both at once would divide halves

    def _write(self, found: Found, rows: slice, picks: Tensor | None) -> None:
        factors = None if self.into.factors is None else self.into.factors[rows, None]
        for slope, target in ((found.student, self.into.student), (found.teacher, self.into.teacher)):
            if slope is None or target is None:
                continue
            if picks is not None:
                target[rows] = 0.0
                target[rows][picks] = (slope if factors is None else slope.mul_(factors[picks])).to(target.dtype)
            elif factors is None:
                target[rows] = slope
            elif target.dtype == slope.dtype:
                torch.mul(slope, factors, out=target[rows])
            else:
                target[rows] = slope.mul_(factors)
