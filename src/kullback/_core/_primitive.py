"""A primitive: a function of numbers with its own derivatives, the same in every array library.

Closed forms are put together from primitives. Their values are computed with series and branches that no automatic
differentiation should look into: it would be slow, hold every intermediate, and find NaN in the branch not taken.
So each primitive says its partial derivatives, again in primitives: any order of derivative then works.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from kullback._core._arrays import Array, Namespace, is_jax, is_torch, namespace


@dataclass(frozen=True, eq=False)
class Primitive:
    """A scalar function of one or more broadcast arrays, entry by entry or of vectors along the last axis.

    Attributes:
        name: What it is called, for messages.
        value: Its value: the namespace, then the arrays.
        partials: One function for each argument: the derivative by it at the same arguments.
        reduces: Whether the value is one number for each vector along the last axis; partials keep that axis.
    """

    name: str
    value: Callable[..., Array]
    partials: tuple[Callable[..., Array], ...]
    reduces: bool = False
    _bound: dict[str, Callable[..., Array]] = field(default_factory=dict, repr=False)

    def __call__(self, *arguments: Array) -> Array:
        """The value at arrays of one library; plain numbers count as NumPy's."""
        xp = namespace(*arguments)
        if xp is np:
            with np.errstate(all="ignore"):
                return self.value(np, *(np.asarray(argument, dtype=np.float64) for argument in arguments))
        if is_torch(xp):
            return self._binding("torch")(*xp.broadcast_arrays(*arguments))
        if is_jax(xp):
            return self._binding("jax")(*xp.broadcast_arrays(*arguments))
        with np.errstate(all="ignore"):  # a strict array API namespace may stand on NumPy
            return self.value(xp, *arguments)

    def _binding(self, name: str) -> Callable[..., Array]:
        if name not in self._bound:
            self._bound[name] = import_module(f"kullback._core._bind_{name}").bind(self)
        return self._bound[name]


def primitive(*partials: Callable[..., Array], reduces: bool = False) -> Callable[[Callable[..., Array]], Primitive]:
    """Make a primitive of the function that gives its value; the arguments are the partial derivatives."""

    def wrap(value: Callable[..., Array]) -> Primitive:
        made = Primitive(value.__name__.strip("_"), value, partials, reduces)
        object.__setattr__(made, "__doc__", value.__doc__)
        return made

    return wrap


def where_near(
    xp: Namespace, near: Array, x: Array, inner: Callable[[Array], Array], outer: Callable[[Array], Array], calm: float
) -> Array:
    """`inner(x)` where `near`, else `outer(x)`; neither sees the other's arguments, so no derivative meets their NaN.

    Args:
        xp: The namespace.
        near: Where the inner form holds.
        x: The argument.
        inner: The form near zero; it sees zero elsewhere.
        outer: The form far from it; it sees `calm` elsewhere.
        calm: An argument at which the outer form is harmless.
    """
    zero = xp.zeros_like(x)
    return xp.where(near, inner(xp.where(near, x, zero)), outer(xp.where(near, zero + calm, x)))


def polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    """A polynomial by Horner's rule; the first coefficient is that of the highest power."""
    total: Any = x * 0.0 + coefficients[0]
    for coefficient in coefficients[1:]:
        total = total * x + coefficient
    return total
