"""The evidence lower bound of a law, and what it lacks: the divergence of that law from the posterior."""

import math
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.estimators import Estimate
from kullback.estimators._estimate import normal_interval, noted
from kullback.estimators._laws import open_law
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.families import LowRankMultivariateNormal, MultivariateNormal, Normal
from kullback.fitting.projections._khat import khat, khat_limit
from kullback.fitting.projections._variational_target import Floats, LogDensity, read_log_density

_DRAWS, _LEAST = 10_000, 200


def elbo(
    log_prob: Any,
    law: Any,
    /,
    *,
    gradient: Any = None,
    draws: int = _DRAWS,
    confidence: float = 0.95,
    rng: Rng = None,
) -> Estimate:
    r"""Evidence lower bound of a law for an unnormalized log density, from fresh draws of the law.

    $$ \mathrm{ELBO}(q) = E_q[\log \tilde p(x) - \log q(x)] = \log Z - D(q \,\|\, p), \qquad p = \tilde p / Z $$

    so for a fixed target the q of greatest ELBO is the one of least D(q‖p), whatever Z is.

    Args:
        log_prob: log p̃: a function of float64 tensors of shape ``(n, d)`` to shape ``(n,)``, one of NumPy arrays beside
            `gradient`, or a law.
        law: The q: a normal record, or any law with draws and a log density on vectors.
        gradient: Of a NumPy function, ``(n, d)`` to ``(n, d)``; any function that gives zeros will do here.
        draws: How many, at least 200.
        confidence: Of the interval.
        rng: Seed or generator.

    Returns:
        The estimate in nats; -inf where the target is zero at a draw.

    Raises:
        InputError: The spaces differ, or the target gives NaN or a wrong shape.

    Note:
        At a normal q the standardized coordinates and their squares serve as control variates, by regression on the
        other half of the draws, so nothing is biased. Where p is q up to Z, the standard error is rounding.

    References:
        Blei, Kucukelbir and McAuliffe (2017), Journal of the American Statistical Association 112, section 2.2.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.projections import elbo
        >>> p = kl.families.MultivariateNormal([0.0, 0.0], scale_diag=[1.0, 1.0])
        >>> q = kl.families.MultivariateNormal([1.0, 0.0], scale_diag=[1.0, 1.0])
        >>> found = elbo(p, q)  # log Z = 0, so the ELBO is -D(q‖p)
        >>> round(found.value, 9), float(kl.divergence(q, p))
        (-0.5, 0.5)
    """
    level, chance = check_confidence(confidence), generator(rng)
    _check_draws(draws)
    x, log_q, controls = _drawn(law, int(draws), chance)
    target = read_log_density(log_prob, x.shape[1] if _needs_dimension(log_prob) else None, gradient)
    if target.dimension != x.shape[1]:
        raise InputError(f"log_prob takes {target.dimension} columns and law has {x.shape[1]}. One space is needed.")
    return elbo_of(target.values(x) - log_q, controls, level)


def elbo_of(gaps: Floats, controls: Floats | None, confidence: float, /) -> Estimate:
    """The ELBO from log p̃ - log q at draws of q."""
    outside = int((gaps == -np.inf).sum())
    if outside:
        note = f"the target is zero at {outside} of {len(gaps)} draws of the law: D(q‖p) is infinite"
        worst = -math.inf
        return Estimate(worst, 0.0, (worst, worst), confidence, "draws", len(gaps), 0, notes=(note,), quantity="ELBO")
    terms = gaps if controls is None else _controlled(gaps, controls)
    value, stderr = float(terms.mean()), float(terms.std(ddof=1)) / math.sqrt(len(terms))
    method = "draws" if controls is None else "draws with control variates"
    interval = normal_interval(value, stderr, confidence)
    return Estimate(value, stderr, interval, confidence, method, len(gaps), 0, quantity="ELBO", log_ratios=-gaps)


def evidence_gap(
    log_prob: Any,
    law: Any,
    /,
    *,
    evidence: float | Estimate | None = None,
    gradient: Any = None,
    draws: int = _DRAWS,
    confidence: float = 0.95,
    rng: Rng = None,
) -> Estimate:
    r"""What the ELBO lacks: $\log Z - \mathrm{ELBO}(q) = D(q \,\|\, p)$.

    Args:
        log_prob: As in `elbo`.
        law: As in `elbo`.
        evidence: log Z, a number or an estimate of it; None for importance sampling from the law itself, which sees
            nothing of modes that the law misses.
        gradient: As in `elbo`.
        draws: How many, at least 200.
        confidence: Of the interval.
        rng: Seed or generator.

    Returns:
        D(q‖p) in nats. Not reliable where log Z is not: by importance weights whose k-hat is too large.

    Raises:
        InputError: As `elbo`.

    References:
        Burda, Grosse and Salakhutdinov (2016), ICLR, for the importance-weighted bound.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.projections import evidence_gap
        >>> p, q = (kl.families.MultivariateNormal([m], scale_diag=[1.0]) for m in (0.0, 1.0))
        >>> round(evidence_gap(p, q, evidence=0.0).value, 9)
        0.5
    """
    found = elbo(log_prob, law, gradient=gradient, draws=draws, confidence=confidence, rng=rng)
    if evidence is None:
        if not math.isfinite(found.value) or found.log_ratios is None:
            note = "the target is zero at draws of the law"
            ends = (math.inf, math.inf)
            return Estimate(math.inf, 0.0, ends, confidence, "draws", int(draws), 0, notes=(note,), quantity="D(q‖p)")
        evidence = importance_evidence(-found.log_ratios, confidence)
    return gap_of(found, evidence)


