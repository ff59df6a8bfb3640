"""The laws that a model's outputs stand for: their curvature, its factors, and their exact divergence."""

from collections.abc import Callable
from typing import Literal

import torch

from kullback._core import InputError
from kullback.divergences import divergence
from kullback.families import Bernoulli, Categorical

Likelihood = Literal["categorical", "bernoulli", "gaussian"]
LIKELIHOODS = ("categorical", "bernoulli", "gaussian")


def check_likelihood(likelihood: str, /) -> None:
    """Raises InputError for an unknown word."""
    if likelihood not in LIKELIHOODS:
        raise InputError(f"likelihood={likelihood!r}. It must be one of {', '.join(map(repr, LIKELIHOODS))}.")


def curvature_product(outputs: torch.Tensor, vector: torch.Tensor, likelihood: str, /) -> torch.Tensor:
    """H v for each row: H is the Hessian of -log p(y | outputs), which no y changes; v may have leading batch axes."""
    if likelihood == "gaussian":
        return vector
    if likelihood == "bernoulli":
        return torch.sigmoid(outputs) * torch.sigmoid(-outputs) * vector
    shares = torch.softmax(outputs, -1)
    return shares * (vector - (shares * vector).sum(-1, keepdim=True))


def curvature_factors(outputs: torch.Tensor, likelihood: str, /) -> torch.Tensor:
    """R with H = R Rᵀ for outputs (*positions, C): factors (C, *positions, C), one for each column of R."""
    units = torch.eye(outputs.shape[-1], dtype=outputs.dtype, device=outputs.device)
    units = units.reshape(outputs.shape[-1], *(1,) * (outputs.ndim - 1), outputs.shape[-1])
    if likelihood == "gaussian":
        return units.expand(-1, *outputs.shape)
    if likelihood == "bernoulli":
        return units * (torch.sigmoid(outputs) * torch.sigmoid(-outputs)).sqrt()
    shares = torch.softmax(outputs, -1)
    return shares.movedim(-1, 0).unsqueeze(-1).sqrt() * (units - shares)


_DIVERGENCES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "categorical": lambda old, new: divergence(Categorical(logits=old), Categorical(logits=new)),
    "bernoulli": lambda old, new: divergence(Bernoulli(logits=old), Bernoulli(logits=new)).sum(-1),
    "gaussian": lambda old, new: 0.5 * (new - old).square().sum(-1),
}


def mean_divergence(old: torch.Tensor, new: torch.Tensor, likelihood: str, /) -> float:
    """The exact D(old‖new) of the output laws in nats, averaged over rows; inf where new ones are no numbers."""
    if bool(torch.isnan(new).any()) or (likelihood == "gaussian" and not bool(torch.isfinite(new).all())):
        return float("inf")
    return float(_DIVERGENCES[likelihood](old.double(), new.double()).mean())
