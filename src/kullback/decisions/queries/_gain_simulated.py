"""Expected information gain of an experiment that can only be simulated, between two bounds."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback._core import InputError, numbers
from kullback.adapters import to_law
from kullback.estimators import Estimate
from kullback.estimators._estimate import normal_interval
from kullback.estimators._law_records import open_record, take
from kullback.estimators._options import Rng, check_confidence, generator

Floats = NDArray[np.float64]
Sampler = Callable[[int, np.random.Generator], Any]

# Pairs of outcome and parameter that are looked at in one call of the model.
_BLOCK = 200_000
# Where the lower bound comes so near to the logarithm of the contrasts, it cannot say more.
_NEAR = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class InformationGain(Estimate):
    """An estimate of the information gain, half way between two bounds.

    Attributes:
        lower: Mean of the contrastive bound, which is too low by a bias that falls with the contrasts.
        lower_stderr: Its standard error.
        upper: Mean of the nested bound, which is too high; infinite where no contrast explains some outcome.
        upper_stderr: Its standard error.
    """

    lower: float = 0.0
    lower_stderr: float = 0.0
    upper: float = math.inf
    upper_stderr: float = 0.0


def simulated_gain(
    log_likelihood: Callable[..., Any],
    prior: Any,
    simulate: Callable[..., Any] | None,
    /,
    *,
    draws: int,
    contrasts: int,
    confidence: float,
    rng: Rng,
) -> InformationGain:
    """Nested Monte Carlo with independent contrasts for each simulated outcome.

    Args:
        log_likelihood: Outcomes and parameters of as many rows to log p(y | θ).
        prior: A law, or a function (n, rng) -> parameters.
        simulate: Parameters and a generator to outcomes.
        draws: Simulated experiments.
        contrasts: Further parameters for each.
        confidence: Level of the interval.
        rng: Seed or generator.
    """
    sampler = _sampler(prior)
    if not callable(simulate):
        raise InputError(f"simulate = {simulate!r} came. A function (parameters, rng) -> outcomes is needed.")
    n, m = _size("draws", draws, 2), _size("contrasts", contrasts, 1)
    level, source = check_confidence(confidence), generator(rng)
    parameters = _rows(sampler(n, source), n, "prior")
    outcomes = _rows(simulate(parameters, source), n, "simulate")
    own = _logs(log_likelihood, outcomes, parameters)
    _check_own(own)
    others = _contrasted(log_likelihood, outcomes, sampler, m, source)
    upper = own - (others - math.log(m))
    lower = own - (np.logaddexp(others, own) - math.log1p(m))
    return _between(lower, upper, m, level)


def _between(lower: Floats, upper: Floats, contrasts: int, confidence: float) -> InformationGain:
    """The estimate that two bounds make."""
    n = len(lower)
    low, low_error = float(lower.mean()), float(lower.std(ddof=1)) / math.sqrt(n)
    lost = int(np.isinf(upper).sum())
    high = math.inf if lost else float(upper.mean())
    high_error = low_error if lost else float(upper.std(ddof=1)) / math.sqrt(n)
    reasons = []
    if lost:
        reasons.append(f"for {lost:,} of {n:,} outcomes no contrast explains them at all: the upper bound is infinite")
    if low > math.log1p(contrasts) - _NEAR:
        reasons.append(
            f"the lower bound is at most log(contrasts + 1) = {math.log1p(contrasts):.4g} nats and nearly there: the "
            "gain may be larger; use more contrasts"
        )
    elif not lost and high - low > 4.0 * max(low_error, high_error) and high - low > 0.1 * high:
        reasons.append("the bounds are further apart than chance explains: use more contrasts")
    value = low if lost else 0.5 * (low + high)
    note = (
        f"between a lower bound of {low:.4g} ± {low_error:.2g} (the parameter among {contrasts:,} contrasts) and an "
        f"upper bound of {high:.4g}{'' if lost else f' ± {high_error:.2g}'} (not among them)"
    )
    interval = normal_interval(low, low_error, confidence)[0], normal_interval(high, high_error, confidence)[1]
    return InformationGain(
        value=value,
        stderr=max(low_error, high_error),
        interval=interval,
        confidence=confidence,
        method="nested Monte Carlo",
        n=n,
        m=contrasts,
        reliable=not reasons,
        notes=(note, *reasons),
        quantity="I(θ; y)",
        lower=low,
        lower_stderr=low_error,
        upper=high,
        upper_stderr=high_error,
    )


def _contrasted(
    log_likelihood: Callable[..., Any], outcomes: Floats, sampler: Sampler, contrasts: int, rng: np.random.Generator
) -> Floats:
    """Logarithm of Σ p(y | θ) over fresh contrasts for each outcome."""
    found = np.empty(len(outcomes))
    block = max(1, _BLOCK // contrasts)
    for start in range(0, len(found), block):
        part = outcomes[start : start + block]
        rows = len(part) * contrasts
        logs = _logs(log_likelihood, np.repeat(part, contrasts, axis=0), _rows(sampler(rows, rng), rows, "prior"))
        found[start : start + block] = special.logsumexp(logs.reshape(-1, contrasts), axis=1)
    return found


def _sampler(prior: Any) -> Sampler:
    if prior is None:
        raise InputError("prior is missing. A law is needed, or a function (n, rng) -> parameters.")
    if callable(prior) and not hasattr(prior, "sample") and not hasattr(prior, "rvs"):
        return prior  # type: ignore[no-any-return]
    law = open_record(to_law(prior))
    return lambda n, rng: take(law, n, rng)


def _size(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(f"{name} = {value!r} came. A whole number of at least {least} is needed, such as 1000.")
    return int(value)


def _rows(values: Any, n: int, name: str) -> Any:
    rows = numbers(values)
    if rows.ndim < 1 or len(rows) != n:
        raise InputError(f"{name} gave an array of shape {rows.shape} when asked for {n} rows. Give shape ({n}, ...).")
    return rows


def _logs(log_likelihood: Callable[..., Any], outcomes: Floats, parameters: Floats) -> Floats:
    logs = numbers(log_likelihood(outcomes, parameters))
    if logs.shape != (len(outcomes),) or np.isnan(logs).any():
        raise InputError(
            f"the model gave log p(y | θ) of shape {logs.shape}{' with NaN' if np.isnan(logs).any() else ''} for "
            f"{len(outcomes)} rows. One number for each row is needed: sum over the coordinates of an outcome."
        )
    return logs


def _check_own(own: Floats) -> None:
    if not np.isfinite(own).all():
        raise InputError(
            f"the model gives log p(y | θ) = {own[~np.isfinite(own)][0]} to an outcome that simulate made from this θ. "
            "Model and simulation do not fit each other: mend one of them."
        )
