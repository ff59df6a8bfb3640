"""Laws of vectors and matrices that take a search: factor models, matrix normal and Wishart laws."""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from kullback import families as laws
from kullback._core import InputError
from kullback.families import FAMILIES
from kullback.fitting.likelihood._ascent import positive_root
from kullback.fitting.likelihood._problem import Problem, Solution, no_maximum

Floats = NDArray[np.float64]
_LEAST_SHARE = 1e-6  # of the variance of a coordinate that is its own, in factor models


def multivariate_normal(problem: Problem, /) -> Solution:
    """Closed form; in place of it an error that says why there is none."""
    closed = FAMILIES[laws.MultivariateNormal].fit
    found = closed(problem.sample.points, problem.sample.weights) if closed else None
    if found is None:
        n, d = problem.sample.points.shape
        raise no_maximum(
            problem.kind,
            f"{n} rows in {d} dimensions lie in a plane, so the covariance has no inverse",
            "Drop columns that are constant or sums of others, or give more rows than columns.",
        )
    return Solution(laws.MultivariateNormal(**found), "closed form")


def low_rank(problem: Problem, /) -> Solution:
    """Factor analysis: for given own variances the factors are eigenvectors; the variances by L-BFGS.

    References:
        Jöreskog (1967), Psychometrika 32.
    """
    rank = problem.options.get("rank")
    if rank is None and isinstance(problem.start, laws.LowRankMultivariateNormal):
        rank = problem.start.cov_factor.shape[-1]
    found = multivariate_normal(problem).law
    if not isinstance(found, laws.MultivariateNormal):
        raise TypeError(found)
    covariance = np.asarray(found.covariance_matrix)
    size = len(covariance)
    if not isinstance(rank, int | np.integer) or isinstance(rank, bool) or not 1 <= rank < size:
        raise InputError(f"rank = {rank!r}. A whole number of factors from 1 to {size - 1} is needed, as in rank=1.")
    deviation = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviation, deviation)

    def loadings(own: Floats) -> Floats:
        root = np.sqrt(own)
        values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
        top, axes = values[::-1][:rank], vectors[:, ::-1][:, :rank]
        return np.asarray(root[:, None] * axes * np.sqrt(np.maximum(top - 1.0, 0.0)))

    def deviance(t: Floats) -> tuple[float, Floats]:
        own = np.exp(t)
        factor = loadings(own)
        model = factor @ factor.T + np.diag(own)
        inverse = np.linalg.inv(model)
        value = np.linalg.slogdet(model)[1] + np.sum(inverse * correlation)
        slope = np.diag(inverse - inverse @ correlation @ inverse) * own
        return float(value), slope

    bounds = [(np.log(_LEAST_SHARE), 0.0)] * size
    start = np.log(np.clip(1.0 / np.diag(np.linalg.inv(correlation)), 0.01, 0.99))
    best = optimize.minimize(
        deviance,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 5000},
    )
    own = np.exp(best.x)
    factor = loadings(own) * deviation[:, None]
    heywood = bool(np.any(own <= 1.01 * _LEAST_SHARE))
    notes: tuple[str, ...] = ("the factors are fixed up to a rotation",)
    if heywood:
        notes = (*notes, "a coordinate has no variance of its own (a Heywood case): the bound 1e-6 was reached")
    law = laws.LowRankMultivariateNormal(found.loc, factor, own * deviation**2)
    return Solution(law, "L-BFGS", float(np.max(np.abs(best.jac))) < 1e-5 or heywood, notes)


def matrix_normal(problem: Problem, /) -> Solution:
    """Rows and columns by turns; the scale sits with the rows, the column covariance has determinant 1.

    References:
        Dutilleul (1999), Journal of Statistical Computation and Simulation 64.
    """
    sample = problem.sample
    n, rows, columns = sample.points.shape
    shares = sample.shares()
    loc = np.einsum("n,nij->ij", shares, sample.points)
    moved = sample.points - loc
    if n < max(rows / columns, columns / rows) + 1:
        raise no_maximum(problem.kind, f"{n} matrices of {rows} × {columns} are too few", "Give more matrices.")
    right, step = np.eye(columns), np.inf
    try:
        for _ in range(2000):
            left = np.einsum("n,nij,jk,nlk->il", shares, moved, np.linalg.inv(right), moved, optimize=True) / columns
            new = np.einsum("n,nji,jk,nkl->il", shares, moved, np.linalg.inv(left), moved, optimize=True) / rows
            new = new / np.exp(np.linalg.slogdet(new)[1] / columns)
            step = float(np.max(np.abs(new - right)) / np.max(np.abs(new)))
            right = 0.5 * (new + new.T)
            if step < 1e-15:
                break
        left = np.einsum("n,nij,jk,nlk->il", shares, moved, np.linalg.inv(right), moved, optimize=True) / columns
        factors = np.linalg.cholesky(0.5 * (left + left.T)), np.linalg.cholesky(right)
    except np.linalg.LinAlgError:
        raise no_maximum(problem.kind, "the covariance of rows or columns has no inverse", "Give more data.") from None
    note = "row and column covariances share one scale: that of the columns has determinant 1"
    return Solution(laws.MatrixNormal(loc, *factors), "flip-flop", step < 1e-10, (note,))


def wishart(problem: Problem, /) -> Solution:
    """The degrees of freedom by one equation in log determinants, the scale from the mean matrix."""
    sample, inverse = problem.sample, problem.kind is laws.InverseWishart
    points = np.linalg.inv(sample.points) if inverse else sample.points
    size = points.shape[-1]
    mean = np.einsum("n,nij->ij", sample.shares(), points)
    mean = 0.5 * (mean + mean.T)
    levels = np.linalg.slogdet(points)[1]
    gap = float(np.linalg.slogdet(mean)[1]) - sample.mean(levels)
    halves = 0.5 * np.arange(size)
    if gap <= 1e-14 * size:
        raise no_maximum(problem.kind, "all matrices are the same, and it grows with df", "Give data that varies.")

    def excess(above: float) -> float:
        """Above d - 1 the degrees of freedom are free."""
        df = above + size - 1.0
        return float(np.log((size * np.log(0.5 * df) - special.digamma(0.5 * df - halves).sum()) / gap))

    above = positive_root(excess, 1.0)
    if above is None:
        raise no_maximum(problem.kind, "the equation of df has no root", "Check the data.")
    df = above + size - 1.0
    scale = mean / df
    if inverse:
        scale = np.linalg.inv(scale)
    factor = np.linalg.cholesky(0.5 * (scale + scale.T))
    return Solution(problem.kind(df, factor), "shape equation")  # type: ignore[call-arg]
