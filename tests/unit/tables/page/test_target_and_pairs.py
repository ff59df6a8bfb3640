"""The parts of the page and of the terminal on a target and on pairs: nothing acts, nothing grows, all is said."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import kullback as kl
from kullback.cli._report_pairs import pair_lines
from kullback.cli._report_target import target_lines

SCRIPT, HIDDEN = "<script>alert(1)</script>", "\u202ey\"'{x}"


@pytest.fixture(scope="module")
def comparison(require):
    polars = require("polars")
    rng = np.random.default_rng(1)
    sides = []
    for current in (False, True):
        x = rng.integers(0, 3, 3000)
        y = x if current else rng.integers(0, 3, 3000)
        columns = {SCRIPT: [f"{{v}}<b>{value}" for value in x], HIDDEN: [f"\x1b[31m{value}" for value in y]}
        sides.append(polars.DataFrame(columns | {"": rng.integers(0, 2, 3000), "same": [1] * 3000}))
    return kl.compare(*sides, target=HIDDEN, pairs=True)


def _section(page, name):
    return page[page.index(f"<section class={name}>") :].split("</section>")[0]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_names_do_nothing(comparison, lang):
    page = comparison.to_html(lang=lang)
    for name in ("target", "dependence"):
        section = _section(page, name)
        assert "&lt;script&gt;" in section
        assert not re.search(r"<script|<b>\d|\x1b|\u202e|style=", section)


def test_all_is_said_in_chinese(comparison):
    page = comparison.to_html(lang="zh")
    for english in ("covariate:", "changed by more", "of it where", "expected", "slice by slice", "Filled", "scaled"):
        assert english not in _section(page, "target") + _section(page, "dependence")


class _Bars(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.widths = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "rect" and given.get("width", "").endswith("%"):
            self.widths.append((given["class"], float(given["width"][:-1])))


def test_bars_of_both_orders_are_as_long_as_their_figures(comparison):
    split = comparison.target[SCRIPT]
    drawn = _Bars(_section(comparison.to_html(), "target")).widths
    # Those of the first column come first, and its joint shift is the largest.
    widths = {name: width for name, width in drawn[:4] if width > 1}
    assert widths["concept"] == pytest.approx(100, abs=0.2)
    assert widths["given"] == pytest.approx(100 * split.given_target.bits / split.concept.bits, abs=0.2)


def test_nothing_without_being_asked(require):
    table = require("polars").DataFrame({"x": [0, 1] * 50})
    page = kl.compare(table, table).to_html()
    assert "<section class=target>" not in page
    assert "<section class=dependence>" not in page
    assert target_lines(None) == pair_lines(None) == []


def test_the_terminal_shows_both(comparison):
    lines = [*target_lines(comparison.target), *pair_lines(comparison.pairs)]
    text = "\n".join(lines)
    assert "not split: same" in text
    assert "1 of 3 pairs changed" in text
    assert "(no name)" in text
    assert "mutual information" in text
    assert not set(text) & {"\x1b", "\u202e"}
