"""`FusedLinearKL`: the loss of hidden states and an unembedding."""

from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.losses._kl_loss import check_temperature
from kullback.nn.losses._linear import Job, fused_total, refuse_nan
from kullback.nn.losses._modes import is_cast, is_visible
from kullback.nn.losses._options import Kind
from kullback.nn.losses._products import Side
from kullback.nn.losses._reading import check_top_k
from kullback.nn.losses._reduce import check_reduction, number_of_items, read_mask
from kullback.nn.losses._top_k import TopKTeacher
from kullback.nn.losses._vocabulary import check_infinite, check_vocabulary


class FusedLinearKL(torch.nn.Module):
    """`kl_loss` of the logits hidden · weightᵀ + bias, without ever holding them for all rows.

    Logits are made for some rows at a time, turned into slopes in place, and multiplied into the gradients of hidden
    states and unembedding during the forward pass: the four matrix products of the plain loss, without its
    (rows, vocabulary) arrays.

    Args:
        direction: "forward" D(teacher‖student), "reverse", "jeffreys", "js" or "skew", as in `kl_loss`.
        temperature: T; both sides are softened and the loss is multiplied by T².
        weight: The teacher's weight in the mixture of "js" and "skew".
        vocabulary: What unequal vocabularies, whose first outcomes agree, do: "pad" gives missing outcomes probability
            0, "common" conditions both on the shared ones.
        reduction: "mean" over rows, or "sum".
        chunk: Rows whose logits are held at a time; None plans it by shape.

    Raises:
        InputError: An option is not known or out of range.

    Note:
        Logits and the unembedding's gradient are accumulated in float32 for halves (float64 for float64), under
        autocast too. Gradients flow to whatever requires them, the teacher included; they can be differentiated again,
        which holds the logits of all rows. On an NVIDIA GPU the rows go through one Triton kernel.

    References:
        Wijmans et al. (2024), Cut your losses in large-vocabulary language models, for cross-entropy.

    Example:
        >>> import torch
        >>> from kullback.nn import FusedLinearKL, kl_loss
        >>> _ = torch.manual_seed(0)
        >>> hidden, weight = torch.randn(5, 8), torch.randn(100, 8)
        >>> teacher_hidden, teacher_weight = torch.randn(5, 16), torch.randn(100, 16)
        >>> fused = FusedLinearKL()(hidden, weight, teacher_hidden, teacher_weight)
        >>> plain = kl_loss(hidden @ weight.T, teacher_hidden @ teacher_weight.T)
        >>> bool(torch.isclose(fused, plain))
        True
    """

    def __init__(
        self,
        *,
        direction: str = "forward",
        temperature: float = 1.0,
        weight: float = 0.5,
        vocabulary: str = "pad",
        reduction: str = "mean",
        chunk: int | None = None,
    ) -> None:
        super().__init__()
        self.kind = Kind(direction, weight, temperature)
        self.vocabulary = check_vocabulary(vocabulary)
        check_reduction(reduction, None)
        if reduction == "none":
            raise InputError("reduction='none' needs a gradient for each row. Use 'mean' or 'sum', or kl_loss.")
        given: Any = chunk
        if given is not None and (not isinstance(given, int) or isinstance(given, bool) or given < 1):
            raise InputError(f"chunk={chunk!r} is not a number of rows. Give 1 or more, or None.")
        self.reduction, self.chunk = reduction, chunk

    def forward(
        self,
        hidden: Tensor,
        weight: Tensor,
        teacher: Tensor | TopKTeacher,
        teacher_weight: Tensor | None = None,
        *,
        bias: Tensor | None = None,
        teacher_bias: Tensor | None = None,
        mask: Tensor | None = None,
        num_items: float | Tensor | None = None,
    ) -> Tensor:
        """The loss.

        Args:
            hidden: The student's hidden states, shape (..., width).
            weight: The student's unembedding, shape (vocabulary, width).
            teacher: The teacher's hidden states, shape (..., width of its own), or a `TopKTeacher`.
            teacher_weight: The teacher's unembedding, shape (vocabulary of its own, width of its own).
            bias: Added to the student's logits, shape (vocabulary,).
            teacher_bias: Added to the teacher's logits.
            mask: True where a row counts, shape (...).
            num_items: What the sum is divided by instead of the number of rows; see `count_items`.

        Returns:
            A scalar in nats, float32 (float64 for float64 input).

        Raises:
            InputError: Shapes, types or numbers that do not fit; NaN, or a loss that is infinite because vocabularies
                are unequal (on a CPU; elsewhere it is NaN or inf).
        """
        check_reduction(self.reduction, num_items)
        shape = _checked_shape(("hidden", hidden), ("weight", weight), ("bias", bias))
        keep = read_mask(mask, shape, hidden.device)
        student = Side(hidden.reshape(-1, hidden.shape[-1]), weight, bias)
        top, other = self._teacher(shape, student, (teacher, teacher_weight, teacher_bias))
        flat = None if keep is None else keep.reshape(-1)
        if flat is not None and is_visible(flat):
            student, other, top, flat = _only(flat, student, other, top)
        divisor = 1.0 if self.reduction == "sum" else number_of_items(num_items, keep, shape.numel())
        job = Job(self.kind, top, flat, divisor, self.chunk, self.vocabulary)
        total, rows = fused_total(student, other, job)
        refuse_nan(rows, {"hidden": hidden, "weight": weight, "bias": bias} | _named(other))
        check_infinite(rows, len(weight), len(other.weight) if other else len(weight))
        return total

    def _teacher(
        self, shape: torch.Size, student: Side, given: tuple[Tensor | TopKTeacher, Tensor | None, Tensor | None]
    ) -> tuple[TopKTeacher | None, Side | None]:
        teacher, weight, bias = given
        if isinstance(teacher, TopKTeacher):
            if weight is not None or bias is not None:
                raise InputError("a TopKTeacher holds probabilities. Leave teacher_weight and teacher_bias out.")
            check_top_k(teacher, shape, student.hidden.device, len(student.weight))
            check_temperature(teacher, self.kind)
            return TopKTeacher(*_flat_rows(teacher), teacher.temperature), None
        if not isinstance(teacher, Tensor):
            raise InputError(f"teacher is a {type(teacher).__name__}. Give its hidden states, or a TopKTeacher.")
        if weight is None:
            raise InputError("teacher_weight is missing. Give the teacher's unembedding, or a TopKTeacher alone.")
        names = ("teacher", teacher), ("teacher_weight", weight), ("teacher_bias", bias)
        other = _checked_shape(*names)
        if other != shape:
            raise InputError(f"hidden has rows {tuple(shape)}, teacher {tuple(other)}. Give both for the same rows.")
        if teacher.device != student.hidden.device:
            raise InputError(f"hidden is on {student.hidden.device}, teacher on {teacher.device}. Move one of them.")
        return None, Side(teacher.reshape(-1, teacher.shape[-1]), weight, bias)

    def extra_repr(self) -> str:
        """The direction spelled out and the unit."""
        return f"{self.kind}, {self.reduction} over rows"


