"""What can be said of a fit: its ELBO from fresh draws, the evidence, the modes that it misses."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import logsumexp

from kullback._core import InputError, percent
from kullback.estimators import Estimate
from kullback.families import MultivariateNormal
from kullback.fitting.projections._elbo import (
    elbo_of,
    factor_of,
    gap_of,
    importance_evidence,
    normal_log_prob,
    values_at,
)
from kullback.fitting.projections._khat import khat, khat_limit
from kullback.fitting.projections._variational_modes import Mode
from kullback.fitting.projections._variational_record import VariationalFit, VariationalOptimum, modes_of
from kullback.fitting.projections._variational_search import Search, draws_of, shares_of

# A missed share above this is warned of.
_WARNED = 0.01


def judge(
    search: Search,
    modes: list[Mode],
    optima: list[VariationalOptimum],
    draws: int,
    evidence: float | None,
    level: float,
    /,
) -> VariationalFit:
    """The best optimum with its ELBO from fresh draws, the evidence, and what it misses."""
    best = optima[0]
    x = draws_of(best.law, draws, search.rng)
    gaps = values_at(search.target, x) - normal_log_prob(best.law, x)
    white = np.linalg.solve(factor_of(best.law), (x - np.asarray(best.law.loc)).T).T
    lower = elbo_of(gaps, np.concatenate([white, white**2 - 1.0], axis=1), level)
    shape = khat(gaps)
    top = _known(evidence, level) if evidence is not None else _evidence(search, modes, optima, draws, level)
    shares = shares_of(modes)
    missed = float(sum(share for i, share in enumerate(shares) if i not in best.modes))
    notes = _notes(search, missed, shape, draws, len(modes)) + _holes(search, best)
    return VariationalFit(
        *(lower.value, best.law, lower, top, gap_of(lower, top), shape, tuple(optima)),
        *(modes_of(modes, shares, best.modes), missed, search.covariance, len(search.nodes), notes, search.target),
    )


def _known(evidence: Any, level: float) -> Estimate:
    if isinstance(evidence, bool) or not isinstance(evidence, int | float | np.number) or not math.isfinite(evidence):
        raise InputError(f"evidence = {evidence!r}. log Z in nats is needed, a finite number.")
    value = float(evidence)
    return Estimate(value, 0.0, (value, value), level, "given", 0, 0, quantity="log Z")


def _evidence(
    search: Search, modes: list[Mode], optima: list[VariationalOptimum], draws: int, level: float
) -> Estimate:
    """Importance sampling from all fits and from Laplace's laws at all modes."""
    curved = [mode for mode in modes if mode.covariance is not None]
    laws = [one.law for one in optima] + [_around_mode(mode) for mode in curved]
    logs = [one.elbo for one in optima] + [mode.log_mass for mode in curved]
    # Every law has some share, so that one that is better than its figure says is still heard.
    weights = 0.9 * np.exp(np.array(logs) - logsumexp(logs)) + 0.1 / len(logs)
    counts = np.maximum(1, np.round(draws * weights)).astype(int)
    weights = counts / counts.sum()
    x = np.concatenate([draws_of(law, int(count), search.rng) for law, count in zip(laws, counts, strict=True)])
    terms = [np.log(w) + normal_log_prob(law, x) for w, law in zip(weights, laws, strict=True)]
    found = importance_evidence(values_at(search.target, x) - logsumexp(terms, axis=0), level)
    return replace(found, method="importance sampling from all fits and modes")


def _around_mode(mode: Mode) -> Any:
    return MultivariateNormal(mode.place, scale_tril=np.linalg.cholesky(np.asarray(mode.covariance)))


def _holes(search: Search, best: VariationalOptimum) -> tuple[str, ...]:
    """Whether the target is zero somewhere near the fit, where a normal law always has some mass."""
    center = np.asarray(best.law.loc)
    wide = center + 3.0 * (draws_of(best.law, 1_000, search.rng) - center)
    if np.isfinite(search.target.values(wide)).all():
        return ()
    note = "log_prob is -inf within reach of q: strictly D(q‖p) is infinite for every normal law, and the figures leave"
    return (f"{note} that mass out; map the support to the whole space",)


def _notes(search: Search, missed: float, shape: float, draws: int, modes: int) -> tuple[str, ...]:
    good = shape <= khat_limit(draws)
    tail = f"k-hat = {shape:.2f} ({'fine' if good else 'too large'}) tells about the weights where q has been"
    notes = []
    if missed > _WARNED:
        notes.append(
            f"MISSED: {percent(missed)} of the mass (by Laplace) is at modes that q does not reach; {tail}, "
            "and nothing about these"
        )
    else:
        words = "the only mode that was found" if modes == 1 else f"all of the {modes} modes that matter"
        notes.append(f"q reaches {words}, which proves nothing about modes that no search found; {tail}")
    if search.target.differences:
        notes.append("gradients are differences of values: slow, and right to about 1e-6")
    if search.covariance != "full":
        notes.append(f"a {search.covariance} covariance is usually too narrow where coordinates depend on each other")
    return tuple(notes)
