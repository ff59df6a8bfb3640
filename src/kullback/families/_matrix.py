"""Normal laws in many dimensions and the Wishart laws, from triangular factors where they are given."""

from dataclasses import dataclass
from math import log, pi
from typing import Any

import numpy as np

from kullback._core import (
    Array,
    Namespace,
    digamma,
    is_concrete,
    itakura_saito_products,
    itakura_saito_squares,
    lgamma,
    numbers,
    phi,
    shifted_gap,
)
from kullback.families import _fisher_matrix
from kullback.families import _likelihood as likelihood
from kullback.families._domains import MATRIX, POSITIVE, POSITIVES, REALS, parameter
from kullback.families._family import FAMILIES, Family, Support, log_prob
from kullback.families._fisher import constant
from kullback.families._gamma import GeneralizedGamma
from kullback.families._law import Law, unchecked
from kullback.families._triangular import cholesky, full, low_rank_factor, solve_lower


@dataclass(frozen=True, eq=False, repr=False)
class MultivariateNormal(Law):
    """Normal law in d dimensions; its spread is given in one of three ways.

    Args:
        loc: Mean vectors.
        covariance_matrix: Symmetric positive definite matrices.
        scale_tril: Lower triangular factors L of the covariance L Lᵀ, with positive diagonals.
        scale_diag: Standard deviations of independent coordinates.
    """

    loc: Array = parameter(REALS)
    covariance_matrix: Array = parameter(MATRIX, None)
    scale_tril: Array = parameter(MATRIX, None)
    scale_diag: Array = parameter(POSITIVES, None)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """One spread that fits the mean."""
        given = [
            (name, value)
            for name in ("covariance_matrix", "scale_tril", "scale_diag")
            if (value := getattr(self, name)) is not None
        ]
        if len(given) != 1:
            return [(False, "give exactly one of covariance_matrix, scale_tril and scale_diag.")]
        (name, value), size = given[0], self.loc.shape[-1]
        if name == "scale_diag":
            return [(value.shape[-1] == size, f"scale_diag needs {size} entries, like loc.")]
        return [_square(name, value, size), *_factor_conditions(xp, name, value)]


@dataclass(frozen=True, eq=False, repr=False)
class LowRankMultivariateNormal(Law):
    """Normal law whose covariance is W Wᵀ plus a diagonal.

    Args:
        loc: Mean vectors of d entries.
        cov_factor: Matrices W of d rows.
        cov_diag: Diagonals, positive.
    """

    loc: Array = parameter(REALS)
    cov_factor: Array = parameter(MATRIX)
    cov_diag: Array = parameter(POSITIVES)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """The shapes fit."""
        size = self.loc.shape[-1]
        fits = self.cov_factor.shape[-2] == size == self.cov_diag.shape[-1]
        return [(fits, f"cov_factor needs {size} rows and cov_diag {size} entries, like loc.")]


@dataclass(frozen=True, eq=False, repr=False)
class MatrixNormal(Law):
    """Normal law on matrices X = M + A Z Bᵀ of independent standard normal Z.

    Args:
        loc: Means M of n rows and p columns.
        row_tril: Lower triangular factors A of the covariance of the rows, n × n.
        col_tril: Lower triangular factors B of the covariance of the columns, p × p.
    """

    loc: Array = parameter(MATRIX)
    row_tril: Array = parameter(MATRIX)
    col_tril: Array = parameter(MATRIX)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """The shapes fit and the factors are triangular."""
        rows, columns = self.loc.shape[-2:]
        return [
            _square("row_tril", self.row_tril, rows),
            _square("col_tril", self.col_tril, columns),
            *_factor_conditions(xp, "row_tril", self.row_tril),
            *_factor_conditions(xp, "col_tril", self.col_tril),
        ]


