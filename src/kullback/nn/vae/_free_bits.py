"""Free bits: a part of the divergence that costs nothing, so that latents are not given up early in training."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.vae._inputs import check_finite, check_mask, check_number, check_tensor, widest

Per: TypeAlias = Literal["dimension", "group", "example", "entry"]


def free_bits(
    kl: Tensor, /, *, nats: float, per: Per = "dimension", groups: int | None = None, mask: Tensor | None = None
) -> Tensor:
    r"""Mean divergence for each example, of which the first `nats` of every unit are free.

    $$ \sum_j \max\Big(λ,\ \frac1n \sum_i \mathrm{KL}_{ij}\Big) $$

    for ``per="dimension"``. What lies below the floor λ has gradient 0: nothing pulls it towards the prior.

    Args:
        kl: Divergences in nats, shape ``(*batch, d)``: what `gaussian_kl` returns, neither summed nor averaged.
        nats: The floor λ in nats for each unit (0.5 nats are 0.72 bits); 0 gives the plain mean divergence.
        per: The unit that has a floor of its own: each ``"dimension"`` on average over the batch; each ``"group"`` of
            dimensions on average over the batch (Kingma's form); each ``"example"`` over all its dimensions; or each
            ``"entry"``, a dimension of an example.
        groups: How many groups of neighboring dimensions, with ``per="group"``.
        mask: Booleans of shape ``batch``, True for the examples that count; None counts all.

    Returns:
        A scalar in nats per example, to be added to a reconstruction loss that is a sum over pixels and a mean over
        examples; 0 where the mask leaves no example.

    Raises:
        InputError: `kl` lost its dimensions or has NaN, a negative floor, an unknown unit, or a mask or groups that do
            not fit.

    Note:
        A floor keeps the divergence up, not the information: a law that differs from the prior in the same way for
        every example fills it too. `collapse_report` tells the two apart. Floors of dimensions and groups act on the
        mean over the batch at hand: with gradient accumulation, on each part alone.

    References:
        Kingma, Salimans, Jozefowicz, Chen, Sutskever and Welling (2016), Improved Variational Inference with Inverse
        Autoregressive Flow, appendix (the objective with free bits).

    Example:
        >>> import torch
        >>> from kullback.nn import free_bits
        >>> kl = torch.tensor([[0.1, 2.0], [0.3, 4.0]])
        >>> free_bits(kl, nats=0.5)  # the first dimension has 0.2 on average, the second 3
        tensor(3.5000)
    """
    check_tensor(kl, "kl")
    if kl.ndim < 2:
        raise InputError(f"kl has the shape {tuple(kl.shape)}. (*batch, dimensions) is needed. Do not sum or average.")
    floor, rule = check_number(nats, "nats"), _rule(per)
    rows, weight = _counted(kl.flatten(0, -2).to(widest([kl])), check_mask(mask, kl.shape[:-1]))
    check_finite(rows, "kl")
    if per == "group" or groups is not None:
        rows = _grouped(rows, per, groups)
    count = weight.sum()
    return rule(rows, weight / count.clamp(min=1.0), floor) * (count > 0)


def _counted(rows: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """The rows, those without a say as zeros (they may hold anything), and 1 for each that counts."""
    if mask is None:
        return rows, rows.new_ones(len(rows))
    kept = mask.flatten()
    return torch.where(kept[:, None], rows, 0.0), kept.to(rows.dtype)


def _rule(per: Any) -> Callable[[Tensor, Tensor, float], Tensor]:
    rules = {"dimension": _by_mean, "group": _by_mean, "example": _by_example, "entry": _by_entry}
    if per not in rules:
        raise InputError(f"per is {per!r}. One of {', '.join(map(repr, rules))} is needed.")
    return rules[per]


def _by_mean(rows: Tensor, weight: Tensor, floor: float) -> Tensor:
    return (weight[:, None] * rows).sum(dim=0).clamp(min=floor).sum()


def _by_example(rows: Tensor, weight: Tensor, floor: float) -> Tensor:
    return (weight * rows.sum(dim=-1).clamp(min=floor)).sum()


def _by_entry(rows: Tensor, weight: Tensor, floor: float) -> Tensor:
    return (weight * rows.clamp(min=floor).sum(dim=-1)).sum()


def _grouped(rows: Tensor, per: Any, groups: Any) -> Tensor:
    """The divergences of groups of neighboring dimensions."""
    size = rows.shape[-1]
    if per != "group":
        raise InputError(f"groups is {groups!r} and per {per!r}. Groups go with per='group'.")
    if isinstance(groups, bool) or not isinstance(groups, int) or groups < 1 or size % groups:
        raise InputError(f"groups is {groups!r} for {size} dimensions. A whole number that divides them is needed.")
    return rows.reshape(-1, groups, size // groups).sum(dim=-1)
