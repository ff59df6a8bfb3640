"""The loss: a divergence between a teacher and a student, averaged over rows."""

from torch import Tensor

from kullback._core import InputError
from kullback.nn.losses._derive import divergence_of_rows
from kullback.nn.losses._options import Kind, check_given
from kullback.nn.losses._reading import check_rows, checked_labels, read_student, read_teacher
from kullback.nn.losses._reduce import check_reduction, read_mask, reduce_rows, row_share
from kullback.nn.losses._top_k import TopKTeacher, coarse_student, coarse_teacher, labels_as_teacher


def kl_loss(
    student: Tensor,
    teacher: Tensor | TopKTeacher,
    *,
    direction: str = "forward",
    given: str = "logits",
    temperature: float = 1.0,
    weight: float = 0.5,
    mask: Tensor | None = None,
    num_items: float | Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    r"""Divergence between a teacher and a student in nats, the true mean over rows.

    With the softened laws t = softmax(teacher / T) and s = softmax(student / T) it is T² times

    - "forward" $D(t\,\|\,s)$, "reverse" $D(s\,\|\,t)$, "jeffreys" their sum,
    - "js" $w\,D(t\,\|\,m) + (1-w)\,D(s\,\|\,m)$ and "skew" $D(t\,\|\,m)$ with $m = w\,t + (1-w)\,s$.

    Args:
        student: Shape (..., vocabulary); float16 and bfloat16 are computed in float32, also under autocast.
        teacher: The same shape; or labels, whole numbers of shape (...), which give the cross-entropy; or a
            `TopKTeacher`.
        direction: "forward", "reverse", "jeffreys", "js" or "skew".
        given: What both sides hold: "logits", "log_probs" or "probs".
        temperature: T; the factor T² keeps the size of the gradient.
        weight: w, the teacher's weight in the mixture, from 0 to 1.
        mask: True where a row counts, shape (...).
        num_items: What the sum is divided by instead of the number of rows, so that accumulated batches and several
            processes give the mean over all of them; see `count_items`.
        reduction: "mean" over rows, "sum", or "none".

    Returns:
        A scalar, or values of shape (...), float32 (float64 for float64 input). Never negative, 0 for equal sides and
        where no row is left; inf where the first law of a divergence has mass on an outcome that the second excludes.

    Raises:
        InputError: Shapes, types, words or numbers that do not fit; probabilities where logits were said; NaN. Values
            are looked at on CPU tensors only, so that a GPU never waits.

    Note:
        Masked logits (-inf), one-hot and underflowed rows have right values and finite gradients on both sides; where
        a value is infinite, slopes that are not finite are 0. Near-equal sides keep three digits down to 1e-6 nats,
        bfloat16 included. Gradients flow to both sides (detach a frozen teacher, or run it under no_grad), any number
        of times. Memory is that of the gradients.

    References:
        Hinton, Vinyals, Dean (2015), section 2; Agarwal et al. (2024), Generalized knowledge distillation; Ko et al.
        (2024), DistiLLM, for the skew divergence.

    Example:
        >>> import torch
        >>> from kullback.nn import kl_loss
        >>> student, teacher = torch.tensor([[1.0, 1.0, 0.0]]), torch.tensor([[2.0, 1.0, -1.0]])
        >>> round(kl_loss(student, teacher).item(), 6), round(kl_loss(student, teacher, temperature=2.0).item(), 6)
        (0.183248, 0.264753)
    """
    kind = Kind(direction, weight, temperature)
    check_reduction(reduction, num_items)
    s, keep = read_student(student, check_given(given), lambda side: read_mask(mask, side.shape[:-1], side.device))
    share = row_share(num_items, keep, s.shape[:-1].numel(), reduction) * temperature**2
    rows = loss_rows(s, teacher, kind, given=given, keep=keep, share=share)
    return reduce_rows(_times(temperature**2, rows), mask=keep, num_items=num_items, reduction=reduction)


def _times(factor: float, rows: Tensor) -> Tensor:
    return rows if factor == 1.0 else factor * rows


def loss_rows(
    student: Tensor,
    teacher: Tensor | TopKTeacher,
    kind: Kind,
    /,
    *,
    given: str,
    keep: Tensor | None,
    share: float = 1.0,
) -> Tensor:
    """Divergences of rows without the factor T², 0 where they do not count.

    Args:
        student: Logits.
        teacher: What `given` says, labels, or the likeliest outcomes.
        kind: Which divergence.
        given: What the teacher holds.
        keep: Rows that count.
        share: What a row is multiplied by in the loss, if known.

    Raises:
        InputError: As `kl_loss`.
    """
    t = read_teacher(teacher, student, given, keep)
    if not isinstance(t, TopKTeacher):
        rows = divergence_of_rows(student, t, kind, keep=keep, share=share)
        check_rows(rows, {"student": student, "teacher": t})
        return rows
    if teacher is t:  # labels know no temperature
        check_temperature(t, kind)
    rows = _merged_rows(student, t, kind, keep)
    check_rows(rows, {"student": student})
    return rows


def check_temperature(teacher: TopKTeacher, kind: Kind, /) -> None:
    """Refuse to soften a teacher whose rest is one number.

    Raises:
        InputError: The loss has another temperature than the teacher.
    """
    if teacher.temperature != kind.temperature:
        raise InputError(
            f"the loss has temperature {kind.temperature:g}, but the teacher's log_probs were taken at "
            f"{teacher.temperature:g}, and k of them cannot be softened: what the rest would get is not known. Ask for "
            f"them at {kind.temperature:g} and say TopKTeacher(..., temperature={kind.temperature:g})."
        )


def _merged_rows(student: Tensor, teacher: TopKTeacher, kind: Kind, keep: Tensor | None) -> Tensor:
    """The divergence between k + 1 outcomes: those named, and the rest."""
    shape, entries = student.shape[:-1], student.shape[-1]
    flat, kept = student.reshape(-1, entries), None if keep is None else keep.reshape(-1)
    log_probs = coarse_teacher(teacher, entries).reshape(len(flat), -1)
    logits = coarse_student(flat, teacher.indices.reshape(len(flat), -1), kind.temperature, keep=kept)
    rows = divergence_of_rows(logits, log_probs.to(logits.dtype), Kind(kind.direction, kind.weight), keep=kept)
    return rows.reshape(shape)


def cross_entropy_rows(student: Tensor, labels: Tensor, /, *, keep: Tensor | None) -> Tensor:
    """-log student[label] in nats for each row, with the memory of the gradient."""
    teacher = labels_as_teacher(checked_labels(labels, student, keep))
    return _merged_rows(student, teacher, Kind(), keep)
