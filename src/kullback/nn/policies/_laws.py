"""What a policy closure may return, and the mean divergence from the old to the new."""

from copy import deepcopy
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution, Independent, Normal, kl_divergence

from kullback._core import InputError
from kullback.nn.policies._divergences import categorical_policy_kl, gaussian_policy_kl

Law: TypeAlias = Tensor | tuple[Tensor, Tensor] | Distribution
"""Logits of shape (*states, actions), a pair (mean, log_std), or a distribution of torch."""


def frozen(law: Law, /) -> Law:
    """A copy that parameters moved in place leave alone: logits may be parameters themselves."""
    plain = _plain(law)
    if isinstance(plain, Tensor):
        return plain.detach().clone()
    if isinstance(plain, tuple):
        return plain[0].detach().clone(), plain[1].detach().clone()
    return deepcopy(plain)


def divergence_by_state(old: Law, new: Law, /) -> Tensor:
    """D(old‖new) in every state, in nats.

    Raises:
        InputError: Nothing that is known to have one, or two different kinds.
    """
    one, other = _plain(old), _plain(new)
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return categorical_policy_kl(one, other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return gaussian_policy_kl(*one, *other)
    if isinstance(one, Distribution) and isinstance(other, Distribution):
        try:
            value: Tensor = kl_divergence(one, other)
        except NotImplementedError as error:
            raise InputError(
                f"policy() returned a {type(new).__name__}, whose divergence torch does not know. Return logits, "
                "(mean, log_std), or a distribution that torch.distributions.kl_divergence takes."
            ) from error
        return value
    raise InputError(f"policy() returned a {type(old).__name__} and then a {type(new).__name__}. One kind is needed.")


def mean_divergence(old: Law, new: Law, mask: Tensor | None, /) -> Tensor:
    """The mean of D(old‖new) over the states, those of the mask where there is one.

    Raises:
        InputError: As `divergence_by_state`, or a mask of another shape or without a state.
    """
    values = divergence_by_state(old, new)
    if not values.numel():
        raise InputError("policy() returned a law at no state. Give at least one.")
    # float32 means of many states would round at the limit itself.
    values = values.to(torch.float64) if values.device.type != "mps" else values
    if mask is None:
        return values.mean()
    if mask.dtype != torch.bool or mask.shape != values.shape:
        raise InputError(
            f"mask is {mask.dtype} of shape {tuple(mask.shape)}. Booleans of shape {tuple(values.shape)} are needed, "
            "one for each state."
        )
    count = mask.sum()
    if not int(count):
        raise InputError("mask leaves no state. Give at least one True.")
    return torch.where(mask, values, torch.zeros_like(values)).sum() / count


def _plain(law: Any) -> Law:
    """The law as logits or (mean, log_std) where it can be, for the exact forms."""
    if isinstance(law, Tensor):
        return law
    if isinstance(law, tuple) and len(law) == 2 and all(isinstance(one, Tensor) for one in law):
        return law[0], law[1]
    if isinstance(law, Categorical):
        logits: Tensor = law.logits
        return logits
    if isinstance(law, Independent) and isinstance(law.base_dist, Normal) and law.reinterpreted_batch_ndims == 1:
        return law.base_dist.loc, law.base_dist.scale.log()
    if isinstance(law, Normal):
        if law.loc.ndim > 1:
            raise InputError(
                f"policy() returned a Normal of shape {tuple(law.loc.shape)}: are the columns dimensions of an action? "
                "Wrap it in Independent(..., 1), or return (mean, log_std)."
            )
        return law.loc[..., None], law.scale.log()[..., None]
    if isinstance(law, Distribution):
        return law
    raise InputError(
        f"policy() returned a {type(law).__name__}. Logits, a pair (mean, log_std), or a torch distribution is needed."
    )
