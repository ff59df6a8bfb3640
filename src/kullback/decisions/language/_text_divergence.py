"""How much dearer a text becomes under the model of another text."""

import math
from collections.abc import Hashable
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import special

from kullback._core import InputError
from kullback.decisions._options import checked_whole
from kullback.decisions.language._model import ngram_model
from kullback.decisions.language._tokens import tokens_of
from kullback.estimators import Estimate
from kullback.estimators._estimate import in_base
from kullback.estimators._options import check_base, check_confidence

_BLOCKS = 20
# The shortest stretch.
_LEAST = 40
# Blocks of y that are left out in turn.
_LEFT_OUT = 10


def text_divergence(
    x: Any,
    y: Any,
    /,
    *,
    order: int = 2,
    smoothing: str = "witten-bell",
    folds: int = 5,
    base: float | None = None,
    confidence: float = 0.95,
    **options: Any,
) -> Estimate:
    r"""Extra cost per token of text x under a model of text y, beside a model of text x itself.

    Text x is cut into stretches. Each is read by a model of the other stretches of x and by a model of y, and

    $$ \frac1n \sum_t \log \frac{p(x_t \mid x_{<t})}{q(x_t \mid x_{<t})} $$

    is averaged over all of them: what the wrong model costs on tokens that neither has seen.

    Args:
        x: What happens: a text (its characters) or a list of tokens.
        y: What was expected, likewise.
        order: Of both models.
        smoothing: Policy of both models, see `ngram_model`; one that leaves nothing impossible.
        folds: Stretches of x, at least 2.
        base: Base of the logarithm: None for nats, 2 for bits.
        confidence: Level of the interval.
        options: Numbers of the policy.

    Returns:
        The extra cost per token. Its interval comes from blocks of x, since neighboring tokens depend on each other,
        and from models of y without one of its blocks each.

    Raises:
        InputError: A text is too short, or the policy leaves tokens impossible.

    Note:
        It is the divergence between the languages as far as n-grams see them: both models learn from finite texts, so
        where y is the longer text the figure may be negative for texts of one language. Give texts of similar length.

    Example:
        >>> from kullback.decisions.language import text_divergence
        >>> found = text_divergence("to be or not to be " * 20, "and so it goes and so it is " * 20, base=2)
        >>> found.value > 1, found.unit
        (True, 'bits')
    """
    base, confidence = check_base(base), check_confidence(confidence)
    ours, theirs = tokens_of(x, "x"), tokens_of(y, "y")
    folds = checked_whole(folds, "folds", least=2)
    order = checked_whole(order, "order")
    if not folds <= len(ours) // _LEAST or len(theirs) < _LEFT_OUT * order:
        raise InputError(
            f"folds = {folds} for texts of {len(ours)} and {len(theirs)} tokens. Stretches of x of at least {_LEAST} "
            f"tokens are needed, two or more of them, and {_LEFT_OUT * order} tokens of y. Give longer texts."
        )
    vocabulary = list(dict.fromkeys([*ours, *theirs]))
    how: dict[str, Any] = {"order": order, "smoothing": smoothing, "vocabulary": vocabulary, **options}
    wrong = ngram_model(theirs, **how)
    # What is left of a text without a stretch is two pieces joined: of its many contexts order − 1 are not of the text.
    own = np.concatenate([ngram_model(rest, **how).log_prob(stretch) for stretch, rest in _stretches(ours, folds)])
    found = own - wrong.log_prob(ours)
    if not np.isfinite(found).all():
        raise InputError(f"smoothing = {smoothing!r} holds tokens of x impossible. Choose one that does not.")
    value = float(found.mean())
    means = np.array([block.mean() for block in np.array_split(found, _BLOCKS)])
    of_x = float(means.var(ddof=1)) / _BLOCKS
    without = [
        float((own - ngram_model(rest, **how).log_prob(ours)).mean()) for _, rest in _stretches(theirs, _LEFT_OUT)
    ]
    of_y = (_LEFT_OUT - 1) * float(np.var(without))
    stderr = math.sqrt(of_x + of_y)
    estimate = Estimate(
        *(value, stderr, _interval(value, of_x, of_y, confidence), confidence, "held-out n-gram models"),
        *(len(ours), len(theirs)),
        notes=(
            f"{order}-gram models with {smoothing}, {len(vocabulary):,} tokens",
            f"spread from {_BLOCKS} blocks of x and {_LEFT_OUT} of y",
        ),
        quantity="D(x‖y) per token",
        log_ratios=found,
    )
    return in_base(estimate, base)


def _interval(value: float, of_x: float, of_y: float, confidence: float) -> tuple[float, float]:
    """By Student's law with the degrees of freedom of two variances together (Welch and Satterthwaite)."""
    total = of_x + of_y
    if total == 0:
        return value, value
    degrees = total**2 / (of_x**2 / (_BLOCKS - 1) + of_y**2 / (_LEFT_OUT - 1))
    reach = float(special.stdtrit(degrees, 0.5 + confidence / 2)) * math.sqrt(total)
    return value - reach, value + reach


def _stretches(tokens: list[Hashable], folds: int) -> list[tuple[list[Hashable], list[Hashable]]]:
    """Each stretch of a text, and the text without it."""
    ends = np.linspace(0, len(tokens), folds + 1).astype(int).tolist()
    return [(tokens[a:b], tokens[:a] + tokens[b:]) for a, b in pairwise(ends)]
