"""Whole batches of laws: wider, or one by one along an axis."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from kullback._core import Array, InputError
from kullback.families import Independent, Law, Mixture, Transformed, unchecked


def expand(law: Any, shape: tuple[int, ...], /) -> Any:
    """The batch of a law, broadcast to a shape."""
    if isinstance(law, Independent):
        own = law.base.batch_shape
        return Independent(expand(law.base, (*shape, *own[len(own) - law.dimensions :])), law.dimensions)
    if isinstance(law, Transformed):
        return Transformed(expand(law.base, shape), law.key, law.outer)
    if isinstance(law, Mixture):
        law = _mapped(law, lambda part: expand(part, shape))
    values = {
        name: law.xp.broadcast_to(value, (*shape, *value.shape[value.ndim - ndim :]))
        for name, (value, ndim) in _parameters(law).items()
    }
    if not values:
        raise InputError(f"{law!r} is one law. A batch of shape {shape} of it is no law. Give it without the batch.")
    return unchecked(type(law), law, **(_others(law) | values))


def unstack(law: Any, /) -> tuple[Law, ...]:
    """The laws along the last axis of a batch."""
    shape = batch_shape(law)
    return tuple(_take(expand(law, shape), index, 1) for index in range(shape[-1]))


def batch_shape(law: Any, /) -> tuple[int, ...]:
    """The shape of a batch, composite laws included."""
    if isinstance(law, Independent):
        return batch_shape(law.base)[: -law.dimensions or None]
    if isinstance(law, Transformed):
        return batch_shape(law.base)
    parts = [batch_shape(part) for part in law.components] if isinstance(law, Mixture) else []
    return np.broadcast_shapes(law.batch_shape, *parts)


def _take(law: Any, index: int, place: int) -> Any:
    """One entry of the axis that is `place` axes before the end of the batch."""
    if isinstance(law, Independent):
        return Independent(_take(law.base, index, place + law.dimensions), law.dimensions)
    if isinstance(law, Transformed):
        return Transformed(_take(law.base, index, place), law.key, law.outer)
    if isinstance(law, Mixture):
        law = _mapped(law, lambda part: _take(part, index, place))
    values: dict[str, Array] = {
        name: value[(..., index, *(slice(None),) * (place - 1 + ndim))]
        for name, (value, ndim) in _parameters(law).items()
    }
    return unchecked(type(law), law, **(_others(law) | values))


def _mapped(law: Mixture, function: Callable[[Law], Law]) -> Mixture:
    return unchecked(Mixture, law, weights=law.weights, components=tuple(function(part) for part in law.components))


def _parameters(law: Any) -> dict[str, tuple[Array, int]]:
    """Parameters and how many of their last axes belong to one law."""
    given = law.parameters()
    return {
        field.name: (given[field.name], field.metadata["domain"].ndim) for field in fields(law) if field.name in given
    }


def _others(law: Any) -> dict[str, Any]:
    """What is no parameter, such as the components of a mixture."""
    return {field.name: getattr(law, field.name) for field in fields(law) if "domain" not in field.metadata}
