"""From hidden states to a divergence without ever holding the logits of all rows."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.losses._modes import is_transformed, is_visible, without_autocast, work_dtype
from kullback.nn.losses._options import Kind
from kullback.nn.losses._plain import plain_rows
from kullback.nn.losses._plan import plan_chunk
from kullback.nn.losses._products import Gradients, Side, add_gradients, write_logits
from kullback.nn.losses._rows import Targets, row_values
from kullback.nn.losses._top_k import TopKTeacher, coarse_teacher, merged, row_blocks, spread
from kullback.nn.losses._vocabulary import aligned


@dataclass(frozen=True, eq=False)
class Job:
    """What is computed of hidden states.

    Attributes:
        kind: Which divergence.
        top: The teacher's likeliest outcomes, if that is all there is.
        keep: Rows that count, or None.
        divisor: What the sum of the rows is divided by.
        chunk: Rows whose logits are held at a time; None plans it.
        vocabulary: What unequal vocabularies do.
    """

    kind: Kind
    top: TopKTeacher | None
    keep: Tensor | None
    divisor: Tensor | float
    chunk: int | None
    vocabulary: str


def fused_total(student: Side, teacher: Side | None, job: Job, /) -> tuple[Tensor, Tensor]:
    """The sum of the rows' divergences, times T² and divided; and the rows.

    Args:
        student: Its hidden states, unembedding and bias.
        teacher: The same of the teacher; None where `job.top` stands for it.
        job: What is computed.

    Returns:
        A scalar that is differentiable by all tensors of both sides, and the rows' values without T².

    Raises:
        InputError: A transform of torch.func is at work.
    """
    if is_transformed():
        raise InputError(
            "FusedLinearKL makes its gradients itself, which torch.func cannot transform. Use kl_loss of the logits."
        )
    sides = (*student.tensors(), *(teacher.tensors() if teacher else (None, None, None)))
    total, rows = _Fused.apply(*sides, job, torch.is_grad_enabled())  # type: ignore[no-untyped-call]
    return total, rows


@dataclass
class _Run:
    """One pass over the chunks."""

    student: Side
    teacher: Side | None
    job: Job
    wanted: tuple[bool, ...]

    def __post_init__(self) -> None:
        """Shapes, and buffers for what is wanted."""
        sides = [self.student, *([self.teacher] if self.teacher else [])]
        self.rows = len(self.student.hidden)
        self.dtype = work_dtype(*(one for side in sides for one in side.tensors() if one is not None))
        sizes = [len(side.weight) for side in sides]
        self.entries = min(sizes) if self.job.vocabulary == "common" else max(sizes)
        self.gradients = tuple(self._buffers(side, self.wanted[3 * i : 3 * i + 3]) for i, side in enumerate(sides))
        divisor = torch.as_tensor(self.job.divisor, dtype=self.dtype, device=self.student.hidden.device)
        self.factor = self.job.kind.temperature / divisor  # T² of the loss over the T of the softened logits

    def _buffers(self, side: Side, wanted: tuple[bool, ...]) -> Gradients:
        hidden = torch.zeros_like(side.hidden) if wanted[0] else None
        weight = torch.zeros(side.weight.shape, dtype=self.dtype, device=side.weight.device) if wanted[1] else None
        bias = torch.zeros(len(side.weight), dtype=self.dtype, device=side.weight.device) if wanted[2] else None
        return Gradients(hidden, weight, bias)

    def values(self) -> Tensor:
        """The rows' divergences; what is wanted of the gradients lies in `gradients` afterwards."""
        device = self.student.hidden.device
        found = torch.zeros(self.rows, dtype=self.dtype, device=device)
        size = self.job.chunk or plan_chunk(
            self.rows,
            self.entries,
            itemsize=self.dtype.itemsize,
            on_cpu=device.type == "cpu",
            buffers=1 if self.teacher is None else 2,
        )
        shape = (min(size, self.rows), self.entries)
        buffers = [torch.empty(shape, dtype=self.dtype, device=device) for _ in self.gradients]
        with without_autocast(device):
            for start in range(0, self.rows, size):
                rows = slice(start, min(start + size, self.rows))
                found[rows] = self._chunk(rows, [buffer[: rows.stop - start] for buffer in buffers])
        return found

    def _chunk(self, rows: slice, buffers: list[Tensor]) -> Tensor:
        sides = (self.student, *([self.teacher] if self.teacher else []))
        for side, buffer in zip(sides, buffers, strict=True):
            write_logits(_shortened(side, self.entries), rows, buffer)
        needs = [any(one is not None for one in (part.hidden, part.weight, part.bias)) for part in self.gradients]
        values = self._slopes(rows, buffers, needs)
        for side, buffer, part, needed in zip(sides, buffers, self.gradients, needs, strict=True):
            if needed:
                add_gradients(_shortened(side, self.entries), rows, buffer, _first(part, self.entries))
        return values

    def _slopes(self, rows: slice, buffers: list[Tensor], needs: list[bool]) -> Tensor:
        """Values of a chunk; slopes take the place of the logits where they are needed."""
        keep = None if self.job.keep is None else self.job.keep[rows]
        factors = self.factor.expand(len(buffers[0]))
        if self.job.top is not None:
            return self._top_slopes(self.job.top[rows], buffers[0], keep, factors if needs[0] else None)
        student, teacher = buffers
        into = Targets(student if needs[0] else None, teacher if needs[1] else None, factors)
        return row_values(student, teacher, self.job.kind, keep=keep, into=into)

    def _top_slopes(self, top: TopKTeacher, logits: Tensor, keep: Tensor | None, factors: Tensor | None) -> Tensor:
        temperature = self.job.kind.temperature
        known = coarse_teacher(top, self.entries).to(self.dtype)
        values = torch.empty(len(logits), dtype=self.dtype, device=logits.device)
        kind = replace(self.job.kind, temperature=1.0)
        for rows in row_blocks(logits):
            kept = None if keep is None else keep[rows]
            made = merged(logits[rows], top.indices[rows], temperature, kept)
            slopes = torch.empty_like(made) if factors is not None else None
            into = Targets(slopes, None, None if factors is None else factors[rows] * temperature)
            values[rows] = row_values(made, known[rows], kind, keep=kept, into=into)
            if slopes is not None:
                slope = spread(logits[rows], top.indices[rows], made, slopes, temperature)
                logits[rows] = slope if kept is None else slope.masked_fill(~kept[:, None], 0.0)
        return values


