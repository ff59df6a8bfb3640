"""The Fisher matrix of a model's outputs: products with it, the whole of it, and solving by conjugate gradients."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from kullback.nn.natural._outputs import curvature_product

_CHUNK = 2**22  # numbers that a block of columns may hold


class FisherProducts:
    r"""F = mean over rows of Jᵀ H J, where J are the derivatives of the outputs and H the curvature of their law."""

    def __init__(self, outputs: torch.Tensor, parameters: Sequence[torch.Tensor], likelihood: str, /) -> None:
        self.parameters = list(parameters)
        self.size = sum(parameter.numel() for parameter in parameters)
        self._outputs, self._fixed, self._likelihood = outputs, outputs.detach(), likelihood
        self._rows = outputs.numel() // outputs.shape[-1]
        # Jᵀu is linear in u, so its derivative by u in the direction v is J v: two backward passes make a forward one.
        self._seed = torch.zeros_like(self._fixed, requires_grad=True)
        self._pulled = self._pull(self._seed, create_graph=True)

    def __call__(self, vector: torch.Tensor, /) -> torch.Tensor:
        """F v for a flat vector, in its float type."""
        return self._product(vector)

    def dense(self) -> torch.Tensor:
        """F as a matrix of float64, by blocks of columns."""
        units = torch.eye(self.size, dtype=torch.float64, device=self._fixed.device)
        block = max(1, _CHUNK // max(self._fixed.numel(), self.size))
        try:
            columns = [self._product(part, is_grads_batched=True) for part in torch.split(units, block)]
        except RuntimeError:  # an operation that cannot be batched: column by column
            columns = [self._product(one).unsqueeze(0) for one in units]
        matrix = torch.cat(columns)
        return 0.5 * (matrix + matrix.mT)

    def _product(self, vector: torch.Tensor, **options: Any) -> torch.Tensor:
        (pushed,) = torch.autograd.grad(
            self._pulled, self._seed, vector.to(self._pulled.dtype), retain_graph=True, **options
        )
        curved = curvature_product(self._fixed, pushed, self._likelihood) / self._rows
        return self._pull(curved, **options).to(vector.dtype)

    def _pull(self, vector: torch.Tensor, **options: Any) -> torch.Tensor:
        """Jᵀ v, flat, or a batch of them."""
        options = {"retain_graph": True, "materialize_grads": True} | options
        slopes = torch.autograd.grad(self._outputs, self.parameters, vector, **options)
        lead = (vector.shape[0],) if options.get("is_grads_batched") else ()
        return torch.cat([slope.reshape(*lead, -1) for slope in slopes], -1)


def conjugate_gradients(
    product: Callable[[torch.Tensor], torch.Tensor], vector: torch.Tensor, /, *, iterations: int, tolerance: float
) -> torch.Tensor:
    """Solve A x = vector for a positive A; from zero, so that in a singular A nothing moves where it is flat."""
    found, rest = torch.zeros_like(vector), vector.clone()
    way, size = rest.clone(), float(rest @ rest)
    edge = tolerance**2 * size
    for _ in range(iterations):
        if size <= edge:
            break
        bent = product(way)
        curvature = float(way @ bent)
        if curvature <= 0:  # rounding in a flat direction
            break
        found += size / curvature * way
        rest -= size / curvature * bent
        old, size = size, float(rest @ rest)
        way = rest + size / old * way
    return found
