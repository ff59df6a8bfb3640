"""Rollouts with a cause planted: what a trainer and a sampling engine say of the same tokens."""

import math
from typing import Any

import torch
from torch import Tensor


def cut(logits: Tensor, rule: tuple[str, float]) -> Tensor:
    """Log-probabilities with all but the likeliest tokens cut off."""
    kind, size = rule
    logp = logits.log_softmax(-1)
    if kind == "top_k":
        return logp.masked_fill(logp < logp.topk(size, -1).values[:, -1:], -math.inf)
    ordered, places = logp.sort(-1, descending=True)
    kept = torch.zeros_like(logp, dtype=torch.bool).scatter(-1, places, ordered.exp().cumsum(-1) - ordered.exp() < size)
    return logp.masked_fill(~kept, -math.inf)


def engine_logits(
    cause: str, setting: Any, hidden: Tensor, head: Tensor, bias: Tensor, draw: torch.Generator
) -> Tensor:
    """Logits of the engine that samples, by what is wrong with it."""
    logits = hidden @ head.T + bias
    if cause == "temperature":
        return logits / setting
    if cause == "truncated sampling":
        return cut(logits, setting)
    if cause == "stale weights":
        return hidden @ (head + setting * torch.randn(head.shape, generator=draw, dtype=head.dtype)).T + bias
    if cause == "precision":
        product = hidden.bfloat16() @ head.bfloat16().T + bias.bfloat16() if setting == "product" else logits.bfloat16()
        return product.double()
    return logits.float().double()


def planted(
    cause: str, setting: Any, *, seed: int, rows: int = 48, steps: int = 40, unequal: float = 1.0
) -> list[Tensor]:
    """Log-probabilities of tokens by trainer and engine: a language-like policy of 400 tokens in 400 states."""
    draw = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    hidden = normal(400, 16) * torch.exp(unequal * normal(400, 1)) * 0.56
    head, bias = normal(400, 16), -torch.arange(1, 401).double()[torch.randperm(400, generator=draw)].log()
    train = (hidden @ head.T + bias).log_softmax(-1)
    rollout = engine_logits(cause, setting, hidden, head, bias, draw).log_softmax(-1)
    states = torch.randint(400, (rows * steps,), generator=draw)
    tokens = torch.multinomial(rollout[states].exp(), 1, generator=draw)
    return [side[states].gather(-1, tokens).reshape(rows, steps) for side in (train, rollout)]
