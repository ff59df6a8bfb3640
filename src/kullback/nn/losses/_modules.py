"""The losses as modules."""

from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.losses._kl_loss import cross_entropy_rows, kl_loss, loss_rows
from kullback.nn.losses._options import Kind, check_given, is_number
from kullback.nn.losses._reading import check_rows, read_student
from kullback.nn.losses._reduce import check_reduction, read_mask, reduce_rows, row_share
from kullback.nn.losses._top_k import TopKTeacher
from kullback.nn.losses._vocabulary import aligned, check_infinite, check_vocabulary


class KLLoss(torch.nn.Module):
    """`kl_loss` with its options set once.

    Args:
        direction: "forward" D(teacher‖student), "reverse", "jeffreys", "js" or "skew".
        given: What both sides hold: "logits", "log_probs" or "probs".
        temperature: T; both sides are softened and the loss is multiplied by T².
        weight: The teacher's weight in the mixture of "js" and "skew".
        reduction: "mean" over rows, "sum" or "none".

    Raises:
        InputError: An option is not known or out of range.

    Example:
        >>> import torch
        >>> from kullback.nn import KLLoss
        >>> loss = KLLoss(direction="reverse")
        >>> loss
        KLLoss(D(student‖teacher), in nats, from logits, mean over rows)
        >>> loss(torch.zeros(2, 3), torch.zeros(2, 3)).item()
        0.0
    """

    def __init__(
        self,
        *,
        direction: str = "forward",
        given: str = "logits",
        temperature: float = 1.0,
        weight: float = 0.5,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        self.kind = Kind(direction, weight, temperature)
        self.given = check_given(given)
        check_reduction(reduction, None)
        self.reduction = reduction

    def forward(
        self,
        student: Tensor,
        teacher: Tensor | TopKTeacher,
        *,
        mask: Tensor | None = None,
        num_items: float | Tensor | None = None,
    ) -> Tensor:
        """The loss.

        Args:
            student: Shape (..., vocabulary).
            teacher: The same shape, labels of shape (...), or a `TopKTeacher`.
            mask: True where a row counts, shape (...).
            num_items: What the sum is divided by instead of the number of rows; see `count_items`.

        Returns:
            A scalar in nats, or values of shape (...).

        Raises:
            InputError: As `kl_loss`.
        """
        kind = self.kind
        return kl_loss(
            student,
            teacher,
            direction=kind.direction,
            given=self.given,
            temperature=kind.temperature,
            weight=kind.weight,
            mask=mask,
            num_items=num_items,
            reduction=self.reduction,
        )

    def extra_repr(self) -> str:
        """The direction spelled out, the unit, what is given and how it is reduced."""
        rows = {"mean": "mean over rows", "sum": "sum over rows", "none": "row by row"}[self.reduction]
        return f"{self.kind}, from {self.given}, {rows}"


class DistillationLoss(torch.nn.Module):
    r"""Distillation: soft targets at a temperature, and optionally the labels.

    $$ (1 - h)\,T^2\,D\big(\sigma(t/T)\,\big\|\,\sigma(s/T)\big) - h\,\log \sigma(s)_y $$

    with σ the softmax, averaged over the same rows: those whose mask is True and whose label, where labels are given,
    is not ignored.

    Args:
        temperature: T, for both sides of the soft term.
        hard_weight: h, from 0 to 1; the weight of the labels' cross-entropy.
        direction: Which divergence is the soft term, as in `kl_loss`.
        weight: The teacher's weight in the mixture of "js" and "skew".
        ignore_index: Rows with this label do not count, in either term.
        vocabulary: What unequal vocabularies, whose first outcomes agree, do: "pad" gives missing outcomes probability
            0, "common" conditions both on the shared ones.
        reduction: "mean" over rows, "sum" or "none".

    Raises:
        InputError: An option is not known or out of range.

    Note:
        Tokens of a causal model are shifted by the caller: logits at position i belong to the label at i + 1.

    References:
        Hinton, Vinyals, Dean (2015), Distilling the knowledge in a neural network, section 2.

    Example:
        >>> import torch
        >>> from kullback.nn import DistillationLoss
        >>> loss = DistillationLoss(temperature=2.0, hard_weight=0.1)
        >>> student, teacher = torch.zeros(2, 3), torch.zeros(2, 4)
        >>> teacher[:, 3] = -torch.inf  # padding
        >>> round(loss(student, teacher, torch.tensor([0, -100])).item(), 6)
        0.109861
    """

    def __init__(
        self,
        *,
        temperature: float = 2.0,
        hard_weight: float = 0.0,
        direction: str = "forward",
        weight: float = 0.5,
        ignore_index: int = -100,
        vocabulary: str = "pad",
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        if not is_number(hard_weight) or not 0.0 <= hard_weight <= 1.0:
            raise InputError(f"hard_weight={hard_weight!r} is not a share of the loss. Give a number from 0 to 1.")
        self.kind = Kind(direction, weight, temperature)
        self.hard_weight, self.ignore_index = hard_weight, ignore_index
        self.vocabulary = check_vocabulary(vocabulary)
        check_reduction(reduction, None)
        self.reduction = reduction

    def forward(
        self,
        student: Tensor,
        teacher: Tensor | TopKTeacher,
        labels: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        num_items: float | Tensor | None = None,
    ) -> Tensor:
        """The loss.

        Args:
            student: Logits, shape (..., vocabulary).
            teacher: Logits, shape (..., vocabulary of its own), or a `TopKTeacher` at the same temperature.
            labels: Whole numbers of shape (...); needed where `hard_weight` is above 0.
            mask: True where a row counts, shape (...).
            num_items: What the sum is divided by instead of the number of rows that count; see `count_items`.

        Returns:
            A scalar in nats, or values of shape (...).

        Raises:
            InputError: As `kl_loss`; labels are missing; or, on a CPU, the loss is infinite because the vocabularies
                are unequal.
        """
        check_reduction(self.reduction, num_items)
        rows, _ = read_student(student, "logits", lambda _: None)
        keep = self._kept(rows, labels, mask)
        share = row_share(num_items, keep, rows.shape[:-1].numel(), self.reduction) * (1.0 - self.hard_weight)
        total = self._soft(student, teacher, keep, share) * (1.0 - self.hard_weight)
        if self.hard_weight > 0.0:
            if labels is None:
                raise InputError(f"hard_weight={self.hard_weight:g} needs labels. Give them, or set it to 0.")
            hard = cross_entropy_rows(student, labels, keep=keep)
            check_rows(hard, {"student": student})
            total = total + self.hard_weight * hard
        return reduce_rows(total, mask=keep, num_items=num_items, reduction=self.reduction)

    def _kept(self, student: Tensor, labels: Any, mask: Tensor | None) -> Tensor | None:
        keep = read_mask(mask, student.shape[:-1], student.device)
        if labels is None:
            return keep
        if not isinstance(labels, Tensor):
            raise InputError(f"labels are a {type(labels).__name__}. Give a tensor of whole numbers.")
        if labels.shape != student.shape[:-1] or labels.is_floating_point():
            raise InputError(
                f"labels have shape {tuple(labels.shape)} and dtype {labels.dtype}. Give whole numbers of shape "
                f"{tuple(student.shape[:-1])}."
            )
        named = labels != self.ignore_index
        return named if keep is None else keep & named

    def _soft(self, student: Tensor, teacher: Any, keep: Tensor | None, share: float) -> Tensor:
        factor = self.kind.temperature**2
        options: dict[str, Any] = {"given": "logits", "keep": keep, "share": share * factor}
        logits = isinstance(teacher, Tensor) and teacher.is_floating_point() and teacher.dim() > 0
        if not logits or teacher.shape[:-1] != student.shape[:-1]:
            return factor * loss_rows(student, teacher, self.kind, **options)
        s, t = aligned(student, teacher, self.vocabulary)
        rows = loss_rows(s, t, self.kind, **options)
        check_infinite(rows, student.shape[-1], teacher.shape[-1])
        return factor * rows

    def extra_repr(self) -> str:
        """The direction spelled out, its weight and the unit."""
        hard = f", {self.hard_weight:g} of the labels' cross-entropy" if self.hard_weight else ""
        return f"{1.0 - self.hard_weight:g} of {self.kind}{hard}, vocabulary={self.vocabulary!r}"
