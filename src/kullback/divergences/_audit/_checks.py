"""What a recognized function does with zeros, weights, near-equal input and a third axis."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from kullback._core import phi
from kullback.divergences._audit._forms import Form, Values, decoded, expected, near, reduced, short
from kullback.divergences._audit._probes import Function, Reading, call, encoded, weights, with_entry
from kullback.divergences._audit._recognition import SAME, Match, fitted, observe

# Dyadic probabilities and steps: the pair is exact in binary, so what is lost is lost by the function.
_DYADIC = np.array([[20, 8, 16, 4, 16], [4, 24, 12, 8, 16], [10, 10, 12, 12, 20]]) / 64.0
_DIRECTION = np.array([[1, -2, 3, 1, -3], [-1, 2, 2, -1, -2], [2, -1, -3, 1, 1]]) / 16.0
ZEROS = ("p", "q", "both")


def zero_pairs(reading: Reading) -> dict[str, tuple[Values, Values]]:
    """Raw arguments with a zero of p, of q, of both at the same outcome."""
    p, q = weights((1 if reading.layout == "vector" else 3, 5), seed=1977)
    p_zero, q_zero = with_entry(p, 0.0), with_entry(q, 0.0)
    cases = ((p_zero, q), (p, q_zero), (p_zero, q_zero))
    return {name: encoded(reading, *case) for name, case in zip(ZEROS, cases, strict=True)}


def at_zeros(function: Function, match: Match, /) -> dict[str, str]:
    """What the function says where p, q or both are zero, beside what is right."""
    truth = replace(match.form, smoothing=None)
    found = {}
    for name, (x, y) in zero_pairs(match.reading).items():
        answer = call(function, match.reading, x, y)
        right = match.constant * float(expected(truth, x, y).sum())
        found[name] = f"error: {answer.error}" if answer.error else _beside(float(answer.values.sum()), right)
    return found


def _beside(value: float, right: float) -> str:
    if value == right and np.isinf(value):
        return short(value)
    if np.isclose(value, right, rtol=1e-6, atol=0.0):
        return "exact"
    digits = 3 if short(value) != short(right) else 8
    return f"{value:.{digits}g}, not {right:.{digits}g}"


def with_weights(function: Function, match: Match, /) -> Match | None:
    """The match with what the function does about totals other than one; None if it refuses or does something else."""
    p, q = weights((6, 1 if match.reading.layout == "vector" else 3, 5), seed=1986)
    totals = np.linspace(0.3, 0.9, 6)[:, None, None]  # below one, where a clamp from above does nothing
    observed = observe(function, match.reading, *encoded(match.reading, totals * p, totals**2 * q))
    if observed is None:
        return None
    matches = [fitted(form, observed) for form in _treatments(match.form)]
    good = [
        found
        for found in matches
        if found.spread < SAME + 10 * match.spread and np.isclose(found.constant, match.constant, rtol=1e-4)
    ]
    closest = min((found.spread for found in good), default=0.0)
    plainest = next((found for found in good if found.spread <= 10 * closest + 1e-13), None)
    return None if plainest is None else match._replace(form=plainest.form)


def _treatments(form: Form) -> Iterator[Form]:
    """The form with everything that a function may do about totals, the plainest first."""
    balances = (False, True) if form.quantity.cancels and form.quantity.direction else (False,)
    smoothings = [form.smoothing]
    if form.smoothing is not None and form.smoothing.scope == "everywhere":
        smoothings.append(form.smoothing._replace(scope="total"))
    for balanced, smoothing, first, second in product(balances, smoothings, (False, True), (False, True)):
        yield replace(form, balanced=balanced, smoothing=smoothing, normalized=(first, second))


def near_error(function: Function, match: Match, step: float, /) -> float | None:
    """Relative error where probabilities or logits differ by about `step`; None where nothing can cancel."""
    pair = _near_pair(match, step) if match.form.quantity.cancels else None
    if pair is None:
        return None
    x, y, p, gap = pair
    answer = call(function, match.reading, x, y)
    right = match.constant * float(reduced(near(match.form.quantity, p, gap), match.form).sum())
    return abs(float(answer.values.sum()) / right - 1)


def _near_pair(match: Match, step: float) -> tuple[Values, Values, Values, Values] | None:
    """Raw arguments, the exact p, and (q - p) / p to full relative precision."""
    rows = slice(1 if match.reading.layout == "vector" else None)
    p, change, heat = _DYADIC[rows], _DIRECTION[rows] * step, match.form.temperature
    if match.form.given == ("logits", "logits"):
        x, tilt = 16 * p, change / heat
        p = decoded(x, "logits", heat)
        tilt = tilt - (p * tilt).sum(axis=-1, keepdims=True)
        log_total = np.log1p((p * phi(np.expm1(tilt))).sum(axis=-1, keepdims=True))
        return x, x + change, p, np.expm1(tilt - log_total)
    return None if heat != 1 else (*encoded(match.reading, p, p + change), p, change / p)


def third_axis(function: Function, match: Match, whole: float, /) -> str:
    """What becomes of a mean over rows on (batch, tokens, outcomes); `whole` is the constant before division."""
    x, y = encoded(match.reading, *weights((2, 3, 5)))
    answer = call(function, match.reading, x, y)
    if answer.error or answer.level != "total":
        return ""
    undivided = whole * float(expected(match.form, x, y).sum())
    if np.isclose(6 * answer.values, undivided, rtol=1e-4):
        return ""
    if np.isclose(2 * answer.values, undivided, rtol=1e-4):
        return "On (batch, tokens, outcomes) it divides by the batch alone: tokens times the mean of a token."
    return "On (batch, tokens, outcomes) it computes something else: the outcomes are not the last axis there."
