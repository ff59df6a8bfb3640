"""Pairs of logits that are hard for a loss, with the truth in float64 on the same numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bench.training.answers import make
from bench.training.rounds import message
from bench.training.sizes import DIRECTIONS

# Shares of outcomes that differ by one unit in the last place of bfloat16, and the divergence that this gives.
NEAR = {"near-equal bfloat16, 1e-4": 0.4, "near-equal bfloat16, 1e-6": 0.004}
# Far below any logit, and nothing in float64 after the exponential: the limit without its NaN.
_NOTHING = -1e5
_ROWS, _OUTCOMES, _MANY = 16, 512, 4096


@dataclass(frozen=True)
class Case:
    """One pair of logits and one direction."""

    name: str
    direction: str
    student: Tensor
    teacher: Tensor

    def truth(self) -> tuple[Tensor, Tensor, Tensor]:
        """Mean over rows, and its derivatives by student and teacher."""
        s, t = (side.double().requires_grad_() for side in (self.student, self.teacher))
        b, a = (side.masked_fill(torch.isneginf(side), _NOTHING) for side in (s, t))
        missing = a.shape[-1] - b.shape[-1]
        b, a = (side.log_softmax(-1) for side in (torch.nn.functional.pad(b, (0, missing), value=_NOTHING), a))
        m = torch.logaddexp(a, b) - torch.log(torch.tensor(2.0, dtype=torch.float64))
        parts = {"forward": ((1.0, a, b),), "reverse": ((1.0, b, a),), "js": ((0.5, a, m), (0.5, b, m))}
        value = torch.stack([w * (p.exp() * (p - q)).sum(-1).mean() for w, p, q in parts[self.direction]]).sum()
        return (value.detach(), *torch.autograd.grad(value, (s, t)))


def every_case() -> list[Case]:
    """All of them, from fixed seeds."""
    makers: dict[str, tuple[Callable[[], tuple[Tensor, Tensor]], tuple[str, ...]]] = {
        **{name: (lambda share=share: _near(share), DIRECTIONS) for name, share in NEAR.items()},
        "masked on both sides": (lambda: _masked(student=True), ("forward", "js")),
        "masked by the teacher alone": (lambda: _masked(student=False), ("forward", "js")),
        "teacher padded at -1e4, same model": (lambda: _padded(-1e4, same=True), ("forward",)),
        "teacher padded at -inf, another model": (lambda: _padded(-torch.inf, same=False), ("forward",)),
        "one-hot teacher": (_one_hot, ("forward", "js")),
        "logits in the hundreds": (_steep, DIRECTIONS),
    }
    return [Case(name, one, *pair()) for name, (pair, directions) in makers.items() for one in directions]


def ask(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of each case the truth and what each contender says."""
    found = {}
    for case in every_case():
        exact = case.truth()
        cells = {name: _cell(name, case, exact) for name in names}
        found[f"{case.name} | {case.direction}"] = {"truth": float(exact[0]), "cells": cells}
    return found


def _cell(name: str, case: Case, exact: tuple[Tensor, Tensor, Tensor]) -> dict[str, Any] | None:
    """Value, and errors of the gradients; a failure; None where there is no such divergence."""
    s, t = (side.clone().requires_grad_() for side in (case.student, case.teacher))
    try:
        answer = make(name, case.direction)
        if answer is None:
            return None
        value = answer(s, t)
        gradients = torch.autograd.grad(value, (s, t), allow_unused=True)
    except Exception as error:  # noqa: BLE001 - a peer may fail in any way, and the others still answer
        return {"failure": message(error)}
    errors = [None if one is None else _off(one, right) for one, right in zip(gradients, exact[1:], strict=True)]
    return {"value": value.item(), "student": errors[0], "teacher": errors[1]}


def _off(found: Tensor, exact: Tensor) -> float:
    """In norm, relative unless the truth is nothing."""
    size = float(exact.norm())
    return float((found.double() - exact).norm()) / (size if size > 1e-12 else 1.0)


def _normal(seed: int, *shape: int) -> Tensor:
    return 2.0 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _near(share: float) -> tuple[Tensor, Tensor]:
    """Bfloat16, so that every contender is given the same numbers."""
    chance = torch.Generator().manual_seed(1)
    student = _normal(0, 4 * _ROWS, _MANY).bfloat16()
    up = 2 * torch.randint(2, student.shape, generator=chance) - 1
    moved = torch.rand(student.shape, generator=chance) < share
    return student, (student.view(torch.int16) + up * moved).to(torch.int16).view(torch.bfloat16)


def _masked(*, student: bool) -> tuple[Tensor, Tensor]:
    s, t = _normal(2, _ROWS, _OUTCOMES), _normal(3, _ROWS, _OUTCOMES)
    t[:, -8:] = -torch.inf
    if student:
        s[:, -8:] = -torch.inf
    return s, t


def _padded(padding: float, *, same: bool) -> tuple[Tensor, Tensor]:
    """The teacher has 64 outcomes more, which it excludes."""
    student = _normal(4, _ROWS, _OUTCOMES)
    teacher = student.clone() if same else _normal(5, _ROWS, _OUTCOMES)
    return student, torch.nn.functional.pad(teacher, (0, 64), value=padding)


def _one_hot() -> tuple[Tensor, Tensor]:
    teacher = torch.full((_ROWS, _OUTCOMES), -torch.inf)
    teacher[:, 7] = 0.0
    return _normal(6, _ROWS, _OUTCOMES), teacher


def _steep() -> tuple[Tensor, Tensor]:
    return 100.0 * _normal(7, _ROWS, _OUTCOMES), 100.0 * _normal(8, _ROWS, _OUTCOMES)
