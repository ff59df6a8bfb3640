"""The one way from values of rows to a loss: a mask, and a number of items over all batches and processes."""

from collections.abc import Iterable

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.losses._modes import is_traced, is_visible
from kullback.nn.losses._options import is_number

REDUCTIONS = ("mean", "sum", "none")


def reduce_rows(
    rows: Tensor, /, *, mask: Tensor | None = None, num_items: float | Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    r"""Reduce values of rows to a loss.

    $$ \frac{1}{n} \sum_{i\,:\,\mathrm{mask}_i} \mathrm{rows}_i $$

    with n the number of rows that the mask keeps, or `num_items`.

    Args:
        rows: Values in nats, any shape.
        mask: True where a row counts, the shape of `rows`; 0 and 1 do too. What the others hold is not looked at.
        num_items: What the sum is divided by. Accumulating gradients over several batches, or over several processes,
            give the number of rows of all of them (see `count_items`), so that the sum of the losses is the mean over
            all rows; the mean of means is not, where batches differ in length.
        reduction: "mean", "sum", or "none", which gives the rows with 0 where the mask is False.

    Returns:
        A scalar, or the rows. Without any row it is 0, with gradient 0.

    Raises:
        InputError: The mask has another shape or type, `num_items` is negative or not finite, or comes with another
            reduction than the mean, or the reduction is not known.

    Example:
        >>> import torch
        >>> from kullback.nn import reduce_rows
        >>> rows = torch.tensor([1.0, 2.0, 6.0])
        >>> reduce_rows(rows, mask=torch.tensor([True, True, False])).item()
        1.5
        >>> reduce_rows(rows, num_items=6).item()
        1.5
    """
    check_reduction(reduction, num_items)
    kept = read_mask(mask, rows.shape, rows.device)
    if kept is not None:
        rows = torch.where(kept, rows, 0.0)
    if reduction == "none":
        return rows
    total = rows.sum()
    if reduction == "sum":
        return total
    return total / number_of_items(num_items, kept, rows.numel())


def check_reduction(reduction: str, num_items: float | Tensor | None, /) -> None:
    """Refuse words that are not known and options that contradict each other.

    Raises:
        InputError: As `reduce_rows`.
    """
    if reduction == "batchmean":
        raise InputError(
            "reduction='batchmean' divides by the first dimension, which for (batch, tokens, vocabulary) is the mean "
            "times the number of tokens. Use 'mean', the mean over rows, or 'sum' with a division of your own."
        )
    if reduction not in REDUCTIONS:
        raise InputError(f"reduction={reduction!r} is not known. Choose 'mean', 'sum' or 'none'.")
    if num_items is not None and reduction != "mean":
        raise InputError(f"num_items is what the mean divides by, but reduction={reduction!r}. Leave one of them out.")


def number_of_items(num_items: float | Tensor | None, kept: Tensor | None, rows: int, /) -> Tensor | float:
    """What a mean divides by: the number given or counted, and 1 where that is 0.

    Raises:
        InputError: `num_items` is negative, not finite or not one number.
    """
    if num_items is None:
        return max(rows, 1) if kept is None else kept.sum().clamp(min=1)
    if isinstance(num_items, Tensor):
        if num_items.numel() != 1:
            raise InputError(f"num_items has shape {tuple(num_items.shape)}. Give one number.")
        if num_items.device.type != "cpu":  # looking at it would stop the device
            items = num_items.reshape(())
            return torch.where(items > 0, items, 1)
        num_items = float(num_items)
    if not is_number(num_items) or not 0.0 <= num_items < float("inf"):
        raise InputError(f"num_items={num_items!r} is not a number of rows. Give one that is not negative.")
    return num_items or 1.0


def row_share(num_items: float | Tensor | None, kept: Tensor | None, rows: int, reduction: str, /) -> float:
    """What a row is multiplied by in the loss, where that is known without waiting for a device; otherwise 1.

    Args:
        num_items: As given.
        kept: The mask, or None.
        rows: How many rows there are.
        reduction: As given.
    """
    seen = [one for one in (num_items, kept) if isinstance(one, Tensor)]
    if reduction != "mean" or not all(is_visible(one) for one in seen) or is_traced():
        return 1.0
    return 1.0 / float(number_of_items(num_items, kept, rows))


def read_mask(mask: Tensor | None, shape: torch.Size, device: torch.device, /) -> Tensor | None:
    """The mask of rows of a shape, as booleans on their device; None keeps all.

    Raises:
        InputError: It has another shape or type.
    """
    if mask is None:
        return None
    if not isinstance(mask, Tensor):
        raise InputError(f"mask is a {type(mask).__name__}. Give a tensor of booleans, or None.")
    if mask.shape != shape:
        raise InputError(
            f"mask has shape {tuple(mask.shape)}, the rows {tuple(shape)}. Give one boolean for each row, none for "
            "the vocabulary."
        )
    if mask.is_floating_point() or mask.is_complex():
        raise InputError(f"mask has dtype {mask.dtype}. Give booleans, True where a row counts.")
    if mask.dtype != torch.bool and is_visible(mask) and bool(((mask != 0) & (mask != 1)).any()):
        raise InputError("mask holds whole numbers other than 0 and 1. Give booleans, True where a row counts.")
    return mask.to(device).bool()


def count_items(masks: Tensor | Iterable[Tensor], /, *, group: object | None = None, averaged: bool = True) -> Tensor:
    """Count the rows that a step is the mean over: all batches that accumulate, in all processes.

    Args:
        masks: One mask, or the masks of all batches whose gradients this process accumulates.
        group: Process group of torch.distributed; None is the default one. Without distributed training there is
            just this process.
        averaged: Whether the gradients of the processes are averaged afterwards, as DistributedDataParallel and FSDP
            do: then the number is divided by that of the processes, so that the average comes out as the mean over
            all rows. False where gradients are summed.

    Returns:
        One number, float64 on a CPU and float32 elsewhere, for `num_items`.

    Raises:
        InputError: A mask is not a tensor of booleans or of 0 and 1, or there is none.

    Note:
        Every process must call it, as it adds up over processes (one number is sent).

    Example:
        >>> import torch
        >>> from kullback.nn import count_items
        >>> count_items([torch.tensor([True, False]), torch.tensor([True, True])]).item()
        3.0
    """
    listed = [masks] if isinstance(masks, Tensor) else list(masks)
    if not listed:
        raise InputError("there is no mask to count. Give those of all batches of the step.")
    kept = [read_mask(mask, mask.shape, mask.device) for mask in listed if isinstance(mask, Tensor)]
    if len(kept) < len(listed):
        raise InputError("masks holds something that is not a tensor. Give a mask, or several.")
    total = torch.stack([mask.sum().to(listed[0].device) for mask in kept if mask is not None]).sum()
    processes = 1
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.all_reduce(total, group=group)
        processes = torch.distributed.get_world_size(group) if averaged else 1  # type: ignore[arg-type]
    return total.to(torch.float64 if total.device.type == "cpu" else torch.float32) / processes
