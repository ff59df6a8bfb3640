"""What is sent back through a model for each example: its squares, summed, are the diagonal of the Fisher matrix."""

import math

import torch

from kullback._core import InputError
from kullback.nn.natural._outputs import curvature_factors

KINDS = ("exact", "monte_carlo", "empirical")
_MOST = 4096  # outputs of one example, for as many backward passes


def check_kind(kind: str, /) -> None:
    """Raises InputError for an unknown word."""
    if kind not in KINDS:
        raise InputError(f"kind={kind!r}. It must be one of {', '.join(map(repr, KINDS))}.")


def exact_cotangents(outputs: torch.Tensor, mask: torch.Tensor, likelihood: str, /) -> torch.Tensor:
    """One for each position and column of the factor of H, shape (S, *positions, C)."""
    if outputs.numel() > _MOST:
        raise InputError(
            f"one example has {outputs.numel()} outputs (positions and classes together), so the exact Fisher needs as "
            f"many backward passes; up to {_MOST} are done. Use kind='monte_carlo'."
        )
    places = torch.eye(mask.numel(), dtype=outputs.dtype, device=outputs.device) * mask.reshape(-1).to(outputs.dtype)
    places = places.reshape(mask.numel(), 1, *mask.shape, 1)
    found: torch.Tensor = places * curvature_factors(outputs, likelihood)
    return found.flatten(0, 1)


def drawn_cotangents(
    outputs: torch.Tensor, mask: torch.Tensor, uniform: torch.Tensor, likelihood: str, /
) -> torch.Tensor:
    """Scores of labels that the model itself would give, over the root of their number; from uniform numbers."""
    counted = mask.unsqueeze(-1).to(outputs.dtype) / math.sqrt(uniform.shape[0])
    if likelihood == "gaussian":
        normal: torch.Tensor = torch.special.ndtri(uniform)
        return normal.to(outputs.dtype) * counted
    if likelihood == "bernoulli":
        chance = torch.sigmoid(outputs)
        return ((uniform < chance).to(outputs.dtype) - chance) * counted
    shares = torch.softmax(outputs.double(), -1)
    edges = shares.cumsum(-1)
    drawn = (edges <= uniform.unsqueeze(-1) * edges[..., -1:]).sum(-1).clamp(max=outputs.shape[-1] - 1)
    return _category_scores(outputs, drawn) * counted


def given_cotangents(
    outputs: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor, likelihood: str, /
) -> torch.Tensor:
    """The score of the labels in the data, all positions together, shape (1, *positions, C)."""
    counted = mask.unsqueeze(-1).to(outputs.dtype)
    if likelihood == "gaussian":
        return ((labels.to(outputs.dtype) - outputs) * counted).unsqueeze(0)
    if likelihood == "bernoulli":
        return ((labels.to(outputs.dtype) - torch.sigmoid(outputs)) * counted).unsqueeze(0)
    return (_category_scores(outputs, labels) * counted).unsqueeze(0)


def uniforms(outputs: torch.Tensor, samples: int, likelihood: str, generator: torch.Generator, /) -> torch.Tensor:
    """Numbers inside of (0, 1), shape (examples, samples, *positions[, C]), drawn example after example."""
    shape = outputs.shape[1:-1] if likelihood == "categorical" else outputs.shape[1:]
    drawn = torch.rand(
        (outputs.shape[0], samples, *shape), generator=generator, dtype=torch.float64, device=generator.device
    )
    return (drawn + 2.0**-54).to(outputs.device)


def check_labels(
    labels: torch.Tensor | None, outputs: torch.Tensor, mask: torch.Tensor, likelihood: str, /
) -> torch.Tensor:
    """Labels that fit the outputs, those that the mask leaves out replaced by 0."""
    needed = tuple(outputs.shape[:-1]) if likelihood == "categorical" else tuple(outputs.shape)
    if labels is None or tuple(labels.shape) != needed:
        came = "no labels" if labels is None else f"labels of shape {tuple(labels.shape)}"
        raise InputError(
            f"kind='empirical' got {came} for outputs of shape {tuple(outputs.shape)}. Needed is {needed} with "
            f"likelihood={likelihood!r}: give batches (inputs, labels)."
        )
    if likelihood != "categorical":
        return torch.where(mask.unsqueeze(-1), labels, torch.zeros_like(labels))
    if labels.is_floating_point():
        raise InputError(f"labels are {labels.dtype}. With likelihood='categorical' they are class numbers: integers.")
    kept = torch.where(mask, labels, torch.zeros_like(labels))
    if labels.device.type == "cpu" and bool(((kept < 0) | (kept >= outputs.shape[-1])).any()):
        raise InputError(
            f"labels reach from {int(kept.min())} to {int(kept.max())} for {outputs.shape[-1]} classes. They count "
            "from 0; leave others out by mask."
        )
    return kept.long()


def _category_scores(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    hit = labels.unsqueeze(-1) == torch.arange(outputs.shape[-1], device=outputs.device)
    return hit.to(outputs.dtype) - torch.softmax(outputs, -1)
