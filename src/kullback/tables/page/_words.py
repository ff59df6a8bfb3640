"""What the page says, in the reader's language and escaped for HTML."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from kullback._core import InputError, printable
from kullback.tables._messages import Message
from kullback.tables.page._chinese import CHINESE

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": {}, "zh": CHINESE}

# Letters and digits that are read from right to left, and would draw what stands beside them along.
_LEFTWARD = {"R", "AL", "AN"}
_LONGEST = 200


@dataclass(frozen=True)
class Words:
    """Says English sentences in a language; what is put into them is escaped, by itself and as a whole.

    Attributes:
        lang: `en` or `zh`.
    """

    lang: str

    @property
    def tag(self) -> str:
        """The language as HTML names it."""
        return "zh-Hans" if self.lang == "zh" else self.lang

    def __call__(self, template: str, /, **parts: str) -> str:
        """A sentence as HTML: a template, which is looked up, with its parts, which are data."""
        filled = {name: self.shown(part) for name, part in parts.items()}
        return escape(LANGUAGES[self.lang].get(template, template)).format(**filled)

    def shown(self, text: str, /, longest: int = _LONGEST) -> str:
        """Text of the data as HTML, in which nothing is hidden and nothing acts; a message in the reader's language."""
        if isinstance(text, Message):
            return self(text.template, **text.parts)
        clean = escape(printable(text, longest))
        if not clean.isascii() and any(unicodedata.bidirectional(mark) in _LEFTWARD for mark in clean):
            return f"<bdi>{clean}</bdi>"
        return clean

    def name(self, text: str, /, longest: int = _LONGEST) -> str:
        """A name as HTML; one that cannot be seen is put in quotes."""
        if not text:
            return self("(no name)")
        return self.shown(text if text.strip() == text else repr(text), longest)


def speak(lang: str, /) -> Words:
    """The words of a language.

    Raises:
        InputError: If the page does not speak it.
    """
    if lang not in LANGUAGES:
        raise InputError(f"lang is {lang!r}; the page speaks {' and '.join(LANGUAGES)}: choose one of them.")
    return Words(lang)
