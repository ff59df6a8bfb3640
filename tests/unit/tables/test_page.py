"""The page: whole without its script, asks for nothing, lets nothing hostile through, small, in two languages."""

import ast
import base64
import dataclasses
import hashlib
import math
import re
import string
import unicodedata
from datetime import date, datetime, time, timedelta
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import kullback as kl
from kullback.cli import _formats
from kullback.tables._messages import Message
from kullback.tables.counts._reading import Kind
from kullback.tables.page._chinese import CHINESE
from kullback.tables.page._words import LANGUAGES

TABLES = Path(kl.__file__).parent / "tables"
VOID = {"meta", "input", "br"}
DRAWN = {"svg", "rect", "line", "circle", "path", "g"}
HOSTILE = [
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus",
    "</td></tr></table></details>",
    "<!--",
    "]]>",
    "&lt;b&gt;&amp;amp;",
    "'; DROP TABLE flights; --",
    "\x1b[31mred\x1b[0m\x07",
    "abc\u202edcba\u2066\u200f",
    "zero\u200bwidth\u200d\ufeff",
    "half a pair \ud800",
    "nul \x00 in it",
    "line\nbreak\r\ttab\u2028",
    "{braces} {0} %s",
    "   ",
    "",
    "x" * 10_000,
    "שלום",
]


class Element:
    """An element of a page, with what is in it."""

    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent, self.children = tag, attributes, parent, []

    def walk(self):
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def find(self, tag, **attributes):
        return [
            one
            for one in self.walk()
            if one.tag == tag and all(one.attributes.get(name.rstrip("_")) == text for name, text in attributes.items())
        ]

    @property
    def text(self):
        return "".join(self.texts())

    def texts(self):
        for child in self.children:
            yield from [child] if isinstance(child, str) else child.texts()


class Tree(HTMLParser):
    """Reads a page as a browser does, as far as this page goes: a cell or a row ends where the next begins."""

    ENDED_BY = {
        "tr": ("tr", "td", "th", "p"),
        "td": ("td", "th", "p"),
        "th": ("td", "th", "p"),
        "tbody": ("thead", "tr", "td", "th"),
        "li": ("li",),
        "dt": ("dt", "dd"),
        "dd": ("dt", "dd"),
    } | dict.fromkeys(("p", "h1", "h3", "h4", "div", "section", "table", "ul", "details", "dl"), ("p",))

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.root = self.here = Element("", {}, None)
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        while self.here.tag in self.ENDED_BY.get(tag, ()):
            self.here = self.here.parent
        made = Element(tag, dict(attributes), self.here)
        self.here.children.append(made)
        if tag not in VOID:
            self.here = made

    def handle_startendtag(self, tag, attributes):
        self.here.children.append(Element(tag, dict(attributes), self.here))

    def handle_endtag(self, tag):
        while self.here.tag != tag:
            self.here = self.here.parent
            assert self.here is not None, f"</{tag}> closes nothing"
        self.here = self.here.parent

    def handle_data(self, data):
        self.here.children.append(data)


def tree(page):
    return Tree(page).root


def lines(page):
    """The line of each column and what opens below it, or None."""
    body = tree(page).find("table", id="list")[0].find("tbody")[0]
    rows = [child for child in body.children if isinstance(child, Element)]
    found = []
    for row in rows:
        if "opens" in row.attributes["class"].split():
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, None))
    return found


def renamed(comparison, names):
    """The comparison with as many columns as there are names, its own over and over."""
    columns = [
        dataclasses.replace(comparison.columns[place % len(comparison)], name=name) for place, name in enumerate(names)
    ]
    return dataclasses.replace(comparison, columns=tuple(columns))


def every_kind(frame, rows=600):
    """Two tables with columns of every kind and verdict, and changes of structure."""
    sides = []
    for side in (0, 1):
        rng = np.random.default_rng(side)
        normal = rng.normal(side / 2, 1, rows)
        days = rng.integers(0, 300, rows) + 100 * side
        sides.append(
            frame(
                number=normal,
                heavy=rng.standard_cauchy(rows),
                nan=np.where(rng.random(rows) < 0.1, np.nan, np.where(rng.random(rows) < 0.1, np.inf, normal)),
                few=rng.integers(1, 13, rows),
                category=rng.choice(list("abcde") + ["new"] * side, rows),
                many=rng.choice([f"value {place}" for place in range(300 + 50 * side)], rows),
                flag=rng.random(rows) < 0.4,
                day=[date(2024, 1, 1) + timedelta(days=int(each)) for each in days],
                moment=[datetime(2024, 1, 1) + timedelta(minutes=int(each) * 17) for each in days],  # noqa: DTZ001
                clock=[time(int(each) % 24, 30) for each in days],
                length=[timedelta(seconds=int(each)) for each in days],
                key=[f"ID-{place:05d}" for place in range(rows)],
                always=[7] * rows,
                nested=[[1]] * rows,
                retyped=normal if side else [str(each) for each in normal],
                quoted=[f"{each:.2f} €" for each in normal],
                empty=[None] * rows,
                **({"added": [1] * rows} if side else {"removed": [1] * rows}),
            )
        )
    return kl.compare(*sides)


