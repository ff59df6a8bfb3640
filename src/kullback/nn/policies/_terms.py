"""The numbers behind sampled penalties: for every token a value and the weight of its score."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from kullback._core import exp_gap
from kullback.nn.policies._checks import check_finite


class Samples(NamedTuple):
    """Log-probabilities of sampled tokens, without graph, and where they count."""

    logp: Tensor
    ref: Tensor
    old: Tensor
    mask: Tensor


class Terms(NamedTuple):
    """Token by token: summands whose mean is the divergence, and what multiplies the gradient of log π."""

    value: Tensor
    weight: Tensor


def reverse_terms(samples: Samples, /, *, sequence: bool, cap: float | None) -> Terms:
    """For D(π‖ref): ρ (e^-x - 1 + x), and ρ x or, over sequences, the sum of it from the token on."""
    step, ratio = _logs(samples)
    ratio = _prefix(ratio) if sequence else ratio
    ratio = ratio + _excess(ratio, cap)
    value = _schulman(step, ratio)
    weight = torch.exp(ratio) * step
    if sequence:
        weight = weight.flip(-1).cumsum(-1).flip(-1)
    return _counted(value, weight, samples.mask)


def forward_terms(samples: Samples, /, *, sequence: bool, cap: float | None) -> Terms:
    """For D(ref‖π): ρ r log r - ρ r + ρ with r = ref/π, and ρ (1 - r); over sequences r and ρ are of the prefix."""
    step, ratio = _logs(samples)
    moved, before, log_ratio = step, torch.zeros_like(step), ratio
    if sequence:
        moved, log_ratio = _prefix(step), _prefix(ratio)
        drawn = _prefix(_log_of(samples, samples.ref, samples.old))
        before = torch.cat([torch.zeros_like(drawn[..., :1]), drawn[..., :-1]], -1)
    excess = _excess(log_ratio, cap)
    value = _mirrored(step, before + ratio + excess)
    log_ratio = log_ratio + excess
    far = moved < -30.0
    near = torch.exp(log_ratio) * -torch.expm1(-torch.where(far, torch.zeros_like(moved), moved))
    weight = torch.where(far, torch.exp(log_ratio) - torch.exp(log_ratio - moved), near)
    return _counted(value, weight, samples.mask)


def rewards(samples: Samples, gradient: str, /, *, sequence: bool) -> Tensor:
    """What to take from the rewards: log π/ref of each token, or 1 - ref/π of each token or whole sequence."""
    step, _ = _logs(samples)
    if gradient == "reverse":
        return step
    if not sequence:
        return -torch.expm1(-step)
    last = samples.mask & (samples.mask.flip(-1).cumsum(-1).flip(-1) == 1)
    return torch.where(last, -torch.expm1(-step.sum(-1, keepdim=True)), torch.zeros_like(step))


def _log_of(samples: Samples, above: Tensor, below: Tensor) -> Tensor:
    """The logarithm of a ratio, 0 where nothing counts."""
    return torch.where(samples.mask, above - below, torch.zeros_like(above))


def _logs(samples: Samples) -> tuple[Tensor, Tensor]:
    return _log_of(samples, samples.logp, samples.ref), _log_of(samples, samples.logp, samples.old)


def _prefix(logs: Tensor) -> Tensor:
    return logs.cumsum(-1)


def _excess(log_ratio: Tensor, cap: float | None) -> Tensor:
    """What is to be added to the logarithm of a weight so that it keeps a cap."""
    if cap is None:
        return torch.zeros_like(log_ratio)
    return torch.clamp(math.log(cap) - log_ratio, max=0.0)


def _schulman(step: Tensor, log_ratio: Tensor) -> Tensor:
    """ρ (e^-x - 1 + x); far below zero in logarithms, where e^-x alone may overflow."""
    far = step < -30.0
    calm = torch.where(far, torch.zeros_like(step), step)
    near: Tensor = torch.exp(log_ratio) * exp_gap(-calm)
    return torch.where(far, torch.exp(log_ratio - step) + torch.exp(log_ratio) * (step - 1.0), near)


def _mirrored(step: Tensor, log_ratio: Tensor) -> Tensor:
    """ρ (r log r - r + 1) with log r = -x; 1 where the reference has nothing."""
    far = step > 1.0
    calm = torch.where(far, torch.zeros_like(step), step)
    near: Tensor = torch.exp(log_ratio - calm) * exp_gap(calm)
    bounded = torch.where(torch.isfinite(step), step, torch.zeros_like(step))
    tail = torch.where(torch.isfinite(step), (1.0 + bounded) * torch.exp(-bounded), torch.zeros_like(step))
    return torch.where(far, torch.exp(log_ratio) * (1.0 - tail), near)


def _counted(value: Tensor, weight: Tensor, mask: Tensor) -> Terms:
    """Both with 0 where nothing counts, and no infinite weight: it would make NaN of the gradient of every token."""
    needed = "old and new policy are too far apart over so many actions. Use level='token' or biased_ratio_cap."
    check_finite("the product of importance weights and log-ratios", weight, f"It overflowed: {needed}", where=mask)
    zero = torch.zeros_like(value)
    return Terms(torch.where(mask, value, zero), torch.where(mask & torch.isfinite(weight), weight, zero))
