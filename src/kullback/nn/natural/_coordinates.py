"""The free parameters of a law as one vector, and the law at another vector."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from kullback._core import InputError
from kullback.families import Law, domain_of


@dataclass(frozen=True)
class Slot:
    """One parameter and its free numbers.

    Attributes:
        name: Of the parameter.
        value: Its value, expanded to the batch.
        batch: How many axes of it are batch.
        corner: Whether it is a matrix of which the lower triangle is free.
        mirrored: Whether the upper triangle is the same, not zero.
    """

    name: str
    value: torch.Tensor
    batch: int
    corner: bool
    mirrored: bool

    @property
    def size(self) -> int:
        """How many numbers are free."""
        side = self.value.shape[-1] if self.corner else 0
        return side * (side + 1) // 2 if self.corner else int(np.prod(self.value.shape[self.batch :]))

    def flat(self) -> torch.Tensor:
        """The free numbers, shape (*batch, size)."""
        if self.corner:
            rows, columns = torch.tril_indices(*self.value.shape[-2:])
            return self.value[..., rows, columns]
        return self.value.reshape(*self.value.shape[: self.batch], self.size)

    def filled(self, flat: torch.Tensor, /) -> torch.Tensor:
        """The parameter with these free numbers, of shape (*any batch, size)."""
        if not self.corner:
            return flat.reshape((*flat.shape[:-1], *self.value.shape[self.batch :]))
        side = self.value.shape[-1]
        rows, columns = torch.tril_indices(side, side, device=flat.device)
        places = (rows * side + columns).expand(flat.shape)
        lower = flat.new_zeros(*flat.shape[:-1], side * side).scatter(-1, places, flat)
        lower = lower.reshape(*flat.shape[:-1], side, side)
        return lower + torch.tril(lower, -1).mT if self.mirrored else lower


@dataclass(frozen=True)
class Coordinates:
    """The free parameters of a law, in their canonical order, each expanded to the batch of the law."""

    law: Law
    slots: tuple[Slot, ...]
    fixed: dict[str, torch.Tensor]

    def flat(self) -> torch.Tensor:
        """All free numbers, shape (*batch, k), detached."""
        return torch.cat([slot.flat() for slot in self.slots], -1)

    def at(self, flat: torch.Tensor, /) -> Law:
        """The law with other free numbers, shape (*any, *batch, k)."""
        edges = np.cumsum([0, *(slot.size for slot in self.slots)]).tolist()
        made = {
            slot.name: slot.filled(flat[..., low:high])
            for slot, (low, high) in zip(self.slots, pairwise(edges), strict=True)
        }
        if "covariance_matrix" in made:  # its factor, through which the divergence has derivatives at equality
            made["scale_tril"] = torch.linalg.cholesky(made.pop("covariance_matrix"))
        return type(self.law)(**made, **self.fixed)


def coordinates_of(law: Law, /) -> Coordinates:
    """The free parameters of a law; whole numbers like `total_count` are no parameters that could move."""
    batch, slots, fixed = law.batch_shape, [], {}
    for name, given in law.parameters().items():
        domain = domain_of(law, name)
        value = _tensor(given)
        if domain.words.startswith("a whole number"):
            fixed[name] = value
            continue
        event = tuple(value.shape[value.ndim - domain.ndim :])
        corner = name.endswith("_tril") or name == "covariance_matrix"
        slots.append(Slot(name, value.expand((*batch, *event)), len(batch), corner, name == "covariance_matrix"))
    if not slots or hasattr(law, "components") or hasattr(law, "base"):
        raise InputError(
            f"{law!r} has no real parameters of its own to differentiate by. A law of one family is needed: "
            "give its parts one by one."
        )
    return Coordinates(law, tuple(slots), fixed)


def _tensor(value: Any) -> torch.Tensor:
    """A parameter as a tensor of float64, cut from the caller's graph."""
    array = value if isinstance(value, torch.Tensor) else torch.from_numpy(np.array(value, dtype=np.float64))
    return array.detach().to(torch.float64)
