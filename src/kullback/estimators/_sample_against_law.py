"""A sample against a law: goodness of fit in nats."""

from typing import Any

import numpy as np

from kullback._core import InputError, percent
from kullback.estimators._estimate import Estimate, normal_interval
from kullback.estimators._law_atoms import Atoms, atoms_of
from kullback.estimators._law_counts import counts_against_shares
from kullback.estimators._law_neighbors import columns_of, in_space, on_the_line
from kullback.estimators._law_records import OpenLaw
from kullback.estimators._law_rows import check_size, spread_rows
from kullback.estimators._laws import as_outcomes, log_density_at, open_law, own_stream
from kullback.estimators._options import Rng, check_confidence, check_neighbors
from kullback.estimators._points import Floats, effective_size, read_sample
from kullback.estimators._tail_shape import shape_error, tail_shape

_HEAVY = 0.5
_UNSEEN, _MORE = 0.01, 1.3  # rows that are alone with their outcome, beside those that q would leave alone


def sample_against_law(
    x: Any, q: Any, /, *, weights: Any = None, confidence: float = 0.95, rng: Rng = None, k: int = 5
) -> Estimate:
    r"""Estimate how far the law behind a sample is from a known one.

    $$ \hat D = \frac1n \sum_i \log\frac{\hat p(x_i)}{q(x_i)} - \text{bias} $$

    Against a density, p̂ is the count of neighbors over what their neighborhood holds. On the line that is measured by
    a power of q that suits the neighbors, so that equal laws give no bias whatever q is. In more dimensions neighbors
    are sought in whitened coordinates, or among normal scores where columns are far from normal, and the bias is what
    the same estimate shows on draws from q or from a normal law, whichever fits the rows better. Against masses, p̂ are
    observed shares, and bias and chance come from the expected counts of all outcomes, those not seen included.

    Args:
        x: Sample of shape ``(n,)`` or ``(n, d)``.
        q: The law: a record of `kullback.families`, a vector of probabilities (then x holds 0, 1, …), a distribution
            of scipy.stats, torch, numpyro or TFP, or any object with a log density.
        weights: One for each row, positive or zero; None where rows weigh the same.
        confidence: Of the interval.
        rng: Seed or generator, for draws that measure the bias.
        k: Neighbors, for laws with a density.

    Returns:
        The estimate in nats with the log ratio at each row; `inf` where a row is impossible under q.

    Raises:
        InputError: x is no sample, q no law with a log density, or the two do not fit each other.

    Note:
        Measured at n = 100 and 1000: intervals at 95 % cover 90 to 98 % for normal, gamma, Laplace, uniform, Poisson
        and binomial laws, 85 to 100 % for normal laws of 2 to 10 dimensions; equal laws of any form are told apart in
        at most 5 %. Sharp edges in two or more dimensions need more than 100 rows (67 to 92 % there).

    References:
        Kozachenko and Leonenko (1987), Problems of Information Transmission 23; Loader (1996), Annals of Statistics 24,
        for densities that are not flat within a neighborhood.

    Example:
        >>> import numpy as np
        >>> from scipy import stats
        >>> from kullback.estimators import sample_against_law
        >>> x = np.random.default_rng(0).normal(size=1000)
        >>> found = sample_against_law(x, stats.norm(1, 2))
        >>> bool(found.interval[0] < 0.4431 < found.interval[1])
        True
    """
    level, neighbors, chance = check_confidence(confidence), check_neighbors(k), own_stream(rng)
    rows, shares = read_sample(x, weights=weights)
    if shares is not None and np.any(shares == 0):
        rows, shares = rows[shares > 0], shares[shares > 0]
    law = open_law(q, "q")
    points = as_outcomes(law, rows)
    if law.kind == "discrete":
        return _counted(law, rows, shares, level, chance)
    if law.kind == "mixed":
        raise InputError(
            f"q = {law.name} has columns with a density and columns with masses. Compare the sample with draws from q: "
            "kl.estimate(x, y) takes columns of both kinds."
        )
    _check_space(law)
    impossible = _outside(law, points)
    if impossible is not None:
        return _infinite(rows, level, impossible)
    return _by_neighbors(law, rows, shares, level, neighbors, chance)


def _check_space(law: OpenLaw) -> None:
    if law.space not in {"", "simplex"} or (law.shape is not None and len(law.shape) > 1):
        words = f"on a {law.space}" if law.space else f"on arrays of shape {law.shape}"
        raise InputError(
            f"{law.name} is a law {words}. Neighbors are for numbers and vectors. Compare with draws from it: "
            "kl.estimate(x, y)."
        )


