"""Conditional laws of the next token, context by context, from counts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.divergences import smooth

Floats: TypeAlias = NDArray[np.float64]
Context: TypeAlias = tuple[int, ...]

# Policies that hand mass down to the law after a shorter context; the others look at one row of counts alone.
BACKING_OFF = ("jelinek-mercer", "witten-bell", "absolute-discounting", "kneser-ney")
ALONE = ("additive", "jeffreys", "krichevsky-trofimov", "perks")
SMOOTHINGS = ("none", *ALONE, *BACKING_OFF)
# Entries of the table that is in memory at a time.
BLOCK = 2_000_000


@dataclass(frozen=True, eq=False)
class Counts:
    """How often tokens follow contexts.

    Attributes:
        size: Tokens in the vocabulary.
        levels: For each length of context, the counts of what follows it.
    """

    size: int
    levels: tuple[dict[Context, Counter[int]], ...]

    def rows(self, contexts: Sequence[Context]) -> Floats:
        """Counts of shape ``(contexts, size)``; contexts of one length."""
        table = np.zeros((len(contexts), self.size))
        for row, context in enumerate(contexts):
            found = self.levels[len(context)].get(context)
            if found:
                table[row, list(found)] = list(found.values())
        return table


def counted(tokens: Sequence[int], order: int, size: int, /, *, smoothing: str) -> Counts:
    """Counts after contexts of every length below the order.

    Kneser and Ney count, below the highest length, in how many different places a token has been seen.
    """
    levels: list[dict[Context, Counter[int]]] = [{} for _ in range(order)]
    for length in range(order):
        level = levels[length]
        for end in range(length, len(tokens)):
            context = tuple(tokens[end - length : end])
            level.setdefault(context, Counter())[tokens[end]] += 1
    if smoothing == "kneser-ney":
        for length in range(order - 1):
            levels[length] = _continuations(levels[length + 1]) or levels[length]
    return Counts(size, tuple(levels))


def _continuations(longer: dict[Context, Counter[int]]) -> dict[Context, Counter[int]]:
    """Before how many different tokens each shorter context with its next token has been seen."""
    found: dict[Context, Counter[int]] = {}
    for context, following in longer.items():
        found.setdefault(context[1:], Counter()).update(following.keys())
    return found


def laws(counts: Counts, contexts: Sequence[Context], /, *, smoothing: str, options: dict[str, Any]) -> Floats:
    """Laws of the next token after contexts of one length, of shape ``(contexts, size)``.

    A context that was never seen has the law of the context without its first token.
    """
    table = counts.rows(contexts)
    seen = table.sum(axis=1) > 0
    if smoothing in ALONE:
        return smooth(table, method=smoothing, **options).probs
    below = _below(counts, contexts, smoothing=smoothing, options=options)
    result = np.array(below)
    if smoothing == "none":
        result[seen] = table[seen] / table[seen].sum(axis=1, keepdims=True)
    elif seen.any():
        method = "absolute-discounting" if smoothing == "kneser-ney" else smoothing
        result[seen] = smooth(table[seen], method=method, background=below[seen], **options).probs
    return result


def _below(counts: Counts, contexts: Sequence[Context], *, smoothing: str, options: dict[str, Any]) -> Floats:
    """Laws after the contexts without their first token; below the empty one every token is alike."""
    if not contexts[0]:
        return np.full((len(contexts), counts.size), 1.0 / counts.size)
    shorter = list(dict.fromkeys(context[1:] for context in contexts))
    places = {context: place for place, context in enumerate(shorter)}
    table = laws(counts, shorter, smoothing=smoothing, options=options)
    return table[[places[context[1:]] for context in contexts]]


def check_smoothing(smoothing: str, /) -> str:
    """The name of a policy that n-grams can use."""
    if smoothing not in SMOOTHINGS:
        raise InputError(f"smoothing = {smoothing!r} is not known. Choose from {', '.join(SMOOTHINGS)}.")
    return smoothing
