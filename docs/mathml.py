"""Writes formulas as MathML while the site is built: browsers draw it, so no page loads a script for it."""

import html
import re
from typing import Any

from latex2mathml.converter import convert

FORMULA = re.compile(r'<(span|div) class="arithmatex">(?:\\\((.+?)\\\)|\\\[(.+?)\\\])</\1>', re.DOTALL)


def _mathml(match: re.Match[str]) -> str:
    tag, inline, block = match.groups()
    source = html.unescape(inline or block).strip()
    drawn = convert(source, display="inline" if inline else "block")
    return f'<{tag} class="math">{drawn}</{tag}>'


def on_page_content(content: str, **_: Any) -> str:
    """Called by MkDocs with the body of each page."""
    return FORMULA.sub(_mathml, content)
