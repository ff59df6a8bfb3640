"""What torch, numpyro and TFP share: attributes that become parameters, logits that stay logits."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from kullback._core import Array, InputError, bring, library, log_softmax, namespace, special
from kullback.adapters._maps import affine, exponential
from kullback.families import Bernoulli, Categorical, Law, Mixture, Multinomial, unchecked

Row = Callable[[Any], Law]
Kind = Callable[..., Law]
"""The class of a record."""


def row(kind: Kind, *same: str, **renamed: str) -> Row:
    """A family whose parameters are attributes of the object.

    Args:
        kind: The family.
        same: Parameters that have their own name there.
        renamed: Parameter to the attribute that holds it.
    """
    names: Mapping[str, str] = {name: name for name in same} | renamed
    return lambda value: made(kind, **{name: getattr(value, attribute) for name, attribute in names.items()})


def made(kind: Kind, /, **values: Array) -> Law:
    """A record; NumPy arrays beside JAX arrays, which numpyro and TFP let stand, become JAX arrays."""
    if any(library(value) == "jax" for value in values.values()):
        jax = import_module("jax.numpy")
        values = {
            name: jax.asarray(value) if isinstance(value, np.ndarray) else value for name, value in values.items()
        }
    return kind(**values)


def from_logits(kind: Kind, logits: Array, /, *, sign: float = 1.0, **others: Array) -> Law:
    """A family that takes `probs` only, from logits: in the widest float and without any clamping.

    Args:
        kind: The family.
        logits: Log odds.
        sign: -1 where the logits are those of the complement.
        others: Its other parameters.
    """
    (wide,), _ = bring(namespace(logits), [logits])
    return _in_type_of(made(kind, **others, probs=special("expit", sign * wide)), Bernoulli(logits=logits))


def from_complement(kind: Kind, probs: Array, /, **others: Array) -> Law:
    """The same from the chances of the complement."""
    (wide,), _ = bring(namespace(probs), [probs])
    return _in_type_of(made(kind, **others, probs=1.0 - wide), Bernoulli(probs=probs))


def multinomial(total_count: Array, logits: Array, /) -> Law:
    """The same for counts of categories."""
    return _in_type_of(made(Multinomial, total_count=total_count, probs=_softmax(logits)), Categorical(logits=logits))


def mixture(categories: Law, components: tuple[Law, ...], /) -> Law:
    """A mixture whose weights are a categorical law."""
    if not isinstance(categories, Categorical):
        raise InputError(f"The weights of the mixture are {categories!r}. A categorical law is needed. Give one.")
    weights = categories.probs if categories.probs is not None else _softmax(categories.logits)
    return _in_type_of(Mixture(weights, components), categories)


def steps(transforms: Any, /) -> list[Any]:
    """The transforms of torch and numpyro one by one, in the order in which they act."""
    return [step for transform in transforms for step in steps(getattr(transform, "parts", ())) or [transform]]


def named_steps(transforms: Any, /) -> list[tuple[str, Any]]:
    """The same as names and arguments for `mapped`."""
    arguments: Mapping[str, Callable[[Any], tuple[str, Any]]] = {
        "ExpTransform": lambda step: ("exp", ()),  # noqa: ARG005
        "AffineTransform": lambda step: ("affine", (step.loc, step.scale)),
    }
    return [arguments.get(type(step).__name__, lambda step: ("", step))(step) for step in steps(transforms)]


def mapped(base: Law, steps: list[tuple[str, Any]], /) -> Law | None:
    """A chain of maps, each a name and its arguments, where every step stays in a named family."""
    law: Law | None = base
    for name, arguments in steps:
        if law is None:
            return None
        law = affine(law, *arguments) if name == "affine" else exponential(law) if name == "exp" else None
    return law


def _softmax(logits: Array) -> Array:
    xp = namespace(logits)
    (wide,), _ = bring(xp, [logits])
    return xp.exp(log_softmax(xp, wide))


def _in_type_of(law: Law, like: Law) -> Law:
    """Results in the float type of the numbers that came, which were widened on the way."""
    values = {name: getattr(law, name) for name in law.__dataclass_fields__}  # type: ignore[attr-defined]
    return unchecked(type(law), like, **values)
