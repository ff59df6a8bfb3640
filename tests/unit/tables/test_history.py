"""Today beside past windows: what is alike stays normal, a planted shift is found, too little past is said to be so."""

import json

import numpy as np
import polars as pl
import pytest

import kullback as kl
from kullback.tables.past._past import choose, season_of, unit_of, when

DAYS = [f"2013-{month:02}-{day:02}" for month in (1, 2) for day in range(1, 29)]


def window(seed: int, *, rows: int = 200, weekend: bool = False, shift: float = 0.0) -> pl.DataFrame:
    """Rows that are not independent: a day has a level of its own."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 0.3) + shift
    plans = rng.choice(["free", "paid"], size=rows, p=[0.9, 0.1] if weekend else [0.6, 0.4])
    return pl.DataFrame({"delay": rng.normal(level, 1.0, rows), "plan": plans, "one": 1})


@pytest.fixture(scope="module")
def past() -> dict[str, kl.Profile]:
    profiles: dict[str, kl.Profile] = {}
    for seed, day in enumerate(DAYS):
        profiles[day] = kl.profile(window(seed), like=profiles.get(DAYS[seed - 1]))
    return profiles


def test_a_day_like_all_others_is_normal(past):
    found = kl.compare(history=past, current=window(999), window="2013-03-01")
    assert found.verdict == "similar"
    assert found.null == "history"
    assert found["delay"].headline.endswith("percentile of 49 days, normal")


def test_a_planted_shift_is_found_and_says_what_changed(past):
    found = kl.compare(history=past, current=window(7, shift=3.0), window="2013-03-01")
    assert found["delay"].verdict == "shifted"
    assert found["plan"].verdict == "similar"
    assert "100th percentile of 49 days, unusual: mean" in found["delay"].headline
    with pytest.raises(kl.ShiftError, match="delay"):
        found.assert_similar()


def test_the_p_value_is_the_rank_among_the_past_figures(past):
    record = kl.compare(history=past, current=window(999), window="2013-03-01").history["delay"]
    assert record.p_value == (1 + sum(figure >= record.bits for figure in record.past)) / (1 + len(record.past))
    assert record.windows == tuple(DAYS[7:])
    assert record.p_adjusted >= record.p_value - 1 / 50


def test_levels_of_days_alarm_rarely_where_rows_alarm_often(past):
    # 40 days like all others: 2 ranks of 50 alarm, 4 %, standard error 3 %; tests of rows on most days.
    verdicts, rows = [], []
    pool = kl.merge(list(past.values())[-28:])
    for seed in range(1000, 1040):
        today = kl.profile(window(seed), like=past[DAYS[0]])
        verdicts.append(kl.compare(history=past, current=today, window="2013-03-01")["delay"].verdict == "shifted")
        rows.append(kl.compare(pool, today)["delay"].p_value <= 0.05)
    assert np.mean(verdicts) <= 0.125
    assert np.mean(rows) >= 0.3


def test_too_few_windows_are_inconclusive_and_say_how_many_it_takes(past):
    few = {day: past[day] for day in DAYS[:7]}
    found = kl.compare(history=few, current=window(3), window="2013-03-01")
    assert found.verdict == "inconclusive"
    assert "needs at least 27 past days, has 7" in found["delay"].headline


def test_one_window_more_decides(past):
    verdicts = []
    for count in (26, 27):
        some = {day: past[day] for day in DAYS[:count]}
        verdicts.append(kl.compare(history=some, current=window(5, shift=5.0), window="2013-03-01")["delay"].verdict)
    assert verdicts == ["inconclusive", "shifted"]


def test_folder_sequence_and_mapping_say_the_same(past, tmp_path):
    for day, profile in past.items():
        profile.save(tmp_path / f"{day}.json")
    today = window(999)
    forms = [past, list(past.values()), tmp_path, str(tmp_path)]
    figures = [kl.compare(history=form, current=today, window="2013-03-01").history["delay"].bits for form in forms]
    assert figures == [figures[0]] * 4


def test_tables_stand_for_their_profiles(past):
    tables = {day: window(seed) for seed, day in enumerate(DAYS[:30])}
    found = kl.compare(history=tables, current=window(999), window="2013-03-01")
    kept = kl.compare(history={day: past[day] for day in DAYS[:30]}, current=window(999), window="2013-03-01")
    assert found.history["delay"].bits == kept.history["delay"].bits


def test_windows_that_are_not_past_are_left_out(past):
    found = kl.compare(history=past, current=past["2013-02-10"], window="2013-02-10")
    assert found.history.windows == DAYS.index("2013-02-10")
    assert found.history.pool[-1] == "2013-02-09"


def test_a_weekday_is_held_against_its_like():
    weekend = {day: when(day).weekday() >= 5 for day in DAYS}
    past = {day: kl.profile(window(seed, weekend=weekend[day])) for seed, day in enumerate(DAYS)}
    # 2013-03-01 is a Friday that looks like a weekend.
    odd = window(4, weekend=True)
    plain = kl.compare(history=past, current=odd, window="2013-03-01")
    season = kl.compare(history=past, current=odd, window="2013-03-01", season="weekday")
    assert plain["plan"].verdict == "similar"
    assert season["plan"].verdict == "shifted"
    assert season.history.season_value == "Friday"
    assert all(when(day).weekday() == 4 for day in season.history.pool)


def test_a_fixed_reference_stands_beside_it(past):
    found = kl.compare(past[DAYS[0]], window(999), history=past, window="2013-03-01", season="weekday")
    beside = found.history["delay"].reference
    direct = kl.compare(past[DAYS[0]], window(999))["delay"]
    assert (beside.bits, beside.verdict) == (direct.bits, direct.verdict)
    assert found.to_dict()["history"]["columns"][0]["reference"]["verdict"] in ("shifted", "similar", "inconclusive")


def test_new_and_retyped_columns_do_not_stop_the_others(past):
    today = window(999).with_columns(extra=pl.lit(1), plan=pl.lit(3))
    found = kl.compare(history=past, current=today, window="2013-03-01")
    assert found.structure.added == ("extra",)
    assert [name for name, *_ in found.structure.retyped] == ["plan"]
    assert found["plan"].verdict == "undefined"
    assert found["delay"].verdict == "similar"


def test_a_column_younger_than_the_history_uses_the_windows_that_have_it():
    tables = {day: window(seed) if seed > 20 else window(seed).drop("plan") for seed, day in enumerate(DAYS)}
    profiles = {day: kl.profile(table) for day, table in tables.items()}
    found = kl.compare(history=profiles, current=window(999), window="2013-03-01")
    assert len(found.history["plan"].past) == len(DAYS) - 21 - 7


def test_the_json_is_valid_and_bounded(past):
    document = json.loads(kl.compare(history=past, current=window(999), window="2013-03-01").to_json())
    assert document["null"] == "history"
    assert document["history"]["windows"] == 56
    assert {column["name"] for column in document["history"]["columns"]} == {"delay", "plan"}
    assert len(document["history"]["columns"][0]["past"]) == 49


def test_expected_false_alarms_are_said(past):
    found = kl.compare(history=past, current=window(999), window="2013-03-01")
    # 49 figures and today: 2 of 50 ranks are at most 5 %, for two columns.
    assert found.history.expected_alarms == pytest.approx(2 * 2 / 50)


@pytest.mark.parametrize(
    ("options", "needs"),
    [
        ({"season": "tide"}, "weekday, hour, month"),
        ({"season": "weekday", "window": "today"}, "date of every window"),
        ({"least_windows": 0}, "whole number"),
        ({"unit": "plan"}, "null of its own"),
        ({"current": None}, "current table"),
        ({"history": 3}, "folder of profiles"),
        ({"history": {}}, "holds no window"),
        ({"history": "nowhere"}, "no folder"),
    ],
)
def test_wrong_input_has_one_clear_error(past, options, needs):
    given = {"history": past, "current": window(999), "window": "2013-03-01"} | options
    with pytest.raises(kl.InputError, match=needs):
        kl.compare(**given)


def test_season_without_a_history_is_refused():
    with pytest.raises(kl.InputError, match="history="):
        kl.compare(window(1), window(2), season="weekday")


def test_names_hold_dates_and_hours():
    assert when("flights-2013-05-01T06").hour == 6
    assert when("20130501").day == 1
    assert when("2013-13-41") is None
    assert season_of("2013-05-01T06", "hour") == "06:00"
    assert season_of("2013-05-01", "month") == "May"
    assert unit_of(["2013-05-01", "2013-05-02", "2013-05-03"]) == "days"
    assert unit_of(["2013-05-01T06", "2013-05-01T07"]) == "hours"
    assert unit_of(["a", "b"]) == "windows"


def test_every_window_is_held_against_those_before_it_alone():
    chosen = choose([None] * 100, None, most=56)
    for place, pool in zip(chosen.ranked, chosen.pools, strict=False):
        assert max(pool) < place
        assert len(pool) == 28
    assert len(chosen.ranked) == 56
    assert [chosen.places[place] for place in chosen.today] == list(range(72, 100))
