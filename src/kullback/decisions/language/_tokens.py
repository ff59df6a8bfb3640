"""Texts cut into tokens."""

import re
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from kullback._core import InputError

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def words(text: str, /) -> list[str]:
    """Words in small letters, and marks of punctuation as tokens of their own.

    Args:
        text: Any text.

    Returns:
        Tokens in order.

    Example:
        >>> words("Don't panic, said the Guide.")
        ["don't", 'panic', ',', 'said', 'the', 'guide', '.']
    """
    return _WORD.findall(text.lower())


def tokens_of(text: Any, name: str, /) -> list[Hashable]:
    """What a model reads: the characters of a text, or the entries of a sequence."""
    if isinstance(text, np.ndarray):
        text = text.tolist()
    if not isinstance(text, Sequence) or isinstance(text, bytes | bytearray):
        raise InputError(f"{name} is a {type(text).__name__}. A text, or a list of tokens, is needed.")
    if not text:
        raise InputError(f"{name} is empty. At least one token is needed.")
    tokens = list(text)
    try:
        set(tokens)
    except TypeError:
        raise InputError(f"{name} holds lists or other things that change. Tokens are words or numbers.") from None
    return tokens
