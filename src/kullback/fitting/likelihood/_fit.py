"""`fit`: maximum likelihood, which is the least D(empirical‖model)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kullback import families as laws
from kullback._core import InputError
from kullback.adapters import to_law
from kullback.estimators._options import check_confidence
from kullback.families import Law
from kullback.fitting.likelihood._density import free_count, log_density
from kullback.fitting.likelihood._errors import moving_ends
from kullback.fitting.likelihood._problem import Problem, Solution
from kullback.fitting.likelihood._reading import read_sample
from kullback.fitting.likelihood._record import Fit
from kullback.fitting.likelihood._sample import Sample
from kullback.fitting.likelihood._solve import GIVEN, kind_of, solve
from kullback.fitting.likelihood._spaces import LATTICE

_TRIALS = (laws.Binomial, laws.BetaBinomial, laws.TruncatedNormal)


def fit(
    data: Any,
    family: Any,
    /,
    *,
    weights: Any = None,
    counts: Any = None,
    fixed: Mapping[str, float] | None = None,
    column: str | None = None,
    components: int | Sequence[Any] | None = None,
    rank: int | None = None,
    starts: int = 20,
    weighting: str = "frequency",
    nan_policy: str = "raise",
    confidence: float = 0.95,
    rng: int | np.random.Generator | None = None,
) -> Fit:
    r"""Fit a family of laws to data by maximum likelihood.

    $$ \hat θ = \arg\max_θ \sum_i w_i \log p_θ(x_i) = \arg\min_θ D(\hat p \,\|\, p_θ),
       \qquad \log L = -n \left[ H(\hat p) + D(\hat p \,\|\, p_θ) \right] $$

    with the empirical law p̂ of masses; against a density D(p̂‖p) is infinite, and the cross-entropy -log L/n takes its
    place.

    Args:
        data: Observations of shape ``(n,)``, ``(n, d)`` for laws of vectors, ``(n, r, c)`` for laws of matrices: an
            array of any library, a list, a Series or a frame; a mapping of values to counts or what `value_counts`
            gives; labels for Categorical; for MarkovChain a path, a list of paths, or a square array of transition
            counts.
        family: A class of `kullback.families`, its name as text, or a record (or any object read as one), which is
            also where a search begins and gives what is no parameter to fit: the number of trials, limits, outcomes.
        weights: One for each observation, zero or larger.
        counts: How often each observation was seen, whole numbers, in place of weights.
        fixed: Parameters that do not move, by name.
        column: Column of a frame.
        components: Of a Mixture: the number of normal laws, or a list of families; of a Product: a list of families.
        rank: Factors of LowRankMultivariateNormal.
        starts: Of a Mixture: random starts.
        weighting: "frequency": a weight is how often the observation was seen; "importance": only proportions count,
            and n is (Σw)²/Σw².
        nan_policy: "raise", or "omit" to leave missing values out.
        confidence: Level of the intervals.
        rng: Seed or generator for the starts of a mixture; None is seed 0.

    Returns:
        The fitted law with standard errors, intervals, criteria, and the identity above.

    Raises:
        InputError: The data cannot be read, holds what no law of the family can have (with its index), or has no law of
            greatest likelihood; then the message says which limit the likelihood grows toward.

    Note:
        Closed forms in one or two passes; shape equations to a few ulp of what the data determine; Newton's method
        (Logistic, Cauchy, StudentT, TruncatedNormal, BetaBinomial, and where something is fixed) to about 1e-11
        standard deviations of one observation. Counts are put together first. Zero is no value of laws on positive
        numbers, as their density there is 0 or infinite.

    References:
        Fisher (1922), Philosophical Transactions A 222; Kullback and Leibler (1951), Annals of Mathematical Statistics
        22, for D(p̂‖p).

    Example:
        Seven successes of ten: the share is the fit, and log L = -n (H + D) at any other chance too.

        >>> import kullback as kl
        >>> from kullback.fitting.likelihood import fit
        >>> found = fit({1: 7, 0: 3}, "bernoulli")
        >>> found.parameters
        {'probs': 0.7}
        >>> round(found.log_likelihood, 6), round(-10 * (found.entropy + found.divergence), 6)
        (-6.108643, -6.108643)
        >>> other = fit({1: 7, 0: 3}, "bernoulli", fixed={"probs": 0.6})
        >>> round(other.log_likelihood, 12), round(-10 * (other.entropy + other.divergence), 12)
        (-6.324651561984, -6.324651561984)
    """
    kind, start = kind_of(_as_family(family))
    level = check_confidence(confidence)
    given = _given(kind, start, dict(fixed or {}))
    sample = read_sample(
        data,
        kind,
        weights=weights,
        counts=counts,
        column=column,
        nan_policy=nan_policy,
        weighting=weighting,
        vectors=kind is laws.Mixture and _is_wide(data, start),
    )
    options = {"components": components, "rank": rank, "starts": starts, "rng": rng}
    problem = Problem(kind, sample, given, start, options)
    if kind is laws.Mixture and sample.points.ndim == 1 and np.all(np.floor(sample.points) == sample.points):
        problem = replace(problem, sample=sample.tallied())
    return record_of(solve(problem), problem, level)


def record_of(solution: Solution, problem: Problem, confidence: float, /) -> Fit:
    """The record of a solution.

    Args:
        solution: What was found.
        problem: What was asked.
        confidence: Level of the intervals.
    """
    sample, law = problem.sample, _like_template(solution.law, problem.start)
    fixed = frozenset(problem.fixed)
    labels = sample.labels if isinstance(law, laws.Categorical | laws.MarkovChain) else None
    return Fit(
        law=law,
        log_likelihood=sample.total(log_density(law, sample.points)),
        n=sample.size,
        k=free_count(law, fixed),
        method=solution.method,
        converged=solution.converged,
        notes=(*sample.notes, *solution.notes, *_notes_on(law, fixed, sample)),
        confidence=confidence,
        fixed=tuple(sorted(fixed)),
        labels=labels,
        sample=sample,
    )


def _as_family(family: Any) -> Any:
    """Distribution objects of other libraries become records."""
    if isinstance(family, str | type | Law):
        return family
    try:
        return to_law(family)
    except InputError:
        return family


def _given(kind: type[Law], start: Any, fixed: dict[str, float]) -> dict[str, float]:
    """What is fixed, and what a template says about trials and limits."""
    if start is not None and kind in _TRIALS:
        return {name: float(getattr(start, name)) for name in GIVEN[kind]} | fixed
    return fixed


def _is_wide(data: Any, start: Any) -> bool:
    if start is not None:
        return type(start.components[0]) not in LATTICE and len(_event(start.components[0])) == 1
    if isinstance(data, Mapping):
        return False
    shape = np.shape(data)
    return len(shape) == 2 and shape[1] > 1


def _event(law: Any) -> tuple[int, ...]:
    return tuple(law.loc.shape) if hasattr(law, "loc") else ()


def _like_template(law: Any, start: Law | None) -> Any:
    """A normal law in many dimensions with the spread given as the template gives it."""
    if not isinstance(start, laws.MultivariateNormal) or start.covariance_matrix is not None:
        return law
    covariance = np.asarray(law.covariance_matrix)
    if start.scale_diag is not None:
        return laws.MultivariateNormal(law.loc, scale_diag=np.sqrt(np.diag(covariance)))
    return laws.MultivariateNormal(law.loc, scale_tril=np.linalg.cholesky(covariance))


def _notes_on(law: Any, fixed: frozenset[str], sample: Sample) -> tuple[str, ...]:
    """What the numbers do not say by themselves."""
    notes = []
    ends = moving_ends(law, fixed)
    if ends and not isinstance(law, laws.PointMass):
        notes.append(f"{' and '.join(ends)}: an end of the support, no standard error; the interval is exact")
    edge = _edge_of(law)
    if edge:
        notes.append(f"{edge}: on the edge of its domain, standard error 0 means nothing there; use the interval")
    unseen = int(np.sum(np.asarray(law.probs) == 0)) if isinstance(law, laws.Categorical | laws.Multinomial) else 0
    if unseen:
        notes.append(f"{unseen} outcomes were never seen and have probability 0; use kl.smooth for another estimate")
    if isinstance(law, laws.MarkovChain):
        notes.append("given the first state of each path; n counts steps")
    if sample.size < 2:
        notes.append("one observation only")
    return tuple(notes)


def _edge_of(law: Any) -> str | None:
    if isinstance(law, laws.Bernoulli | laws.Binomial | laws.Geometric) and law.probs in (0.0, 1.0):
        return f"probs = {float(law.probs):g}"
    return "rate = 0" if isinstance(law, laws.Poisson) and law.rate == 0 else None
