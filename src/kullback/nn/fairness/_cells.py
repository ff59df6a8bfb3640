"""Mean predictions of the rows in every cell: a group, or a group among the rows of one label."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Cells:
    """What a batch holds of every cell.

    Attributes:
        log_totals: Logarithms of the summed probabilities, shape ``(labels, groups, classes)``.
        sizes: Rows in each cell, by weight, shape ``(labels, groups)``.
    """

    log_totals: Tensor
    sizes: Tensor

    def log_means(self) -> Tensor:
        """Logarithms of the mean predictions; an empty cell has equal ones, and no gradient."""
        empty = self.sizes <= 0
        sizes = torch.where(empty, torch.ones_like(self.sizes), self.sizes)
        even = -math.log(self.log_totals.shape[-1])
        return torch.where(empty[..., None], even, self.log_totals - sizes.log()[..., None])


def cells_of(log_probs: Tensor, codes: Tensor, weights: Tensor, labels: int, groups: int, /) -> Cells:
    """Sum the probabilities of every cell about its largest one, so that none underflows."""
    count, classes = labels * groups, log_probs.shape[-1]
    kept = (weights > 0)[:, None]
    values = torch.where(kept, log_probs, torch.zeros_like(log_probs))
    places = codes[:, None].expand(-1, classes)
    low = log_probs.new_full((count, classes), -torch.inf)
    top = low.scatter_reduce(0, places, torch.where(kept, values.detach(), -torch.inf), "amax")
    top = torch.where(top.isfinite(), top, torch.zeros_like(top))
    parts = (values - top[codes]).exp() * weights[:, None]
    totals = torch.zeros_like(top).index_add(0, codes, parts)
    some = totals > 0
    log_totals = torch.where(some, torch.where(some, totals, torch.ones_like(totals)).log() + top, -torch.inf)
    sizes = weights.new_zeros(count).index_add(0, codes, weights)
    return Cells(log_totals.view(labels, groups, classes), sizes.view(labels, groups))


def mean_variances(log_probs: Tensor, codes: Tensor, weights: Tensor, cells: Cells, /) -> Tensor:
    """Squared standard errors of the mean predictions, of the shape of `log_totals`; 0 where a cell has one row."""
    labels, groups, classes = cells.log_totals.shape
    means = cells.log_means().exp().view(-1, classes)
    squares = (log_probs.exp() - means[codes]) ** 2 * weights[:, None]
    spread = torch.zeros_like(means).index_add(0, codes, squares)
    sizes = cells.sizes.view(-1)
    effective = sizes**2 / sizes.new_zeros(len(sizes)).index_add(0, codes, weights**2).clamp_min(1e-30)
    scale = torch.where(effective > 1.0, 1.0 / (sizes * (effective - 1.0)), torch.zeros_like(sizes))
    return (spread * scale[:, None]).view(labels, groups, classes)
