"""Sums over examples of squared gradients, each example by itself, however they are batched."""

from collections.abc import Callable
from typing import Any

import torch

from kullback._core import InputError
from kullback.nn.consolidation._batches import on_tensors
from kullback.nn.consolidation._models import Model

Sums = dict[str, torch.Tensor]
Cotangents = Callable[..., torch.Tensor]
"""Outputs of one example and its own tensors to what is sent back, (S, *positions, C)."""

_NUMBERS = 2**24  # gradients held at once


class ExampleSquares:
    """Batched over examples where torch can, one after the other in models that it cannot batch.

    Attributes:
        looped: Why examples go one by one; None while they are batched.
    """

    def __init__(self, model: Model, cotangents: Cotangents, /) -> None:
        self.looped: str | None = None
        self._model, self._cotangents = model, cotangents
        self._sums = {name: torch.zeros_like(value, dtype=torch.float64) for name, value in model.parameters.items()}

    def add(self, inputs: Any, extra: tuple[torch.Tensor, ...], passes: int, /) -> None:
        """Take a batch: inputs, tensors with a row for each example, and how many cotangents each example has."""
        rows = extra[0].shape[0]
        if self.looped is None and self._add_batched(inputs, extra, passes):
            return
        for row in range(rows):
            self._take(self._single(*_cut(inputs, extra, slice(row, row + 1))))

    def _add_batched(self, inputs: Any, extra: tuple[torch.Tensor, ...], passes: int) -> bool:
        """Whether the model could be batched."""
        step = max(1, _NUMBERS // (self._model.size * passes))
        for low in range(0, extra[0].shape[0], step):
            try:
                self._take(self._batched(*_cut(inputs, extra, slice(low, low + step))))
            except (RuntimeError, NotImplementedError) as error:
                self._explain(error, low)
                return False
        return True

    def means(self, count: int, /) -> Sums:
        """The sums over so many examples, in the float type of the parameters."""
        return {name: (value / count).to(self._model.parameters[name].dtype) for name, value in self._sums.items()}

    def _explain(self, error: Exception, low: int) -> None:
        """Go on one by one after a model that cannot be batched; raise what is wrong in either way."""
        if "random" in str(error):
            raise InputError(
                "the model draws at random, so its gradients are not those of one law. Call model.eval() first, or "
                "make its randomness depend on self.training."
            ) from error
        if low or isinstance(error, torch.OutOfMemoryError):
            raise error
        self.looped = f"{type(error).__name__}: {str(error).splitlines()[0]}"

    def _take(self, squares: Sums) -> None:
        for name, value in squares.items():
            self._sums[name] += value

    def _batched(self, inputs: Any, extra: tuple[torch.Tensor, ...]) -> Sums:
        parameters = self._model.parameters

        def squares(one: Any, *own: torch.Tensor) -> Sums:
            single = on_tensors(lambda tensor: tensor.unsqueeze(0), one)
            found: Any = torch.func.vjp(lambda values: self._model(values, single).squeeze(0), parameters)
            outputs, pull = found
            sent = torch.split(self._cotangents(outputs.detach(), *own), max(1, _NUMBERS // self._model.size))
            parts = [torch.func.vmap(pull)(some)[0] for some in sent]
            return {name: sum_of_squares([part[name] for part in parts]) for name in parameters}

        found = torch.func.vmap(squares, randomness="error")(inputs, *extra)
        return {name: value.double().sum(0) for name, value in found.items()}

    def _single(self, inputs: Any, extra: tuple[torch.Tensor, ...]) -> Sums:
        with torch.enable_grad():
            parameters = {name: value.clone().requires_grad_() for name, value in self._model.parameters.items()}
            outputs = self._model(parameters, inputs).squeeze(0)
            sent = self._cotangents(outputs.detach(), *(one.squeeze(0) for one in extra))
            sums = {name: torch.zeros_like(value, dtype=torch.float64) for name, value in parameters.items()}
            for one in sent:
                slopes = torch.autograd.grad(
                    outputs, list(parameters.values()), one, retain_graph=True, materialize_grads=True
                )
                for name, slope in zip(parameters, slopes, strict=True):
                    sums[name] += slope.double().square()
        return sums


def sum_of_squares(parts: list[torch.Tensor], /) -> torch.Tensor:
    """Over the leading axis of all parts."""
    return torch.stack([part.square().sum(0) for part in parts]).sum(0)


def _cut(inputs: Any, extra: tuple[torch.Tensor, ...], rows: slice) -> tuple[Any, tuple[torch.Tensor, ...]]:
    return on_tensors(lambda tensor: tensor[rows], inputs), tuple(one[rows] for one in extra)
