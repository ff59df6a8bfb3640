"""Second derivatives of a divergence at equality, from divergences of nearby laws: they are exact however near."""

from itertools import pairwise

import torch

from kullback._core import InputError
from kullback.divergences import divergence
from kullback.nn.natural._coordinates import Coordinates

_SMALL = 1e-3  # nats: below it the divergence is a quadratic form well enough to read a scale off it
_STEP, _LEVELS = 1e-2, 4
_MOST = 200  # free numbers: pairs of them are moved together


def scales(coordinates: Coordinates, center: torch.Tensor, /) -> torch.Tensor:
    """For every free number the step that has unit Fisher length, at most ten times the number; 0 where none moves."""
    largest = torch.where(center.isfinite(), center.abs(), 0.0).amax(-1, keepdim=True)
    room = torch.minimum(center.abs(), (1.0 - center).abs())  # probabilities must stay below 1
    room = torch.where(room > 0, room, torch.where(largest > 0, largest, 1.0))
    room = torch.where(center.isfinite(), room, 0.0)
    return torch.stack([_reach(coordinates, center, room, i) for i in range(center.shape[-1])], -1)


def _reach(coordinates: Coordinates, center: torch.Tensor, room: torch.Tensor, i: int) -> torch.Tensor:
    """The scale of one number, for all laws of the batch."""
    unit = torch.zeros(center.shape[-1], dtype=center.dtype, device=center.device)
    unit[i] = 1.0
    step = 1e-6 * room[..., i]
    for _ in range(8):
        moved = center + step.unsqueeze(-1) * unit
        gone = torch.where(center.isfinite(), moved - center, 0.0).sum(-1)
        gap = torch.nan_to_num(divergences(coordinates, center, moved), nan=torch.inf)
        if bool(((gone == 0) & (room[..., i] > 0)).any()):  # as near as floats go, and still infinitely far
            break
        if bool((gap <= _SMALL).all()):
            return torch.where(gap > 0, torch.minimum(gone / (2.0 * gap).sqrt(), 10.0 * room[..., i]), 0.0)
        step = torch.where(gap > _SMALL, step * torch.clamp((0.1 * _SMALL / gap).sqrt(), 1e-4), step)
    raise _irregular(coordinates)


def _curvatures(coordinates: Coordinates, center: torch.Tensor, steps: torch.Tensor, size: float) -> torch.Tensor:
    """The mean over both signs of 2 D / size², along steps of shape (n, *batch, k) times `size`."""
    both = [divergences(coordinates, center, center + sign * size * steps) for sign in (1.0, -1.0)]
    found = (both[0] + both[1]) / size**2
    if not bool(torch.isfinite(found).all()):
        raise _irregular(coordinates)
    return found


def by_differences(coordinates: Coordinates, center: torch.Tensor, reach: torch.Tensor, /) -> torch.Tensor:
    """The Fisher matrix by polarization of extrapolated curvatures."""
    size = center.shape[-1]
    if size > _MOST:
        raise InputError(
            f"{coordinates.law!r} has {size} free numbers and no second derivatives at equality; up to {_MOST} are "
            "done by differences. Give a smaller law."
        )
    units = (
        torch.eye(size, dtype=center.dtype, device=center.device).reshape(size, *(1,) * (center.ndim - 1), size) * reach
    )
    pairs = torch.combinations(torch.arange(size))
    left, right = units[pairs[:, 0]], units[pairs[:, 1]]
    steps = torch.cat([units, (left + right) / 2**0.5, (left - right) / 2**0.5])
    found = _extrapolated([_curvatures(coordinates, center, steps, _STEP / 2**level) for level in range(_LEVELS)])
    matrix = torch.diag_embed(found[:size].movedim(0, -1))
    plus, minus = found[size:].chunk(2)
    for (i, j), value in zip(pairs.tolist(), (plus - minus) / 2, strict=True):
        matrix[..., i, j] = matrix[..., j, i] = value
    inverse = torch.where(reach > 0, 1.0 / reach, 0.0)
    return inverse.unsqueeze(-1) * matrix * inverse.unsqueeze(-2)


def _extrapolated(values: list[torch.Tensor]) -> torch.Tensor:
    """The limit at step zero of values at halved steps (Neville); odd powers too, for laws with a kink have them."""
    for order in range(1, len(values)):
        values = [(2**order * fine - coarse) / (2**order - 1) for coarse, fine in pairwise(values)]
    return values[0]


def divergences(coordinates: Coordinates, center: torch.Tensor, moved: torch.Tensor, /) -> torch.Tensor:
    """D from the law to laws with other free numbers, shape (*any, *batch)."""
    try:
        return torch.as_tensor(divergence(coordinates.at(center), coordinates.at(moved))).to(center)
    except InputError as error:
        raise InputError(
            f"{coordinates.law!r} has no Fisher information: a nearby law is none, or the divergence from it is not "
            f"known ({error})"
        ) from error


def _irregular(coordinates: Coordinates) -> InputError:
    return InputError(
        f"{coordinates.law!r} has no Fisher information: the divergence from nearby laws is infinite, as its support "
        "moves with a parameter or a parameter is on the edge of its domain. Fix that parameter."
    )
