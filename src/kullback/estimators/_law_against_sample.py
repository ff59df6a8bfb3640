"""A law against a sample: what is lost when the law behind the sample is expected and a known one happens."""

from typing import Any

import numpy as np

from kullback._core import InputError, percent
from kullback.estimators._estimate import Estimate, normal_interval
from kullback.estimators._law_atoms import Atoms, atoms_of
from kullback.estimators._law_counts import shares_against_counts
from kullback.estimators._law_cross import draws_among_rows
from kullback.estimators._law_neighbors import columns_of
from kullback.estimators._law_records import OpenLaw
from kullback.estimators._law_rows import check_size, spread_rows
from kullback.estimators._laws import as_outcomes, log_density_at, open_law, own_stream
from kullback.estimators._options import Rng, check_confidence, check_neighbors
from kullback.estimators._points import Floats, effective_size, read_sample

_MORE, _MOST = 1.3, 0.3  # times what equal laws leave of p without a row, and of all of p
_NEAR, _FAR, _OF_ERROR = 0.05, 0.01, 0.5  # more than that may be chance, or does not matter beside the error


def law_against_sample(
    p: Any, y: Any, /, *, weights: Any = None, confidence: float = 0.95, rng: Rng = None, k: int = 5
) -> Estimate:
    r"""Estimate how far a known law is from the one behind a sample.

    $$ \hat D = E_p \log\frac{p}{\hat q} - \text{bias} $$

    Against masses the mean is a sum over the outcomes of p. Against a density it is taken over draws from p, with q̂
    from the neighbors that a draw has in the sample, as in `sample_against_law`.

    Args:
        p: The law: a record of `kullback.families`, a vector of probabilities (then y holds 0, 1, …), a distribution of
            scipy.stats, torch, numpyro or TFP, or any object with a log density and, for densities, `sample` or `rvs`.
        y: Sample of shape ``(m,)`` or ``(m, d)``.
        weights: One for each row, positive or zero; None where rows weigh the same.
        confidence: Of the interval.
        rng: Seed or generator of the draws.
        k: Neighbors, for laws with a density.

    Returns:
        The estimate in nats. Where p has mass that the sample does not reach, it is not reliable and the interval has
        no upper end: the divergence may be anything above, infinity included.

    Raises:
        InputError: y is no sample, p no law with what is needed, or the two do not fit each other.

    Note:
        Measured at m = 100 and 1000: intervals at 95 % cover 92 to 100 % for normal, Laplace, Poisson and binomial
        laws, 87 to 93 % for gamma laws, whose ends the sample hardly shows; equal laws are told apart in at most 4 %.
        In more dimensions they cover 85 to 100 % from 400 rows for each dimension on; below, unless p fits, the
        estimate is not reliable. A law with heavier tails than the sample shows is underestimated.

    References:
        Wang, Kulkarni and Verdú (2009), IEEE Transactions on Information Theory 55.

    Example:
        >>> import numpy as np
        >>> from scipy import stats
        >>> from kullback.estimators import law_against_sample
        >>> y = np.random.default_rng(1).normal(1, 2, size=1000)
        >>> found = law_against_sample(stats.norm(0, 1), y)
        >>> bool(found.interval[0] < 0.4431 < found.interval[1])
        True
    """
    level, neighbors, chance = check_confidence(confidence), check_neighbors(k), own_stream(rng)
    rows, shares = read_sample(y, name="y", weights=weights)
    if shares is not None and np.any(shares == 0):
        rows, shares = rows[shares > 0], shares[shares > 0]
    law = open_law(p, "p")
    as_outcomes(law, rows)
    if law.kind == "discrete":
        return _counted(law, rows, shares, level, chance)
    if law.kind == "mixed" or law.space not in {"", "simplex"} or (law.shape is not None and len(law.shape) > 1):
        raise InputError(
            f"p = {law.name} is not a law with a density on numbers or vectors. Compare draws from it with the sample: "
            "kl.estimate(x, y)."
        )
    return _by_neighbors(open_law(p, "p", draws=True), rows, shares, level, neighbors, chance)


def _by_neighbors(
    law: OpenLaw, rows: Floats, weights: Floats | None, level: float, k: int, rng: np.random.Generator
) -> Estimate:
    columns = columns_of(law, rows)
    check_size(len(columns), columns.shape[1], k, "y")
    free = OpenLaw(law.name, law.shape, law.kind)  # y may lie outside of the support of p
    ready = spread_rows(free, columns, rng)
    if ready.flat is not None:
        cause = f"{ready.flat}: the law behind y has no density, and all of p is where it has no mass"
        inf = float("inf")
        return Estimate(
            inf, 0.0, (inf, inf), level, "law_against_sample", 0, len(rows), notes=(cause,), quantity="D(p‖y)"
        )
    values = ready.values
    whole = np.concatenate([values, 1.0 - values.sum(axis=1, keepdims=True)], axis=1) if law.space else values
    log_rows = log_density_at(law, as_outcomes(law, whole))
    found = draws_among_rows(law, values, log_rows, weights, k, rng)
    doubts = (*ready.doubts, *found.doubts)
    low, high = normal_interval(found.value, found.stderr, level)
    return Estimate(
        value=found.value,
        stderr=found.stderr,
        interval=(low, float("inf") if found.doubts else high),
        confidence=level,
        method="law_against_sample",
        n=len(found.terms),
        m=len(rows),
        reliable=not doubts,
        notes=(*ready.notes, *found.notes, *doubts),
        quantity="D(p‖y)",
    )


def _counted(law: OpenLaw, rows: Floats, weights: Floats | None, level: float, rng: np.random.Generator) -> Estimate:
    size = effective_size(len(rows), weights)
    atoms = atoms_of(law, rows, weights, size, rng)
    found = shares_against_counts(atoms.cells, level)
    notes, doubts = _unseen(atoms, _NEAR if found.near else max(_FAR, _OF_ERROR * found.stderr))
    low, high = found.interval
    return Estimate(
        value=found.value,
        stderr=found.stderr,
        interval=(min(low, 0.0), float("inf")) if doubts and found.near else (low, float("inf") if doubts else high),
        confidence=level,
        method="law_against_sample",
        n=int(np.sum(atoms.log_shares > -np.inf)),
        m=len(rows),
        reliable=not doubts,
        notes=(*notes, *doubts),
        quantity="D(p‖y)",
    )


def _unseen(atoms: Atoms, least: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Mass of p that no row shows: a note, and a doubt where it is more than equal laws would leave."""
    text = f"{percent(atoms.lost)} of p lies where y has no row"
    if atoms.lost > _MORE * atoms.usual + least or atoms.usual > _MOST:
        return (), (f"{text}: what it adds cannot be known, and may be infinite",)
    return ((text,) if atoms.lost > _FAR else ()), ()