@dataclass(frozen=True, eq=False, repr=False)
class Wishart(Law):
    """Law of the scatter matrix of `df` independent normal vectors of covariance L Lᵀ.

    Args:
        df: Degrees of freedom, above d - 1, not necessarily whole.
        scale_tril: Lower triangular factors L, d × d, with positive diagonals.
    """

    df: Array = parameter(POSITIVE)
    scale_tril: Array = parameter(MATRIX)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """Enough degrees of freedom and a triangular factor."""
        return _wishart_conditions(self, xp)


@dataclass(frozen=True, eq=False, repr=False)
class InverseWishart(Law):
    """Law whose inverse is Wishart(df, inverse of L Lᵀ).

    Args:
        df: Degrees of freedom, above d - 1, not necessarily whole.
        scale_tril: Lower triangular factors L, d × d, with positive diagonals.
    """

    df: Array = parameter(POSITIVE)
    scale_tril: Array = parameter(MATRIX)

    def joint_conditions(self, xp: Namespace) -> list[tuple[Any, str]]:
        """Enough degrees of freedom and a triangular factor."""
        return _wishart_conditions(self, xp)


def _wishart_conditions(law: Any, xp: Namespace) -> list[tuple[Any, str]]:
    size = law.scale_tril.shape[-1]
    return [
        _square("scale_tril", law.scale_tril, law.scale_tril.shape[-2]),
        *_factor_conditions(xp, "scale_tril", law.scale_tril),
        (law.df > size - 1, f"df must be above {size - 1} for {size} × {size} matrices."),
    ]


def _square(name: str, value: Array, size: int) -> tuple[bool, str]:
    return tuple(value.shape[-2:]) == (size, size), f"{name} needs {size} × {size} matrices."


def _factor_conditions(xp: Namespace, name: str, value: Array) -> list[tuple[Any, str]]:
    if value.shape[-1] != value.shape[-2]:
        return []
    if name == "covariance_matrix":
        gap = xp.abs(value - xp.matrix_transpose(value))
        close = gap <= 1e-8 * xp.max(xp.abs(value), axis=(-2, -1), keepdims=True)
        positive = not is_concrete(value) or _is_definite(value)
        return [(close, f"{name} must be symmetric."), (positive, f"{name} must be positive definite.")]
    diagonal = xp.linalg.diagonal(value)
    upper = xp.triu(value, k=1) == 0
    return [(upper, f"{name} must be lower triangular."), (diagonal > 0, f"{name} must have a positive diagonal.")]


def _is_definite(value: Array) -> bool:
    try:
        np.linalg.cholesky(numbers(value))
    except np.linalg.LinAlgError:
        return False
    return True


def _factor(law: Any) -> Array:
    """A lower triangular factor of the covariance of any normal law in many dimensions."""
    if isinstance(law, LowRankMultivariateNormal):
        return low_rank_factor(law.xp, law.cov_factor, law.cov_diag)
    if law.scale_tril is not None:
        return law.scale_tril
    if law.scale_diag is not None:
        return full(law.xp, law.scale_diag)
    return cholesky(law.xp, law.covariance_matrix)


def _covariance(law: Any) -> Array:
    xp = law.xp
    if isinstance(law, LowRankMultivariateNormal):
        return law.cov_factor @ xp.matrix_transpose(law.cov_factor) + full(xp, law.cov_diag)
    if law.covariance_matrix is not None:
        return law.covariance_matrix
    factor = _factor(law)
    return factor @ xp.matrix_transpose(factor)


def factor_gap(xp: Namespace, p: Array, q: Array, p_loc: Array, q_loc: Array) -> Array:
    """Divergence of two normal laws from triangular factors, as a sum of terms none of which is negative.

    With E = L_q⁻¹ (L_p - L_q) it is half the sum of φ(2 e + e²) over the diagonal of E, of the squares below it, and of
    the squares of the whitened difference of the means.
    """
    gap = solve_lower(xp, q, p - q)
    moved = solve_lower(xp, q, (p_loc - q_loc)[..., None])[..., 0]
    # 1 + e is the ratio of the two diagonals, which keeps its digits where e is near -1.
    diagonal = itakura_saito_squares(xp.linalg.diagonal(p), xp.linalg.diagonal(q))
    below = xp.tril(gap, k=-1)
    inner = diagonal + xp.sum(below * below, axis=-1)
    return 0.5 * (xp.sum(inner, axis=-1) + xp.sum(moved * moved, axis=-1))


