"""The direction in which a loss falls fastest per unit of divergence."""

import math
from typing import Any

import torch

from kullback._core import InputError


def natural_direction(gradient: torch.Tensor, fisher: torch.Tensor, /, *, damping: float = 0.0) -> torch.Tensor:
    r"""Natural gradient: the gradient solved with the Fisher matrix.

    $$ d = (F + \lambda I)^{-1} g $$

    Without damping, -d is the way in which the loss falls most for a small $D(p_\theta \| p_{\theta + \delta})$.

    Args:
        gradient: Gradients of a loss, shape ``(*batch, k)``.
        fisher: Fisher matrices, shape ``(*batch, k, k)``, symmetric and without negative eigenvalues.
        damping: What is added to the diagonal, zero or larger, in the unit of the Fisher matrix.

    Returns:
        Directions of shape ``(*batch, k)`` in the gradient's float type; subtract them to go down. A singular matrix is
        solved by its pseudo-inverse: where the law does not change, nothing moves.

    Raises:
        InputError: Shapes do not fit, a value is not finite, the matrix is not a Fisher matrix, or damping is negative.

    Note:
        Cholesky, in at least float32; eigenvalues only where, without damping, a pivot is below k ulp of the largest,
        as for the logits of a categorical law. Costs k³/3 operations, with eigenvalues about 25 times that.

    References:
        Amari (1998), Neural Computation 10, theorem 1.

    Example:
        >>> import torch
        >>> import kullback as kl
        >>> from kullback.fitting.geometry import fisher_information
        >>> from kullback.nn import natural_direction
        >>> law = kl.families.Normal(torch.tensor(0.0), torch.tensor(2.0))
        >>> natural_direction(torch.tensor([1.0, 1.0]), fisher_information(law).matrix)
        tensor([4., 2.])
    """
    _check(gradient, fisher, damping)
    wide = torch.promote_types(torch.promote_types(gradient.dtype, fisher.dtype), torch.float32)
    with torch.autocast(gradient.device.type, enabled=False):
        found = solved(fisher.to(wide), gradient.to(wide), damping=damping, noise=torch.finfo(fisher.dtype).eps)
    return found.to(gradient.dtype)


def solved(matrix: torch.Tensor, vector: torch.Tensor, /, *, damping: float, noise: float) -> torch.Tensor:
    """A positive matrix solved with, or a singular one by its pseudo-inverse; noise is its relative error."""
    damped = matrix + damping * torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    factor, failed = torch.linalg.cholesky_ex(damped)
    pivots, largest = factor.diagonal(dim1=-2, dim2=-1).square(), matrix.diagonal(dim1=-2, dim2=-1).amax(-1)
    edge = matrix.shape[-1] * noise
    if bool(((failed == 0) & ((damping > 0) | (pivots.amin(-1) > edge * largest))).all()):
        return torch.cholesky_solve(vector.unsqueeze(-1), factor).squeeze(-1)
    values, vectors = torch.linalg.eigh(0.5 * (damped + damped.mT))
    top = values[..., -1:]
    if bool((values[..., 0] < -1e3 * edge * top.squeeze(-1).abs()).any()):
        raise InputError(
            f"fisher has the eigenvalue {float(values[..., 0].min()):.3g}. A Fisher matrix has none below zero: check "
            "how it was made, or add damping."
        )
    inverse = torch.where(values > edge * top, 1.0 / values, 0.0)
    found: torch.Tensor = vectors @ (inverse.unsqueeze(-1) * (vectors.mT @ vector.unsqueeze(-1)))
    return found.squeeze(-1)


def check_damping(damping: float, /) -> None:
    """Raises InputError unless damping is a finite number, zero or larger."""
    if not (math.isfinite(damping) and damping >= 0):
        raise InputError(f"damping={damping!r}. It must be a finite number, zero or larger.")


def _check(gradient: torch.Tensor, fisher: torch.Tensor, damping: float) -> None:
    check_damping(damping)
    given: tuple[tuple[str, Any], ...] = (("gradient", gradient), ("fisher", fisher))
    for name, value in given:
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            raise InputError(f"{name} is {getattr(value, 'dtype', type(value).__name__)}. Give a tensor of floats.")
        if value.device.type == "cpu" and not bool(torch.isfinite(value).all()):
            raise InputError(f"{name} holds NaN or infinity. Finite numbers are needed: check the step that made it.")
    if gradient.ndim < 1 or fisher.shape != (*gradient.shape, gradient.shape[-1]):
        raise InputError(
            f"gradient has shape {tuple(gradient.shape)} and fisher {tuple(fisher.shape)}. (*batch, k) and "
            "(*batch, k, k) are needed: flatten the parameters into one vector."
        )
    if fisher.device.type == "cpu" and not torch.allclose(
        fisher, fisher.mT, rtol=1e-4, atol=1e-6 * float(fisher.abs().max())
    ):
        raise InputError("fisher is not symmetric. Give the Fisher matrix itself, not a factor of it.")
