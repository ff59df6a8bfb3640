"""The Fisher information of a law in its own parameters."""

from typing import Any

import torch

from kullback._core import InputError
from kullback.adapters import to_law
from kullback.divergences import divergence
from kullback.nn.natural._coordinates import Coordinates, coordinates_of
from kullback.nn.natural._differences import by_differences, divergences, scales

_AGREEMENT = 1e-2


def exact_fisher(law: Any, /) -> torch.Tensor:
    r"""Fisher information matrix of a law in the parameters that it is given in.

    $$ F(\theta) = \nabla^2_{\theta'} D(p_\theta \,\|\, p_{\theta'}) \Big|_{\theta' = \theta} $$

    Args:
        law: A record of `kullback.families`, or an object that is read as one (torch.distributions, scipy.stats).
            Parameters of shape ``(*batch, ...)``.

    Returns:
        Matrices of shape ``(*batch, k, k)`` in nats per squared unit of the parameters, in the law's float type
        (float64 for plain numbers), without gradient. The k rows are the real parameters in the order of the record,
        vectors entry by entry; triangular factors and covariances by their lower triangle, row after row. Whole
        numbers such as `total_count` do not move. Rows of infinite logits are zero.

    Raises:
        InputError: The law has no Fisher information (its support moves with a parameter, or a parameter is on the
            edge of its domain), is not of one family, or its divergence is not known.

    Note:
        Two derivatives of the exact divergence, right to about 1e-12, which are then held against divergences of
        nearby laws; where they do not agree (Laplace has a kink, StudentT no closed form) the matrix is made of such
        divergences by extrapolation instead, right to about 1e-7. Logits and unnormalized weights have one direction
        that changes nothing, so their matrix is singular: see `natural_direction`.

    References:
        Kullback (1959), Information Theory and Statistics, section 2.6; Amari (2016), Information Geometry and Its
        Applications, section 1.3.

    Example:
        >>> import kullback as kl
        >>> from kullback.nn import exact_fisher
        >>> exact_fisher(kl.families.Normal(0.0, 2.0))
        tensor([[0.2500, 0.0000],
                [0.0000, 0.5000]], dtype=torch.float64)
    """
    record = to_law(law)
    coordinates = coordinates_of(record)
    center = coordinates.flat()
    batch, size = center.shape[:-1], center.shape[-1]
    reach = scales(coordinates, center)
    found = _by_derivatives(coordinates, center)
    if found is None or not _agrees(coordinates, center, reach, found):
        found = by_differences(coordinates, center, reach)
    if not bool(torch.isfinite(found).all()):
        raise InputError(f"{record!r} has no finite Fisher information there. Move the parameters off the edge.")
    dtype = record.__dict__.get("dtype")
    return found.reshape(*batch, size, size).to(dtype if isinstance(dtype, torch.dtype) else torch.float64)


def _by_derivatives(coordinates: Coordinates, center: torch.Tensor) -> torch.Tensor | None:
    """The Hessian of the divergence at equality; None where the pair has no closed form."""
    with torch.enable_grad():
        moved = center.unsqueeze(0).clone().requires_grad_()
        try:
            value = divergence(coordinates.at(center.unsqueeze(0)), coordinates.at(moved))
        except InputError:
            return None
        (slope,) = torch.autograd.grad(value.sum(), moved, create_graph=True)
        if not slope.requires_grad:
            return None
        rows = [torch.autograd.grad(slope[..., i].sum(), moved, retain_graph=True)[0] for i in range(center.shape[-1])]
    matrix = torch.stack(rows, -2).squeeze(0)
    return 0.5 * (matrix + matrix.mT)


def _agrees(coordinates: Coordinates, center: torch.Tensor, reach: torch.Tensor, found: torch.Tensor) -> bool:
    """Whether divergences of nearby laws are what the matrix says, along every parameter and along all together."""
    size = center.shape[-1]
    units = torch.cat([torch.eye(size, dtype=center.dtype, device=center.device), center.new_ones(1, size) / size**0.5])
    steps = 1e-3 * units.reshape(size + 1, *(1,) * (center.ndim - 1), size) * reach
    moved = torch.stack([center + steps, center - steps])
    gone = torch.where(center.isfinite(), moved - center, 0.0)
    # Over both signs, so that third derivatives cancel.
    said = torch.einsum("...i,...ij,...j->...", gone, found, gone).sum(0)
    seen = 2.0 * divergences(coordinates, center, moved).sum(0)
    return bool(((said - seen).abs() <= _AGREEMENT * seen + 1e-12).all())  # NaN does not agree
