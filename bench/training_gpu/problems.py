"""Hidden states and output layers of a student and a teacher, far apart or nearly equal."""

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

REGIMES = ("far", "near")
# Divergence in nats of the near regime.
NEAR = 2e-4


@dataclass(frozen=True)
class Shape:
    """Tokens, vocabulary, and hidden sizes of the student and of the teacher."""

    tokens: int
    vocabulary: int
    student: int
    teacher: int

    def __str__(self) -> str:
        return f"N={self.tokens}, V={self.vocabulary}, H={self.student}/{self.teacher}"

    @property
    def flops(self) -> float:
        """Of the four products: both logits, and the student's two gradients."""
        return 2.0 * self.tokens * self.vocabulary * (3 * self.student + self.teacher)


TOY = Shape(64, 1000, 32, 48)
SMALL = (Shape(2048, 32_000, 1024, 2048),)
USUAL = (
    Shape(2048, 32_000, 1024, 2048),
    Shape(8192, 32_000, 2048, 4096),
    Shape(2048, 128_256, 4096, 4096),
    Shape(8192, 128_256, 2048, 4096),
    Shape(8192, 128_256, 4096, 4096),
    Shape(8192, 151_936, 2048, 8192),
    Shape(32_768, 151_936, 1024, 4096),
    Shape(8192, 262_144, 2048, 4096),
)
ALL = tuple(
    Shape(*sizes)
    for sizes in product(
        (2048, 8192, 32_768), (32_000, 128_256, 151_936, 262_144), (1024, 2048, 4096), (2048, 4096, 8192)
    )
)


@dataclass(frozen=True)
class Problem:
    """What a provider is given; the student's tensors want gradients."""

    hidden: Tensor
    weight: Tensor
    teacher_hidden: Tensor
    teacher_weight: Tensor

    def rows(self, count: int) -> "Problem":
        """The first tokens alone."""
        hidden = self.hidden.detach()[:count].clone().requires_grad_()
        return Problem(hidden, self.weight, self.teacher_hidden[:count], self.teacher_weight)

    def doubled(self) -> "Problem":
        """The same in float64."""
        student = [one.detach().double().requires_grad_() for one in (self.hidden, self.weight)]
        return Problem(*student, self.teacher_hidden.double(), self.teacher_weight.double())


def draw(shape: Shape, regime: str, *, device: str, dtype: torch.dtype) -> Problem:
    """Logits of standard deviation 2; near: the gap between both sides has that of two KL under its root."""
    chance = torch.Generator(device).manual_seed(shape.tokens + shape.vocabulary)

    def normal(rows: int, columns: int, scale: float) -> Tensor:
        return (scale * torch.randn(rows, columns, generator=chance, device=device)).to(dtype)

    hidden, weight = (
        normal(shape.tokens, shape.student, 1.0),
        normal(shape.vocabulary, shape.student, 2 * shape.student**-0.5),
    )
    if regime == "far":
        other = (
            normal(shape.tokens, shape.teacher, 1.0),
            normal(shape.vocabulary, shape.teacher, 2 * shape.teacher**-0.5),
        )
        return Problem(hidden.requires_grad_(), weight.requires_grad_(), *other)
    gap = (2.0 * NEAR) ** 0.5
    if shape.teacher == shape.student:
        moved = hidden + normal(shape.tokens, shape.student, gap / 2)
        return Problem(hidden.requires_grad_(), weight.requires_grad_(), moved, weight.detach())
    # The wider side has the other's layer and a little of its own beside it.
    extra = abs(shape.teacher - shape.student)
    if shape.teacher < shape.student:
        hidden, weight = hidden[:, : shape.teacher], weight[:, : shape.teacher]
    wide = (
        torch.cat([hidden, normal(shape.tokens, extra, gap)], 1),
        torch.cat([weight, normal(shape.vocabulary, extra, extra**-0.5)], 1),
    )
    if shape.teacher > shape.student:
        return Problem(hidden.requires_grad_(), weight.requires_grad_(), *wide)
    return Problem(*(one.requires_grad_() for one in wide), hidden.contiguous(), weight.contiguous())
