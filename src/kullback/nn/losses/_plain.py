"""The divergences in plain operations, which torch differentiates any number of times and compiles by itself."""

import torch
from torch import Tensor

from kullback.nn.losses._directions import has_limit
from kullback.nn.losses._modes import work_dtype
from kullback.nn.losses._options import Kind
from kullback.nn.losses._pairs import Pair, infinite, masked_pair


def plain_rows(student: Tensor, teacher: Tensor, kind: Kind, /, *, keep: Tensor | None) -> Tensor:
    """Divergences of rows of logits, with intermediates of the whole size.

    Args:
        student: Logits, shape (..., vocabulary).
        teacher: Logits of the same shape.
        kind: Which divergence.
        keep: Rows that count; the others give 0.

    Returns:
        Values in nats, shape (...).
    """
    dtype = work_dtype(student, teacher)
    s, t = (side.to(dtype) / kind.temperature for side in (student, teacher))
    if keep is not None:
        s, t = (torch.where(keep[..., None], side, 0.0) for side in (s, t))
    pair, lost = masked_pair(s, t)
    value = _terms(pair, kind.direction, kind.weight).sum(-1, keepdim=True)
    value = value + (value.clamp(min=0.0) - value).detach()  # the curvature stays where rounding went below zero
    value = torch.where(infinite(lost, has_limit(kind.direction, kind.weight)), torch.inf, value).squeeze(-1)
    return value if keep is None else torch.where(keep, value, 0.0)


def _terms(pair: Pair, direction: str, weight: float) -> Tensor:
    """What is summed over outcomes; none is negative but for rounding."""
    a, b, d = pair
    moved = torch.where(d < 1.0, d.clamp(max=1.0).expm1() * a, b - a)
    if direction == "forward" or (direction == "skew" and weight == 0.0):
        return moved - a * d
    if direction == "reverse":
        return b * d - moved
    if direction == "jeffreys":
        return moved * d
    if weight in (0.0, 1.0):
        return 0.0 * d
    low, high = _over_mixture(d, weight)
    rest = 1.0 - weight
    return rest * b * high - weight * a * low if direction == "js" else rest * moved - a * low


def _over_mixture(d: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    """Logarithms of m/a and of b/m for the mixture m = w a + (1 - w) b."""
    above = d > 0
    share = torch.where(above, d.new_tensor(weight), d.new_tensor(1.0 - weight))
    # Not -|d|: its derivative at 0 is 0, which would lose the curvature of equal rows.
    bend = torch.log1p(share * torch.where(above, -d, d).expm1())
    return torch.where(above, d + bend, bend), torch.where(above, -bend, d - bend)
