"""The whole page."""

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from kullback._core import printable
from kullback._version import __version__
from kullback.tables.page._explanations import explanations
from kullback.tables.page._groups import groups_section
from kullback.tables.page._history import history_section
from kullback.tables.page._joint import joint_section
from kullback.tables.page._list import column_list
from kullback.tables.page._pairs import pairs_section
from kullback.tables.page._segments import segments_section
from kullback.tables.page._summary import summary
from kullback.tables.page._target import target_section
from kullback.tables.page._words import Words, speak

# Columns that open, the worst first; of all others there is a line.
_OPENED, _OPENED_IN_FRAME = 200, 25
# Height of the frame in a notebook, in pixels: what stands above the list, a line, and the most.
_TOP, _LINE, _TALLEST = 480, 60, 720


def render_page(document: Mapping[str, Any], /, *, lang: str, script: bool = True, opened: int = _OPENED) -> str:
    """One file of HTML that shows a comparison, asks for nothing else, and can be read without its script.

    Args:
        document: The JSON of a comparison.
        lang: `en` or `zh`.
        script: Whether the page can sort and search.
        opened: Columns that open.

    Returns:
        The page.

    Raises:
        InputError: If the page does not speak the language.
    """
    say = speak(lang)
    style, code = _asset("page.css"), _asset("page.js")
    policy = ["default-src 'none'", f"style-src '{_hash(style)}'", "base-uri 'none'", "form-action 'none'"]
    if script:
        policy.append(f"script-src '{_hash(code)}'")
    sides = (printable(document[side]["name"], 60) for side in ("current", "reference"))
    return f"""<!doctype html>
<html lang={say.tag}>
<head>
<meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="{"; ".join(policy)}">
<meta name=viewport content="width=device-width, initial-scale=1">
<meta name=color-scheme content="light dark">
<meta name=generator content="kullback {__version__}">
<title>{say(document["verdict"])}: {escape(" ‖ ".join(sides))}</title>
<style>{style}</style>
</head>
<body>
<main>
{summary(document, say)}
{history_section(document, say)}
{_controls(document, say)}
{column_list(document, say, opened=opened)}
{groups_section(document, say)}
{target_section(document, say)}
{pairs_section(document, say)}
{joint_section(document, say)}
{segments_section(document, say)}
{explanations(say)}
</main>
{f"<script>{code}</script>" if script else ""}
</body>
</html>
"""


def render_frame(document: Mapping[str, Any], /) -> str:
    """The page for a notebook: a frame that is cut off from everything around it and runs nothing."""
    page = render_page(document, lang="en", script=False, opened=_OPENED_IN_FRAME)
    height = min(_TOP + _LINE * len(document["columns"]), _TALLEST)
    return f'<iframe sandbox srcdoc="{escape(page)}" width="100%" height="{height}" frameborder="0"></iframe>'


@cache
def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _controls(document: Mapping[str, Any], say: Words) -> str:
    """Which columns to show: the buttons work by style alone, the search by script."""
    total = len(document["columns"])
    counts = {"all": total} | {verdict: count for verdict, count in document["counts"].items() if count}
    buttons = "".join(
        f"<label class={name}><input type=radio name=show id=show-{name}{' checked' if name == 'all' else ''}>"
        f"<span>{say(name)} <b>{count:,}</b></span></label>"
        for name, count in counts.items()
    )
    # The script puts the number in place of the sign.
    shown = say("{shown} of {all} columns", shown="#", all=f"{total:,}")
    return (
        f"<div class=controls><fieldset><legend>{say('Show')}</legend>{buttons}</fieldset>"
        f"<label class=search hidden>{say('Search')} <input type=search id=search autocomplete=off "
        f'placeholder="{say("name or change; press /")}"></label><output data-shown="{shown}"></output></div>'
    )
