"""The record of an estimated Fisher matrix: where it was taken, and its quadratic form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import torch

from kullback._core import InputError


class Factors(NamedTuple):
    """The Fisher matrix of one layer as a Kronecker product; `inputs` has a last row for the bias, if there is one.

    Attributes:
        inputs: Mean outer product of the layer's inputs, (n, n).
        outputs: Mean outer product of the gradients at its outputs, (m, m).
    """

    inputs: torch.Tensor
    outputs: torch.Tensor


@dataclass(frozen=True, eq=False, repr=False)
class FisherEstimate:
    r"""Fisher matrix of a model's output law, the mean over examples, at the parameters where it was taken.

    $$ \tfrac12 (\theta - \theta^*)^\top F (\theta - \theta^*) \approx
       \frac1N \sum_n D(p_{\theta^*}(\cdot | x_n) \,\|\, p_\theta(\cdot | x_n)) $$

    Attributes:
        values: Diagonal of F by parameter name, in nats per squared unit of the parameter.
        factors: Kronecker factors by the name of the layer; its weight and bias are then not in `values`.
        anchor: θ*, by parameter name: a copy.
        kind: "exact", "monte_carlo" or "empirical".
        likelihood: "categorical", "bernoulli" or "gaussian".
        count: N, the number of examples.
        notes: What is worth knowing about how it was made.

    Example:
        >>> import torch
        >>> from kullback.nn import fisher_diagonal
        >>> model = torch.nn.Linear(2, 1, bias=False)
        >>> estimate = fisher_diagonal(model, torch.tensor([[1.0, 2.0], [3.0, 0.0]]), likelihood="gaussian")
        >>> print(estimate)
        Fisher diagonal (exact, gaussian) of 2 parameters over 2 examples, trace 7 nats
        >>> estimate.values["weight"]
        tensor([[5., 2.]])
    """

    values: Mapping[str, torch.Tensor]
    anchor: Mapping[str, torch.Tensor]
    kind: str
    likelihood: str
    count: int
    factors: Mapping[str, Factors] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def quadratic(self, parameters: Mapping[str, torch.Tensor], /) -> torch.Tensor:
        r"""The form $(\theta - \theta^*)^\top F (\theta - \theta^*)$: about twice the mean divergence.

        Args:
            parameters: Parameters by name, all of those in `anchor`; others do not count.

        Returns:
            A number in nats, zero or larger, differentiable in the parameters; in float32 at least.

        Raises:
            InputError: A parameter is missing or has another shape.

        Example:
            >>> import torch
            >>> from kullback.nn import fisher_diagonal
            >>> model = torch.nn.Linear(1, 1, bias=False)
            >>> estimate = fisher_diagonal(model, torch.tensor([[3.0]]), likelihood="gaussian")
            >>> moved = {"weight": estimate.anchor["weight"] + 2.0}
            >>> round(float(estimate.quadratic(moved)), 4)
            36.0
        """
        gaps = {name: _gap(name, parameters, anchor) for name, anchor in self.anchor.items()}
        first = next(iter(gaps.values()))
        total = torch.zeros((), dtype=first.dtype, device=first.device)
        with torch.autocast(first.device.type, enabled=False):
            for name, value in self.values.items():
                total = total + (value.to(gaps[name]) * gaps[name].square()).sum()
            for layer, factors in self.factors.items():
                total = total + _kronecker_form(layer_gap(layer, gaps, factors), factors)
        return total

    @property
    def trace(self) -> float:
        """Sum of the diagonal, in nats per squared unit."""
        diagonal = sum(float(value.double().sum()) for value in self.values.values())
        return diagonal + sum(
            float(one.inputs.double().trace() * one.outputs.double().trace()) for one in self.factors.values()
        )

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        shape = "Kronecker" if self.factors else "diagonal"
        size = sum(value.numel() for value in self.anchor.values())
        return (
            f"Fisher {shape} ({self.kind}, {self.likelihood}) of {size} parameters over {self.count} examples, trace "
            f"{self.trace:.4g} nats"
        )


def named(layer: str, part: str, /) -> str:
    """The name of a parameter of a layer, which is "" for a model that is one layer."""
    return f"{layer}.{part}" if layer else part


def layer_gap(layer: str, gaps: Mapping[str, torch.Tensor], factors: Factors, /) -> torch.Tensor:
    """The change of a layer as a matrix, its bias as last column if the factors have it."""
    gap = gaps[named(layer, "weight")].flatten(1)
    if factors.inputs.shape[0] > gap.shape[1]:
        gap = torch.cat([gap, gaps[named(layer, "bias")].unsqueeze(1)], 1)
    return gap


def _kronecker_form(gap: torch.Tensor, factors: Factors) -> torch.Tensor:
    return (factors.outputs.to(gap) @ gap @ factors.inputs.to(gap) * gap).sum()


def _gap(name: str, parameters: Mapping[str, torch.Tensor], anchor: torch.Tensor) -> torch.Tensor:
    if name not in parameters:
        known = ", ".join([*parameters][:5])
        raise InputError(
            f"parameter {name!r} is in the anchor but not in the model, which has {known}. Give the model under the "
            "names that it had when the Fisher matrix was taken: the bare model, not a wrapper."
        )
    value = parameters[name]
    if value.shape != anchor.shape:
        raise InputError(
            f"parameter {name!r} has shape {tuple(value.shape)} and had {tuple(anchor.shape)} when the Fisher matrix "
            "was taken. A head that grows must be a new parameter: add one beside the old."
        )
    wide = torch.promote_types(value.dtype, torch.float32)
    return value.to(wide) - anchor.to(device=value.device, dtype=wide)
