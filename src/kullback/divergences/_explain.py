"""`explain`: where a number comes from, how exact it is, and what makes it large or infinite."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import InputError, Shown, numbers, percent, printable
from kullback.divergences._arrays import array_divergence, summands
from kullback.divergences._divergence import answer_of
from kullback.divergences._inputs import check_array, is_vector, read_pair
from kullback.divergences._ladder import Answer

_EPS = float(np.finfo(np.float64).eps)
_SHOWN = 5


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Shown):
    """What `kl.explain` found; prints as a short text.

    Attributes:
        value: D(p‖q) in nats.
        reverse: D(q‖p) in nats.
        rung: How D(p‖q) was found.
        error: Bound of its absolute error in nats.
        reverse_rung: How D(q‖p) was found.
        reverse_error: Bound of its error.
        contributions: Outcome and summand p log(p/q) - p + q in nats, largest first; empty for laws.
        cause: Why D(p‖q) is infinite; None where it is finite.
        reverse_cause: Why D(q‖p) is infinite.
        mass: The mass of p on what q holds impossible, for arrays.
    """

    value: float
    reverse: float
    rung: str
    error: float
    reverse_rung: str
    reverse_error: float
    contributions: tuple[tuple[Any, float], ...] = ()
    cause: str | None = None
    reverse_cause: str | None = None
    mass: float | None = None

    @property
    def bits(self) -> float:
        """D(p‖q) in bits."""
        return self.value / float(np.log(2.0))

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        lines = [
            _figure("D(p‖q)", self.value, self.error),
            f"  by {self.rung}",
            *([f"  infinite: {self.cause}"] if self.cause and np.isinf(self.value) else []),
            _figure("D(q‖p)", self.reverse, self.reverse_error),
            f"  by {self.reverse_rung}",
            *([f"  infinite: {self.reverse_cause}"] if self.reverse_cause and np.isinf(self.reverse) else []),
        ]
        if self.contributions:
            lines.append("Largest contributions to D(p‖q), p log(p/q) - p + q:")
            width = max(len(_label(outcome)) for outcome, _ in self.contributions)
            total = self.value
            for outcome, part in self.contributions:
                share = f"  {percent(part / total)}" if 0 < total < np.inf and part < np.inf else ""
                lines.append(f"  {_label(outcome):<{width}}  {part:.6g} nats{share}")
        return lines


def _label(outcome: Any) -> str:
    return printable(str(outcome), 40)


def _figure(name: str, value: float, error: float) -> str:
    if np.isinf(value):
        return f"{name} = inf"
    bits = value / float(np.log(2.0))
    known = f", error at most {error:.1g}" if np.isfinite(error) else ", error unknown"
    return f"{name} = {value:.10g} nats = {bits:.10g} bits{known if value > 0 or error > 0 else ', exactly'}"


def explain(p: Any, q: Any, /, *, normalize: bool = False) -> Explanation:
    """Say how the divergence of one pair comes about, in both directions.

    Args:
        p: What happens, as in `divergence`; one vector or one law, not a batch.
        q: What was expected.
        normalize: Whether arrays are weights or counts.

    Returns:
        A record that prints as text: the rung of the ladder that gave the number, a bound of its error, both
        directions, the largest contributions, and for an infinite divergence the outcome or the stretch that causes
        it and its mass.

    Raises:
        InputError: As in `divergence`, or a batch came.

    Example:
        >>> import kullback as kl
        >>> print(kl.explain({"Windows": 0.60, "macOS": 0.25, "Linux": 0.15}, {"Windows": 0.75, "macOS": 0.25}))
        D(p‖q) = inf
          by sum over 3 outcomes
          infinite: q holds Linux impossible, p gives it 15 %
        D(q‖p) = 0.1673576635 nats = 0.2414460712 bits, error at most 3e-16
          by sum over 3 outcomes
        Largest contributions to D(p‖q), p log(p/q) - p + q:
          Linux    inf nats
          Windows  0.0161139 nats
          macOS    0 nats
    """
    if is_vector(p) and is_vector(q):
        return _explain_arrays(p, q, normalize=normalize)
    there, laws = answer_of(p, q, normalize=normalize)
    back, _ = answer_of(q, p, normalize=normalize)
    if any(numbers(answer.value).size != 1 for answer in (there, back)):
        raise InputError(f"{laws[0]!r} or {laws[1]!r} is a batch. One pair at a time can be explained; index it.")
    value, reverse = (float(numbers(answer.value).item()) for answer in (there, back))
    return Explanation(
        value=value,
        reverse=reverse,
        rung=there.rung,
        error=_bound(there, value),
        reverse_rung=back.rung,
        reverse_error=_bound(back, reverse),
        cause=there.cause if np.isinf(value) else None,
        reverse_cause=back.cause if np.isinf(reverse) else None,
    )


def _bound(answer: Answer, value: float) -> float:
    """The bound that came with the number, and the roundings of a closed form."""
    rounding = 32 * _EPS * value if np.isfinite(value) else 0.0
    if answer.error is None:
        return rounding
    return max(float(np.max(numbers(answer.error))), 0.0) + (0.0 if "closed" not in answer.rung else rounding)


def _explain_arrays(p: Any, q: Any, *, normalize: bool) -> Explanation:
    pair = read_pair(p, q)
    if pair.p.ndim != 1:
        raise InputError(
            f"A batch of shape {tuple(pair.p.shape)} came. One vector at a time can be explained; index it."
        )
    for name, array in (("p", pair.p), ("q", pair.q)):
        check_array(pair.xp, name, array, pair.tolerance, normalize=normalize)
    swapped = read_pair(q, p)
    value, reverse = (float(numbers(array_divergence(side, normalize=normalize)).item()) for side in (pair, swapped))
    with np.errstate(all="ignore"):
        parts = numbers(summands(pair, "bregman"))
    labels = pair.labels or tuple(range(parts.size))
    order = np.argsort(-parts, kind="stable")[:_SHOWN]
    left, right = (numbers(array) / numbers(array).sum() for array in (pair.p, pair.q))
    lost = (left > 0) & (right == 0)
    names = dict(zip(range(parts.size), labels, strict=True))
    rung = f"sum over {parts.size} outcomes"
    return Explanation(
        value=value,
        reverse=reverse,
        rung=rung,
        error=8 * _EPS * value if np.isfinite(value) else 0.0,
        reverse_rung=rung,
        reverse_error=8 * _EPS * reverse if np.isfinite(reverse) else 0.0,
        contributions=tuple((names[index], float(parts[index])) for index in order.tolist()),
        cause=_lost("q", "p", left, lost, labels) if np.isinf(value) else None,
        reverse_cause=_lost("p", "q", right, (right > 0) & (left == 0), labels) if np.isinf(reverse) else None,
        mass=float(left[lost].sum()) if lost.any() else None,
    )


def _lost(without: str, holder: str, shares: Any, lost: Any, labels: tuple[Any, ...]) -> str:
    if not lost.any():
        return "the figure is beyond the largest float"
    places = np.flatnonzero(lost)
    heaviest = places[np.argsort(-shares[places], kind="stable")]
    named = ", ".join(_label(labels[place]) for place in heaviest[:3])
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    them = "it" if len(places) == 1 else "them"
    return f"{without} holds {named}{more} impossible, {holder} gives {them} {percent(float(shares[places].sum()))}"
