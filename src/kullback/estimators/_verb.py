"""`estimate`: the divergence from samples, counts, laws, or any two of them."""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.estimators._choice import choose, counted_labels, joint_codes
from kullback.estimators._columns import Columns, read_columns
from kullback.estimators._counts_choice import choose_counts
from kullback.estimators._estimate import Estimate, in_base, noted
from kullback.estimators._options import (
    Progress,
    Rng,
    check_base,
    check_confidence,
    check_method,
    check_neighbors,
    generator,
    no_progress,
)
from kullback.estimators._points import Points, effective_size
from kullback.estimators._tally import read_counts, tally_codes
from kullback.families import Law

COUNTED = ("counts", "zhang_grabchak", "grassberger", "miller_madow", "chao_shen", "add_half", "bayesian")
NUMERIC = (
    "neighbors",
    "adaptive_neighbors",
    "whitened_neighbors",
    "gaussian",
    "classifier_ratio",
    "kliep",
    "ulsif",
    "telescoping",
)
METHODS = ("auto", *COUNTED, *NUMERIC, "monte_carlo")


def estimate(
    x: Any,
    y: Any,
    /,
    *,
    method: str = "auto",
    confidence: float = 0.95,
    base: float | None = None,
    rng: Rng = None,
    weights: Any = None,
    nan_policy: str = "raise",
    counts: bool = False,
    clip: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> Estimate:
    r"""Kullback-Leibler divergence D(x‖y) of the laws behind two samples, with an interval.

    Args:
        x: What happens: a sample of shape ``(n,)`` or ``(n, d)`` (an array of NumPy, torch or JAX, a list, a Series, a
            data frame of pandas, polars or pyarrow with columns of any kind), counts (a dictionary from label to
            count, or arrays with ``counts=True``), or a law (a record of `kullback.families`, an object of scipy.stats,
            torch.distributions or numpyro, anything with `log_prob` and `sample`).
        y: What was expected: the same kinds; a sample goes with a law, too. Columns of frames are matched by name.
        method: "auto" looks at the samples and chooses; or the name of a function of `kullback.estimators`, as
            "neighbors", "gaussian", "classifier_ratio", "zhang_grabchak".
        confidence: Level of the interval.
        base: Base of the logarithm: None for nats, 2 for bits, 10 for hartleys.
        rng: Seed or generator of what is simulated; None is the seed 0. The same input and seed give the same answer.
        weights: Pair of weights for the rows of x and y (how much of its law a row stands for), either of them None;
            for frames also the name of the column of both that holds them.
        nan_policy: NaN and NULL: "raise" an error, "omit" their rows, or take them as a "category".
        counts: Whether x and y are arrays of counts, a category at every place, rather than samples.
        clip: Whether a negative estimate becomes 0; otherwise it is reported as it is.
        progress: Called as ``progress(done, total, name)`` while "auto" simulates or goes through strata.
        **options: Passed on to the method, as ``k=10`` to "neighbors" or ``classifier=...`` to "classifier_ratio".

    Returns:
        An `Estimate`: value, standard error, interval, method, `reliable`, and notes that say what was chosen and why.
        Its interval ends at `inf` where the samples bound the divergence on one side only.

    Raises:
        InputError: The input cannot be used; the message says what to do.

    Note:
        Columns are standardized, so units do not matter. Nothing certifies a divergence beyond ln min(n, m): such
        estimates are marked unreliable.

    References:
        McAllester and Stratos (2020), AISTATS, for that bound; the functions of `kullback.estimators` name theirs.

    Example:
        >>> import numpy as np
        >>> import kullback as kl
        >>> rng = np.random.default_rng(0)
        >>> found = kl.estimate(rng.gamma(2.0, 1.0, size=5000), rng.gamma(2.0, 1.5, size=5000))
        >>> found.method
        'neighbors'
        >>> exact = float(kl.divergence(kl.families.Gamma(2, 1), kl.families.Gamma(2, 1 / 1.5)))
        >>> bool(found.interval[0] < exact < found.interval[1])
        True
    """
    level, chance, base = check_confidence(confidence), generator(rng), check_base(base)
    check_method(method, METHODS)
    if is_law(x) or is_law(y):
        _only(weights is None and not counts, "weights and counts", "samples; x or y is a law")
        found = _with_law(x, y, method, level, chance, options)
    elif counts or isinstance(x, Mapping) or isinstance(y, Mapping):
        _only(weights is None, "weights", "rows; counts hold them already")
        found = _of_counts(x, y, method, level, chance, options)
    else:
        columns = read_columns(x, y, weights=weights, nan_policy=nan_policy)
        found = _of_samples(columns, method, level, chance, options, progress or no_progress)
        found = _for_every_row(_beyond_proof(found, columns), columns)
    return in_base(_clipped(found) if clip else found, base)


_ENOUGH = 10.0  # rows
_OF_LAWS = ("log_prob", "logpdf", "logpmf", "pdf", "pmf", "rvs")


def is_law(value: Any, /) -> bool:
    """Whether a value is a law rather than data (data frames can be asked for a `sample`, too)."""
    return isinstance(value, Law) or any(callable(getattr(value, name, None)) for name in _OF_LAWS)


def _only(allowed: bool, name: str, why: str) -> None:  # noqa: FBT001 - read as a sentence
    if not allowed:
        raise InputError(f"{name} go with {why}. Leave them out.")


def _call(name: str, *data: Any, options: dict[str, Any], **common: Any) -> Estimate:
    """A method by name, with the options that it knows."""
    function: Callable[..., Estimate] = getattr(import_module("kullback.estimators"), name)
    known = inspect.signature(function).parameters
    unknown = [option for option in options if option not in known or option in {"weights", "confidence", "rng"}]
    if unknown:
        own = [one for one in known if known[one].kind is inspect.Parameter.KEYWORD_ONLY and one not in common]
        raise InputError(f"{name} has no option {unknown[0]!r}. It has {', '.join(own) or 'none'}.")
    return function(*data, **{option: value for option, value in common.items() if option in known}, **options)


def _with_law(x: Any, y: Any, method: str, level: float, rng: np.random.Generator, options: dict[str, Any]) -> Estimate:
    name = "monte_carlo" if is_law(x) and is_law(y) else "sample_against_law" if is_law(y) else "law_against_sample"
    if method not in {"auto", name}:
        raise InputError(f"method = {method!r} takes two samples. With a law there is one way: leave method out.")
    return _call(name, x, y, options=options, confidence=level, rng=rng)


def _of_counts(
    x: Any, y: Any, method: str, level: float, rng: np.random.Generator, options: dict[str, Any]
) -> Estimate:
    if method == "auto":
        _no_options(options)
        return choose_counts(read_counts(x, y), confidence=level)
    if method not in COUNTED:
        raise InputError(f"method = {method!r} takes samples, not counts. Choose from {', '.join(COUNTED)}.")
    return _call(method, x, y, options=options, confidence=level, rng=rng)


def _of_samples(
    columns: Columns,
    method: str,
    level: float,
    rng: np.random.Generator,
    options: dict[str, Any],
    progress: Progress,
) -> Estimate:
    if method == "monte_carlo":
        raise InputError("method = 'monte_carlo' takes two laws, with log_prob and sample; x and y are samples.")
    if method == "auto":
        k = check_neighbors(options.pop("k", 5))
        _no_options(options)
        return choose(columns, k, level, rng, progress)
    if method in COUNTED:
        return _counted(columns, method, level, rng, options)
    if columns.x_labels.shape[1]:
        return _labels_as_numbers(columns, method, level, rng, options)
    found = _call(method, columns.x, columns.y, options=options, confidence=level, rng=rng, weights=_weights(columns))
    return noted(found, *columns.notes)


def _weights(columns: Columns) -> tuple[Any, Any] | None:
    given = columns.x_weights, columns.y_weights
    return None if given == (None, None) else given


def _no_options(options: dict[str, Any]) -> None:
    if options:
        raise InputError(f"{next(iter(options))!r} is an option of a method. Name the method, as method='neighbors'.")


def _counted(
    columns: Columns, method: str, level: float, rng: np.random.Generator, options: dict[str, Any]
) -> Estimate:
    """A method for counts on samples: every distinct row is a category."""
    parts = [[*columns.x.T, *columns.x_labels.T], [*columns.y.T, *columns.y_labels.T]]
    x, y = joint_codes(*parts)
    tally = tally_codes(x, y, columns.x_weights, columns.y_weights)
    found = _call(method, tally.p, tally.q, options=options, confidence=level, rng=rng)
    shown = counted_labels(x, y, Points(columns.x, columns.y, columns.x_weights, columns.y_weights), level)
    return noted(replace(found, n=columns.n, m=columns.m, log_ratios=shown.log_ratios), *columns.notes)


def _labels_as_numbers(
    columns: Columns, method: str, level: float, rng: np.random.Generator, options: dict[str, Any]
) -> Estimate:
    """Methods that take labels beside numbers: the classifier, with codes as categories."""
    if method != "classifier_ratio":
        named = ", ".join(columns.label_names[:3])
        raise InputError(
            f"method = {method!r} takes numbers, and {named} holds labels. Use 'auto', 'classifier_ratio' or one of "
            f"{', '.join(COUNTED)}."
        )
    a = columns.x.shape[1]
    x, y = (
        np.concatenate([one, two], axis=1)
        for one, two in ((columns.x, columns.x_labels), (columns.y, columns.y_labels))
    )
    options = {"categories": tuple(range(a, x.shape[1]))} | options
    return noted(
        _call(method, x, y, options=options, confidence=level, rng=rng, weights=_weights(columns)), *columns.notes
    )


def _beyond_proof(found: Estimate, columns: Columns) -> Estimate:
    """Take the trust from a divergence that samples of this size cannot show."""
    least = min(effective_size(columns.n, columns.x_weights), effective_size(columns.m, columns.y_weights))
    if least < _ENOUGH and found.reliable:
        found = noted(found, unreliable=[f"{least:.3g} rows are too few for more than a guess of the interval"])
    if found.value <= math.log(max(least, 1.0)):
        return found
    reason = f"samples of this size cannot certify D > ln min(n, m) = {math.log(max(least, 1.0)):.3g} nats"
    return noted(replace(found, interval=(found.interval[0], math.inf)), unreliable=[reason])


def _for_every_row(found: Estimate, columns: Columns) -> Estimate:
    """Log ratios for the rows of x as they came: NaN for those that were left out."""
    kept = columns.x_kept
    if found.log_ratios is None or kept is None or kept.all():
        return found
    ratios = np.full(len(kept), np.nan)
    ratios[kept] = found.log_ratios
    return replace(found, log_ratios=ratios)


def _clipped(found: Estimate) -> Estimate:
    low, high = found.interval
    if found.value >= 0 and low >= 0:
        return found
    note = [f"clipped; the estimate itself is {found.value:.4g}"] if found.value < 0 else []
    return noted(replace(found, value=max(found.value, 0.0), interval=(max(low, 0.0), high)), *note)
