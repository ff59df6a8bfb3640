"""Criteria from log likelihoods and numbers of parameters, and the ranking by one of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.fitting.likelihood._record import Fit
from kullback.fitting.likelihood._selection import CRITERIA, Candidate, Selection

HONEST = (
    "the weights are shares of this set, not chances of truth: AIC estimates the expected divergence from the truth up "
    "to a constant that no criterion knows, so the best of a bad set is still best; look at D"
)


def select_from_likelihoods(
    log_likelihoods: Sequence[float] | Mapping[str, float],
    parameters: Sequence[float] | Mapping[str, float],
    n: float,
    /,
    *,
    names: Sequence[str] | None = None,
    criterion: str = "aic",
    count_scale: bool = True,
    penalties: Sequence[float] | None = None,
) -> Selection:
    """Rank models that were fitted elsewhere.

    Args:
        log_likelihoods: Total log likelihood of each model in nats, of the same observations; a list, or by name.
        parameters: Number of fitted parameters of each, σ among them; a list, or by name.
        n: Number of observations.
        names: What the models are called; given already where the first argument is a mapping.
        criterion: "aic", "aicc", "bic", or "tic" with `penalties`.
        count_scale: False takes one parameter off each, for agreement with software that does not count σ.
        penalties: Takeuchi's tr(J I⁻¹) of each model.

    Returns:
        The models, best first.

    Raises:
        InputError: Lists of different lengths, numbers that are not finite, or no model at all.

    Example:
        >>> from kullback.fitting.likelihood import select_from_likelihoods
        >>> found = select_from_likelihoods({"line": -42.0, "parabola": -41.5}, {"line": 3, "parabola": 4}, 30)
        >>> found.best.name, round(found.best.weight, 4)
        ('line', 0.6225)
    """
    if isinstance(log_likelihoods, Mapping):
        names = list(log_likelihoods)
        if isinstance(parameters, Mapping):
            missing = [name for name in names if name not in parameters]
            if missing:
                raise InputError(f"parameters lacks {missing[0]!r}. One number for each model is needed.")
            parameters = [parameters[name] for name in names]
        log_likelihoods = list(log_likelihoods.values())
    heights, counts = _numbers("log_likelihoods", log_likelihoods), _numbers("parameters", parameters)
    names = [f"model {i}" for i in range(len(heights))] if names is None else [str(name) for name in names]
    if not len(heights) == len(counts) == len(names) or not heights:
        raise InputError(
            f"{len(heights)} log likelihoods, {len(counts)} numbers of parameters and {len(names)} names came. One of "
            "each for each model is needed."
        )
    if len(set(names)) < len(names):
        raise InputError("two models have the same name. Give each its own.")
    if not (np.isfinite(n) and n > 0) or min(counts) < 0:
        raise InputError(f"n = {n!r} and parameters {counts}. A positive n and no negative number is needed.")
    own = _numbers("penalties", penalties) if penalties is not None else [None] * len(heights)
    if len(own) != len(heights):
        raise InputError(f"{len(own)} penalties came for {len(heights)} models. One for each is needed.")
    less = 0.0 if count_scale else 1.0
    rows = [
        candidate(name, height, count - less, float(n), penalty, None)
        for name, height, count, penalty in zip(names, heights, counts, own, strict=True)
    ]
    return ranked(rows, criterion, float(n), count_scale=count_scale, skipped={}, notes=(HONEST,))


def _numbers(name: str, values: Any) -> list[float]:
    try:
        found = [float(value) for value in values]
    except (TypeError, ValueError):
        raise InputError(f"{name} = {values!r}. A list of numbers is needed.") from None
    if not all(map(math.isfinite, found)):
        raise InputError(f"{name} holds a number that is not finite: {found}. Leave such models out.")
    return found


def candidate(name: str, height: float, k: float, n: float, penalty: float | None, one: Fit | None) -> Candidate:
    """A model with its criteria.

    Args:
        name: What it is called.
        height: Log likelihood in nats.
        k: Number of parameters, as they are counted.
        n: Number of observations.
        penalty: Takeuchi's, where it is known.
        one: The fit, where there is one.
    """
    aic = 2.0 * k - 2.0 * height
    rest = n - k - 1.0
    aicc = aic + 2.0 * k * (k + 1.0) / rest if rest > 0 else math.inf
    tic = None if penalty is None else 2.0 * penalty - 2.0 * height
    return Candidate(name, height, k, aic, aicc, k * math.log(n) - 2.0 * height, tic, fit=one)


def ranked(
    rows: list[Candidate],
    criterion: str,
    n: float,
    *,
    count_scale: bool,
    skipped: dict[str, str],
    notes: tuple[str, ...],
) -> Selection:
    """The models by a criterion, best first, with weights.

    Args:
        rows: Models with their criteria.
        criterion: By name.
        n: Number of observations.
        count_scale: Whether scales were counted.
        skipped: What was left out before.
        notes: What is to be said.

    Raises:
        InputError: The criterion is unknown, or finite for no model.
    """
    if criterion not in CRITERIA:
        raise InputError(f"criterion = {criterion!r} is not known. Choose from {', '.join(CRITERIA)}.")
    lost = [one for one in rows if one.value(criterion) is None]
    skipped = skipped | {one.name: "Takeuchi's penalty is not known for it" for one in lost}
    rows = [one for one in rows if one.value(criterion) is not None]
    values = {one.name: float(one.value(criterion) or 0.0) for one in rows}
    if not rows or math.isinf(min(values.values())):
        raise InputError(
            f"{criterion.upper()} is not finite for any model (n = {n:g}). AICc needs n > k + 1: use 'aic'."
            if rows
            else f"{criterion.upper()} is not known for any of the models. Choose 'aic', 'aicc' or 'bic'."
        )
    least = min(values.values())
    raised = {name: math.exp(-0.5 * (value - least)) for name, value in values.items()}
    total = math.fsum(raised.values())
    done = [replace(one, delta=values[one.name] - least, weight=raised[one.name] / total) for one in rows]
    done.sort(key=lambda one: one.delta)
    if any(math.isinf(one.delta) for one in done):
        notes = (*notes, f"infinite {criterion.upper()}: n is at most k + 1 there")
    return Selection(tuple(done), criterion, n, count_scale, skipped, notes)
