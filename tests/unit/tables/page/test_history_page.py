"""The page of a comparison with past windows: what it says, in both languages, with nothing that acts."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import kullback as kl

SCHEMA = Path(__file__).parents[4] / "docs" / "reference" / "comparison.schema.json"
ODD = "<script>alert(1)</script>\u202e"


@pytest.fixture(scope="module")
def comparison(tmp_path_factory) -> kl.Comparison:
    rng = np.random.default_rng(2)
    history = kl.History(tmp_path_factory.mktemp("history"))
    for day in range(1, 30):
        history.add(pl.DataFrame({ODD: rng.normal(size=200), "plain": rng.normal(size=200)}), f"2013-01-{day:02}")
    today = pl.DataFrame({ODD: rng.normal(3.0, size=200), "plain": rng.normal(size=200)})
    return history.record(today, "2013-01-30")


def test_the_page_says_what_is_unusual(comparison):
    page = comparison.to_html()
    assert "1 of 2 columns are unusual beside their past" in page
    assert "percentile of 22 days, unusual" in page
    assert page.count("<polyline") == 2


def test_every_sentence_has_its_chinese(comparison):
    page = comparison.to_html(lang="zh").split("</style>")[1]
    for english in ("unusual beside", "percentile", "Today and past", "past windows"):
        assert english not in page


def test_hostile_names_are_inert(comparison):
    page = comparison.to_html()
    assert "<script>alert" not in page
    assert "\u202e" not in page


def test_nothing_is_drawn_without_a_history():
    table = pl.DataFrame({"x": range(100)})
    assert "class=past" not in kl.compare(table, table).to_html()


def test_the_document_meets_its_schema(comparison):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(json.loads(comparison.to_json()), json.loads(SCHEMA.read_text("utf-8")))
