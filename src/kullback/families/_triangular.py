"""The little linear algebra of the matrix laws, batched in every array library."""

from importlib import import_module

import numpy as np

from kullback._core import Array, Namespace


def solve_lower(xp: Namespace, factor: Array, right: Array) -> Array:
    """L⁻¹ R for lower triangular L, by forward substitution, whose error does not grow with the condition of L."""
    name = xp.__name__
    if name.endswith("torch"):
        shape = np.broadcast_shapes(tuple(factor.shape[:-2]), tuple(right.shape[:-2]))
        factor = xp.broadcast_to(factor, (*shape, *factor.shape[-2:]))
        right = xp.broadcast_to(right, (*shape, *right.shape[-2:]))
        return import_module("torch").linalg.solve_triangular(factor, right, upper=False)
    if name.startswith("jax"):
        shape = np.broadcast_shapes(factor.shape[:-2], right.shape[:-2])
        factor = xp.broadcast_to(factor, (*shape, *factor.shape[-2:]))
        right = xp.broadcast_to(right, (*shape, *right.shape[-2:]))
        return import_module("jax.scipy.linalg").solve_triangular(factor, right, lower=True)
    rows: list[Array] = []
    for i in range(factor.shape[-1]):
        known = right[..., i, :]
        for j, row in enumerate(rows):
            known = known - factor[..., i, j][..., None] * row
        rows.append(known / factor[..., i, i][..., None])
    return xp.stack(rows, axis=-2)


def cholesky(xp: Namespace, matrix: Array) -> Array:
    """The lower triangular factor of a positive definite matrix."""
    return xp.linalg.cholesky(matrix)


def full(xp: Namespace, diagonal: Array) -> Array:
    """The diagonal matrices of vectors."""
    return diagonal[..., :, None] * xp.eye(diagonal.shape[-1], dtype=diagonal.dtype)


def low_rank_factor(xp: Namespace, factor: Array, diagonal: Array) -> Array:
    """The lower triangular factor of W Wᵀ + D, by QR of its parts: squaring them first would square the condition."""
    tall = xp.concat([xp.matrix_transpose(factor), full(xp, xp.sqrt(diagonal))], axis=-2)
    upper = xp.linalg.qr(tall)[1]
    own = xp.linalg.diagonal(upper)
    signs = xp.where(own < 0, -1.0, xp.ones_like(own))
    return xp.matrix_transpose(upper * signs[..., :, None])
