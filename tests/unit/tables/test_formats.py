"""Markdown, Slack and JUnit: within the limits of those who read them, and nothing of the data acts there."""

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

import kullback as kl

polars = pytest.importorskip("polars")
HOSTILE = (
    "a|b", "a\\|b", "`tick`", "``", "<script>alert(1)</script>", "@octocat", "#1", "[x](http://evil)", "![i](//e)",
    "http://evil.example", "\x1b[31mred", "line\nbreak", "\u202ertl", "</details>", "<!channel>", "<@U1>", "&amp;", " ",
    "", "\x01", "\ufffe", "*bold*", ":smile:", "|", "\\", "]]>", "---", "x" * 300, "漢字", "a`b``c",
)  # fmt: skip


def tables(names: tuple[str, ...], values: tuple[str, str] = ("yes", "no")) -> tuple[Any, Any]:
    return (
        polars.DataFrame({name: [values[0]] * 900 + [values[1]] * 100 for name in names}),
        polars.DataFrame({name: [values[0]] * 100 + [values[1]] * 900 for name in names}),
    )


@pytest.fixture(scope="module")
def hostile() -> kl.Comparison:
    before, after = tables(HOSTILE, ("<b>@me|`x`", "http://x.y\n"))
    # Some columns on one side alone, and one without rows enough to tell.
    return kl.compare(before.with_columns(gone_=1), after.with_columns(polars.lit("x").alias("came|`_`")))


@pytest.fixture(scope="module")
def wide() -> kl.Comparison:
    return kl.compare(*tables(tuple(f"漢字 column number {place:04} ||||" for place in range(1200))))


