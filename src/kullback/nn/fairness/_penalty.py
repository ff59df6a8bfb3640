"""The divergence between groups as a penalty for training."""

import math
from collections.abc import Callable
from typing import Any, Self

import torch
from torch import Tensor, nn

from kullback._core import InputError
from kullback.nn.fairness._between import jensen_shannon, mean_of_pairs, over_labels, pairs
from kullback.nn.fairness._cells import Cells, cells_of
from kullback.nn.fairness._predictions import log_probabilities, row_codes, row_weights

_DIRECTIONS = ("jensen_shannon", "forward", "reverse", "jeffreys")
# What remains of a group that was last seen so long ago is nothing to lean on.
_FORGOTTEN = -60.0


class FairnessPenalty(nn.Module):
    r"""Divergence between the mean predictions of groups in a batch, to be added to a loss.

    $$ \text{loss} + λ \sum_a w_a\, D(p_a \,\|\, m), \qquad m = \sum_a w_a\, p_a $$

    with the mean prediction $p_a$ of group a and its share $w_a$; or the divergences of pairs of groups.

    Args:
        groups: Number of groups, two or more.
        direction: "jensen_shannon", always finite; or over pairs of groups a < b the mean of "forward" D(p_a ‖ p_b),
            "reverse" D(p_b ‖ p_a) or "jeffreys", the sum of both.
        conditional_on_label: Whether groups are compared among rows of the same label (equalized odds); then `forward`
            needs labels, and `classes` is needed.
        classes: Number of classes, 2 for a single logit; needed with `conditional_on_label` or `momentum`.
        momentum: Between 0 and 1, as 0.9: how much of the sums of earlier batches is kept at each step of training, so
            that small batches are compared by running means. None looks at each batch alone.
        given: What the predictions are: "logits", "log_probs" or "probs".

    Raises:
        InputError: An option is unknown or out of range.

    Note:
        Closed form: O(rows × classes), no solver. A group without rows adds exactly 0 to value and gradient.
        From small batches the plug-in value is too large: for hard predictions of C classes and groups that are equal
        by (groups - 1)(C - 1)/2n nats on average at n rows, and its gradient fights that noise too; softer ones have
        less (`group_divergences(...).bias`). The mean of penalties over parts of a batch is therefore not the penalty
        of the batch. With `momentum` the value is that of the running means, whose noise is that of about
        1/(1 - momentum) batches, and the gradient is taken through the means of this batch at full size. Running
        sums are buffers without gradient; in `eval()` the batch alone counts and they stay as they are. Under
        distributed training every process sees its own rows.

    References:
        Buyl, Defrance and De Bie (2024), ICLR ("fairret"), for divergences as penalties; Hardt, Price and Srebro
        (2016), NeurIPS, for equalized odds.

    Example:
        >>> import torch
        >>> from kullback.nn import FairnessPenalty
        >>> penalty = FairnessPenalty(groups=2, direction="forward", given="probs")
        >>> probs = torch.tensor([[0.7, 0.3], [0.5, 0.5]], dtype=torch.float64)
        >>> round(penalty(probs, torch.tensor([0, 1])).item(), 6)
        0.082283
    """

    log_totals: Tensor
    log_sizes: Tensor

    def __init__(
        self,
        groups: int,
        *,
        direction: str = "jensen_shannon",
        conditional_on_label: bool = False,
        classes: int | None = None,
        momentum: float | None = None,
        given: str = "logits",
    ) -> None:
        super().__init__()
        _check_count(groups, "groups")
        if direction not in _DIRECTIONS:
            raise InputError(f"direction={direction!r} is unknown. Choose one of {', '.join(map(repr, _DIRECTIONS))}.")
        if momentum is not None and not 0.0 < momentum < 1.0:
            raise InputError(f"momentum={momentum!r} is out of range. A number between 0 and 1, or None, is needed.")
        if classes is not None:
            _check_count(classes, "classes")
        elif conditional_on_label or momentum is not None:
            raise InputError("classes=None came with conditional_on_label or momentum. Give the number of classes.")
        self.groups, self.classes, self.direction, self.given = groups, classes, direction, given
        self.conditional_on_label, self.momentum = conditional_on_label, momentum
        if momentum is not None and classes is not None:
            shape = (classes if conditional_on_label else 1, groups)
            self.register_buffer("log_totals", torch.full((*shape, classes), -torch.inf))
            self.register_buffer("log_sizes", torch.full(shape, -torch.inf))

    def forward(
        self,
        predictions: Tensor,
        group: Tensor,
        labels: Tensor | None = None,
        *,
        weights: Tensor | None = None,
    ) -> Tensor:
        """Penalty of a batch.

        Args:
            predictions: Of shape ``(rows, classes)``; or ``(rows,)`` or ``(rows, 1)`` for one yes-or-no outcome.
            group: Group of each row, whole numbers from 0 to groups - 1.
            labels: True class of each row, with `conditional_on_label` alone.
            weights: Weights of the rows, zero or more, or a mask.

        Returns:
            One number in nats, zero or more, in float32 (float64 for such predictions); with labels the mean over them
            by their rows. `inf` where a direction other than "jensen_shannon" is infinite.

        Raises:
            InputError: Shapes differ, values are out of range, or labels are missing or came for nothing.
        """
        weight = row_weights(weights, predictions)
        log_probs = log_probabilities(predictions, self.given, weight)
        rows, classes = log_probs.shape
        if self.classes not in {None, classes}:
            raise InputError(f"predictions have {classes} classes, the penalty {self.classes}. Give as many.")
        place = row_codes(group, rows, self.groups, "group") + self.groups * self._label(labels, rows)
        weight = log_probs.new_ones(rows) if weight is None else weight
        cells = cells_of(log_probs, place, weight, classes if self.conditional_on_label else 1, self.groups)
        if self.momentum is not None and self.training:
            return self._value(*self._smoothed(cells, self.momentum))
        return self._value(cells.log_means(), cells.sizes)

    def extra_repr(self) -> str:
        """The options, as `print` of a model shows them."""
        options = f"groups={self.groups}, direction={self.direction!r}, momentum={self.momentum}"
        return f"{options}, conditional_on_label={self.conditional_on_label}"

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Self:  # noqa: FBT001, FBT002 - torch's own
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        # A model that goes to half precision takes the running sums along, and they would stand still there.
        for name, buffer in self.named_buffers(recurse=False):
            if buffer.dtype in {torch.float16, torch.bfloat16}:
                setattr(self, name, buffer.float())
        return self

    def _label(self, labels: Tensor | None, rows: int) -> Tensor | int:
        if (labels is not None) != self.conditional_on_label:
            came, needed = ("no labels", "needs them") if labels is None else ("labels", "has no use for them")
            raise InputError(
                f"{came} came, and a penalty with conditional_on_label={self.conditional_on_label} {needed}. "
                "Change one of the two."
            )
        return 0 if labels is None else row_codes(labels, rows, self.classes, "labels")

    def _value(self, log_means: Tensor, sizes: Tensor) -> Tensor:
        if self.direction == "jensen_shannon":
            return over_labels(jensen_shannon(log_means, sizes), sizes)
        forward = pairs(log_means, sizes)
        backward = forward.transpose(-1, -2)
        gaps = {"forward": forward, "reverse": backward}.get(self.direction)
        return over_labels(mean_of_pairs(forward + backward if gaps is None else gaps, sizes), sizes)

    def _smoothed(self, cells: Cells, momentum: float) -> tuple[Tensor, Tensor]:
        """Running means with the gradient of this batch's, and running sizes."""
        with torch.no_grad():
            kept = math.log(momentum)
            totals = torch.logaddexp(self.log_totals + kept, cells.log_totals.to(self.log_totals))
            sizes = torch.logaddexp(self.log_sizes + kept, cells.sizes.log().to(self.log_sizes))
            gone = sizes < _FORGOTTEN
            self.log_totals.copy_(torch.where(gone[..., None], -torch.inf, totals))
            self.log_sizes.copy_(torch.where(gone, -torch.inf, sizes))
            running = Cells(self.log_totals.to(cells.log_totals), self.log_sizes.exp().to(cells.sizes))
            means = running.log_means()
        batch = cells.log_means()
        # d log(running) = d batch / running: a step of the batch's mean moves the running one as if it were the mean.
        known = (cells.sizes > 0)[..., None] & batch.isfinite() & means.isfinite()
        there = torch.where(known, batch, torch.zeros_like(batch))
        pull = torch.where(known, (there.detach() - means).exp(), torch.zeros_like(means))
        return means + pull * (there - there.detach()), running.sizes


def _check_count(count: object, name: str) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or count < 2:
        raise InputError(f"{name}={count!r} came. A whole number, two or more, is needed.")
