"""How far two tables are apart beyond some of their margins, with the law of that figure."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback._core import phi
from kullback.estimators._divergence_interval import DivergenceInterval, matched_scale
from kullback.inference._clusters import NO_SPREAD, residuals, spread_degrees, unbiased_square
from kullback.inference._counts import Counts

Floats = NDArray[np.float64]
# Directions of smaller singular values than this are none.
_RANK = 1e-11


@dataclass(frozen=True, eq=False)
class FittedTables:
    """Two tables as shares, and the second one fitted to margins of the first.

    Attributes:
        p: Shares of shape ``(cells,)``, all positive.
        q: Shares of the same shape.
        fitted: The table closest to `q` that has the chosen margins of `p`: `q` times a factor for each entry of them.
        margins: Which entry of each margin a cell belongs to, shape ``(margins, cells)``.
    """

    p: Floats
    q: Floats
    fitted: Floats
    margins: NDArray[np.int64]

    @property
    def divergence(self) -> float:
        """D(p‖fitted) in nats."""
        return math.fsum(self.p * phi((self.fitted - self.p) / self.p))

    @property
    def design(self) -> Floats:
        """Indicators of the entries of all margins, shape ``(cells, entries)``."""
        return np.hstack([np.eye(int(labels.max()) + 1)[labels] for labels in self.margins])


def half_added(counts: Counts, /) -> Floats:
    """Shares of counts with ½ added to every cell."""
    shares: Floats = (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
    return shares


def fitted_to_slices(p: Counts, q: Counts, slices: NDArray[np.int64], /) -> FittedTables:
    """Tables of counts with ½ added to every cell, the second one with the slices of the first.

    D(p‖fitted) is then D(y|x) where the slices are those of x.

    Args:
        p: Counts of shape ``(cells,)``.
        q: Counts of the same shape.
        slices: The slice of each cell, numbered from 0.
    """
    share_p, share_q = half_added(p), half_added(q)
    factor = np.bincount(slices, weights=share_p) / np.bincount(slices, weights=share_q)
    return FittedTables(share_p, share_q, share_q * factor[slices], slices[None])


def remaining_divergence(tables: FittedTables, sizes: tuple[float, float], /) -> DivergenceInterval:
    r"""Debiased D(p‖q*) with its law, where q* is q fitted to margins of p and rows are independent.

    q* is the projection of q, so that D(p‖q) = D(q*‖q) + D(p‖q*). The figure has the influence $\log p/q^*$ and
    $-(p - q^*)/q$ in the rows of either table. With A the indicators of the margins, its bias is

    $$ \frac{K - \operatorname{tr} C A^\top P A}{2m} + \frac{\sum p/q - \operatorname{tr} C A^\top E Q^* A}{2n},
       \quad C = (A^\top Q^* A)^{-1},\; E = Q^*/Q $$

    and at q* = p it follows a weighted sum of chi-squared variables, whose weights are the eigenvalues of
    $1/m + R/n$ with $R = p/q$, seen beside the margins. Matching two moments gives scale and degrees of freedom.

    Args:
        tables: The shares.
        sizes: Rows m and n of the two tables.

    Returns:
        The debiased figure, from which bounds and p-values at any level follow.

    References:
        Csiszár (1975), Annals of Probability 3; Satterthwaite (1946), Biometrics Bulletin 2.
    """
    m, n = sizes
    p, q, fitted, design = tables.p, tables.q, tables.fitted, tables.design
    inner = _inner(tables)
    ratio, tilt = p / q, fitted / q
    taken_p = np.einsum("ij,jk,ik,i->", design, inner, design, p, optimize=True)
    taken_q = np.einsum("ij,jk,ik,i->", design, inner, design, tilt * fitted, optimize=True)
    bias = (len(p) - float(taken_p)) / (2 * m) + (float(ratio.sum()) - float(taken_q)) / (2 * n)
    spread = 1 / m + ratio / n
    basis = _basis(tables)
    beside = basis.T @ (basis * spread[:, None])
    trace = float(spread.sum() - np.trace(beside))
    # tr (Π S Π S) with Π = 1 - U Uᵀ
    squares = float((spread**2).sum() - 2 * (basis**2 * (spread**2)[:, None]).sum() + (beside**2).sum())
    effective = m * n / (m + n)
    raw = tables.divergence
    if len(p) <= basis.shape[1]:
        return DivergenceInterval(0.0, 0, effective, 1.0)
    of_p, of_q = np.log(p / fitted), (p - fitted) / q
    variance = (float(p @ of_p**2) - raw**2) / m + float(q @ of_q**2) / n
    degrees = trace**2 / squares
    scale = matched_scale(raw, effective, degrees, effective * squares / trace, max(variance, 0.0))
    return DivergenceInterval(raw - bias, degrees, effective, scale)


def clustered_remaining(tables: FittedTables, p: Floats, q: Floats, /) -> DivergenceInterval:
    """The same where rows come in units: bias, spread and degrees of freedom are those of the units.

    Args:
        tables: The shares.
        p: Counts of shape ``(units, cells)``; a row of zeros for a unit that this side lacks.
        q: Counts of the same shape, the same unit in the same row.

    Returns:
        The debiased figure with its law, divided by that of its own spread.

    References:
        Rao and Scott (1984), Annals of Statistics 12.
    """
    of_p, of_q = residuals(p), residuals(q)
    m, n = float(p.sum()), float(q.sum())
    effective, raw = m * n / (m + n), tables.divergence
    root, ratio = np.sqrt(tables.p), tables.p / tables.q
    basis, spread = _basis(tables), spread_degrees(p, q)
    most = len(root) - basis.shape[1]
    if most < 1:
        return DivergenceInterval(0.0, 0, effective, 1.0, spread)
    moved = of_p - of_q * ratio
    y = moved / root
    beside = y - (y @ basis) @ basis.T
    gram = beside.T @ beside if beside.shape[1] <= beside.shape[0] else beside @ beside.T
    trace = float(np.trace(gram))
    if trace <= 0:
        return DivergenceInterval(raw, most, effective, NO_SPREAD, spread)
    kept = (of_p - of_q * (tables.fitted / tables.q)) @ tables.design
    bias = float((y**2).sum() - np.einsum("ui,ij,uj->", kept, _inner(tables), kept, optimize=True)) / 2
    squares = unbiased_square(float((gram**2).sum()), trace, spread, most)
    degrees = trace**2 / squares
    linear = of_p @ np.log(tables.p / tables.fitted) - of_q @ ((tables.p - tables.fitted) / tables.q)
    scale = matched_scale(raw, effective, degrees, effective * squares / trace, float((linear**2).sum()))
    return DivergenceInterval(raw - bias, degrees, effective, max(scale, NO_SPREAD), spread)


def _inner(tables: FittedTables) -> Floats:
    """The inverse of the margins' own information; where margins overlap, on what they span."""
    design = tables.design
    inverse = np.linalg.pinv(design.T @ (design * tables.fitted[:, None]), rcond=_RANK, hermitian=True)
    return np.asarray(inverse, dtype=np.float64)


def _basis(tables: FittedTables) -> Floats:
    """An orthonormal basis of what the margins take up, in the square roots of `p`."""
    left, values, _ = np.linalg.svd(np.sqrt(tables.p)[:, None] * tables.design, full_matrices=False)
    basis: Floats = left[:, values > _RANK * values.max()]
    return basis
