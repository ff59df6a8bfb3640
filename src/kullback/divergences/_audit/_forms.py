"""The quantities that a function of two distributions may compute, and how it may treat its input before."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kullback._core import phi

Values = NDArray[np.float64]


class Part(NamedTuple):
    """The summand coefficient · weight · log(upper / lower); its letters are p, q, m for their middle, 1 for ones."""

    coefficient: float
    weight: str
    upper: str
    lower: str


class Quantity(NamedTuple):
    """A quantity, the sum of its parts over the outcomes."""

    name: str
    direction: str | None
    symbol: str
    parts: tuple[Part, ...]
    root: bool = False

    @property
    def cancels(self) -> bool:
        """Whether it is a divergence, near zero the small difference of large summands."""
        return all(part.upper != "1" for part in self.parts)


_FORWARD, _BACKWARD = Part(1.0, "p", "p", "q"), Part(1.0, "q", "q", "p")
_TO_MIDDLE = Part(0.5, "p", "p", "m"), Part(0.5, "q", "q", "m")
QUANTITIES = (
    Quantity("Kullback-Leibler divergence", "p‖q", "D(p‖q)", (_FORWARD,)),
    Quantity("Kullback-Leibler divergence", "q‖p", "D(q‖p)", (_BACKWARD,)),
    Quantity("Jeffreys divergence", None, "Jeffreys(p, q)", (_FORWARD, _BACKWARD)),
    Quantity("Jensen-Shannon divergence", None, "JS(p, q)", _TO_MIDDLE),
    Quantity("root of the Jensen-Shannon divergence", None, "√JS(p, q)", _TO_MIDDLE, root=True),
    Quantity("cross-entropy", "p‖q", "H(p, q)", (Part(1.0, "p", "1", "q"),)),
    Quantity("cross-entropy", "q‖p", "H(q, p)", (Part(1.0, "q", "1", "p"),)),
)
# Where each letter stands between p and q.
_PLACES = {"p": 0.0, "m": 0.5, "q": 1.0}


RATIO = "ratio"


class Smoothing(NamedTuple):
    """What keeps zeros out of the logarithm.

    Attributes:
        kind: "added", "clamped", or "skipped" for outcomes that are left out.
        side: "p", "q", "pq", or `RATIO` for what the logarithm is taken of.
        scope: "logarithm" if the weights stay as they are, "everywhere", or "total" if all is normalized after.
        epsilon: How much.
    """

    kind: str
    side: str
    scope: str
    epsilon: float

    def __str__(self) -> str:
        """In words: which epsilon stands where."""
        side = {"pq": "p and q", RATIO: "the ratio"}.get(self.side, self.side)
        if self.kind == "skipped":
            return "outcomes skipped where p or q is 0"
        verb = f"added to {side}" if self.kind == "added" else f"as lower clamp of {side}"
        more = {"logarithm": " inside the logarithm", "everywhere": "", "total": ", then normalized"}[self.scope]
        return f"epsilon {short(self.epsilon)} {verb}{more}"


@dataclass(frozen=True)
class Form:
    """What a function is believed to compute, up to a constant.

    Attributes:
        given: What each argument holds: "probs", "log_probs" or "logits".
        quantity: Row of `QUANTITIES`.
        level: "total", "row" or "entry": one value in all, per distribution, per outcome.
        temperature: Logits are divided by it.
        smoothing: The hidden epsilon, if any.
        normalized: Whether each argument is divided by its total first.
        balanced: Whether q - p is added, so that unnormalized weights keep the divergence non-negative.
    """

    given: tuple[str, str]
    quantity: Quantity
    level: str
    temperature: float = 1.0
    smoothing: Smoothing | None = None
    normalized: tuple[bool, bool] = (False, False)
    balanced: bool = False

    @property
    def any_total(self) -> tuple[bool, bool]:
        """Whether the total of each argument has no influence."""
        totaled = self.smoothing.side if self.smoothing is not None and self.smoothing.scope == "total" else ""
        sides = zip("pq", self.given, self.normalized, strict=True)
        first, second = (done or kind == "logits" or name in totaled for name, kind, done in sides)
        return first, second


def short(value: float) -> str:
    """Three digits, exponents without a leading zero: 1e-8."""
    return f"{value:.3g}".replace("e-0", "e-")


def decoded(values: Values, kind: str, temperature: float) -> Values:
    """The weights that an argument of this kind stands for, outcomes along the last axis."""
    if kind == "probs":
        return values
    if kind == "log_probs":
        return np.exp(values)
    odds = np.exp((values - values.max(axis=-1, keepdims=True)) / temperature)
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def expected(form: Form, x: Values, y: Values, /) -> Values:
    """What the form says of raw arguments of shape ``(..., rows, outcomes)``, in nats and without divisor."""
    with np.errstate(all="ignore"):
        p, q = decoded(x, form.given[0], form.temperature), decoded(y, form.given[1], form.temperature)
        p, q = (v / v.sum(axis=-1, keepdims=True) if do else v for v, do in zip((p, q), form.normalized, strict=True))
        extra = form.smoothing.epsilon if form.smoothing is not None and form.smoothing.side == RATIO else 0.0
        terms = _terms(form.quantity, *_smoothed(p, q, form.smoothing), extra)
        if form.balanced:
            terms = terms + (q - p if form.quantity.direction == "p‖q" else p - q)
        return reduced(terms, form)


def near(quantity: Quantity, p: Values, gap: Values, /) -> Values:
    """Summands in Bregman form, which keep every digit, from p and gap = (q - p) / p."""
    terms = np.zeros_like(p)
    for coefficient, weight, _, lower in quantity.parts:
        start, end = _PLACES[weight], _PLACES[lower]
        ratio = 1 + start * gap
        terms += coefficient * p * ratio * phi((end - start) * gap / ratio)
    return terms


def reduced(terms: Values, form: Form, /) -> Values:
    """Summands of shape ``(..., rows, outcomes)`` added up to the level of the form."""
    if form.level == "entry":
        return terms
    rows = terms.sum(axis=-1)
    rows = np.sqrt(rows) if form.quantity.root else rows
    return rows if form.level == "row" else np.asarray(rows.sum(axis=-1))


def _terms(quantity: Quantity, p: Values, q: Values, log_p: Values, log_q: Values, extra: float) -> Values:
    """Summands in textbook form, zero where the weight is; the logarithms are of `log_p`, `log_q`, ratio + `extra`."""
    weights, inside = {"p": p, "q": q}, {"p": log_p, "q": log_q, "m": (log_p + log_q) / 2, "1": np.ones_like(log_p)}
    terms = np.zeros_like(p)
    for coefficient, weight, upper, lower in quantity.parts:
        above, below = inside[upper], inside[lower]
        logs = np.log(above / below + extra) if extra else np.log(above) - np.log(below)
        terms = terms + np.where(weights[weight] == 0, 0.0, coefficient * weights[weight] * logs)
    return terms


def _smoothed(p: Values, q: Values, how: Smoothing | None) -> tuple[Values, Values, Values, Values]:
    """The weights p and q, and what stands for them inside the logarithm."""
    if how is None:
        return p, q, p, q
    if how.kind == "skipped":
        both = (p > 0) & (q > 0)
        return p * both, q * both, p, q
    log_p, log_q = (_raised(v, how) if name in how.side else v for name, v in (("p", p), ("q", q)))
    return (p, q, log_p, log_q) if how.scope == "logarithm" else (log_p, log_q, log_p, log_q)


def _raised(values: Values, how: Smoothing) -> Values:
    raised = values + how.epsilon if how.kind == "added" else np.maximum(values, how.epsilon)
    return raised / raised.sum(axis=-1, keepdims=True) if how.scope == "total" else raised
