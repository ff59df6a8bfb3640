"""A policy of two or three decisions, small enough that every outcome can be listed."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError


@dataclass(frozen=True, eq=False)
class Outcomes:
    """All sequences of actions, with log-probabilities of every action under three policies.

    Attributes:
        parameters: What the policy in training depends on.
        logp: Under it, shape ``(sequences, steps)``, with graph.
        ref: Under the reference.
        old: Under the policy that draws.
    """

    parameters: Tensor
    logp: Tensor
    ref: Tensor
    old: Tensor

    @property
    def chances(self) -> Tensor:
        """Of the sequences, when they are drawn."""
        return self.old.sum(-1).exp()


def list_outcomes(*, actions: int, steps: int, distance: float, off_policy: bool, seed: int) -> Outcomes:
    """Every sequence of a random policy whose logits depend on all actions before."""
    generator = torch.Generator().manual_seed(seed)
    contexts = sum(actions**step for step in range(steps))

    def drawn() -> Tensor:
        return torch.randn(contexts, actions, dtype=torch.float64, generator=generator)

    theta = drawn()
    reference = theta + distance * drawn()
    behavior = theta + 0.5 * drawn() if off_policy else theta.clone()
    theta.requires_grad_()
    sequences = torch.tensor(list(itertools.product(range(actions), repeat=steps)))
    rows = torch.zeros(len(sequences), steps, dtype=torch.int64)
    for step in range(1, steps):
        rows[:, step] = actions * rows[:, step - 1] + 1 + sequences[:, step - 1]
    logs = [logits.log_softmax(-1)[rows, sequences] for logits in (theta, reference, behavior)]
    return Outcomes(theta, *logs)


def exact_gradients(outcomes: Outcomes) -> dict[str, tuple[float, Tensor]]:
    """By name: value and gradient of what an estimator may turn out to estimate."""
    logp, ref, held = outcomes.logp, outcomes.ref, outcomes.old.detach()
    whole, base = logp.sum(-1), ref.sum(-1)
    # Chances of the actions before, held fixed: those of the states in which the actions were drawn.
    states = (held.cumsum(-1) - held).exp()
    rest = (held.sum(-1, keepdim=True) - held.cumsum(-1)).exp()
    local = states * rest
    laws: dict[str, Tensor] = {
        "D(π‖ref)": (whole.exp() * (whole - base)).sum(),
        "D(ref‖π)": (base.exp() * (base - whole)).sum(),
        "D(π‖ref) with the states held fixed": (local * logp.exp() * (logp - ref)).sum(),
        "D(ref‖π) with the states held fixed": (local * ref.exp() * (ref - logp)).sum(),
        "the total variation Σ|π − ref|": (whole.exp() - base.exp()).abs().sum(),
    }
    reverse, forward, *_ = laws
    kept, mirrored = f"{reverse} with the states held fixed", f"{forward} with the states held fixed"
    for name, one, other in (
        (f"{reverse} − {forward}", reverse, forward),
        (f"{reverse} − {mirrored}", reverse, mirrored),
        (f"{kept} − {mirrored}", kept, mirrored),
    ):
        laws[name] = laws[one] - laws[other]
    return {
        name: (law.item(), torch.autograd.grad(law, outcomes.parameters, retain_graph=True)[0].flatten())
        for name, law in laws.items()
    }


def loss_gradients(outcomes: Outcomes, function: Callable[..., Any], /) -> tuple[Tensor, Tensor]:
    """Value and gradient of a loss at each outcome alone."""
    values, gradients = [], []
    for place in range(len(outcomes.logp)):
        total = _tensor(function, outcomes, place).sum()
        if not total.requires_grad:
            raise InputError("the penalty has no gradient by logp. A loss must keep the graph; or use='reward'.")
        (gradient,) = torch.autograd.grad(total, outcomes.parameters, retain_graph=True)
        values.append(total.detach())
        gradients.append(gradient.flatten())
    return torch.stack(values).double(), torch.stack(gradients).double()


def reward_gradients(outcomes: Outcomes, function: Callable[..., Any], /) -> tuple[Tensor, Tensor]:
    """Value and policy gradient, by undiscounted returns from each action on, of a reward at each outcome alone."""
    values, gradients = [], []
    ratios = (outcomes.logp - outcomes.old).detach().cumsum(-1).exp()
    for place in range(len(outcomes.logp)):
        given = _tensor(function, outcomes, place).detach().double().reshape(-1)
        steps = outcomes.logp.shape[-1]
        if given.numel() not in {1, steps}:
            raise InputError(f"the penalty has {given.numel()} entries for {steps} actions. One for each is needed.")
        rewards = torch.zeros(steps, dtype=torch.float64)
        rewards[-given.numel() :] = given
        returns = (ratios[place] * rewards).flip(0).cumsum(0).flip(0)
        score = (returns * outcomes.logp[place]).sum()
        (gradient,) = torch.autograd.grad(score, outcomes.parameters, retain_graph=True)
        values.append(rewards.sum())
        gradients.append(gradient.flatten())
    return torch.stack(values), torch.stack(gradients)


def _tensor(function: Callable[..., Any], outcomes: Outcomes, place: int) -> Tensor:
    row = slice(place, place + 1)
    found = function(outcomes.logp[row], outcomes.ref[row], outcomes.old[row])
    if not isinstance(found, Tensor):
        raise InputError(f"the penalty gave a {type(found).__name__}. A tensor is needed.")
    return found
