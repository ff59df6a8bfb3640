"""Exact divergences of policies, state by state, differentiable to any order."""

import math

import torch
from torch import Tensor

from kullback._core import InputError, exp_gap, softmax_gap
from kullback.nn.policies._checks import can_look, check_finite, check_float, widened


def categorical_policy_kl(p_logits: Tensor, q_logits: Tensor, /) -> Tensor:
    r"""Divergence D(p‖q) of two categorical policies, exact over all actions, in every state.

    $$ D(p \,\|\, q) = \log\Big(1 + \sum_a p_a\,(e^{u_a} - 1 - u_a)\Big) $$

    with u the logits of q less those of p, less their mean under p: no two large terms are ever subtracted.

    Args:
        p_logits: Logits of p, floating, shape ``(*states, actions)``; any constant may be added to a state. Masked
            actions are -inf.
        q_logits: Logits of q, a shape that broadcasts with that of p, with as many actions.

    Returns:
        Divergences in nats, shape ``(*states,)``, float32 (float64 for float64 input). Never negative; +inf where p
        has mass on an action that q lacks (mass that underflows to 0 counts as none).

    Raises:
        InputError: No floating tensors, different numbers of actions, NaN or +inf, or a state with no action left.

    Note:
        Nearly equal policies keep all digits of the dtype, where p·(log p − log q) in float32 loses them all at 1e-7.
        Half precision is computed in float32; gradients come back in the dtype that came. They exist to any order:
        Hessian-vector products at p = q are products with the Fisher matrix. States where the divergence is infinite
        have a zero gradient. It costs some three times the naive sum for a few actions, and more than ten times for
        vocabularies: take `kullback.nn.kl_loss` there.

    Example:
        >>> import torch
        >>> from kullback.nn import categorical_policy_kl
        >>> old, new = torch.tensor([0.6, 0.4]).log(), torch.tensor([0.5, 0.5]).log()
        >>> round(float(categorical_policy_kl(old, new)), 6)
        0.020136
    """
    sides = {"p_logits": p_logits, "q_logits": q_logits}
    for name, logits in sides.items():
        _check_logits(name, check_float(name, logits))
    if p_logits.shape[-1] != q_logits.shape[-1]:
        raise InputError(
            f"p_logits has {p_logits.shape[-1]} actions and q_logits {q_logits.shape[-1]}. Both need the same."
        )
    p, q = _broadcast(*widened(p_logits, q_logits))
    lost = ((q == -math.inf) & (p - p.amax(-1, keepdim=True).detach() > _smallest(p))).any(-1, keepdim=True)
    # The slope of an infinite row would meet inf - inf in its second derivative.
    calm_p, calm_q = (torch.where(lost, torch.zeros_like(side), side) for side in (p, q))
    gap: Tensor = softmax_gap(calm_p, calm_q)
    return torch.where(lost[..., 0], torch.full_like(gap, math.inf), gap)


def gaussian_policy_kl(p_mean: Tensor, p_log_std: Tensor, q_mean: Tensor, q_log_std: Tensor, /) -> Tensor:
    r"""Divergence D(p‖q) of two diagonal Gaussian policies, summed over the dimensions of the action.

    $$ D(p \,\|\, q) = \tfrac12 \sum_i \Big[\big(e^{2 r_i} - 1 - 2 r_i\big)
       + \big((μ_{p,i} - μ_{q,i})/σ_{q,i}\big)^2\Big], \qquad r = \log σ_p - \log σ_q $$

    Args:
        p_mean: Means of p, floating, shape ``(*states, dimensions)``.
        p_log_std: Logarithms of the standard deviations of p, a shape that broadcasts with that of the means, such as
            ``(dimensions,)``.
        q_mean: Means of q, with as many dimensions.
        q_log_std: Logarithms of the standard deviations of q.

    Returns:
        Divergences in nats, shape ``(*states,)``, float32 (float64 for float64 input); never negative.

    Raises:
        InputError: No floating tensors, shapes that do not fit, or numbers that are not finite.

    Note:
        Both terms are squares or gaps that never cancel, so nearly equal policies keep their digits. Half precision
        is computed in float32. Differentiable to any order.

    Example:
        >>> import math, torch
        >>> from kullback.nn import gaussian_policy_kl
        >>> zero, one = torch.zeros(1), torch.ones(1)
        >>> round(float(gaussian_policy_kl(zero, zero, one, math.log(2) * one)), 4)
        0.4431
    """
    sides = {"p_mean": p_mean, "p_log_std": p_log_std, "q_mean": q_mean, "q_log_std": q_log_std}
    for name, side in sides.items():
        check_finite(name, check_float(name, side), "Means and logarithms of standard deviations must be finite.")
    if not p_mean.ndim or not q_mean.ndim or p_mean.shape[-1] != q_mean.shape[-1]:
        raise InputError(
            f"p_mean has shape {tuple(p_mean.shape)} and q_mean {tuple(q_mean.shape)}. Both need the same last axis, "
            "the dimensions of the action: one dimension is an axis of length 1."
        )
    mp, sp, mq, sq = _broadcast(*widened(*sides.values()))
    if mp.shape[-1] != p_mean.shape[-1]:
        raise InputError(
            f"the means have {p_mean.shape[-1]} dimensions and the log_std {mp.shape[-1]}. Both need the same."
        )
    # Beyond this a mean that did not move would be 0 · inf.
    inverse = torch.exp(torch.clamp(-sq, max=0.999 * math.log(torch.finfo(sq.dtype).max)))
    shape: Tensor = exp_gap(2.0 * (sp - sq))
    return 0.5 * (shape + ((mp - mq) * inverse) ** 2).sum(-1)


def _broadcast(*tensors: Tensor) -> tuple[Tensor, ...]:
    try:
        shape = torch.broadcast_shapes(*(one.shape for one in tensors))  # type: ignore[no-untyped-call]
        return tuple(one.expand(shape) for one in tensors)
    except (RuntimeError, ValueError) as error:
        shapes = ", ".join(str(tuple(one.shape)) for one in tensors)
        raise InputError(f"the shapes {shapes} do not broadcast. Give both policies at the same states.") from error


def _smallest(p: Tensor) -> float:
    """The logarithm of the smallest number that is not 0, subnormal ones left out."""
    return math.log(torch.finfo(p.dtype).tiny)


def _check_logits(name: str, logits: Tensor) -> None:
    if not logits.ndim or not logits.shape[-1]:
        raise InputError(f"{name} has shape {tuple(logits.shape)}. The last axis must hold the actions.")
    if not can_look(logits) or not logits.numel():
        return
    if bool((torch.isnan(logits) | (logits == math.inf)).any()):
        raise InputError(f"{name} has NaN or +inf. Logits are finite, or -inf for masked actions.")
    empty = (logits == -math.inf).all(-1)
    if bool(empty.any()):
        raise InputError(
            f"{name} masks all actions in {int(empty.sum())} states. Leave one action, or drop these states."
        )
