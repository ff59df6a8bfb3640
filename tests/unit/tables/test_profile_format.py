"""A profile written when its schema was new stays readable, and goes on to say the same."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kullback as kl

# Written when their schemas were new, 1 on 2026-11-21 and 2 on 2026-11-22, by version 0.1.0 from the table below. Never
# write them anew: that they can be read is the promise. A later schema gets a file of its own beside them.
DATA = Path(__file__).parents[2] / "data"
SCHEMAS = (1, 2)
NEWEST = DATA / "profile-2.json"
INDEX = np.arange(400)
# Alike within every twenty rows, so that weights do not change the shares of what goes round in four or five.
WEIGHTS = 0.25 + INDEX // 20 % 2 / 2
JAPAN = timezone(timedelta(hours=9))


def _table(polars: Any, **changed: Any) -> Any:
    """Every kind of column, made by counting; `changed` columns in place of those of the same name."""

    def moments(zone: Any) -> list[datetime]:
        return [datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=zone) + timedelta(hours=int(index % 25)) for index in INDEX]

    columns = {
        "number": (INDEX * 37 % 401) / 8,
        "special": [[float("nan"), float("inf"), -float("inf"), None, 1.5][index % 5] for index in INDEX],
        "count": INDEX % 5,
        "beyond_53_bits": 2**53 + INDEX % 3,
        "huge": polars.Series([2**63 + int(index) % 7 for index in INDEX], dtype=polars.UInt64),
        "price": polars.Series(
            [Decimal(int(index) % 9 - 4).scaleb(-2) for index in INDEX], dtype=polars.Decimal(10, 2)
        ),
        "exact": polars.Series([Decimal(int(index) % 9).scaleb(-10) for index in INDEX], dtype=polars.Decimal(38, 10)),
        "day": [date(2024, 2, 27) + timedelta(days=int(index) % 5) for index in INDEX],
        "moment": moments(None),
        "instant": moments(UTC),
        "nanos": polars.Series(1 + INDEX % 5, dtype=polars.Datetime("ns")),
        "clock": [time(int(index) % 24, 59, 59, 999_999) for index in INDEX],
        "lasting": [timedelta(minutes=int(index) % 7 - 3) for index in INDEX],
        "flag": [[True, False, None, False, False][index % 5] for index in INDEX],
        "text": np.where(INDEX % 4 < 2, "a", np.where(INDEX % 4 < 3, "b", "c")),
        "odd": [["", " NULL", "NULL", "Ünï\u202e\x00", None][index % 5] for index in INDEX],
        "typed": [["1", "2.5", "n/a", "1e3", "-inf"][index % 5] for index in INDEX],
        "always": [7] * 400,
        "nothing": [None] * 400,
        "nested": [[1]] * 400,
        "user": [f"user-{index}" for index in INDEX],
        "row": INDEX,
        "weight": WEIGHTS,
    }
    return polars.DataFrame(columns | changed)


ROLES = {"typed": "numeric"}
# Characters to which the texts of the newest are cut.
LENGTH = 5


@pytest.fixture(scope="module", params=SCHEMAS)
def kept(request) -> kl.Profile:
    return kl.Profile.load(DATA / f"profile-{request.param}.json")


def test_sizes(kept):
    assert (kept.name, kept.rows, kept.weight, len(kept)) == ("table", 400, 200, 22)
    # Kish: (200 * 0.25 + 200 * 0.75)**2 / (200 * 0.25**2 + 200 * 0.75**2).
    assert kept.effective_rows == 320


def test_the_same_table_has_not_moved(kept, require):
    polars = require("polars")
    # The same instants, told in another zone.
    instants = [moment.astimezone(JAPAN) for moment in _table(polars)["instant"].to_list()]
    comparison = kl.compare(kept, _table(polars, instant=instants), weights="weight")
    found = {column.name: column.plugin for column in comparison if column.plugin is not None}
    assert found == dict.fromkeys(set(kept) - {"nested", "row"}, 0)
    assert [comparison[name].verdict for name in ("user", "row", "nested")] == ["key", "key", "undefined"]
    assert sum(cell.reference for cell in comparison["number"].cells) == 200


# Values that go round, and D(current‖reference) in bits by hand. Of each the reference has one fifth, unless said.
MOVED = {
    # a, b, c have 1/2, 1/4, 1/4 and get 1/4, 1/2, 1/4: 1/4 log2(1/2) + 1/2 log2 2.
    "text": (["a", "b", "b", "c"], 0.25),
    # Two of the five values, halves: log2(5/2).
    "count": ([0, 4], 1.3219280948873623),
    "special": ([None, float("nan")], 1.3219280948873623),
    "day": ([date(2024, 2, 29), date(2024, 3, 1)], 1.3219280948873623),
    "odd": (["", None], 1.3219280948873623),
    "typed": (["?", "1000.0"], 1.3219280948873623),
    # True, False, NULL have 1/5, 3/5, 1/5 and get 1/2, 1/2, 0: 1/2 log2(5/2) + 1/2 log2(5/6).
    "flag": ([True, False], 0.5294468445267843),
}


@pytest.mark.parametrize("name", sorted(MOVED))
def test_what_moved_is_measured(name, kept, require):
    values, bits = MOVED[name]
    table = _table(require("polars"), **{name: [values[index % len(values)] for index in INDEX]})
    column = kl.compare(kept, table, columns=[name], weights="weight")[name]
    assert column.plugin == pytest.approx(bits, rel=1e-14)


def test_what_is_new_is_seen(kept, require):
    table = _table(require("polars"), huge=[2**63 - 1] * 400, price=[Decimal("0.005")] * 400)
    comparison = kl.compare(kept, table, columns=["huge", "price"], weights="weight")
    assert [column.plugin for column in comparison] == [np.inf, np.inf]
    assert comparison["huge"].new_mass.share == comparison["price"].new_mass.share == 1


def test_saving_it_again_changes_nothing(tmp_path):
    kl.Profile.load(NEWEST).save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == NEWEST.read_bytes()


def test_an_older_one_saved_again_says_the_same_in_the_new_schema(tmp_path):
    kl.Profile.load(DATA / "profile-1.json").save(tmp_path / "again.json")
    written = (DATA / "profile-1.json").read_bytes()
    assert (tmp_path / "again.json").read_bytes() == written.replace(b'"schema":1', b'"schema":2', 1)


def test_it_is_what_the_table_gives(require, tmp_path):
    made = kl.profile(_table(require("polars")), roles=ROLES, weights="weight", text_length=LENGTH)
    made.save(tmp_path / "new.json")
    assert (tmp_path / "new.json").read_bytes() == NEWEST.read_bytes()


@pytest.mark.parametrize("times", [1, 150])
def test_the_order_of_the_rows_does_not_show(times, require, tmp_path):
    polars = require("polars")
    # Weights of which no two sums in different order need agree in the last digit.
    table = _table(polars, weight=np.sqrt(2 + INDEX))
    table = polars.concat([table.drop("row", "user")] * times)
    for name, rows in (("one", table), ("other", table.sample(fraction=1, shuffle=True, seed=1))):
        kl.profile(rows, weights="weight").save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
