"""Whether a torch function sends the right derivatives to its arguments, and finite ones at zeros."""

import numpy as np

from kullback.divergences._audit._checks import zero_pairs
from kullback.divergences._audit._forms import Values, expected, short
from kullback.divergences._audit._probes import Function, encoded, gradients, weights
from kullback.divergences._audit._recognition import Match

_STEP = 1e-5


def gradient_report(function: Function, match: Match, /) -> dict[str, str]:
    """For `p` and `q`: right, none, or how wrong; for zeros of p, of q and of both: finite, or what goes where."""
    x, y = encoded(match.reading, *weights((1 if match.reading.layout == "vector" else 3, 5), seed=1912))
    found = gradients(function, match.reading, x, y)
    if found.error:
        return {"p": f"error: {found.error}", "q": f"error: {found.error}"}
    report = {
        "p": _beside(found.first, _derivative(match, x, y, 0)),
        "q": _beside(found.second, _derivative(match, x, y, 1)),
    }
    for name, pair in zero_pairs(match.reading).items():
        report[f"zeros of {name}"] = _at_zeros(*gradients(function, match.reading, *pair))
    return report


def _derivative(match: Match, x: Values, y: Values, which: int) -> Values:
    """Central differences of the recognized form, whose values carry every digit."""
    steps = _STEP * np.eye(x.size).reshape(x.size, *x.shape)
    ends = []
    for sign in (1, -1):
        moved = (x + sign * steps, y) if which == 0 else (x, y + sign * steps)
        ends.append(expected(match.form, *moved).reshape(x.size, -1).sum(axis=-1))
    slopes: Values = match.constant * (ends[0] - ends[1]) / (2 * _STEP)
    return slopes.reshape(x.shape)


def _beside(found: Values | None, right: Values) -> str:
    if found is None:
        return "none"
    off = float(np.abs(found - right).max() / np.abs(right).max())
    return "right" if off < 1e-4 else f"off by {short(off)} of its size"


def _at_zeros(first: Values | None, second: Values | None, error: str) -> str:
    if error:
        return f"error: {error}"
    parts = []
    for word, test in (("nan", np.isnan), ("inf", np.isinf)):
        sides = [side for side, one in (("p", first), ("q", second)) if one is not None and test(one).any()]
        parts += [f"{word} to {' and '.join(sides)}"] if sides else []
    return ", ".join(parts) or "finite"