def _flat_rows(teacher: TopKTeacher) -> tuple[Tensor, Tensor]:
    k = teacher.indices.shape[-1]
    return teacher.indices.reshape(-1, k), teacher.log_probs.reshape(-1, k)


def _only(
    keep: Tensor, student: Side, teacher: Side | None, top: TopKTeacher | None
) -> tuple[Side, Side | None, TopKTeacher | None, Tensor | None]:
    """Both sides without the rows that do not count, which then cost nothing."""
    if bool(keep.all()):
        return student, teacher, top, None
    fewer = Side(student.hidden[keep], student.weight, student.bias)
    other = None if teacher is None else Side(teacher.hidden[keep], teacher.weight, teacher.bias)
    return fewer, other, None if top is None else top[keep], None


def _checked_shape(
    hidden: tuple[str, Tensor], weight: tuple[str, Tensor], bias: tuple[str, Tensor | None]
) -> torch.Size:
    """The rows' shape of one side."""
    named: tuple[tuple[str, Any], ...] = (hidden, weight, bias)
    for name, value in named:
        if value is not None and (not isinstance(value, Tensor) or not value.is_floating_point()):
            what = value.dtype if isinstance(value, Tensor) else type(value).__name__
            raise InputError(f"{name} is {what}. Give a tensor of floats.")
    states, matrix, offset = hidden[1], weight[1], bias[1]
    if states.dim() == 0 or matrix.dim() != 2 or states.shape[-1] != matrix.shape[1] or not len(matrix):
        raise InputError(
            f"{hidden[0]} has shape {tuple(states.shape)} and {weight[0]} {tuple(matrix.shape)}. Give (..., width) and "
            "(vocabulary, width), as torch.nn.Linear holds it."
        )
    if offset is not None and offset.shape != matrix.shape[:1]:
        raise InputError(f"{bias[0]} has shape {tuple(offset.shape)}. Give ({len(matrix)},), one for each outcome.")
    if states.dtype != matrix.dtype and not is_cast(states.device):
        raise InputError(f"{hidden[0]} has dtype {states.dtype}, {weight[0]} {matrix.dtype}. Cast one of them.")
    return states.shape[:-1]


def _named(teacher: Side | None) -> dict[str, Tensor | None]:
    if teacher is None:
        return {}
    return {"teacher": teacher.hidden, "teacher_weight": teacher.weight, "teacher_bias": teacher.bias}
