"""From a block of logits to probabilities and their log ratio, masked outcomes included."""

from typing import NamedTuple

import torch
from torch import Tensor

from kullback.nn.losses._directions import Pair, Wanted

# Stands for the log ratio at an outcome that one side lacks; times a probability of zero it is zero.
_FAR = 1e30
_FEW_DIGITS = 1e-30


class Lost(NamedTuple):
    """Rows in which one side has mass where the other lacks the outcome, of shape (rows, 1)."""

    student: Tensor
    teacher: Tensor


def plain_pair(student: Tensor, teacher: Tensor, /) -> Pair:
    """Probabilities and log ratios of rows in which nothing is masked; anything else shows as NaN or inf in the values.

    The log ratio is the difference of the logits less one number for each row: that of two log-softmaxes would carry
    the rounding of logits as large as they come.
    """
    a, b = torch.softmax(teacher, -1), torch.softmax(student, -1)
    d = student - teacher
    # The outcome that the teacher likes best has the least rounding in its probability.
    top = a.argmax(-1, keepdim=True)
    other = b.gather(-1, top)
    # Nearly no probability there has few digits: NaN sends the block to `masked_pair`.
    d -= d.gather(-1, top) - torch.where(other > _FEW_DIGITS, torch.log(other / a.gather(-1, top)), torch.nan)
    return Pair(a, b, d)


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
