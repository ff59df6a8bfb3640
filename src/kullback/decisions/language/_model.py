"""A model of a text: the law of the next token given those before it."""

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kullback._core import InputError, Shown, printable
from kullback.decisions._options import checked_whole
from kullback.decisions.language._rows import BLOCK, Context, Counts, Floats, check_smoothing, counted, laws
from kullback.decisions.language._tokens import tokens_of
from kullback.estimators._options import Rng, generator


@dataclass(frozen=True, eq=False, repr=False)
class NGramModel(Shown):
    """Laws of the next token given the n − 1 before it, as `ngram_model` makes them.

    Attributes:
        order: n.
        smoothing: Name of the policy.
        vocabulary: All tokens that the model knows, in order.
        unknown: The token that stands for all others, None if there is none.
        n: Tokens of the text that it was made from.
        options: Numbers of the policy.
    """

    order: int
    smoothing: str
    vocabulary: tuple[Hashable, ...]
    unknown: Hashable | None
    n: int
    options: dict[str, Any]
    counts: Counts = field(repr=False)
    places: dict[Hashable, int] = field(repr=False)

    def __str__(self) -> str:
        used = "".join(
            f", {name} = {value:g}" for name, value in self.options.items() if isinstance(value, int | float)
        )
        return (
            f"{self.order}-gram model of {self.n:,} tokens, {len(self.vocabulary):,} in the vocabulary\n"
            f"  smoothing: {self.smoothing}{used}"
        )

    def codes(self, text: Any, /, *, name: str = "text") -> list[int]:
        """The places of a text's tokens in the vocabulary; those not in it are `unknown`, or an error."""
        found = []
        for index, token in enumerate(tokens_of(text, name)):
            place = self.places.get(token, self.places.get(self.unknown, -1) if self.unknown is not None else -1)
            if place < 0:
                raise InputError(
                    f"{name} holds {printable(repr(token), 40)} at {index}, which is not in the vocabulary. Give the "
                    "model a vocabulary that has it, or a token for unknown ones: unknown='<unk>'."
                )
            found.append(place)
        return found

    def conditional(self, context: Any, /) -> Floats:
        """The law of the next token after a text, of shape ``(vocabulary,)``; only its last n − 1 tokens count."""
        codes = self.codes(context, name="context") if len(context) else []
        law: Floats = self.laws([self.context(codes, len(codes))])[0]
        return law

    def laws(self, contexts: Sequence[Context], /) -> Floats:
        """Laws after contexts of one length, given by places in the vocabulary; shape ``(contexts, vocabulary)``."""
        return laws(self.counts, contexts, smoothing=self.smoothing, options=self.options)

    def log_prob(self, text: Any, /) -> Floats:
        """Log probability of each token of a text given those before it, in nats, of shape ``(tokens,)``.

        The first tokens have shorter contexts. −inf where the model holds a token impossible.
        """
        codes = self.codes(text)
        result = np.empty(len(codes))
        for places, contexts, table in self.blocks(codes):
            rows = {context: row for row, context in enumerate(contexts)}
            taken = table[[rows[self.context(codes, place)] for place in places], [codes[place] for place in places]]
            with np.errstate(divide="ignore"):
                result[places] = np.log(taken)
        return result

    def context(self, codes: Sequence[int], place: int, /) -> Context:
        """What stands before a place, at most n − 1 tokens."""
        return tuple(codes[max(0, place - self.order + 1) : place])

    def blocks(self, codes: Sequence[int], /) -> Iterator[tuple[list[int], list[Context], Floats]]:
        """Places of a text by their contexts, with the laws after them, some at a time."""
        by_context: dict[Context, list[int]] = {}
        for place in range(len(codes)):
            by_context.setdefault(self.context(codes, place), []).append(place)
        size = max(1, BLOCK // len(self.vocabulary))
        for length in range(self.order):
            contexts = [context for context in by_context if len(context) == length]
            for start in range(0, len(contexts), size):
                some = contexts[start : start + size]
                yield [place for context in some for place in by_context[context]], some, self.laws(some)

    def cross_entropy(self, text: Any, /) -> float:
        """Mean cost of a text's tokens in nats per token, infinite if one of them is impossible."""
        return -float(self.log_prob(text).mean())

    def perplexity(self, text: Any, /) -> float:
        """Exponential of the cross-entropy: among how many equally likely tokens the model hesitates."""
        cost = self.cross_entropy(text)
        return math.exp(cost) if cost < 700 else math.inf

    def generate(self, n: int, /, *, start: Any = (), rng: Rng = None) -> list[Hashable]:
        """Draw n tokens, one after the other.

        Args:
            n: How many.
            start: Tokens that come before them.
            rng: Seed or generator.

        Returns:
            The tokens; join those of a model of characters to a text.
        """
        source = generator(rng)
        n = checked_whole(n, "n", least=0)
        codes = self.codes(start, name="start") if len(start) else []
        known = len(codes)
        remembered: dict[Context, Floats] = {}
        for _ in range(n):
            context = self.context(codes, len(codes))
            if context not in remembered:
                remembered[context] = np.cumsum(self.laws([context])[0])
            total = remembered[context]
            codes.append(min(int(np.searchsorted(total, source.random() * total[-1], side="right")), len(total) - 1))
        return [self.vocabulary[code] for code in codes[known:]]


def ngram_model(
    text: Any,
    /,
    *,
    order: int = 2,
    smoothing: str = "witten-bell",
    vocabulary: Sequence[Hashable] | None = None,
    unknown: Hashable | None = None,
    **options: Any,
) -> NGramModel:
    r"""Model a text by the law of each token given the n − 1 before it.

    Policies, for the counts after a context (see `kullback.smooth` for the formulas):

    - "none": shares as they are; what was never seen is impossible.
    - "additive" (`alpha=1`), "jeffreys", "krichevsky-trofimov", "perks": pseudo-counts, each context by itself.
    - "jelinek-mercer" (`weight`), "witten-bell", "absolute-discounting" (`discount=0.75`): the mass that is freed goes
      to the law after the context without its first token, down to the uniform law below single tokens.
    - "kneser-ney" (`discount=0.75`): as absolute discounting, but shorter contexts count in how many different places
      a token was seen: "Francisco" is frequent, yet follows one word only.

    Args:
        text: A text (its characters are the tokens) or a list of tokens, such as `words` gives.
        order: n, 1 or more; 1 knows no context.
        smoothing: Name of the policy.
        vocabulary: Tokens that may come, those of the text if None; others in the text become `unknown`.
        unknown: Token for what is not in the vocabulary.
        options: Numbers of the policy, in parentheses above.

    Returns:
        The model.

    Raises:
        InputError: The text is empty, has tokens outside of the vocabulary while there is no `unknown`, or the order,
            the policy or an option is not known.

    Note:
        The first n − 1 tokens have shorter contexts; there are no tokens for start and end.

    References:
        Witten and Bell (1991), IEEE Transactions on Information Theory 37; Kneser and Ney (1995), ICASSP 1; Chen and
        Goodman (1999), Computer Speech and Language 13.

    Example:
        >>> from kullback.decisions.language import ngram_model
        >>> model = ngram_model("abracadabra", order=2)
        >>> round(model.perplexity("abracadabra"), 3)
        2.087
        >>> model.vocabulary[int(model.conditional("a").argmax())]
        'b'
    """
    order = checked_whole(order, "order")
    check_smoothing(smoothing)
    tokens = tokens_of(text, "text")
    known = list(dict.fromkeys(tokens if vocabulary is None else vocabulary))
    if unknown is not None and unknown not in known:
        known.append(unknown)
    places = {token: place for place, token in enumerate(known)}
    empty = Counts(len(known), ())
    bare = NGramModel(order, smoothing, tuple(known), unknown, len(tokens), dict(options), empty, places)
    counts = counted(bare.codes(tokens), order, len(known), smoothing=smoothing)
    model = NGramModel(order, smoothing, tuple(known), unknown, len(tokens), dict(options), counts, places)
    model.laws([()])  # options that do not fit are an error here, not at the first question
    return model