@pytest.fixture
def comparison(frame):
    return every_kind(frame)


@pytest.fixture
def page(comparison):
    return comparison.to_html()


def test_one_file_that_asks_for_nothing(page):
    elements = list(tree(page).walk())
    assert {one.tag for one in elements}.isdisjoint({"link", "img", "iframe", "object", "embed", "base", "form", "a"})
    names = {name for one in elements for name in one.attributes}
    assert names.isdisjoint({"src", "href", "srcset", "action", "style", "xlink:href", "data"})
    assert not [name for name in names if name.startswith("on")]
    style = tree(page).find("style")[0].text
    assert "url(" not in style
    assert "@import" not in style
    assert "://" not in page


def test_the_policy_allows_the_one_style_and_the_one_script(page):
    root = tree(page)
    (policy,) = root.find("meta", **{"http-equiv": "Content-Security-Policy"})
    rules = dict(rule.split(" ", 1) for rule in policy.attributes["content"].split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (element,) = root.find(tag)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert set(rules) == {"default-src", "base-uri", "form-action", "style-src", "script-src"}


def test_the_policy_stands_before_all_that_it_governs(page):
    assert page.index("Content-Security-Policy") < page.index("<style") < page.index("<script")


def test_a_line_for_every_column_worst_first(comparison, page):
    found = lines(page)
    assert [row.find("th")[0].text for row, _ in found] == [column.name for column in comparison]
    for (row, opened), column in zip(found, comparison, strict=True):
        cells = row.find("td")
        assert row.attributes["class"] == cells[2 - 1].text == column.verdict
        assert cells[0].text == column.kind
        assert column.headline in cells[4].text
        assert column.verdict in opened.attributes["class"].split()


def written(bits):
    return "∞" if math.isinf(bits) else f"{max(bits, 0):.4f}" if bits < 1 else f"{bits:.3f}"


def test_every_figure_stands_there_without_script(comparison, page):
    for (row, opened), column in zip(lines(page), comparison, strict=True):
        shown = opened.text
        figures = [column.plugin, column.plugin_reverse, column.jensen_shannon, column.bits]
        assert all(f"{written(figure)} bits" in shown for figure in figures if figure is not None)
        if column.interval:
            low, high = map(written, column.interval)
            assert f"{low} – {high}" in row.text
            assert f"95 % interval {low} to {high}" in shown
        assert column.method in shown
        assert all(note in shown for note in column.notes)


def test_every_cell_stands_there_and_adds_up(comparison, page):
    for (_, opened), column in zip(lines(page), comparison, strict=True):
        tables = [table.find("tr") for table in opened.find("table") if "All counts" in str(_title(table))]
        assert len(tables) == bool(column.cells)
        for rows in tables:
            counts = [[cell.text for cell in row.find("td")] for row in rows[1:]]
            for side in (0, 1):
                total = math.fsum(float(row[side].replace(",", "")) for row in counts)
                assert total == math.fsum(cell.current if side else cell.reference for cell in column.cells)
            bits = [math.inf if row[4] == "∞" else float(row[4]) for row in counts]
            assert math.fsum(bits) == pytest.approx(column.plugin, abs=6e-5 * len(bits))


def _title(table):
    details = table.parent.parent
    return details.find("summary")[0].text if details.tag == "details" else ""


def test_bars_add_up_to_the_figure_and_are_in_proportion(comparison, page):
    for (_, opened), column in zip(lines(page), comparison, strict=True):
        bars = [table for table in opened.find("table", class_="bars") if len(table.find("th", scope="col")) > 2]
        assert len(bars) == bool(column.cells)
        for table in bars:
            rows = table.find("tr")[1:]
            added = [row.find("td")[2].text for row in rows]
            total = math.fsum(math.inf if bits == "∞" else float(bits) for bits in added)
            assert total == pytest.approx(column.plugin, abs=6e-5 * len(added))
            for row in rows:
                widths = [float(rect.attributes["width"][:-1]) for rect in row.find("rect")]
                assert all(0 < width <= 100 for width in widths)


def test_the_top_says_what_was_compared(comparison, page):
    header = tree(page).find("header")[0].text
    shifted = comparison.counts["shifted"]
    assert f"{shifted} of {len(comparison)} columns changed by more than 0.02 bits" in header
    assert header.count("600 rows") == 2
    assert "Assumes independent rows" in header
    structure = tree(page).find("section", class_="structure")[0].text
    assert all(name in structure for name in ("added", "removed", "retyped", "nested"))


def test_units_are_named(frame):
    rng = np.random.default_rng(3)
    table = {"x": rng.normal(size=2000) + np.repeat(rng.normal(size=40), 50), "day": np.repeat(np.arange(40), 50)}
    comparison = kl.compare(frame(table), frame(table), unit="day")
    header = tree(comparison.to_html()).find("header")[0].text
    assert (
        "whole units of day as independent, not rows: 40 in the reference, 40 in the current table, 40 in both"
        in header
    )
    assert f"{comparison['x'].design_effect:.2g}" in header


def test_weights_are_named(frame):
    table = frame(x=[1.0, 2.0] * 500, w=[1.0, 3.0] * 500)
    assert "1,000 rows, by their weights worth 800" in kl.compare(table, table, weights="w").to_html()


def test_columns_beyond_the_worst_have_a_line_alone(comparison):
    page = renamed(comparison, [f"column {place}" for place in range(250)]).to_html()
    opened = [row is not None for _, row in lines(page)]
    assert opened == [True] * 200 + [False] * 50
    assert "The 200 worst columns open; everything about the other 50 is in the JSON." in page


@pytest.mark.parametrize("script", [True, False])
def test_hostile_names_change_nothing_but_the_text(comparison, script):
    # The same tree of elements as with harmless names: nothing of a name is read as HTML.
    def structure(names):
        shown = renamed(comparison, names)
        page = shown.to_html() if script else tree(shown._repr_html_()).find("iframe")[0].attributes["srcdoc"]
        return [(one.tag, sorted(set(one.attributes) - {"value"})) for one in tree(page).walk() if one.tag != "bdi"]

    assert structure(HOSTILE) == structure([f"name {place}" for place in range(len(HOSTILE))])


def test_hostile_values_change_nothing_but_the_text(frame):
    def structure(values):
        table = frame(x=[value for value in values for _ in range(30)])
        other = frame(x=[value for place, value in enumerate(values) for _ in range(10 + 5 * place)])
        page = kl.compare(table, other).to_html()
        return [one.tag for one in tree(page).walk() if one.tag not in {"bdi", *DRAWN}]

    hostile = [text for text in HOSTILE if "\ud800" not in text]
    assert structure(hostile) == structure([f"value {place}" for place in range(len(hostile))])


def test_nothing_invisible_leaves(comparison):
    page = renamed(comparison, HOSTILE).to_html()
    invisible = {mark for mark in page if unicodedata.category(mark) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert invisible == {"\n"}
    assert "\\u202e" in page
    assert "\\x1b[31m" in page


def test_letters_that_run_leftward_are_kept_apart(comparison):
    page = renamed(comparison, HOSTILE).to_html()
    assert "<bdi>שלום</bdi>" in page


def test_long_names_are_cut(comparison):
    page = renamed(comparison, HOSTILE).to_html()
    assert "x" * 200 not in page
    assert "x" * 79 + "…" in page


@pytest.mark.parametrize("kind", ["float", "text", "moment"])
def test_twenty_columns_fit_300_kilobytes(frame, kind):
    rng = np.random.default_rng(5)
    rows, values = 10_000, [f"很长的取值，一直写到这一格的尽头，还要再长一些，再长一些 {place}" for place in range(400)]
    columns = {
        "float": lambda shift: np.where(rng.random(rows) < 0.05, np.nan, rng.normal(shift, 1234.5, rows)),
        "text": lambda shift: np.array(values)[np.minimum(rng.geometric(0.01 + shift / 100, rows), 399)],
        "moment": lambda shift: [
            datetime(2024, 1, 1) + timedelta(seconds=int(each))  # noqa: DTZ001
            for each in rng.integers(0, 10**7 + shift * 10**6, rows)
        ],
    }[kind]
    one = kl.compare(*(frame(x=columns(shift)) for shift in (0, 1)))
    page = renamed(one, [f"a name of usual length {place}" for place in range(20)]).to_html()
    assert len(page.encode()) <= 300_000


def test_five_thousand_columns_fit_3_megabytes(comparison):
    page = renamed(comparison, [f"a name of usual length {place}" for place in range(5000)]).to_html()
    assert len(lines(page)) == 5000
    assert len(page.encode()) <= 3_000_000


def test_the_size_does_not_depend_on_the_rows(frame):
    sizes = [len(every_kind(frame, rows).to_html()) for rows in (6_000, 24_000)]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.1)


def test_it_is_written_as_it_is_returned(comparison, tmp_path):
    shown = renamed(comparison, HOSTILE)
    text = shown.to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8") == text
    assert text == shown.to_html()


def test_a_frame_for_notebooks_is_cut_off_and_runs_nothing(comparison):
    (frame,) = tree(comparison._repr_html_()).find("iframe")
    assert frame.attributes["sandbox"] in ("", None)
    inside = tree(frame.attributes["srcdoc"])
    (policy,) = inside.find("meta", **{"http-equiv": "Content-Security-Policy"})
    assert "script" not in policy.attributes["content"]
    assert not inside.find("script")
    assert len(lines(frame.attributes["srcdoc"])) == len(comparison)


def test_unknown_language(comparison):
    with pytest.raises(kl.InputError, match="lang is 'fr'; the page speaks en and zh"):
        comparison.to_html(lang="fr")


def test_the_command_line_knows_the_languages():
    assert set(_formats.LANGUAGES) == set(LANGUAGES)


def test_the_page_in_chinese_has_the_same_figures(comparison):
    pages = {lang: lines(comparison.to_html(lang=lang)) for lang in LANGUAGES}
    for (one, opened), (other, also_opened) in zip(pages["en"], pages["zh"], strict=True):
        assert re.findall(r"[\d.]+", one.find("td")[2].text) == re.findall(r"[\d.]+", other.find("td")[2].text)
        numbers = [sorted(re.findall(r"\d[\d.,]*\d", " ".join(each.texts()))) for each in (opened, also_opened)]
        assert numbers[0] == numbers[1]


def test_the_page_in_chinese_has_no_english_left(comparison):
    page = comparison.to_html(lang="zh")
    root = tree(page)
    assert root.find("html")[0].attributes["lang"] == "zh-Hans"
    shown = " ".join(root.find("main")[0].texts())
    known = {column.name for column in comparison} | {"added", "removed", "Jensen", "Shannon", "JSON", "numeric", "as"}
    known |= {"category", "NULL", "NaN", "inf", "Fisher", "kullback", "VARCHAR", "DOUBLE", "INTEGER", "BIGINT", "value"}
    known |= {"reference", "current", "ID", "new", "true", "false", "min"}
    assert {word for word in re.findall(r"[A-Za-z]{2,}", shown) if word not in known} == set()


def sentences():
    """Every sentence that the tables and their page say, as the source has it."""
    for file in TABLES.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Message", "say"):
                first = node.args[0]
                for choice in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
                    if isinstance(choice, ast.Constant):
                        yield choice.value


def fields(template):
    return sorted(field for _, field, _, _ in string.Formatter().parse(template) if field)


def test_every_sentence_has_its_chinese():
    found = set(sentences())
    assert len(found) > 100
    assert found <= set(CHINESE)
    assert {*kl.tables._comparison.VERDICTS, *Kind.__args__} <= set(CHINESE)


def test_every_chinese_sentence_names_the_same_things():
    assert {english for english, chinese in CHINESE.items() if fields(english) != fields(chinese)} == set()


def test_all_that_is_said_of_columns_can_be_translated(comparison):
    said = [text for column in comparison for text in (column.method, *column.notes) if text]
    while said:
        message = said.pop()
        assert isinstance(message, Message), message
        assert message.template in CHINESE
        said += [part for part in message.parts.values() if isinstance(part, Message)]


KINDS = {
    "number": ([2.5, 0.25, 7.0], lambda value: value),
    "whole": ([2**53 + 1, 3, 5], float),
    "day": ([date(1970, 1, 2), date(1969, 12, 31), date(2013, 1, 1)], lambda value: (value - date(1970, 1, 1)).days),
    "moment": (
        [datetime(1970, 1, 1, 0, 0, 1), datetime(2013, 1, 1), datetime(1969, 12, 31)],  # noqa: DTZ001
        lambda value: (value - datetime(1970, 1, 1)) / timedelta(microseconds=1),  # noqa: DTZ001
    ),
    "clock": (
        [time(0, 0, 1), time(12), time(0, 2)],
        lambda value: 36e8 * value.hour + 6e7 * value.minute + 1e6 * value.second,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_cells_know_their_ends(kind, frame):
    values, number = KINDS[kind]
    table = frame(x=[*values, None] * 100)
    cells = kl.compare(table, table, roles={"x": "numeric"})["x"].cells
    assert [(cell.low, cell.high) for cell in cells] == [
        *((number(value), number(value)) for value in sorted(values)),
        (None, None),
    ]


def test_cells_of_decimals_and_ranges_know_their_ends(require):
    polars = require("polars")
    cents = np.random.default_rng(1).integers(0, 10**6, 5000)
    table = polars.DataFrame({"x": polars.Series(cents).cast(polars.Decimal(18, 2)) / 100})
    for cell in kl.compare(table, table)["x"].cells:
        inside = cents[(cents / 100 >= cell.low) & (cents / 100 <= cell.high)]
        assert len(inside) == cell.reference
        assert (inside.min() / 100, inside.max() / 100) == (cell.low, cell.high)


def test_categories_have_no_ends(comparison):
    assert {(cell.low, cell.high) for cell in comparison["category"].cells} == {(None, None)}
