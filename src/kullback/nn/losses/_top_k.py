"""A teacher known by its most likely outcomes only: the rest is one outcome, on both sides."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.losses._modes import is_traced, is_visible, work_dtype
from kullback.nn.losses._options import is_number

_SUM = 1e-3  # how far above 1 the probabilities may add up: what half precision makes of them
_ENTRIES = 2**18


@dataclass(frozen=True, eq=False)
class TopKTeacher:
    """The log probabilities of a teacher's k likeliest outcomes, as inference servers return them.

    All other outcomes count as one, for the teacher and for the student. Merging outcomes can only lower a divergence:
    the loss is a lower bound of that from all logits, is never negative, and leaves the student free to spread its own
    rest. Rescaling the k probabilities to 1, which is common, is no bound and pulls the student's rest to zero.

    Attributes:
        indices: Which outcomes, whole numbers of shape (..., k), distinct in each row; -1 fills rows that hold fewer.
        log_probs: Their log probabilities under the whole vocabulary, the same shape.
        temperature: The temperature that the teacher had when they were taken.

    Raises:
        InputError: Shapes or types do not fit, an index repeats in a row, a log probability is above 0 or NaN, or a row
            adds up to more than 1.

    Example:
        >>> import torch
        >>> from kullback.nn import TopKTeacher, kl_loss
        >>> teacher = torch.log_softmax(torch.tensor([[3.0, 1.0, 0.0, -1.0]]), -1)
        >>> top = TopKTeacher(*reversed(teacher.topk(2)))
        >>> top
        TopKTeacher(k=2, rows=1, mean mass left out 0.0566)
        >>> student = torch.zeros(1, 4)
        >>> bool(0 < kl_loss(student, top) < kl_loss(student, teacher, given="logits"))
        True
    """

    indices: Tensor
    log_probs: Tensor
    temperature: float = 1.0

    def __post_init__(self) -> None:
        """Check shapes everywhere, values where looking at them does not stop a device."""
        _check_shapes(self)
        if not is_number(self.temperature) or not 0.0 < self.temperature < float("inf"):
            raise InputError(f"temperature={self.temperature!r} is not a positive number. Give that of the teacher.")
        if is_visible(self.log_probs):
            _check_values(self)

    @property
    def tail_mass(self) -> Tensor:
        """What the teacher gives to all other outcomes together, shape (...), from 0 to 1."""
        kept = torch.where(self.indices < 0, 0.0, self.log_probs.double().exp())
        return (1.0 - kept.sum(-1)).clamp(min=0.0).to(work_dtype(self.log_probs))

    def to(self, device: torch.device | str, /) -> "TopKTeacher":
        """The same on another device."""
        return TopKTeacher(self.indices.to(device), self.log_probs.to(device), self.temperature)

    def __getitem__(self, rows: Any, /) -> "TopKTeacher":
        """Some of the rows."""
        return TopKTeacher(self.indices[rows], self.log_probs[rows], self.temperature)

    def __repr__(self) -> str:
        """How many, and what they leave out."""
        rows = self.indices.shape[:-1].numel()
        left = f", mean mass left out {self.tail_mass.mean():.3g}" if is_visible(self.log_probs) and rows else ""
        return f"TopKTeacher(k={self.indices.shape[-1]}, rows={rows}{left})"


def labels_as_teacher(labels: Tensor, /) -> TopKTeacher:
    """A teacher that is sure of one label in each row; -1 where there is none."""
    certain = torch.zeros(*labels.shape, 1, dtype=torch.float32, device=labels.device)
    return TopKTeacher(labels[..., None], certain)


def _check_shapes(teacher: TopKTeacher) -> None:
    indices: Any = teacher.indices
    log_probs: Any = teacher.log_probs
    if not isinstance(indices, Tensor) or not isinstance(log_probs, Tensor):
        raise InputError("a TopKTeacher is made of two tensors: whole numbers `indices` and floats `log_probs`.")
    if indices.is_floating_point() or indices.dtype == torch.bool or not log_probs.is_floating_point():
        raise InputError(
            f"indices have dtype {indices.dtype} and log_probs {log_probs.dtype}. Give whole numbers and floats, in "
            "this order: torch.topk returns them in the other one."
        )
    if indices.shape != log_probs.shape or indices.dim() == 0 or indices.shape[-1] == 0:
        raise InputError(
            f"indices have shape {tuple(indices.shape)} and log_probs {tuple(log_probs.shape)}. Give both as (..., k)."
        )


def _check_values(teacher: TopKTeacher) -> None:
    filled = teacher.indices >= 0
    if bool((teacher.indices < -1).any()):
        raise InputError(
            f"indices go down to {int(teacher.indices.min())}. Give outcomes, or -1 where a row has fewer."
        )
    logs = torch.where(filled, teacher.log_probs.double(), -torch.inf)
    if bool(torch.isnan(logs).any()) or bool((logs > _SUM).any()):
        raise InputError(
            f"log_probs hold NaN or numbers above 0 (the largest is {float(logs.max()):.4g}). Give logarithms of "
            "probabilities, neither logits nor probabilities."
        )
    heaviest = float(logs.exp().sum(-1).max()) if logs.numel() else 0.0
    if heaviest > 1.0 + _SUM:
        raise InputError(f"the probabilities of a row add up to {heaviest:.6g}. Give those under the whole vocabulary.")
    ordered = teacher.indices.sort(-1).values
    if bool(((ordered[..., 1:] == ordered[..., :-1]) & (ordered[..., 1:] >= 0)).any()):
        raise InputError("an outcome is named twice in one row of indices. Give every outcome once.")


def coarse_teacher(teacher: TopKTeacher, entries: int, /) -> Tensor:
    """Log probabilities of the k outcomes and of the rest, shape (..., k + 1)."""
    filled = teacher.indices >= 0
    logs = torch.where(filled, teacher.log_probs.double(), -torch.inf)
    rest = torch.log1p(-logs.exp().sum(-1, keepdim=True).clamp(max=1.0))
    # With every outcome named there is no rest, whatever rounding left.
    rest = torch.where(filled.sum(-1, keepdim=True) >= entries, -torch.inf, rest)
    return torch.cat([logs, rest], -1).to(work_dtype(teacher.log_probs))


def coarse_student(logits: Tensor, indices: Tensor, temperature: float, /, *, keep: Tensor | None) -> Tensor:
    """Logits of the k outcomes and of the rest, divided by the temperature, shape (rows, k + 1); differentiable.

    Args:
        logits: Shape (rows, vocabulary).
        indices: Shape (rows, k); -1 where a row has fewer.
        temperature: What logits are divided by.
        keep: Rows that count, shape (rows,); the others may hold anything.
    """
    if is_traced():
        return merged(logits, indices, temperature, keep)
    made: Tensor = _Coarse.apply(logits, indices, temperature, keep)  # type: ignore[no-untyped-call]
    return made


def merged(logits: Tensor, indices: Tensor, temperature: float, keep: Tensor | None, /) -> Tensor:
    """The same in plain operations."""
    if keep is not None:
        logits, indices = torch.where(keep[:, None], logits, 0.0), torch.where(keep[:, None], indices, 0)
    soft = logits.to(work_dtype(logits)) / temperature
    named = _named(indices)
    top = torch.where(indices < 0, -torch.inf, soft.gather(-1, named))
    rest = torch.logsumexp(soft.scatter(-1, named, -torch.inf), -1, keepdim=True)
    return torch.cat([top, rest], -1)


def _named(indices: Tensor) -> Tensor:
    """Indices where the fillers repeat an outcome of their row, so that they can address."""
    return torch.where(indices < 0, indices.amax(-1, keepdim=True).clamp(min=0), indices)


class _Coarse(torch.autograd.Function):
    """Merge forward; spread the rest's slope over the rest backward, block by block."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, indices: Tensor, temperature: float, keep: Tensor | None) -> Tensor:
        made = torch.empty(len(logits), indices.shape[1] + 1, dtype=work_dtype(logits), device=logits.device)
        for rows in row_blocks(logits):
            made[rows] = merged(logits[rows], indices[rows], temperature, None if keep is None else keep[rows])
        ctx.temperature = temperature
        ctx.save_for_backward(logits, indices, made, keep)
        return made

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        logits, indices, made, keep = ctx.saved_tensors
        (gradient,) = gradients
        if torch.is_grad_enabled():
            again = merged(logits, indices, ctx.temperature, keep)
            (found,) = torch.autograd.grad(again, logits, gradient, create_graph=True)
            return found, None, None, None
        slopes = torch.empty_like(logits)
        for rows in row_blocks(logits):
            slope = spread(logits[rows], indices[rows], made[rows], gradient[rows], ctx.temperature)
            slopes[rows] = slope if keep is None else slope.masked_fill(~keep[rows, None], 0.0)
        return slopes, None, None, None


def row_blocks(logits: Tensor, /) -> Iterator[slice]:
    """Slices of rows that fit into a cache."""
    size = max(1, _ENTRIES // logits.shape[1])
    return (slice(start, start + size) for start in range(0, len(logits), size))


def spread(logits: Tensor, indices: Tensor, made: Tensor, gradient: Tensor, temperature: float, /) -> Tensor:
    """Slopes by the logits from those by the merged ones."""
    soft = logits.to(made.dtype) / temperature
    rest = made[:, -1:]
    shares = torch.exp(soft - torch.where(rest == -torch.inf, torch.inf, rest))  # all 0 where there is no rest
    shares *= gradient[:, -1:]
    named = _named(indices)
    shares.scatter_(-1, named, 0.0)
    shares.scatter_add_(-1, named, torch.where(indices < 0, 0.0, gradient[:, :-1]))
    return shares / temperature
