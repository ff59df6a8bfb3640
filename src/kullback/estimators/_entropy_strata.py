"""The entropy of labels and numbers together: the chain rule, label by label."""

import math

import numpy as np

from kullback.estimators._entropy_columns import EntropyColumns
from kullback.estimators._estimate import Estimate, normal_interval, noted
from kullback.estimators._kozachenko import QUANTITY, kozachenko_of
from kullback.estimators._points import effective_size

_LEAST = 10  # rows that a label needs for its numbers to be measured
_SKIPPED = 0.05  # share of rows under labels with fewer, from which on the figure is not reliable


def stratified_entropy(columns: EntropyColumns, counted: Estimate, k: int, /) -> Estimate:
    r"""Entropy $H(c) + \sum_c p(c) H(z \mid c)$ of labels c and numbers z.

    Args:
        columns: The sample.
        counted: Entropy of the labels.
        k: Neighbors.

    Returns:
        The sum in nats. Numbers under labels of fewer than 10 rows are taken to have the mean entropy of the others.

    References:
        Cover and Thomas (2006), Elements of Information Theory, section 8.4.
    """
    n = len(columns.codes)
    shares = np.bincount(columns.codes, columns.weights) / (n if columns.weights is None else 1.0)
    known, values, errors, reasons = [], [], [], []
    for code in range(len(shares)):
        inside = columns.codes == code
        numbers = columns.numbers[inside]
        numbers = numbers[:, np.any(numbers != numbers[:1], axis=0)]
        if numbers.shape[1] and len(np.unique(numbers, axis=0)) < _LEAST:
            continue
        part = None if columns.weights is None else columns.weights[inside] / columns.weights[inside].sum()
        found = kozachenko_of(numbers, k, part, counted.confidence) if numbers.shape[1] else None
        known.append(code)
        values.append(0.0 if found is None else found.value)
        errors.append(0.0 if found is None else found.stderr)
        if found is not None and not found.reliable:
            reasons.append("the entropy under a label is not reliable")
    skipped = 1.0 - float(shares[known].sum())
    if skipped > _SKIPPED or not known:
        reasons.append(f"{100 * skipped:.2g} % of the rows are under labels with fewer than {_LEAST} distinct numbers")
    weights = shares[known] / max(1.0 - skipped, np.finfo(np.float64).tiny)
    inner = float(weights @ np.array(values))
    # The shares are estimated too: a row adds the surprise at its label and the entropy of the numbers under it.
    surprise = -np.log(shares[known]) + np.array(values)
    moved = float(weights @ (surprise - float(weights @ surprise)) ** 2) / effective_size(n, columns.weights)
    inside_error = float(weights**2 @ np.array(errors) ** 2)
    stderr = math.sqrt(max(moved, counted.stderr**2) + inside_error)
    value = counted.value + inner
    notes = [f"labels: {counted.value:.4g} nats by {counted.method}; numbers under {len(known)} labels: {inner:.4g}"]
    estimate = Estimate(
        value, stderr, normal_interval(value, stderr, counted.confidence), counted.confidence, "stratified", n, 0,
        counted.reliable, tuple(notes), QUANTITY,
    )  # fmt: skip
    return noted(estimate, *counted.notes, unreliable=list(dict.fromkeys(reasons)))
