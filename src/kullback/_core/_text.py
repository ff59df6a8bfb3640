"""Text that comes from data and goes to a person."""

import unicodedata

# Controls, formats (bidirectional marks among them), surrogates, and the separators that break a line.
_HOSTILE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str, /, longest: int | None = None) -> str:
    """Text in which nothing can move a cursor, change a color, reverse the reading order or break a line.

    Args:
        text: Any text, a column name or a value.
        longest: Characters to keep at most; what is longer ends in an ellipsis.

    Returns:
        The text with hostile characters as escapes.
    """
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(mark) if unicodedata.category(mark) in _HOSTILE else mark for mark in text)


def percent(share: float, /) -> str:
    """A share as a person reads it: two digits, never a false 0 % or 100 %."""
    value = 100 * share
    if value in (0, 100) or 10 <= value <= 90:
        return f"{value:.0f} %"
    if 1 <= value <= 99:
        return f"{value:.1f} %"
    if value > 99:
        return f"{value:.2f} %" if value < 99.99 else "> 99.99 %"
    return f"{value:.2g} %" if value >= 0.001 else "< 0.001 %"


def _escape(mark: str) -> str:
    return mark.encode("unicode_escape").decode("ascii")