def cells_of(markdown: str) -> list[list[Any]]:
    """The cells of all table rows, as a parser of GitHub's tables sees them: for each the tokens in it."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
    rows: list[list[Any]] = []
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("td_open", "th_open"):
            rows[-1].append(tokens[place + 1].children or [])
    return rows


def test_markdown_says_the_verdict_first_and_has_a_row_for_each_column() -> None:
    before, after = tables(("plan",))
    text = kl.compare(before.with_columns(x=1), after.with_columns(x=1)).to_markdown()
    assert text.startswith("### Shifted: 1 of 2 columns changed by more than 0.02 bits\n")
    head, plan, _, folded = cells_of(text)
    assert [cell[0].content for cell in head] == ["column", "verdict", "bits", "95 % interval", "what changed most"]
    assert (plan[0][0].content, plan[4][0].content) == ("plan", "no 10 % → 90 %")
    assert folded[0][0].content == "x"
    assert text.index("<details><summary>1 other column</summary>") > text.index("`plan`")


def test_markdown_of_hostile_names_is_a_table_of_code(hostile: kl.Comparison) -> None:
    text = hostile.to_markdown()
    rows = cells_of(text)
    assert {len(row) for row in rows} == {5}
    names = [row[0] for row in rows if row[0][0].content != "column"]
    assert all([token.type for token in name] == ["code_inline"] for name in names)
    assert {name[0].content for name in names} >= {"a|b", "`tick`", "``", "@octocat", "http://evil.example", "a`b``c"}
    assert {name[0].content for name in names} >= {r"\x1b[31mred", r"line\nbreak", r"\u202ertl", "(no name)", "' '"}
    # Outside of code there is nothing of the data, so nothing that acts.
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    inline = [child for token in tokens for child in token.children or []]
    plain = "".join(child.content for child in inline if child.type == "text")
    assert not re.search("[@#<`]|http|script|smile", plain)
    assert {child.type for child in inline} <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
    assert {token.content.strip() for token in tokens if token.type == "html_block"} <= {
        "<details><summary>1 other column</summary>",
        "</details>",
    }


def test_markdown_stays_within_a_comment(wide: kl.Comparison) -> None:
    text = wide.to_markdown()
    assert 55_000 < len(text.encode()) <= 65_536
    shown = len(cells_of(text)) - 2
    hidden = int(re.search(r"… and ([\d,]+) more, all in the JSON", text)[1].replace(",", ""))
    assert shown + hidden == 1200
    assert text.count("<details>") == text.count("</details>") == 1


def check_slack(message: dict[str, Any]) -> None:
    """The limits of Block Kit, as its reference gives them."""
    assert 1 <= len(message["blocks"]) <= 50
    assert len(message["text"]) <= 4_000
    for block in message["blocks"]:
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
            assert 1 <= len(block["text"]["text"]) <= 150
        elif block["type"] == "section":
            assert block["text"]["type"] == "mrkdwn"
            assert 1 <= len(block["text"]["text"]) <= 3_000
        else:
            assert block["type"] == "context"
            assert 1 <= len(block["elements"]) <= 10
    json.dumps(message, allow_nan=False)


def test_slack_of_hostile_names(hostile: kl.Comparison) -> None:
    message = hostile.to_slack()
    check_slack(message)
    texts = [block["text"]["text"] for block in message["blocks"] if block["type"] == "section"]
    for text in texts:
        assert not re.search("[<>]", text)
        assert not re.search("&(?!amp;|lt;|gt;)", text)
        # Whatever is left outside of code is ours.
        assert not re.search(r"@|http|script|\*bold", re.sub("`[^`]*`", "", text))
    assert "`&lt;script&gt;alert(1)&lt;/script&gt;`" in "".join(texts)


def test_slack_of_many_columns(wide: kl.Comparison) -> None:
    check_slack(wide.to_slack())
    assert "… and 1,180 more" in json.dumps(wide.to_slack(), ensure_ascii=False)


def check_junit(text: str) -> ET.Element:
    """The rules of junit-10.xsd, the schema of Jenkins, that concern what is written."""
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert root.tag == "testsuites"
    assert not root.attrib
    (suite,) = root
    assert set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped", "time"}
    assert re.fullmatch(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?", suite.get("time"))
    assert [child.tag for child in suite] == ["properties", *["testcase"] * int(suite.get("tests"))]
    assert all(set(child.attrib) == {"name", "value"} and child.tag == "property" for child in suite[0])
    for case in suite.iter("testcase"):
        assert set(case.attrib) == {"classname", "name", "time"}
        assert [child.tag for child in case] in ([], ["failure"], ["skipped"])
        assert all(set(child.attrib) == {"type", "message"} for child in case)
    for kind in ("failure", "skipped"):
        counted = suite.get("failures" if kind == "failure" else kind)
        assert len(suite.findall(f"testcase/{kind}")) == int(counted)
    return suite


def test_junit_of_hostile_names(hostile: kl.Comparison) -> None:
    text = hostile.to_junit()
    suite = check_junit(text)
    # XML 1.0 holds neither controls nor halves of pairs nor U+FFFE.
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", text)
    names = [case.get("name") for case in suite.iter("testcase")]
    assert len(set(names)) == len(names) == len(HOSTILE) + 2
    assert {"<script>alert(1)</script>", "]]>", r"\x01", r"\ufffe", "(no name)"} <= set(names)


def outcomes(comparison: kl.Comparison, *fail_on: str) -> dict[str, str]:
    suite = check_junit(comparison.to_junit(fail_on=fail_on))
    return {case.get("name"): case[0].tag if len(case) else "passed" for case in suite.iter("testcase")}


def test_junit_fails_what_is_asked_for() -> None:
    few = polars.DataFrame({"same": ["a"] * 30, "few": ["x", "y"] * 15, "moved": ["u"] * 30, "id": range(30)})
    other = few.with_columns(moved=polars.lit("v")).with_columns(came=1)
    found = kl.compare(few, other, roles={"id": "key"})
    expected = {"same": "skipped", "few": "skipped", "moved": "failure", "id": "skipped"}
    assert outcomes(found) == expected | {"only in the current table: came": "skipped"}
    assert outcomes(found, "inconclusive", "shift")["few"] == "failure"
    assert outcomes(found, "structure")["only in the current table: came"] == "failure"
    with pytest.raises(kl.InputError, match=r"fail_on has 'all'; it may hold shift, structure, inconclusive"):
        found.to_junit(fail_on=["all"])


def test_a_similar_column_passes() -> None:
    before, _ = tables(("plan",))
    many = polars.concat([before] * 10)
    assert outcomes(kl.compare(many, many)) == {"plan": "passed"}
    assert kl.compare(many, many).to_markdown().startswith("### Similar: no column changed by more than 0.02 bits\n")


def test_files_are_written_as_they_are_returned(tmp_path: Any, hostile: kl.Comparison) -> None:
    for name, make in (("a.md", hostile.to_markdown), ("a.xml", hostile.to_junit)):
        assert make(tmp_path / name) == (tmp_path / name).read_text("utf-8")


def test_what_is_beside_the_columns_has_a_line() -> None:
    """Two coins apart, then one coin twice: the columns stay as they are, what binds them does not."""
    coins = [(a, b) for a in "xy" for b in "xy"] * 400
    before = polars.DataFrame({"a": [a for a, _ in coins], "b": [b for _, b in coins], "g|": ["u", "v"] * 800})
    after = before.with_columns(b=polars.col("a"))
    text = kl.compare(before, after, by="g|", target="b", pairs=[("a", "b")]).to_markdown()
    assert "- **groups**: `by g\\|: " in text
    assert "- **target**: `b: " in text
    assert "- **pairs whose dependence changed**: `a × b`" in text