def _shortened(side: Side, entries: int) -> Side:
    """The side with the first outcomes only."""
    if len(side.weight) <= entries:
        return side
    return Side(side.hidden, side.weight[:entries], None if side.bias is None else side.bias[:entries])


def _first(part: Gradients, entries: int) -> Gradients:
    weight, bias = (None if one is None else one[:entries] for one in (part.weight, part.bias))
    return Gradients(part.hidden, weight, bias)


class _Fused(torch.autograd.Function):
    """The total forward, with the gradients of all tensors made on the way; they are handed over backward."""

    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> tuple[Tensor, Tensor]:
        *tensors, job, recorded = arguments
        run = _run(tensors, job, ctx.needs_input_grad if recorded else (False,) * 6)
        rows = run.values()
        ctx.gradients, ctx.job = _flat(run, len(tensors)), job
        ctx.save_for_backward(*tensors)
        ctx.mark_non_differentiable(rows)
        return rows.sum() * job.kind.temperature**2 / job.divisor, rows

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor | None, ...]:
        tensors, factor = ctx.saved_tensors, outputs[0]
        if torch.is_grad_enabled():
            return (*_through_plain(tensors, ctx.job, ctx.needs_input_grad, factor), None, None)
        gradients, ctx.gradients = ctx.gradients, None
        if gradients is None:  # a second pass: the first one took them
            run = _run(tensors, ctx.job, ctx.needs_input_grad)
            run.values()
            gradients = _flat(run, len(tensors))
        found: list[Tensor | None] = []
        for tensor, gradient in zip(tensors, gradients, strict=True):
            scaled = gradient if gradient is None or _is_one(factor) else gradient.mul_(factor)
            found.append(None if scaled is None else scaled.to(tensor.dtype))
        return (*found, None, None)


def _is_one(factor: Tensor) -> bool:
    return is_visible(factor) and float(factor) == 1.0


def _run(tensors: Any, job: Job, needed: tuple[bool, ...]) -> _Run:
    plain: list[Any] = [None if one is None else one.detach() for one in tensors]
    teacher = None if plain[3] is None else Side(*plain[3:6])
    wanted = tuple(bool(need) for need in needed[:6])
    return _Run(Side(*plain[:3]), teacher, job, wanted)


def _flat(run: _Run, length: int) -> list[Tensor | None]:
    listed = [one for part in run.gradients for one in (part.hidden, part.weight, part.bias)]
    return [*listed, *[None] * (length - len(listed))]


def _through_plain(tensors: Any, job: Job, needed: tuple[bool, ...], factor: Tensor) -> list[Tensor | None]:
    """Gradients that can be differentiated again; they hold the logits of all rows."""
    wanted = [one for one, need in zip(tensors, needed[:6], strict=True) if need]
    dtype = work_dtype(*(one for one in tensors if one is not None))
    with torch.enable_grad(), without_autocast(factor.device):
        logits = [_logits(side, dtype) for side in (tensors[:3], tensors[3:]) if side[0] is not None]
        if job.top is None:
            student, teacher = aligned(logits[0], logits[1], job.vocabulary)
            rows = plain_rows(student, teacher, job.kind, keep=job.keep)
        else:
            made = merged(logits[0], job.top.indices, job.kind.temperature, job.keep)
            known = coarse_teacher(job.top, logits[0].shape[1]).to(dtype)
            rows = plain_rows(made, known, replace(job.kind, temperature=1.0), keep=job.keep)
        total = rows.sum() * job.kind.temperature**2 / job.divisor
        found = iter(torch.autograd.grad(total, wanted, factor, create_graph=True))
    return [next(found) if need else None for need in needed[:6]]


def _logits(side: Any, dtype: torch.dtype) -> Tensor:
    hidden, weight, bias = side
    return torch.nn.functional.linear(hidden.to(dtype), weight.to(dtype), None if bias is None else bias.to(dtype))


def refuse_nan(rows: Tensor, sides: dict[str, Tensor | None], /) -> None:
    """Say which tensor made a row NaN; on a CPU only, elsewhere the loss is NaN.

    Raises:
        InputError: A row that counts is NaN.
    """
    if not is_visible(rows) or not bool(torch.isnan(rows).any()):
        return
    row = int(torch.isnan(rows).nonzero()[0])
    for name, tensor in sides.items():
        if tensor is not None and not bool(torch.isfinite(tensor).all()) and not bool((tensor == -torch.inf).any()):
            raise InputError(
                f"{name} holds NaN or inf, so row {row} is NaN. Find where it comes from, or mask the row."
            )
    raise InputError(f"row {row} is NaN: its logits overflow, or exclude every outcome. Check the hidden states.")
