"""Estimates as tensors by name, and back: nothing that would need unpickling."""

from collections.abc import Mapping, Sequence
from itertools import product

import torch

from kullback._core import InputError
from kullback.nn.consolidation._estimate import Factors, FisherEstimate, named
from kullback.nn.consolidation._scores import KINDS
from kullback.nn.natural._outputs import LIKELIHOODS

_FACTS = ("weight", "count", "kind", "likelihood")
_CODES = set(product(range(len(KINDS)), range(len(LIKELIHOODS))))
_TENSORS = ("anchor", "values", "inputs", "outputs")


def state_of(terms: Sequence[tuple[float, FisherEstimate]], /) -> dict[str, torch.Tensor]:
    """Names are the place of the term, what the tensor is, and the parameter or layer, between slashes."""
    state: dict[str, torch.Tensor] = {}
    for place, (weight, fisher) in enumerate(terms):
        codes = (weight, fisher.count, KINDS.index(fisher.kind), LIKELIHOODS.index(fisher.likelihood))
        state |= {
            f"{place}/{name}": torch.tensor(code, dtype=torch.float64) for name, code in zip(_FACTS, codes, strict=True)
        }
        parts = {
            "anchor": fisher.anchor,
            "values": fisher.values,
            "inputs": {layer: factors.inputs for layer, factors in fisher.factors.items()},
            "outputs": {layer: factors.outputs for layer, factors in fisher.factors.items()},
        }
        state |= {f"{place}/{part}/{name}": one.clone() for part, every in parts.items() for name, one in every.items()}
    return state


def estimates_of(state: Mapping[str, torch.Tensor], /) -> list[tuple[float, FisherEstimate]]:
    """The terms, once every name is understood."""
    facts: dict[int, dict[str, float]] = {}
    tensors: dict[int, dict[str, dict[str, torch.Tensor]]] = {}
    for key, value in state.items():
        place, part, name = _read(key)
        if not isinstance(value, torch.Tensor):
            raise InputError(f"state has {type(value).__name__} under {key!r}. Tensors are needed: see EWC.state_dict.")
        if name is None:
            facts.setdefault(place, {})[part] = value.item()
        else:
            tensors.setdefault(place, {one: {} for one in _TENSORS})[part][name] = value.detach().clone()
    if facts.keys() != tensors.keys():
        raise InputError(
            "the state is not whole: some terms have no tensors or no weight. Give what state_dict() gave."
        )
    return [_term(place, facts[place], tensors[place]) for place in sorted(tensors)]


def _read(key: str) -> tuple[int, str, str | None]:
    place, _, rest = key.partition("/")
    part, slash, name = rest.partition("/")
    if not place.isdecimal() or part not in (_TENSORS if slash else _FACTS):
        raise InputError(f"state has an unknown name {key!r}. Give what EWC.state_dict() returned.")
    return int(place), part, name if slash else None


def _term(
    place: int, facts: Mapping[str, float], tensors: Mapping[str, dict[str, torch.Tensor]]
) -> tuple[float, FisherEstimate]:
    anchor, layers = tensors["anchor"], tensors["inputs"].keys()
    whole = (
        all(name in facts for name in _FACTS)
        and tensors["values"].keys() <= anchor.keys()
        and tensors["outputs"].keys() == layers
        and all(named(layer, "weight") in anchor for layer in layers)
        and (facts["kind"], facts["likelihood"]) in _CODES
    )
    if not whole or not anchor:
        raise InputError(f"term {place} of the state is not whole. Give what EWC.state_dict() returned.")
    factors = {layer: Factors(inputs, tensors["outputs"][layer]) for layer, inputs in tensors["inputs"].items()}
    kind, likelihood = KINDS[int(facts["kind"])], LIKELIHOODS[int(facts["likelihood"])]
    fisher = FisherEstimate(
        tensors["values"], tensors["anchor"], kind, likelihood, int(facts["count"]), factors=factors
    )
    return float(facts["weight"]), fisher
