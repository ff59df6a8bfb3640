"""The evidence of counts against one law, valid whenever one looks: a mixture of Dirichlet codes over the best null."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

# Divergences in nats per row that the codes are made for; small ones lie near the reference, so they waste little.
SCALES = (1.0, 0.1, 0.01, 0.001)
# Parts of the reference that are counted as rows; what is kept back pays for not knowing its law.
PARTS = (0.1, 0.3, 0.6, 0.9)


@dataclass(frozen=True, eq=False)
class Null:
    """What the stream is held against.

    Attributes:
        probs: Known probabilities of the cells, or the smoothed shares of the reference sample.
        counts: Counts of the reference sample, None where the law is known.
        ordered: Whether cells stand in order (the last is that of missing rows), so that a shift moves whole sides.
    """

    probs: Floats
    counts: Floats | None
    ordered: bool = False

    @staticmethod
    def known(probs: Any, /, *, ordered: bool = False) -> "Null":
        """A law that is known."""
        return Null(np.asarray(probs, dtype=np.float64), None, ordered)

    @staticmethod
    def sampled(counts: Any, /, *, ordered: bool = False) -> "Null":
        """A law of which only so many rows are known."""
        counts = np.asarray(counts, dtype=np.float64)
        return Null((counts + 0.5) / (counts.sum() + 0.5 * len(counts)), counts, ordered)

    @property
    def cuts(self) -> Floats:
        """Sets of cells that may gain or lose together, one in each column: single cells, or all below an edge."""
        cells = len(self.probs)
        sets = np.eye(cells)
        if self.ordered:
            sets[:, :-1] = np.triu(np.ones((cells, cells)))[:, :-1]
        share = self.probs @ sets
        return sets[:, (share > 0) & (share < 1 - 1e-12)]


def log_evidence(counts: Any, null: Null, /) -> Floats:
    r"""Logarithm of the e-process of counts against a null.

    Against a known law q it is the likelihood ratio of a mixture of Dirichlet codes, a test martingale:

    $$ E = \frac{f(n)}{\prod_i q_i^{n_i}}, \qquad f(n) = \frac1J \sum_j \frac{B(a_j + n)}{B(a_j)} $$


    Against a law of which m rows with frequencies $\hat m$ are known it is

    $$ E = \inf_q \, (1-\lambda)^{K-1} e^{\lambda m D(\hat m \| q)} \, \frac{f(n)}{\prod_i q_i^{n_i}} $$

    whose infimum is at $q \propto n + \lambda m \hat m$. The first factor is an e-value of the reference for every q
    (Agrawal), the second is a martingale given the reference, so their product, and with it the infimum, has
    expectation at most 1 at every stopping time, whatever the law. Half of the evidence is that of all cells together,
    the other half the mean over views of two cells, one cell (or all below an edge) against the rest: they have less to
    learn, and a mean of e-processes is one.

    Args:
        counts: Counts of the stream, shape ``(..., cells)``.
        null: What it is held against.

    Returns:
        Log evidence in nats, shape ``(...)``; infinite where a cell has rows that a known law makes impossible.

    References:
        Robbins (1970), Annals of Mathematical Statistics 41, for mixtures; Wasserman, Ramdas and Balakrishnan (2020),
        PNAS 117, for the infimum; Agrawal (2020), IEEE Transactions on Information Theory 66, for the bound
        $E\,e^{\lambda m D(\hat m \| q)} \le (1-\lambda)^{-(K-1)}$.
    """
    n = np.asarray(counts, dtype=np.float64)
    possible = null.probs > 0
    m = null.counts
    whole = _log_view(n[..., possible], null.probs[possible], None if m is None else m[possible])
    cuts = null.cuts
    if cuts.shape[1]:
        of_m = None if m is None else _sides(m, cuts)
        parts = _log_view(_sides(n, cuts), _sides(null.probs, cuts), of_m)
        whole = _log_mean([whole, _log_mean(np.moveaxis(parts, -1, 0))])
    return np.where(n[..., ~possible].any(axis=-1), np.inf, whole)


def _sides(values: Floats, cuts: Floats) -> Floats:
    """What falls into each set of cells, and what does not."""
    inside = values @ cuts
    return np.stack([inside, values.sum(axis=-1, keepdims=True) - inside], axis=-1)


def _log_view(n: Floats, base: Floats, m: Floats | None) -> Floats:
    """Log evidence of counts over the last axis: one code that expects nothing, and one around the base per scale."""
    cells = base.shape[-1]
    codes = [np.full(cells, 0.5), *((max(cells - 1, 1) / (2 * scale)) * base for scale in SCALES)]
    code = _log_mean([_log_dirichlet(n, a) for a in codes])
    return code + (-special.xlogy(n, base).sum(axis=-1) if m is None else _log_null(n, m))


def _log_dirichlet(n: Floats, a: Floats) -> Floats:
    """Log probability of a sequence with these counts under the Dirichlet mixture with concentrations `a`."""
    total, whole = n.sum(axis=-1), a.sum(axis=-1)
    parts = (special.gammaln(a + n) - special.gammaln(a)).sum(axis=-1)
    values: Floats = parts - (special.gammaln(whole + total) - special.gammaln(whole))
    return values


def _log_null(n: Floats, m: Floats) -> Floats:
    """Mean over the parts λ of (1 - λ)^(K-1) exp(λ m D(m̂‖q)) / ∏ q^n at its lowest."""
    own = special.xlogy(m, m / m.sum(axis=-1, keepdims=True)).sum(axis=-1)
    cells = m.shape[-1]
    logs = []
    for part in PARTS:
        pooled = n + part * m
        shares = pooled / pooled.sum(axis=-1, keepdims=True)
        logs.append((cells - 1) * np.log1p(-part) + part * own - special.xlogy(pooled, shares).sum(axis=-1))
    return _log_mean(logs)


def _log_mean(logs: Any) -> Floats:
    values: Floats = np.logaddexp.reduce(np.asarray(logs), axis=0) - np.log(len(logs))
    return values
