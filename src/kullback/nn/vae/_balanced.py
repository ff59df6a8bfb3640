"""KL balancing: one divergence that moves the prior faster than the posterior."""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor

from kullback._core import InputError, softmax_gap
from kullback.nn.vae._gaussian import gaussian_kl
from kullback.nn.vae._inputs import can_look, check_broadcast, check_number, check_tensor, widest

_PAIR = 2  # a mean and a log variance


def balanced_kl(
    posterior: tuple[Tensor, Tensor] | Tensor,
    prior: tuple[Tensor, Tensor] | Tensor,
    /,
    *,
    balance: float = 0.8,
    given: Literal["gaussian", "logits"] = "gaussian",
) -> Tensor:
    r"""Divergence of the posterior from a learned prior, whose gradient is split between the two.

    $$ α \,D(\mathrm{sg}(q) \,\|\, p) + (1 - α) \,D(q \,\|\, \mathrm{sg}(p)) $$

    with sg for "no gradient". Its value is D(q‖p) whatever α; the prior gets α of its gradient and the posterior 1 - α.

    Args:
        posterior: The law q: ``(mean, log_var)``, two tensors of shape ``(*batch, d)``, or logits of shape
            ``(*batch, classes)``; -inf is a class without mass.
        prior: The law p, given likewise.
        balance: The share α of the prior's gradient, from 0 to 1; 0.5 is half of the plain gradient to both.
        given: What the laws are: ``"gaussian"`` for pairs, ``"logits"`` for categories along the last axis.

    Returns:
        Divergences in nats: ``(*batch, d)`` for Gaussians, one for each dimension as `gaussian_kl`; ``(*batch,)`` for
        categories, `inf` where the posterior has a class that the prior lacks.

    Raises:
        InputError: Something else than `given` says, shapes that do not fit, NaN (on a CPU), or a share outside 0 to 1.

    Note:
        The divergence is computed twice, once for each side's gradient; half precision in float32.

    References:
        Hafner, Lillicrap, Norouzi and Ba (2021), Mastering Atari with Discrete World Models, algorithm 2.

    Example:
        >>> import torch
        >>> from kullback.nn import balanced_kl
        >>> prior = torch.zeros(3, requires_grad=True)
        >>> loss = balanced_kl(torch.tensor([2.0, 0.0, 0.0]), prior, given="logits")
        >>> loss.backward()
        >>> print(f"{loss.item():.4f} nats")
        0.4330 nats
    """
    share = check_number(balance, "balance", high=1.0)
    q, p, divergence = _laws(posterior, prior, given)
    left = divergence(tuple(one.detach() for one in q), p)
    right = divergence(q, tuple(one.detach() for one in p))
    # Both have the same value, bit for bit, and a mean of the form a + w (b - a) leaves it so; inf - inf would not.
    return torch.where(left.isinf(), left, torch.lerp(left, right, 1.0 - share))


def _laws(
    posterior: Any, prior: Any, given: Any
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...], Callable[[tuple[Tensor, ...], tuple[Tensor, ...]], Tensor]]:
    """Both laws as tuples of tensors, and the divergence of such tuples."""
    if given == "gaussian":
        return _pair(posterior, "posterior"), _pair(prior, "prior"), _gaussian
    if given == "logits":
        q, p = check_tensor(posterior, "posterior"), check_tensor(prior, "prior")
        _check_logits(q, p)
        return (q,), (p,), _categorical
    raise InputError(f"given is {given!r}. 'gaussian' or 'logits' is needed.")


def _pair(law: Any, name: str) -> tuple[Tensor, ...]:
    if not isinstance(law, tuple | list) or len(law) != _PAIR:
        raise InputError(
            f"{name} is a {type(law).__name__}. A pair (mean, log_var) is needed; for logits say given='logits'."
        )
    return check_tensor(law[0], f"the mean of {name}"), check_tensor(law[1], f"the log_var of {name}")


def _gaussian(q: tuple[Tensor, ...], p: tuple[Tensor, ...]) -> Tensor:
    return gaussian_kl(q[0], q[1], prior_mean=p[0], prior_log_var=p[1])


def _categorical(q: tuple[Tensor, ...], p: tuple[Tensor, ...]) -> Tensor:
    dtype = widest((*q, *p))
    found: Tensor = softmax_gap(q[0].to(dtype), p[0].to(dtype))
    return found


def _check_logits(q: Tensor, p: Tensor) -> None:
    if q.ndim == 0 or p.ndim == 0 or q.shape[-1] != p.shape[-1]:
        raise InputError(
            f"the logits have the shapes {tuple(q.shape)} and {tuple(p.shape)}. The same number of classes along the "
            "last axis is needed."
        )
    check_broadcast((q, p), ("posterior", "prior"))
    for name, logits in (("posterior", q), ("prior", p)):
        if can_look(logits) and not bool(logits.amax(dim=-1).isfinite().all()):
            raise InputError(
                f"{name} has a row of logits with NaN or +inf, or without a finite entry. Finite logits are needed, "
                "-inf where a class is masked."
            )
