"""From a block of logits to probabilities and their log ratio, masked outcomes included."""

from typing import NamedTuple

import torch
from torch import Tensor

from kullback.nn.losses._directions import Wanted

# Stands for the log ratio at an outcome that one side lacks; times a probability of zero it is zero.
_FAR = 1e30


class Pair(NamedTuple):
    """Probabilities of the teacher and of the student, and d = log student - log teacher, finite."""

    teacher: Tensor
    student: Tensor
    d: Tensor


class Lost(NamedTuple):
    """Rows in which one side has mass where the other lacks the outcome, of shape (rows, 1)."""

    student: Tensor
    teacher: Tensor


def plain_pair(student: Tensor, teacher: Tensor, into: Pair, /) -> None:
    """Probabilities and log ratios of rows in which nothing is masked; anything else shows as NaN or inf in the values.

    The log ratio is the difference of the logits less one number for each row: that of two log-softmaxes would carry
    the rounding of logits as large as they come. The largest probability is one over the sum that normalizes.
    """
    a, b = torch.softmax(teacher, -1, out=into.teacher), torch.softmax(student, -1, out=into.student)
    shift = student.amax(-1, keepdim=True) - teacher.amax(-1, keepdim=True)
    shift -= torch.log(b.amax(-1, keepdim=True) / a.amax(-1, keepdim=True))
    torch.sub(student, teacher, out=into.d).sub_(shift)


def masked_pair(student: Tensor, teacher: Tensor, /) -> tuple[Pair, Lost]:
    """The same for any rows, differentiable any number of times; a row without a finite logit gives NaN."""
    a, b = torch.softmax(teacher, -1), torch.softmax(student, -1)
    no_a, no_b = teacher == -torch.inf, student == -torch.inf
    shift = torch.logsumexp(student, -1, keepdim=True) - torch.logsumexp(teacher, -1, keepdim=True)
    d = torch.where(no_a | no_b, torch.zeros_like(shift), student - teacher) - shift
    d = torch.where(no_a & no_b, 0.0, torch.where(no_b, -_FAR, torch.where(no_a, _FAR, d)))
    lost = Lost((no_b & (a > 0)).any(-1, keepdim=True), (no_a & (b > 0)).any(-1, keepdim=True))
    return Pair(a, b, d), lost


def infinite(lost: Lost, limit: Wanted, /) -> Tensor:
    """Rows whose value is infinite, by what each side lacks."""
    nothing = torch.zeros_like(lost.student)
    return (nothing if limit.student else lost.student) | (nothing if limit.teacher else lost.teacher)
