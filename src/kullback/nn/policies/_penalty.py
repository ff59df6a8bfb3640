"""Penalties from sampled actions, named by the divergence whose gradient they give."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.policies._checks import (
    can_look,
    check_finite,
    check_float,
    check_number,
    check_same_shape,
    check_word,
    read_mask,
    widened,
)
from kullback.nn.policies._names import MEANING, resolve_gradient
from kullback.nn.policies._terms import Samples, forward_terms, reverse_terms, rewards

_LEVELS = ("token", "sequence")
_REDUCTIONS = ("mean", "sum", "none")


@dataclass(frozen=True, kw_only=True)
class PolicyPenalty:
    r"""A penalty from sampled actions: where it is put, and the divergence whose gradient it gives.

    Called with log-probabilities of the sampled actions it gives a tensor. As a loss, the *value* is a mean of terms
    that are never negative and estimate the divergence, and the *gradient* is an unbiased estimate of the gradient of
    the same divergence:

    | gradient | value of a token | gradient of a token |
    |---|---|---|
    | "reverse", D(π‖ref) | ρ(1/r − 1 + log r) | ρ log r · ∇log π |
    | "forward", D(ref‖π) | ρ(1/r·log(1/r) − 1/r + 1) | ρ(1 − 1/r) · ∇log π |

    with r = π/ref, and ρ = π/old (1 for samples of π itself). As a reward it is detached, token by token, to be
    *taken from* the reward: log r for "reverse", 1 − 1/r for "forward".

    Attributes:
        use: "loss" to be differentiated, "reward" to be taken from the rewards of a policy-gradient estimator.
        gradient: "reverse" for D(π‖ref), "forward" for D(ref‖π). The classic names "k1", "k2", "k3" become what they
            really give in this use, or are refused with the reason.
        level: "sequence": the last axis is time, and the gradient is that of the divergence of whole sequences.
            "token": every entry stands alone in the state it was drawn in; the effect of an action on later states is
            left out. None: "sequence" for two or more axes, "token" for one. In a reward it matters for "forward"
            only: the returns of the trainer decide for the other.
        off_policy: Whether samples come from an older policy whose log-probabilities will be given.
        reduction: Of a loss: "mean" over tokens (level "token") or over sequences of the sums of their tokens (level
            "sequence"); "sum"; "none" for one entry per token. None: "mean"; rewards are never reduced.
        biased_ratio_cap: Largest importance weight; smaller variance for a bias that nobody knows. None: no cap.

    Raises:
        InputError: An unknown word, or a combination whose gradient is that of no divergence.

    Note:
        The value is detached from the gradient, so only first derivatives mean something. In a reward, `gradient`
        holds for a policy gradient with undiscounted returns; the trainer's own importance ratio then covers the
        penalty too. A log-ratio is never clamped: a clamp switches the penalty off just where it is needed.

    References:
        Schulman (2020), Approximating KL divergence (k1, k2, k3, as values).
        Tang and Munos (2025), arXiv:2506.09477 (what their gradients are).

    Example:
        >>> from kullback.nn import PolicyPenalty
        >>> PolicyPenalty(use="loss", gradient="k3")
        PolicyPenalty(gradient of D(ref‖π), use='loss')
        >>> PolicyPenalty(use="loss", gradient="k3", off_policy=True)
        PolicyPenalty(gradient of D(π‖ref), use='loss', off_policy=True)
    """

    use: str
    gradient: str = "reverse"
    level: str | None = None
    off_policy: bool = False
    reduction: str | None = None
    biased_ratio_cap: float | None = None

    def __post_init__(self) -> None:
        """Resolve the name of the gradient, and refuse what does not go together."""
        resolved = resolve_gradient(self.gradient, self.use, off_policy=bool(self.off_policy))
        object.__setattr__(self, "gradient", resolved)
        check_word("level", "token" if self.level is None else self.level, _LEVELS)
        check_word("reduction", "mean" if self.reduction is None else self.reduction, _REDUCTIONS)
        if self.use == "reward" and self.reduction not in {None, "none"}:
            raise InputError(f"reduction={self.reduction!r} with use='reward': every token has a reward of its own.")
        if self.biased_ratio_cap is not None:
            check_number("biased_ratio_cap", self.biased_ratio_cap)
            if not self.off_policy:
                raise InputError("biased_ratio_cap came without old_logp: there is no ratio to cap. Leave it out.")

    def __repr__(self) -> str:
        """The divergence, and every option that was set."""
        parts = [f"gradient of {MEANING[self.gradient]}", f"use={self.use!r}"]
        for name in ("level", "off_policy", "reduction", "biased_ratio_cap"):
            value = getattr(self, name)
            if value not in {None, False}:
                parts.append(f"{name}={value!r}")
        return f"PolicyPenalty({', '.join(parts)})"

    def __call__(
        self,
        logp: Tensor,
        ref_logp: Tensor,
        /,
        *,
        mask: Tensor | None = None,
        old_logp: Tensor | None = None,
        num_items: float | Tensor | None = None,
    ) -> Tensor:
        """The penalty of sampled actions, in nats; arguments as in `sampled_penalty`.

        Args:
            logp: Log-probabilities of the sampled actions under π, with graph for a loss.
            ref_logp: The same under the reference.
            mask: True where an action counts.
            old_logp: The same under the policy that drew them, if `off_policy`.
            num_items: What a sum is divided by in place of the tokens or sequences of this batch.

        Returns:
            A scalar, or a tensor of the shape of `logp` (reward, or reduction "none").

        Raises:
            InputError: As in `sampled_penalty`.
        """
        self._check_old(old_logp)
        samples, graph = _read(logp, ref_logp, old_logp, mask, gradient=self.gradient)
        level = self.level or ("sequence" if logp.ndim > 1 else "token")
        sequence = level == "sequence"
        if sequence and logp.ndim < 2:
            raise InputError(
                f"level='sequence' with logp of shape {tuple(logp.shape)}. Rows of sequences are needed, time last."
            )
        if self.use == "reward":
            return rewards(samples, self.gradient, sequence=sequence)
        make = reverse_terms if self.gradient == "reverse" else forward_terms
        value, weight = make(samples, sequence=sequence, cap=self.biased_ratio_cap)
        # The difference is exactly zero: it carries the gradient and leaves the value alone.
        tokens = value + weight * (graph - graph.detach())
        return self._reduced(tokens, samples.mask, num_items, sequence=sequence)

    def _check_old(self, old_logp: Tensor | None) -> None:
        if self.off_policy and old_logp is None:
            raise InputError(
                "off_policy=True, and old_logp is missing. Give log-probabilities of what drew the samples."
            )
        if not self.off_policy and old_logp is not None:
            raise InputError("old_logp came, and off_policy is False. Build PolicyPenalty(..., off_policy=True).")

    def _reduced(self, tokens: Tensor, mask: Tensor, num_items: Any, *, sequence: bool) -> Tensor:
        reduction = self.reduction or "mean"
        if num_items is not None and reduction != "mean":
            raise InputError(f"num_items came with reduction={reduction!r}. It belongs to 'mean'.")
        if reduction == "none":
            return tokens
        if reduction == "sum":
            return tokens.sum()
        if num_items is not None:
            return tokens.sum() / _items(num_items, tokens)
        return tokens.sum() / torch.clamp((mask.any(-1) if sequence else mask).sum(), min=1)


def sampled_penalty(
    logp: Tensor,
    ref_logp: Tensor,
    /,
    *,
    use: str,
    gradient: str = "reverse",
    level: str | None = None,
    mask: Tensor | None = None,
    old_logp: Tensor | None = None,
    reduction: str | None = None,
    num_items: float | Tensor | None = None,
    biased_ratio_cap: float | None = None,
) -> Tensor:
    r"""Penalty from sampled actions whose gradient is that of D(π‖ref) or D(ref‖π), without bias.

    `PolicyPenalty` holds the same options as a record, and the formulas.

    Args:
        logp: Log-probabilities (or log-densities) of the sampled actions under the policy π in training, floating,
            with graph for a loss; shape ``(sequences, time)``, or ``(actions,)`` where each stands alone.
        ref_logp: The same under the reference, same shape; never differentiated.
        use: "loss": the result is differentiated. "reward": the result is taken from the rewards of a policy-gradient
            estimator. There is no default: the same formula has different gradients in the two places.
        gradient: "reverse" or "forward", or a classic name; see `PolicyPenalty`.
        level: "sequence", "token", or None to choose by the number of axes; see `PolicyPenalty`.
        mask: Booleans of the same shape, True where an action counts. What lies under False is never read.
        old_logp: Log-probabilities under the policy that drew the actions, where it is not π itself (a loss only).
        reduction: "mean", "sum" or "none"; see `PolicyPenalty`.
        num_items: Divisor of the sum in place of the tokens or sequences here, so that accumulated gradients equal
            those of the full batch.
        biased_ratio_cap: Largest importance weight π/old.

    Returns:
        In nats: a scalar loss (0 with a zero gradient where the mask leaves nothing), or one entry per token for
        rewards and reduction "none". float32 (float64 for float64 input).

    Raises:
        InputError: Shapes or dtypes that do not fit, log-probabilities that are NaN or infinite where they count, an
            unknown word, or a combination with the gradient of no divergence: k1 as a loss, k2 weighed by a ratio,
            k2, k3 or abs as a reward.

    Note:
        Checked by enumeration to 1e-12: see `check_penalty`.

    References:
        Tang and Munos (2025), arXiv:2506.09477. Liu et al. (2025), arXiv:2510.01555.

    Example:
        >>> import torch
        >>> from kullback.nn import sampled_penalty
        >>> logits = torch.zeros(3, requires_grad=True)
        >>> logp = logits.log_softmax(-1)  # every action once: the mean is the expectation
        >>> ref_logp = torch.tensor([0.5, 0.25, 0.25]).log()
        >>> loss = sampled_penalty(logp, ref_logp, use="loss")
        >>> round(loss.item(), 4)  # D(π‖ref)
        0.0566
        >>> loss.backward()
        >>> [round(x, 4) for x in logits.grad.tolist()]
        [-0.154, 0.077, 0.077]
    """
    penalty = PolicyPenalty(
        use=use,
        gradient=gradient,
        level=level,
        off_policy=old_logp is not None,
        reduction=reduction,
        biased_ratio_cap=biased_ratio_cap,
    )
    return penalty(logp, ref_logp, mask=mask, old_logp=old_logp, num_items=num_items)


def _read(logp: Any, ref_logp: Any, old_logp: Any, mask: Any, *, gradient: str) -> tuple[Samples, Tensor]:
    """The samples without graph, and log π with it."""
    named = {"logp": logp, "ref_logp": ref_logp}
    if old_logp is not None:
        named["old_logp"] = old_logp
    for name, one in named.items():
        check_float(name, one)
    check_same_shape(**named)
    counts = read_mask(mask, logp, "logp")
    for name, one in named.items():
        _check_drawn(name, one, counts, gradient)
    wide = dict(zip(named, widened(*named.values()), strict=True))
    zero = torch.zeros_like(wide["logp"])
    safe = {name: torch.where(counts, one, zero) for name, one in wide.items()}
    graph = safe["logp"]
    own = graph.detach()
    old = safe["old_logp"].detach() if old_logp is not None else own
    return Samples(own, safe["ref_logp"].detach(), old, counts), graph


def _check_drawn(name: str, values: Tensor, counts: Tensor, gradient: str) -> None:
    if name == "ref_logp" and gradient == "forward":
        if can_look(values) and bool((counts & (torch.isnan(values) | (values == math.inf))).any()):
            raise InputError("ref_logp has NaN or +inf where the mask counts. Log-probabilities are needed.")
        return
    needed = "Log-probabilities of actions that were drawn are finite: mask the others."
    if name == "ref_logp":
        needed = (
            "Where the reference cannot take a drawn action D(π‖ref) is infinite and has no gradient: mask such "
            "actions, give the reference full support, or use gradient='forward'."
        )
    check_finite(name, values, needed, where=counts)


def _items(num_items: Any, like: Tensor) -> Tensor:
    items = torch.as_tensor(num_items, device=like.device)
    if items.ndim or (can_look(items) and not bool(torch.isfinite(items) & (items > 0))):
        raise InputError(f"num_items is {num_items!r}. One number above zero is needed.")
    return items
