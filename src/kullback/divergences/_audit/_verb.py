"""The verb."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from kullback._core import InputError, printable
from kullback.divergences._audit._checks import at_zeros, near_error, third_axis, with_weights, zero_pairs
from kullback.divergences._audit._forms import short
from kullback.divergences._audit._gradient import gradient_report
from kullback.divergences._audit._probes import KINDS, SHAPE, Answer, Function, Reading, call, pairs, readings
from kullback.divergences._audit._recognition import Match, recognize
from kullback.divergences._audit._record import Audit
from kullback.divergences._audit._scale import Scale, scale
from kullback.divergences._audit._words import Facts, findings, sentence

_NONE = "none of these"


def audit(function: Callable[[Any, Any], Any], /, *, given: tuple[str, str] | None = None) -> Audit:
    """Say what somebody's function or loss of two distributions computes, by calling it with known pairs.

    Args:
        function: Takes two arrays of NumPy or torch: vectors, or tables with one distribution per row or column;
            of torch only if torch is already imported. It is called some hundred times with small float64 arrays.
        given: What its first and second argument hold, each "probs", "log_probs" or "logits"; tried out if not said.

    Returns:
        The record; as text it is one sentence and the findings. p is the first argument, q the second;
        R and V are the numbers of rows and outcomes.

    Raises:
        InputError: If it cannot be called in any way, or `given` is not a pair of known kinds.

    Note:
        Recognized are Kullback-Leibler in both directions, Jeffreys, Jensen-Shannon and its root, and cross-entropy.
        What agrees to 1e-5 counts as the same; a hidden epsilon is fitted from tiny and zero probabilities.
        Takes milliseconds for a plain function, a second or two for one that is none of these.

    Example:
        >>> import numpy as np
        >>> print(audit(lambda p, q: np.mean(q * np.log2((q + 1e-8) / (p + 1e-8)))).sentence)
        D(q‖p) / (R·V), mean of all entries, base 2, epsilon 1e-8 added to p and q inside the logarithm, finite at zeros
    """
    if not callable(function):
        raise InputError(
            f"got {printable(repr(function), 80)}, which cannot be called; audit needs a function of two arrays. "
            "Pass the function itself, not what it returned."
        )
    if given is not None and given not in product(KINDS, KINDS):
        raise InputError(
            f"given={given!r} does not say what both arguments hold; each of the two is one of {', '.join(KINDS)}. "
            "Write for example given=('log_probs', 'probs'), or leave it out."
        )
    match = recognize(function, readings(given))
    return _recognized(function, match) if match is not None else _unrecognized(function, given)


def _recognized(function: Function, match: Match) -> Audit:
    weighed = with_weights(function, match)
    match = weighed or match
    constant = scale(function, match)
    torch = match.reading.framework == "torch"
    facts = Facts(
        match,
        constant,
        weighed is not None,
        at_zeros(function, match),
        near_error(function, match, 2.0**-20),
        near_error(function, match, 2.0**-23),
        gradient_report(function, match) if torch else None,
        _third_axis(function, match, constant),
    )
    form, smoothing = match.form, match.form.smoothing
    return Audit(
        sentence=sentence(facts),
        quantity=form.quantity.name,
        direction=form.quantity.direction,
        base=constant.base,
        reduction=constant.reduction,
        factor=constant.factor,
        epsilon=None if smoothing is None or smoothing.kind == "skipped" else float(short(smoothing.epsilon)),
        normalizes=all(form.any_total) if weighed is not None else None,
        framework=match.reading.framework,
        given=form.given,
        temperature=float(short(form.temperature)),
        zeros=facts.zeros,
        near_equal_error=facts.near,
        gradient=facts.gradient,
        findings=(*findings(facts), *_manners(function, match.reading)),
    )


def _third_axis(function: Function, match: Match, constant: Scale) -> str:
    if match.reading.layout != "rows" or constant.divisor != " / R":
        return ""
    return third_axis(function, match, match.constant * SHAPE[0])


def _unrecognized(function: Function, given: tuple[str, str] | None) -> Audit:
    answers = {way: call(function, way, *(v[0] for v in pairs(way))) for way in readings(given)}
    reading = _finite(answers)
    found = list(_manners(function, reading))
    other = recognize(function, readings(None)) if given is not None else None
    if other is not None:
        first, second = other.form.given
        found.insert(0, f"Given ({first}, {second}) it would be {other.form.quantity.symbol}, up to a constant.")
    zeros = {}
    for name, pair in zero_pairs(reading).items():
        answer = call(function, reading, *pair)
        zeros[name] = f"error: {answer.error}" if answer.error else short(float(answer.values.sum()))
    return Audit(
        sentence=f"none of the quantities that can be recognized, called with {reading}",
        quantity=_NONE,
        direction=None,
        base=None,
        reduction=None,
        factor=None,
        epsilon=None,
        normalizes=None,
        framework=reading.framework,
        given=given,
        temperature=1.0,
        zeros=zeros,
        near_equal_error=None,
        gradient=None,
        findings=tuple(found),
    )


def _finite(answers: dict[Reading, Answer]) -> Reading:
    """The plainest way of calling that gave numbers: probabilities, in rows, if that is among them."""
    called = {way: answer for way, answer in answers.items() if not answer.error}
    if not called:
        said: dict[str, list[str]] = {}
        for way, answer in answers.items():
            said.setdefault(printable(answer.error, 160), []).append(f"{way.framework} {way.layout}")
        errors = "; ".join(f"{', '.join(dict.fromkeys(ways))}: {error}" for error, ways in said.items())
        raise InputError(
            f"the function could not be called with two arrays. Tried were {errors}. Pass one that returns a value, "
            "or one per row or outcome; wrap other arguments in a lambda; import torch first if it takes tensors."
        )
    finite = [way for way, answer in called.items() if np.isfinite(answer.values).all()]
    return max(finite or called, key=lambda way: (way.given == ("probs", "probs"), way.layout == "rows"))


def _manners(function: Function, reading: Reading) -> list[str]:
    """Findings on the call itself: a changed argument, an answer that is not the same twice."""
    x, y = (values[0] for values in pairs(reading))
    first, second = call(function, reading, x, y), call(function, reading, x, y)
    found = ["Changes its arguments in place."] if first.changed else []
    if not np.array_equal(first.values, second.values, equal_nan=True):
        found.append("Gives another value each time for the same input.")
    return found
