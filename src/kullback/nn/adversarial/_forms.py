"""What the game needs to know of each f-divergence, as functions of the critic's score v.

With the generator f of D_f(p‖q) = Σ q f(p/q): the activation g takes a score to the domain of the conjugate f*, and
`cost` is f*(g(v)), written out so that no two large terms cancel.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

_LOG2 = math.log(2.0)
# Beyond it exponentials of scores grow no longer: e to the 20 is far from the end of float32 and from any ratio that
# samples can show.
_LIMIT = 20.0


@dataclass(frozen=True, eq=False)
class Form:
    """One f-divergence.

    Attributes:
        quantity: What the bound is below.
        gain: The activation g(v), whose mean over p is taken.
        cost: f*(g(v)), whose mean over q is taken off.
        log_ratio: log p/q at the optimal critic.
        heavy: The sides, of "p" and "q", on which an exponential of scores is averaged.
        in_nats: Whether samples of n rows cannot certify more than log n of it.
    """

    quantity: str
    gain: Callable[[Tensor], Tensor]
    cost: Callable[[Tensor], Tensor]
    log_ratio: Callable[[Tensor], Tensor]
    heavy: tuple[str, ...] = ()
    in_nats: bool = False


def below(v: Tensor) -> Tensor:
    """The score, growing only like a logarithm above the limit; one to one, so that every ratio stays in reach."""
    return torch.where(v > _LIMIT, _LIMIT + torch.log1p((v - _LIMIT).clamp_min(0.0)), v)


def above(v: Tensor) -> Tensor:
    """The score, falling only like a logarithm below minus the limit."""
    return -below(-v)


def _pearson_cost(v: Tensor) -> Tensor:
    # Below -2 the supremum over u ≥ 0 is at u = 0; v²/4 + v would rise there, and pull generators the wrong way.
    low = v.clamp_min(-2.0)
    return low * (low / 4.0 + 1.0)


FORMS = {
    "kl": Form(
        "D(p‖q)",
        gain=below,
        cost=lambda v: (below(v) - 1.0).exp(),
        log_ratio=lambda v: below(v) - 1.0,
        heavy=("q",),
        in_nats=True,
    ),
    "reverse_kl": Form(
        "D(q‖p)",
        gain=lambda v: -(-above(v)).exp(),
        cost=lambda v: above(v) - 1.0,
        log_ratio=above,
        heavy=("p",),
        in_nats=True,
    ),
    "jensen_shannon": Form(
        "JS(p, q)",
        gain=lambda v: 0.5 * (_LOG2 - softplus(-v)),
        cost=lambda v: 0.5 * (softplus(v) - _LOG2),
        log_ratio=lambda v: v,
    ),
    "gan": Form(
        "2 JS(p, q) - log 4",
        gain=lambda v: -softplus(-v),
        cost=softplus,
        log_ratio=lambda v: v,
    ),
    "pearson": Form(
        "χ²(p‖q)",
        gain=lambda v: v,
        cost=_pearson_cost,
        log_ratio=lambda v: torch.log1p((v / 2.0).clamp_min(-1.0)),
        heavy=("q",),
    ),
    "neyman": Form(
        "χ²(q‖p)",
        gain=lambda v: -torch.expm1(-above(v)),
        cost=lambda v: -2.0 * torch.expm1(-above(v) / 2.0),
        log_ratio=lambda v: above(v) / 2.0,
        heavy=("p",),
    ),
    "squared_hellinger": Form(
        "H²(p, q)",
        gain=lambda v: -torch.expm1(-above(below(v))),
        cost=lambda v: torch.expm1(above(below(v))),
        log_ratio=lambda v: 2.0 * above(below(v)),
        heavy=("p", "q"),
    ),
}
