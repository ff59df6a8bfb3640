"""Data as it comes from loaders: batches of inputs, or of inputs and labels."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from kullback._core import InputError

Mask = Callable[[Any], torch.Tensor]


@dataclass(frozen=True)
class Batch:
    """Inputs (a tensor, or keyword arguments), and labels where they came."""

    inputs: Any
    labels: torch.Tensor | None

    @property
    def size(self) -> int:
        """How many examples there are."""
        return int(tensors_of(self.inputs)[0].shape[0])


def on_tensors(function: Callable[[torch.Tensor], torch.Tensor], inputs: Any, /) -> Any:
    """A function of every tensor of the inputs."""
    if isinstance(inputs, torch.Tensor):
        return function(inputs)
    return {name: function(tensor) for name, tensor in inputs.items()}


def tensors_of(inputs: Any, /) -> list[torch.Tensor]:
    """The tensors of the inputs."""
    return [inputs] if isinstance(inputs, torch.Tensor) else list(inputs.values())


def read_batches(data: Any, device: torch.device, /) -> Iterator[Batch]:
    """The batches of a loader, a list or any iterable; a tensor or dictionary is one batch."""
    if isinstance(data, torch.Tensor | Mapping):
        data = [data]
    if not isinstance(data, Iterable):
        raise InputError(f"data is {type(data).__name__}. Give batches: a DataLoader, or a list of (inputs, labels).")
    found = 0
    for given in data:
        batch = _moved(_read(given), device)
        if batch.size:
            found += 1
            yield batch
    if not found:
        raise InputError("data has no examples. A loader or iterator that was used up gives none: make a new one.")


def _read(given: Any) -> Batch:
    if isinstance(given, torch.Tensor):
        return Batch(given, None)
    if isinstance(given, Mapping):
        inputs = {name: value for name, value in given.items() if name != "labels"}
        if inputs and all(isinstance(value, torch.Tensor) for value in inputs.values()):
            return Batch(inputs, given.get("labels"))
    if isinstance(given, tuple | list) and 1 <= len(given) <= 2 and all(isinstance(one, torch.Tensor) for one in given):
        return Batch(given[0], given[1] if len(given) == 2 else None)
    raise InputError(
        f"a batch of data is {type(given).__name__}. Needed is a tensor of inputs, (inputs, labels), or a dictionary "
        "of tensors whose labels, if any, are under 'labels'."
    )


def _moved(batch: Batch, device: torch.device) -> Batch:
    tensors = tensors_of(batch.inputs) + ([] if batch.labels is None else [batch.labels])
    sizes = {int(tensor.shape[0]) if tensor.ndim else -1 for tensor in tensors}
    if len(sizes) != 1 or -1 in sizes:
        raise InputError(f"the tensors of a batch have {sorted(sizes)} examples. All need the same number of rows.")
    labels = None if batch.labels is None else batch.labels.to(device)
    return Batch(on_tensors(lambda tensor: tensor.to(device), batch.inputs), labels)
