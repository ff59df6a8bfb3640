"""Divergences between the mean predictions of groups, from their logarithms; no solver, no epsilon."""

import torch
from torch import Tensor

from kullback._core import relative_gap, softmax_gap


def shares(sizes: Tensor, /) -> Tensor:
    """Share of each group among the rows of a label, shape ``(labels, groups)``; zeros where a label has no rows."""
    totals = sizes.sum(dim=-1, keepdim=True)
    return sizes / torch.where(totals > 0, totals, torch.ones_like(totals))


def over_labels(values: Tensor, sizes: Tensor, /) -> Tensor:
    """Mean of one value per label, by the rows that have it; a label without rows adds nothing."""
    rows = sizes.sum(dim=-1)
    parts = torch.where(rows > 0, values * (rows / rows.sum().clamp_min(1e-30)), torch.zeros_like(values))
    return parts.sum()


def mixture(log_means: Tensor, sizes: Tensor, /) -> Tensor:
    """Logarithms of the mean over the groups by their shares, shape ``(labels, 1, classes)``."""
    share = shares(sizes)
    # A label without rows has no shares: any will do, it counts for nothing.
    share = torch.where(share.sum(dim=-1, keepdim=True) > 0, share, torch.ones_like(share))
    return torch.logsumexp(log_means + share.log()[..., None], dim=-2, keepdim=True)


def jensen_shannon(log_means: Tensor, sizes: Tensor, /) -> Tensor:
    """Divergence of the groups from their mixture, by shares, for each label."""
    share = shares(sizes)
    gaps = softmax_gap(log_means, mixture(log_means, sizes))
    return torch.where(share > 0, share * gaps, torch.zeros_like(gaps)).sum(dim=-1)


def contributions(log_means: Tensor, sizes: Tensor, /) -> Tensor:
    """What every class of every group adds to the Jensen-Shannon divergence; none is negative."""
    parts: Tensor = relative_gap(log_means.exp(), mixture(log_means, sizes).exp())
    return shares(sizes)[..., None] * parts


def pairs(log_means: Tensor, sizes: Tensor, /) -> Tensor:
    """D(group a ‖ group b) at [label, a, b]; 0 where either has no rows."""
    gaps: Tensor = softmax_gap(log_means[..., :, None, :], log_means[..., None, :, :])
    return torch.where(both_present(sizes), gaps, torch.zeros_like(gaps))


def both_present(sizes: Tensor, /) -> Tensor:
    """Whether both groups of a pair have rows of a label, shape ``(labels, groups, groups)``."""
    present = sizes > 0
    return present[..., :, None] & present[..., None, :]


def mean_of_pairs(gaps: Tensor, sizes: Tensor, /) -> Tensor:
    """Mean of D(a ‖ b) over the pairs a < b that have rows, for each label; 0 where there is none."""
    used = both_present(sizes).triu(1)
    count = used.sum(dim=(-2, -1)).clamp_min(1)
    return torch.where(used, gaps, torch.zeros_like(gaps)).sum(dim=(-2, -1)) / count


def plug_in_bias(log_means: Tensor, variances: Tensor, sizes: Tensor, /) -> Tensor:
    """What sampling adds to the Jensen-Shannon divergence on average, to second order, for each label."""
    share = shares(sizes)[..., None]
    means, middle = log_means.exp(), mixture(log_means, sizes).exp()
    bend = share / means - share**2 / middle
    some = (means > 0) & (share > 0)
    return 0.5 * torch.where(some, variances * torch.where(some, bend, 0.0), 0.0).sum(dim=(-2, -1))
