"""Negative estimates of a divergence: chance, or samples that are not the policy's own?"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import torch
from torch import Tensor

from kullback._core import exp_gap
from kullback.nn.policies._checks import read_tokens

_SURE = 1e-3
_FEWEST = 20  # units below which no normal law is assumed


@dataclass(frozen=True)
class NegativeDiagnosis:
    """Whether a negative mean of log π/ref can come from samples of π.

    Attributes:
        verdict: "not negative", "chance" or "other sampler".
        words: The verdict in a sentence or two.
        mean: Mean of log π/ref, nats per token.
        stderr: Its standard error, with sequences as units.
        k3: Mean of ref/π − 1 + log π/ref, nats per token: never negative, of the same mean under samples of π.
        p_value: Bound of the chance that samples of π give a mean this low.
        tokens: Tokens that counted.
    """

    verdict: str
    words: str
    mean: float
    stderr: float
    k3: float
    p_value: float
    tokens: int

    def __str__(self) -> str:
        """The words and the figures."""
        return (
            f"{self.words}\n  mean log π/ref = {self.mean:.3g} ± {self.stderr:.2g} nats per token over {self.tokens} "
            f"tokens, p ≤ {self.p_value:.2g}; k3 = {self.k3:.3g} nats"
        )


def diagnose_negative(logp: Tensor, ref_logp: Tensor, mask: Tensor | None = None) -> NegativeDiagnosis:
    r"""Say whether a negative estimate of D(π‖ref) is chance, or shows that the samples are not those of π.

    Over samples of π the mean of log π/ref is D(π‖ref) ≥ 0, but a finite mean may be negative. How negative it can be
    is bounded: exp(−Σ log π/ref) over everything drawn has mean at most 1, so by Markov

    $$ P\Big(\sum \log\frac{π}{\mathrm{ref}} \le -a\Big) \le e^{-a}, $$

    whatever the lengths, and however tokens depend on each other. A sum of −20 nats is no bad luck.

    Args:
        logp: Log-probabilities of the sampled tokens under π, floating, shape ``(sequences, time)`` or ``(tokens,)``.
        ref_logp: The same under the reference, same shape.
        mask: Booleans of the same shape, True where a token counts.

    Returns:
        A record with the verdict in words, the mean with its standard error, and the chance. The chance is the lesser
        of the bound above and, from 20 sequences on, of a normal law, doubled for having tried both.

    Raises:
        InputError: Shapes that do not fit, or entries that are not finite where the mask counts.

    Note:
        "other sampler" (a chance below 0.001) means that these tokens were not drawn from the π of `logp`: a
        temperature, top-k or top-p in generation, stale weights, dropout, a mask that is off by one. With the
        sampler's own log-probabilities `diagnose_rollout` says which.

    Example:
        >>> import torch
        >>> from kullback.nn import diagnose_negative
        >>> logp, ref_logp = torch.full((8, 50), -2.0), torch.full((8, 50), -1.9)
        >>> diagnose_negative(logp, ref_logp).verdict
        'other sampler'
    """
    wide, counts = read_tokens(mask, "Mask tokens that were not drawn.", logp=logp, ref_logp=ref_logp)
    step = torch.where(counts, wide[0] - wide[1], torch.zeros_like(wide[0]))
    tokens = int(counts.sum())
    mean = float(step.sum()) / max(tokens, 1)
    k3 = float(torch.where(counts, exp_gap(-step), torch.zeros_like(step)).sum()) / max(tokens, 1)
    units = step.sum(-1)[counts.any(-1)] if step.ndim > 1 else step[counts]
    stderr, chance = _chance(units, tokens)
    verdict, words = _words(mean, chance)
    return NegativeDiagnosis(verdict, words, mean, stderr, k3, chance, tokens)


def _chance(units: Tensor, tokens: int) -> tuple[float, float]:
    """The standard error of the mean token, and the chance of a sum so low."""
    total, count = float(units.sum()), len(units)
    bound = math.exp(min(total, 0.0))
    if count < 2:
        return math.inf, bound
    spread = float(units.std()) * math.sqrt(count)
    if count < _FEWEST or spread <= 0:
        return spread / tokens, bound
    normal = NormalDist().cdf(total / spread)
    return spread / tokens, min(1.0, 2.0 * min(bound, normal))


def _words(mean: float, chance: float) -> tuple[str, str]:
    if mean >= 0:
        return "not negative", "The mean of log π/ref is not negative: nothing to explain."
    if chance >= _SURE:
        return (
            "chance",
            "Samples of π can give a mean this low by chance: take more, or log k3, which is never negative.",
        )
    return "other sampler", (
        "Samples of π do not give a mean this low: these tokens were drawn by something else. Look for a temperature, "
        "top-k or top-p in generation, stale weights, dropout, or a shifted mask; then diagnose_rollout."
    )
