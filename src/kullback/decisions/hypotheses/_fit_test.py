"""Does a sample come from a given law? The likelihood-ratio test, exact where types can be listed."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import Figure, InputError, relative_gap
from kullback.decisions.hypotheses._exact_g import all_types, log_multinomial
from kullback.decisions.hypotheses._inputs import check_draws, one_law
from kullback.decisions.hypotheses._outcomes import Floats, first_masses, is_countable
from kullback.decisions.hypotheses._samples import whole_counts
from kullback.divergences._arrays import checked_shares
from kullback.divergences._inputs import is_labelled, is_vector
from kullback.estimators._options import Rng, generator
from kullback.inference._independence import LEAST_EXPECTED, chi_squared_tail

_DRAWS = 9999
_BLOCK = 2_000_000
_SLACK = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class FitTest(Figure):
    """A test of a law against counts.

    Attributes:
        value: D(observed‖law) of the observed shares in nats; infinite where the law forbids what was observed.
        statistic: G = 2 n D(observed‖law) in nats.
        p_value: Chance of a G this large or larger if the law is true.
        method: How the p-value was computed.
        n: Rows.
        cells: Cells, a last one for the rest of the law included where there is one.
    """

    value: float
    statistic: float
    p_value: float
    method: str
    n: int
    cells: int

    def __str__(self) -> str:
        return (
            f"p = {self.p_value:.4g} that the counts come from the law ({self.method}; assumes independent rows)\n"
            f"  G = 2n D(observed‖law) = {self.statistic:.6g} nats, D = {self.bits:.4g} bits, n = {self.n:,}, "
            f"{self.cells} cells"
        )


def goodness_of_fit_test(counts: Any, law: Any, /, *, draws: int = _DRAWS, rng: Rng = None) -> FitTest:
    r"""Test whether counts come from a law that was fixed before, by G = 2 n D(observed‖law).

    Args:
        counts: Rows in each cell: whole numbers of shape ``(cells,)``, or by label where `law` has labels.
        law: Probabilities of the cells, or a law on whole numbers from 0 (or its lowest value) on; what the law has
            beyond the last cell is a cell without rows.
        draws: Most simulated tables where neither all types can be listed nor expected counts are 5 or more.
        rng: Source of the draws.

    Returns:
        The test, exact where there are at most 200,000 types.

    Raises:
        InputError: Counts are none, or do not fit the law.

    Note:
        A law whose parameters were fitted to these counts fits too well: the p-value is then too large.

    References:
        Wilks (1938), Annals of Mathematical Statistics 9; Smith, Rae, Manderscheid and Silbergeld (1981), Journal of
        the American Statistical Association 76, for the corrected chi-squared law.

    Example:
        >>> from kullback.decisions.hypotheses import goodness_of_fit_test
        >>> found = goodness_of_fit_test([8, 1, 1], [0.4, 0.3, 0.3])
        >>> round(found.p_value, 6), found.method
        (0.082378, 'G, exact over all types')
    """
    observed, shares = _read(counts, law)
    most = check_draws(draws)
    n = int(observed.sum())
    cells = len(observed)
    g = float(_g(observed[None], shares)[0])
    if (observed[shares == 0] > 0).any():
        return FitTest(math.inf, math.inf, 0.0, "the law forbids an observed cell", n, cells)
    possible = shares > 0
    value, method = _p_value(observed[possible], shares[possible], g, most, generator(rng))
    return FitTest(g / (2 * n), g, value, method, n, cells)


def _p_value(observed: Floats, shares: Floats, g: float, draws: int, rng: np.random.Generator) -> tuple[float, str]:
    n, cells = int(observed.sum()), len(observed)
    if cells == 1:
        return 1.0, "one cell"
    reached = g - _SLACK * max(1.0, g)
    types = all_types(n, cells)
    if types is not None:
        chances = np.exp(log_multinomial(types, shares))
        return min(1.0, float(chances[_g(types, shares) >= reached].sum() / chances.sum())), "G, exact over all types"
    if n * float(shares.min()) >= LEAST_EXPECTED:
        # Williams' correction for a law without free parameters.
        correction = 1 + (float((1 / shares).sum()) - 1) / (6 * n * (cells - 1))
        return chi_squared_tail(g / correction, cells - 1), "G, chi-squared"
    hits = done = 0
    while done < draws:
        block = min(draws - done, max(1, _BLOCK // cells))
        hits += int((_g(rng.multinomial(n, shares, size=block).astype(np.float64), shares) >= reached).sum())
        done += block
    return (hits + 1) / (draws + 1), f"G, {draws:,} simulated tables"


def _g(tables: Floats, shares: Floats) -> Floats:
    """G of each row of counts: summands that are never negative, so that nothing cancels."""
    return np.asarray(2.0 * relative_gap(tables, np.broadcast_to(tables[0].sum() * shares, tables.shape)).sum(axis=1))


def _read(counts: Any, law: Any) -> tuple[Floats, Floats]:
    if is_labelled(counts) != is_labelled(law) and (is_labelled(counts) or is_labelled(law)):
        raise InputError("counts or law has labels and the other has none. Give both with labels or both without.")
    if is_labelled(counts):
        seen, wanted = dict(counts.items()), dict(law.items())
        labels = list(dict.fromkeys([*wanted, *seen]))
        counts = [seen.get(label, 0) for label in labels]
        law = np.array([wanted.get(label, 0.0) for label in labels])
    observed = whole_counts(counts, "counts")
    if observed.ndim != 1:
        raise InputError(f"counts has shape {observed.shape}. One row of counts is needed.")
    if is_vector(law):
        _, shares, _ = checked_shares(law, -1, normalize=False)
        shares = np.asarray(shares, dtype=np.float64)
        if shares.shape != observed.shape:
            raise InputError(f"counts has {len(observed)} cells and law has shape {shares.shape}. The same are needed.")
        return observed, shares
    record = one_law(law, "law")
    if not is_countable(record):
        raise InputError(f"law = {law!r} has a density, but counts are of cells. Give the probabilities of the cells.")
    shares, rest = first_masses(record, len(observed))
    return (observed, shares) if rest <= 0 else (np.append(observed, 0.0), np.append(shares, rest))
