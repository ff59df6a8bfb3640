"""Two vocabularies of unequal size: the longer one has outcomes that the other does not know."""

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.losses._modes import is_visible

VOCABULARIES = ("pad", "common")


def check_vocabulary(vocabulary: str, /) -> str:
    """How unequal vocabularies meet.

    Raises:
        InputError: The word is not known.
    """
    if vocabulary not in VOCABULARIES:
        raise InputError(
            f"vocabulary={vocabulary!r} is not known. Choose 'pad', where a missing outcome has probability 0, or "
            "'common', which conditions both sides on the outcomes that they share."
        )
    return vocabulary


def aligned(student: Tensor, teacher: Tensor, vocabulary: str, /) -> tuple[Tensor, Tensor]:
    """Both sides' logits with one vocabulary; the outcomes of the shorter one come first in the longer one.

    Args:
        student: Logits, shape (..., vocabulary).
        teacher: Logits, shape (..., another vocabulary).
        vocabulary: "pad" or "common".
    """
    sizes = student.shape[-1], teacher.shape[-1]
    if sizes[0] == sizes[1]:
        return student, teacher
    if vocabulary == "common":
        shared = min(sizes)
        return student[..., :shared], teacher[..., :shared]
    whole = max(sizes)
    # Not 0, which would be a logit like any other.
    padded = (
        torch.nn.functional.pad(side, (0, whole - side.shape[-1]), value=-torch.inf) for side in (student, teacher)
    )
    return next(padded), next(padded)


def check_infinite(rows: Tensor, student_size: int, teacher_size: int, /) -> None:
    """Refuse a loss that is infinite because one side has mass on outcomes that the other one's vocabulary lacks.

    Raises:
        InputError: It is; on a CPU only, elsewhere the loss is inf.
    """
    if student_size == teacher_size or not is_visible(rows) or not bool((rows.detach() == torch.inf).any()):
        return
    longer, shorter = ("teacher", "student") if teacher_size > student_size else ("student", "teacher")
    extra = abs(teacher_size - student_size)
    sizes = f"{max(student_size, teacher_size)} to {min(student_size, teacher_size)}"
    raise InputError(
        f"the divergence is infinite: the {longer} has mass on outcomes that the {shorter} lacks, perhaps on the "
        f"{extra} by which its vocabulary is larger ({sizes}). Set their logits to -inf if they are padding, or say "
        "vocabulary='common' to condition both on what they share."
    )
