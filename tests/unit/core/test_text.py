"""Text from data cannot do anything to a terminal or a page."""

import sys
import unicodedata

import pytest

from kullback._core import printable


@pytest.mark.parametrize("text", ["", "age", "größe", "年齢", "a b", "back\\slash", "<b>", "e\u0301"])
def test_plain_text_stays(text):
    assert printable(text) == text


@pytest.mark.parametrize(
    "mark",
    [
        "\x1b",
        "\n",
        "\r",
        "\t",
        "\0",
        "\x7f",
        "\x9b",
        "\u202e",
        "\u2066",
        "\u2028",
        "\u2029",
        "\u200b",
        "\ufeff",
        "\ud800",
        "\ue000",
    ],
)
def test_hostile_mark_becomes_its_escape(mark):
    shown = printable(f"a{mark}b")
    assert shown.isprintable()
    assert shown.encode("ascii").decode("unicode_escape").encode("utf-16", "surrogatepass") == f"a{mark}b".encode(
        "utf-16", "surrogatepass"
    )


def test_no_character_moves_anything():
    shown = printable("".join(map(chr, range(sys.maxunicode + 1))))
    assert {unicodedata.category(mark) for mark in shown}.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@pytest.mark.parametrize(("text", "shown"), [("abcde", "abcde"), ("abcdef", "abcd…")])
def test_long_text_is_cut(text, shown):
    assert printable(text, longest=5) == shown
