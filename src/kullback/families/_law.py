"""A law: the name of a family and its parameters, nothing else."""

import sys
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from kullback._core import Array, InputError, Namespace, bring, float_of, is_array, is_concrete, library, namespace
from kullback.families._domains import Domain

LawT = TypeVar("LawT", bound="Law")


class Law:
    """What the records of all families share: their parameters are checked and brought to one array library.

    Each family is a frozen dataclass below this one. Parameters are kept in the widest float of their library;
    `dtype` is the float type that came, in which results are given back. Two records are equal only if they are the
    same object.
    """

    __slots__ = ("__dict__",)

    def __post_init__(self) -> None:
        given = self.parameters()
        xp = namespace(*given.values())
        arrays, _ = bring(xp, list(given.values()))
        for name, array in zip(given, arrays, strict=True):
            object.__setattr__(self, name, array)
        # Of numbers and lists only: such a law follows the library of the other side.
        object.__setattr__(self, "plain", not any(map(is_array, given.values())))
        object.__setattr__(self, "dtype", float_of(xp, list(given.values())))
        _check_dimensions(self, dict(zip(given, arrays, strict=True)))
        _check_values(self, xp)
        _check_together(self, xp)
        if "jax" in sys.modules:
            _register(type(self))

    def parameters(self) -> dict[str, Any]:
        """The parameters that are there, by name."""
        pairs = ((name, getattr(self, name)) for name in _domains(type(self)))
        return {name: value for name, value in pairs if value is not None}

    @property
    def xp(self) -> Namespace:
        """The namespace of the parameters."""
        return namespace(*self.parameters().values())

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of a whole batch of such laws; empty for one law."""
        shapes = [
            tuple(value.shape)[: value.ndim - domain_of(self, name).ndim] for name, value in self.parameters().items()
        ]
        inner = [*vars(self).get("components", ()), *([self.base] if hasattr(self, "base") else [])]
        return np.broadcast_shapes(*shapes, *(part.batch_shape for part in inner if isinstance(part, Law)))

    @property
    def is_concrete(self) -> bool:
        """Whether the parameters are numbers, not placeholders of a traced function."""
        return all(is_concrete(value) for value in self.parameters().values())

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """What several parameters must fulfil together: masks, each with the words of its complaint."""
        return []

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={_shown(value)}" for name, value in self.parameters().items())
        return f"{type(self).__name__}({inner})"


def unchecked(kind: type[LawT], like: Law, /, **values: Any) -> LawT:
    """A record made from the parameters of another: they were checked there.

    Args:
        kind: Family of the new record.
        like: The record that it comes from.
        values: Parameters; those left out are None.
    """
    made = object.__new__(kind)
    for field in fields(kind):  # type: ignore[arg-type]
        object.__setattr__(made, field.name, values.get(field.name))
    for name in ("dtype", "plain"):
        object.__setattr__(made, name, like.__dict__[name])
    return made


def domain_of(law: Law, name: str, /) -> Domain:
    """The domain of a parameter."""
    return _domains(type(law))[name]


_DOMAINS: dict[Any, dict[str, Domain]] = {}


def _domains(kind: Any) -> dict[str, Domain]:
    """The parameters of a family and their domains, in order; asked often, so remembered."""
    if kind not in _DOMAINS:
        found = ((field.name, field.metadata.get("domain")) for field in fields(kind))
        _DOMAINS[kind] = {name: domain for name, domain in found if domain is not None}
    return _DOMAINS[kind]


def _check_dimensions(law: Law, arrays: dict[str, Array]) -> None:
    for name, array in arrays.items():
        needed = domain_of(law, name).ndim
        if array.ndim < needed:
            kind = {1: "a vector", 2: "a matrix"}[needed]
            raise InputError(
                f"{type(law).__name__} got {name} of shape {tuple(array.shape)}. It needs {kind}, or a batch of them."
            )
    try:
        law.batch_shape  # noqa: B018 - it raises where shapes do not broadcast
    except ValueError:
        shapes = ", ".join(f"{name} {tuple(array.shape)}" for name, array in arrays.items())
        raise InputError(f"{type(law).__name__} got parameters whose shapes do not broadcast: {shapes}.") from None


def _check_values(law: Law, xp: Namespace) -> None:
    for name, array in law.parameters().items():
        domain = domain_of(law, name)
        if is_concrete(array):
            mask = domain.holds(xp, array)
            if not bool(xp.all(mask)):
                raise InputError(_complaint(law, name, domain, array, mask))


def validity(law: Law, /) -> Array | bool:
    """Where the parameters of a traced law are in their domain: nobody could look at them when it was made."""
    xp, valid = law.xp, True
    for name, array in law.parameters().items():
        domain = domain_of(law, name)
        mask = domain.holds(xp, array)
        valid = (xp.all(mask, axis=tuple(range(-domain.ndim, 0))) if domain.ndim else mask) & valid
    for mask, _ in law.joint_conditions(xp):
        valid = mask & valid
    return valid


def _complaint(law: Law, name: str, domain: Domain, array: Array, mask: Array) -> str:
    bad = np.argwhere(~np.asarray(mask.cpu() if library(mask) == "torch" else mask))[0]
    value = float(array[tuple(bad.tolist())])
    place = f" at index {list(map(int, bad))}" if bad.size else ""
    whole = "entries of " if domain.ndim else ""
    return f"{type(law).__name__} got {name} = {value!r}{place}. It needs {whole}{name} to be {domain.words}."


def _check_together(law: Law, xp: Namespace) -> None:
    for mask, words in law.joint_conditions(xp):
        known = isinstance(mask, bool) or is_concrete(mask)
        if known and not bool(mask if isinstance(mask, bool) else xp.all(mask)):
            raise InputError(f"{law!r}: {words}")


def _shown(value: Array) -> str:
    if getattr(value, "ndim", 0) == 0 and is_concrete(value):
        return repr(float(value))
    return f"array of shape {tuple(value.shape)}"


def _is_tree(value: Any) -> bool:
    return bool(library(value)) or isinstance(value, Law) or (isinstance(value, tuple) and any(map(_is_tree, value)))


_REGISTERED: set[type] = set()


def _register(kind: type) -> None:
    """Let JAX see into the records, once for each family."""
    if kind in _REGISTERED or not hasattr(sys.modules["jax"], "tree_util"):
        return
    _REGISTERED.add(kind)

    def flatten(law: Law) -> tuple[list[Any], tuple[Any, ...]]:
        # Laws inside a law are seen into as well; what is neither array nor law stays as it is.
        inner = {name: value for name, value in vars(law).items() if _is_tree(value)}
        still = tuple((name, value) for name, value in vars(law).items() if name not in inner)
        return list(inner.values()), (tuple(inner), still)

    def unflatten(extra: tuple[Any, ...], children: list[Any]) -> Law:
        made: Law = object.__new__(kind)
        for name, value in (*zip(extra[0], children, strict=True), *extra[1]):
            object.__setattr__(made, name, value)
        return made

    sys.modules["jax"].tree_util.register_pytree_node(kind, flatten, unflatten)
