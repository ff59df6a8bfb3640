"""What metrics remember: sums in float64 that add up over batches and processes."""

from collections.abc import Callable, Sequence
from typing import Any
from zlib import crc32

import torch
from torch import Tensor

from kullback._core import MissingExtraError

try:
    from torchmetrics import Metric
except ImportError as error:
    raise MissingExtraError("metrics need torchmetrics: pip install 'kullback[training]'.") from error

_SINGLE = ("mps",)  # devices without float64


class WideMetric(Metric):
    """A metric whose states stay float64, whatever type the model is cast to; float32 on devices that lack it."""

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    plot_lower_bound = 0.0

    def _apply(self, fn: Callable[[Tensor], Tensor], exclude_state: Sequence[str] = "") -> torch.nn.Module:
        """Move the states; torchmetrics alone would cast sums to bfloat16 with `model.to(torch.bfloat16)`."""
        return super()._apply(lambda state: _moved(fn, state), exclude_state)


def _moved(fn: Callable[[Tensor], Tensor], state: Tensor) -> Tensor:
    if not state.is_floating_point():
        return fn(state)
    device = fn(state.float()).device
    return state.to(torch.float32 if device.type in _SINGLE else torch.float64).to(device)


def tagged(name: str, meaning: str, /) -> str:
    """A name for a state that metrics with other options do not have.

    A MetricCollection updates only one of the metrics whose states have the same names and, after the first batch, the
    same values: forward and reverse of a student that starts as its teacher would be one metric for good.
    """
    return f"{name}_{crc32(meaning.encode()):08x}"


class RowMean(WideMetric):
    """The mean of a number over rows.

    Args:
        meaning: What the number is, options included.
        options: Options of every metric of torchmetrics.
    """

    rows: Tensor

    def __init__(self, meaning: str, /, **options: Any) -> None:
        super().__init__(**options)
        self._total = tagged("total", meaning)
        self.add_state(self._total, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("rows", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def add(self, values: Tensor, keep: Tensor | None) -> None:
        """Add the values of a batch, which are 0 in rows that do not count."""
        total: Tensor = getattr(self, self._total)
        setattr(self, self._total, total + values.to(total.dtype).sum())
        self.rows = self.rows + (values.numel() if keep is None else keep.bool().sum())

    def mean(self) -> Tensor:
        """The mean over all rows, NaN without any."""
        total: Tensor = getattr(self, self._total)
        return total / self.rows
