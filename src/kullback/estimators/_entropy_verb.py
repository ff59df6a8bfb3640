"""`estimate_entropy`: the entropy of whatever a sample holds, by the method that suits it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.estimators._columns import Codes
from kullback.estimators._count_entropies import ENTROPIES
from kullback.estimators._counts_entropy import entropy_estimate
from kullback.estimators._entropy_columns import EntropyColumns, columns_of
from kullback.estimators._entropy_strata import stratified_entropy
from kullback.estimators._estimate import Estimate, in_base, noted
from kullback.estimators._kozachenko import kozachenko_leonenko, kozachenko_of
from kullback.estimators._options import Rng, check_base, check_confidence, check_method, check_neighbors, generator
from kullback.estimators._points import Floats
from kullback.estimators._rows import Rows, read_rows
from kullback.estimators._tally import read_sample_counts, weighed_counts

ENTROPY_METHODS = ("auto", "kozachenko_leonenko", *ENTROPIES)
"""Methods of `estimate_entropy` by name."""


def estimate_entropy(
    x: Any,
    /,
    *,
    method: str = "auto",
    k: int = 5,
    confidence: float = 0.95,
    base: float | None = None,
    rng: Rng = None,
    weights: Any = None,
    nan_policy: str = "raise",
) -> Estimate:
    r"""Entropy H(x) of the law behind a sample, with an interval.

    $$ -\sum_c p(c) \log p(c) \quad\text{of labels,}\qquad -\int p(z) \log p(z)\, dz \quad\text{of numbers,}\qquad
       H(c) + \sum_c p(c)\, H(z \mid c) \quad\text{of both} $$

    Args:
        x: A sample of shape ``(n,)`` or ``(n, d)`` (an array, a list, a Series, a data frame with columns of any
            kind), or counts: a dictionary from label to count.
        method: "auto" looks at the columns; "kozachenko_leonenko" takes all of them for numbers with a density;
            "extrapolated", "zhang_grabchak", "grassberger", "miller_madow" and "chao_shen" count distinct rows.
        k: Neighbors, for numbers.
        confidence: Level of the interval.
        base: Base of the logarithm: None for nats, 2 for bits, 10 for hartleys.
        rng: Seed or generator for where in its step a rounded value lies; None is the seed 0.
        weights: Weight of every row, shape ``(n,)``.
        nan_policy: Rows with NaN or NULL: "raise" an error or "omit" them.

    Returns:
        The estimate; notes say whether values were counted or measured, and why. An entropy of numbers depends on
        their units and may be negative.

    Raises:
        InputError: The input cannot be used; the message says what to do.

    Note:
        See `kozachenko_leonenko` and `zhang_grabchak_entropy` for how exact the figures are.

    References:
        Kozachenko and Leonenko (1987), Problems of Information Transmission 23; Zhang (2012), Neural Computation 24.

    Example:
        >>> from kullback.estimators import estimate_entropy
        >>> found = estimate_entropy({"heads": 480, "tails": 520}, base=2)
        >>> bool(found.interval[0] < 1 < found.interval[1])
        True
    """
    check_method(method, ENTROPY_METHODS)
    base, level, size, chance = check_base(base), check_confidence(confidence), check_neighbors(k), generator(rng)
    if isinstance(x, Mapping):
        return in_base(_of_counts(x, method, level, weights), base)
    rows = read_rows(x, weights=weights, nan_policy=nan_policy)
    if method in ENTROPIES:
        found = _counted(rows.distinct(), rows.weights, method, level)
    elif method == "kozachenko_leonenko":
        found = _measured(rows, size, level, chance)
    else:
        found = _chosen(columns_of(rows, chance), size, level)
    return in_base(noted(found, *rows.notes), base)


def _of_counts(x: Any, method: str, confidence: float, weights: Any) -> Estimate:
    if method == "kozachenko_leonenko":
        raise InputError(f"method = {method!r} takes numbers, and x holds counts. Choose from {', '.join(ENTROPIES)}.")
    if weights is not None:
        raise InputError("weights go with rows; counts hold them already. Leave them out.")
    counts, name = read_sample_counts(x, name="x"), "extrapolated" if method == "auto" else method
    return entropy_estimate(counts, ENTROPIES[name](counts), name, confidence=confidence)


def _counted(codes: Codes, weights: Floats | None, method: str, confidence: float) -> Estimate:
    counts = weighed_counts(codes, weights, int(codes.max()) + 1)
    return entropy_estimate(counts, ENTROPIES[method](counts), method, confidence=confidence)


def _measured(rows: Rows, k: int, confidence: float, rng: np.random.Generator) -> Estimate:
    if rows.label_names:
        raise InputError(
            f"method = 'kozachenko_leonenko' takes numbers, and column {rows.label_names[0]} holds labels. Use 'auto'."
        )
    return kozachenko_leonenko(rows.numbers, k=k, weights=rows.weights, confidence=confidence, rng=rng)


def _chosen(columns: EntropyColumns, k: int, confidence: float) -> Estimate:
    if columns.numbers.shape[1] == 0:
        found = _counted(columns.codes, columns.weights, "extrapolated", confidence)
    elif columns.codes.max() == 0:
        found = kozachenko_of(columns.numbers, k, columns.weights, confidence)
    else:
        found = stratified_entropy(columns, _counted(columns.codes, columns.weights, "extrapolated", confidence), k)
    return noted(found, *columns.notes)
