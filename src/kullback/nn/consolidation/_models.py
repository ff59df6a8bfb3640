"""A model as a function of some of its parameters, in float32 at least, with everything about it left as it was."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch.func import functional_call

from kullback._core import InputError
from kullback.nn.consolidation._batches import on_tensors, tensors_of

_DRAWING = (
    torch.nn.Dropout,
    torch.nn.Dropout1d,
    torch.nn.Dropout2d,
    torch.nn.Dropout3d,
    torch.nn.AlphaDropout,
    torch.nn.FeatureAlphaDropout,
    torch.nn.RReLU,
)
_MIXING = (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.BatchNorm3d, torch.nn.SyncBatchNorm)


class Model:
    """Outputs as a function of trainable parameters; the others and the buffers are fixed."""

    def __init__(self, module: torch.nn.Module, names: Iterable[str] | None = None, /) -> None:
        check_mode(module)
        known = trainable(module)
        self.module = module
        chosen = known if names is None else {name: known[name] for name in names}
        self.parameters = {name: _wide(value.detach()) for name, value in chosen.items()}
        self._fixed = {
            name: _wide(value.detach())
            for name, value in (*module.named_parameters(), *module.named_buffers())
            if name not in self.parameters
        }
        first = next(iter(self.parameters.values()))
        self.device, self.dtype = first.device, first.dtype
        self.size = sum(value.numel() for value in self.parameters.values())

    def __call__(self, parameters: Mapping[str, torch.Tensor], inputs: Any, /) -> torch.Tensor:
        """Outputs of shape (examples, *positions, outputs)."""
        ready = on_tensors(self._float, inputs)
        everything = {**self._fixed, **parameters}
        with torch.autocast(self.device.type, enabled=False):
            if isinstance(ready, dict):
                return _outputs(functional_call(self.module, everything, (), ready))
            return _outputs(functional_call(self.module, everything, (ready,)))

    def check(self, inputs: Any, /) -> torch.Tensor:
        """The outputs for a batch, without graph, once they are what a law can be made of."""
        with torch.no_grad():
            found = self(self.parameters, inputs)
        size = tensors_of(inputs)[0].shape[0]
        if found.ndim < 2 or found.shape[0] != size:
            raise InputError(
                f"the model gives outputs of shape {tuple(found.shape)} for {size} examples. Needed are (examples, "
                "outputs) or (examples, positions, outputs), logits or means on the last axis."
            )
        if found.device.type == "cpu" and bool((torch.isnan(found) | torch.isposinf(found)).any()):
            raise InputError("the model's outputs hold NaN or infinity. Check its parameters and the data.")
        return found

    def _float(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to(self.dtype) if tensor.is_floating_point() else tensor


def trainable(module: torch.nn.Module, /) -> dict[str, torch.Tensor]:
    """The parameters that require a gradient, by name."""
    found: dict[str, torch.Tensor] = {n: value for n, value in module.named_parameters() if value.requires_grad}
    if not found:
        raise InputError(f"{type(module).__name__} has no parameter that requires a gradient. Unfreeze some first.")
    return found


def check_mode(module: torch.nn.Module, /) -> None:
    """Raises InputError where a layer mixes examples, draws at random or keeps count, as its training mode does."""
    for name, layer in module.named_modules():
        why = _objection(layer)
        if why:
            raise InputError(
                f"layer {name!r} ({type(layer).__name__}) {why}, so single examples have no gradient of their own. "
                "Call model.eval() first and model.train() after; batch normalization needs track_running_stats=True."
            )


def _objection(layer: torch.nn.Module) -> str:
    if isinstance(layer, _MIXING) and (layer.training or layer.running_mean is None):
        return "mixes the examples of a batch" + (" in training mode" if layer.training else "")
    if layer.training and isinstance(layer, _DRAWING):
        return "draws at random in training mode"
    if layer.training and getattr(layer, "track_running_stats", False):
        return "changes its statistics in training mode"
    return ""


def _wide(tensor: torch.Tensor) -> torch.Tensor:
    """Half precision as float32: squared gradients would underflow."""
    return tensor.float() if tensor.dtype in {torch.float16, torch.bfloat16} else tensor


def _outputs(found: Any) -> torch.Tensor:
    tensor = getattr(found, "logits", found)
    if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
        raise InputError(
            f"the model gives {type(found).__name__}. A tensor of floats, or an object with .logits, is needed."
        )
    return tensor
