"""The sentence and the findings: what was measured, as a person reads it."""

from collections.abc import Iterator
from typing import NamedTuple

from kullback._core import percent
from kullback.divergences._audit._checks import ZEROS
from kullback.divergences._audit._forms import short
from kullback.divergences._audit._probes import SHAPE
from kullback.divergences._audit._recognition import SAME, Match
from kullback.divergences._audit._scale import Scale

# From here on a loss of digits is worth a sentence.
_LOST = 1e-3


class Facts(NamedTuple):
    """What was measured on a recognized function; `weighed` is None if weights are refused or treated oddly."""

    match: Match
    scale: Scale
    weighed: bool
    zeros: dict[str, str]
    near: float | None
    nearer: float | None
    gradient: dict[str, str] | None
    third_axis: str


def sentence(facts: Facts, /) -> str:
    """One line: quantity, divisor, arguments, base, temperature, epsilon, zeros."""
    given, form = facts.match.form.given, facts.match.form
    close = "close to " if facts.match.spread > SAME else ""
    parts = [f"{close}{facts.scale.factor_words(form.temperature)}{form.quantity.symbol}{facts.scale.divisor or ''}"]
    parts.append(facts.scale.reduction)
    if given != ("probs", "probs"):
        parts.append(f"p as {given[0]}, q as {given[1]}")
    parts.append(f"base {'e' if facts.scale.base not in {2.0, 10.0} else short(facts.scale.base)}")
    if form.temperature != 1:
        parts.append(f"softmax at T = {short(form.temperature)}")
    if form.smoothing is not None:
        parts.append(str(form.smoothing))
    return ", ".join([*parts, zeros_words(facts.zeros)])


def zeros_words(zeros: dict[str, str], /) -> str:
    """The behavior at zeros in a few words."""
    if all(said in {"exact", "inf", "-inf"} for said in zeros.values()):
        return "exact at zeros"
    groups = {"NaN": "nan", "infinite": "inf,", "fails": "error"}
    found = [(word, [name for name in ZEROS if zeros[name].startswith(start)]) for word, start in groups.items()]
    words = [f"{word} at zeros of {', '.join(names)}" for word, names in found if names]
    return ", ".join(words) or "finite at zeros"


def findings(facts: Facts, /) -> Iterator[str]:
    """What a user should know, the heaviest first."""
    yield from _of_scale(facts)
    yield from _of_form(facts.match)
    for name, said in facts.zeros.items():
        if said not in {"exact", "inf", "-inf"}:
            yield f"At zeros of {name}: {said}."
    yield from _of_weights(facts)
    if facts.near is not None and facts.nearer is not None and facts.nearer > _LOST:
        yield f"Near-equal input: off by {_lost(facts.near)} at a difference of 1e-6, by {_lost(facts.nearer)} at 1e-7."
    yield from _of_gradient(facts.gradient or {}, facts.zeros)


def _of_scale(facts: Facts) -> Iterator[str]:
    form, scale = facts.match.form, facts.scale
    if scale.divisor in {" / V", " / (R·V)"}:
        yield (
            f"Divides by the number of outcomes too: with {SHAPE[1]} outcomes, {SHAPE[1]} times too small. "
            "Add up the outcomes and average the rows (torch: reduction='batchmean')."
        )
    if facts.third_axis:
        yield facts.third_axis
    if facts.match.reading.layout == "columns":
        yield "Takes each column of a table as a distribution: pass axis=-1, or transpose, if yours are rows."
    heat = form.temperature
    if heat != 1 and scale.factor != heat**2:
        yield (
            f"Softens by T = {short(heat)} but does not multiply by T²: "
            f"gradients by the logits are about {short(heat**2)} times smaller than at T = 1."
        )
    if facts.match.spread > SAME:
        yield f"Agrees only to {percent(facts.match.spread)}: it does something else beside."


def _of_form(match: Match) -> Iterator[str]:
    if match.form.smoothing is not None and match.form.smoothing.kind != "skipped":
        yield f"Hidden {match.form.smoothing}: what it gives is not the divergence of its input."
    if match.form.balanced:
        yield "Adds the difference of the totals, so weights of any total give a divergence that is never negative."


def _of_weights(facts: Facts) -> Iterator[str]:
    if not facts.weighed:
        yield "On weights that do not add up to 1 it fails, is not finite, or does something unrecognized."
    divided = [name for name, does in zip("pq", facts.match.form.normalized, strict=True) if does]
    if divided:
        yield f"Divides {' and '.join(divided)} by the total without a word: counts or wrong totals pass unnoticed."


def _of_gradient(gradient: dict[str, str], zeros: dict[str, str]) -> Iterator[str]:
    for name, said in gradient.items():
        if said.startswith("inf") and zeros.get(name.removeprefix("zeros of ")) == "inf":
            continue  # an infinite value has an infinite slope
        if said == "none":
            yield f"Sends no gradient to {name}."
        elif said not in {"right", "finite"}:
            yield f"Gradient at {name}: {said}." if name.startswith("zeros") else f"Gradient to {name}: {said}."


def _lost(share: float) -> str:
    return percent(share) if share <= 1 else f"a factor of {short(share)}"