def _outside(law: OpenLaw, points: Floats) -> str | None:
    """The first row that q excludes, in words."""
    lost = log_density_at(law, points) == -np.inf
    if law.shape == ():
        # At an end of the support a density may be 0 for what was rounded to it.
        lost &= ~((points == law.low) | (points == law.high))
    if not lost.any():
        return None
    row = int(np.argmax(lost))
    return f"q gives no mass to row {row}, {points[row]} ({int(lost.sum())} such rows of {len(points)})"


def _infinite(rows: Floats, level: float, cause: str) -> Estimate:
    inf = float("inf")
    return Estimate(inf, 0.0, (inf, inf), level, "sample_against_law", len(rows), 0, notes=(cause,), quantity="D(x‖q)")


def _by_neighbors(
    law: OpenLaw, rows: Floats, weights: Floats | None, level: float, k: int, rng: np.random.Generator
) -> Estimate:
    columns = columns_of(law, rows)
    check_size(len(columns), columns.shape[1], k, "x")
    ready = spread_rows(law, columns, rng)
    if ready.flat is not None:
        return _infinite(rows, level, f"{ready.flat}: a density such as that of q gives that no mass")
    log_q = _log_density(law, rows, ready.values)
    keep = np.isfinite(log_q)
    values, log_q = ready.values[keep], log_q[keep]
    weights = None if weights is None else weights[keep] / weights[keep].sum()
    if columns.shape[1] == 1 and law.shape in {(), None}:
        found = on_the_line(law, values, log_q, weights, k)
    else:
        found = in_space(law, values, log_q, weights, k, rng)
    doubts = [*ready.doubts, *found.doubts, *_tail_doubt(log_q)]
    return Estimate(
        value=found.value,
        stderr=found.stderr,
        interval=normal_interval(found.value, found.stderr, level),
        confidence=level,
        method="sample_against_law",
        n=len(rows),
        m=0,
        reliable=not doubts,
        notes=(*ready.notes, *found.notes, *doubts),
        quantity="D(x‖q)",
        log_ratios=found.terms if keep.all() else None,
    )


def _log_density(law: OpenLaw, rows: Floats, values: Floats) -> Floats:
    """Of q where the rows were spread to; on a simplex the last share follows."""
    if law.space == "simplex":
        values = np.concatenate([values, 1.0 - values.sum(axis=1, keepdims=True)], axis=1)
    elif values.shape != rows.shape:
        values = rows
    return log_density_at(law, as_outcomes(law, values))


def _tail_doubt(log_q: Floats) -> tuple[str, ...]:
    shape = tail_shape(-log_q)
    if shape < _HEAVY + 0.5 * shape_error(len(log_q), _HEAVY):
        return ()
    return (f"-log q has a heavy tail in the sample (shape {shape:.2g}): its mean hangs on rows too rare to be there",)


def _counted(law: OpenLaw, rows: Floats, weights: Floats | None, level: float, rng: np.random.Generator) -> Estimate:
    size = effective_size(len(rows), weights)
    atoms = atoms_of(law, rows, weights, size, rng)
    lost = (atoms.counts > 0) & (atoms.log_shares == -np.inf)
    if lost.any():
        row = int(np.argmax(lost[atoms.places]))
        count = int(lost[atoms.places].sum())
        shown = rows[row, 0] if rows.shape[1] == 1 else rows[row]
        return _infinite(rows, level, f"q gives no mass to row {row}, {shown} ({count} such rows of {len(rows)})")
    found = counts_against_shares(atoms.cells, level)
    doubts = () if found.near else _rare(atoms, size)
    low, high = found.interval
    observed = atoms.counts[atoms.places] / size
    return Estimate(
        value=found.value,
        stderr=found.stderr,
        interval=(low, float("inf") if doubts else high),
        confidence=level,
        method="sample_against_law",
        n=len(rows),
        m=0,
        reliable=not doubts,
        notes=doubts,
        quantity="D(x‖q)",
        log_ratios=np.log(observed) - atoms.log_shares[atoms.places],
    )


def _rare(atoms: Atoms, size: float) -> tuple[str, ...]:
    """Whether more rows are alone with their outcome than q would leave alone: p has a tail that was not seen."""
    alone = float(np.sum(atoms.counts == 1.0)) / size
    if alone <= _MORE * atoms.usual + _UNSEEN + 2.0 * alone**0.5 / size**0.5:
        return ()
    return (f"{percent(alone)} of the rows are alone with their outcome: p may have as much mass where no row is",)
