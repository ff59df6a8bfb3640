"""Why a rollout engine and a trainer disagree, from pairs of log-probabilities of the same sampled tokens."""

from typing import NamedTuple

import torch
from torch import Tensor

_FEWEST, _ENOUGH, _LIKELY = 50, 200, 20  # tokens for any cause, for one read from slopes, for comparing signs
_EQUAL = 1e-4  # nats: what two float32 kernels differ by at most
_ROUNDED, _MOVED = 0.025, 0.045  # nats, root of the mean square: rounding ends, other weights begin
_HALF, _TINY = -0.6931471805599453, 1e-300
_ONE_SIDED = 0.03  # nats: rounding below zero that a truncated sampler is granted


class Verdict(NamedTuple):
    """A cause, the reason in words, and the temperature where that is the cause."""

    cause: str
    reason: str
    temperature: float | None = None


class Figures(NamedTuple):
    """What the verdict is read from; d is log rollout/train, w its inverse ratio, x log train.

    Under temperature T, d = a x + c(state) with a = 1/T - 1. As w - 1 has mean 0 in every state, it is an instrument
    for a: the states' constants cancel in E[(w - 1) d] = a E[(w - 1) x], however much entropies differ. And a token
    with more than half of the mass gains by every T < 1 and loses by every T > 1, so `likely` tokens have one sign.
    """

    tokens: int
    size: float
    mean: float
    low: float
    negative: float
    weight: float
    missing: float
    exponent: float
    doubt: float
    share: float
    explained: float
    likely: int
    gaining: float


def figures(train: Tensor, rollout: Tensor, /) -> Figures:
    """The figures of tokens in float64."""
    step = rollout - train
    weight, count, size = torch.exp(-step), len(step), float(step.square().mean().sqrt())
    exponent, doubt = _exponent(step, weight, train)
    x, d = train - train.mean(), step - step.mean()
    both, xx, dd = (float(one.sum()) for one in (x * d, x * x, d * d))
    # Tokens of little change would be told by rounding, not by temperature.
    likely = step[(train > _HALF) & (step.abs() > max(1e-3, 0.1 * size))]
    return Figures(
        tokens=count,
        size=size,
        mean=float(step.mean()),
        low=float(step.kthvalue(max(1, count // 100)).values),
        negative=float((step < 0).double().mean()),
        weight=float(weight.mean()),
        missing=(1.0 - float(weight.mean())) / (float(weight.std()) / count**0.5 + _TINY),
        exponent=exponent,
        doubt=doubt,
        share=both / (xx + _TINY) / (exponent or _TINY),
        explained=both**2 / (xx * dd + _TINY),
        likely=len(likely),
        gaining=float((likely > 0).double().mean()) if len(likely) else 0.5,
    )


def _exponent(step: Tensor, weight: Tensor, train: Tensor) -> tuple[float, float]:
    """1/T - 1 by the instrument, and its standard error over 1/T."""
    bottom = float(((weight - 1.0) * train).mean()) or _TINY
    exponent = float(((weight - 1.0) * step).mean()) / bottom
    left = (weight - 1.0) * (step - exponent * train)
    return exponent, float(left.std()) / len(step) ** 0.5 / abs(bottom) / max(abs(1.0 + exponent), _TINY)


def name_cause(train: Tensor, rollout: Tensor, /) -> Verdict:
    """The cause that the tokens show, or "unclear"."""
    if not len(train):
        return Verdict("unclear", "no token counts")
    if len(train) < _FEWEST and float((rollout - train).abs().max()) > _EQUAL:
        return Verdict("unclear", f"{len(train)} tokens are too few to tell causes apart: {_FEWEST} at least")
    if float((rollout - train).abs().max()) <= _EQUAL:
        return Verdict("none", f"all tokens agree to {_EQUAL:g} nats")
    found = figures(train, rollout)
    for judge in (_truncated, _tempered, _rounded, _stale):
        verdict = judge(found)
        if verdict is not None:
            return verdict
    return Verdict(
        "unclear",
        f"log-ratios of {found.size:.2g} nats (root mean square), of which log p explains {found.explained:.0%}, "
        "fit no single cause",
    )


def _truncated(found: Figures) -> Verdict | None:
    if found.missing < 5.0 or found.weight > 0.999:
        return None
    if found.low >= -_ONE_SIDED and found.mean > 2.0 * max(-found.low, 0.0):
        return Verdict(
            "truncated sampling",
            f"the engine gives every token more than the trainer does, {found.mean:.3g} nats on average: it draws "
            f"from {found.weight:.1%} of the trainer's mass and never from the rest",
        )
    if found.missing > 6.0 and found.weight < 0.97:
        return Verdict(
            "unclear",
            f"the engine reaches {found.weight:.1%} of the trainer's mass, as a truncated sampler does, and something "
            "else moved its log-probabilities both ways",
        )
    return None


def _tempered(found: Figures) -> Verdict | None:
    if found.likely >= _LIKELY:
        minority = min(found.gaining, 1.0 - found.gaining)
        fits = minority < 0.02 and (found.gaining > 0.5) == (found.exponent > 0) and found.explained > 0.03
    else:
        fits = found.explained > 0.15 and found.share > 0.27
    if not fits or found.exponent <= -0.95 or found.tokens < _ENOUGH:
        return None
    known = found.doubt < 0.25
    temperature = 1.0 / (1.0 + found.exponent) if known else None
    over = (
        f"over {temperature:.3g}" if known else "over a temperature " + ("below 1" if found.exponent > 0 else "above 1")
    )
    signs = f", and likely tokens all {'gain' if found.exponent > 0 else 'lose'}" if found.likely >= _LIKELY else ""
    return Verdict(
        "temperature",
        f"log-probabilities of the engine are those of the trainer {over}, up to the normalization: log p explains "
        f"{found.explained:.0%} of the log-ratios" + signs,
        temperature,
    )


def _rounded(found: Figures) -> Verdict | None:
    fits = found.size <= _ROUNDED and abs(found.mean) < 0.25 * found.size and found.explained < 0.1
    if not fits:
        return None
    return Verdict(
        "precision",
        f"log-ratios of {found.size:.2g} nats (root mean square) around {found.mean:.1g}, whatever log p is: the "
        "size of rounding in bfloat16, or of weights one small step behind",
    )


def _stale(found: Figures) -> Verdict | None:
    mixed = min(found.gaining, 1.0 - found.gaining) > 0.1
    free = mixed if found.likely >= _LIKELY else found.explained < 0.12 and abs(found.share) < 0.12
    if not free or found.size < _MOVED or not 0.1 < found.negative < 0.9:
        return None
    if found.explained > 0.4 or found.tokens < _ENOUGH:
        return None
    return Verdict(
        "stale weights",
        f"log-ratios of {found.size:.2g} nats (root mean square), {found.negative:.0%} of them negative, of which "
        f"log p explains {found.explained:.0%}: too large for rounding, and no function of the trainer's own p",
    )