def importance_evidence(log_weights: Floats, confidence: float, /) -> Estimate:
    """Log Z from log weights at draws of a law: the logarithm of their mean, with its error by the delta method."""
    top = float(log_weights.max())
    weights = np.exp(log_weights - top)
    mean, size = float(weights.mean()), len(weights)
    stderr = float(weights.std(ddof=1)) / mean / math.sqrt(size)
    value = top + math.log(mean)
    interval = normal_interval(value, stderr, confidence)
    found = Estimate(value, stderr, interval, confidence, "importance sampling", size, 0, quantity="log Z")
    shape = khat(log_weights)
    note = "draws of a law see nothing of modes that it misses: log Z may be larger"
    if shape <= khat_limit(size):
        return noted(found, note)
    return noted(found, note, unreliable=[f"k-hat = {shape:.2f} is above {khat_limit(size):.2f}: the weights are wild"])


def gap_of(lower: Estimate, evidence: float | Estimate, /) -> Estimate:
    """Log Z less the ELBO, with both errors."""
    if isinstance(evidence, Estimate):
        top, off, notes, good = evidence.value, evidence.stderr, evidence.notes, evidence.reliable
    else:
        top, off, notes, good = float(evidence), 0.0, (), True
    value, stderr = top - lower.value, math.hypot(off, lower.stderr)
    low, high = normal_interval(value, stderr, lower.confidence) if math.isfinite(value) else (value, value)
    interval = (max(low, 0.0), max(high, 0.0))
    return Estimate(
        *(value, stderr, interval, lower.confidence, "log Z less the ELBO", lower.n, 0),
        reliable=good,
        notes=notes,
        quantity="D(q‖p)",
    )


def _controlled(gaps: Floats, controls: Floats) -> Floats:
    """Gaps less what standard coordinates and their squares explain, by the coefficients of the other half."""
    half, left = len(gaps) // 2, gaps.copy()
    if half < 4 * controls.shape[1]:
        return gaps
    for fit, use in ((slice(half), slice(half, None)), (slice(half, None), slice(half))):
        centered = controls[fit] - controls[fit].mean(axis=0)
        slope = np.linalg.lstsq(centered, gaps[fit] - gaps[fit].mean(), rcond=1e-10)[0]
        left[use] = gaps[use] - controls[use] @ slope
    return left


def _check_draws(draws: Any) -> None:
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < _LEAST:
        raise InputError(f"draws = {draws!r} is no number of draws. A whole number of at least {_LEAST} is needed.")


def _needs_dimension(value: Any) -> bool:
    return callable(value) and not any(hasattr(value, name) for name in ("log_prob", "logpdf", "sample", "rvs"))


def _drawn(law: Any, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats, Floats | None]:
    """Draws of a law as rows, its log density there, and what has mean zero under it."""
    opened = open_law(law, "law", draws=True)
    if opened.draw is None or opened.log_prob is None or len(opened.shape or ()) > 1:
        raise InputError(f"law = {opened.name} has outcomes of shape {opened.shape}. Numbers or vectors are needed.")
    points = opened.draw(draws, rng)
    x = points.reshape(draws, -1)
    controls = None
    if isinstance(opened.law, Normal | MultivariateNormal | LowRankMultivariateNormal):
        # Moments of a normal law are known: its coordinates, and their squares and products where they are few.
        controls = _moments(opened.law, x)
    return x, opened.log_prob(points), controls


def _moments(law: Any, x: Floats) -> Floats:
    """Standardized coordinates and their squares (all products up to 20 dimensions), less their means."""
    if isinstance(law, Normal):
        white = (x - float(law.loc)) / float(law.scale)
    else:
        white = np.linalg.solve(factor_of(law), (x - np.asarray(law.loc)).T).T
    d = white.shape[1]
    if d > 20:
        return np.concatenate([white, white**2 - 1.0], axis=1)
    i, j = np.tril_indices(d)
    return np.concatenate([white, white[:, i] * white[:, j] - (i == j)], axis=1)


def factor_of(law: Any, /) -> Floats:
    """A lower triangular factor of the covariance of a normal record."""
    given = {name: np.asarray(value, dtype=np.float64) for name, value in law.parameters().items()}
    if "scale_tril" in given:
        return given["scale_tril"]
    if "scale_diag" in given:
        return np.diag(given["scale_diag"])
    if "covariance_matrix" in given:
        spread = given["covariance_matrix"]
    else:
        spread = given["cov_factor"] @ given["cov_factor"].T + np.diag(given["cov_diag"])
    return np.asarray(np.linalg.cholesky(spread))


def normal_log_prob(law: Any, x: Floats, /) -> Floats:
    """Log density of a normal record at rows."""
    factor = factor_of(law)
    white = np.linalg.solve(factor, (x - np.asarray(law.loc)).T)
    d = len(factor)
    return np.asarray(
        -0.5 * (white**2).sum(axis=0) - float(np.log(np.diag(factor)).sum()) - 0.5 * d * math.log(2.0 * math.pi)
    )


def values_at(target: LogDensity, x: Floats, /) -> Floats:
    """Log densities in blocks, so that memory stays small."""
    step = 20_000
    return np.concatenate([target.values(x[i : i + step]) for i in range(0, len(x), step)])
