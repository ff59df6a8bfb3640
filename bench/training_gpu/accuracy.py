"""Errors of loss and gradients against float64 on the same numbers."""

from dataclasses import dataclass

import torch
from torch import Tensor

from bench.training_gpu.problems import Problem
from bench.training_gpu.providers import Answer, Provider, eager


@dataclass(frozen=True)
class Errors:
    """Relative errors: of the loss, and in norm of the gradients of hidden states and layer."""

    loss: float
    hidden: float
    weight: float

    def __str__(self) -> str:
        return " / ".join(f"{one:.0e}" for one in (self.loss, self.hidden, self.weight))

    def within(self, loss: float, gradient: float) -> bool:
        """Whether all are small; NaN is not."""
        return abs(self.loss) <= loss and max(self.hidden, self.weight) <= gradient and self.hidden == self.hidden


def truth(problem: Problem, direction: str) -> Answer:
    """In float64, by the plain formula."""
    return eager(direction)(problem.doubled())


def errors(provider: Provider, problem: Problem, exact: Answer) -> Errors:
    """Of one provider."""
    return Errors(*(_off(found, right) for found, right in zip(provider(problem), exact, strict=True)))


def _off(found: Tensor, exact: Tensor) -> float:
    # By blocks: the whole layer in float64 a third time may not fit.
    apart = sum((one.double() - other).square().sum() for one, other in zip(*map(_blocks, (found, exact)), strict=True))
    return float(torch.as_tensor(apart).sqrt() / exact.norm())


def _blocks(one: Tensor) -> tuple[Tensor, ...]:
    return one.reshape(-1).split(2**26)
