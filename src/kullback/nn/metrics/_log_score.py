"""The logarithmic score of predictions on labels."""

import math
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.losses import KLLoss
from kullback.nn.metrics._states import RowMean

_UNITS = {"nats": 1.0, "bits": math.log(2.0)}


class LogScore(RowMean):
    r"""Mean of -log p(label) over all rows seen: the cross-entropy on held-out labels.

    $$ E_{y \sim t}[-\log s(y)] = H(t) + D(t\,\|\,s) $$

    where labels come from t: what no model can help, and what this one lacks. Where t is known, `KLDivergence` on the
    same rows gives the second part; where it is not, the difference of two models' scores is that of their divergences.

    Args:
        unit: "nats" or "bits".
        given: What predictions are: "logits", "log_probs" or "probs".
        ignore_index: Rows with this label do not count.
        options: Options of every metric of torchmetrics.

    Raises:
        InputError: The unit, or what is given, is not known.
        MissingExtraError: torchmetrics is not installed.

    References:
        Good (1952), Rational decisions, section 8; Gneiting and Raftery (2007), section 4.1.

    Example:
        >>> import torch
        >>> from kullback.nn.metrics import LogScore
        >>> metric = LogScore(unit="bits", given="probs")
        >>> metric.update(torch.tensor([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]), torch.tensor([0, 1]))
        >>> metric, round(metric.compute().item(), 6), round(metric.perplexity.item(), 6)
        (LogScore(-log p(label), in bits, from probs, mean over rows), 1.5, 2.828427)
    """

    def __init__(self, *, unit: str = "nats", given: str = "logits", ignore_index: int = -100, **options: Any) -> None:
        if unit not in _UNITS:
            raise InputError(f"unit={unit!r} is not known. Choose 'nats' or 'bits'.")
        loss = KLLoss(given=given, reduction="none")  # a divergence from a law that is sure of the label
        meaning = f"-log p(label), in {unit}, from {given}, mean over rows"
        super().__init__(f"{meaning}, without {ignore_index}", **options)
        self._loss = [loss]  # in a list: a submodule would show in the repr
        self.unit, self.ignore_index, self._meaning = unit, ignore_index, meaning

    # No positional-only arguments: a MetricCollection hands keywords on by name.
    def update(self, student: Tensor, labels: Tensor, mask: Tensor | None = None) -> None:
        """Add a batch.

        Args:
            student: Predictions, shape (..., classes).
            labels: Whole numbers of shape (...).
            mask: True where a row counts, shape (...).

        Raises:
            InputError: Shapes or types do not fit, a label is not a class, or predictions are not what `given` says.
        """
        keep = _whole(labels) != self.ignore_index
        if mask is not None and mask.shape == keep.shape:
            keep = keep & mask.bool()
        elif mask is not None:
            raise InputError(f"mask has shape {tuple(mask.shape)}, labels {tuple(labels.shape)}. Give both the same.")
        self.add(self._loss[0](student, labels, mask=keep), keep)

    def compute(self) -> Tensor:
        """The mean over all rows of all processes.

        Returns:
            A scalar in the unit, inf where a label had probability 0, NaN as long as no row counted.
        """
        return self.mean() / _UNITS[self.unit]

    @property
    def perplexity(self) -> Tensor:
        """The number of equally likely classes that is as hard to guess: exp of the score in nats, of all processes."""
        score: Tensor = self.compute()
        return torch.exp(score * _UNITS[self.unit])

    def extra_repr(self) -> str:
        """The score, its unit and what predictions are."""
        return self._meaning


def _whole(labels: Any) -> Tensor:
    if isinstance(labels, Tensor) and not labels.is_floating_point() and labels.dtype != torch.bool:
        return labels
    kind = labels.dtype if isinstance(labels, Tensor) else type(labels).__name__
    raise InputError(f"labels are {kind}. Give a tensor of whole numbers; KLDivergence takes a teacher's law.")
