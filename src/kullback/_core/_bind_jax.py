"""Primitives as JAX functions with their own derivative rule; loaded when the first JAX array meets a primitive."""

from collections.abc import Callable

import jax
import jax.numpy as xp

from kullback._core._arrays import Array
from kullback._core._primitive import Primitive


def bind(primitive: Primitive, /) -> Callable[..., Array]:
    """The primitive on arrays of one shape: under jit, vmap and any order of grad."""

    @jax.custom_jvp
    def bound(*arguments: Array) -> Array:
        return primitive.value(xp, *arguments)

    @bound.defjvp
    def _jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
        terms = [
            # The rule must be linear in the tangent, so 0 · inf is kept from happening on the other side.
            xp.nan_to_num(partial(*primals), nan=xp.nan) * tangent
            for partial, tangent in zip(primitive.partials, tangents, strict=True)
        ]
        total = sum(terms[1:], start=terms[0])
        return bound(*primals), xp.sum(total, axis=-1) if primitive.reduces else total

    return bound
