"""The divergence between two models, context by context."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import COLORS, Figure, InputError, new_picture, printable, relative_gap
from kullback.decisions.language._model import NGramModel
from kullback.decisions.language._rows import BLOCK, Context, Floats

_SHOWN = 5


@dataclass(frozen=True, eq=False, repr=False)
class ModelDivergence(Figure):
    """D(p‖q) between two models of text, per token; prints as a short text.

    Attributes:
        value: In nats per token.
        contexts: Contexts that were looked at.
        by_token: Token and what it adds, in nats per token, none negative, largest first.
        by_context: Context and what it adds, likewise.
    """

    value: float
    contexts: int
    by_token: tuple[tuple[Hashable, float], ...]
    by_context: tuple[tuple[tuple[Hashable, ...], float], ...]

    def __str__(self) -> str:
        head = f"D(p‖q) = {self.bits:.4g} bits per token, over {self.contexts:,} contexts of p"
        most = ", ".join(
            f"{printable(repr(token), 20)} {nats / np.log(2):.3g}" for token, nats in self.by_token[:_SHOWN]
        )
        return f"{head}\n  tokens that add most, in bits: {most}"

    def plot(self, *, most: int = 20) -> Any:
        """Bars of the tokens that add most; a figure of matplotlib."""
        figure = new_picture(6.4, 3.4)
        axis = figure.subplots()
        shown = self.by_token[:most]
        axis.bar(range(len(shown)), [nats / np.log(2) for _, nats in shown], color=COLORS[0])
        names = [printable(str(token) if str(token).strip() else repr(token), 12) for token, _ in shown]
        axis.set_xticks(range(len(shown)), [name.replace("$", r"\$") for name in names], rotation=45, ha="right")
        axis.set_ylabel("adds to D(p‖q), bits per token")
        axis.set_title(f"D(p‖q) = {self.bits:.3g} bits per token", fontsize=10)
        return figure


def model_divergence(p: NGramModel, q: NGramModel, /) -> ModelDivergence:
    r"""D(p‖q) of two n-gram models per token.

    $$ D(p \,\|\, q) = \sum_c w(c) \sum_t p(t \mid c) \log \frac{p(t \mid c)}{q(t \mid c)} $$

    with the contexts c weighted as the text of p has them.

    Args:
        p: Model of what happens.
        q: Model of what was expected, on the same vocabulary, of any order and smoothing.

    Returns:
        The divergence with its parts, infinite where q holds a token impossible that p does not.

    Raises:
        InputError: The vocabularies differ.

    Note:
        Exact for the two models; what it says about the two languages depends on how good the models are. For that see
        `text_divergence`. Work grows with contexts of p times vocabulary.

    Example:
        >>> from kullback.decisions.language import model_divergence, ngram_model
        >>> one, two = ngram_model("abracadabra"), ngram_model("cabbadcarbrad", vocabulary="abrcd")
        >>> model_divergence(one, two).value > 0, model_divergence(one, one).value
        (True, 0.0)
    """
    for name, model in (("p", p), ("q", q)):
        if not hasattr(model, "vocabulary"):
            raise InputError(f"{name} is a {type(model).__name__}. A model is needed: ngram_model(text).")
    if set(p.vocabulary) != set(q.vocabulary):
        odd = next(iter(set(p.vocabulary) ^ set(q.vocabulary)))
        raise InputError(
            f"The models know different tokens: only one has {printable(repr(odd), 40)}. Make both with the same "
            "vocabulary=, such as sorted(set(one) | set(two))."
        )
    # Only contexts of full length: those at the start of the text are cut short.
    level = p.counts.levels[p.order - 1]
    if not level:
        raise InputError(f"the text of p has {p.n} tokens, too few for its order {p.order}. Give a longer text.")
    order = [q.places[token] for token in p.vocabulary]
    total = float(sum(following.total() for following in level.values()))
    tokens, contexts = np.zeros(len(p.vocabulary)), []
    names = list(level)
    size = max(1, BLOCK // len(p.vocabulary))
    for start in range(0, len(names), size):
        some = names[start : start + size]
        gaps = relative_gap(p.laws(some), _asked(q, p, some)[:, order])
        gaps *= np.array([level[context].total() / total for context in some])[:, None]
        tokens += gaps.sum(axis=0)
        contexts += gaps.sum(axis=1).tolist()
    return ModelDivergence(
        value=float(tokens.sum()),
        contexts=len(names),
        by_token=tuple((p.vocabulary[place], float(tokens[place])) for place in np.argsort(-tokens).tolist()),
        by_context=tuple(
            (tuple(p.vocabulary[code] for code in names[place]), contexts[place])
            for place in np.argsort(-np.array(contexts)).tolist()
        ),
    )


def _asked(q: NGramModel, p: NGramModel, contexts: list[Context]) -> Floats:
    """Laws of q after contexts that are given in the places of p, cut to what q looks at."""
    keep = q.order - 1
    cut = [
        tuple(q.places[p.vocabulary[code]] for code in context[max(0, len(context) - keep) :]) if keep else ()
        for context in contexts
    ]
    distinct = list(dict.fromkeys(cut))
    rows = {context: row for row, context in enumerate(distinct)}
    return q.laws(distinct)[[rows[context] for context in cut]]