def _diagonal_gap(p: Any, q: Any) -> Array:
    moved = (p.loc - q.loc) / q.scale_diag
    return 0.5 * p.xp.sum(itakura_saito_squares(p.scale_diag, q.scale_diag) + moved * moved, axis=-1)


def _spread_gap(
    xp: Namespace, p_factor: Array, q_factor: Array, difference: Array, p_loc: Array, q_loc: Array
) -> Array:
    """From the difference of the covariances, whitened: half the sum of φ of its eigenvalues, where they are small.

    Where the spreads are far apart the difference has forgotten the smaller one, and the factors are compared.
    """
    half = solve_lower(xp, q_factor, difference)
    white = solve_lower(xp, q_factor, xp.matrix_transpose(half))
    white = 0.5 * (white + xp.matrix_transpose(white))
    values = xp.linalg.eigvalsh(white)
    moved = solve_lower(xp, q_factor, (p_loc - q_loc)[..., None])[..., 0]
    near = xp.all(xp.abs(values) < 0.5, axis=-1)
    calm = xp.where(near[..., None], values, xp.zeros_like(values))
    close = 0.5 * (xp.sum(phi(calm), axis=-1) + xp.sum(moved * moved, axis=-1))
    return xp.where(near, close, factor_gap(xp, p_factor, q_factor, p_loc, q_loc))


def _normal(p: Any, q: Any) -> Array:
    xp = p.xp
    if p.scale_diag is not None and q.scale_diag is not None:
        return _diagonal_gap(p, q)
    if p.covariance_matrix is not None and q.covariance_matrix is not None:
        return _spread_gap(xp, _factor(p), _factor(q), p.covariance_matrix - q.covariance_matrix, p.loc, q.loc)
    return factor_gap(xp, _factor(p), _factor(q), p.loc, q.loc)


def _low_rank(p: Any, q: Any) -> Array:
    """The difference of the covariances comes from the differences of their parts, so near laws keep digits."""
    xp = p.xp
    diagonal = full(xp, p.cov_diag - q.cov_diag)
    if p.cov_factor.shape[-1] == q.cov_factor.shape[-1]:
        step = p.cov_factor - q.cov_factor
        difference = step @ xp.matrix_transpose(p.cov_factor) + q.cov_factor @ xp.matrix_transpose(step) + diagonal
    else:
        p_part, q_part = (law.cov_factor @ xp.matrix_transpose(law.cov_factor) for law in (p, q))
        difference = p_part - q_part + diagonal
    return _spread_gap(xp, _factor(p), _factor(q), difference, p.loc, q.loc)


def _matrix_normal(p: Any, q: Any) -> Array:
    """The covariance is a Kronecker product, so is the whitened factor: rows A = I + E, columns B = I + F."""
    xp = p.xp
    rows, columns = (
        solve_lower(xp, q.row_tril, p.row_tril - q.row_tril),
        solve_lower(xp, q.col_tril, p.col_tril - q.col_tril),
    )
    c, c_below, c_all = _kronecker_parts(xp, rows)
    d, d_below, d_all = _kronecker_parts(xp, columns)
    both = c[..., :, None] + d[..., None, :] + c[..., :, None] * d[..., None, :]
    near = (xp.abs(c[..., :, None]) < 0.5) & (xp.abs(d[..., None, :]) < 0.5) & (xp.abs(both) < 0.5)
    far = itakura_saito_squares(_outer(xp, p), _outer(xp, q))
    spreads = xp.where(near, phi(xp.where(near, both, 0.0)), far)
    moved = solve_lower(xp, q.row_tril, p.loc - q.loc)
    moved = solve_lower(xp, q.col_tril, xp.matrix_transpose(moved))
    off = c_below * d_all + d_below * c_all + c_below * d_below
    return 0.5 * (xp.sum(spreads, axis=(-2, -1)) + off + xp.sum(moved * moved, axis=(-2, -1)))


