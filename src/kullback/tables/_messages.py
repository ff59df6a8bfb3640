"""Sentences for a person, kept as what they say and what they name, so that they can be said in any language."""

from typing import Any, Self


class Message(str):
    """An English sentence that remembers its template and the texts that were put into it.

    It is a text like any other for whoever does not care. Whoever speaks another language looks its template up and
    fills it with the same parts, of which some may be messages themselves.

    Example:
        >>> said = Message("mean {before} → {after}", before="12", after="15")
        >>> said, said.template, said.parts["after"]
        ('mean 12 → 15', 'mean {before} → {after}', '15')
    """

    __slots__ = ("parts", "template")
    template: str
    parts: dict[str, str]

    def __new__(cls, template: str, /, **parts: str) -> Self:
        """Fill a template of `str.format` with texts."""
        made = super().__new__(cls, template.format(**parts))
        made.template, made.parts = template, parts
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """So that copies and pickles are made from the template."""
        return (self.template,), self.parts
