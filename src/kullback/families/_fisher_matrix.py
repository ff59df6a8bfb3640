"""Fisher information of the normal laws in many dimensions and of the Wishart laws, in closed form.

Coordinates of a triangular factor or a covariance are its lower triangle, row after row; those of other matrices all
entries, row after row.
"""

from typing import Any

import numpy as np

from kullback._core import Array, Namespace, namespace
from kullback.families._fisher import constant
from kullback.families._triangular import cholesky, full, low_rank_factor, solve_lower
from kullback.families._trigamma import trigamma


def block_diagonal(xp: Namespace, *blocks: Array) -> Array:
    """Square blocks of one batch shape along the diagonal."""
    sizes = [block.shape[-1] for block in blocks]
    rows = []
    for i, block in enumerate(blocks):
        like = block[..., :, :1]
        pieces = [block if i == j else xp.concat([0.0 * like] * size, axis=-1) for j, size in enumerate(sizes)]
        rows.append(xp.concat(pieces, axis=-1))
    return xp.concat(rows, axis=-2)


def bordered(xp: Namespace, corner: Array, side: Array, block: Array) -> Array:
    """One number, a vector beside it, and a block."""
    top = xp.concat([corner[..., None, None], side[..., None, :]], axis=-1)
    return xp.concat([top, xp.concat([side[..., :, None], block], axis=-1)], axis=-2)


def multivariate_normal(law: Any) -> Array:
    """Of loc, then of the spread as it is given."""
    xp = law.xp
    if law.scale_diag is not None:
        inverse = _spread(law, 1.0 / law.scale_diag, 1)
        precision = full(xp, inverse * inverse)
        return block_diagonal(xp, precision, 2.0 * precision)
    if law.scale_tril is not None:
        inverse = _inverse(xp, _spread(law, law.scale_tril, 2))
        return block_diagonal(xp, _precision(xp, inverse), _in_factor(xp, inverse))
    precision = _precision(xp, _inverse(xp, cholesky(xp, _spread(law, law.covariance_matrix, 2))))
    return block_diagonal(xp, precision, _in_covariance(precision))


def low_rank(law: Any) -> Array:
    """Of loc, of the factor W and of the diagonal."""
    xp = law.xp
    precision = _precision(xp, _inverse(xp, low_rank_factor(xp, law.cov_factor, law.cov_diag)))
    precision = _spread(law, precision, 2)
    size, rank = law.cov_factor.shape[-2:]
    rows, columns = _places(size, rank)
    pulled = precision @ law.cov_factor
    inner = xp.matrix_transpose(law.cov_factor) @ pulled
    across = taken(pulled, rows, columns)
    factor = taken(precision, rows, rows) * taken(inner, columns, columns) + across * xp.matrix_transpose(across)
    mixed = taken(precision, rows, list(range(size))) * taken(xp.matrix_transpose(pulled), columns, list(range(size)))
    spread = xp.concat(
        [
            xp.concat([factor, mixed], axis=-1),
            xp.concat([xp.matrix_transpose(mixed), 0.5 * precision * precision], axis=-1),
        ],
        axis=-2,
    )
    return block_diagonal(xp, precision, spread)


def matrix_normal(law: Any) -> Array:
    """Of the mean, of the factor of the rows and of that of the columns, which share a direction of no information."""
    xp = law.xp
    n, p = law.loc.shape[-2:]
    left, right = _inverse(xp, _spread(law, law.row_tril, 2)), _inverse(xp, _spread(law, law.col_tril, 2))
    rows, columns = _places(n, p)
    mean = taken(_precision(xp, left), rows, rows) * taken(_precision(xp, right), columns, columns)
    mixed = 2.0 * _trace_side(xp, left)[..., :, None] * _trace_side(xp, right)[..., None, :]
    spread = xp.concat(
        [
            xp.concat([p * _in_factor(xp, left), mixed], axis=-1),
            xp.concat([xp.matrix_transpose(mixed), n * _in_factor(xp, right)], axis=-1),
        ],
        axis=-2,
    )
    return block_diagonal(xp, mean, spread)


def wishart(sign: float) -> Any:
    """Of df and the factor; the inverse law with sign -1."""

    def fisher(law: Any) -> Array:
        xp = law.xp
        inverse = _inverse(xp, _spread(law, law.scale_tril, 2))
        side = _trace_side(xp, inverse)
        df = law.df + 0.0 * side[..., 0]
        half, size = 0.5 * df, law.scale_tril.shape[-1]
        corner = 0.25 * sum((trigamma(half - 0.5 * j) for j in range(1, size)), start=trigamma(half))
        return bordered(xp, corner, sign * side, df[..., None, None] * _in_factor(xp, inverse))

    return fisher


def _spread(law: Any, value: Array, dimensions: int) -> Array:
    """A parameter in the batch shape of the law."""
    return law.xp.broadcast_to(value, (*law.batch_shape, *value.shape[value.ndim - dimensions :]))


def _inverse(xp: Namespace, factor: Array) -> Array:
    eye = constant(factor, np.eye(factor.shape[-1]))
    return solve_lower(xp, factor, xp.broadcast_to(eye, factor.shape))


def _precision(xp: Namespace, inverse: Array) -> Array:
    return xp.matrix_transpose(inverse) @ inverse


def _triangle(size: int) -> tuple[list[int], list[int]]:
    """Rows and columns of the lower triangle."""
    places = [(i, j) for i in range(size) for j in range(i + 1)]
    return [i for i, _ in places], [j for _, j in places]


def _places(rows: int, columns: int) -> tuple[list[int], list[int]]:
    """Rows and columns of all entries."""
    places = [(i, j) for i in range(rows) for j in range(columns)]
    return [i for i, _ in places], [j for _, j in places]


def taken(matrix: Array, rows: list[int], columns: list[int]) -> Array:
    """The chosen rows and columns of matrices."""
    xp = namespace(matrix)
    down, right = (constant(matrix, one, xp.int64) for one in (rows, columns))
    return xp.take(xp.take(matrix, down, axis=-2), right, axis=-1)


def _in_factor(xp: Namespace, inverse: Array) -> Array:
    """½ tr (Σ⁻¹ dΣ)² of Σ = L Lᵀ by the entries of L: P_ik where the columns agree, and 1/L_ii² once more."""
    rows, columns = _triangle(inverse.shape[-1])
    precision = _precision(xp, inverse)
    same = constant(inverse, np.equal.outer(columns, columns).astype(float))
    side = _trace_side(xp, inverse)
    return taken(precision, rows, rows) * same + full(xp, side * side)


def _trace_side(xp: Namespace, inverse: Array) -> Array:
    """The derivative of log det L by the entries of L."""
    rows, columns = _triangle(inverse.shape[-1])
    ends = [float(i == j) for i, j in zip(rows, columns, strict=True)]
    return xp.take(xp.linalg.diagonal(inverse), constant(inverse, rows, xp.int64), axis=-1) * constant(inverse, ends)


def _in_covariance(precision: Array) -> Array:
    """½ tr (Σ⁻¹ dΣ)² by the entries of Σ, where one below the diagonal stands for two."""
    rows, columns = _triangle(precision.shape[-1])
    count = constant(precision, [0.5 if i == j else 1.0 for i, j in zip(rows, columns, strict=True)])
    straight = taken(precision, rows, rows) * taken(precision, columns, columns)
    crossed = taken(precision, rows, columns) * taken(precision, columns, rows)
    return (straight + crossed) * count[:, None] * count[None, :]