def _outer(xp: Namespace, law: Any) -> Array:
    """The diagonal of the Kronecker product of the factors, by row and column."""
    return xp.linalg.diagonal(law.row_tril)[..., :, None] * xp.linalg.diagonal(law.col_tril)[..., None, :]


def _kronecker_parts(xp: Namespace, gap: Array) -> tuple[Array, Array, Array]:
    """Of I + E: its squared diagonal less 1, the squares below it, and the sum of the squared diagonal."""
    step = xp.linalg.diagonal(gap)
    below = xp.tril(gap, k=-1)
    return step * (2.0 + step), xp.sum(below * below, axis=(-2, -1)), xp.sum((1.0 + step) ** 2, axis=-1)


def _wishart_gap(xp: Namespace, p_df: Array, q_df: Array, top: Array, bottom: Array) -> Array:
    """From the degrees of freedom and two factors A and B, with E in B⁻¹ A = I + E.

    For each coordinate a gamma gap of the diagonal and a gap of log Γ, then n₁/2 times the squares below the diagonal.
    """
    gap = solve_lower(xp, bottom, top - bottom)
    step, ratio = xp.linalg.diagonal(gap), xp.linalg.diagonal(top) / xp.linalg.diagonal(bottom)
    below = xp.tril(gap, k=-1)
    size = step.shape[-1]
    a, b = 0.5 * p_df, 0.5 * q_df
    one = xp.ones_like(a[..., None] + b[..., None] + step)
    a_each, b_each = a[..., None] * one, b[..., None] * one
    # a (1 + e)²/b - 1 from the two small gaps; far from 1 from the product itself.
    square, shapes = step * (2.0 + step), (a_each - b_each) / b_each
    both = square + shapes + square * shapes
    near = xp.abs(both) < 0.5
    far = itakura_saito_products(a_each, ratio * ratio * one, b_each, one)
    diagonal = xp.where(near, phi(xp.where(near, both, 0.0)), far)
    total = b * xp.sum(diagonal, axis=-1) + a * xp.sum(below * below, axis=(-2, -1))
    for j in range(size):
        total = total + shifted_gap(0.5 * j)(b - 0.5 * j, a - 0.5 * j)
    return total


def _wishart(p: Any, q: Any) -> Array:
    return _wishart_gap(p.xp, p.df, q.df, p.scale_tril, q.scale_tril)


def _inverse_wishart(p: Any, q: Any) -> Array:
    """The inverses are Wishart laws; the whitened factor of theirs is the transpose of L_p⁻¹ L_q."""
    return _wishart_gap(p.xp, p.df, q.df, q.scale_tril, p.scale_tril)


def _log_determinant(xp: Namespace, factor: Array) -> Array:
    return 2.0 * xp.sum(xp.log(xp.linalg.diagonal(factor)), axis=-1)


def _normal_entropy(law: Any) -> Array:
    size = law.loc.shape[-1]
    if isinstance(law, MultivariateNormal) and law.scale_diag is not None:
        half = law.xp.sum(law.xp.log(law.scale_diag), axis=-1)
    else:
        half = 0.5 * _log_determinant(law.xp, _factor(law))
    return 0.5 * size * (1.0 + log(2 * pi)) + half


def _normal_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    factor = _factor(law)
    moved = solve_lower(xp, factor, (x - law.loc)[..., None])[..., 0]
    size = law.loc.shape[-1]
    return -0.5 * (xp.sum(moved * moved, axis=-1) + size * log(2 * pi) + _log_determinant(xp, factor))


def _matrix_normal_entropy(law: Any) -> Array:
    xp = law.xp
    rows, columns = law.loc.shape[-2:]
    logs = columns * _log_determinant(xp, law.row_tril) + rows * _log_determinant(xp, law.col_tril)
    return 0.5 * rows * columns * (1.0 + log(2 * pi)) + 0.5 * logs


