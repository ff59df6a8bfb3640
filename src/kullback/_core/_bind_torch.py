"""Primitives as torch autograd functions; loaded when the first tensor meets a primitive."""

from collections.abc import Callable
from typing import Any

import array_api_compat.torch as xp
import torch

from kullback._core._arrays import Array
from kullback._core._primitive import Primitive


def bind(primitive: Primitive, /) -> Callable[..., Array]:
    """The primitive on tensors of one shape: differentiable any number of times, under vmap too."""

    class Bound(torch.autograd.Function):
        """The primitive as torch calls it."""

        generate_vmap_rule = True

        @staticmethod
        def forward(*arguments: Any) -> Any:
            """The value."""
            return primitive.value(xp, *arguments)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ARG004
            """Keep the arguments for the derivatives."""
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> Any:
            """Gradients by the arguments from that of the value."""
            wanted, saved = ctx.needs_input_grad, ctx.saved_tensors
            return tuple(
                _times(_spread(gradients[0]), partial(*saved)) if needed else None
                for partial, needed in zip(primitive.partials, wanted, strict=True)
            )

        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> Any:
            """The tangent of the value from those of the arguments."""
            terms = [
                _times(tangent, partial(*ctx.saved_tensors))
                for partial, tangent in zip(primitive.partials, tangents, strict=True)
                if tangent is not None
            ]
            total = sum(terms[1:], start=terms[0])
            return total.sum(dim=-1) if primitive.reduces else total

    def _spread(gradient: torch.Tensor) -> torch.Tensor:
        return gradient.unsqueeze(-1) if primitive.reduces else gradient

    Bound.__name__ = primitive.name
    apply: Callable[..., Array] = Bound.apply
    return apply


def _times(gradient: torch.Tensor, partial: torch.Tensor) -> torch.Tensor:
    """Their product, where nothing flows nothing comes back: 0 · inf is 0 here."""
    return torch.where(gradient == 0, torch.zeros_like(gradient), gradient * partial)
