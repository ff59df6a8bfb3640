"""Solving with Fisher matrices, singular ones among them, in every array library."""

from typing import Any

import numpy as np

from kullback._core import Array, InputError, is_concrete, namespace
from kullback.families._fisher import constant

_EDGE = 1e-13


def as_array(name: str, value: Any, like: Array, /) -> Array:
    """What came as an array like another one."""
    try:
        return namespace(like).asarray(value, dtype=like.dtype)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{name} = {value!r} cannot be read as numbers: {error}. Give an array of floats.") from error


def balanced(matrix: Array, /) -> tuple[Array, Array, Array]:
    """Eigenvalues and vectors of D F D with unit diagonal, and the diagonal D: units of parameters fall out."""
    xp = namespace(matrix)
    own = xp.linalg.diagonal(matrix)
    scale = xp.where(own > 0, 1.0 / xp.sqrt(xp.where(own > 0, own, 1.0)), 0.0)
    values, vectors = xp.linalg.eigh(scale[..., :, None] * matrix * scale[..., None, :])
    return values, vectors, scale


def flat(values: Array, /) -> Array:
    """Which eigenvalues of a balanced matrix are zero but for rounding."""
    xp = namespace(values)
    noise = max(float(xp.finfo(values.dtype).eps) * 16.0, _EDGE)
    return values <= noise * values.shape[-1] * xp.max(values, axis=-1, keepdims=True)


def inverted(matrix: Array, names: tuple[str, ...], /) -> Array:
    """The inverse of a Fisher matrix; an error names a coordinate of the direction without information."""
    xp = namespace(matrix)
    values, vectors, scale = balanced(matrix)
    dull = flat(values)
    if is_concrete(matrix) and bool(xp.any(dull)):
        raise InputError(
            f"The information of {', '.join(names)} is singular: along some direction the law does not change. Leave a "
            f"coordinate of it out, such as fisher_information(law, fixed={names[-1]!r})."
        )
    inner = xp.where(dull, 0.0, 1.0 / xp.where(dull, 1.0, values))
    moved = vectors * xp.sqrt(inner)[..., None, :]
    return scale[..., :, None] * (moved @ xp.matrix_transpose(moved)) * scale[..., None, :]


def solved(matrix: Array, vector: Array, damping: float = 0.0, /) -> Array:
    """(F + λ I)⁻¹ g, by the pseudo-inverse where that is singular."""
    xp = namespace(matrix)
    if damping:
        matrix = matrix + damping * constant(matrix, np.eye(matrix.shape[-1]))
    values, vectors, scale = balanced(matrix)
    dull = flat(values)
    inner = xp.where(dull, 0.0, 1.0 / xp.where(dull, 1.0, values))
    turned = xp.sum(vectors * (scale * vector)[..., :, None], axis=-2)
    found = scale * xp.sum(vectors * (inner * turned)[..., None, :], axis=-1)
    if is_concrete(matrix) and not bool(xp.any(dull)):
        return found
    # Nothing moves along directions without information: what the units put there is taken out.
    still = xp.where(dull[..., None, :], scale[..., :, None] * vectors, 0.0)
    inside = xp.linalg.pinv(still) @ found[..., None]
    return found - (still @ inside)[..., 0]