def _log_multigamma(a: Array, size: int) -> Array:
    total = 0.25 * size * (size - 1) * log(pi)
    for j in range(size):
        total = total + lgamma(a - 0.5 * j)
    return total


def _wishart_entropy(law: Any, sign: float) -> Array:
    xp = law.xp
    size = law.scale_tril.shape[-1]
    half = 0.5 * law.df
    digammas = sum((digamma(half - 0.5 * j) for j in range(1, size)), start=digamma(half))
    scale = 0.5 * (size + 1) * _log_determinant(xp, law.scale_tril)
    if sign > 0:
        constant = 0.5 * size * (size + 1) * log(2.0)
        return scale + constant + _log_multigamma(half, size) - 0.5 * (law.df - size - 1) * digammas + half * size
    constant = -0.5 * size * (size + 1) * log(2.0)
    return scale + constant + _log_multigamma(half, size) - 0.5 * (law.df + size + 1) * digammas + half * size


def _matrix_normal_log_prob(law: Any, x: Array) -> Array:
    xp = law.xp
    rows, columns = law.loc.shape[-2:]
    moved = solve_lower(xp, law.row_tril, x - law.loc)
    moved = solve_lower(xp, law.col_tril, xp.matrix_transpose(moved))
    logs = columns * _log_determinant(xp, law.row_tril) + rows * _log_determinant(xp, law.col_tril)
    return -0.5 * (xp.sum(moved * moved, axis=(-2, -1)) + rows * columns * log(2 * pi) + logs)


def _bartlett(law: Any, diagonal: Array, below: Array) -> Array:
    """Log density of a standard Wishart law at T Tᵀ, from the diagonal of T and the squares below it.

    By Bartlett's decomposition: entries below are standard normal, those of the diagonal chi with df, df - 1, ….
    """
    xp, size = law.xp, diagonal.shape[-1]
    total = -0.5 * (below + 0.5 * size * (size - 1) * log(2 * pi)) - size * log(2.0)
    for j in range(size):
        half = 0.5 * (law.df - j)
        one = xp.ones_like(half)
        chi = unchecked(GeneralizedGamma, law, concentration=half, scale=2.0**0.5 * one, power=2.0 * one)
        total = total + log_prob(chi, diagonal[..., j]) - (size - j) * xp.log(diagonal[..., j])
    return total


