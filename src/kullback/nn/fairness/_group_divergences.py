"""How far apart the predictions of groups are, as a record."""

from dataclasses import dataclass

import torch
from torch import Tensor

from kullback._core import InputError, Shown
from kullback.nn.fairness._between import (
    contributions,
    jensen_shannon,
    over_labels,
    pairs,
    plug_in_bias,
)
from kullback.nn.fairness._cells import cells_of, mean_variances
from kullback.nn.fairness._predictions import log_probabilities, row_codes, row_weights

_SHOWN = 6


@dataclass(frozen=True, eq=False, repr=False)
class GroupDivergences(Shown):
    """Divergences between the mean predictions of groups, in nats; prints as a short text.

    With labels every tensor but the single figures has their axis in front.

    Attributes:
        jensen_shannon: Mean divergence of a group from the mixture of all, by their shares: the mutual information of
            group and predicted outcome, with labels given the label. A single figure.
        between: D(group a ‖ group b) at ``[a, b]``; 0 where either has no rows.
        contributions: What class c of group a adds to `jensen_shannon`, at ``[a, c]``; none is negative.
        means: Mean predicted probabilities of the groups, at ``[a, c]``; equal ones where a group has no rows.
        sizes: Rows of each group, by weight.
        bias: By how much `jensen_shannon` is too large on average, because the groups are finite; to second order,
            without gradient.
    """

    jensen_shannon: Tensor
    between: Tensor
    contributions: Tensor
    means: Tensor
    sizes: Tensor
    bias: Tensor

    def __str__(self) -> str:
        groups, classes = self.means.shape[-2:]
        given = " given the label" if self.means.ndim == 3 else ""
        figure = float(self.jensen_shannon.detach())
        lines = [
            f"Jensen-Shannon divergence between {groups} groups{given} = {figure:.4g} nats",
            f"  {classes} classes, {float(self.sizes.sum()):,.6g} rows; noise adds about {float(self.bias):.2g} nats",
        ]
        if self.between.ndim == 2:
            lines += self._pairs()
        return "\n".join(lines)

    def _pairs(self) -> list[str]:
        found = [
            f"  D(group {a} ‖ group {b}) = {value:.4g} nats"
            for a, row in enumerate(self.between.detach().tolist())
            for b, value in enumerate(row)
            if a != b
        ]
        rest = len(found) - _SHOWN
        return [*found[:_SHOWN], *([f"  and {rest} more"] if rest > 0 else [])]


def group_divergences(
    predictions: Tensor,
    groups: Tensor,
    /,
    *,
    given: str = "logits",
    labels: Tensor | None = None,
    weights: Tensor | None = None,
) -> GroupDivergences:
    r"""Divergences between the mean predictions that groups get: demographic parity, or equalized odds.

    $$ p_a(c) = \frac{1}{n_a} \sum_{i \in a} p(c \mid x_i), \qquad D(p_a \,\|\, p_b), \qquad
    \sum_a \frac{n_a}{n}\, D\Big(p_a \,\Big\|\, \sum_b \frac{n_b}{n}\, p_b\Big) $$

    Args:
        predictions: Of shape ``(rows, classes)``; or ``(rows,)`` or ``(rows, 1)`` for one yes-or-no outcome. Any float
            type; computed in float32, from float64 in float64.
        groups: Group of each row, whole numbers from 0, shape ``(rows,)``.
        given: What the predictions are: "logits", "log_probs" or "probs".
        labels: True class of each row, whole numbers from 0. With them groups are compared among the rows of each label
            (equalized odds); without them over all rows (demographic parity).
        weights: Weights of the rows, zero or more, or a mask.

    Returns:
        The divergences in nats, differentiable by the predictions. `between` is `inf` exactly where one group's
        predictions have a class that the other's exclude; `jensen_shannon` is at most the entropy of the shares.

    Raises:
        InputError: The predictions are not what `given` says, shapes differ, or a group has no rows at all.

    Note:
        Means are taken in logarithms, so a probability of e⁻²⁰⁰ counts as what it is. For hard predictions of C classes
        and equal laws the plug-in Jensen-Shannon figure is (groups - 1)(C - 1)/2n too large on average, for softer
        ones less; `bias` estimates it from the rows. Where a mean is given as exactly 0 its gradient is 0.
        For one label alone (equal opportunity) give ``weights=(y == 1)``.

    References:
        Hardt, Price and Srebro (2016), NeurIPS, for equalized odds; Lin (1991), IEEE Transactions on Information
        Theory 37, section V.

    Example:
        >>> import torch
        >>> from kullback.nn import group_divergences
        >>> probs = torch.tensor([[0.8, 0.2], [0.6, 0.4], [0.5, 0.5]], dtype=torch.float64)
        >>> found = group_divergences(probs, torch.tensor([0, 0, 1]), given="probs")
        >>> round(found.between[0, 1].item(), 6)
        0.082283
    """
    weight = row_weights(weights, predictions)
    log_probs = log_probabilities(predictions, given, weight)
    rows = len(log_probs)
    code = row_codes(groups, rows, None, "groups")
    label = torch.zeros_like(code) if labels is None else row_codes(labels, rows, None, "labels")
    weight = log_probs.new_ones(rows) if weight is None else weight
    count = int(code.max()) + 1
    place = label * count + code
    cells = cells_of(log_probs, place, weight, int(label.max()) + 1, count)
    _check_sizes(cells.sizes)
    log_means = cells.log_means()
    with torch.no_grad():
        variances = mean_variances(log_probs, place, weight, cells)
        bias = over_labels(plug_in_bias(log_means, variances, cells.sizes), cells.sizes)
    share = cells.sizes.sum(dim=-1) / cells.sizes.sum()
    tensors = (
        pairs(log_means, cells.sizes),
        contributions(log_means, cells.sizes) * share[:, None, None],
        log_means.exp(),
        cells.sizes,
    )
    if labels is None:
        tensors = tuple(tensor[0] for tensor in tensors)  # type: ignore[assignment]
    return GroupDivergences(over_labels(jensen_shannon(log_means, cells.sizes), cells.sizes), *tensors, bias)


def _check_sizes(sizes: Tensor) -> None:
    empty = (sizes.sum(dim=0) <= 0).nonzero()[:, 0].tolist()
    if empty:
        raise InputError(f"group {empty[0]} of {sizes.shape[1]} has no rows. Number the groups 0, 1, ... without gaps.")
