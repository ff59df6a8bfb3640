"""Margins of single columns: which column has which, and that its verdict stands on its own."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

import kullback as kl
from kullback.tables.verdicts._margins import check_margin, resolve_margins

polars = pytest.importorskip("polars")


def bits(p: float, q: float) -> float:
    """D of two laws of two values: the definition."""
    return p * math.log2(p / q) + (1 - p) * math.log2((1 - p) / (1 - q))


def coins(p: float, rows: int) -> list[str]:
    heads = round(p * rows)
    return ["heads"] * heads + ["tails"] * (rows - heads)


BEFORE = polars.DataFrame({name: coins(0.5, 100_000) for name in ("price", "price_eur", "size")})
AFTER = polars.DataFrame({name: coins(0.6, 100_000) for name in ("price", "price_eur", "size")})


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ({"a": 0.1}, {"a": 0.1}),
        ({"b*": 0.1}, {"b": 0.1, "b1": 0.1}),
        ({"b*": 0.1, "b": 0.5}, {"b": 0.5, "b1": 0.1}),  # a name beats a pattern
        ({"b?": 0.3, "b*": 0.1}, {"b": 0.1, "b1": 0.3}),  # the first pattern that matches
        ({"[x]": 0.2}, {"[x]": 0.2}),  # a name that reads like a pattern
        ({}, {}),
    ],
)
def test_names_and_patterns(own: dict[str, float], found: dict[str, float]) -> None:
    assert resolve_margins(own, ["a", "b", "b1", "[x]", "x"]) == found


def test_default_is_the_star_or_else_0_02() -> None:
    assert check_margin({"*": 0.5, "a": 0.1}) == (0.5, {"a": 0.1})
    assert check_margin({"a": 0.1}) == (0.02, {"a": 0.1})
    assert check_margin(0) == (0.0, {})


@pytest.mark.parametrize("margin", [-1, math.nan, math.inf, True, "0.1", None, {"a": -1}, {"a": "x"}, {1: 0.1}])
def test_what_is_no_margin_is_refused(margin: object) -> None:
    with pytest.raises(kl.InputError, match="margin"):
        kl.compare(BEFORE, AFTER, margin=margin)


def test_a_pattern_that_matches_nothing_is_refused() -> None:
    with pytest.raises(kl.InputError, match=r"'prise', which no column matches. The tables have: 'price', 'price_eur'"):
        kl.compare(BEFORE, AFTER, margin={"prise": 0.1})


def test_a_margin_of_a_column_that_is_left_out_is_no_error() -> None:
    assert len(kl.compare(BEFORE, AFTER, columns=["size"], margin={"price": 0.1})) == 1


def test_each_column_is_held_against_its_own() -> None:
    truth = bits(0.6, 0.5)  # 0.029
    found = kl.compare(BEFORE, AFTER, margin={"*": truth / 2, "price*": 2 * truth, "price_eur": truth / 2})
    assert {column.name: column.verdict for column in found} == {
        "price": "similar",
        "price_eur": "shifted",
        "size": "shifted",
    }
    assert (found.margin, found["price"].margin, found["size"].margin) == (truth / 2, 2 * truth, truth / 2)


def test_p_values_are_those_of_the_same_margin_for_all() -> None:
    mixed = kl.compare(BEFORE, AFTER, margin={"price": 0.025, "size": 0.028})
    for name, margin in (("price", 0.025), ("size", 0.028), ("price_eur", 0.02)):
        assert mixed[name].p_margin == kl.compare(BEFORE, AFTER, margin=margin)[name].p_margin
    raw = [column.p_margin for column in mixed]
    np.testing.assert_allclose([column.p_adjusted for column in mixed], stats.false_discovery_control(raw), rtol=1e-12)


def test_false_alarms_at_margins_of_their_own() -> None:
    """200 columns exactly at their margins: 5 % of them may fall below p = 0.05; 0.5 % of such seeds give over 19."""
    rng = np.random.default_rng(5)
    margins = {f"c{place}": margin for place, margin in enumerate(np.geomspace(0.005, 0.2, 200))}
    before, after = {}, {}
    for name, margin in margins.items():
        p = optimize.brentq(lambda p, margin=margin: bits(p, 0.5) - margin, 0.5 + 1e-9, 1 - 1e-9)
        before[name], after[name] = rng.random(4000) < 0.5, rng.random(4000) < p
    found = kl.compare(polars.DataFrame(before), polars.DataFrame(after), margin=margins)
    assert 1 <= sum(column.p_margin <= 0.05 for column in found) <= 19


def test_what_is_said_of_them() -> None:
    found = kl.compare(BEFORE, AFTER, margin={"price": 0.1})
    record = {column["name"]: column["margin"] for column in found.to_dict()["columns"]}
    assert (found.to_dict()["margin"], record) == (0.02, {"price": 0.1, "price_eur": 0.02, "size": 0.02})
    page = found.to_html()
    assert "2 of 3 columns changed by more than their margins" in page
    assert "Margins of their own: price 0.1 bits." in page
    assert "D ≤ 0.1 bits, this column alone" in page
    assert "另有各自容限的列：price 0.1 比特。" in found.to_html(lang="zh")
    with pytest.raises(kl.ShiftError, match=r"2 of 3 columns shifted at a margin of 0\.02 bits, or their own"):
        found.assert_similar()


def test_a_library_user_chooses_alpha_margin_and_columns_and_gets_records() -> None:
    found = kl.compare(BEFORE, AFTER, alpha=0.01, margin={"price": 0.1}, columns=["price*"])
    records = [(column.name, column.verdict, column.margin) for column in found]
    assert records == [("price_eur", "shifted", 0.02), ("price", "similar", 0.1)]
    assert found.alpha == 0.01
    assert found.to_frame("polars")["margin"].to_list() == [0.02, 0.1]