def _positive(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """Where matrices are symmetric and positive definite, and their triangular factors there."""
    largest = xp.max(xp.abs(x), axis=(-2, -1), keepdims=True)
    even = xp.all(xp.abs(x - xp.matrix_transpose(x)) <= 1e-9 * largest, axis=(-2, -1))
    inside = even & xp.all(xp.isfinite(x), axis=(-2, -1))
    calm = xp.where(inside[..., None, None], x / xp.where(largest > 0, largest, 1.0), 0.0)
    inside = inside & (xp.min(xp.linalg.eigvalsh(calm), axis=-1) > 0)
    eye = xp.zeros_like(x) + constant(x, np.eye(x.shape[-1]))
    return inside, cholesky(xp, xp.where(inside[..., None, None], x, eye))


def _wishart_log_prob(law: Any, x: Array) -> Array:
    """With x = C Cᵀ the matrix T is L⁻¹ C."""
    xp = law.xp
    inside, factor = _positive(xp, x)
    inner = solve_lower(xp, law.scale_tril, factor)
    below = xp.tril(inner, k=-1)
    size = x.shape[-1]
    value = _bartlett(law, xp.linalg.diagonal(inner), xp.sum(below * below, axis=(-2, -1)))
    return xp.where(inside, value - 0.5 * (size + 1) * _log_determinant(xp, law.scale_tril), -xp.inf)


def _inverse_wishart_log_prob(law: Any, x: Array) -> Array:
    """With x = C Cᵀ the inverse has the factor C⁻¹ L transposed: T has its diagonal the other way round."""
    xp = law.xp
    inside, factor = _positive(xp, x)
    inner = solve_lower(xp, factor, law.scale_tril)
    below = xp.tril(inner, k=-1)
    size = x.shape[-1]
    value = _bartlett(law, xp.flip(xp.linalg.diagonal(inner), axis=-1), xp.sum(below * below, axis=(-2, -1)))
    turned = 0.5 * _log_determinant(xp, law.scale_tril) - _log_determinant(xp, factor)
    return xp.where(inside, value + (size + 1) * turned, -xp.inf)


def _bartlett_sample(law: Any, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """T of a standard Wishart law T Tᵀ."""
    size = law.scale_tril.shape[-1]
    df = np.asarray(law.df)
    made = np.tril(rng.standard_normal((*shape, size, size)), k=-1)
    for j in range(size):
        made[..., j, j] = np.sqrt(rng.chisquare(df - j, shape))
    return made


def _wishart_sample(law: Any, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    made = np.asarray(law.scale_tril) @ _bartlett_sample(law, shape, rng)
    return made @ np.swapaxes(made, -1, -2)


def _inverse_wishart_sample(law: Any, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    made = solve_lower(np, _bartlett_sample(law, shape, rng), np.swapaxes(np.asarray(law.scale_tril), -1, -2))
    return np.swapaxes(made, -1, -2) @ made


def _normal_sample(law: Any, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    noise = rng.standard_normal((*shape, law.loc.shape[-1]))
    return law.loc + (np.asarray(_factor(law)) @ noise[..., None])[..., 0]


def _as_full(law: Any) -> Law:
    return unchecked(MultivariateNormal, law, loc=law.loc, covariance_matrix=_covariance(law))


FAMILIES[MultivariateNormal] = Family(
    support=lambda law: Support(f"vectors of {law.loc.shape[-1]} numbers"),
    same=_normal,
    log_prob=_normal_log_prob,
    entropy=_normal_entropy,
    sample=_normal_sample,
    fit=likelihood.multivariate_normal,
    fisher=_fisher_matrix.multivariate_normal,
)
FAMILIES[LowRankMultivariateNormal] = Family(
    support=lambda law: Support(f"vectors of {law.loc.shape[-1]} numbers"),
    same=_low_rank,
    log_prob=_normal_log_prob,
    entropy=_normal_entropy,
    sample=_normal_sample,
    parents=((MultivariateNormal, _as_full),),
    fisher=_fisher_matrix.low_rank,
)
FAMILIES[MatrixNormal] = Family(
    support=lambda law: Support(f"{law.loc.shape[-2]} × {law.loc.shape[-1]} matrices"),
    same=_matrix_normal,
    log_prob=_matrix_normal_log_prob,
    entropy=_matrix_normal_entropy,
    fisher=_fisher_matrix.matrix_normal,
    sample=lambda law, shape, rng: (
        law.loc + law.row_tril @ rng.standard_normal((*shape, *law.loc.shape[-2:])) @ np.swapaxes(law.col_tril, -1, -2)
    ),
)
FAMILIES[Wishart] = Family(
    support=lambda law: Support(f"positive definite {law.scale_tril.shape[-1]} × {law.scale_tril.shape[-1]} matrices"),
    same=_wishart,
    log_prob=_wishart_log_prob,
    entropy=lambda law: _wishart_entropy(law, 1.0),
    sample=_wishart_sample,
    fisher=_fisher_matrix.wishart(1.0),
)
FAMILIES[InverseWishart] = Family(
    support=lambda law: Support(f"positive definite {law.scale_tril.shape[-1]} × {law.scale_tril.shape[-1]} matrices"),
    same=_inverse_wishart,
    log_prob=_inverse_wishart_log_prob,
    entropy=lambda law: _wishart_entropy(law, -1.0),
    sample=_inverse_wishart_sample,
    fisher=_fisher_matrix.wishart(-1.0),
)
